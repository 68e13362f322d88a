//! Is an object still as its Application applied it? (workflow-engines.md §3.4, §3.6)
//!
//! Two looks, the cheap one first. The server notes in `managedFields` which fields the Application's manager owns; whoever
//! changes one of them takes it over, so an unchanged note means unchanged fields, whatever the object is. Only when the note
//! is another one are the manifest and the live object compared.

use crate::rules::{Phase, Rules};
use model::labels;
use serde_json::Value;
use std::hash::{Hash, Hasher};

/// A number for the fields that a manager owns of a live object; `None` when it owns none.
pub fn owned(live: &Value, manager: &str) -> Option<u64> {
    let mut hasher = rustc_hash::FxHasher::default();
    let mut any = false;
    for entry in live.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("manager") != manager || !text("subresource").is_empty() {
            continue;
        }
        if let Some(fields) = entry.get("fieldsV1") {
            any = true;
            (text("operation"), fields.to_string()).hash(&mut hasher);
        }
    }
    any.then(|| hasher.finish())
}

/// A note of the fields that applying an object sets, which is put on the object itself, where what it holds is not recorded:
/// whoever sees it later finds by [`is_as_noted`] that nobody has changed or removed one of them, without knowing what they
/// held. It tells no more than which keys there are. `None`: not of this kind, or not of these fields, can it be said what a
/// server will note.
pub fn note(object: &Value) -> Option<String> {
    let kind = object.get("kind").and_then(Value::as_str)?;
    if !matches!(kind, "Secret" | "ConfigMap") || object.get("apiVersion").and_then(Value::as_str) != Some("v1") {
        return None;
    }
    let mut fields = vec![path(&["metadata", "annotations", labels::FIELDS])];
    for (key, value) in object.as_object()? {
        match key.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                for (key, value) in value.as_object()? {
                    match key.as_str() {
                        "name" | "namespace" => {}
                        // the note is put there
                        "annotations" if value.as_object()?.is_empty() => {}
                        "labels" | "annotations" => set_by(value, &["metadata", key], &mut fields)?,
                        _ => return None,
                    }
                }
            }
            _ => set_by(value, &[key], &mut fields)?,
        }
    }
    Some(digest(fields))
}

/// Whether a live object is as it was when it was noted what `manager` sets of it.
pub fn is_as_noted(live: &Value, manager: &str) -> bool {
    let note = live.pointer("/metadata/annotations").and_then(|all| all.get(labels::FIELDS)).and_then(Value::as_str);
    let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut own = entries.filter(|entry| text(entry, "manager") == manager && text(entry, "subresource").is_empty());
    let (Some(note), Some(entry), None) = (note, own.next(), own.next()) else { return false };
    let mut fields = Vec::new();
    let owned = entry.get("fieldsV1").and_then(|owned| owned_by(owned, &mut Vec::new(), &mut fields));
    owned.is_some() && text(entry, "operation") == "Apply" && digest(fields) == note
}

/// The fields that a value sets, with the value itself where it is empty or no struct.
fn set_by(value: &Value, at: &[&str], fields: &mut Vec<String>) -> Option<()> {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                if matches!(value, Value::Object(_) | Value::Array(_) | Value::Null) {
                    return None;
                }
                fields.push(path(&[at, &[key]].concat()));
            }
        }
        Value::Array(_) | Value::Null => return None,
        _ => fields.push(path(at)),
    }
    Some(())
}

/// The same of what a server notes (`fieldsV1`).
fn owned_by<'o>(owned: &'o Value, at: &mut Vec<&'o str>, fields: &mut Vec<String>) -> Option<()> {
    let map = owned.as_object().filter(|_| at.len() < DEEPEST)?;
    let inside = map.iter().filter(|(key, _)| *key != ".");
    for (key, value) in inside.clone() {
        at.push(key.strip_prefix("f:")?);
        owned_by(value, at, fields)?;
        at.pop();
    }
    if inside.count() == 0 {
        fields.push(path(at));
    }
    Some(())
}

/// Names of fields in one text, whatever is in them.
fn path(fields: &[&str]) -> String {
    fields.iter().map(|field| format!("{}:{field}", field.len())).collect()
}

