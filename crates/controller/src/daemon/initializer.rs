//! Initializers: Applications that prepare a hub once, each after those that it depends on.
//!
//! `spec.appTemplate.spec` becomes an Application of the Initializer's name as soon as everything that it depends on has
//! succeeded; its run is the Application's. The status says how far it is, as `lateen up` of the same file does:
//! `checkingDependsOn`, `initializing`, `success`.

use crate::hub::{Hub, MANAGER};
use actions::{Fault, FaultClass, Filter, ObjectRef};
use futures::StreamExt;
use kube::Api;
use kube::api::{ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use kube::runtime::{WatchStreamExt, watcher};
use model::{AppPhase, Application, CORE_V1BETA1, labels};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Several changes within this are looked at together.
const MOMENT: Duration = Duration::from_millis(50);
/// After a hub that did not answer.
const AGAIN: Duration = Duration::from_secs(2);

/// Serves the Initializers of a hub until it is dropped. `changed` tells of their Applications.
pub(super) async fn serve(hub: Hub, changed: Arc<Notify>) {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("core.oam.dev", "v1beta1", "Initializer"));
    let api: Api<DynamicObject> = Api::all_with(hub.objects().client().clone(), &kind);
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(watcher::Event::Init | watcher::Event::InitApply(_))) => continue,
                Some(Ok(_)) => {}
                // a hub that does not serve the kind has none
                Some(Err(_)) => continue,
                None => return,
            },
            () = changed.notified() => {}
        }
        tokio::time::sleep(MOMENT).await;
        if let Err(fault) = all(&hub).await {
            tracing::warn!(%fault, "the Initializers cannot be looked at");
            tokio::time::sleep(AGAIN).await;
            changed.notify_one();
        }
    }
}

/// An Initializer as far as it matters here.
struct Initializer {
    target: ObjectRef,
    generation: i64,
    observed: Option<i64>,
    phase: String,
    message: String,
    needs: Vec<(String, String)>,
    spec: Value,
}

