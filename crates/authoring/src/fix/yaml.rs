//! Definitions as objects in YAML: the CUE of their templates is mended where it stands, and the file stays as it is.

use super::{Fixed, mended};
use cue_syntax::{Diagnostic, Label, Source};
use model::definition::Template;
use model::{Definition, DefinitionKind};
use render::{Loaded, Provenance};
use std::sync::Arc;

/// Mends the definitions of a file of YAML or JSON; other documents are left alone.
pub(super) fn file(source: &Arc<Source>) -> Result<Option<Fixed>, Vec<Diagnostic>> {
    let mut text = source.text.clone();
    let mut changes = Vec::new();
    let mut problems = Vec::new();
    for document in model::manifest::read(source)? {
        if !document.kind().ends_with("Definition") || DefinitionKind::parse(document.kind()).is_none() {
            continue;
        }
        let origin = format!("{}:{}", source.name, document.name());
        let definition = Definition::from_object(&document.value, &origin).map_err(|d| vec![d])?;
        let Some(template) = definition.template.clone() else { continue };
        let read = |text: &Arc<Source>| {
            let template = Some(Template { source: text.clone(), first_line: 0 });
            Loaded::from_definition(
                Definition { template, ..definition.clone() },
                Provenance::File(source.name.clone()),
            )
        };
        match mended(&template.source, &read) {
            Ok(None) => {}
            Ok(Some(fixed)) => match replaced(&text, &template.source.text, &fixed.text) {
                Some(new) => {
                    changes.extend(fixed.changes.into_iter().map(|c| moved(c, &template.source, source)));
                    text = new;
                }
                None => problems.push(
                    Diagnostic::error(
                        "def/fix",
                        format!("the template of {} cannot be edited where it stands", document.name()),
                    )
                    .help(
                        "`lateen def render FILE -o cue` writes it as a file of CUE, which `lateen def fix` can mend",
                    ),
                ),
            },
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if text == source.text {
        return Ok(None);
    }
    // What was edited is still YAML.
    model::manifest::read(&Source::new(source.name.clone(), text.clone()))?;
    Ok(Some(Fixed { text, changes }))
}

/// Where a text stands as a block: its first line, and how far its lines are indented.
fn block(lines: &[&str], old: &str) -> Option<(usize, usize)> {
    let wanted: Vec<&str> = old.trim_end_matches('\n').lines().collect();
    let first = wanted.iter().position(|l| !l.trim().is_empty())?;
    let probe = wanted.get(first)?;
    (0..lines.len()).find_map(|at| {
        let indent = lines.get(at + first)?.strip_suffix(probe)?.len();
        let blank = |l: &str| l.bytes().all(|b| b == b' ');
        let same = |(i, wanted): (usize, &&str)| {
            lines.get(at + i).is_some_and(|line| match line.get(indent..) {
                Some(rest) if blank(line.get(..indent).unwrap_or_default()) => rest == *wanted,
                _ => wanted.is_empty() && blank(line),
            })
        };
        (indent > 0 && wanted.iter().enumerate().all(same)).then_some((at, indent))
    })
}

/// The file with a template in the place of another: in its block, or in its quotes.
fn replaced(file: &str, old: &str, new: &str) -> Option<String> {
    let lines: Vec<&str> = file.lines().collect();
    if let Some((at, indent)) = block(&lines, old) {
        let count = old.trim_end_matches('\n').lines().count();
        let mut out: Vec<String> = lines.get(..at)?.iter().map(|l| (*l).to_owned()).collect();
        out.extend(new.trim_end_matches('\n').lines().map(|line| match line {
            "" => String::new(),
            line => format!("{}{line}", " ".repeat(indent)),
        }));
        out.extend(lines.get(at + count..)?.iter().map(|l| (*l).to_owned()));
        return Some(out.join("\n") + if file.ends_with('\n') { "\n" } else { "" });
    }
    let quoted = |text: &str| serde_json::to_string(text).ok();
    let (old, new) = (quoted(old)?, quoted(new)?);
    file.contains(&old).then(|| file.replacen(&old, &new, 1))
}

/// A change told at its place in the YAML.
fn moved(mut change: Diagnostic, template: &Arc<Source>, file: &Arc<Source>) -> Diagnostic {
    let lines: Vec<&str> = file.text.lines().collect();
    let Some((at, indent)) = block(&lines, &template.text) else { return change };
    let starts: Vec<usize> = std::iter::once(0).chain(file.text.match_indices('\n').map(|(n, _)| n + 1)).collect();
    let place = |offset: u32| {
        let before = template.text.get(..offset as usize)?;
        let column = before.len() - before.rfind('\n').map_or(0, |n| n + 1);
        Some((starts.get(at + before.matches('\n').count())? + indent + column) as u32)
    };
    for label in &mut change.labels {
        if let (true, Some(start), Some(end)) =
            (Arc::ptr_eq(&label.source, template), place(label.start), place(label.end))
        {
            *label = Label { source: file.clone(), start, end, text: std::mem::take(&mut label.text) };
        }
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = r#"# Two of them.
apiVersion: core.oam.dev/v1beta1
kind: TraitDefinition
metadata: {name: a}   # kept
spec:
  schematic:
    cue:
      template: |
        import (
          "strings"
        )
        patch: {

          x: ["a"] + parameter.more // both
        }
        parameter: more: [...string]
---
{"apiVersion": "core.oam.dev/v1beta1", "kind": "TraitDefinition", "metadata": {"name": "b"},
 "spec": {"schematic": {"cue": {"template": "patch: y: 3 * [\"z\"]\nparameter: {}\n"}}}}
"#;

    #[test]
    fn only_the_templates_of_objects_change() {
        let source = Source::new("objects.yaml", OBJECT);
        let fixed = file(&source).unwrap().unwrap();
        insta::assert_snapshot!(fixed.text, @r#"
        # Two of them.
        apiVersion: core.oam.dev/v1beta1
        kind: TraitDefinition
        metadata: {name: a}   # kept
        spec:
          schematic:
            cue:
              template: |
                import (
                  "list"
                )
                patch: {

                  x: list.Concat([["a"], parameter.more]) // both
                }
                parameter: more: [...string]
        ---
        {"apiVersion": "core.oam.dev/v1beta1", "kind": "TraitDefinition", "metadata": {"name": "b"},
         "spec": {"schematic": {"cue": {"template": "import \"list\"\n\npatch: y: list.Repeat([\"z\"], 3)\nparameter: {}\n"}}}}
        "#);
        let places: Vec<String> = fixed
            .changes
            .iter()
            .filter_map(|c| c.labels.first())
            .filter(|l| l.source.name == "objects.yaml")
            .map(|l| {
                format!("{:?} {}", l.source.line_column(l.start), &l.source.text[l.start as usize..l.end as usize])
            })
            .collect();
        assert_eq!(places, ["(14, 14) [\"a\"] + parameter.more", "(10, 11) \"strings\""]);
        assert_eq!(file(&Source::new("objects.yaml", fixed.text)).unwrap(), None, "a fix is final");
    }
}
