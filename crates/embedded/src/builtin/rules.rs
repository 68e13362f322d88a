//! What kube-apiserver refuses about its own kinds, where people meet it.

use serde_json::Value;

use crate::catalog::Served;
use crate::error::Cause;
use crate::object;

const PORT: &str = "must be between 1 and 65535, inclusive";
const KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// What is wrong with an object of a built-in kind.
pub(crate) fn check(served: &Served, old: Option<&Value>, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    match &*served.table {
        "apps/deployments" | "apps/replicasets" | "apps/statefulsets" | "apps/daemonsets" => {
            workload(old, object, &mut causes);
        }
        "batch/jobs" => {
            template(object, "spec.template", &["spec", "template"], &["OnFailure", "Never"], &mut causes);
            count(object, &["spec", "parallelism"], &mut causes);
            count(object, &["spec", "completions"], &mut causes);
            count(object, &["spec", "backoffLimit"], &mut causes);
            immutable(old, object, &["spec", "selector"], &mut causes);
            if old.is_some_and(|o| object::at(o, &["spec", "template"]) != object::at(object, &["spec", "template"])) {
                let value = object::at(object, &["spec", "template"]).cloned().unwrap_or_default();
                causes.push(Cause::invalid("spec.template", &value, "field is immutable"));
            }
        }
        "batch/cronjobs" => {
            let schedule = object::text(object, &["spec", "schedule"]);
            let fields: Vec<&str> = schedule.split_whitespace().collect();
            if schedule.is_empty() {
                causes.push(Cause::required("spec.schedule", ""));
            } else if fields.len() != 5 && !schedule.starts_with('@') {
                let why = format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" "));
                causes.push(Cause::invalid("spec.schedule", &Value::from(schedule), &why));
            }
            let path = ["spec", "jobTemplate", "spec", "template"];
            template(object, "spec.jobTemplate.spec.template", &path, &["OnFailure", "Never"], &mut causes);
        }
        "/pods" => {
            if let Some(spec) = object.get("spec") {
                pod_spec(spec, "spec", &mut causes);
            } else {
                causes.push(Cause::required("spec.containers", ""));
            }
            pod_update(old, object, &mut causes);
        }
        "/podtemplates" => {
            let spec = object::at(object, &["template", "spec"]).cloned().unwrap_or_default();
            pod_spec(&spec, "template.spec", &mut causes);
        }
        "/services" => service(old, object, &mut causes),
        "/secrets" => {
            immutable_data(old, object, &mut causes);
            immutable(old, object, &["type"], &mut causes);
            keys(object, &mut causes);
        }
        "/configmaps" => {
            immutable_data(old, object, &mut causes);
            keys(object, &mut causes);
        }
        "autoscaling/horizontalpodautoscalers" => {
            let most = object::int(object, &["spec", "maxReplicas"]).unwrap_or(0);
            if most < 1 {
                causes.push(Cause::invalid("spec.maxReplicas", &Value::from(most), "must be greater than 0"));
            }
            if most < object::int(object, &["spec", "minReplicas"]).unwrap_or(1) {
                let why = "must be greater than or equal to `minReplicas`";
                causes.push(Cause::invalid("spec.maxReplicas", &Value::from(most), why));
            }
        }
        "/persistentvolumeclaims" => {
            if object::list(object, &["spec", "accessModes"]).is_empty() {
                causes.push(Cause::required("spec.accessModes", "at least 1 access mode is required"));
            }
            if object::at(object, &["spec", "resources", "requests", "storage"]).is_none() {
                causes.push(Cause::required("spec.resources[storage]", ""));
            }
        }
        "networking.k8s.io/ingresses" => ingress(object, &mut causes),
        "rbac.authorization.k8s.io/rolebindings" | "rbac.authorization.k8s.io/clusterrolebindings" => {
            immutable_as(old, object, &["roleRef"], "cannot change roleRef", &mut causes);
        }
        _ => {}
    }
    causes
}

fn immutable(old: Option<&Value>, new: &Value, path: &[&str], causes: &mut Vec<Cause>) {
    immutable_as(old, new, path, "field is immutable", causes);
}

fn immutable_as(old: Option<&Value>, new: &Value, path: &[&str], why: &str, causes: &mut Vec<Cause>) {
    let Some(old) = old else { return };
    if object::at(old, path) != object::at(new, path) {
        let value = object::at(new, path).cloned().unwrap_or_default();
        causes.push(Cause::invalid(path.join("."), &value, why));
    }
}

fn count(object: &Value, path: &[&str], causes: &mut Vec<Cause>) {
    if let Some(value) = object::at(object, path)
        && value.as_i64().is_some_and(|n| n < 0)
    {
        causes.push(Cause::invalid(path.join("."), value, "must be greater than or equal to 0"));
    }
}

