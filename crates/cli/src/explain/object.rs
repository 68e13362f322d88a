//! A field of an object that people write: an Application, a Workflow, an Environment.

use crate::output::{self, Format};
use crate::session::Outcome;
use crate::table;
use cue_syntax::Diagnostic;
use model::fields::{self, Field, Kind};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Explains it.
pub(super) fn text(kind: &'static Kind, path: &[&str], format: Option<Format>) -> Outcome<String> {
    let found = match fields::at(&kind.fields, path.iter().copied()) {
        Ok(found) => found,
        Err((right, there)) => return Err(unknown(kind, path, right, &there).into()),
    };
    let mut inside: Vec<&'static Field> = found.map_or_else(|| kind.fields.clone(), |f| f.inside.iter().collect());
    inside.retain(|f| !f.unwritten);
    match format {
        Some(format) => output::text(&value(kind, path, found, &inside), format),
        None => Ok(plain(kind, path, found, &inside)),
    }
}

fn plain(kind: &Kind, path: &[&str], found: Option<&Field>, inside: &[&Field]) -> String {
    let whole = [&[kind.kind], path].concat().join(".");
    let mut out = format!("{whole} ({})\n{}\n", kind.api_version, found.map_or(kind.usage, |f| f.usage));
    if let Some(field) = found {
        let _ = writeln!(out, "\nType: {}", field.kind);
        if field.required {
            out.push_str("Required: yes\n");
        }
    }
    if !inside.is_empty() {
        let rows: Vec<Vec<String>> = inside.iter().map(|f| row(f)).collect();
        let _ = write!(out, "\n{}", table::draw(&["FIELD", "TYPE", "REQUIRED", "DESCRIPTION"], &rows));
    }
    out
}

fn row(field: &Field) -> Vec<String> {
    let required = if field.required { "yes" } else { "" };
    [field.name, field.kind, required, field.usage].map(str::to_owned).to_vec()
}

fn value(kind: &Kind, path: &[&str], found: Option<&Field>, inside: &[&Field]) -> Value {
    let field = |f: &&Field| json!({"name": f.name, "type": f.kind, "required": f.required, "description": f.usage});
    json!({
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "path": path.join("."),
        "type": found.map_or("object", |f| f.kind),
        "required": found.is_some_and(|f| f.required),
        "description": found.map_or(kind.usage, |f| f.usage),
        "fields": inside.iter().map(field).collect::<Vec<_>>(),
    })
}

fn unknown(kind: &Kind, path: &[&str], right: usize, there: &[&'static Field]) -> Diagnostic {
    let wrong = path.get(right).copied().unwrap_or_default();
    let place = [&[kind.kind], path.get(..right).unwrap_or_default()].concat().join(".");
    let d = Diagnostic::error("explain/unknown-field", format!("{place} has no field \"{wrong}\""));
    let names: Vec<&str> = there.iter().map(|f| f.name).collect();
    match model::action::nearest(wrong, names.iter().copied()) {
        Some(near) => d.help(format!("did you mean \"{near}\"?")),
        None if path.get(right.saturating_sub(1)) == Some(&"properties") => {
            d.help("what stands there depends on `type`: `lateen explain TYPE`")
        }
        None if names.is_empty() => d.help("it has nothing inside"),
        None => d.help(format!("it has {}", names.join(", "))),
    }
}
