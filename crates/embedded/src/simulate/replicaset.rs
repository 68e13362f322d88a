//! ReplicaSet: as many pods as it asks for.

use super::{
    event::{self, Report},
    fingerprint,
    kind::{POD, REPLICA_SET},
    object::{Json, count, pod_from_template},
    pod,
    scene::{Scene, Settled, after},
};
use jiff::SignedDuration;
use serde_json::Value;
use std::sync::Arc;

/// Brings a ReplicaSet's pods and status to what the moment asks for.
pub(super) fn settle(set: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if set.deleting() {
        return settled;
    }
    let pods: Vec<&Arc<Value>> = scene.view.controlled(POD, set).into_iter().filter(|pod| pod::counts(pod)).collect();
    let wanted = usize::try_from(set.int("/spec/replicas").unwrap_or(1)).unwrap_or(0);
    if pods.len() < wanted {
        for name in free_names(set, scene, wanted - pods.len()) {
            let template = set.pointer("/spec/template").cloned().unwrap_or(Value::Null);
            settled.create(pod::placed(pod_from_template(&REPLICA_SET, set, &template, &name)));
            let message = format!("Created pod: {name}");
            report(&mut settled, set, "SuccessfulCreate", &message, scene);
        }
    } else if pods.len() > wanted {
        let mut order = pods.clone();
        // Unready ones first, then the youngest.
        order.sort_by_key(|pod| (pod::ready(pod), std::cmp::Reverse(scene.begun(pod)), pod.name().to_owned()));
        for pod in order.into_iter().take(pods.len() - wanted) {
            settled.delete(&POD, pod);
            let message = format!("Deleted pod: {}", pod.name());
            report(&mut settled, set, "SuccessfulDelete", &message, scene);
        }
    }
    status(&mut settled, set, &pods, scene);
    settled
}

fn report(settled: &mut Settled, set: &Value, reason: &str, message: &str, scene: &Scene<'_>) {
    let says = Report { kind: "Normal", reason, message, component: "replicaset-controller" };
    event::report(settled, &REPLICA_SET, set, says, scene);
}

/// Names for new pods that no pod has.
fn free_names(set: &Value, scene: &Scene<'_>, number: usize) -> Vec<String> {
    let version = set.text("/metadata/resourceVersion");
    (0..u64::MAX)
        .map(|index| {
            let id = fingerprint::hash(&[set.uid(), version, &index.to_string()]);
            format!("{}-{}", set.name(), fingerprint::letters(id, 5))
        })
        .filter(|name| scene.view.find(POD, set.namespace(), name).is_none())
        .take(number)
        .collect()
}

fn status(settled: &mut Settled, set: &Value, pods: &[&Arc<Value>], scene: &Scene<'_>) {
    let patience = SignedDuration::from_secs(set.int("/spec/minReadySeconds").unwrap_or(0));
    let mut ready = 0;
    let mut available = 0;
    for pod in pods {
        let Some(since) = pod::ready_since(pod) else { continue };
        ready += 1;
        let end = after(since, patience);
        if patience.is_zero() || scene.now >= end {
            available += 1;
        } else {
            settled.later(end);
        }
    }
    let total = i64::try_from(pods.len()).unwrap_or(i64::MAX);
    let mut status = set.map("/status");
    status.insert("replicas".to_owned(), total.into());
    status.insert("observedGeneration".to_owned(), set.generation().into());
    count(&mut status, "fullyLabeledReplicas", total);
    count(&mut status, "readyReplicas", ready);
    count(&mut status, "availableReplicas", available);
    settled.status(set, status);
}
