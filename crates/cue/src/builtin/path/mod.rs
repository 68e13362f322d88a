//! `path`: file names of the systems, without asking any system.

mod clean;
mod list;
mod matching;
mod os;
mod relative;
mod take;

use super::Package;

/// The systems whose rules differ; each name of a system stands for one of them.
const CUE: &str = r#"
Unix:    "unix"
Windows: "windows"
Plan9:   "plan9"
"#;

pub(super) const PACKAGE: Package = Package {
    path: "path",
    functions: &[clean::ALL, list::ALL, matching::ALL, relative::ALL, take::ALL],
    cue: Some(CUE),
};
