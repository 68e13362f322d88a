//! The three sets of rules for paths.

use crate::builtin::{Args, Fault};
use crate::data::DataValue;

/// A system's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Os {
    Unix,
    Windows,
    Plan9,
}

impl Os {
    /// The rules named by an argument.
    pub(super) fn of(args: Args<'_>, at: usize) -> Result<Os, Fault> {
        match &args.data(at)?.value {
            DataValue::String(name) => match name.as_str() {
                "windows" => Ok(Os::Windows),
                "plan9" => Ok(Os::Plan9),
                "unix" | "aix" | "android" | "darwin" | "dragonfly" | "freebsd" | "hurd" | "illumos" | "ios" | "js"
                | "linux" | "nacl" | "netbsd" | "openbsd" | "solaris" | "zos" => Ok(Os::Unix),
                other => Fault::error(format!("unknown operating system {other:?}: use unix, windows or plan9")),
            },
            _ => Fault::error("the operating system must be a string"),
        }
    }

    /// What stands between the parts of a path.
    pub(super) fn separator(self) -> char {
        if self == Os::Windows { '\\' } else { '/' }
    }

    pub(super) fn is_separator(self, c: char) -> bool {
        c == '/' || (self == Os::Windows && c == '\\')
    }

    /// What stands between the paths of a list.
    pub(super) fn list_separator(self) -> char {
        match self {
            Os::Unix => ':',
            Os::Windows => ';',
            Os::Plan9 => '\0',
        }
    }

    pub(super) fn with_separators(self, path: &str) -> String {
        if self == Os::Windows { path.replace('/', "\\") } else { path.to_owned() }
    }

    /// The length of `C:` or `\\host\share`; 0 on other systems.
    pub(super) fn volume(self, path: &str) -> usize {
        if self != Os::Windows {
            return 0;
        }
        let mut chars = path.chars();
        let (first, second) = (chars.next(), chars.next());
        if first.is_some_and(|c| c.is_ascii_alphabetic()) && second == Some(':') {
            return 2;
        }
        let slash = |c: Option<char>| c.is_some_and(|c| self.is_separator(c));
        let ordinary = |c: Option<char>| c.is_some_and(|c| !self.is_separator(c) && c != '.');
        if !slash(first) || !slash(second) || !ordinary(chars.clone().next()) {
            return 0;
        }
        let rest = path.get(2..).unwrap_or_default();
        let Some(host) = rest.find(|c| self.is_separator(c)) else { return 0 };
        let share = rest.get(host + 1..).unwrap_or_default();
        if !ordinary(share.chars().next()) {
            return 0;
        }
        2 + host + 1 + share.find(|c| self.is_separator(c)).unwrap_or(share.len())
    }

    /// The volume and the rest.
    pub(super) fn split_volume(self, path: &str) -> (&str, &str) {
        path.split_at_checked(self.volume(path)).unwrap_or(("", path))
    }

    /// Whether two names are one name on this system.
    pub(super) fn same(self, a: &str, b: &str) -> bool {
        if self == Os::Windows { a.to_lowercase() == b.to_lowercase() } else { a == b }
    }

    /// Whether the path needs no folder to start from.
    pub(super) fn is_absolute(self, path: &str) -> bool {
        match self {
            Os::Unix => path.starts_with('/'),
            Os::Plan9 => path.starts_with(['/', '#']),
            Os::Windows => {
                let (volume, rest) = self.split_volume(path);
                is_device(path) || (!volume.is_empty() && rest.starts_with(['/', '\\']))
            }
        }
    }

    /// The shortest path of the same meaning, by the letters alone: no `.`, no empty parts, `..` only at the start.
    pub(super) fn clean(self, path: &str) -> String {
        let (volume, rest) = self.split_volume(path);
        if rest.is_empty() {
            // A share is a folder, a drive letter alone is the current folder of the drive.
            return if volume.len() > 2 { self.with_separators(path) } else { format!("{path}.") };
        }
        let rooted = rest.starts_with(|c| self.is_separator(c));
        let mut parts: Vec<&str> = Vec::new();
        for part in rest.split(|c| self.is_separator(c)) {
            match part {
                "" | "." => {}
                ".." if parts.last().is_some_and(|last| *last != "..") => {
                    parts.pop();
                }
                ".." if rooted => {}
                part => parts.push(part),
            }
        }
        let separator = self.separator().to_string();
        let body = parts.join(&separator);
        let root = if rooted { separator.as_str() } else { "" };
        let dot = if body.is_empty() && !rooted { "." } else { "" };
        format!("{}{root}{body}{dot}", self.with_separators(volume))
    }
}

/// Names that Windows keeps for devices, in any folder.
fn is_device(path: &str) -> bool {
    let upper = path.to_ascii_uppercase();
    match upper.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" => true,
        name => {
            let port = name.strip_prefix("COM").or_else(|| name.strip_prefix("LPT"));
            port.is_some_and(|n| matches!(n, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"))
        }
    }
}
