//! Node: the one machine that simulated pods are on.

use super::{
    condition::{self, Condition},
    object::{Json, SIMULATED},
    scene::{Scene, Settled},
};
use serde_json::{Value, json};

/// Its name.
pub(super) const NAME: &str = "simulated-node";
/// Its address, of the range that is set aside for documentation.
pub(super) const ADDRESS: &str = "192.0.2.1";

/// The object as it is created when a cluster has none.
pub(super) fn object() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": NAME,
            "labels": {
                "kubernetes.io/hostname": NAME, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": "amd64", SIMULATED: "true",
            },
            "annotations": {SIMULATED: "true"},
        },
        "spec": {"podCIDR": "10.244.0.0/16", "podCIDRs": ["10.244.0.0/16"]},
    })
}

/// Brings the simulated node's status to "ready"; other nodes are not touched.
pub(super) fn settle(node: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if node.name() != NAME || node.deleting() {
        return settled;
    }
    let mut status = node.map("/status");
    let size = json!({"cpu": "1000", "memory": "1000Gi", "ephemeral-storage": "1000Gi", "pods": "100000"});
    status.insert("capacity".to_owned(), size.clone());
    status.insert("allocatable".to_owned(), size);
    status.insert(
        "addresses".to_owned(),
        json!([{"type": "InternalIP", "address": ADDRESS}, {"type": "Hostname", "address": NAME}]),
    );
    status.insert(
        "nodeInfo".to_owned(),
        json!({
            "architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.32.3-simulated", "kubeProxyVersion": "v1.32.3-simulated",
            "containerRuntimeVersion": "simulated://1", "osImage": "simulated", "kernelVersion": "simulated",
            "bootID": "", "machineID": "", "systemUUID": "",
        }),
    );
    let mut conditions = node.items("/status/conditions").to_vec();
    let pressure = [
        ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ];
    for (kind, reason, message) in pressure {
        condition::set(&mut conditions, Condition { kind, status: "False", reason, message }, scene);
    }
    condition::set(
        &mut conditions,
        Condition { kind: "Ready", status: "True", reason: "KubeletReady", message: "the node is simulated" },
        scene,
    );
    status.insert("conditions".to_owned(), conditions.into());
    settled.status(node, status);
    settled
}
