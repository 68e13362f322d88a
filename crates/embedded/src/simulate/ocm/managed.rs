//! ManagedCluster: joined and available a while after the hub has accepted it.

use crate::simulate::{
    condition::{self, Condition},
    object::{Json, SIMULATED},
    rehearsal::Rehearsal,
    scene::{Scene, Settled, after},
};
use serde_json::Value;

/// Brings a managed cluster to what the moment asks for. One that the simulation did not register is left alone.
pub(crate) fn settle(cluster: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if cluster.deleting() || cluster.annotation(SIMULATED) != "true" || !cluster.flag("/spec/hubAcceptsClient") {
        return settled;
    }
    let rehearsal = Rehearsal::of(cluster, scene);
    let joined = after(scene.begun(cluster), rehearsal.delay.unwrap_or(scene.timing.reconcile));
    let mut status = cluster.map("/status");
    let mut conditions = cluster.items("/status/conditions").to_vec();
    let mut set = |kind, reason, message| {
        condition::set(&mut conditions, Condition { kind, status: "True", reason, message }, scene);
    };
    set("HubAcceptedManagedCluster", "HubClusterAdminAccepted", "Accepted by hub cluster admin");
    if !rehearsal.stall && rehearsal.fail.is_none() {
        if scene.now < joined {
            settled.later(joined);
        } else {
            set("ManagedClusterJoined", "ManagedClusterJoined", "Managed cluster joined");
            set("ManagedClusterConditionAvailable", "ManagedClusterAvailable", "Managed cluster is available");
        }
    }
    status.insert("conditions".to_owned(), conditions.into());
    settled.status(cluster, status);
    settled
}

#[cfg(test)]
mod tests {
    use crate::simulate::{
        kind::MANAGED_CLUSTER,
        stage::{Stage, conditions},
    };
    use jiff::SignedDuration;
    use serde_json::json;

    #[test]
    fn a_registration_job_makes_a_managed_cluster() {
        let mut stage = Stage::new();
        stage.apply(json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "register", "labels": {"open-cluster-management.io/registers": "poc-01"}},
            "spec": {"completions": 1, "template": {"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}},
        }));
        stage.pass(SignedDuration::from_secs(2));
        let found = stage.view.find(MANAGED_CLUSTER, "", "poc-01").cloned().unwrap();
        assert_eq!(
            conditions(&found),
            [
                "HubAcceptedManagedCluster=True HubClusterAdminAccepted: Accepted by hub cluster admin",
                "ManagedClusterJoined=True ManagedClusterJoined: Managed cluster joined",
                "ManagedClusterConditionAvailable=True ManagedClusterAvailable: Managed cluster is available",
            ]
        );
    }
}
