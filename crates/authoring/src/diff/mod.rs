//! What differs between objects, field by field.
//!
//! Elements of lists are matched as Kubernetes matches them: by the keys of its schemas, else by `name`, else by their place.
//! What a cluster itself writes into objects is no difference. What is secret is compared and never shown: it is `***`.

mod objects;
mod text;

pub use objects::{Difference, Named, Verdict, objects};
pub(crate) use text::{change as change_line, verdict as verdict_value};
pub use text::{counts, text, value};

use k8s_schema::{ListType, Shape, Type};
use serde_json::{Map, Value};

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// `spec.template.spec.containers[name=web].image`
    pub path: String,
    /// What it was; `None` when it was not there.
    pub before: Option<Value>,
    /// What it is; `None` when it is not there any more.
    pub after: Option<Value>,
}

/// What stands for a secret.
pub const HIDDEN: &str = "***";

/// Metadata that a cluster writes, and what Lateen writes for its own book-keeping.
const WRITTEN_BY_CLUSTERS: &[&str] =
    &["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "deletionTimestamp", "selfLink"];
/// Annotations and labels that change with each run without a change of the object.
const BOOK_KEEPING: &[&str] = &[
    "app.oam.dev/last-applied-configuration",
    "app.oam.dev/last-applied-time",
    "app.oam.dev/appRevision",
    "app.oam.dev/publishVersion",
    "app.oam.dev/app-revision-hash",
    "app.oam.dev/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "lateen.dev/fields",
];

/// An object without what says nothing about it.
pub fn essential(object: &Value) -> Value {
    let mut object = object.clone();
    let Some(map) = object.as_object_mut() else { return object };
    map.remove("status");
    if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
        WRITTEN_BY_CLUSTERS.iter().for_each(|key| {
            metadata.remove(*key);
        });
        for key in ["annotations", "labels"] {
            let Some(texts) = metadata.get_mut(key).and_then(Value::as_object_mut) else { continue };
            BOOK_KEEPING.iter().for_each(|name| {
                texts.remove(*name);
            });
            if texts.is_empty() {
                metadata.remove(key);
            }
        }
    }
    object
}

/// The fields in which two objects differ, in order of their paths' fields. Both should be [`essential`].
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut out = Vec::new();
    let schema = schema_of(after).or_else(|| schema_of(before)).map(Shape::Object);
    compare(before, after, schema, ListType::Atomic, "", &mut out);
    if is_secret(before) || is_secret(after) {
        out.iter_mut().for_each(hide);
    }
    out
}

/// An object with its secrets hidden.
pub fn shown(object: &Value) -> Value {
    let mut object = object.clone();
    if is_secret(&object) {
        for key in ["data", "stringData"] {
            if let Some(value) = object.get_mut(key) {
                mask(value);
            }
        }
    }
    object
}

fn is_secret(object: &Value) -> bool {
    object.get("kind").and_then(Value::as_str) == Some("Secret")
        && object.get("apiVersion").and_then(Value::as_str) == Some("v1")
}

/// Texts become `***`; what holds them stays.
fn mask(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(mask),
        Value::Array(items) => items.iter_mut().for_each(mask),
        other => *other = Value::String(HIDDEN.to_owned()),
    }
}

fn hide(change: &mut Change) {
    let top = change.path.split(['.', '[']).next().unwrap_or_default();
    if top == "data" || top == "stringData" {
        change.before.iter_mut().chain(&mut change.after).for_each(mask);
    }
}

fn schema_of(object: &Value) -> Option<Type> {
    let api_version = object.get("apiVersion").and_then(Value::as_str)?;
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    k8s_schema::type_of(group, version, object.get("kind").and_then(Value::as_str)?)
}

fn compare(before: &Value, after: &Value, shape: Option<Shape>, list: ListType, path: &str, out: &mut Vec<Change>) {
    cue_syntax::with_stack(|| match (before, after) {
        (Value::Object(a), Value::Object(b)) => maps(a, b, shape, path, out),
        (Value::Array(a), Value::Array(b)) => lists(a, b, shape, &list, path, out),
        (a, b) if same(a, b, shape) => {}
        (a, b) => out.push(Change { path: path.to_owned(), before: Some(a.clone()), after: Some(b.clone()) }),
    });
}

