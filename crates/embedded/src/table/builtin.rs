//! The columns and rows of built-in kinds.

use jiff::Timestamp;
use serde_json::Value;

use super::age::{age_of, at};
use super::{pod, rows};
use crate::object::{self, int, list, text};

pub(super) const NONE: &str = "<none>";
pub(super) const UNSET: &str = "<unset>";

/// The columns of a collection, as [`super::Header::parse`] reads them.
pub(super) fn headers(table: &str) -> &'static str {
    match table {
        "/configmaps" => "Name, Data, Age",
        "/endpoints" => "Name, Endpoints, Age",
        "/events" | "events.k8s.io/events" => {
            "Last Seen, Type, Reason, Object, Subobject+, Source+, Message, First Seen+, Count+, Name+"
        }
        "/namespaces" => "Name, Status, Age",
        "/nodes" => {
            "Name, Status, Roles, Age, Version, Internal-IP+, External-IP+, OS-Image+, Kernel-Version+, Container-Runtime+"
        }
        "/persistentvolumeclaims" => {
            "Name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, VolumeMode+"
        }
        "/persistentvolumes" => {
            "Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age, VolumeMode+"
        }
        "/pods" => "Name, Ready, Status, Restarts, Age, IP+, Node+, Nominated Node+, Readiness Gates+",
        "/secrets" => "Name, Type, Data, Age",
        "/serviceaccounts" => "Name, Secrets, Age",
        "/services" => "Name, Type, Cluster-IP, External-IP, Port(s), Age, Selector+",
        "/replicationcontrollers" | "apps/replicasets" => {
            "Name, Desired:integer, Current:integer, Ready:integer, Age, Containers+, Images+, Selector+"
        }
        "apps/controllerrevisions" => "Name, Controller, Revision, Age",
        "apps/daemonsets" => {
            "Name, Desired:integer, Current:integer, Ready:integer, Up-to-date:integer, Available:integer, Node Selector, Age, Containers+, Images+, Selector+"
        }
        "apps/deployments" => "Name, Ready, Up-to-date, Available, Age, Containers+, Images+, Selector+",
        "apps/statefulsets" => "Name, Ready, Age, Containers+, Images+",
        "autoscaling/horizontalpodautoscalers" => "Name, Reference, Targets, MinPods, MaxPods, Replicas, Age",
        "batch/cronjobs" => {
            "Name, Schedule, Timezone, Suspend:boolean, Active:integer, Last Schedule, Age, Containers+, Images+, Selector+"
        }
        "batch/jobs" => "Name, Status, Completions, Duration, Age, Containers+, Images+, Selector+",
        "networking.k8s.io/ingressclasses" => "Name, Controller, Parameters, Age",
        "networking.k8s.io/ingresses" => "Name, Class, Hosts, Address, Ports, Age",
        "networking.k8s.io/networkpolicies" => "Name, Pod-Selector, Age",
        "policy/poddisruptionbudgets" => "Name, Min Available, Max Unavailable, Allowed Disruptions:integer, Age",
        "rbac.authorization.k8s.io/clusterrolebindings" | "rbac.authorization.k8s.io/rolebindings" => {
            "Name, Role, Age, Users+, Groups+, ServiceAccounts+"
        }
        "storage.k8s.io/storageclasses" => {
            "Name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age"
        }
        "admissionregistration.k8s.io/mutatingwebhookconfigurations"
        | "admissionregistration.k8s.io/validatingwebhookconfigurations" => "Name, Webhooks:integer, Age",
        "scheduling.k8s.io/priorityclasses" => "Name, Value:integer, Global-Default:boolean, Age, PreemptionPolicy",
        "coordination.k8s.io/leases" => "Name, Holder, Age",
        "discovery.k8s.io/endpointslices" => "Name, AddressType, Ports, Endpoints, Age",
        _ => "Name, Created At:date",
    }
}

