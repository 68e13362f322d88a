//! HorizontalPodAutoscaler: harmless. It reports the present size of its target and never changes it: nothing is measured here.

use super::{
    condition::{self, Condition},
    object::Json,
    registry,
    scene::{Scene, Settled},
    view::Key,
};
use serde_json::Value;

/// Writes an autoscaler's status.
pub(super) fn settle(scaler: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if scaler.deleting() {
        return settled;
    }
    let reference = scaler.pointer("/spec/scaleTargetRef").cloned().unwrap_or(Value::Null);
    let target = registry::kind(reference.text("/apiVersion"), reference.text("/kind")).and_then(|kind| {
        scene.view.get(&Key {
            kind,
            namespace: scaler.namespace().to_owned(),
            name: reference.text("/name").to_owned(),
        })
    });
    let mut status = scaler.map("/status");
    let mut conditions = scaler.items("/status/conditions").to_vec();
    let says = match target {
        Some(_) => Condition {
            kind: "AbleToScale",
            status: "True",
            reason: "SucceededGetScale",
            message: "the HPA controller was able to get the target's current scale",
        },
        None => Condition {
            kind: "AbleToScale",
            status: "False",
            reason: "FailedGetScale",
            message: "the scale target was not found",
        },
    };
    condition::set(&mut conditions, says, scene);
    let says = Condition {
        kind: "ScalingActive",
        status: "False",
        reason: "Simulated",
        message: "pods are simulated: there is nothing to measure",
    };
    condition::set(&mut conditions, says, scene);
    if let Some(target) = target {
        let size = target.int("/status/replicas").unwrap_or(0);
        status.insert("currentReplicas".to_owned(), size.into());
        status.insert("desiredReplicas".to_owned(), target.int("/spec/replicas").unwrap_or(1).into());
    } else {
        status.insert("desiredReplicas".to_owned(), 0.into());
    }
    status.insert("currentMetrics".to_owned(), Value::Null);
    status.insert("conditions".to_owned(), conditions.into());
    settled.status(scaler, status);
    settled
}
