//! Components with their traits, and policies: the parts that an Application is made of.

use crate::lenient::nullable;
use crate::meta::ObjectMeta;
use crate::workflow::{Input, Output};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One deployable unit of an Application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Component {
    /// Unique in the Application; the default name of the workload.
    pub name: String,
    /// The ComponentDefinition: `name`, `name@v3` or `name@v1.2.0`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Becomes CUE's `parameter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
    /// In order: each trait sees the result of those before it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub traits: Vec<Trait>,
    /// Runs after these components are healthy.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub depends_on: Vec<String>,
    /// Values that come from outputs of other components or steps.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub inputs: Vec<Input>,
    /// Values that others may use, as CUE expressions over `output` and `outputs` after apply.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub outputs: Vec<Output>,
    /// Kept, no effect.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub external_revision: String,
    /// The old scope mechanism; kept, no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Value>,
}

/// A trait on a component.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Trait {
    /// The TraitDefinition.
    #[serde(rename = "type")]
    pub kind: String,
    /// Becomes CUE's `parameter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
}

/// A policy written in an Application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppPolicy {
    /// May be empty: see [`AppPolicy::effective_name`].
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub name: String,
    /// The kind of policy: `topology`, `override`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
}

impl AppPolicy {
    /// The name, or the one that KubeVela's admission gives a nameless policy at this place of the list.
    pub fn effective_name(&self, index: usize) -> String {
        if self.name.is_empty() { format!("{}-auto-gen-{index}", self.kind) } else { self.name.clone() }
    }
}

/// A reusable policy (`core.oam.dev/v1alpha1`): `type` and `properties` stand at the top level.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// `core.oam.dev/v1alpha1`
    pub api_version: String,
    /// `Policy`
    pub kind: String,
    /// Metadata.
    pub metadata: ObjectMeta,
    /// The kind of policy.
    #[serde(rename = "type")]
    pub policy_type: String,
    /// Its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
}

impl Policy {
    /// As if it had been written in the Application.
    pub fn as_app_policy(&self) -> AppPolicy {
        AppPolicy {
            name: self.metadata.name.clone(),
            kind: self.policy_type.clone(),
            properties: self.properties.clone(),
        }
    }
}