pub(super) fn joined(words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<String> = words.into_iter().collect();
    if words.is_empty() { NONE.into() } else { words.join(",") }
}

/// At most three, then how many more.
pub(super) fn shortened(words: Vec<String>) -> String {
    let more = words.len().saturating_sub(3);
    let shown = joined(words.into_iter().take(3));
    if more == 0 { shown } else { format!("{shown} + {more} more...") }
}

pub(super) fn or(value: &str, other: &str) -> Value {
    if value.is_empty() { other.into() } else { value.into() }
}

fn number(value: &Value, path: &[&str]) -> Value {
    int(value, path).unwrap_or(0).into()
}

fn count(value: &Value, path: &[&str]) -> usize {
    match object::at(value, path) {
        Some(Value::Object(map)) => map.len(),
        Some(Value::Array(list)) => list.len(),
        _ => 0,
    }
}

pub(super) fn containers(value: &Value, spec: &[&str]) -> [Value; 2] {
    let path: Vec<&str> = spec.iter().copied().chain(["containers"]).collect();
    let all = list(value, &path);
    let names: Vec<String> = all.iter().map(|c| text(c, &["name"]).to_owned()).collect();
    let images: Vec<String> = all.iter().map(|c| text(c, &["image"]).to_owned()).collect();
    [names.join(",").into(), images.join(",").into()]
}

pub(super) fn labels(map: Option<&Value>) -> String {
    let map = map.and_then(Value::as_object);
    joined(map.into_iter().flatten().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or(""))))
}

