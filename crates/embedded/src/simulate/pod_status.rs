//! The status of a pod, written from where it is in its life.

use super::{
    condition::{self, Condition},
    fingerprint, node,
    object::Json,
    scene::{Scene, stamp},
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Where a pod is in its life.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Life {
    /// Its containers wait to start, or to start again.
    Waiting {
        /// One word, for instance `ContainerCreating`.
        reason: String,
        /// Why; may be empty.
        message: String,
        /// Restarts so far.
        restarts: i64,
        /// The last crash.
        last: Option<Timestamp>,
    },
    /// Ready.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// All containers ended well.
    Succeeded {
        /// Since when they ran.
        since: Timestamp,
        /// When they ended.
        at: Timestamp,
    },
    /// A container failed and is not started again.
    Failed {
        /// When.
        at: Timestamp,
        /// One word.
        reason: String,
        /// Why.
        message: String,
    },
}

/// The whole `status` of a pod.
pub(super) fn write(pod: &Value, life: &Life, scene: &Scene<'_>) -> Map<String, Value> {
    let mut status = pod.map("/status");
    let crashed = matches!(life, Life::Waiting { last: Some(_), .. });
    let phase = match life {
        Life::Waiting { .. } if crashed => "Running",
        Life::Waiting { .. } => "Pending",
        Life::Running { .. } => "Running",
        Life::Succeeded { .. } => "Succeeded",
        Life::Failed { .. } => "Failed",
    };
    status.insert("phase".to_owned(), phase.into());
    let begun = stamp(scene.begun(pod));
    status.entry("startTime").or_insert_with(|| begun.into());
    status.entry("hostIP").or_insert_with(|| node::ADDRESS.into());
    status.entry("hostIPs").or_insert_with(|| json!([{"ip": node::ADDRESS}]));
    status.entry("qosClass").or_insert_with(|| quality(pod).into());
    if phase != "Pending" {
        let address = if pod.flag("/spec/hostNetwork") {
            node::ADDRESS.to_owned()
        } else {
            fingerprint::address([10, 244], pod.uid())
        };
        status.insert("podIPs".to_owned(), json!([{"ip": address}]));
        status.insert("podIP".to_owned(), address.into());
    }
    status.insert("conditions".to_owned(), conditions(pod, life, scene).into());
    let containers = |pointer: &str, ended: bool| -> Vec<Value> {
        pod.items(pointer).iter().map(|container| container_status(pod, container, life, ended)).collect()
    };
    status.insert("containerStatuses".to_owned(), containers("/spec/containers", false).into());
    if !pod.items("/spec/initContainers").is_empty() {
        status.insert("initContainerStatuses".to_owned(), containers("/spec/initContainers", true).into());
    }
    status
}

fn conditions(pod: &Value, life: &Life, scene: &Scene<'_>) -> Vec<Value> {
    let names: Vec<&str> = pod.items("/spec/containers").iter().map(|container| container.text("/name")).collect();
    let unready = format!("containers with unready status: [{}]", names.join(" "));
    let begun = !matches!(life, Life::Waiting { last: None, .. });
    let (ready, reason, message) = match life {
        Life::Running { .. } => ("True", "", ""),
        Life::Waiting { .. } => ("False", "ContainersNotReady", unready.as_str()),
        Life::Succeeded { .. } => ("False", "PodCompleted", ""),
        Life::Failed { .. } => ("False", "PodFailed", ""),
    };
    let mut conditions = pod.items("/status/conditions").to_vec();
    let plain = |kind, status| Condition { kind, status, reason: "", message: "" };
    let list = [
        plain("PodReadyToStartContainers", if begun { "True" } else { "False" }),
        plain("Initialized", "True"),
        Condition { kind: "Ready", status: ready, reason, message },
        Condition { kind: "ContainersReady", status: ready, reason, message },
        plain("PodScheduled", "True"),
    ];
    for condition in list {
        condition::set(&mut conditions, condition, scene);
        if let Some(Value::Object(map)) =
            conditions.iter_mut().find(|known| condition::kind_of(known) == condition.kind)
        {
            map.insert("lastProbeTime".to_owned(), Value::Null);
        }
    }
    conditions
}

fn container_status(pod: &Value, container: &Value, life: &Life, init: bool) -> Value {
    let sidecar = init && container.text("/restartPolicy") == "Always";
    let id = fingerprint::hash(&[pod.uid(), container.text("/name")]);
    let id = format!("simulated://{id:016x}");
    let (state, ready, started) = match life {
        Life::Running { since } if !init || sidecar => (json!({"running": {"startedAt": stamp(*since)}}), true, true),
        Life::Running { since } => (ended(*since, *since, 0, "Completed", "", &id), true, false),
        Life::Succeeded { since, at } => (ended(*since, *at, 0, "Completed", "", &id), init, false),
        Life::Failed { at, .. } if init => (ended(*at, *at, 0, "Completed", "", &id), true, false),
        Life::Failed { at, reason, message } => (ended(*at, *at, 1, reason, message, &id), false, false),
        Life::Waiting { last: Some(at), .. } if init => (ended(*at, *at, 0, "Completed", "", &id), true, false),
        Life::Waiting { reason, message, .. } => {
            let mut waiting = json!({"reason": if init { "PodInitializing" } else { reason }});
            if let (Some(map), false) = (waiting.as_object_mut(), message.is_empty()) {
                map.insert("message".to_owned(), message.as_str().into());
            }
            (json!({"waiting": waiting}), false, false)
        }
    };
    let (restarts, last) = match life {
        Life::Waiting { restarts, last: Some(at), message, .. } if !init => {
            (*restarts, ended(*at, *at, 1, "Error", message, &id))
        }
        _ => (0, json!({})),
    };
    let image = container.text("/image");
    json!({
        "name": container.text("/name"), "image": image,
        "imageID": if matches!(life, Life::Waiting { last: None, .. }) { String::new() } else { format!("simulated://{image}") },
        "containerID": if matches!(life, Life::Waiting { last: None, .. }) { String::new() } else { id },
        "state": state, "lastState": last, "ready": ready, "started": started, "restartCount": restarts,
    })
}

fn ended(since: Timestamp, at: Timestamp, code: i64, reason: &str, message: &str, id: &str) -> Value {
    let mut end = json!({
        "exitCode": code, "reason": reason, "startedAt": stamp(since), "finishedAt": stamp(at), "containerID": id,
    });
    if let (Some(map), false) = (end.as_object_mut(), message.is_empty()) {
        map.insert("message".to_owned(), message.into());
    }
    json!({"terminated": end})
}

/// The quality-of-service class that requests and limits give.
fn quality(pod: &Value) -> &'static str {
    let containers = || pod.items("/spec/containers").iter().chain(pod.items("/spec/initContainers"));
    let any = containers().any(|container| {
        ["requests", "limits"].iter().any(|field| {
            ["cpu", "memory"].iter().any(|resource| container.has(&format!("/resources/{field}/{resource}")))
        })
    });
    let all = containers().all(|container| {
        ["cpu", "memory"].iter().all(|resource| {
            let limit = container.pointer(&format!("/resources/limits/{resource}"));
            let request = container.pointer(&format!("/resources/requests/{resource}"));
            limit.is_some() && (request.is_none() || request == limit)
        })
    });
    match (any, all) {
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
        (false, _) => "BestEffort",
    }
}
