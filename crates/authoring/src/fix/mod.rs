//! `lateen def fix`: definitions written for older CUE, or with a slip that has one meaning, as they are written today.
//!
//! The text is edited where it is outdated and stays as it is everywhere else: comments, order, indentation. Of an object in
//! YAML the CUE inside is edited, at its place in the file.

mod imports;
mod yaml;

#[cfg(test)]
use cue_syntax::ast::Decl;
use cue_syntax::{Diagnostic, Severity, Source};
use render::{Loaded, Provenance};
use std::sync::Arc;

/// A text that was mended.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    /// The whole text.
    pub text: String,
    /// What was changed, at its place in the text before.
    pub changes: Vec<Diagnostic>,
}

/// How a text of CUE is read as a definition.
type Read<'a> = &'a dyn Fn(&Arc<Source>) -> Result<Loaded, Vec<Diagnostic>>;

/// Mends a file of definitions: one in CUE, any number as objects in YAML. `None` when nothing is outdated.
///
/// # Errors
/// The file cannot be read as definitions, before or after.
pub fn file(source: &Arc<Source>) -> Result<Option<Fixed>, Vec<Diagnostic>> {
    if source.name.ends_with(".cue") { mended(source, &read) } else { yaml::file(source) }
}

/// Mends the CUE of one definition.
fn mended(source: &Arc<Source>, read: Read<'_>) -> Result<Option<Fixed>, Vec<Diagnostic>> {
    read(source)?;
    let (mut changes, mut here) = (Vec::new(), source.clone());
    let options = cue_syntax::fix::Options { named_lists: true, ..cue_syntax::fix::Options::default() };
    if let Some(fixed) = cue_syntax::fix::fix(source, &options)? {
        changes.extend(fixed.changes.into_iter().map(|change| Diagnostic {
            code: "render/outdated-list-arithmetic",
            severity: Severity::Warning,
            ..change
        }));
        here = Source::new(source.name.clone(), fixed.text);
    }
    if let Some(text) = markers(&here, &read(&here)?, &mut changes) {
        here = Source::new(source.name.clone(), text);
    }
    if let Some(text) = imports::unused(&here, &read(&here)?, source, &mut changes) {
        here = Source::new(source.name.clone(), text);
    }
    if here.text == source.text {
        return Ok(None);
    }
    read(&here)?;
    Ok(Some(Fixed { text: here.text.clone(), changes }))
}

fn read(source: &Arc<Source>) -> Result<Loaded, Vec<Diagnostic>> {
    Loaded::from_cue(source.clone(), Provenance::File(source.name.clone()))
}

/// Markers with a slip in their name.
fn markers(source: &Arc<Source>, loaded: &Loaded, changes: &mut Vec<Diagnostic>) -> Option<String> {
    let mut found = Vec::new();
    crate::vet::markers(loaded, &mut found);
    let mut text = source.text.clone();
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    for problem in &found {
        let (Some(label), Some(help)) = (problem.labels.first(), &problem.help) else { continue };
        let Some(near) = help.strip_prefix("did you mean ").and_then(|h| h.strip_suffix('?')) else { continue };
        let comment = source.text.get(label.start as usize..label.end as usize).unwrap_or_default();
        let Some(plus) = comment.find('+') else { continue };
        let value = comment.find('=');
        let (start, end) = match (problem.code, value) {
            ("vet/marker", value) => (plus, value.unwrap_or(comment.len())),
            ("vet/strategy", Some(value)) if !comment.contains(',') => (value + 1, comment.trim_end().len()),
            _ => continue,
        };
        edits.push((label.start as usize + start, label.start as usize + end, near.to_owned()));
        changes.push(Diagnostic { help: Some(format!("now {near}")), ..problem.clone() });
    }
    edits.sort_by_key(|e| std::cmp::Reverse(e.0));
    for (start, end, new) in &edits {
        text.replace_range(*start..*end, new);
    }
    (!edits.is_empty()).then_some(text)
}

/// The declarations of a template, to see that a fix keeps them; for tests.
#[cfg(test)]
fn fields(loaded: &Loaded) -> usize {
    loaded.template.decls.iter().filter(|d| matches!(d, Decl::Field(_))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> String {
        let source = Source::new("old.cue", text);
        let before = read(&source).unwrap();
        let fixed = file(&source).unwrap().unwrap();
        let after = Source::new("old.cue", fixed.text.clone());
        assert_eq!(fields(&before), fields(&read(&after).unwrap()));
        assert!(read(&after).unwrap().warnings.is_empty(), "{}", fixed.text);
        assert_eq!(file(&after).unwrap(), None, "a fix is final");
        fixed.text
    }

    #[test]
    fn lists_are_concatenated_and_the_rest_stays_as_it_is() {
        insta::assert_snapshot!(fixed(r#"import (
	"strings"
)

// about it
old: {type: "component", attributes: {}}
template: {
	a: [1, 2] // first
	b: a + [3] + [for x in a + [9] {x}]
	c:   3*["x"]
	d: strings.ToLower("A")
	output: {apiVersion: "v1", kind: "ConfigMap"}
	parameter: {}
}
"#), @r#"
        import (
        	"list"
        	"strings"
        )

        // about it
        old: {type: "component", attributes: {}}
        template: {
        	a: [1, 2] // first
        	b: list.Concat([a, [3], [for x in list.Concat([a, [9]]) {x}]])
        	c:   list.Repeat(["x"], 3)
        	d: strings.ToLower("A")
        	output: {apiVersion: "v1", kind: "ConfigMap"}
        	parameter: {}
        }
        "#);
    }

    #[test]
    fn markers_with_a_slip_are_mended() {
        insta::assert_snapshot!(fixed(r#"old: {type: "trait", attributes: {}}
template: {
	patch: {
		// +patchkey=name
		containers: [{name: "a"}]
		// +patchStrategy=retainkeys
		strategy: type: "Recreate"
	}
}
"#), @r#"
        old: {type: "trait", attributes: {}}
        template: {
        	patch: {
        		// +patchKey=name
        		containers: [{name: "a"}]
        		// +patchStrategy=retainKeys
        		strategy: type: "Recreate"
        	}
        }
        "#);
    }

    #[test]
    fn imports_that_nothing_uses_go_away() {
        let text = |imports: &str, value: &str| {
            format!(
                "{imports}old: {{type: \"component\", attributes: {{}}}}\ntemplate: {{\n\toutput: a: {value}\n\tparameter: {{}}\n}}\n"
            )
        };
        let group =
            "// licence\nimport (\n\t\"list\"\n\t// for names\n\t\"strings\"\n\tj \"encoding/json\" // once\n)\n\n";
        for (before, value, after) in [
            ("import \"strings\"\n\n", "1", ""),
            ("// licence\nimport \"strings\"\n\n// more\n", "1", "// licence\n\n// more\n"),
            ("import (\n\t\"strings\"\n)\n\n", "1", ""),
            (group, "strings.ToLower(\"A\")", "// licence\nimport (\n\t// for names\n\t\"strings\"\n)\n\n"),
            ("import \"strings\"\nimport \"list\"\n\n", "[1] + [2]", "import \"list\"\n\n"),
        ] {
            let now = fixed(&text(before, value));
            let value = value.replace("[1] + [2]", "list.Concat([[1], [2]])");
            assert_eq!(now, text(after, &value));
        }
    }

    #[test]
    fn what_is_current_is_left_alone() {
        let source = Source::new("new.cue", "new: {type: \"trait\", attributes: {}}\ntemplate: patch: a: 1 + 2\n");
        assert_eq!(file(&source).unwrap(), None);
    }
}
