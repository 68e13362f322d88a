//! Project, Target and Environment: our own small objects (`lateen.dev/v1alpha1`, outside namespaces).
//!
//! A Target is a place: a cluster and a namespace there. An Environment is an ordered list of Targets, with the namespace
//! of the hub in which its Applications live: the same Application in two Environments is two objects, each with its own
//! revisions and its own inventory. A Project holds Environments and Targets together.

mod bind;

pub use bind::{Bound, bind, workflow_name};

use crate::lenient::nullable;
use crate::meta::ObjectMeta;
use serde::{Deserialize, Serialize};

/// Kind of a project.
pub const PROJECT: &str = "Project";
/// Kind of a target.
pub const TARGET: &str = "Target";
/// Kind of an environment.
pub const ENVIRONMENT: &str = "Environment";

macro_rules! object {
    ($(#[$doc:meta])* $name:ident, $spec:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name {
            /// `lateen.dev/v1alpha1`
            pub api_version: String,
            /// Its kind.
            pub kind: String,
            /// Metadata; there is no namespace.
            pub metadata: ObjectMeta,
            /// What it says.
            pub spec: $spec,
        }
    };
}

object! {
    /// What belongs together.
    Project, ProjectSpec
}
object! {
    /// A place: a cluster and a namespace.
    Target, TargetSpec
}
object! {
    /// Targets in the order in which they are delivered to.
    Environment, EnvironmentSpec
}

/// `spec` of a Project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectSpec {
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub description: String,
    /// Who is responsible.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub owner: String,
}

/// `spec` of a Target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetSpec {
    /// The Project; empty: every Project may use it.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub project: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub description: String,
    /// Name of the cluster; `local` is the hub.
    pub cluster: String,
    /// Namespace there.
    pub namespace: String,
}

/// `spec` of an Environment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvironmentSpec {
    /// The Project.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub project: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub description: String,
    /// Namespace of the hub in which its Applications live; no other Environment has the same.
    pub namespace: String,
    /// Names of Targets, in order.
    #[serde(deserialize_with = "nullable")]
    pub targets: Vec<String>,
}
