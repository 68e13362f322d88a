//! Rows that take more than a line: events, nodes, volumes, Services, Jobs, autoscalers.

use jiff::Timestamp;
use serde_json::Value;

use super::age::between;
use super::builtin::{NONE, UNSET, containers, joined, labels, or, selector, shortened};
use crate::object::{self, int, list, text};

pub(super) fn event(value: &Value, now: Timestamp) -> Vec<Value> {
    // Both APIs' shapes: core/v1 and events.k8s.io/v1.
    let first_of =
        |paths: &[&[&str]]| -> Option<Timestamp> { paths.iter().find_map(|path| text(value, path).parse().ok()) };
    let created: &[&str] = &["metadata", "creationTimestamp"];
    let last = first_of(&[
        &["series", "lastObservedTime"],
        &["lastTimestamp"],
        &["deprecatedLastTimestamp"],
        &["eventTime"],
        created,
    ]);
    let first = first_of(&[&["firstTimestamp"], &["deprecatedFirstTimestamp"], &["eventTime"], created]);
    let shown = |at: Option<Timestamp>| at.map_or_else(|| "<unknown>".to_owned(), |at| between(at, now));
    let regarding = if value.get("regarding").is_some() { "regarding" } else { "involvedObject" };
    let object = format!("{}/{}", text(value, &[regarding, "kind"]).to_lowercase(), text(value, &[regarding, "name"]));
    let component = text(value, &["source", "component"]);
    let source = if component.is_empty() { text(value, &["reportingComponent"]) } else { component };
    let host = text(value, &["source", "host"]);
    let source = if host.is_empty() { source.to_owned() } else { format!("{source}, {host}") };
    let message = text(value, &["message"]);
    let message = if message.is_empty() { text(value, &["note"]) } else { message };
    let count = int(value, &["series", "count"]).or_else(|| int(value, &["count"])).unwrap_or(1).max(1);
    vec![
        shown(last).into(),
        text(value, &["type"]).into(),
        text(value, &["reason"]).into(),
        object.into(),
        text(value, &[regarding, "fieldPath"]).into(),
        source.into(),
        message.trim().into(),
        shown(first).into(),
        count.to_string().into(),
        object::name(value).into(),
    ]
}

pub(super) fn node(name: Value, age: Value, value: &Value) -> Vec<Value> {
    let ready = list(value, &["status", "conditions"]).iter().find(|c| text(c, &["type"]) == "Ready");
    let mut status = match ready.map(|c| text(c, &["status"])) {
        Some("True") => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if object::at(value, &["spec", "unschedulable"]).and_then(Value::as_bool) == Some(true) {
        status.push_str(",SchedulingDisabled");
    }
    let roles = object::at(value, &["metadata", "labels"]).and_then(Value::as_object).into_iter().flatten().filter_map(
        |(key, v)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => Some(role.to_owned()),
            _ if key == "kubernetes.io/role" => v.as_str().map(str::to_owned),
            _ => None,
        },
    );
    let address = |kind: &str| {
        let found = list(value, &["status", "addresses"]).iter().find(|a| text(a, &["type"]) == kind);
        or(found.map_or("", |a| text(a, &["address"])), NONE)
    };
    let info = |field: &str| or(text(value, &["status", "nodeInfo", field]), "<unknown>");
    vec![
        name,
        status.into(),
        joined(roles).into(),
        age,
        text(value, &["status", "nodeInfo", "kubeletVersion"]).into(),
        address("InternalIP"),
        address("ExternalIP"),
        info("osImage"),
        info("kernelVersion"),
        info("containerRuntimeVersion"),
    ]
}

fn modes(value: &Value, path: &[&str]) -> String {
    let short = |mode: &str| match mode {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => "",
    };
    list(value, path).iter().filter_map(Value::as_str).map(short).collect::<Vec<_>>().join(",")
}

pub(super) fn claim(name: Value, age: Value, value: &Value) -> Vec<Value> {
    let phase = if object::is_terminating(value) { "Terminating" } else { text(value, &["status", "phase"]) };
    let volume = text(value, &["spec", "volumeName"]);
    let (capacity, modes) = if volume.is_empty() {
        (String::new(), String::new())
    } else {
        (text(value, &["status", "capacity", "storage"]).to_owned(), modes(value, &["status", "accessModes"]))
    };
    vec![
        name,
        phase.into(),
        volume.into(),
        capacity.into(),
        modes.into(),
        text(value, &["spec", "storageClassName"]).into(),
        or(text(value, &["spec", "volumeAttributesClassName"]), UNSET),
        age,
        or(text(value, &["spec", "volumeMode"]), UNSET),
    ]
}