/// Equal, or two spellings of one quantity, or of one number.
fn same(a: &Value, b: &Value, shape: Option<Shape>) -> bool {
    if a == b {
        return true;
    }
    match shape {
        Some(Shape::Quantity) => matches!((quantity(a), quantity(b)), (Some(a), Some(b)) if a == b),
        _ => matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if a == b),
    }
}

/// A quantity in billionths.
fn quantity(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => k8s_schema::billionths(text),
        Value::Number(number) => k8s_schema::billionths(&number.to_string()),
        _ => None,
    }
}

fn join(path: &str, field: &str) -> String {
    let plain = !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'));
    match (path.is_empty(), plain) {
        (true, true) => field.to_owned(),
        (false, true) => format!("{path}.{field}"),
        (_, false) => format!("{path}[{}]", Value::from(field)),
    }
}

fn maps(a: &Map<String, Value>, b: &Map<String, Value>, shape: Option<Shape>, path: &str, out: &mut Vec<Change>) {
    let mut keys: Vec<&String> = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))).collect();
    keys.sort();
    for key in keys {
        let here = join(path, key);
        let field = match shape {
            Some(Shape::Object(t)) => t.field(key),
            _ => None,
        };
        let inner = match shape {
            Some(Shape::Map(e)) => Some(e.shape()),
            _ => field.map(|f| f.shape()),
        };
        let list = field.map_or(ListType::Atomic, |f| f.list_type());
        match (a.get(key), b.get(key)) {
            (Some(x), Some(y)) => compare(x, y, inner, list, &here, out),
            // An empty value and none are the same to a cluster.
            (Some(x), None) if !is_empty(x) => out.push(Change { path: here, before: Some(x.clone()), after: None }),
            (None, Some(y)) if !is_empty(y) => out.push(Change { path: here, before: None, after: Some(y.clone()) }),
            _ => {}
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn lists(a: &[Value], b: &[Value], shape: Option<Shape>, list: &ListType, path: &str, out: &mut Vec<Change>) {
    let element = match shape {
        Some(Shape::List(e)) => Some(e.shape()),
        _ => None,
    };
    let keys: Vec<&str> = match list {
        ListType::Map(keys) => keys.clone(),
        _ => vec!["name"],
    };
    match (keyed(a, &keys), keyed(b, &keys)) {
        (Some(left), Some(right)) => {
            for (key, x) in &left {
                let here = format!("{path}[{key}]");
                match right.iter().find(|(k, _)| k == key) {
                    Some((_, y)) => compare(x, y, element, ListType::Atomic, &here, out),
                    None => out.push(Change { path: here, before: Some((*x).clone()), after: None }),
                }
            }
            for (key, y) in right.iter().filter(|(key, _)| left.iter().all(|(k, _)| k != key)) {
                out.push(Change { path: format!("{path}[{key}]"), before: None, after: Some((*y).clone()) });
            }
        }
        _ if *list == ListType::Set => {
            for x in a.iter().filter(|x| !b.contains(x)) {
                out.push(Change { path: path.to_owned(), before: Some(x.clone()), after: None });
            }
            for y in b.iter().filter(|y| !a.contains(y)) {
                out.push(Change { path: path.to_owned(), before: None, after: Some(y.clone()) });
            }
        }
        _ => {
            for i in 0..a.len().max(b.len()) {
                let here = format!("{path}[{i}]");
                match (a.get(i), b.get(i)) {
                    (Some(x), Some(y)) => compare(x, y, element, ListType::Atomic, &here, out),
                    (x, y) => out.push(Change { path: here, before: x.cloned(), after: y.cloned() }),
                }
            }
        }
    }
}

/// The elements by their keys, `name=web` or `containerPort=80,protocol=TCP`; `None` when some element has none of them, or
/// two are the same.
fn keyed<'v>(items: &'v [Value], keys: &[&str]) -> Option<Vec<(String, &'v Value)>> {
    let mut out: Vec<(String, &Value)> = Vec::with_capacity(items.len());
    for item in items {
        let map = item.as_object()?;
        let parts: Vec<String> = keys
            .iter()
            .filter_map(|key| {
                let value = map.get(*key)?;
                Some(format!("{key}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            })
            // A cluster fills in `protocol: TCP`, so it tells nothing apart from none.
            .filter(|part| part != "protocol=TCP")
            .collect();
        let key = parts.join(",");
        if key.is_empty() || out.iter().any(|(k, _)| *k == key) {
            return None;
        }
        out.push((key, item));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(before: &Value, after: &Value) -> String {
        let show = |v: &Option<Value>| v.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
        let all = changes(&essential(before), &essential(after));
        all.iter()
            .map(|c| format!("{}: {} -> {}", c.path, show(&c.before), show(&c.after)))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn deployment(containers: &Value, replicas: i64) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "resourceVersion": replicas.to_string(), "annotations": {"a.b/c": "x"}},
            "spec": {"replicas": replicas, "template": {"spec": {"containers": containers}}},
            "status": {"readyReplicas": replicas},
        })
    }

    #[test]
    fn lists_are_matched_by_their_keys() {
        let before = json!([
            {"name": "web", "image": "a", "ports": [{"containerPort": 80}, {"containerPort": 90}], "resources": {"limits": {"cpu": "1000m"}}},
            {"name": "log", "image": "l"},
        ]);
        let after = json!([
            {"name": "side", "image": "s"},
            {"name": "web", "image": "b", "ports": [{"containerPort": 90, "protocol": "TCP", "name": "x"}, {"containerPort": 80}], "resources": {"limits": {"cpu": 1}}, "args": []},
        ]);
        insta::assert_snapshot!(lines(&deployment(&before, 1), &deployment(&after, 2)), @r#"
        spec.replicas: 1 -> 2
        spec.template.spec.containers[name=web].image: "a" -> "b"
        spec.template.spec.containers[name=web].ports[containerPort=90].name: - -> "x"
        spec.template.spec.containers[name=web].ports[containerPort=90].protocol: - -> "TCP"
        spec.template.spec.containers[name=log]: {"image":"l","name":"log"} -> -
        spec.template.spec.containers[name=side]: - -> {"image":"s","name":"side"}
        "#);
    }

    #[test]
    fn secrets_are_compared_and_not_shown() {
        let secret = |data: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "labels": {"a": "b"}}, "data": data, "type": "Opaque"});
        let (before, after) =
            (secret(json!({"a": "AAA=", "b": "QQ=="})), secret(json!({"a": "BBB=", "b": "QQ==", "c": "Q0M="})));
        assert_eq!(lines(&before, &after), "data.a: \"***\" -> \"***\"\ndata.c: - -> \"***\"");
        assert_eq!(shown(&before).pointer("/data/a"), Some(&json!("***")));
        assert!(!shown(&before).to_string().contains("QQ"));
    }

    #[test]
    fn what_clusters_write_is_no_difference() {
        let a = deployment(&json!([]), 1);
        let mut b = a.clone();
        *b.pointer_mut("/metadata").unwrap() = json!({"name": "web", "uid": "u", "generation": 3, "annotations": {"a.b/c": "x", "deployment.kubernetes.io/revision": "3"}});
        assert_eq!(lines(&a, &b), "");
    }

    #[test]
    fn quantities_have_several_spellings() {
        for (a, b, equal) in [
            ("1", "1000m", true),
            ("1Gi", "1024Mi", true),
            ("1.5", "1500m", true),
            ("1G", "1Gi", false),
            ("x", "y", false),
        ] {
            assert_eq!(same(&json!(a), &json!(b), Some(Shape::Quantity)), equal, "{a} {b}");
        }
        assert!(same(&json!(1), &json!(1.0), None));
    }
}
