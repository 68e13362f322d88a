//! `strings`: text as UTF-8.

mod bytes;
mod case;
mod parts;
mod replace;
mod runes;
mod search;
mod trim;

use super::Package;

pub(super) const PACKAGE: Package = Package {
    path: "strings",
    functions: &[bytes::ALL, case::ALL, parts::ALL, replace::ALL, runes::ALL, search::ALL, trim::ALL],
    cue: None,
};
