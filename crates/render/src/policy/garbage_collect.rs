//! `garbage-collect`: what happens to objects that are not rendered any more.

use super::selector::Selector;
use serde::{Deserialize, Serialize};

/// The policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GarbageCollect {
    /// How many revisions of the Application are kept.
    pub application_revision_limit: Option<u32>,
    /// Objects of earlier versions stay.
    pub keep_legacy_resource: bool,
    /// An object that cannot be deleted does not stop the rest.
    pub continue_on_failure: bool,
    /// `dependency`: components are deleted against the order of their creation.
    pub order: Option<String>,
    /// The first that matches counts.
    pub rules: Vec<GarbageCollectRule>,
}

/// A rule for certain objects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GarbageCollectRule {
    /// Which objects.
    pub selector: Selector,
    /// `onAppUpdate`, `onAppDelete` or `never`.
    pub strategy: String,
    /// `orphan` or `cascading`.
    pub propagation: Option<String>,
}
