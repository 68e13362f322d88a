//! Policies about how objects are applied: `apply-once`, `read-only`, `take-over`, `shared-resource`, `resource-update`.

use super::selector::Selector;
use serde::{Deserialize, Serialize};

/// `apply-once`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplyOnce {
    /// For all objects.
    pub enable: bool,
    /// For certain objects.
    pub rules: Vec<ApplyOnceRule>,
}

/// A rule of `apply-once`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplyOnceRule {
    /// Which objects.
    pub selector: Selector,
    /// How they are left alone.
    pub strategy: ApplyOnceStrategy,
}

/// How objects are left alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplyOnceStrategy {
    /// `onUpdate`, `onStateKeep` or `always`.
    pub affect: Option<String>,
    /// Which fields; `*` is all.
    pub path: Vec<String>,
}

/// `read-only`, `take-over` and `shared-resource`: rules without more.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnershipRule {
    /// Any that matches counts.
    pub rules: Vec<SelectorRule>,
}

/// A rule that is a selector.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SelectorRule {
    /// Which objects.
    pub selector: Selector,
}

/// `resource-update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceUpdate {
    /// The first that matches counts.
    pub rules: Vec<ResourceUpdateRule>,
}

/// A rule of `resource-update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceUpdateRule {
    /// Which objects.
    pub selector: Selector,
    /// How they are changed.
    pub strategy: ResourceUpdateStrategy,
}

/// How objects are changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceUpdateStrategy {
    /// `patch` or `replace`.
    pub op: String,
    /// Fields that make the object be made anew when they change.
    pub recreate_fields: Vec<String>,
}
