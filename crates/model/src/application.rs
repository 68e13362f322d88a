//! Application: what a developer writes.

use crate::component::{AppPolicy, Component};
use crate::lenient::nullable;
use crate::meta::ObjectMeta;
use crate::status::ApplicationStatus;
use crate::workflow::{ExecutionMode, Step};
use serde::{Deserialize, Serialize};

/// `core.oam.dev/v1beta1` Application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    /// `core.oam.dev/v1beta1`
    pub api_version: String,
    /// `Application`
    pub kind: String,
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: ApplicationSpec,
    /// What is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ApplicationStatus>,
}

/// `spec` of an Application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSpec {
    /// In order. Always written, even when empty: KubeVela's schema requires it.
    #[serde(deserialize_with = "nullable")]
    pub components: Vec<Component>,
    /// In order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub policies: Vec<AppPolicy>,
    /// Absent: steps are generated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<WorkflowRef>,
}

/// `spec.workflow`: inline steps or the name of a Workflow object, not both.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowRef {
    /// Name of a Workflow of the same namespace.
    #[serde(rename = "ref", skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub reference: String,
    /// Overrides the referenced Workflow's mode, field by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ExecutionMode>,
    /// Inline steps.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub steps: Vec<Step>,
}

impl Application {
    /// The value of an annotation that is set and not empty.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata.annotations.get(key).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// The pinned release (`app.oam.dev/publishVersion`), when there is one.
    pub fn publish_version(&self) -> Option<&str> {
        self.annotation(crate::labels::PUBLISH_VERSION)
    }

    /// The component of this name.
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.spec.components.iter().find(|c| c.name == name)
    }
}
