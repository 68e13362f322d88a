//! The written absences of ARCHITECTURE.md, checked: which crate may use what, and how long a file may grow.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test reports by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// The house, lowest floor first: a crate may depend only on crates named before it.
const HOUSE: &[&str] = &[
    "cue-syntax",
    "cue",
    "k8s-schema",
    "model",
    "render",
    "delivery",
    "workflow",
    "authoring",
    "embedded",
    "fleet",
    "actions",
    "controller",
    "cli",
];

/// How many of them are pure: no runtime, no cluster client, no sockets; they build for a browser.
const PURE: usize = 8;

/// What a pure crate may use beside its own floor: the block "language and data" of the root Cargo.toml.
const PURE_MAY_USE: &[&str] = &[
    "pest",
    "pest_derive",
    "serde_json",
    "serde",
    "petgraph",
    "serde_path_to_error",
    "stacker", // deep input without a deep stack; plain recursion in a browser
    "libm",
    "rayon",
    "miette",
    "thiserror",
    "indexmap",
    "rustc-hash",
    "smol_str",
    "smallvec",
    "num-bigint",
    "num-traits",
    "num-integer",
    "regex",
    "granit-parser",
    "toml_edit",
    "jiff",
    "semver",
    "globset",
    "sha1",
    "sha2",
    "md-5",
    "hmac",
    "base64",
    "toml",
    "csv",
];

/// Crates that only one of ours may name, because an effect must have one place.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("lettre", &["actions"]),
    ("reqwest", &["actions"]),
    ("redb", &["embedded"]),
    ("kube", &["embedded", "fleet", "actions", "controller", "cli"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names under `[dependencies]` of a crate.
fn dependencies(krate: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("crates").join(krate).join("Cargo.toml")).unwrap();
    text.split("\n[dependencies]\n")
        .nth(1)
        .unwrap_or_default()
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_crate_has_its_floor() {
    let mut found: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    let mut known: Vec<String> = HOUSE.iter().map(|s| (*s).to_owned()).collect();
    known.sort();
    assert_eq!(found, known);
}

#[test]
fn dependencies_point_down() {
    for (floor, krate) in HOUSE.iter().enumerate() {
        for dependency in dependencies(krate) {
            if let Some(below) = HOUSE.iter().position(|name| *name == dependency) {
                assert!(below < floor, "{krate} depends on {dependency}, which is not below it");
            }
        }
    }
}

#[test]
fn pure_crates_stay_pure() {
    for krate in &HOUSE[..PURE] {
        for dependency in dependencies(krate) {
            let ours = HOUSE.contains(&dependency.as_str());
            assert!(
                ours || PURE_MAY_USE.contains(&dependency.as_str()),
                "{krate} is pure and must not depend on {dependency}"
            );
        }
    }
}

/// What a pure crate must not call, each with where it comes from instead.
const BANNED: &[(&str, &str)] = &[
    ("std::fs", "files enter through World, or as text"),
    ("std::env", "the environment enters as a value"),
    ("std::net::Tcp", "there is no network"),
    ("std::net::Udp", "there is no network"),
    ("process::Command", "there are no other processes"),
    ("SystemTime::now", "the time enters with an event"),
    ("Instant::now", "the time enters with an event"),
    ("Timestamp::now", "the time enters with an event"),
    ("Zoned::now", "the time enters with an event"),
    ("thread::sleep", "nothing waits"),
    ("println!", "what is to be said is returned"),
    ("print!(", "what is to be said is returned"),
];

#[test]
fn pure_crates_touch_nothing_outside() {
    let mut found = Vec::new();
    for krate in &HOUSE[..PURE] {
        visit(&root().join("crates").join(krate).join("src"), &mut |path, text| {
            // Tests may read their cases from files.
            let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
            let code = if is_test { "" } else { text.split("#[cfg(test)]").next().unwrap_or_default() };
            for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
                for (call, instead) in BANNED {
                    if line.contains(call) {
                        found.push(format!("{}:{}: {call}: {instead}", path.display(), number + 1));
                    }
                }
            }
        });
    }
    assert!(found.is_empty(), "pure crates must not touch the outside:\n{}", found.join("\n"));
}

#[test]
fn effects_have_one_place() {
    for (dependency, allowed) in ONLY_IN {
        for krate in HOUSE {
            if dependencies(krate).iter().any(|name| name == dependency) {
                assert!(allowed.contains(krate), "{dependency} belongs in {allowed:?}, not in {krate}");
            }
        }
    }
}

#[test]
fn every_library_says_what_it_is() {
    for krate in HOUSE.iter().filter(|krate| **krate != "cli") {
        let text = fs::read_to_string(root().join("crates").join(krate).join("src/lib.rs")).unwrap();
        let opening: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(opening.len() >= 3, "{krate}/src/lib.rs must open with what the crate is and what it must never know");
    }
}

#[test]
fn files_stay_small() {
    let mut long = Vec::new();
    visit(&root().join("crates"), &mut |path, text| {
        let lines = text.lines().count();
        if lines > 800 {
            long.push(format!("{lines} {}", path.display()));
        }
    });
    assert!(long.is_empty(), "split these: each is past 800 lines:\n{}", long.join("\n"));
}

fn visit(folder: &Path, see: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, see);
        } else if path.extension().is_some_and(|e| e == "rs") {
            see(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
