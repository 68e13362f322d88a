//! `lateen def fix`: definitions written for older CUE, or with a slip that has one meaning, as they are written today.
//!
//! The text is edited where it is outdated and stays as it is everywhere else: comments, order, indentation. Of an object in
//! YAML the CUE inside is edited, at its place in the file.

mod imports;
mod yaml;

#[cfg(test)]
use cue_syntax::ast::Decl;
use cue_syntax::ast::{Element, Expr, Label, ListLit};
use cue_syntax::{Diagnostic, Source, Span};
use render::definition::visit;
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

/// More rounds than a file has outdated expressions inside each other.
const ROUNDS: usize = 200;

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
    let first = read(source)?;
    let outdated = first.warnings.iter().filter(|w| w.code == "render/outdated-list-arithmetic");
    let mut changes: Vec<Diagnostic> = outdated.cloned().collect();
    changes.iter_mut().for_each(|c| {
        c.message = "lists are added or repeated with operators".to_owned();
        c.help = Some("now list.Concat([a, b]) or list.Repeat(a, n)".to_owned());
    });
    let mut here = source.clone();
    for _ in 0..ROUNDS {
        let loaded = read(&here)?;
        let Some(text) = lists(&here, &loaded) else { break };
        here = Source::new(source.name.clone(), text);
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

/// The calls that reading has put in the place of operators, innermost first: those that hold no other.
fn lists(source: &Arc<Source>, loaded: &Loaded) -> Option<String> {
    let name = loaded.template.imports.iter().rev().find_map(|i| {
        let generated = i.path == "list" && i.name.as_ref().is_some_and(|n| n.name.starts_with("list_of"));
        generated.then(|| i.name.as_ref().map(|n| n.name.to_string()))?
    })?;
    let own = loaded
        .template
        .imports
        .iter()
        .find(|i| i.path == "list" && i.name.as_ref().is_none_or(|n| n.name != name.as_str()));
    let package = own.and_then(|i| i.name.as_ref()).map_or("list", |n| n.name.as_str());
    let mut found: Option<(Span, String)> = None;
    for decl in &loaded.template.decls {
        visit::decl(decl, &mut |expr| {
            if let Some((span, text)) = call(source, expr, &name, package) {
                // The visit goes from the outside to the inside: the last that is inside the one before is the innermost.
                let inside = found.as_ref().is_none_or(|(f, _)| f.start <= span.start && span.end <= f.end);
                if inside {
                    found = Some((span, text));
                }
            }
        });
    }
    let (span, call) = found?;
    let mut text = source.text.clone();
    text.replace_range(span.start as usize..span.end as usize, &call);
    if own.is_none() {
        import(&mut text, source, loaded, &name);
    }
    Some(text)
}

fn call(source: &Source, expr: &Expr, name: &str, package: &str) -> Option<(Span, String)> {
    let Expr::Call { function, arguments, span } = expr else { return None };
    let Expr::Selector { operand, label, .. } = &**function else { return None };
    let (Expr::Ident(id), Label::Ident(what)) = (&**operand, &**label) else { return None };
    if id.name != name {
        return None;
    }
    let slice = |e: &Expr| source.text.get(e.span().start as usize..e.span().end as usize).unwrap_or_default();
    let text = match arguments.as_slice() {
        [Expr::List(ListLit { elements, .. })] => {
            let items: Vec<&str> = elements
                .iter()
                .filter_map(|e| match e {
                    Element::Value(e) => Some(unwrapped(slice(e), package)),
                    _ => None,
                })
                .collect();
            format!("{package}.{}([{}])", what.name, items.join(", "))
        }
        [list, times] => format!("{package}.{}({}, {})", what.name, slice(list), slice(times)),
        _ => return None,
    };
    Some((*span, text))
}

/// `list.Concat([a, b])` inside another one is `a, b`; brackets that only grouped go away.
fn unwrapped<'a>(text: &'a str, package: &str) -> &'a str {
    let inner = text.strip_prefix(package).and_then(|t| t.strip_prefix(".Concat([")).and_then(|t| t.strip_suffix("])"));
    match inner {
        Some(inner) if balanced(inner) => inner,
        _ => text,
    }
}

/// Every bracket is closed in its order: it is not the end of one call and the start of another.
fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// Adds `import "list"`.
fn import(text: &mut String, source: &Source, loaded: &Loaded, generated: &str) {
    let first = loaded.template.imports.iter().find(|i| i.name.as_ref().is_none_or(|n| n.name != generated));
    let at = match first {
        Some(import) => import.span.start as usize,
        None => {
            // After the comments and the package clause at the top.
            let mut at = 0;
            for line in source.text.split_inclusive('\n') {
                let bare = line.trim();
                if !(bare.starts_with("//") || bare.starts_with("package ") || bare.is_empty()) {
                    break;
                }
                at += line.len();
            }
            text.insert_str(at, "import \"list\"\n\n");
            return;
        }
    };
    let line = source.text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
    let before = source.text.get(line..at).unwrap_or_default();
    if before.trim().is_empty() {
        // In a group: a line of its own with the same indentation.
        text.insert_str(at, &format!("\"list\"\n{before}"));
    } else {
        text.insert_str(line, "import \"list\"\n");
    }
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