/// A `metav1.LabelSelector` in one line.
pub(super) fn selector(value: Option<&Value>) -> String {
    let Some(value) = value else { return NONE.into() };
    let mut terms: Vec<String> = value
        .get("matchLabels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or("")))
        .collect();
    for expression in list(value, &["matchExpressions"]) {
        let key = text(expression, &["key"]);
        let values: Vec<&str> = list(expression, &["values"]).iter().filter_map(Value::as_str).collect();
        terms.push(match text(expression, &["operator"]) {
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => format!("{key} in ({})", values.join(",")),
        });
    }
    joined(terms)
}

/// The cells of one object, in the order of [`headers`].
pub(super) fn cells(table: &str, value: &Value, now: Timestamp) -> Vec<Value> {
    let name: Value = object::name(value).into();
    let age: Value = age_of(value, now).into();
    let template = ["spec", "template", "spec"];
    match table {
        "/configmaps" => vec![name, (count(value, &["data"]) + count(value, &["binaryData"])).into(), age],
        "/secrets" => vec![name, text(value, &["type"]).into(), count(value, &["data"]).into(), age],
        "/serviceaccounts" => vec![name, count(value, &["secrets"]).into(), age],
        "/namespaces" => vec![name, text(value, &["status", "phase"]).into(), age],
        "/pods" => pod::cells(value, now),
        "/events" | "events.k8s.io/events" => rows::event(value, now),
        "/nodes" => rows::node(name, age, value),
        "/endpoints" => {
            let mut all = Vec::new();
            for subset in list(value, &["subsets"]) {
                for port in list(subset, &["ports"]) {
                    for address in list(subset, &["addresses"]) {
                        all.push(format!("{}:{}", text(address, &["ip"]), int(port, &["port"]).unwrap_or(0)));
                    }
                }
            }
            vec![name, shortened(all).into(), age]
        }
        "discovery.k8s.io/endpointslices" => {
            let ports = list(value, &["ports"]).iter().filter_map(|p| int(p, &["port"])).map(|p| p.to_string());
            let addresses = list(value, &["endpoints"])
                .iter()
                .flat_map(|e| list(e, &["addresses"]))
                .filter_map(|a| a.as_str().map(str::to_owned));
            let unset = |text: String| if text == NONE { UNSET.to_owned() } else { text };
            let ports = unset(shortened(ports.collect()));
            let addresses = unset(shortened(addresses.collect()));
            vec![name, text(value, &["addressType"]).into(), ports.into(), addresses.into(), age]
        }
        "/persistentvolumeclaims" => rows::claim(name, age, value),
        "/persistentvolumes" => rows::volume(name, age, value),
        "/services" => rows::service(name, age, value),
        "/replicationcontrollers" | "apps/replicasets" => {
            let [names, images] = containers(value, &template);
            vec![
                name,
                number(value, &["spec", "replicas"]),
                number(value, &["status", "replicas"]),
                number(value, &["status", "readyReplicas"]),
                age,
                names,
                images,
                if table.starts_with("apps") {
                    selector(object::at(value, &["spec", "selector"]))
                } else {
                    labels(object::at(value, &["spec", "selector"]))
                }
                .into(),
            ]
        }
        "apps/deployments" => {
            let [names, images] = containers(value, &template);
            let ready = format!(
                "{}/{}",
                int(value, &["status", "readyReplicas"]).unwrap_or(0),
                int(value, &["spec", "replicas"]).unwrap_or(0)
            );
            let text_of = |field: &str| int(value, &["status", field]).unwrap_or(0).to_string();
            vec![
                name,
                ready.into(),
                text_of("updatedReplicas").into(),
                text_of("availableReplicas").into(),
                age,
                names,
                images,
                selector(object::at(value, &["spec", "selector"])).into(),
            ]
        }
        "apps/statefulsets" => {
            let [names, images] = containers(value, &template);
            let ready = format!(
                "{}/{}",
                int(value, &["status", "readyReplicas"]).unwrap_or(0),
                int(value, &["spec", "replicas"]).unwrap_or(0)
            );
            vec![name, ready.into(), age, names, images]
        }
        "apps/daemonsets" => {
            let [names, images] = containers(value, &template);
            let mut cells = vec![name];
            for field in [
                "desiredNumberScheduled",
                "currentNumberScheduled",
                "numberReady",
                "updatedNumberScheduled",
                "numberAvailable",
            ] {
                cells.push(number(value, &["status", field]));
            }
            cells.push(labels(object::at(value, &["spec", "template", "spec", "nodeSelector"])).into());
            cells.extend([age, names, images, selector(object::at(value, &["spec", "selector"])).into()]);
            cells
        }
        "apps/controllerrevisions" => {
            let owner = list(value, &["metadata", "ownerReferences"])
                .iter()
                .find(|o| o.get("controller").and_then(Value::as_bool) == Some(true));
            let controller = owner.map_or(NONE.to_owned(), |o| {
                let group = text(o, &["apiVersion"]).split_once('/').map_or("", |(group, _)| group);
                let kind = crate::error::qualified(group, &text(o, &["kind"]).to_lowercase());
                format!("{kind}/{}", text(o, &["name"]))
            });
            vec![name, controller.into(), int(value, &["revision"]).unwrap_or(0).to_string().into(), age]
        }
        "batch/jobs" => rows::job(name, age, value, now),
        "batch/cronjobs" => {
            let [names, images] = containers(value, &["spec", "jobTemplate", "spec", "template", "spec"]);
            let last = text(value, &["status", "lastScheduleTime"]);
            let last = if last.is_empty() { NONE.to_owned() } else { at(value, &["status", "lastScheduleTime"], now) };
            vec![
                name,
                text(value, &["spec", "schedule"]).into(),
                or(text(value, &["spec", "timeZone"]), NONE),
                object::at(value, &["spec", "suspend"]).and_then(Value::as_bool).unwrap_or(false).into(),
                count(value, &["status", "active"]).into(),
                last.into(),
                age,
                names,
                images,
                selector(object::at(value, &["spec", "jobTemplate", "spec", "selector"])).into(),
            ]
        }
        "autoscaling/horizontalpodautoscalers" => {
            let reference = format!(
                "{}/{}",
                text(value, &["spec", "scaleTargetRef", "kind"]),
                text(value, &["spec", "scaleTargetRef", "name"])
            );
            let min = int(value, &["spec", "minReplicas"]).map_or(UNSET.into(), |n| n.to_string());
            vec![
                name,
                reference.into(),
                rows::targets(value).into(),
                min.into(),
                int(value, &["spec", "maxReplicas"]).unwrap_or(0).to_string().into(),
                int(value, &["status", "currentReplicas"]).unwrap_or(0).to_string().into(),
                age,
            ]
        }
        "networking.k8s.io/ingresses" => {
            let hosts =
                list(value, &["spec", "rules"]).iter().map(|r| text(r, &["host"]).to_owned()).filter(|h| !h.is_empty());
            let hosts: Vec<String> = hosts.collect();
            let hosts = if hosts.is_empty() { "*".to_owned() } else { shortened(hosts) };
            let tls = count(value, &["spec", "tls"]) > 0;
            vec![
                name,
                or(text(value, &["spec", "ingressClassName"]), NONE),
                hosts.into(),
                rows::balancer(value).join(",").into(),
                if tls { "80, 443" } else { "80" }.into(),
                age,
            ]
        }
        "networking.k8s.io/ingressclasses" => {
            vec![
                name,
                text(value, &["spec", "controller"]).into(),
                or(text(value, &["spec", "parameters", "name"]), NONE),
                age,
            ]
        }
        "networking.k8s.io/networkpolicies" => {
            vec![name, selector(object::at(value, &["spec", "podSelector"])).into(), age]
        }
        "policy/poddisruptionbudgets" => {
            let shown = |field: &str| match object::at(value, &["spec", field]) {
                None => "N/A".to_owned(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            vec![
                name,
                shown("minAvailable").into(),
                shown("maxUnavailable").into(),
                number(value, &["status", "disruptionsAllowed"]),
                age,
            ]
        }
        "rbac.authorization.k8s.io/clusterrolebindings" | "rbac.authorization.k8s.io/rolebindings" => {
            let role = format!("{}/{}", text(value, &["roleRef", "kind"]), text(value, &["roleRef", "name"]));
            let of = |kind: &str| -> Value {
                let subjects = list(value, &["subjects"]).iter().filter(|s| text(s, &["kind"]) == kind);
                let names = subjects.map(|s| {
                    let namespace = text(s, &["namespace"]);
                    let name = text(s, &["name"]);
                    if kind == "ServiceAccount" { format!("{namespace}/{name}") } else { name.to_owned() }
                });
                names.collect::<Vec<_>>().join(", ").into()
            };
            vec![name, role.into(), age, of("User"), of("Group"), of("ServiceAccount")]
        }
        "storage.k8s.io/storageclasses" => {
            let default =
                ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
                    .iter()
                    .any(|key| text(value, &["metadata", "annotations", key]) == "true");
            let name = if default { format!("{} (default)", object::name(value)).into() } else { name };
            vec![
                name,
                text(value, &["provisioner"]).into(),
                text(value, &["reclaimPolicy"]).into(),
                text(value, &["volumeBindingMode"]).into(),
                value.get("allowVolumeExpansion").and_then(Value::as_bool).unwrap_or(false).into(),
                age,
            ]
        }
        "admissionregistration.k8s.io/mutatingwebhookconfigurations"
        | "admissionregistration.k8s.io/validatingwebhookconfigurations" => {
            vec![name, count(value, &["webhooks"]).into(), age]
        }
        "scheduling.k8s.io/priorityclasses" => vec![
            name,
            number(value, &["value"]),
            value.get("globalDefault").and_then(Value::as_bool).unwrap_or(false).into(),
            age,
            text(value, &["preemptionPolicy"]).into(),
        ],
        "coordination.k8s.io/leases" => vec![name, text(value, &["spec", "holderIdentity"]).into(), age],
        _ => vec![name, text(value, &["metadata", "creationTimestamp"]).into()],
    }
}
