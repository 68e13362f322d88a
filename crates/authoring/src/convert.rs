//! A definition as a CUE file, from whatever form it has: what `lateen def get` prints and `lateen def edit` opens.

use cue_syntax::{Diagnostic, Source, Sources, parse_file};
use model::Definition;
use model::labels::{DEFINITION_ALIAS, DEFINITION_DESCRIPTION};
use serde_json::{Map, Value, json};

/// Annotations that a tool has written and a person does not keep in a file.
const TOOLS: [&str; 2] = ["kubectl.kubernetes.io/last-applied-configuration", "definitionrevision.oam.dev/name"];

/// The definition as a CUE file.
///
/// # Errors
/// Its template has syntax errors.
pub fn cue(definition: &Definition) -> Result<String, Vec<Diagnostic>> {
    let (imports, body) = match &definition.template {
        Some(template) => split(&template.source.text)?,
        None => (String::new(), String::new()),
    };
    let take = |key: &str| definition.annotations.get(key).cloned().unwrap_or_default();
    let custom = |map: &model::meta::Strings| -> Map<String, Value> {
        map.iter()
            .filter(|(k, _)| ![DEFINITION_ALIAS, DEFINITION_DESCRIPTION].contains(&k.as_str()))
            .filter(|(k, _)| !TOOLS.contains(&k.as_str()))
            .map(|(k, v)| {
                let short = k.strip_prefix("custom.definition.oam.dev/").unwrap_or(k);
                (short.to_owned(), json!(v))
            })
            .collect()
    };
    let mut attributes = serde_json::to_value(&definition.spec).unwrap_or(Value::Null);
    if let Some(map) = attributes.as_object_mut() {
        map.remove("schematic");
    }
    let texts = [("alias", take(DEFINITION_ALIAS)), ("description", take(DEFINITION_DESCRIPTION))];
    let maps = [("annotations", custom(&definition.annotations)), ("labels", custom(&definition.labels))];
    let mut fields = vec![("type", json!(definition.kind.word()))];
    fields.extend(texts.into_iter().filter(|(_, t)| !t.is_empty()).map(|(k, t)| (k, json!(t))));
    fields.extend(maps.into_iter().filter(|(_, m)| !m.is_empty()).map(|(k, m)| (k, Value::Object(m))));
    fields.push(("attributes", attributes));
    let mut out = imports;
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&format!("{}: {{\n", label(&definition.name)));
    for (key, value) in fields {
        out.push_str(&format!("\t{key}: "));
        write(&mut out, &value, 1);
        out.push('\n');
    }
    out.push('}');
    out.push_str("\ntemplate: {\n");
    out.push_str(body.trim_matches('\n'));
    out.push_str("\n}\n");
    Ok(cue_syntax::format(&Source::new(definition.name.clone(), out.clone())).unwrap_or(out))
}

/// The imports of a template, and the rest.
fn split(text: &str) -> Result<(String, String), Vec<Diagnostic>> {
    let source = Source::new("template", text);
    let mut sources = Sources::default();
    let id = sources.add(source.clone());
    let parsed = parse_file(&source, id);
    let Some(file) = parsed.tree.filter(|_| parsed.diagnostics.is_empty()) else { return Err(parsed.diagnostics) };
    let slice = |start: u32, end: u32| text.get(start as usize..end as usize).unwrap_or_default();
    let specs: Vec<String> = file.imports.iter().map(|i| format!("\t{}\n", slice(i.span.start, i.span.end))).collect();
    if specs.is_empty() {
        return Ok((String::new(), text.to_owned()));
    }
    // The body begins after the last import, with the comments in front of its first declaration.
    let end = file.imports.last().map_or(0, |i| i.span.end as usize);
    let rest = text.get(end..).unwrap_or_default();
    let grouped = text.get(..end).is_some_and(|t| t.matches('(').count() > t.matches(')').count());
    let rest = if grouped { rest.split_once(')').map_or(rest, |(_, r)| r) } else { rest };
    Ok((format!("import (\n{})\n", specs.concat()), rest.to_owned()))
}

/// A label as CUE writes it.
pub(crate) fn label(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !matches!(name, "true" | "false" | "null" | "for" | "if" | "in" | "let" | "import" | "package");
    if plain { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    cue::json::quote(&mut out, text);
    out
}

/// A value as CUE text, its lines indented by tabs; a text of several lines stays readable.
pub(crate) fn write(out: &mut String, value: &Value, depth: usize) {
    if depth > 500 {
        return;
    }
    let tabs = |n: usize| "\t".repeat(n);
    match value {
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        // One field alone stands on the line of its parent.
        Value::Object(map) if map.len() == 1 && depth > 0 && chained(out) => {
            for (key, value) in map {
                out.push_str(&label(key));
                out.push_str(": ");
                write(out, value, depth);
            }
        }
        Value::Object(map) => {
            out.push_str("{\n");
            for (key, value) in map {
                out.push_str(&tabs(depth + 1));
                out.push_str(&label(key));
                out.push_str(": ");
                write(out, value, depth + 1);
                out.push('\n');
            }
            out.push_str(&tabs(depth));
            out.push('}');
        }
        Value::Array(list) if list.is_empty() => out.push_str("[]"),
        Value::Array(list) => {
            out.push_str("[\n");
            for value in list {
                out.push_str(&tabs(depth + 1));
                write(out, value, depth + 1);
                out.push_str(",\n");
            }
            out.push_str(&tabs(depth));
            out.push(']');
        }
        Value::String(text) if text.trim_end_matches('\n').contains('\n') && !text.contains("\"\"\"#") => {
            out.push_str("#\"\"\"\n");
            // A text that ends with a line end has an empty line at its end.
            for line in text.split('\n') {
                if !line.is_empty() {
                    out.push_str(&tabs(depth + 1));
                    out.push_str(line);
                }
                out.push('\n');
            }
            out.push_str(&tabs(depth + 1));
            out.push_str("\"\"\"#");
        }
        Value::String(text) => out.push_str(&quoted(text)),
        other => out.push_str(&other.to_string()),
    }
}

/// What is written next is the value of a field.
fn chained(out: &str) -> bool {
    out.ends_with(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::DefinitionKind;
    use render::builtin::Builtins;
    use render::{DefinitionSource, Loaded, Provenance};

    /// To an object and back to a file: the same definition, for every one that ships.
    #[test]
    fn every_built_in_definition_survives_the_way_to_a_hub_and_back() {
        let mut count = 0;
        for kind in
            [DefinitionKind::Component, DefinitionKind::Trait, DefinitionKind::Policy, DefinitionKind::WorkflowStep]
        {
            for name in Builtins.names(kind) {
                let loaded = Builtins.find(kind, &name).unwrap().unwrap();
                let object = serde_json::to_value(loaded.definition.to_object()).unwrap();
                let stored = Definition::from_object(&object, "hub").unwrap();
                let text = cue(&stored).unwrap();
                let again = Loaded::from_cue(Source::new("again.cue", text.clone()), Provenance::Builtin)
                    .unwrap_or_else(|e| panic!("{name}: {e:?}\n{text}"));
                assert_eq!(again.definition.spec, loaded.definition.spec, "{name}");
                assert_eq!(again.definition.annotations, loaded.definition.annotations, "{name}");
                assert_eq!(again.template.decls.len(), loaded.template.decls.len(), "{name}");
                count += 1;
            }
        }
        assert!(count > 80);
    }
}
