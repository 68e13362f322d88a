//! What Applications name and somebody else may change: Workflows and Policies of their namespace.

use futures::StreamExt;
use kube::api::{ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use model::{Application, Step};
use serde_json::Value;
use tokio::sync::mpsc;

/// The kinds.
pub(super) const KINDS: [&str; 2] = ["Workflow", "Policy"];
/// Any Policy: which ones a Workflow names stands in it.
const ANY_POLICY: &str = "Policy/*";

/// What an Application names, as `Kind/name`.
pub(super) fn named(app: &Application) -> Box<[String]> {
    let mut names = Vec::new();
    if let Some(workflow) = &app.spec.workflow {
        if !workflow.reference.is_empty() {
            names.push(format!("Workflow/{}", workflow.reference));
            names.push(ANY_POLICY.to_owned());
        }
        policies(&workflow.steps, &mut names);
    }
    names.into_boxed_slice()
}

fn policies(steps: &[Step], names: &mut Vec<String>) {
    for step in steps {
        let listed = step.properties.as_ref().and_then(|p| p.get("policies")).and_then(Value::as_array);
        names.extend(listed.into_iter().flatten().filter_map(Value::as_str).map(|name| format!("Policy/{name}")));
        policies(&step.sub_steps, names);
    }
}

/// Whether one of the names is this part, `Kind/name`.
pub(super) fn is_named(names: &[String], part: &str) -> bool {
    names.iter().any(|name| name == part || (name == ANY_POLICY && part.starts_with("Policy/")))
}

/// Tells of objects of a kind that change from now on, with their namespace, until it is dropped.
pub(super) async fn watch(client: Client, kind: &'static str, changed: mpsc::UnboundedSender<(String, String)>) {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("core.oam.dev", "v1alpha1", kind));
    let api: Api<DynamicObject> = Api::all_with(client, &resource);
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    while let Some(event) = events.next().await {
        // those that are listed after an interruption may have changed in it
        let Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) = event else { continue };
        let (namespace, name) = (object.metadata.namespace, object.metadata.name.unwrap_or_default());
        // whoever listened may have ended
        if changed.send((namespace.unwrap_or_default(), format!("{kind}/{name}"))).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_application_names_its_workflow_and_the_policies_of_its_steps() {
        let app = |workflow: Value| -> Application {
            serde_json::from_value(json!({"metadata": {"name": "a"}, "spec": {"components": [], "workflow": workflow}}))
                .unwrap()
        };
        let own =
            named(&app(json!({"steps": [{"name": "d", "type": "deploy", "properties": {"policies": ["here"]}}]})));
        assert!(is_named(&own, "Policy/here") && !is_named(&own, "Policy/there") && !is_named(&own, "Workflow/w"));
        let reference = named(&app(json!({"ref": "w"})));
        assert!(is_named(&reference, "Workflow/w") && is_named(&reference, "Policy/there"));
        assert!(named(&Application::default()).is_empty());
    }
}
