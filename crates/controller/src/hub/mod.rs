//! What lives on the hub: Applications, their revisions, trackers and journals, reusable policies and workflows.
//!
//! One typed way in and out. Every method names what it touched in its fault; nothing here decides anything.

mod context;
mod debug;
mod journal;
pub(crate) mod pack;

pub use context::{context_name, owner_reference};

use actions::{Fault, Filter, ObjectRef, Objects, Written};
use kube::api::DeleteParams;
use model::revision::ApplicationRevisionStatus;
use model::{
    Application, ApplicationRevision, ApplicationStatus, CORE_V1ALPHA1, CORE_V1BETA1, ObjectMeta, Policy,
    ResourceTracker, WORKFLOW_RUN, Workflow, WorkflowRun, WorkflowStatus, labels,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The field manager of everything that Lateen itself writes on the hub (not of what an Application delivers).
pub const MANAGER: &str = "lateen";

/// The hub.
#[derive(Debug, Clone)]
pub struct Hub {
    objects: Objects,
    /// Its Applications are WorkflowRuns.
    of_runs: bool,
}

/// As much of an object as is read of an answer that repeats what was sent.
#[derive(Debug, Deserialize)]
struct Head {
    #[serde(default)]
    metadata: ObjectMeta,
}

fn address(api_version: &str, kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef { api_version: api_version.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
}

fn typed<T: DeserializeOwned>(what: &str, value: Value) -> Result<T, Fault> {
    serde_json::from_value(value).map_err(|e| Fault::permanent(format!("{what} on the hub cannot be read: {e}")))
}

fn untyped<T: Serialize>(what: &str, value: &T) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(|e| Fault::permanent(format!("{what} cannot be written: {e}")))
}

impl Hub {
    /// The hub behind these objects.
    pub fn new(objects: Objects) -> Hub {
        Hub { objects, of_runs: false }
    }

    /// The same hub, whose WorkflowRuns are looked at as Applications that have nothing but a workflow: no revision, no
    /// finalizer, no inventory.
    #[must_use]
    pub fn of_workflow_runs(&self) -> Hub {
        Hub { objects: self.objects.clone(), of_runs: true }
    }

    /// Whether its Applications are WorkflowRuns.
    pub fn is_of_workflow_runs(&self) -> bool {
        self.of_runs
    }

    fn owner(&self, namespace: &str, name: &str) -> ObjectRef {
        match self.of_runs {
            true => address(CORE_V1ALPHA1, WORKFLOW_RUN, namespace, name),
            false => address(CORE_V1BETA1, "Application", namespace, name),
        }
    }

    /// A WorkflowRun.
    ///
    /// # Errors
    /// It cannot be read; not being there is `None`.
    pub async fn workflow_run(&self, namespace: &str, name: &str) -> Result<Option<WorkflowRun>, Fault> {
        self.get(&address(CORE_V1ALPHA1, WORKFLOW_RUN, namespace, name)).await
    }

    /// The objects underneath.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    async fn get<T: DeserializeOwned>(&self, target: &ObjectRef) -> Result<Option<T>, Fault> {
        match self.objects.read(target).await? {
            Some(value) => typed(&target.to_string(), value).map(Some),
            None => Ok(None),
        }
    }

    async fn items<T: DeserializeOwned>(
        &self,
        api_version: &str,
        kind: &str,
        filter: &Filter,
    ) -> Result<Vec<T>, Fault> {
        let mut list = self.objects.list(api_version, kind, filter).await?;
        let Some(Value::Array(items)) = list.get_mut("items").map(Value::take) else { return Ok(Vec::new()) };
        items
            .into_iter()
            .map(|mut item| {
                // A list's items may leave out what the list says already.
                if let Some(map) = item.as_object_mut() {
                    map.entry("apiVersion").or_insert_with(|| api_version.into());
                    map.entry("kind").or_insert_with(|| kind.into());
                }
                typed(kind, item)
            })
            .collect()
    }

    /// An Application.
    ///
    /// # Errors
    /// It cannot be read; not being there is `None`.
    pub async fn application(&self, namespace: &str, name: &str) -> Result<Option<Application>, Fault> {
        if self.of_runs {
            return Ok(self.workflow_run(namespace, name).await?.map(|run| run.as_application()));
        }
        self.get(&self.owner(namespace, name)).await
    }

    /// All Applications of a namespace; of all namespaces when it is empty.
    ///
    /// # Errors
    /// The hub lacks the CRD or does not answer.
    pub async fn applications(&self, namespace: &str) -> Result<Vec<Application>, Fault> {
        if self.of_runs {
            let runs: Vec<WorkflowRun> = self.items(CORE_V1ALPHA1, WORKFLOW_RUN, &in_namespace(namespace)).await?;
            return Ok(runs.iter().map(WorkflowRun::as_application).collect());
        }
        self.items(CORE_V1BETA1, "Application", &in_namespace(namespace)).await
    }

    /// Applies any object that a user gave, as the user's tool would.
    ///
    /// # Errors
    /// Validation, a missing CRD or namespace, an unreachable hub.
    pub async fn apply(&self, object: &Value) -> Result<Value, Fault> {
        self.objects.apply(object, MANAGER, true, false).await
    }

    /// Writes the whole status of an Application, whose status was `before`. The answer is the Application's version after it.
    /// With a `version`, it is refused (409) when the Application has changed since: a write that was held up on its way must
    /// not cover a later one.
    ///
    /// # Errors
    /// Not found, a conflict, an unreachable hub.
    pub async fn write_status(
        &self,
        app: &Application,
        before: Option<&ApplicationStatus>,
        status: &ApplicationStatus,
        version: &str,
    ) -> Result<String, Fault> {
        let target = self.owner(&app.metadata.namespace, &app.metadata.name);
        let written = |status: &ApplicationStatus| match (self.of_runs, &status.workflow) {
            (false, _) => untyped("status", status),
            (true, Some(run)) => untyped("status", run),
            (true, None) => untyped("status", &WorkflowStatus::default()),
        };
        let mut status = written(status)?;
        // A merge patch keeps what it does not name: what is gone has to be said.
        if let Some(old) = before {
            say_what_is_gone(&mut status, &written(old)?);
        }
        let mut patch = json!({ "status": status });
        if let (false, Some(patch)) = (version.is_empty(), patch.as_object_mut()) {
            patch.insert("metadata".to_owned(), json!({ "resourceVersion": version }));
        }
        let written: Written = self.objects.merge_as(&target, &patch, true, MANAGER).await?;
        Ok(written.metadata.resource_version)
    }

    /// Sets or removes (`None`) annotations of an Application.
    ///
    /// # Errors
    /// Not found, an unreachable hub.
    pub async fn annotate(
        &self,
        namespace: &str,
        name: &str,
        annotations: &[(&str, Option<String>)],
    ) -> Result<(), Fault> {
        self.annotate_version(namespace, name, None, annotations).await
    }

    /// [`Hub::annotate`], if the Application still is as it was read.
    ///
    /// # Errors
    /// The same; a conflict: somebody has changed it.
    pub async fn annotate_unchanged(
        &self,
        app: &Application,
        annotations: &[(&str, Option<String>)],
    ) -> Result<(), Fault> {
        let of = &app.metadata;
        self.annotate_version(&of.namespace, &of.name, Some(&of.resource_version), annotations).await
    }

    async fn annotate_version(
        &self,
        namespace: &str,
        name: &str,
        version: Option<&str>,
        annotations: &[(&str, Option<String>)],
    ) -> Result<(), Fault> {
        let target = self.owner(namespace, name);
        let map: serde_json::Map<String, Value> =
            annotations.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
        let mut metadata = json!({ "annotations": map });
        if let (Some(version), Some(metadata)) = (version, metadata.as_object_mut()) {
            metadata.insert("resourceVersion".to_owned(), json!(version));
        }
        let patch = json!({ "metadata": metadata });
        self.objects.merge_as::<Written>(&target, &patch, false, MANAGER).await.map(drop)
    }

    /// Sets the finalizers of an Application, if it still is as it was read: the list is written whole, and one that somebody
    /// else has put there since would be lost. The answer is its version after it.
    ///
    /// # Errors
    /// Not found, a conflict (409), an unreachable hub.
    pub async fn set_finalizers(&self, app: &Application, finalizers: &[String]) -> Result<String, Fault> {
        let target = self.owner(&app.metadata.namespace, &app.metadata.name);
        let patch = json!({"metadata": {"finalizers": finalizers, "resourceVersion": app.metadata.resource_version}});
        let written: Written = self.objects.merge_as(&target, &patch, false, MANAGER).await?;
        Ok(written.metadata.resource_version)
    }

    /// Deletes an Application object; `false` when it was not there.
    ///
    /// # Errors
    /// Forbidden, an unreachable hub.
    pub async fn delete_application(&self, namespace: &str, name: &str) -> Result<bool, Fault> {
        let target = address(CORE_V1BETA1, "Application", namespace, name);
        self.objects.delete(&target, &DeleteParams::default()).await
    }

    /// A reusable policy of a namespace.
    ///
    /// # Errors
    /// It cannot be read; not being there is `None`.
    pub async fn policy(&self, namespace: &str, name: &str) -> Result<Option<Policy>, Fault> {
        self.get(&address(CORE_V1ALPHA1, "Policy", namespace, name)).await
    }

    /// All reusable policies of a namespace.
    ///
    /// # Errors
    /// The hub does not answer.
    pub async fn policies(&self, namespace: &str) -> Result<Vec<Policy>, Fault> {
        self.items(CORE_V1ALPHA1, "Policy", &in_namespace(namespace)).await
    }

    /// A reusable workflow of a namespace.
    ///
    /// # Errors
    /// It cannot be read; not being there is `None`.
    pub async fn workflow(&self, namespace: &str, name: &str) -> Result<Option<Workflow>, Fault> {
        self.get(&address(CORE_V1ALPHA1, "Workflow", namespace, name)).await
    }

    /// Definitions of a kind (`ComponentDefinition`, …) in a namespace, as they are stored.
    ///
    /// # Errors
    /// The hub lacks the CRD or does not answer.
    pub async fn definitions(&self, kind: &str, namespace: &str) -> Result<Vec<Value>, Fault> {
        self.items(CORE_V1BETA1, kind, &in_namespace(namespace)).await
    }

    /// Packages of CUE that were added, in a namespace, as they are stored; none on a hub that lacks the kind.
    ///
    /// # Errors
    /// The hub does not answer.
    pub async fn packages(&self, namespace: &str) -> Result<Vec<Value>, Fault> {
        match self.items("cue.oam.dev/v1alpha1", "Package", &in_namespace(namespace)).await {
            Err(fault) if fault.is_not_found() => Ok(Vec::new()),
            found => found,
        }
    }

    /// The revisions of an Application, oldest first.
    ///
    /// # Errors
    /// The hub does not answer.
    pub async fn revisions(&self, namespace: &str, app: &str) -> Result<Vec<ApplicationRevision>, Fault> {
        if self.of_runs {
            return Ok(Vec::new());
        }
        let filter = Filter {
            namespace: namespace.into(),
            label_selector: format!("{}={app}", labels::APP_NAME),
            ..Filter::default()
        };
        let mut found: Vec<ApplicationRevision> = self.items(CORE_V1BETA1, "ApplicationRevision", &filter).await?;
        found.sort_by_key(|r| (model::revision::revision_number(&r.metadata.name), r.metadata.name.clone()));
        Ok(found)
    }

    /// Writes a revision.
    ///
    /// # Errors
    /// Validation, an unreachable hub.
    pub async fn apply_revision(&self, revision: &ApplicationRevision) -> Result<(), Fault> {
        let revision = untyped("revision", revision)?;
        self.objects.apply_as::<Written>(&revision, MANAGER, true, false).await.map(drop)
    }

    /// Writes a revision that is not there yet.
    ///
    /// # Errors
    /// A conflict (409): there is one of this name; and as for [`Hub::apply_revision`].
    pub async fn create_revision(&self, revision: &ApplicationRevision) -> Result<(), Fault> {
        self.objects.create_as::<Written>(&untyped("revision", revision)?, MANAGER).await.map(drop)
    }

    /// Writes a revision's status.
    ///
    /// # Errors
    /// Not found, an unreachable hub.
    pub async fn write_revision_status(
        &self,
        namespace: &str,
        name: &str,
        status: &ApplicationRevisionStatus,
    ) -> Result<(), Fault> {
        let target = address(CORE_V1BETA1, "ApplicationRevision", namespace, name);
        let status = untyped("status", status)?;
        let patch = json!({ "status": status });
        self.objects.merge_as::<Written>(&target, &patch, true, MANAGER).await.map(drop)
    }

    /// Deletes a revision.
    ///
    /// # Errors
    /// Forbidden, an unreachable hub.
    pub async fn delete_revision(&self, namespace: &str, name: &str) -> Result<bool, Fault> {
        let target = address(CORE_V1BETA1, "ApplicationRevision", namespace, name);
        self.objects.delete(&target, &DeleteParams::default()).await
    }

    /// The trackers of an Application.
    ///
    /// # Errors
    /// The hub does not answer.
    pub async fn trackers(&self, namespace: &str, app: &str) -> Result<Vec<ResourceTracker>, Fault> {
        if self.of_runs {
            return Ok(Vec::new());
        }
        let label_selector = format!("{}={app},{}={namespace}", labels::APP_NAME, labels::APP_NAMESPACE);
        let filter = Filter { label_selector, ..Filter::default() };
        let mut trackers: Vec<ResourceTracker> = self.items(CORE_V1BETA1, "ResourceTracker", &filter).await?;
        for tracker in &mut trackers {
            pack::unpack(tracker)?;
        }
        Ok(trackers)
    }

    /// Writes a tracker: an object stands here before it is created anywhere. The answer is its metadata after it.
    ///
    /// # Errors
    /// Validation, an unreachable hub.
    pub async fn apply_tracker(&self, tracker: &ResourceTracker) -> Result<ObjectMeta, Fault> {
        let written: Head = self.objects.apply_as(&pack::packed(tracker)?, MANAGER, true, false).await?;
        Ok(written.metadata)
    }

    /// Writes a tracker that is most likely not there yet; `None`: one of this name is, and stays as it is.
    ///
    /// # Errors
    /// As for [`Hub::apply_tracker`].
    pub async fn make_tracker(&self, tracker: &ResourceTracker) -> Result<Option<ObjectMeta>, Fault> {
        match self.objects.apply_absent::<Head>(&pack::packed(tracker)?, MANAGER).await {
            Ok(written) => Ok(Some(written.metadata)),
            Err(fault) if fault.status == Some(409) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Removes a tracker, its finalizer included.
    ///
    /// # Errors
    /// Forbidden, an unreachable hub.
    pub async fn delete_tracker(&self, name: &str) -> Result<(), Fault> {
        let target = address(CORE_V1BETA1, "ResourceTracker", "", name);
        let free = json!({"metadata": {"finalizers": Value::Null}});
        match self.objects.merge(&target, &free, false, MANAGER).await {
            Ok(_) => {}
            Err(fault) if fault.is_not_found() => return Ok(()),
            Err(fault) => return Err(fault),
        }
        self.objects.delete(&target, &DeleteParams::default()).await.map(drop)
    }
}

fn in_namespace(namespace: &str) -> Filter {
    Filter { namespace: namespace.into(), ..Filter::default() }
}

/// Names in `new`, as null, every field of `old` that it has no more, at any depth of structs.
fn say_what_is_gone(new: &mut Value, old: &Value) {
    let (Some(new), Some(old)) = (new.as_object_mut(), old.as_object()) else { return };
    for (key, before) in old {
        match new.get_mut(key) {
            Some(now) => say_what_is_gone(now, before),
            None => {
                new.insert(key.clone(), Value::Null);
            }
        }
    }
}
