//! The context ConfigMap of a run (`workflow-<app>-context`) and the Secret beside it that holds what is secret.

use super::{Hub, address};
use actions::Fault;
use kube::api::DeleteParams;
use model::{Application, ObjectReference, OwnerReference};
use serde_json::{Value, json};

/// The name that KubeVela's tools expect. A WorkflowRun may be called as an Application is.
pub fn context_name(app: &Application) -> String {
    match app.kind.as_str() {
        model::WORKFLOW_RUN => format!("workflow-{}-run-context", app.metadata.name),
        _ => format!("workflow-{}-context", app.metadata.name),
    }
}

impl Hub {
    /// Writes the variables of a run, as CUE text (JSON is CUE) under `vars`. The answer goes into `status.contextBackend`.
    ///
    /// # Errors
    /// An unreachable hub.
    pub async fn write_context(&self, app: &Application, vars: &Value) -> Result<ObjectReference, Fault> {
        let name = context_name(app);
        let object = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": name, "namespace": app.metadata.namespace, "ownerReferences": [owner_reference(app)] },
            "data": { "vars": vars.to_string() },
        });
        self.apply(&object).await?;
        Ok(ObjectReference {
            api_version: "v1".into(),
            kind: "ConfigMap".into(),
            name,
            namespace: app.metadata.namespace.clone(),
            ..ObjectReference::default()
        })
    }

    /// Writes variables that came from secrets.
    ///
    /// # Errors
    /// An unreachable hub.
    pub async fn write_secrets<'a>(
        &self,
        app: &Application,
        values: impl Iterator<Item = (&'a String, &'a Value)>,
    ) -> Result<(), Fault> {
        let data: serde_json::Map<String, Value> =
            values.map(|(name, value)| (name.clone(), Value::String(value.to_string()))).collect();
        let object = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": context_name(app),
                "namespace": app.metadata.namespace,
                "ownerReferences": [owner_reference(app)],
            },
            "stringData": data,
        });
        self.apply(&object).await.map(drop)
    }

    /// Removes both.
    ///
    /// # Errors
    /// An unreachable hub.
    pub async fn delete_context(&self, app: &Application) -> Result<(), Fault> {
        for kind in ["ConfigMap", "Secret"] {
            let target = address("v1", kind, &app.metadata.namespace, &context_name(app));
            self.objects.delete(&target, &DeleteParams::default()).await?;
        }
        Ok(())
    }
}

/// An owner reference to an Application or a WorkflowRun: what has it goes away with it.
pub fn owner_reference(app: &Application) -> OwnerReference {
    let (api_version, kind) = match app.kind.as_str() {
        model::WORKFLOW_RUN => (model::CORE_V1ALPHA1, model::WORKFLOW_RUN),
        _ => (model::CORE_V1BETA1, "Application"),
    };
    OwnerReference {
        api_version: api_version.into(),
        kind: kind.into(),
        name: app.metadata.name.clone(),
        uid: app.metadata.uid.clone(),
        controller: Some(true),
        ..OwnerReference::default()
    }
}
