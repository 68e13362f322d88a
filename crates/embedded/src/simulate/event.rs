//! Events: what happened to an object, removed when they are old.

use super::{
    fingerprint,
    kind::{EVENT, Kind},
    object::{Json, SIMULATED},
    scene::{Scene, Settled, after, time},
};
use serde_json::{Value, json};

/// Who says what about which object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report<'a> {
    /// `Normal` or `Warning`.
    pub(super) kind: &'a str,
    /// One word.
    pub(super) reason: &'a str,
    /// A sentence.
    pub(super) message: &'a str,
    /// The component that reports, for instance `kubelet`.
    pub(super) component: &'a str,
}

/// Asks for an event about an object. The same event about the same object is created once.
pub(super) fn report(settled: &mut Settled, kind: &Kind, object: &Value, report: Report<'_>, scene: &Scene<'_>) {
    let id = fingerprint::hash(&[object.uid(), report.reason, report.message]);
    let namespace = if object.namespace().is_empty() { "default" } else { object.namespace() };
    let stamp = scene.stamp();
    settled.create(json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {
            "name": format!("{}.{id:016x}", object.name()), "namespace": namespace,
            "annotations": {SIMULATED: "true"},
        },
        "involvedObject": {
            "apiVersion": kind.api_version(), "kind": kind.kind, "namespace": object.namespace(), "name": object.name(),
            "uid": object.uid(), "resourceVersion": object.text("/metadata/resourceVersion"),
        },
        "type": report.kind, "reason": report.reason, "message": report.message,
        "source": {"component": report.component},
        "reportingComponent": report.component, "reportingInstance": "",
        "firstTimestamp": stamp, "lastTimestamp": stamp, "eventTime": null, "count": 1,
    }));
}

/// Removes an event when its time has come, as kube-apiserver does after an hour.
pub(super) fn settle(event: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    let last = time(event.text("/lastTimestamp")).or_else(|| time(event.text("/metadata/creationTimestamp")));
    let end = after(last.unwrap_or(scene.now), scene.timing.event_ttl);
    if scene.now >= end {
        settled.delete(&EVENT, event);
    } else {
        settled.later(end);
    }
    settled
}
