//! The `creationTimestamp: null` that kube-apiserver shows in the metadata of templates: Go writes an empty time so.
//!
//! It is put in when an object is stored and taken out when one is compared, so that it is nobody's field and no change.

use serde_json::{Map, Value};

/// Where a kind holds metadata of what it will make; `*` is every element of a list.
fn places(table: &str) -> &'static [&'static [&'static str]] {
    match table {
        "apps/deployments" | "apps/replicasets" | "apps/daemonsets" | "batch/jobs" | "/replicationcontrollers" => {
            &[&["spec", "template"]]
        }
        "apps/statefulsets" => &[&["spec", "template"], &["spec", "volumeClaimTemplates", "*"]],
        "batch/cronjobs" => &[&["spec", "jobTemplate"], &["spec", "jobTemplate", "spec", "template"]],
        "/podtemplates" => &[&["template"]],
        _ => &[],
    }
}

fn each(value: &mut Value, path: &[&str], edit: &impl Fn(&mut Map<String, Value>)) {
    match path.split_first() {
        None => {
            if let Some(map) = value.as_object_mut() {
                edit(map);
            }
        }
        Some((&"*", rest)) => {
            for item in value.as_array_mut().into_iter().flatten() {
                each(item, rest, edit);
            }
        }
        Some((key, rest)) => {
            if let Some(inner) = value.get_mut(*key) {
                each(inner, rest, edit);
            }
        }
    }
}

/// Puts the empty times in.
pub(crate) fn show_times(table: &str, object: &mut Value) {
    for path in places(table) {
        each(object, path, &|template| {
            if let Value::Object(metadata) = template.entry("metadata").or_insert_with(|| Value::Object(Map::new())) {
                metadata.entry("creationTimestamp").or_insert(Value::Null);
            }
        });
    }
}

/// Takes the empty times out, and the metadata that was empty but for one.
pub(crate) fn hide_times(table: &str, object: &mut Value) {
    for path in places(table) {
        each(object, path, &|template| {
            let Some(Value::Object(metadata)) = template.get_mut("metadata") else { return };
            if metadata.get("creationTimestamp") == Some(&Value::Null) {
                metadata.remove("creationTimestamp");
                if metadata.is_empty() {
                    template.remove("metadata");
                }
            }
        });
    }
}
