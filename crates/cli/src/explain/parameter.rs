//! A parameter of a definition.

use crate::output::{self, Format};
use crate::session::Outcome;
use crate::show::{description, parameters_value, rows};
use crate::table;
use ::render::Loaded;
use authoring::explain::{Parameter, Parameters};
use cue_syntax::Diagnostic;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Explains it: of the first definition that has it, where several have the name.
pub(super) fn text(definitions: &[Loaded], path: &[&str], format: Option<Format>) -> Outcome<String> {
    let all: Vec<(&Loaded, Parameters)> = definitions.iter().map(|l| (l, Parameters::of(l))).collect();
    if path.is_empty() {
        let Some((loaded, parameters)) = all.first() else { return Ok(String::new()) };
        return whole(loaded, parameters, format);
    }
    for (loaded, parameters) in &all {
        if let Some(found) = parameters.at(path) {
            return one(loaded, &path.join("."), found, format);
        }
    }
    let Some((loaded, parameters)) = all.first() else { return Ok(String::new()) };
    Err(unknown(loaded, parameters, path).into())
}

fn whole(loaded: &Loaded, parameters: &Parameters, format: Option<Format>) -> Outcome<String> {
    let definition = &loaded.definition;
    if let Some(format) = format {
        let value = json!({
            "name": definition.name,
            "type": definition.kind.word(),
            "description": description(loaded),
            "parameters": parameters_value(parameters),
        });
        return output::text(&value, format);
    }
    let mut out =
        format!("{} ({}, {})\n{}\n\n", definition.name, definition.kind.word(), loaded.provenance, description(loaded));
    let top: Vec<Vec<String>> =
        rows(parameters).into_iter().filter(|r| r.first().is_some_and(|p| !p.contains('.'))).collect();
    out.push_str(&table::draw(&["PARAMETER", "TYPE", "REQUIRED", "DEFAULT", "DESCRIPTION"], &top));
    Ok(out)
}

fn one(loaded: &Loaded, path: &str, found: &Parameter, format: Option<Format>) -> Outcome<String> {
    let place = loaded.sources.get(found.place.source).map(|source| {
        let (line, column) = source.line_column(found.place.start);
        format!("{}:{line}:{column}", source.name)
    });
    if let Some(format) = format {
        let list = parameters_value(&Parameters { fields: vec![found.clone()], ..Parameters::default() });
        let mut value = list.as_array().and_then(|l| l.first()).cloned().unwrap_or(Value::Null);
        if let Some(map) = value.as_object_mut() {
            map.insert("definition".to_owned(), json!(loaded.definition.name));
            map.insert("path".to_owned(), json!(path));
            map.insert("declaredAt".to_owned(), json!(place));
        }
        return output::text(&value, format);
    }
    let mut out =
        format!("{}.{path} ({}, {})\n", loaded.definition.name, loaded.definition.kind.word(), loaded.provenance);
    if !found.usage.is_empty() {
        let _ = writeln!(out, "{}", found.usage);
    }
    let _ = writeln!(out, "\nType: {}", found.kind);
    if found.required {
        out.push_str("Required: yes\n");
    }
    if let Some(default) = &found.default {
        let _ = writeln!(out, "Default: {default}");
    }
    if !found.choices.is_empty() {
        let _ = writeln!(out, "One of: {}", found.choices.join(", "));
    }
    if let Some(condition) = &found.condition {
        let _ = writeln!(out, "Only if: {condition}");
    }
    if let Some(place) = place {
        let _ = writeln!(out, "Declared at: {place}");
    }
    if !found.inner.is_empty() {
        let _ = write!(
            out,
            "\n{}",
            table::draw(&["PARAMETER", "TYPE", "REQUIRED", "DEFAULT", "DESCRIPTION"], &rows(&found.inner))
        );
    }
    Ok(out)
}

fn unknown(loaded: &Loaded, parameters: &Parameters, path: &[&str]) -> Diagnostic {
    // How far the path is right.
    let right = (0..path.len()).rev().find(|n| *n == 0 || path.get(..*n).is_some_and(|p| parameters.at(p).is_some()));
    let right = right.unwrap_or(0);
    let inside = match path.get(..right).filter(|p| !p.is_empty()).and_then(|p| parameters.at(p)) {
        Some(found) => &found.inner,
        None => parameters,
    };
    let wrong = path.get(right).copied().unwrap_or_default();
    let place = [&[loaded.definition.name.as_str()], path.get(..right).unwrap_or_default()].concat().join(".");
    let names: Vec<&str> = inside.fields.iter().map(|f| f.name.as_str()).collect();
    let d = Diagnostic::error("explain/unknown-field", format!("{place} has no parameter \"{wrong}\""));
    match model::action::nearest(wrong, names.iter().copied()) {
        Some(near) => d.help(format!("did you mean \"{near}\"?")),
        None if names.is_empty() => d.help("it has nothing inside"),
        None => d.help(format!("it has {}", names.join(", "))),
    }
}
