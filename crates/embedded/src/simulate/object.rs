//! Reading and making Kubernetes objects held as JSON.

use super::kind::Kind;
use serde_json::{Map, Value, json};

/// Marks what the simulation made.
pub(super) const SIMULATED: &str = "lateen.dev/simulated";

/// Reads of JSON by pointer, each with the answer for "absent" that Kubernetes' types have.
pub(super) trait Json {
    /// The text at a pointer, or nothing.
    fn text(&self, pointer: &str) -> &str;
    /// The whole number at a pointer.
    fn int(&self, pointer: &str) -> Option<i64>;
    /// Whether the pointer holds `true`.
    fn flag(&self, pointer: &str) -> bool;
    /// The list at a pointer, or an empty one.
    fn items(&self, pointer: &str) -> &[Value];
    /// Whether the pointer holds anything but null.
    fn has(&self, pointer: &str) -> bool;
    /// The map at a pointer, cloned, or an empty one.
    fn map(&self, pointer: &str) -> Map<String, Value>;
    /// `metadata.name`.
    fn name(&self) -> &str {
        self.text("/metadata/name")
    }
    /// `metadata.namespace`.
    fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }
    /// `metadata.uid`.
    fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }
    /// Whether a deletion was asked for.
    fn deleting(&self) -> bool {
        self.has("/metadata/deletionTimestamp")
    }
    /// `metadata.generation`, 0 when the kind has none.
    fn generation(&self) -> i64 {
        self.int("/metadata/generation").unwrap_or(0)
    }
    /// One label, or nothing.
    fn label(&self, key: &str) -> &str;
    /// One annotation, or nothing.
    fn annotation(&self, key: &str) -> &str;
}

impl Json for Value {
    fn text(&self, pointer: &str) -> &str {
        self.pointer(pointer).and_then(Value::as_str).unwrap_or("")
    }
    fn int(&self, pointer: &str) -> Option<i64> {
        self.pointer(pointer).and_then(Value::as_i64)
    }
    fn flag(&self, pointer: &str) -> bool {
        self.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
    }
    fn items(&self, pointer: &str) -> &[Value] {
        self.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
    fn has(&self, pointer: &str) -> bool {
        self.pointer(pointer).is_some_and(|value| !value.is_null())
    }
    fn map(&self, pointer: &str) -> Map<String, Value> {
        self.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default()
    }
    fn label(&self, key: &str) -> &str {
        entry(self, "/metadata/labels", key)
    }
    fn annotation(&self, key: &str) -> &str {
        entry(self, "/metadata/annotations", key)
    }
}

fn entry<'a>(object: &'a Value, pointer: &str, key: &str) -> &'a str {
    object.pointer(pointer).and_then(|map| map.get(key)).and_then(Value::as_str).unwrap_or("")
}

/// Puts a value at a path of field names, making the maps on the way. What is in the way and no map is replaced.
pub(super) fn put(object: &mut Value, path: &[&str], value: Value) {
    let mut at = object;
    for field in path {
        if !at.is_object() {
            *at = json!({});
        }
        let Value::Object(map) = at else { return };
        at = map.entry((*field).to_owned()).or_insert(Value::Null);
    }
    *at = value;
}

/// The reference that a controller's children carry.
pub(super) fn owner_reference(kind: &Kind, owner: &Value) -> Value {
    json!({
        "apiVersion": kind.api_version(), "kind": kind.kind, "name": owner.name(), "uid": owner.uid(),
        "controller": true, "blockOwnerDeletion": true,
    })
}

/// The controller reference of an object: `apiVersion`, `kind`, `name`, `uid`.
pub(super) fn controller(object: &Value) -> Option<&Value> {
    object.items("/metadata/ownerReferences").iter().find(|reference| reference.flag("/controller"))
}

/// A number or percentage (`25%`) of a total, as `maxSurge` and `maxUnavailable` write them.
pub(super) fn share(value: Option<&Value>, total: i64, default: &str, up: bool) -> i64 {
    let text = match value {
        Some(Value::Number(number)) => return number.as_i64().unwrap_or(0).max(0),
        Some(Value::String(text)) => text.as_str(),
        _ => default,
    };
    match text.strip_suffix('%').and_then(|percent| percent.parse::<i64>().ok()) {
        Some(percent) => {
            let product = percent.clamp(0, 1_000_000).saturating_mul(total);
            if up { product.saturating_add(99) / 100 } else { product / 100 }
        }
        None => text.parse::<i64>().unwrap_or(0).max(0),
    }
}

/// Sets a count, which Kubernetes leaves out of JSON when it is zero.
pub(super) fn count(status: &mut Map<String, Value>, field: &str, number: i64) {
    if number == 0 {
        status.remove(field);
    } else {
        status.insert(field.to_owned(), number.into());
    }
}

/// Metadata of a child of `owner` in the same namespace, marked as simulated.
pub(super) fn child_metadata(
    kind: &Kind,
    owner: &Value,
    name: &str,
    labels: Map<String, Value>,
    annotations: Map<String, Value>,
) -> Value {
    let mut annotations = annotations;
    annotations.insert(SIMULATED.to_owned(), "true".into());
    let mut metadata = json!({
        "name": name, "namespace": owner.namespace(),
        "annotations": annotations, "ownerReferences": [owner_reference(kind, owner)],
    });
    if !labels.is_empty() {
        put(&mut metadata, &["labels"], Value::Object(labels));
    }
    metadata
}

/// A pod from a workload's template.
pub(super) fn pod_from_template(kind: &Kind, owner: &Value, template: &Value, name: &str) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": child_metadata(kind, owner, name, template.map("/metadata/labels"), template.map("/metadata/annotations")),
        "spec": template.map("/spec"),
    });
    if kind.kind != "StatefulSet" {
        put(&mut pod, &["metadata", "generateName"], format!("{}-", owner.name()).into());
    }
    pod
}
