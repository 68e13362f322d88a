//! ResourceTracker: the inventory of an Application, in the form that KubeVela's tools read.

use crate::application::Application;
use crate::lenient::{is_default, nullable};
use crate::meta::{ObjectMeta, group_of};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `core.oam.dev/v1beta1` ResourceTracker. Cluster-scoped, so nothing owns it: a finalizer on the Application cleans up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceTracker {
    /// `core.oam.dev/v1beta1`
    pub api_version: String,
    /// `ResourceTracker`
    pub kind: String,
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Content.
    pub spec: ResourceTrackerSpec,
}

/// `spec` of a ResourceTracker.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceTrackerSpec {
    /// What it tracks.
    #[serde(rename = "type")]
    pub kind: TrackerType,
    /// The owner's generation.
    #[serde(deserialize_with = "nullable")]
    pub application_generation: i64,
    /// The objects, in the order in which they were recorded.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub managed_resources: Vec<ManagedResource>,
    /// How `managedResources` is packed when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Value>,
}

/// What a tracker tracks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TrackerType {
    /// Lives until the Application is deleted.
    #[serde(rename = "root")]
    Root,
    /// Lives until a newer version has taken over.
    #[default]
    #[serde(rename = "versioned")]
    Versioned,
    /// Legacy.
    #[serde(rename = "component-revision")]
    ComponentRevision,
}

/// One object of the inventory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedResource {
    /// Empty for the hub.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub cluster: String,
    /// `workflow` or `policy`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub creator: String,
    /// Group and version.
    #[serde(deserialize_with = "nullable")]
    pub api_version: String,
    /// Kind.
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    /// Namespace.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub namespace: String,
    /// Name.
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// Uid, once known.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub uid: String,
    /// The component that made it.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub component: String,
    /// The trait that made it.
    #[serde(rename = "trait", skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub trait_name: String,
    /// The env of an env-binding policy.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub env: String,
    /// The whole manifest; absent with apply-once, and for Secrets (ours: no secret lands in a tracker).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
    /// Its deletion was asked for.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub deleted: bool,
    /// Kept when the tracker goes.
    #[serde(rename = "skipGC", skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub skip_gc: bool,
}

/// What makes an object the same object: group, kind, cluster, namespace, name; never the version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceKey {
    /// Empty for the hub (`local` is normalised to empty).
    pub cluster: String,
    /// API group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl std::fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cluster = if self.cluster.is_empty() { crate::cluster::LOCAL } else { &self.cluster };
        write!(f, "{cluster}/{}/{}/{}", self.namespace, self.kind, self.name)
    }
}

impl ManagedResource {
    /// Whether this is its identity.
    pub fn is(&self, key: &ResourceKey) -> bool {
        self.name == key.name
            && self.kind == key.kind
            && self.namespace == key.namespace
            && crate::cluster::normalise(&self.cluster) == key.cluster
            && group_of(&self.api_version) == key.group
    }

    /// Its identity.
    pub fn key(&self) -> ResourceKey {
        ResourceKey {
            cluster: crate::cluster::normalise(&self.cluster).to_owned(),
            group: group_of(&self.api_version).to_owned(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

/// Name of the tracker that lives as long as the Application.
pub fn root_name(app: &Application) -> String {
    format!("{}-{}", app.metadata.name, app.metadata.namespace)
}

/// Name of the tracker of the Application's current version: by publishVersion when there is one, else by generation.
pub fn versioned_name(app: &Application) -> String {
    let (name, namespace) = (&app.metadata.name, &app.metadata.namespace);
    match app.publish_version() {
        Some(v) => format!("{name}-{v}-{namespace}"),
        None => format!("{name}-v{}-{namespace}", app.metadata.generation),
    }
}