fn digest(mut fields: Vec<String>) -> String {
    use sha2::{Digest, Sha256};
    fields.sort();
    fields.dedup();
    let mut hash = Sha256::new();
    fields.iter().for_each(|field| hash.update(field));
    hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
}

/// What a recorded object is to look like when its drift is repaired: the manifest, with the live values of the paths that an
/// `apply-once` policy leaves alone. `None`: all of it is left alone.
pub fn wanted(rules: &Rules, manifest: &Value, live: Option<&Value>) -> Option<Value> {
    if rules.keeps_drift(manifest) || rules.is_read_only(manifest) {
        return None;
    }
    let paths = rules.keeps(Phase::Drift, manifest);
    if paths.iter().any(|path| path == "*") {
        return None;
    }
    let mut wanted = manifest.clone();
    if let Some(live) = live {
        for path in paths {
            if let Some(value) = crate::path::get(live, &path) {
                crate::path::set(&mut wanted, &path, value.clone());
            }
        }
    }
    Some(wanted)
}

/// The first path at which a live object differs from what was applied; what others have added is no difference. A value that
/// the server writes in another form counts as one: applying it again then changes nothing.
pub fn difference(wanted: &Value, live: &Value) -> Option<String> {
    differs(wanted, live, 0).map(|path| path.trim_start_matches('.').to_owned())
}

/// Objects are not nested deeper than this; a server refuses those that are.
const DEEPEST: usize = 200;

fn differs(wanted: &Value, live: &Value, depth: usize) -> Option<String> {
    match (wanted, live) {
        _ if depth > DEEPEST => None,
        (Value::Object(wanted), Value::Object(live)) => wanted.iter().find_map(|(key, value)| {
            let below = match live.get(key) {
                Some(live) => differs(value, live, depth + 1)?,
                None if is_empty(value) => return None,
                None => String::new(),
            };
            Some(format!(".{key}{below}"))
        }),
        (Value::Array(wanted), Value::Array(live)) => {
            wanted.iter().enumerate().find_map(|(index, value)| match counterpart(value, index, live) {
                Some(live) => differs(value, live, depth + 1).map(|below| format!("[{index}]{below}")),
                None => Some(format!("[{index}]")),
            })
        }
        (wanted, live) => (wanted != live && !(is_empty(wanted) && is_empty(live))).then(String::new),
    }
}

/// What a server leaves out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.values().all(is_empty),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// Fields by which the items of Kubernetes' lists are known.
const KEYS: [&str; 8] = ["name", "key", "containerPort", "port", "mountPath", "devicePath", "ip", "topologyKey"];

