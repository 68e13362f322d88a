//! Results that were kept, in a file beside the cases: one YAML document a case, headed by its name.

use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use serde_json::Value;

/// The snapshots of a file of cases, by the case's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshots(IndexMap<String, String>);

const HEAD: &str = "# case: ";

impl Snapshots {
    /// The file of snapshots of a file of cases.
    pub fn file_of(cases: &str) -> String {
        let stem = [".yaml", ".yml", ".cue"].iter().find_map(|end| cases.strip_suffix(end)).unwrap_or(cases);
        format!("{stem}.snap")
    }

    /// Reads a file of snapshots.
    pub fn read(text: &str) -> Snapshots {
        let mut all = IndexMap::new();
        let mut name: Option<String> = None;
        let mut body = String::new();
        for line in text.lines().chain([HEAD]) {
            if let Some(next) = line.strip_prefix(HEAD.trim_end()) {
                if let Some(name) = name.take() {
                    all.insert(name, std::mem::take(&mut body));
                }
                name = Some(next.trim().to_owned());
            } else if line != "---" {
                body.push_str(line);
                body.push('\n');
            }
        }
        Snapshots(all)
    }

    /// As a file.
    pub fn write(&self) -> String {
        self.0.iter().map(|(name, text)| format!("---\n{HEAD}{name}\n{text}")).collect()
    }

    /// The snapshot of a case.
    pub fn get(&self, case: &str) -> Option<&str> {
        self.0.get(case).map(String::as_str)
    }

    /// Keeps a snapshot.
    pub fn set(&mut self, case: &str, text: String) {
        self.0.insert(case.to_owned(), text);
    }

    /// Forgets the snapshots of other cases.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What is kept of a result.
pub(super) fn text(kept: &Value) -> String {
    let mut text = cue::yaml::write(&cue::json::from_value(kept)).unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Compares a result with the one that was kept.
pub(super) fn compare(text: &str, kept: Option<&str>, failures: &mut Vec<Diagnostic>) {
    match kept {
        Some(kept) if kept == text => {}
        Some(kept) => {
            let changes = crate::lines::diff(kept, text);
            failures.push(
                Diagnostic::error("test/snapshot", format!("the result is no longer the one that was kept\n{changes}"))
                    .help("run with --update when the new one is right"),
            );
        }
        None => failures.push(
            Diagnostic::error("test/snapshot", "no result has been kept yet")
                .help("run with --update to keep this one"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut all = Snapshots::default();
        all.set("one: with a colon", "output:\n  kind: A\n".into());
        all.set("two", "message: |\n  text\n".into());
        assert_eq!(Snapshots::read(&all.write()), all);
        assert_eq!(Snapshots::file_of("a/b_test.yaml"), "a/b_test.snap");
        assert!(Snapshots::read("").is_empty());
    }

    #[test]
    fn a_changed_result_shows_its_lines() {
        let mut failures = Vec::new();
        compare("a: 1\nb: 2\n", Some("a: 1\nb: 3\n"), &mut failures);
        insta::assert_snapshot!(failures[0].message, @r"
        the result is no longer the one that was kept
          a: 1
        - b: 3
        + b: 2
        ");
    }
}
