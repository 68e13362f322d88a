//! The versions of Kubernetes whose schemas are known. One is written out, the others say what is different in them.

use crate::bundle::{RESOURCES, TYPES, line_of};

/// A version of Kubernetes whose schemas are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(u8);

/// The minor version, the whole one, and the lines of types and of resources that take the place of others.
type Known = (u32, &'static str, &'static str, &'static str);

macro_rules! difference {
    ($minor:literal, $version:literal, $folder:literal) => {
        (
            $minor,
            $version,
            include_str!(concat!("../data/", $folder, "/types.txt")),
            include_str!(concat!("../data/", $folder, "/resources.txt")),
        )
    };
}

/// Sorted by minor version.
const KNOWN: [Known; 7] = [
    difference!(28, "v1.28.15", "v1.28"),
    difference!(29, "v1.29.15", "v1.29"),
    difference!(30, "v1.30.14", "v1.30"),
    difference!(31, "v1.31.14", "v1.31"),
    (32, crate::KUBERNETES_VERSION, "", ""),
    difference!(33, "v1.33.6", "v1.33"),
    difference!(34, "v1.34.2", "v1.34"),
];

impl Release {
    /// The one that is written out in full: [`crate::KUBERNETES_VERSION`].
    pub const FULL: Release = Release(4);

    /// The known version with this minor number: 30 is `v1.30.x`.
    pub fn of_minor(minor: u32) -> Option<Release> {
        let at = KNOWN.iter().position(|known| known.0 == minor)?;
        u8::try_from(at).ok().map(Release)
    }

    /// All, oldest first.
    pub fn all() -> impl Iterator<Item = Release> {
        (0u8..).zip(KNOWN.iter()).map(|(at, _)| Release(at))
    }

    fn known(self) -> Known {
        KNOWN.get(usize::from(self.0)).copied().unwrap_or((32, crate::KUBERNETES_VERSION, "", ""))
    }

    /// For example `v1.30.14`.
    pub fn version(self) -> &'static str {
        self.known().1
    }

    /// Whether the values that a text may have are known. Only a running server publishes them, and one of
    /// [`Release::FULL`] was asked: older versions have no others, newer ones may.
    pub(crate) fn knows_values(self) -> bool {
        self <= Release::FULL
    }

    /// The line of a type.
    pub(crate) fn type_line(self, name: &str) -> Option<&'static str> {
        line_of(self.known().2, name).or_else(|| line_of(TYPES, name))
    }

    /// The lines of all resources.
    pub(crate) fn resource_lines(self) -> impl Iterator<Item = &'static str> + Clone {
        let difference = self.known().3;
        let replaced = move |line: &str| {
            let of = name_and_kind(line);
            difference.lines().any(|other| name_and_kind(other.trim_start_matches('-')) == of)
        };
        let kept = RESOURCES.lines().filter(move |line| difference.is_empty() || !replaced(line));
        kept.chain(difference.lines().filter(|line| !line.starts_with('-')))
    }
}

/// The first two words of a resource's line.
fn name_and_kind(line: &str) -> (&str, &str) {
    let mut words = line.split(' ');
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::bundle::line_name;

    #[test]
    fn every_difference_can_be_read() {
        for release in Release::all() {
            let names: Vec<_> = release.known().2.lines().map(line_name).collect();
            assert!(names.is_sorted());
            for name in names {
                let line = release.type_line(name).unwrap();
                assert_eq!(line_name(line), name);
                assert!(!line.contains('#'), "{line}");
            }
            let mut count = 0;
            for line in release.resource_lines() {
                let type_name = line.split(' ').nth(8).unwrap();
                assert!(release.type_line(type_name).is_some(), "{line}");
                count += 1;
            }
            assert!(count > 60, "{release:?}: {count}");
        }
        let size: usize = KNOWN.iter().map(|known| known.2.len() + known.3.len()).sum();
        assert!(size < 200_000, "the differences stay small: {size}");
    }

    #[test]
    fn versions_have_what_they_brought() {
        let has = |minor: u32, line: &str| {
            Release::of_minor(minor).unwrap().resource_lines().any(|found| found.starts_with(line))
        };
        let policies = "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy ";
        assert_eq!([28, 29, 30, 32, 34].map(|minor| has(minor, policies)), [false, false, true, true, true]);
        assert_eq!(Release::of_minor(32), Some(Release::FULL));
        assert_eq!(Release::of_minor(0), None);
        let container = |minor: u32| Release::of_minor(minor).unwrap().type_line("core.v1.Container").unwrap();
        assert!(container(28).contains(" resizePolicy:"));
        assert!(container(34).contains(" restartPolicyRules:") && !container(33).contains(" restartPolicyRules:"));
    }
}
