//! The files that `up` is given: Applications, and what they name.

use crate::session::Outcome;
use controller::run::DEBUG;
use cue_syntax::Diagnostic;
use delivery::revision::Parts;
use model::manifest::Document;
use model::{Application, Policy, Workflow};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The objects of the files, in order.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// Everything but Applications; stored first.
    pub(super) others: Vec<Document>,
    /// To be run.
    pub(super) applications: Vec<Document>,
}

/// Reads files; objects without a namespace get this one.
pub(super) fn read(paths: &[PathBuf], namespace: &str) -> Outcome<Given> {
    let mut given = Given::default();
    for source in crate::given::sources(paths)? {
        for mut document in model::manifest::read(&source)? {
            if document.name().is_empty() {
                return Err(document
                    .locate(
                        Diagnostic::error("manifest/no-name", format!("this {} has no name", document.kind()))
                            .path("metadata.name"),
                    )
                    .into());
            }
            if document.namespace().is_empty() {
                place(&mut document.value, namespace);
            }
            let is_app = document.kind() == "Application" && document.api_version().starts_with("core.oam.dev/");
            if is_app { given.applications.push(document) } else { given.others.push(document) }
        }
    }
    Ok(given)
}

/// Kinds of ours that live outside namespaces do not reach `up`; a Namespace is the one that people put beside.
fn place(object: &mut Value, namespace: &str) {
    if object.get("kind").and_then(Value::as_str) == Some("Namespace") {
        return;
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("namespace".into(), namespace.into());
    }
}

/// Sets an annotation.
pub(super) fn annotate(object: &mut Value, key: &str, value: &str) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if let Some(map) = annotations.as_object_mut() {
        map.insert(key.into(), value.into());
    }
}

/// Adds the policy that asks for debug output, unless there is one.
pub(super) fn with_debug_policy(application: &mut Value) {
    let Some(spec) = application.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let policies = spec.entry("policies").or_insert_with(|| json!([]));
    let Some(policies) = policies.as_array_mut() else { return };
    if policies.iter().all(|policy| policy.get("type").and_then(Value::as_str) != Some(DEBUG)) {
        policies.push(json!({ "name": DEBUG, "type": DEBUG }));
    }
}

/// What an Application names among the files: it need not be on the hub yet.
pub(super) fn parts(others: &[Document], app: &Application) -> Outcome<Parts> {
    let mut parts = Parts::default();
    let reference = app.spec.workflow.as_ref().map(|w| w.reference.as_str()).unwrap_or_default();
    for document in others.iter().filter(|d| d.namespace() == app.metadata.namespace) {
        match document.kind() {
            "Policy" => parts.policies.push(document.parse::<Policy>()?),
            "Workflow" if document.name() == reference => parts.workflow = Some(document.parse::<Workflow>()?),
            _ => {}
        }
    }
    Ok(parts)
}

/// The packages of CUE among the files.
pub(super) fn packages(others: &[Document]) -> Vec<Value> {
    let is_package = |d: &&Document| d.kind() == "Package" && d.api_version().starts_with("cue.oam.dev/");
    others.iter().filter(is_package).map(|d| d.value.clone()).collect()
}

/// The definitions among the files, added to those given with `-d` (which win): the applications beside them may use them
/// before they are on the hub.
pub(super) fn definitions(others: &[Document], given: &mut render::definition::Given) -> Outcome {
    use render::definition::{DefinitionSource, Loaded, Provenance};
    for document in others {
        let Some(kind) = model::DefinitionKind::parse(document.kind()).filter(|k| k.kind() == document.kind()) else {
            continue;
        };
        if given.find(kind, document.name()).is_none() {
            let file = document.source.name.clone();
            given.add(Loaded::from_object(&document.value, &file, Provenance::File(file.clone()))?)?;
        }
    }
    Ok(())
}
