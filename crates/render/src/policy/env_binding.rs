//! `env-binding`: envs with their places and differences.

use super::change::ComponentChange;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The envs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvBinding {
    /// In order.
    pub envs: Vec<Env>,
}

/// One env.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Env {
    /// Its name.
    pub name: String,
    /// Where it is; the hub without it.
    pub placement: Option<EnvPlacement>,
    /// Which components go along; all without it.
    pub selector: Option<EnvSelector>,
    /// What is different.
    pub patch: Option<EnvPatch>,
}

/// `placement` of an env.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvPlacement {
    /// Which clusters.
    pub cluster_selector: Option<NameOrLabels>,
    /// Which namespace.
    pub namespace_selector: Option<NameOrLabels>,
}

/// By name or by labels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NameOrLabels {
    /// By name.
    pub name: String,
    /// By labels.
    pub labels: Option<IndexMap<String, String>>,
}

/// `selector` of an env.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvSelector {
    /// Names; empty is all.
    pub components: Vec<String>,
}

/// `patch` of an env.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvPatch {
    /// In order.
    pub components: Vec<ComponentChange>,
}
