//! The row of a pod: readiness, the one word that says how it is, restarts.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::{age_of, between};
use crate::object;

fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>".into() } else { text.into() }
}

/// A finished pod's row says so.
pub(super) fn row_conditions(pod: &Value) -> Vec<Value> {
    let phase = object::text(pod, &["status", "phase"]);
    if phase == "Succeeded" || phase == "Failed" {
        let message = if phase == "Failed" { "The pod failed." } else { "The pod has completed successfully." };
        return vec![json!({"type": "Completed", "status": "True", "reason": phase, "message": message})];
    }
    Vec::new()
}

struct Summary {
    ready: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
    reason: String,
}

fn finished_at(status: &Value) -> Option<Timestamp> {
    object::text(status, &["lastState", "terminated", "finishedAt"]).parse().ok()
}

/// The reason of a terminated state, or its signal or exit code.
fn ended(terminated: &Value, prefix: &str) -> String {
    let reason = object::text(terminated, &["reason"]);
    let signal = object::int(terminated, &["signal"]).unwrap_or(0);
    if !reason.is_empty() {
        format!("{prefix}{reason}")
    } else if signal != 0 {
        format!("{prefix}Signal:{signal}")
    } else {
        format!("{prefix}ExitCode:{}", object::int(terminated, &["exitCode"]).unwrap_or(0))
    }
}

fn summary(pod: &Value) -> Summary {
    let reason = object::text(pod, &["status", "reason"]);
    let phase = object::text(pod, &["status", "phase"]);
    let mut s = Summary {
        ready: 0,
        restarts: 0,
        last_restart: None,
        reason: if reason.is_empty() { phase.into() } else { reason.into() },
    };
    for condition in object::list(pod, &["status", "conditions"]) {
        if object::text(condition, &["type"]) == "PodScheduled"
            && object::text(condition, &["reason"]) == "SchedulingGated"
        {
            s.reason = "SchedulingGated".into();
        }
    }
    let init_specs = object::list(pod, &["spec", "initContainers"]);
    let mut initializing = false;
    for (index, status) in object::list(pod, &["status", "initContainerStatuses"]).iter().enumerate() {
        s.restarts += object::int(status, &["restartCount"]).unwrap_or(0);
        let terminated = object::at(status, &["state", "terminated"]);
        let sidecar = init_specs
            .iter()
            .any(|c| c.get("name") == status.get("name") && object::text(c, &["restartPolicy"]) == "Always");
        if terminated.is_some_and(|t| object::int(t, &["exitCode"]).unwrap_or(0) == 0) {
            continue;
        }
        if sidecar && status.get("started").and_then(Value::as_bool) == Some(true) {
            s.ready += usize::from(status.get("ready").and_then(Value::as_bool) == Some(true));
            continue;
        }
        let waiting = object::text(status, &["state", "waiting", "reason"]);
        s.reason = if let Some(terminated) = terminated {
            ended(terminated, "Init:")
        } else if !waiting.is_empty() && waiting != "PodInitializing" {
            format!("Init:{waiting}")
        } else {
            format!("Init:{index}/{}", init_specs.len())
        };
        initializing = true;
        break;
    }
    if !initializing {
        let mut running = false;
        s.restarts = 0;
        for status in object::list(pod, &["status", "containerStatuses"]).iter().rev() {
            s.restarts += object::int(status, &["restartCount"]).unwrap_or(0);
            s.last_restart = s.last_restart.max(finished_at(status));
            let ready = status.get("ready").and_then(Value::as_bool) == Some(true);
            let waiting = object::text(status, &["state", "waiting", "reason"]);
            if !waiting.is_empty() {
                s.reason = waiting.into();
            } else if let Some(terminated) = object::at(status, &["state", "terminated"]) {
                s.reason = ended(terminated, "");
            } else if ready && object::at(status, &["state", "running"]).is_some() {
                running = true;
                s.ready += 1;
            }
        }
        if s.reason == "Completed" && running {
            let ready = object::list(pod, &["status", "conditions"])
                .iter()
                .any(|c| object::text(c, &["type"]) == "Ready" && object::text(c, &["status"]) == "True");
            s.reason = if ready { "Running" } else { "NotReady" }.into();
        }
    }
    if object::is_terminating(pod) {
        if object::text(pod, &["status", "reason"]) == "NodeLost" {
            s.reason = "Unknown".into();
        } else if phase != "Succeeded" && phase != "Failed" {
            s.reason = "Terminating".into();
        }
    }
    s
}

pub(super) fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let s = summary(pod);
    let total = object::list(pod, &["spec", "containers"]).len()
        + object::list(pod, &["spec", "initContainers"])
            .iter()
            .filter(|c| object::text(c, &["restartPolicy"]) == "Always")
            .count();
    let restarts = match s.last_restart {
        Some(at) if s.restarts != 0 => format!("{} ({} ago)", s.restarts, between(at, now)),
        _ => s.restarts.to_string(),
    };
    let gates = object::list(pod, &["spec", "readinessGates"]).len();
    let gates = if gates == 0 { "<none>".to_owned() } else { format!("0/{gates}") };
    vec![
        object::name(pod).into(),
        format!("{}/{total}", s.ready).into(),
        s.reason.into(),
        restarts.into(),
        age_of(pod, now).into(),
        or_none(object::text(pod, &["status", "podIP"])).into(),
        or_none(object::text(pod, &["spec", "nodeName"])).into(),
        or_none(object::text(pod, &["status", "nominatedNodeName"])).into(),
        gates.into(),
    ]
}