impl Initializer {
    fn of(value: &Value) -> Initializer {
        let text = |value: &Value, pointer: &str| {
            value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let number = |pointer: &str| value.pointer(pointer).and_then(Value::as_i64);
        let namespace = text(value, "/metadata/namespace");
        let needs = value.pointer("/spec/dependsOn").and_then(Value::as_array).into_iter().flatten();
        let needs = needs.map(|need| {
            let named = text(need, "/ref/namespace");
            (if named.is_empty() { namespace.clone() } else { named }, text(need, "/ref/name"))
        });
        Initializer {
            needs: needs.collect(),
            target: ObjectRef {
                api_version: CORE_V1BETA1.into(),
                kind: "Initializer".into(),
                name: text(value, "/metadata/name"),
                namespace,
            },
            generation: number("/metadata/generation").unwrap_or_default(),
            observed: number("/status/observedGeneration"),
            phase: text(value, "/status/phase"),
            message: text(value, "/status/message"),
            spec: value.pointer("/spec/appTemplate/spec").cloned().unwrap_or(Value::Null),
        }
    }

    fn key(&self) -> (String, String) {
        (self.target.namespace.clone(), self.target.name.clone())
    }

    /// Its status is about what it says now.
    fn is_current(&self) -> bool {
        self.observed.is_none_or(|observed| observed == self.generation)
    }

    fn has_succeeded(&self) -> bool {
        self.phase == "success" && self.is_current()
    }
}

/// What is to be done about an Initializer.
#[derive(Debug, PartialEq)]
enum Next {
    Nothing,
    /// Write the status.
    Tell(&'static str, String),
    /// Write the Application, and the status.
    Begin,
}

/// Decides from all of them, and from the Application of this one as it stands.
fn next(one: &Initializer, all: &[Initializer], app: Option<&Application>) -> Next {
    if one.has_succeeded() {
        return Next::Nothing;
    }
    let open = one.needs.iter().find(|need| !all.iter().any(|other| other.key() == **need && other.has_succeeded()));
    let (phase, message) = match (open, app) {
        (Some((namespace, name)), _) => ("checkingDependsOn", format!("waits for Initializer {namespace}/{name}")),
        _ if one.spec.is_null() => ("checkingDependsOn", "it has no spec.appTemplate.spec".to_owned()),
        (None, Some(app)) if one.phase == "initializing" && one.is_current() => {
            let status = app.status.as_ref().filter(|s| s.observed_generation == app.metadata.generation);
            match status.map(|s| s.phase) {
                Some(AppPhase::Running) => ("success", String::new()),
                Some(phase @ (AppPhase::WorkflowFailed | AppPhase::WorkflowTerminated | AppPhase::Unhealthy)) => {
                    ("initializing", format!("its application is {phase}"))
                }
                _ => ("initializing", String::new()),
            }
        }
        (None, _) => return Next::Begin,
    };
    if (one.phase.as_str(), &one.message) == (phase, &message) { Next::Nothing } else { Next::Tell(phase, message) }
}

async fn all(hub: &Hub) -> Result<(), Fault> {
    let mut list = match hub.objects().list(CORE_V1BETA1, "Initializer", &Filter::default()).await {
        Err(fault) if fault.class == FaultClass::Permanent => return Ok(()),
        listed => listed?,
    };
    let items = list.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    let deleted = |item: &Value| item.pointer("/metadata/deletionTimestamp").is_some();
    let found: Vec<Initializer> = items.iter().filter(|item| !deleted(item)).map(Initializer::of).collect();
    for one in &found {
        let app = hub.application(&one.target.namespace, &one.target.name).await?;
        match next(one, &found, app.as_ref()) {
            Next::Nothing => {}
            Next::Tell(phase, message) => tell(hub, one, phase, &message).await?,
            Next::Begin => {
                let written = hub.apply(&application(one)).await;
                match written {
                    Ok(_) => tell(hub, one, "initializing", "").await?,
                    Err(fault) if fault.class == FaultClass::Permanent => {
                        tell(hub, one, "checkingDependsOn", &fault.message).await?;
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
    }
    Ok(())
}

fn application(one: &Initializer) -> Value {
    let (namespace, name) = (&one.target.namespace, &one.target.name);
    json!({
        "apiVersion": CORE_V1BETA1, "kind": "Application",
        "metadata": {"name": name, "namespace": namespace, "annotations": {labels::INITIALIZER_NAME: name}},
        "spec": one.spec,
    })
}

async fn tell(hub: &Hub, one: &Initializer, phase: &str, message: &str) -> Result<(), Fault> {
    let status = json!({"status": {
        "phase": phase, "status": phase, "message": message, "observedGeneration": one.generation,
    }});
    match hub.objects().merge(&one.target, &status, true, MANAGER).await {
        Err(fault) if !fault.is_not_found() => Err(fault),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn initializer(name: &str, needs: &[&str], phase: &str) -> Initializer {
        let needs: Vec<Value> = needs.iter().map(|n| json!({"ref": {"name": n}})).collect();
        Initializer::of(&json!({
            "metadata": {"name": name, "namespace": "n", "generation": 2},
            "spec": {"appTemplate": {"spec": {"components": []}}, "dependsOn": needs},
            "status": {"phase": phase, "observedGeneration": 2},
        }))
    }

    fn app(phase: &str) -> Application {
        serde_json::from_value(json!({"metadata": {"name": "a", "generation": 1},
            "status": {"status": phase, "observedGeneration": 1}}))
        .unwrap()
    }

    #[test]
    fn one_begins_when_what_it_depends_on_has_succeeded() {
        let first = initializer("first", &[], "initializing");
        let second = initializer("second", &["first"], "");
        let waits = Next::Tell("checkingDependsOn", "waits for Initializer n/first".into());
        assert_eq!(next(&second, &[first], None), waits);
        let first = initializer("first", &[], "success");
        assert_eq!(next(&second, &[first], None), Next::Begin);
    }

    #[test]
    fn it_succeeds_with_its_application_and_only_for_what_it_says_now() {
        let one = initializer("one", &[], "initializing");
        assert_eq!(next(&one, &[], Some(&app("runningWorkflow"))), Next::Nothing);
        assert_eq!(next(&one, &[], Some(&app("running"))), Next::Tell("success", String::new()));
        let failed = Next::Tell("initializing", "its application is workflowFailed".into());
        assert_eq!(next(&one, &[], Some(&app("workflowFailed"))), failed);
        let mut changed = initializer("one", &[], "success");
        assert_eq!(next(&changed, &[], None), Next::Nothing);
        changed.generation = 3;
        assert_eq!(next(&changed, &[], Some(&app("running"))), Next::Begin);
    }
}
