//! The two text files and the search for a line in them.

/// Types by name, see the crate's documentation for the format.
pub(crate) const TYPES: &str = include_str!("../data/types.txt");
/// Resources by group, version and kind.
pub(crate) const RESOURCES: &str = include_str!("../data/resources.txt");

/// The line of sorted lines that starts with this name: the name with its marks cut off, and the rest of the line.
pub(crate) fn line_of(lines: &'static str, name: &str) -> Option<&'static str> {
    let mut rest = lines;
    // Each round halves `rest`, which always begins at a line's start.
    while !rest.is_empty() {
        let middle = rest.len() / 2;
        let start = rest.get(..middle)?.rfind('\n').map_or(0, |at| at + 1);
        let line = rest.get(start..)?.lines().next()?;
        match line_name(line).cmp(name) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Greater => rest = rest.get(..start)?,
            std::cmp::Ordering::Less => rest = rest.get((start + line.len() + 1).min(rest.len())..)?,
        }
    }
    None
}

/// The name that a line of [`TYPES`] starts with.
pub(crate) fn line_name(line: &str) -> &str {
    line.find([' ', '%']).and_then(|end| line.get(..end)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name_and_names_are_sorted() {
        let names: Vec<_> = TYPES.lines().map(line_name).collect();
        assert!(names.len() > 600);
        assert!(names.is_sorted());
        for line in TYPES.lines() {
            assert_eq!(line_of(TYPES, line_name(line)), Some(line));
        }
        for absent in ["", "a", "core.v1.Pods", "core.v1.Po", "zz", "core.v1.Container "] {
            assert_eq!(line_of(TYPES, absent), None);
        }
    }

    #[test]
    fn the_bundle_stays_small() {
        assert!(TYPES.len() + RESOURCES.len() < 300_000);
    }
}
