//! StatefulSet: pods with numbers, one after the other, each with its claims.

use super::{
    fingerprint,
    kind::{POD, PVC, STATEFUL_SET},
    object::{Json, SIMULATED, count, pod_from_template, put},
    pod,
    scene::{Scene, Settled, after},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;

const HASH: &str = "controller-revision-hash";
const INDEX: &str = "apps.kubernetes.io/pod-index";
const NAME: &str = "statefulset.kubernetes.io/pod-name";

/// Brings a StatefulSet's pods, claims and status to what the moment asks for.
pub(super) fn settle(set: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if set.deleting() {
        return settled;
    }
    let template = set.pointer("/spec/template").cloned().unwrap_or(Value::Null);
    let update = format!("{}-{}", set.name(), fingerprint::of_template(&template));
    let current = match set.text("/status/currentRevision") {
        "" => update.clone(),
        known => known.to_owned(),
    };
    let first = set.int("/spec/ordinals/start").unwrap_or(0).max(0);
    let replicas = set.int("/spec/replicas").unwrap_or(1).max(0);
    let parallel = set.text("/spec/podManagementPolicy") == "Parallel";
    let pods = scene.view.controlled(POD, set);
    let at = |ordinal: i64| pods.iter().find(|pod| ordinal_of(set, pod) == Some(ordinal)).copied();

    let mut waiting = false;
    for ordinal in first..first.saturating_add(replicas) {
        match at(ordinal) {
            None => {
                create(&mut settled, set, &template, ordinal, &update, scene);
                waiting = true;
            }
            Some(pod) if pod::finished(pod) => {
                settled.delete(&POD, pod);
                waiting = true;
            }
            Some(pod) if pod.deleting() || !ready(set, pod, scene, &mut settled) => waiting = true,
            Some(_) => {}
        }
        if waiting && !parallel {
            break;
        }
    }
    let surplus = pods
        .iter()
        .filter(|pod| ordinal_of(set, pod).is_none_or(|number| !(first..first + replicas).contains(&number)));
    let mut surplus: Vec<_> = surplus.filter(|pod| !pod.deleting()).copied().collect();
    surplus.sort_by_key(|pod| std::cmp::Reverse(ordinal_of(set, pod)));
    let number = if parallel { surplus.len() } else { usize::from(!waiting) };
    for pod in surplus.into_iter().take(number) {
        settled.delete(&POD, pod);
        waiting = true;
    }
    if !waiting && set.text("/spec/updateStrategy/type") != "OnDelete" {
        let partition = set.int("/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
        let stale = |ordinal: &i64| at(*ordinal).is_some_and(|pod| pod.label(HASH) != update);
        if let Some(pod) = (first.saturating_add(partition)..first + replicas).rev().find(stale).and_then(at) {
            settled.delete(&POD, pod);
        }
    }
    status(&mut settled, set, &pods, replicas, &current, &update, scene);
    settled
}

fn ordinal_of(set: &Value, pod: &Value) -> Option<i64> {
    pod.name().strip_prefix(set.name())?.strip_prefix('-')?.parse().ok()
}

fn ready(set: &Value, pod: &Value, scene: &Scene<'_>, settled: &mut Settled) -> bool {
    let Some(since) = pod::ready_since(pod) else { return false };
    let patience = SignedDuration::from_secs(set.int("/spec/minReadySeconds").unwrap_or(0));
    let end = after(since, patience);
    if patience.is_zero() || scene.now >= end {
        return true;
    }
    settled.later(end);
    false
}

fn create(settled: &mut Settled, set: &Value, template: &Value, ordinal: i64, revision: &str, scene: &Scene<'_>) {
    let name = format!("{}-{ordinal}", set.name());
    let mut pod = pod::placed(pod_from_template(&STATEFUL_SET, set, template, &name));
    put(&mut pod, &["metadata", "labels", HASH], revision.into());
    put(&mut pod, &["metadata", "labels", INDEX], ordinal.to_string().into());
    put(&mut pod, &["metadata", "labels", NAME], name.as_str().into());
    put(&mut pod, &["spec", "hostname"], name.as_str().into());
    if !set.text("/spec/serviceName").is_empty() {
        put(&mut pod, &["spec", "subdomain"], set.text("/spec/serviceName").into());
    }
    let mut volumes = pod.items("/spec/volumes").to_vec();
    for claim in set.items("/spec/volumeClaimTemplates") {
        let claim_name = format!("{}-{name}", claim.name());
        volumes.retain(|volume| volume.text("/name") != claim.name());
        volumes.push(json!({"name": claim.name(), "persistentVolumeClaim": {"claimName": claim_name}}));
        if scene.view.find(PVC, set.namespace(), &claim_name).is_none() {
            let mut labels = claim.map("/metadata/labels");
            labels.extend(set.map("/spec/selector/matchLabels"));
            let mut annotations = claim.map("/metadata/annotations");
            annotations.insert(SIMULATED.to_owned(), "true".into());
            settled.create(json!({
                "apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"name": claim_name, "namespace": set.namespace(), "labels": labels, "annotations": annotations},
                "spec": claim.map("/spec"),
            }));
        }
    }
    if !volumes.is_empty() {
        put(&mut pod, &["spec", "volumes"], volumes.into());
    }
    settled.create(pod);
}

fn status(
    settled: &mut Settled,
    set: &Value,
    pods: &[&Arc<Value>],
    replicas: i64,
    current: &str,
    update: &str,
    scene: &Scene<'_>,
) {
    let mut later = Settled::default();
    let number = |test: &dyn Fn(&Value) -> bool| {
        i64::try_from(pods.iter().filter(|pod| pod::counts(pod) && test(pod)).count()).unwrap_or(0)
    };
    let available = pods.iter().filter(|pod| pod::counts(pod) && ready(set, pod, scene, &mut later)).count();
    let updated = number(&|pod| pod.label(HASH) == update);
    let ready_number = number(&|pod| pod::ready(pod));
    let total = number(&|_| true);
    // A rollout is over when all pods carry the new revision and are ready; the new revision is then the current one.
    let done = updated == replicas && ready_number == replicas && total == replicas;
    let current = if done { update } else { current };
    let mut status = set.map("/status");
    status.insert("observedGeneration".to_owned(), set.generation().into());
    status.insert("replicas".to_owned(), total.into());
    status.insert("availableReplicas".to_owned(), i64::try_from(available).unwrap_or(0).into());
    count(&mut status, "readyReplicas", ready_number);
    count(&mut status, "updatedReplicas", updated);
    count(&mut status, "currentReplicas", number(&|pod| pod.label(HASH) == current));
    status.insert("currentRevision".to_owned(), current.into());
    status.insert("updateRevision".to_owned(), update.into());
    status.insert("collisionCount".to_owned(), 0.into());
    settled.status(set, status);
}

#[cfg(test)]
mod tests {
    use super::super::{
        kind::{POD, PVC, STATEFUL_SET},
        object::{Json, put},
        stage::{Stage, numbers},
    };
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    fn database(replicas: i64, image: &str) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"},
            "spec": {
                "replicas": replicas, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
                "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": image}]}},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}}],
            },
        })
    }

    fn names(stage: &Stage) -> Vec<String> {
        stage.list(POD).iter().map(|pod| pod.name().to_owned()).collect()
    }

    #[test]
    fn pods_come_one_after_the_other_with_their_claims() {
        let mut stage = Stage::new();
        stage.apply(database(3, "db:1"));
        stage.settle();
        assert_eq!(names(&stage), ["db-0"]);
        stage.pass(SignedDuration::from_millis(60));
        assert_eq!(names(&stage), ["db-0", "db-1"]);
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(names(&stage), ["db-0", "db-1", "db-2"]);
        let set = stage.get(STATEFUL_SET, "db");
        assert_eq!(
            numbers(&set, &["replicas", "readyReplicas", "updatedReplicas", "currentReplicas", "availableReplicas"]),
            [3; 5]
        );
        assert_eq!(set.text("/status/currentRevision"), set.text("/status/updateRevision"));
        let claim = stage.get(PVC, "data-db-2");
        assert_eq!(claim.text("/status/phase"), "Bound");
        assert_eq!(claim.text("/status/capacity/storage"), "2Gi");
        // Fewer pods leave from the end, and their claims stay.
        stage.apply(database(1, "db:1"));
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(names(&stage), ["db-0"]);
        assert_eq!(stage.list(PVC).len(), 3);
    }

    #[test]
    fn an_update_goes_from_the_last_pod_to_the_partition() {
        let mut stage = Stage::new();
        stage.apply(database(3, "db:1"));
        stage.pass(SignedDuration::from_secs(1));
        let mut next = database(3, "db:2");
        put(
            &mut next,
            &["spec", "updateStrategy"],
            json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}),
        );
        stage.apply(next);
        stage.pass(SignedDuration::from_secs(1));
        let images: Vec<String> =
            stage.list(POD).iter().map(|pod| pod.text("/spec/containers/0/image").to_owned()).collect();
        assert_eq!(images, ["db:1", "db:2", "db:2"]);
        assert_eq!(
            numbers(&stage.get(STATEFUL_SET, "db"), &["readyReplicas", "updatedReplicas", "currentReplicas"]),
            [3, 2, 1]
        );
        stage.apply(database(3, "db:2"));
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(
            numbers(&stage.get(STATEFUL_SET, "db"), &["readyReplicas", "updatedReplicas", "currentReplicas"]),
            [3, 3, 3]
        );
    }
}