fn workload(old: Option<&Value>, object: &Value, causes: &mut Vec<Cause>) {
    count(object, &["spec", "replicas"], causes);
    count(object, &["spec", "revisionHistoryLimit"], causes);
    let selector = object::at(object, &["spec", "selector"]);
    match selector {
        None => {
            causes.push(Cause::required("spec.selector", ""));
            let labels = object::at(object, &["spec", "template", "metadata", "labels"]).cloned().unwrap_or_default();
            causes.push(Cause {
                reason: "FieldValueInvalid",
                message: format!(
                    "Invalid value: map[string]string{labels}: `selector` does not match template `labels`"
                ),
                field: "spec.template.metadata.labels".into(),
            });
        }
        Some(selector) => {
            let labels = object::at(object, &["spec", "template", "metadata", "labels"]).cloned().unwrap_or_default();
            let empty = selector.as_object().is_none_or(serde_json::Map::is_empty);
            if empty {
                let why = "empty selector is invalid for deployment";
                causes.push(Cause::invalid("spec.selector", selector, why));
            } else if !crate::store::from_label_selector(selector).matches_labels(&labels) {
                let why = "`selector` does not match template `labels`";
                causes.push(Cause {
                    reason: "FieldValueInvalid",
                    message: format!("Invalid value: map[string]string{labels}: {why}"),
                    field: "spec.template.metadata.labels".into(),
                });
            }
        }
    }
    immutable(old, object, &["spec", "selector"], causes);
    template(object, "spec.template", &["spec", "template"], &["Always"], causes);
    if object::text(object, &["kind"]) == "StatefulSet"
        && let Some(old) = old
    {
        let strip = |value: &Value| {
            let mut spec = value.get("spec").cloned().unwrap_or_default();
            if let Some(map) = spec.as_object_mut() {
                for key in [
                    "replicas",
                    "ordinals",
                    "template",
                    "updateStrategy",
                    "persistentVolumeClaimRetentionPolicy",
                    "minReadySeconds",
                    "revisionHistoryLimit",
                    "selector",
                ] {
                    map.remove(key);
                }
            }
            spec
        };
        if strip(old) != strip(object) {
            let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
            causes.push(Cause::forbidden("spec", why));
        }
    }
}

fn template(object: &Value, field: &str, path: &[&str], policies: &[&str], causes: &mut Vec<Cause>) {
    let Some(template) = object::at(object, path) else {
        causes.push(Cause::required(field, ""));
        return;
    };
    let spec = template.get("spec").cloned().unwrap_or_default();
    let field = format!("{field}.spec");
    let policy = object::text(&spec, &["restartPolicy"]);
    pod_spec(&spec, &field, causes);
    if !policies.contains(&policy) {
        // A Job without a policy is told that it needs one; "Always" is the default that does not fit.
        let allowed: Vec<String> = policies.iter().map(|p| (*p).to_owned()).collect();
        let value = Value::from(policy);
        let field = format!("{field}.restartPolicy");
        if policies.contains(&"OnFailure") && policy == "Always" {
            causes.push(Cause::required(field, "valid values: \"OnFailure\", \"Never\""));
        } else {
            causes.push(Cause::unsupported(field, &value, &allowed));
        }
    }
}

fn pod_spec(spec: &Value, field: &str, causes: &mut Vec<Cause>) {
    let containers = object::list(spec, &["containers"]);
    if containers.is_empty() {
        causes.push(Cause::required(format!("{field}.containers"), ""));
    }
    let mut names: Vec<&str> = Vec::new();
    for list in ["containers", "initContainers"] {
        for (index, container) in object::list(spec, &[list]).iter().enumerate() {
            let at = format!("{field}.{list}[{index}]");
            let name = object::text(container, &["name"]);
            if name.is_empty() {
                causes.push(Cause::required(format!("{at}.name"), ""));
            } else if names.contains(&name) {
                causes.push(Cause::duplicate(format!("{at}.name"), &Value::from(name)));
            } else {
                causes.extend(super::rules::label(name, &format!("{at}.name")));
            }
            names.push(name);
            if object::text(container, &["image"]).is_empty() {
                causes.push(Cause::required(format!("{at}.image"), ""));
            }
            for (port_index, port) in object::list(container, &["ports"]).iter().enumerate() {
                let number = object::int(port, &["containerPort"]).unwrap_or(0);
                if !(1..=65_535).contains(&number) {
                    let at = format!("{at}.ports[{port_index}].containerPort");
                    if port.get("containerPort").is_none() {
                        causes.push(Cause::required(at, ""));
                    } else {
                        causes.push(Cause::invalid(at, &Value::from(number), "must be between 1 and 65535, inclusive"));
                    }
                }
            }
            let volumes = object::list(spec, &["volumes"]);
            for (mount_index, mount) in object::list(container, &["volumeMounts"]).iter().enumerate() {
                let wanted = object::text(mount, &["name"]);
                if !volumes.iter().any(|v| object::text(v, &["name"]) == wanted) {
                    causes.push(Cause {
                        reason: "FieldValueNotFound",
                        message: format!("Not found: {wanted:?}"),
                        field: format!("{at}.volumeMounts[{mount_index}].name"),
                    });
                }
            }
        }
    }
}

