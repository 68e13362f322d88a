//! ApplicationRevision and DefinitionRevision: what a run pins.

use crate::application::Application;
use crate::lenient::{is_default, nullable};
use crate::meta::ObjectMeta;
use crate::status::WorkflowStatus;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `core.oam.dev/v1beta1` ApplicationRevision: a copy of the Application and of everything that it referred to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationRevision {
    /// `core.oam.dev/v1beta1`
    pub api_version: String,
    /// `ApplicationRevision`
    pub kind: String,
    /// Metadata; the label `app.oam.dev/app-revision-hash` holds the hash.
    pub metadata: ObjectMeta,
    /// Content.
    pub spec: ApplicationRevisionSpec,
    /// Outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ApplicationRevisionStatus>,
}

/// `spec` of an ApplicationRevision. Definitions are whole objects, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationRevisionSpec {
    /// The Application.
    pub application: Application,
    /// Definition objects by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub component_definitions: IndexMap<String, Value>,
    /// Definition objects by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub workload_definitions: IndexMap<String, Value>,
    /// Definition objects by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub trait_definitions: IndexMap<String, Value>,
    /// Definition objects by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub policy_definitions: IndexMap<String, Value>,
    /// Versions of policies.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub policy_versions: IndexMap<String, Value>,
    /// Definition objects by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub workflow_step_definitions: IndexMap<String, Value>,
    /// Policy objects by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub policies: IndexMap<String, Value>,
    /// The referenced Workflow object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<Value>,
    /// Live copies for ref-objects.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub referred_objects: Vec<Value>,
    /// How it is packed when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Value>,
    /// Ours: the version of the engine and of its packages that wrote it.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub engine_version: String,
}

/// `status` of an ApplicationRevision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationRevisionStatus {
    /// The workflow of this revision succeeded.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub succeeded: bool,
    /// How the workflow ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<WorkflowStatus>,
    /// The workflow's variables.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub workflow_context: IndexMap<String, String>,
}

/// `<app>-v<N>`
pub fn revision_name(app: &str, number: i64) -> String {
    format!("{app}-v{number}")
}

/// The number in a revision's name (`<app>-v<N>`).
pub fn revision_number(name: &str) -> Option<i64> {
    name.rsplit_once("-v").and_then(|(_, n)| n.parse().ok())
}
