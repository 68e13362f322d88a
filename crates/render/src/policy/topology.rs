//! `topology`: where components go.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Clusters by name or by labels, and a namespace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Topology {
    /// By name; `local` is the hub.
    pub clusters: Option<Vec<String>>,
    /// By labels; an empty map is every cluster.
    pub cluster_label_selector: Option<IndexMap<String, String>>,
    /// No cluster is fine.
    pub allow_empty: bool,
    /// The older name of `clusterLabelSelector`.
    pub cluster_selector: Option<IndexMap<String, String>>,
    /// Instead of the Application's.
    pub namespace: Option<String>,
}

impl Topology {
    /// The labels that choose clusters, by either name.
    pub fn labels(&self) -> Option<&IndexMap<String, String>> {
        self.cluster_label_selector.as_ref().or(self.cluster_selector.as_ref())
    }
}
