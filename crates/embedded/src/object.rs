//! Reading and writing the parts of a Kubernetes object that every kind has, on plain JSON.

use serde_json::{Map, Value};

/// The value at a path of field names.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

/// The string at a path, or `""`.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or("")
}

/// The integer at a path.
pub(crate) fn int(value: &Value, path: &[&str]) -> Option<i64> {
    at(value, path).and_then(Value::as_i64)
}

/// The list at a path, empty when there is none.
pub(crate) fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The object at `key`, made when it is absent or null; `None` when something else is there.
pub(crate) fn entry<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    let slot = value.as_object_mut()?.entry(key).or_insert(Value::Null);
    if slot.is_null() {
        *slot = Value::Object(Map::new());
    }
    slot.as_object_mut()
}

/// Sets `path` to `new`, making objects on the way. Does nothing where the path runs through something else.
pub(crate) fn set(value: &mut Value, path: &[&str], new: impl Into<Value>) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut here = value;
    for key in parents {
        if entry(here, key).is_none() {
            return;
        }
        let Some(next) = here.get_mut(*key) else { return };
        here = next;
    }
    if let Some(map) = here.as_object_mut() {
        map.insert((*last).to_owned(), new.into());
    }
}

/// Removes what is at `path`.
pub(crate) fn remove(value: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let mut here = value;
    for key in parents {
        here = here.get_mut(*key)?;
    }
    here.as_object_mut()?.remove(*last)
}

/// Sets `path` to `new` unless something other than null is there.
pub(crate) fn default(value: &mut Value, path: &[&str], new: impl Into<Value>) {
    if at(value, path).is_none_or(Value::is_null) {
        set(value, path, new);
    }
}

/// Whether objects and lists nest deeper than `depth`.
pub(crate) fn is_deeper_than(value: &Value, depth: usize) -> bool {
    let deeper = |inner: &Value| depth == 0 || is_deeper_than(inner, depth - 1);
    match value {
        Value::Object(map) => map.values().any(deeper),
        Value::Array(list) => list.iter().any(deeper),
        _ => false,
    }
}

/// `metadata.name`, or `""`.
pub(crate) fn name(value: &Value) -> &str {
    text(value, &["metadata", "name"])
}

/// `metadata.namespace`, or `""`.
pub(crate) fn namespace(value: &Value) -> &str {
    text(value, &["metadata", "namespace"])
}

/// `metadata.uid`, or `""`.
pub(crate) fn uid(value: &Value) -> &str {
    text(value, &["metadata", "uid"])
}

/// `metadata.finalizers`.
pub(crate) fn finalizers(value: &Value) -> Vec<String> {
    list(value, &["metadata", "finalizers"]).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether deletion was requested.
pub(crate) fn is_terminating(value: &Value) -> bool {
    at(value, &["metadata", "deletionTimestamp"]).is_some_and(|t| !t.is_null())
}
