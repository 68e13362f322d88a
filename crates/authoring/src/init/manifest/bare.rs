//! An object as somebody wrote it: without what a cluster has added, and without what nobody may read.

use crate::data::{field, fields, text};
use cue::{Data, DataValue, Fields};
use serde_json::{Value, json};

/// What stands for a secret in the cases of a definition.
pub(super) const EXAMPLE: &str = "example";
/// The same in base64, for `data` of a Secret.
const EXAMPLE_BASE64: &str = "ZXhhbXBsZQ==";

/// Fields that a cluster writes into `metadata`.
const OF_CLUSTER: [&str; 9] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "managedFields",
    "selfLink",
    "ownerReferences",
    "namespace",
];

/// Annotations that clusters and their clients write.
const NOTES: [&str; 3] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/",
    "kubectl.kubernetes.io/restartedAt",
];

/// What an API server fills in where nobody has said anything else (Kubernetes API reference, "Defaults to").
fn usual(name: &str, value: &Value) -> bool {
    match name {
        "terminationMessagePath" => *value == json!("/dev/termination-log"),
        "terminationMessagePolicy" => *value == json!("File"),
        "dnsPolicy" => *value == json!("ClusterFirst"),
        "restartPolicy" => *value == json!("Always"),
        "schedulerName" => *value == json!("default-scheduler"),
        "securityContext" => *value == json!({}),
        "terminationGracePeriodSeconds" => *value == json!(30),
        "progressDeadlineSeconds" => *value == json!(600),
        "revisionHistoryLimit" | "periodSeconds" => *value == json!(10),
        "failureThreshold" => *value == json!(3),
        "successThreshold" | "timeoutSeconds" => *value == json!(1),
        "scheme" => *value == json!("HTTP"),
        "protocol" => *value == json!("TCP"),
        "sessionAffinity" => *value == json!("None"),
        "internalTrafficPolicy" => *value == json!("Cluster"),
        "ipFamilyPolicy" => *value == json!("SingleStack"),
        "ipFamilies" => *value == json!(["IPv4"]),
        "clusterIP" => *value != json!("None"),
        "clusterIPs" => *value != json!(["None"]),
        "defaultMode" => *value == json!(420),
        "strategy" => {
            *value == json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
        }
        "creationTimestamp" => value.is_null(),
        _ => false,
    }
}

/// The object without status, bookkeeping and, where a cluster has given it out, without the defaults it was given; secret
/// values are replaced by an example.
pub(super) fn bare(object: &Data) -> Data {
    let mut object = object.clone();
    let given_out =
        field(&object, "metadata").is_some_and(|m| field(m, "uid").or(field(m, "resourceVersion")).is_some());
    let kind = field(&object, "kind").and_then(text).unwrap_or_default().to_owned();
    if let DataValue::Struct(top) = &mut object.value {
        top.shift_remove("status");
        if let Some(metadata) = top.get_mut("metadata") {
            bare_metadata(metadata);
        }
        if given_out {
            top.values_mut().for_each(|value| undo(value, 0));
        } else if let (Some(Data { value: DataValue::Struct(spec), .. }), "Service") =
            (top.get_mut("spec"), kind.as_str())
        {
            spec.retain(|name, value| !name.starts_with("clusterIP") || !usual(name, &json_of(value)));
        }
    }
    redact(&mut object, kind == "Secret", 0);
    object
}

fn bare_metadata(metadata: &mut Data) {
    let DataValue::Struct(fields) = &mut metadata.value else { return };
    fields.retain(|name, _| !OF_CLUSTER.contains(&&**name));
    let mut gone = false;
    if let Some(Data { value: DataValue::Struct(annotations), .. }) = fields.get_mut("annotations") {
        annotations.retain(|name, _| !NOTES.iter().any(|n| name.starts_with(n)));
        gone = annotations.is_empty();
    }
    if gone {
        fields.shift_remove("annotations");
    }
}

/// Takes back what a server has filled in.
fn undo(data: &mut Data, depth: usize) {
    if depth > 100 {
        return;
    }
    match &mut data.value {
        DataValue::Struct(fields) => {
            fields.retain(|name, value| !usual(name, &json_of(value)));
            fields.values_mut().for_each(|value| undo(value, depth + 1));
        }
        DataValue::List(list) => list.iter_mut().for_each(|value| undo(value, depth + 1)),
        _ => {}
    }
}

/// Puts an example where a secret stands: what `Secret`s hold, and variables whose name says that they are secret.
fn redact(data: &mut Data, of_secret: bool, depth: usize) {
    if depth > 100 {
        return;
    }
    match &mut data.value {
        DataValue::Struct(fields) => {
            if of_secret && depth == 0 {
                for (part, example) in [("data", EXAMPLE_BASE64), ("stringData", EXAMPLE)] {
                    if let Some(Data { value: DataValue::Struct(values), .. }) = fields.get_mut(part) {
                        values.values_mut().for_each(|value| *value = Data::string(example));
                    }
                }
                return;
            }
            let named = fields.get("name").and_then(text).is_some_and(is_secret_name);
            if let (true, Some(value)) = (named, fields.get_mut("value").filter(|v| text(v).is_some())) {
                *value = Data::string(EXAMPLE);
            }
            fields.values_mut().for_each(|value| redact(value, of_secret, depth + 1));
        }
        DataValue::List(list) => list.iter_mut().for_each(|value| redact(value, of_secret, depth + 1)),
        _ => {}
    }
}

/// Whether a variable of this name is likely to hold a secret: `DB_PASSWORD`.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_uppercase();
    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY", "CREDENTIAL"]
        .iter()
        .any(|word| name.contains(word))
}

/// What comes from a file has no unknown parts.
pub(super) fn json_of(data: &Data) -> Value {
    cue::json::to_value(data).unwrap_or(Value::Null)
}

/// The objects of a list object (`kind: List`), or the object itself.
pub(super) fn unrolled(object: &Data) -> Vec<&Data> {
    let is_list = field(object, "kind").and_then(text).is_some_and(|k| k.ends_with("List"));
    match field(object, "items").filter(|_| is_list) {
        Some(items) => crate::data::items(items).iter().filter(|d| fields(d).is_some()).collect(),
        None => vec![object],
    }
}

/// A map in this order.
pub(super) fn map<const N: usize>(fields: [(&str, Data); N]) -> Data {
    let fields: Fields = fields.into_iter().map(|(k, v)| (k.into(), v)).collect();
    DataValue::Struct(fields).into()
}
