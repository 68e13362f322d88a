//! Debug output on the hub: for each step a ConfigMap with what its value came to when it was last visited, under the name
//! that KubeVela's tools look for. It belongs to the run, and goes away with it.

use super::{Hub, address};
use actions::Fault;
use model::{Application, labels};
use serde_json::{Value, json};
use workflow::debug::Seen;

/// The key in the ConfigMap.
const KEY: &str = "debug";

/// `<name>-<step id>-debug-<the last five letters of the uid>`
fn debug_name(app: &Application, step_id: &str) -> String {
    let uid = &app.metadata.uid;
    let last = uid.char_indices().rev().nth(4).map_or(0, |(at, _)| at);
    format!("{}-{step_id}-debug-{}", app.metadata.name, uid.get(last..).unwrap_or_default())
}

impl Hub {
    /// Writes what a step's value came to.
    ///
    /// # Errors
    /// An unreachable hub.
    pub async fn write_debug(&self, app: &Application, seen: &Seen) -> Result<(), Fault> {
        let mut object = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": debug_name(app, &seen.step_id),
                "namespace": app.metadata.namespace,
                "ownerReferences": [super::owner_reference(app)],
                "annotations": { labels::STEP: seen.step },
            },
            "data": { KEY: seen.text },
        });
        // The name of an Application on everything that is its own; a WorkflowRun is none.
        if app.kind != model::WORKFLOW_RUN
            && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.insert("labels".to_owned(), json!({ labels::APP_NAME: app.metadata.name }));
        }
        self.apply(&object).await.map(drop)
    }

    /// What a step's value came to when it was last visited; `None`: nobody has written it down.
    ///
    /// # Errors
    /// An unreachable hub.
    pub async fn debug(&self, app: &Application, step_id: &str) -> Result<Option<String>, Fault> {
        let target = address("v1", "ConfigMap", &app.metadata.namespace, &debug_name(app, step_id));
        let found = self.objects.read(&target).await?;
        Ok(found.and_then(|map| map.get("data")?.get(KEY)?.as_str().map(str::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_kubevela() {
        let mut app = Application::default();
        app.metadata.name = "shop".into();
        app.metadata.uid = "0f1e2d3c-aaaa-bbbb-cccc-0123456789ab".into();
        assert_eq!(debug_name(&app, "abcdefghij"), "shop-abcdefghij-debug-789ab");
        app.metadata.uid = "ab".into();
        assert_eq!(debug_name(&app, "x"), "shop-x-debug-ab");
    }
}
