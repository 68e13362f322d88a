//! PersistentVolumeClaim: bound to a simulated volume. PersistentVolume: removed with its claim.

use super::{
    kind::{PV, PVC},
    object::{Json, SIMULATED, put},
    rehearsal::Rehearsal,
    scene::{Scene, Settled, after},
};
use serde_json::{Value, json};

/// Binds a claim.
pub(super) fn settle(claim: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if claim.deleting() || claim.text("/status/phase") == "Bound" {
        return settled;
    }
    let rehearsal = Rehearsal::of(claim, scene);
    let bound = after(scene.begun(claim), rehearsal.delay.unwrap_or(scene.timing.reconcile));
    let mut status = claim.map("/status");
    if rehearsal.stall || rehearsal.fail.is_some() || scene.now < bound {
        if !rehearsal.stall && rehearsal.fail.is_none() {
            settled.later(bound);
        }
        status.insert("phase".to_owned(), "Pending".into());
        settled.status(claim, status);
        return settled;
    }
    let named = claim.text("/spec/volumeName");
    let volume = if named.is_empty() { format!("pvc-{}", claim.uid()) } else { named.to_owned() };
    let capacity = claim.pointer("/spec/resources/requests/storage").cloned().unwrap_or_else(|| "1Gi".into());
    if named.is_empty() {
        settled.create(self::volume(claim, &volume, &capacity));
    }
    let mut next = claim.clone();
    put(&mut next, &["spec", "volumeName"], volume.into());
    put(&mut next, &["metadata", "annotations", "pv.kubernetes.io/bind-completed"], "yes".into());
    put(&mut next, &["metadata", "annotations", "pv.kubernetes.io/bound-by-controller"], "yes".into());
    settled.update(claim, next.clone());
    status.insert("phase".to_owned(), "Bound".into());
    status.insert("accessModes".to_owned(), claim.items("/spec/accessModes").into());
    status.insert("capacity".to_owned(), json!({"storage": capacity}));
    settled.status(&next, status);
    settled
}

fn volume(claim: &Value, name: &str, capacity: &Value) -> Value {
    let mode = if claim.text("/spec/volumeMode").is_empty() { "Filesystem" } else { claim.text("/spec/volumeMode") };
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {SIMULATED: "true"}},
        "spec": {
            "capacity": {"storage": capacity}, "accessModes": claim.items("/spec/accessModes"), "volumeMode": mode,
            "persistentVolumeReclaimPolicy": "Delete", "storageClassName": claim.text("/spec/storageClassName"),
            "claimRef": {
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim.namespace(), "name": claim.name(), "uid": claim.uid(),
            },
            "hostPath": {"path": format!("/simulated/{name}")},
        },
    })
}

/// Keeps a simulated volume's phase, and removes it when its claim is gone.
pub(super) fn settle_volume(volume: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    let claim = scene.view.find(PVC, volume.text("/spec/claimRef/namespace"), volume.text("/spec/claimRef/name"));
    let there = claim.is_some_and(|claim| claim.uid() == volume.text("/spec/claimRef/uid"));
    if volume.deleting() {
        return settled;
    }
    if volume.annotation(SIMULATED) == "true" && !there {
        settled.delete(&PV, volume);
        return settled;
    }
    let phase = if there { "Bound" } else { "Available" };
    if volume.text("/status/phase") != phase {
        let mut status = volume.map("/status");
        status.insert("phase".to_owned(), phase.into());
        settled.status(volume, status);
    }
    settled
}

#[cfg(test)]
mod tests {
    use super::super::{
        kind::{PV, PVC},
        object::Json,
        stage::Stage,
    };
    use jiff::SignedDuration;
    use serde_json::json;

    #[test]
    fn is_bound_to_a_volume_that_leaves_with_it() {
        let mut stage = Stage::new();
        stage.apply(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}},
        }));
        stage.settle();
        assert_eq!(stage.get(PVC, "data").text("/status/phase"), "Pending");
        stage.pass(SignedDuration::from_secs(1));
        let claim = stage.get(PVC, "data");
        assert_eq!(claim.text("/status/phase"), "Bound");
        assert_eq!(stage.get(PV, claim.text("/spec/volumeName")).text("/status/phase"), "Bound");
        stage.delete(PVC, "default", "data");
        stage.settle();
        assert_eq!(stage.view.all(PV).count(), 0);
    }
}
