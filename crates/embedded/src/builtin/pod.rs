//! Defaults of pods and of the pod templates in workloads.

use serde_json::{Value, json};

use crate::object::{self, default, set};

/// What a pod, and the spec of a pod template, gets when it does not say.
pub(super) fn default_spec(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    default(spec, &["restartPolicy"], "Always");
    default(spec, &["terminationGracePeriodSeconds"], 30);
    default(spec, &["dnsPolicy"], "ClusterFirst");
    default(spec, &["securityContext"], json!({}));
    default(spec, &["schedulerName"], "default-scheduler");
    // The old name and the new one show the same account.
    let account = object::text(spec, &["serviceAccountName"]).to_owned();
    let old = object::text(spec, &["serviceAccount"]).to_owned();
    if !account.is_empty() {
        set(spec, &["serviceAccount"], account);
    } else if !old.is_empty() {
        set(spec, &["serviceAccountName"], old);
    }
    for field in ["containers", "initContainers", "ephemeralContainers"] {
        for container in items(spec, field) {
            default_container(container);
        }
    }
    for volume in items(spec, "volumes") {
        default_volume(volume);
    }
    for constraint in items(spec, "topologySpreadConstraints") {
        default(constraint, &["whenUnsatisfiable"], "DoNotSchedule");
    }
}

pub(super) fn items<'a>(value: &'a mut Value, field: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten().filter(|item| item.is_object())
}

fn default_container(container: &mut Value) {
    let image = object::text(container, &["image"]).to_owned();
    let policy = if pulls_always(&image) { "Always" } else { "IfNotPresent" };
    default(container, &["imagePullPolicy"], policy);
    default(container, &["terminationMessagePath"], "/dev/termination-log");
    default(container, &["terminationMessagePolicy"], "File");
    default(container, &["resources"], json!({}));
    // Requests that are not stated are the limits.
    let limits =
        object::at(container, &["resources", "limits"]).and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, quantity) in limits {
        default(container, &["resources", "requests", &name], quantity);
    }
    for port in items(container, "ports") {
        default(port, &["protocol"], "TCP");
    }
    for variable in items(container, "env") {
        if object::at(variable, &["valueFrom", "fieldRef"]).is_some() {
            default(variable, &["valueFrom", "fieldRef", "apiVersion"], "v1");
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get_mut(probe).filter(|p| p.is_object()) else { continue };
        default(probe, &["timeoutSeconds"], 1);
        default(probe, &["periodSeconds"], 10);
        default(probe, &["successThreshold"], 1);
        default(probe, &["failureThreshold"], 3);
        default_action(probe);
        if object::at(probe, &["grpc"]).is_some() {
            default(probe, &["grpc", "service"], "");
        }
    }
    for hook in ["postStart", "preStop"] {
        if let Some(hook) = container.pointer_mut(&format!("/lifecycle/{hook}")) {
            default_action(hook);
        }
    }
}

fn default_action(action: &mut Value) {
    if object::at(action, &["httpGet"]).is_some() {
        default(action, &["httpGet", "path"], "/");
        default(action, &["httpGet", "scheme"], "HTTP");
    }
}

/// Whether an image has the tag `latest`, or none.
fn pulls_always(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn default_volume(volume: &mut Value) {
    let sources = volume.as_object().map_or(0, |map| map.keys().filter(|key| *key != "name").count());
    if sources == 0 {
        set(volume, &["emptyDir"], json!({}));
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if volume.get(source).is_some() {
            default(volume, &[source, "defaultMode"], 420);
        }
    }
    if volume.get("hostPath").is_some() {
        default(volume, &["hostPath", "type"], "");
    }
    if let Some(projected) = volume.get_mut("projected") {
        for source in items(projected, "sources") {
            if source.get("serviceAccountToken").is_some() {
                default(source, &["serviceAccountToken", "expirationSeconds"], 3600);
            }
        }
    }
}

/// A pod of its own: what its spec gets, what admission adds, and its first status.
pub(super) fn default_pod(pod: &mut Value, new: bool) {
    let Some(spec) = pod.get_mut("spec") else { return };
    default_spec(spec);
    default(spec, &["enableServiceLinks"], true);
    if spec.get("hostNetwork").and_then(Value::as_bool) == Some(true) {
        for list in ["containers", "initContainers"] {
            for container in items(spec, list) {
                for port in items(container, "ports") {
                    let number = port.get("containerPort").cloned().unwrap_or_default();
                    default(port, &["hostPort"], number);
                }
            }
        }
    }
    if new {
        default(spec, &["priority"], 0);
        default(spec, &["preemptionPolicy"], "PreemptLowerPriority");
        let mut tolerations = object::list(spec, &["tolerations"]).to_vec();
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let tolerated = tolerations.iter().any(|t| {
                let own = object::text(t, &["key"]);
                own == key || (own.is_empty() && object::text(t, &["operator"]) == "Exists")
            });
            if !tolerated {
                tolerations
                    .push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
            }
        }
        set(spec, &["tolerations"], tolerations);
        let class = quality(spec);
        set(pod, &["status"], json!({"phase": "Pending", "qosClass": class}));
    }
}

/// The quality of service class that the containers' resources amount to.
fn quality(spec: &Value) -> &'static str {
    let mut any = false;
    let mut guaranteed = true;
    for field in ["containers", "initContainers"] {
        for container in object::list(spec, &[field]) {
            for resource in ["cpu", "memory"] {
                let limit = object::at(container, &["resources", "limits", resource]);
                let request = object::at(container, &["resources", "requests", resource]);
                any |= limit.is_some() || request.is_some();
                guaranteed &= limit.is_some() && request == limit;
            }
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
