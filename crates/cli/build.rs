//! How the binary is linked.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" && target("ARCH") == "x86_64" {
        // At a fixed address: a binary of this size that may lie anywhere has 35,000 addresses to be corrected at every start,
        // which was two fifths of the instructions of `lateen cue export`.
        println!("cargo:rustc-link-arg-bin=lateen=-no-pie");
    }
}