/// A DNS label, such as the name of a container.
fn label(name: &str, field: &str) -> Option<Cause> {
    let mut causes = crate::registry::check_name("", "namespaces", name, field);
    causes.pop()
}

/// Of a pod's spec, only these may change.
fn pod_update(old: Option<&Value>, object: &Value, causes: &mut Vec<Cause>) {
    let Some(old) = old else { return };
    let strip = |value: &Value| {
        let mut spec = value.get("spec").cloned().unwrap_or_default();
        if let Some(map) = spec.as_object_mut() {
            for key in [
                "activeDeadlineSeconds",
                "tolerations",
                "nodeName",
                "terminationGracePeriodSeconds",
                "schedulingGates",
                "ephemeralContainers",
            ] {
                map.remove(key);
            }
            for list in ["containers", "initContainers"] {
                for container in map.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    object::remove(container, &["image"]);
                }
            }
        }
        spec
    };
    if strip(old) != strip(object) {
        let why = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        causes.push(Cause::forbidden("spec", why));
    }
}

fn service(old: Option<&Value>, object: &Value, causes: &mut Vec<Cause>) {
    let kind = object::text(object, &["spec", "type"]);
    let allowed = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !allowed.contains(&kind) {
        let allowed: Vec<String> = allowed.iter().map(|k| (*k).to_owned()).collect();
        causes.push(Cause::unsupported("spec.type", &Value::from(kind), &allowed));
    }
    let headless = object::text(object, &["spec", "clusterIP"]) == "None";
    let ports = object::list(object, &["spec", "ports"]);
    if ports.is_empty() && !headless && kind != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    let mut names: Vec<&str> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{index}]");
        let number = object::int(port, &["port"]).unwrap_or(0);
        if !(1..=65_535).contains(&number) {
            causes.push(Cause::invalid(format!("{at}.port"), &Value::from(number), PORT));
        }
        if let Some(target) = object::int(port, &["targetPort"]).filter(|n| !(1..=65_535).contains(n)) {
            causes.push(Cause::invalid(format!("{at}.targetPort"), &Value::from(target), PORT));
        }
        let name = object::text(port, &["name"]);
        if name.is_empty() && ports.len() > 1 {
            causes.push(Cause::required(format!("{at}.name"), ""));
        } else if !name.is_empty() && names.contains(&name) {
            causes.push(Cause::duplicate(format!("{at}.name"), &Value::from(name)));
        }
        names.push(name);
    }
    if let Some(old) = old {
        let (before, after) = (object::at(old, &["spec", "clusterIP"]), object::at(object, &["spec", "clusterIP"]));
        let external = object::text(old, &["spec", "type"]) == "ExternalName" || kind == "ExternalName";
        if before.is_some() && before != after && !external {
            let list = object::at(object, &["spec", "clusterIPs"]).cloned().unwrap_or_default();
            causes.push(Cause::invalid("spec.clusterIPs[0]", &list, "may not change once set"));
        }
    }
}

fn immutable_data(old: Option<&Value>, object: &Value, causes: &mut Vec<Cause>) {
    let Some(old) = old else { return };
    if old.get("immutable").and_then(Value::as_bool) != Some(true) {
        return;
    }
    for field in ["data", "binaryData", "immutable"] {
        if old.get(field) != object.get(field) {
            causes.push(Cause::forbidden(field, "field is immutable when `immutable` is set"));
        }
    }
}

/// Keys of a ConfigMap or Secret are file names.
fn keys(object: &Value, causes: &mut Vec<Cause>) {
    for field in ["data", "binaryData"] {
        for key in object.get(field).and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key) {
            let good = !key.is_empty() && key.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c));
            if !good {
                causes.push(Cause::invalid(format!("{field}[{key}]"), &Value::from(key.as_str()), KEY));
            }
        }
    }
}

fn ingress(object: &Value, causes: &mut Vec<Cause>) {
    let rules = object::list(object, &["spec", "rules"]);
    if rules.is_empty() && object::at(object, &["spec", "defaultBackend"]).is_none() {
        let why = "either `defaultBackend` or `rules` must be specified";
        causes.push(Cause::invalid("spec", &Value::from("<spec>"), why));
    }
    for (index, rule) in rules.iter().enumerate() {
        for (path_index, path) in object::list(rule, &["http", "paths"]).iter().enumerate() {
            let kind = object::text(path, &["pathType"]);
            let at = format!("spec.rules[{index}].http.paths[{path_index}].pathType");
            let allowed = ["Exact", "ImplementationSpecific", "Prefix"];
            if kind.is_empty() {
                causes.push(Cause::required(at, "pathType must be specified"));
            } else if !allowed.contains(&kind) {
                causes.push(Cause::unsupported(at, &Value::from(kind), &allowed.map(str::to_owned)));
            }
        }
    }
}
