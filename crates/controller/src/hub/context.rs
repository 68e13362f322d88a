//! The context ConfigMap of a run (`workflow-<app>-context`) and the Secret beside it that holds what is secret.

use super::{Hub, MANAGER, address};
use actions::Fault;
use kube::api::DeleteParams;
use model::tracker::ResourceKey;
use model::{Application, ObjectReference, OwnerReference};
use serde_json::{Map, Value, json};

/// The name that KubeVela's tools expect. A WorkflowRun may be called as an Application is.
pub fn context_name(app: &Application) -> String {
    match app.kind.as_str() {
        model::WORKFLOW_RUN => format!("workflow-{}-run-context", app.metadata.name),
        _ => format!("workflow-{}-context", app.metadata.name),
    }
}

/// The Secret with the manifests that are recorded without their content and cannot be made again.
fn kept_secrets(app: &Application) -> String {
    format!("workflow-{}-objects", app.metadata.name)
}

/// Under which name a manifest is kept: addresses may be longer than a key of a Secret.
fn kept_name(key: &ResourceKey) -> String {
    workflow::ident::hash(&Value::String(key.to_string()))
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
        let data: Map<String, Value> =
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

    /// Keeps manifests in which something is secret, in a Secret: a tracker has no content of them, and what somebody changes of
    /// them could not be brought back.
    ///
    /// # Errors
    /// An unreachable hub; more than a Secret can hold.
    pub async fn keep_secrets(&self, app: &Application, secrets: &[(ResourceKey, &Value)]) -> Result<(), Fault> {
        let data: Map<String, Value> =
            secrets.iter().map(|(key, manifest)| (kept_name(key), Value::String(manifest.to_string()))).collect();
        let object = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": kept_secrets(app),
                "namespace": app.metadata.namespace,
                "ownerReferences": [owner_reference(app)],
            },
            "stringData": data,
        });
        self.apply(&object).await.map(drop)
    }

    /// The manifests that were kept so, for those of `wanted` that there are.
    ///
    /// # Errors
    /// An unreachable hub.
    pub async fn kept_secrets(
        &self,
        app: &Application,
        wanted: &[ResourceKey],
    ) -> Result<Vec<(ResourceKey, Value)>, Fault> {
        let target = address("v1", "Secret", &app.metadata.namespace, &kept_secrets(app));
        let Some(secret) = self.objects.read(&target).await? else { return Ok(Vec::new()) };
        let manifest = |key: &ResourceKey| {
            use base64::Engine as _;
            let text = secret.get("data")?.get(kept_name(key))?.as_str()?;
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
            Some((key.clone(), serde_json::from_slice(&bytes).ok()?))
        };
        Ok(wanted.iter().filter_map(manifest).collect())
    }

    /// Forgets the manifest of a Secret that is gone.
    ///
    /// # Errors
    /// An unreachable hub.
    pub async fn forget_secret(&self, app: &Application, key: &ResourceKey) -> Result<(), Fault> {
        let target = address("v1", "Secret", &app.metadata.namespace, &kept_secrets(app));
        let mut data = Map::new();
        data.insert(kept_name(key), Value::Null);
        match self.objects.merge(&target, &json!({ "data": data }), false, MANAGER).await {
            Err(fault) if !fault.is_not_found() => Err(fault),
            _ => Ok(()),
        }
    }

    /// Removes all of them.
    ///
    /// # Errors
    /// An unreachable hub.
    pub async fn delete_context(&self, app: &Application) -> Result<(), Fault> {
        for (kind, name) in
            [("ConfigMap", context_name(app)), ("Secret", context_name(app)), ("Secret", kept_secrets(app))]
        {
            let target = address("v1", kind, &app.metadata.namespace, &name);
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