/// The item of a live list that an item of the manifest has become.
fn counterpart<'l>(item: &Value, index: usize, live: &'l [Value]) -> Option<&'l Value> {
    let Some(map) = item.as_object() else {
        // a list of plain values: others may have added theirs
        return live.iter().find(|other| *other == item);
    };
    match KEYS.iter().find_map(|key| map.get(*key).map(|value| (*key, value))) {
        Some((key, value)) => live.iter().find(|other| other.get(key) == Some(value)),
        None => live.get(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::AppPolicy;
    use serde_json::json;

    #[test]
    fn a_manager_who_loses_a_field_owns_something_else() {
        let live = |fields: Value| {
            json!({"metadata": {"managedFields": [
                {"manager": "lateen/default/shop", "operation": "Apply", "fieldsV1": fields},
                {"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {"f:status": {}}}]}})
        };
        let both = owned(&live(json!({"f:spec": {"f:replicas": {}, "f:image": {}}})), "lateen/default/shop");
        let one = owned(&live(json!({"f:spec": {"f:image": {}}})), "lateen/default/shop");
        assert!(both.is_some() && one.is_some());
        assert_ne!(both, one);
        assert_eq!(owned(&live(json!({})), "somebody"), None);
    }

    #[test]
    fn a_note_tells_whether_a_field_was_taken_or_removed_and_not_what_it_holds() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"a": "eA==", "b": "eQ=="},
            "metadata": {"name": "s", "namespace": "n", "labels": {"app.oam.dev/name": "shop"}}});
        let noted = note(&secret).unwrap();
        let other = |key: &str, value: &str| {
            let mut other = secret.clone();
            other["data"][key] = json!(value);
            note(&other).unwrap()
        };
        assert_eq!(other("a", "another"), noted);
        assert_ne!(other("c", "eA=="), noted);
        let live = |data: Value, operation: &str| {
            let annotations = json!({ labels::FIELDS: noted });
            let owned = json!({"f:data": data, "f:type": {}, "f:metadata": {
                "f:annotations": {format!("f:{}", labels::FIELDS): {}}, "f:labels": {"f:app.oam.dev/name": {}}}});
            json!({"metadata": {"annotations": annotations, "managedFields": [
                {"manager": "us", "operation": operation, "fieldsV1": owned},
                {"manager": "them", "operation": "Update", "fieldsV1": {"f:data": {"f:theirs": {}}}}]}})
        };
        let whole = json!({"f:a": {}, "f:b": {}});
        assert!(is_as_noted(&live(whole.clone(), "Apply"), "us"));
        assert!(!is_as_noted(&live(whole.clone(), "Apply"), "others"));
        assert!(!is_as_noted(&live(whole, "Update"), "us"), "not as an apply has left it");
        assert!(!is_as_noted(&live(json!({"f:a": {}}), "Apply"), "us"), "one was taken or removed");
        assert!(!is_as_noted(&live(json!({"f:a": {}, "k:{}": {}}), "Apply"), "us"), "not of plain fields");
        for unknown in [
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {}}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"finalizers": ["a/b"]}}),
            json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": null}}),
        ] {
            assert_eq!(note(&unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_others_add_is_no_difference_and_what_they_change_or_remove_is() {
        let wanted = json!({"spec": {"replicas": 2, "empty": {}, "containers": [
            {"name": "web", "image": "a", "args": ["x", "y"]}]}, "data": {"a": "1"}});
        let live = |replicas: u64, image: &str, data: Value| {
            json!({"spec": {"replicas": replicas, "more": 1, "containers": [
                {"name": "sidecar", "image": "s"}, {"name": "web", "image": image, "args": ["x", "y"], "tty": false}]},
                "data": data, "status": {}})
        };
        assert_eq!(difference(&wanted, &live(2, "a", json!({"a": "1", "b": "2"}))), None);
        assert_eq!(difference(&wanted, &live(3, "a", json!({"a": "1"}))).as_deref(), Some("spec.replicas"));
        assert_eq!(difference(&wanted, &live(2, "b", json!({"a": "1"}))).as_deref(), Some("spec.containers[0].image"));
        assert_eq!(difference(&wanted, &live(2, "a", json!({}))).as_deref(), Some("data.a"));
        assert_eq!(difference(&wanted, &json!({"data": {"a": "1"}, "spec": null})).as_deref(), Some("spec"));
        assert_eq!(difference(&json!({"a": ["x"]}), &json!({"a": ["y"]})).as_deref(), Some("a[0]"));
    }

    fn rules(policy: Value) -> Rules {
        Rules::of(&serde_json::from_value::<Vec<AppPolicy>>(json!([policy])).unwrap()).unwrap()
    }

    #[test]
    fn apply_once_and_read_only_leave_drift_alone() {
        let object = json!({"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 2, "image": "a"}});
        let live = json!({"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 5, "image": "b"}});
        let select = json!({"resourceNames": ["web"]});
        let once = |strategy: Value| {
            rules(json!({"type": "apply-once", "properties": {"enable": true, "rules": [
                {"selector": select, "strategy": strategy}]}}))
        };
        assert_eq!(wanted(&Rules::default(), &object, Some(&live)), Some(object.clone()));
        assert_eq!(wanted(&once(json!({})), &object, Some(&live)), None, "when drift is repaired, if nothing is said");
        assert_eq!(wanted(&once(json!({"affect": "onUpdate"})), &object, Some(&live)), Some(object.clone()));
        let some = wanted(&once(json!({"affect": "always", "path": ["spec.replicas"]})), &object, Some(&live)).unwrap();
        assert_eq!(some["spec"], json!({"replicas": 5, "image": "a"}));
        let whole = wanted(&once(json!({"affect": "always", "path": ["spec.replicas"]})), &object, None).unwrap();
        assert_eq!(whole, object, "what is gone is made anew as it was recorded");
        let read = rules(json!({"type": "read-only", "properties": {"rules": [{"selector": select}]}}));
        assert_eq!(wanted(&read, &object, Some(&live)), None);
    }
}
