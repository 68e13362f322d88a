//! Workflow steps, the reusable Workflow and the stand-alone WorkflowRun.

use crate::application::{Application, ApplicationSpec, WorkflowRef};
use crate::lenient::nullable;
use crate::meta::ObjectMeta;
use crate::phase::{AppPhase, Mode, RunPhase};
use crate::status::{ApplicationStatus, RevisionReference, WorkflowStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How steps and sub-steps are run; absent fields fall back to the defaults of where they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecutionMode {
    /// Top level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Mode>,
    /// Inside step groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_steps: Option<Mode>,
}

/// One step; the same shape in Application, Workflow and WorkflowRun.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Step {
    /// Unique in the run, sub-steps included; may be empty in a file (see [`Step::name_empty_ones`]).
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub name: String,
    /// The WorkflowStepDefinition.
    #[serde(rename = "type")]
    pub kind: String,
    /// For display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<StepMeta>,
    /// Empty, `always`, or a CUE boolean.
    #[serde(rename = "if", skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub condition: String,
    /// A Go duration: `5m`, `1h30m`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub timeout: String,
    /// Names of steps that have to be finished first.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub depends_on: Vec<String>,
    /// Values put into the properties.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub inputs: Vec<Input>,
    /// Values that later steps may use.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub outputs: Vec<Output>,
    /// Becomes CUE's `parameter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
    /// Sub-step mode of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Ours: what is tried again, how often, after which pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Ours: run once for each item of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_each: Option<ForEach>,
    /// One level.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub sub_steps: Vec<Step>,
}

/// `retry` of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Retry {
    /// How often; one failure more ends the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The first pause, a Go duration; each one after it is twice as long.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub backoff: String,
    /// What is tried again: `error` (an action was refused; the default), `fail` (the step itself said so), `timeout`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub on: Vec<String>,
}

/// `forEach` of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForEach {
    /// The items, written out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Value>>,
    /// Or the name of an output of an earlier step that is a list, or a path below `context.`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub from: String,
    /// Path below `properties` where each run finds its item; conditions have it as `inputs.item` in any case, templates its number as `context.itemIndex`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub parameter_key: String,
    /// How many run at a time; 0 is all of them.
    #[serde(skip_serializing_if = "crate::lenient::is_default", deserialize_with = "nullable")]
    pub parallelism: u32,
}

impl Step {
    /// Gives nameless steps the names that KubeVela's admission gives: `step-<i>`, `step-<i>-<j>`.
    pub fn name_empty_ones(steps: &mut [Step]) {
        for (i, step) in steps.iter_mut().enumerate() {
            if step.name.is_empty() {
                step.name = format!("step-{i}");
            }
            for (j, sub) in step.sub_steps.iter_mut().enumerate() {
                if sub.name.is_empty() {
                    sub.name = format!("step-{i}-{j}");
                }
            }
        }
    }
}

/// `meta` of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepMeta {
    /// Display name.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub alias: String,
}

/// A value that comes in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Input {
    /// Name of an output, or a path below `context.`.
    pub from: String,
    /// Path below `properties`, for instance `env[0].value`; empty: only an edge of the graph.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub parameter_key: String,
}

/// A value that goes out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Output {
    /// The variable's name.
    pub name: String,
    /// A CUE expression over the step's final value. The old spelling `exportKey` is read too.
    #[serde(alias = "exportKey", deserialize_with = "nullable")]
    pub value_from: String,
    /// Ours: a value that never came is no error.
    #[serde(skip_serializing_if = "crate::lenient::is_default", deserialize_with = "nullable")]
    pub optional: bool,
}

/// `core.oam.dev/v1alpha1` Workflow: `mode` and `steps` stand at the top level.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Workflow {
    /// `core.oam.dev/v1alpha1`
    pub api_version: String,
    /// `Workflow`
    pub kind: String,
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ExecutionMode>,
    /// Steps.
    #[serde(deserialize_with = "nullable")]
    pub steps: Vec<Step>,
}

/// `core.oam.dev/v1alpha1` WorkflowRun: a workflow without an Application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowRun {
    /// `core.oam.dev/v1alpha1`
    pub api_version: String,
    /// `WorkflowRun`
    pub kind: String,
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What to run.
    pub spec: WorkflowRunSpec,
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<WorkflowStatus>,
}

impl WorkflowRun {
    /// The run as an Application that has nothing but a workflow: what executes the one executes the other. Its kind stays
    /// that of a run.
    pub fn as_application(&self) -> Application {
        let steps = self.workflow_steps();
        let workflow = WorkflowRef { reference: self.spec.workflow_ref.clone(), mode: self.spec.mode, steps };
        let status = self.status.clone().filter(|status| status.phase.is_some()).map(|status| ApplicationStatus {
            phase: match status.phase {
                Some(RunPhase::Succeeded) => AppPhase::Running,
                Some(RunPhase::Failed) => AppPhase::WorkflowFailed,
                Some(RunPhase::Terminated) => AppPhase::WorkflowTerminated,
                Some(RunPhase::Suspending) => AppPhase::WorkflowSuspending,
                _ => AppPhase::RunningWorkflow,
            },
            // a run is what it was when it began
            observed_generation: self.metadata.generation,
            latest_revision: Some(RevisionReference { name: self.journal_name(), ..RevisionReference::default() }),
            workflow: Some(status),
            ..ApplicationStatus::default()
        });
        Application {
            api_version: crate::CORE_V1ALPHA1.to_owned(),
            kind: WORKFLOW_RUN.to_owned(),
            metadata: self.metadata.clone(),
            spec: ApplicationSpec { workflow: Some(workflow), ..ApplicationSpec::default() },
            status,
        }
    }

    fn workflow_steps(&self) -> Vec<Step> {
        self.spec.workflow_spec.as_ref().map(|spec| spec.steps.clone()).unwrap_or_default()
    }

    /// What its journal is of: unlike the name of any revision, and of any other run of this name.
    pub fn journal_name(&self) -> String {
        let uid: String = self.metadata.uid.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        format!("{}-run-{uid}", self.metadata.name)
    }
}

/// The kind of a WorkflowRun.
pub const WORKFLOW_RUN: &str = "WorkflowRun";

/// `spec` of a WorkflowRun.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowRunSpec {
    /// Mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ExecutionMode>,
    /// Inline steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_spec: Option<WorkflowSpec>,
    /// Name of a Workflow of the same namespace.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub workflow_ref: String,
    /// Merged into CUE's `context` at the top level.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "nullable")]
    pub context: Map<String, Value>,
}

/// Inline steps of a WorkflowRun.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowSpec {
    /// Steps.
    #[serde(deserialize_with = "nullable")]
    pub steps: Vec<Step>,
}
