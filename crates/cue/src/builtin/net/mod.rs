//! `net`: addresses, hosts and URLs as text. Nothing here touches a network.

mod address;
mod cidr;
mod classes;
mod escape;
mod host;
mod parse;
mod url;

use super::Package;

pub(super) const PACKAGE: Package = Package {
    path: "net",
    functions: &[address::ALL, cidr::ALL, classes::ALL, escape::ALL, host::ALL, url::ALL],
    cue: None,
};
