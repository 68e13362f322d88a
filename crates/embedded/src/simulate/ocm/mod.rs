//! Open Cluster Management, simulated: managed clusters that a registration Job has joined become available.
//!
//! A Job that is done and carries the label [`REGISTERS`] stands for what `clusteradm join` does on the new cluster.

pub(super) mod managed;

use super::condition;
use super::custom::{Column, custom};
use super::kind::{MANAGED_CLUSTER, MANAGED_CLUSTER_SET, MANAGED_CLUSTER_SET_BINDING};
use super::object::{Json, SIMULATED};
use super::scene::{Scene, Settled};
use serde_json::{Value, json};

/// The label of a registration Job: the name of the cluster that it registers.
pub const REGISTERS: &str = "open-cluster-management.io/registers";

/// The CustomResourceDefinitions of the registration, ready to be applied to a cluster.
pub fn crds() -> Vec<Value> {
    const fn of(name: &'static str, path: &'static str) -> Column {
        Column { name, kind: "string", path }
    }
    let columns = [
        Column { name: "HUB ACCEPTED", kind: "boolean", path: ".spec.hubAcceptsClient" },
        of("MANAGED CLUSTER URLS", ".spec.managedClusterClientConfigs[*].url"),
        of("JOINED", ".status.conditions[?(@.type==\"ManagedClusterJoined\")].status"),
        of("AVAILABLE", ".status.conditions[?(@.type==\"ManagedClusterConditionAvailable\")].status"),
    ];
    let part = "open-cluster-management";
    vec![
        custom(&MANAGED_CLUSTER, &["v1"], &columns, part),
        custom(&MANAGED_CLUSTER_SET, &["v1beta2", "v1beta1", "v1alpha1"], &[], part),
        custom(&MANAGED_CLUSTER_SET_BINDING, &["v1beta2", "v1beta1", "v1alpha1"], &[], part),
    ]
}

/// Adds the managed cluster that a Job which is done has registered.
pub(super) fn registered(job: &Value, scene: &Scene<'_>, settled: &mut Settled) {
    let name = job.label(REGISTERS);
    let complete =
        condition::find(job.items("/status/conditions"), "Complete").is_some_and(|c| c.text("/status") == "True");
    if name.is_empty() || !complete || job.deleting() || scene.view.find(MANAGED_CLUSTER, "", name).is_some() {
        return;
    }
    let url = job.annotation("open-cluster-management.io/url");
    let mut spec = json!({"hubAcceptsClient": true, "leaseDurationSeconds": 60});
    if let Some(map) = spec.as_object_mut().filter(|_| !url.is_empty()) {
        map.insert("managedClusterClientConfigs".to_owned(), json!([{ "url": url }]));
    }
    settled.create(json!({
        "apiVersion": MANAGED_CLUSTER.api_version(), "kind": "ManagedCluster",
        "metadata": {"name": name, "annotations": {SIMULATED: "true"}},
        "spec": spec,
    }));
}