pub(super) fn volume(name: Value, age: Value, value: &Value) -> Vec<Value> {
    let phase = if object::is_terminating(value) { "Terminating" } else { text(value, &["status", "phase"]) };
    let claim = text(value, &["spec", "claimRef", "name"]);
    let claim = if claim.is_empty() {
        String::new()
    } else {
        format!("{}/{claim}", text(value, &["spec", "claimRef", "namespace"]))
    };
    vec![
        name,
        text(value, &["spec", "capacity", "storage"]).into(),
        modes(value, &["spec", "accessModes"]).into(),
        text(value, &["spec", "persistentVolumeReclaimPolicy"]).into(),
        phase.into(),
        claim.into(),
        text(value, &["spec", "storageClassName"]).into(),
        or(text(value, &["spec", "volumeAttributesClassName"]), UNSET),
        text(value, &["status", "reason"]).into(),
        age,
        or(text(value, &["spec", "volumeMode"]), UNSET),
    ]
}

pub(super) fn balancer(value: &Value) -> Vec<String> {
    list(value, &["status", "loadBalancer", "ingress"])
        .iter()
        .map(|i| if text(i, &["ip"]).is_empty() { text(i, &["hostname"]) } else { text(i, &["ip"]) }.to_owned())
        .collect()
}

pub(super) fn service(name: Value, age: Value, value: &Value) -> Vec<Value> {
    let kind = text(value, &["spec", "type"]);
    let externals: Vec<String> =
        list(value, &["spec", "externalIPs"]).iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    let external = match kind {
        "LoadBalancer" => {
            let all: Vec<String> = balancer(value).into_iter().chain(externals).collect();
            if all.is_empty() { "<pending>".to_owned() } else { all.join(",") }
        }
        "ExternalName" => text(value, &["spec", "externalName"]).to_owned(),
        _ => joined(externals),
    };
    let ports = list(value, &["spec", "ports"]).iter().map(|port| {
        let number = int(port, &["port"]).unwrap_or(0);
        let protocol = text(port, &["protocol"]);
        match int(port, &["nodePort"]).filter(|n| *n > 0) {
            Some(node) => format!("{number}:{node}/{protocol}"),
            None => format!("{number}/{protocol}"),
        }
    });
    vec![
        name,
        kind.into(),
        or(text(value, &["spec", "clusterIP"]), NONE),
        external.into(),
        joined(ports).into(),
        age,
        labels(object::at(value, &["spec", "selector"])).into(),
    ]
}

pub(super) fn job(name: Value, age: Value, value: &Value, now: Timestamp) -> Vec<Value> {
    let succeeded = int(value, &["status", "succeeded"]).unwrap_or(0);
    let completions = match (int(value, &["spec", "completions"]), int(value, &["spec", "parallelism"]).unwrap_or(0)) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallel) if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
        (None, _) => format!("{succeeded}/1"),
    };
    let start = text(value, &["status", "startTime"]).parse::<Timestamp>().ok();
    let end = text(value, &["status", "completionTime"]).parse::<Timestamp>().ok();
    let duration = start.map_or(String::new(), |start| between(start, end.unwrap_or(now)));
    let holds = |kind: &str| {
        list(value, &["status", "conditions"])
            .iter()
            .any(|c| text(c, &["type"]) == kind && text(c, &["status"]) == "True")
    };
    let status = if holds("Complete") {
        "Complete"
    } else if holds("Failed") {
        "Failed"
    } else if object::is_terminating(value) {
        "Terminating"
    } else if holds("Suspended") {
        "Suspended"
    } else if holds("FailureTarget") {
        "FailureTarget"
    } else if holds("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    };
    let [names, images] = containers(value, &["spec", "template", "spec"]);
    vec![
        name,
        status.into(),
        completions.into(),
        duration.into(),
        age,
        names,
        images,
        selector(object::at(value, &["spec", "selector"])).into(),
    ]
}

/// What an autoscaler looks at: current and wanted.
pub(super) fn targets(value: &Value) -> String {
    let current = list(value, &["status", "currentMetrics"]);
    let mut shown = Vec::new();
    for (index, metric) in list(value, &["spec", "metrics"]).iter().enumerate() {
        let now = current.get(index).and_then(|c| int(c, &["resource", "current", "averageUtilization"]));
        let resource = text(metric, &["resource", "name"]);
        match int(metric, &["resource", "target", "averageUtilization"]) {
            Some(wanted) => {
                let now = now.map_or("<unknown>".to_owned(), |n| format!("{n}%"));
                shown.push(format!("{resource}: {now}/{wanted}%"));
            }
            None => shown.push("<unknown>".to_owned()),
        }
    }
    if let Some(wanted) = int(value, &["spec", "targetCPUUtilizationPercentage"]) {
        shown.push(format!("cpu: <unknown>/{wanted}%"));
    }
    shortened(shown)
}
