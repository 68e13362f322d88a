//! A field of a Kubernetes kind.

use crate::output::{self, Format};
use crate::session::Outcome;
use crate::table;
use authoring::explain::kinds::{self, Explained};
use k8s_schema::Resource;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Explains it.
pub(super) fn text(resource: &Resource, path: &[&str], format: Option<Format>) -> Outcome<String> {
    let found = kinds::explain(resource, path)?;
    match format {
        Some(format) => output::text(&value(&found), format),
        None => Ok(plain(&found)),
    }
}

fn plain(found: &Explained) -> String {
    let place = if found.path.is_empty() { String::new() } else { format!(".{}", found.path) };
    let mut out =
        format!("{}{place} ({}, Kubernetes {})\n", found.kind, found.api_version, k8s_schema::KUBERNETES_VERSION);
    let _ = writeln!(out, "Type: {}", found.shape);
    if found.required {
        out.push_str("Required: yes\n");
    }
    if let Some(default) = &found.default {
        let _ = writeln!(out, "Default: {default}");
    }
    if !found.choices.is_empty() {
        let _ = writeln!(out, "One of: {}", found.choices.join(", "));
    }
    if !found.merge.is_empty() {
        let _ = writeln!(out, "Applied as: {}", found.merge);
    }
    if !found.fields.is_empty() {
        let rows: Vec<Vec<String>> = found
            .fields
            .iter()
            .map(|(name, shape, required)| {
                vec![name.clone(), shape.clone(), if *required { "yes".to_owned() } else { String::new() }]
            })
            .collect();
        let _ = write!(out, "\n{}", table::draw(&["FIELD", "TYPE", "REQUIRED"], &rows));
    }
    out
}

fn value(found: &Explained) -> Value {
    let field =
        |(name, shape, required): &(String, String, bool)| json!({"name": name, "type": shape, "required": required});
    json!({
        "apiVersion": found.api_version,
        "kind": found.kind,
        "path": found.path,
        "type": found.shape,
        "required": found.required,
        "default": found.default,
        "choices": found.choices,
        "merge": found.merge,
        "fields": found.fields.iter().map(field).collect::<Vec<_>>(),
    })
}
