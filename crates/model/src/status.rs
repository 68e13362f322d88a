//! The status of an Application: services, workflow, steps, applied objects, conditions.

use crate::lenient::{is_default, nullable};
use crate::meta::ObjectReference;
use crate::phase::{AppPhase, RunPhase, StepPhase, StepReason};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `status` of an Application. Fields of older or newer versions are kept in [`ApplicationStatus::rest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationStatus {
    /// One per processing stage.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
    /// Last processed generation.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub observed_generation: i64,
    /// The phase; the JSON key is `status`.
    #[serde(rename = "status")]
    pub phase: AppPhase,
    /// Objects of component instances (legacy).
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub components: Vec<ObjectReference>,
    /// One per component, cluster, namespace and replica.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub services: Vec<ServiceStatus>,
    /// The workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<WorkflowStatus>,
    /// When the restart annotation asked for a restart; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_restart_scheduled_at: Option<String>,
    /// The newest ApplicationRevision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_revision: Option<RevisionReference>,
    /// Objects that steps and policies applied.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub applied_resources: Vec<AppliedResource>,
    /// Per Application-scoped policy.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub applied_application_policies: Vec<Value>,
    /// Name of the ConfigMap with rendered policy effects.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub application_policies_config_map: String,
    /// Status of old env-binding policies.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub policy: Vec<Value>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// `status.latestRevision`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RevisionReference {
    /// `<app>-v<N>`
    pub name: String,
    /// N
    pub revision: i64,
    /// Hash of the spec.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub revision_hash: String,
}

/// A condition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// `Parsed`, `Revision`, `Policy`, `Render`, `Workflow`, `Ready`, `StateKeep`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False`, `Unknown`.
    pub status: String,
    /// RFC 3339.
    pub last_transition_time: String,
    /// `Available`, `ReconcileError`, …
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub message: String,
}

/// The stages that have a condition, in order.
pub const CONDITIONS: [&str; 6] = ["Parsed", "Revision", "Policy", "Render", "Workflow", "Ready"];

/// An entry of `status.services`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceStatus {
    /// The component.
    pub name: String,
    /// Where its workload is.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub namespace: String,
    /// The cluster; the hub is written out as `local`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub cluster: String,
    /// Only from steps of the env-binding era.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub env: String,
    /// Kind of the main workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_definition: Option<WorkloadGvk>,
    /// Workload and traits.
    pub healthy: bool,
    /// The workload alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_healthy: Option<bool>,
    /// The replication key.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub replica_key: String,
    /// From customStatus.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub message: String,
    /// From `details`.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub details: IndexMap<String, String>,
    /// Per trait.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub traits: Vec<TraitStatus>,
    /// Kept for the old HealthScope.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub scopes: Vec<Value>,
}

/// Kind of a workload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGvk {
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
}

/// Status of a trait.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraitStatus {
    /// The trait.
    #[serde(rename = "type")]
    pub kind: String,
    /// Healthy.
    pub healthy: bool,
    /// Waits for its stage.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub pending: bool,
    /// From customStatus.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub message: String,
    /// From `details`.
    #[serde(skip_serializing_if = "IndexMap::is_empty", deserialize_with = "nullable")]
    pub details: IndexMap<String, String>,
}

/// `status.workflow` of an Application, and `status` of a WorkflowRun.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowStatus {
    /// Revision, or the publishVersion when one is used.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub app_revision: String,
    /// `StepByStep-DAG`
    #[serde(deserialize_with = "nullable")]
    pub mode: String,
    /// The run's phase.
    #[serde(rename = "status", skip_serializing_if = "Option::is_none")]
    pub phase: Option<RunPhase>,
    /// A summary for people.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub message: String,
    /// Stopped until somebody acts or a time comes.
    pub suspend: bool,
    /// Why it is suspended.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub suspend_state: String,
    /// Was told to end early.
    pub terminated: bool,
    /// Is over.
    pub finished: bool,
    /// The ConfigMap that holds the variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_backend: Option<ObjectReference>,
    /// In the order in which they were first recorded.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub steps: Vec<StepStatus>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// Only of a WorkflowRun.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
    /// Everything else (`waitCount` of old versions, …).
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Status of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepStatus {
    /// Ten characters, the same for the same step of the same run, for ever.
    pub id: String,
    /// Name.
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// Type.
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub kind: String,
    /// Phase.
    pub phase: StepPhase,
    /// Why it is in that phase.
    #[serde(skip_serializing_if = "is_default")]
    pub reason: StepReason,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub message: String,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_execute_time: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_execute_time: Option<String>,
    /// Set while it is tried again after an error; told to whoever follows the run, never stored.
    #[serde(skip)]
    pub retry: Option<StepRetry>,
    /// One level. KubeVela calls it `subSteps`; `subStepsStatus` is read too.
    #[serde(alias = "subStepsStatus", skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub sub_steps: Vec<StepStatus>,
}

/// A step that is tried again after an error that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepRetry {
    /// Which try comes next: 1 after the first error.
    pub count: u32,
    /// How many there may be.
    pub limit: u32,
    /// The pause before it, in milliseconds.
    pub pause: i64,
}

/// An entry of `status.appliedResources`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppliedResource {
    /// Empty for the hub.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub cluster: String,
    /// `workflow` or `policy`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub creator: String,
    /// The object.
    #[serde(flatten)]
    pub object: ObjectReference,
}
