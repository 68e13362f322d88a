//! A `Package` object: CUE that definitions import, and who answers its actions.

use super::With;
use cue::{Inputs, Instance};
use cue_syntax::{Diagnostic, Source};
use model::manifest::Document;
use serde_json::Value;

/// Everything that is wrong with it.
pub(super) fn check(document: &Document, with: &With) -> Vec<Diagnostic> {
    let object = &document.value;
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let mut problems = Vec::new();
    let mut wrong = |path: &str, message: String, help: &str| {
        problems.push(Diagnostic::error("vet/package", message).path(path).help(help));
    };
    let path = text("/spec/path");
    if path.is_empty() {
        wrong("spec.path", "the package has no import path".to_owned(), "write spec.path: ext/name");
    } else if render::builtin::package(path).is_some() || cue::builtin::packages().any(|p| p == path) {
        wrong(
            "spec.path",
            format!("{path} comes with Lateen and stays what it is"),
            "choose a path of your own: ext/name",
        );
    }
    if object.pointer("/spec/provider").is_some_and(|p| !p.is_null()) {
        let protocol = text("/spec/provider/protocol");
        if !["http", "https", "exec"].contains(&protocol) {
            let message = format!("\"{protocol}\" is no protocol of a provider");
            wrong("spec.provider.protocol", message, "one of http, https, exec");
        }
        if text("/spec/provider/endpoint").is_empty() {
            let help = "the address of the service, or with protocol: exec the path of a program";
            wrong("spec.provider.endpoint", "the provider has no endpoint".to_owned(), help);
        }
    }
    let templates = object.pointer("/spec/templates").and_then(Value::as_object);
    if templates.is_none_or(serde_json::Map::is_empty) {
        wrong(
            "spec.templates",
            "the package has no files".to_owned(),
            "write spec.templates: {name.cue: \"package name …\"}",
        );
    }
    let mut instance = Instance::default();
    for (name, body) in templates.into_iter().flatten() {
        let place = format!("spec.templates[\"{name}\"]");
        let Some(body) = body.as_str() else {
            let wrong = Diagnostic::error("vet/package", format!("{name} is no text")).path(place);
            problems.push(wrong.help("write `name.cue: |` and the text of the file below it"));
            continue;
        };
        let source = Source::new(format!("Package/{path}/{name}"), body);
        if let Err(found) = instance.add(source) {
            problems.extend(found.into_iter().map(|d| d.path(place.as_str())));
        }
    }
    if problems.is_empty() && !instance.files.is_empty() {
        match cue::compile(&*with.packages, instance) {
            Ok(program) => problems.extend(program.evaluate(Inputs::default(), &with.limits).diagnostics()),
            Err(found) => problems.extend(found),
        }
    }
    problems
}
