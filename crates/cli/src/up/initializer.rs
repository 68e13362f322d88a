//! `Initializer`: an Application that prepares a hub once, after those that it depends on.
//!
//! `spec.appTemplate.spec` is the Application's specification; it is called as the Initializer is. The status tells how far
//! it is: `checkingDependsOn`, `initializing`, `success`.

use super::store;
use crate::application::{WaitArgs, carry_on, conclude};
use crate::session::{Outcome, Session};
use actions::ObjectRef;
use controller::prepare::Definitions;
use cue_syntax::{Diagnostic, Source};
use model::AppPhase;
use model::manifest::Document;
use serde_json::{Value, json};

/// Who writes the status, as `managedFields` names it.
const MANAGER: &str = "lateen-initializer";

pub(super) fn is_initializer(document: &Document) -> bool {
    document.kind() == "Initializer" && document.api_version().starts_with("core.oam.dev/")
}

/// (namespace, name) of what an Initializer depends on.
fn dependencies(document: &Document) -> Vec<(String, String)> {
    let all = document.value.pointer("/spec/dependsOn").and_then(Value::as_array).into_iter().flatten();
    all.map(|d| {
        let text = |pointer: &str| d.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let namespace = if text("/ref/namespace").is_empty() { document.namespace() } else { text("/ref/namespace") };
        (namespace.to_owned(), text("/ref/name").to_owned())
    })
    .collect()
}

fn key(document: &Document) -> (String, String) {
    (document.namespace().to_owned(), document.name().to_owned())
}

/// The Initializers of the files, each after those that it depends on. One that is not among them must have succeeded on
/// the hub.
pub(super) async fn ordered(session: &Session, mut left: Vec<Document>) -> Outcome<Vec<Document>> {
    let mut ordered: Vec<Document> = Vec::new();
    while !left.is_empty() {
        let given: Vec<_> = left.iter().map(key).collect();
        let ready = left.iter().position(|d| dependencies(d).iter().all(|needed| !given.contains(needed)));
        let Some(ready) = ready else {
            let names: Vec<&str> = left.iter().map(Document::name).collect();
            return Err(Diagnostic::error(
                "up/initializer-cycle",
                format!("the Initializers {} depend on each other", names.join(", ")),
            )
            .path("spec.dependsOn")
            .into());
        };
        let document = left.remove(ready);
        for needed in dependencies(&document) {
            if !ordered.iter().any(|d| key(d) == needed) {
                has_succeeded(session, &document, &needed).await?;
            }
        }
        ordered.push(document);
    }
    Ok(ordered)
}

fn target(namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: model::CORE_V1BETA1.into(),
        kind: "Initializer".into(),
        namespace: namespace.into(),
        name: name.into(),
    }
}

async fn has_succeeded(session: &Session, document: &Document, needed: &(String, String)) -> Outcome {
    let (namespace, name) = needed;
    let stored = session.hub.objects().read(&target(namespace, name)).await?;
    let phase = stored.as_ref().and_then(|s| s.pointer("/status/phase")).and_then(Value::as_str);
    if phase == Some("success") {
        return Ok(());
    }
    let state = match (&stored, phase) {
        (None, _) => "is neither in the files nor on the hub".to_owned(),
        (Some(_), phase) => format!("has not succeeded: it is {}", phase.unwrap_or("not begun")),
    };
    let problem = Diagnostic::error(
        "up/initializer-dependency",
        format!("Initializer {} depends on {namespace}/{name}, which {state}", document.name()),
    );
    Err(document
        .locate(problem.path("spec.dependsOn").help(format!("give its file too: lateen up -f {name}.yaml")))
        .into())
}

/// The Application of an Initializer, as a document of its own.
pub(super) fn application(document: &Document) -> Outcome<Document> {
    let spec = document.value.pointer("/spec/appTemplate/spec").cloned().unwrap_or(Value::Null);
    if spec.is_null() {
        let problem =
            Diagnostic::error("up/initializer", format!("Initializer {} has no appTemplate", document.name()));
        return Err(document.locate(problem.path("spec.appTemplate.spec")).into());
    }
    let app = json!({
        "apiVersion": model::CORE_V1BETA1, "kind": "Application",
        "metadata": {
            "name": document.name(), "namespace": document.namespace(), "annotations": {model::labels::INITIALIZER_NAME: document.name()},
        },
        "spec": spec,
    });
    let source = Source::new(format!("{} (Initializer {})", document.source.name, document.name()), app.to_string());
    let mut documents = model::manifest::read(&source)?;
    documents
        .pop()
        .ok_or_else(|| Diagnostic::error("up/initializer", "the Application of an Initializer is empty").into())
}

async fn tell(session: &Session, document: &Document, phase: &str, message: &str) -> Outcome {
    let status = json!({"status": {"phase": phase, "status": phase, "message": message}});
    session.hub.objects().merge(&target(document.namespace(), document.name()), &status, true, MANAGER).await?;
    Ok(())
}

/// Runs an Initializer's Application to its end; `false` when it did not succeed.
pub(super) async fn run(
    session: &Session,
    definitions: &Definitions,
    document: &Document,
    app: &Document,
    wait: &WaitArgs,
) -> Outcome<bool> {
    store(session, document).await?;
    tell(session, document, "checkingDependsOn", "").await?;
    tell(session, document, "initializing", "").await?;
    store(session, app).await?;
    let finished = carry_on(session, definitions.clone(), app.namespace(), app.name(), wait.timeout).await?;
    let phase = finished.app.status.as_ref().map(|s| s.phase).unwrap_or_default();
    if phase == AppPhase::Running {
        tell(session, document, "success", "").await?;
        println!("Initializer {} has succeeded.", document.name());
        return Ok(true);
    }
    tell(session, document, "initializing", &format!("its application is {phase}")).await?;
    conclude(&finished);
    Ok(false)
}
