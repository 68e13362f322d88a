//! Expected data against what came out.
//!
//! An expected map is a part: what it does not name is not looked at, and `null` wants a field to be absent. A list has as
//! many elements in the same order, each of them a part. With `exact` maps are whole too; the labels that every object gets,
//! and the name and namespace that an object is given, are then looked at only where they are named.

use super::observe::is_added;
use super::read::place;
use crate::data::{fields, items};
use cue::{Data, DataValue};
use cue_syntax::Diagnostic;
use serde_json::Value;

/// The longest value that is shown in one line.
const LONGEST: usize = 160;

/// Compares, and says every difference with its path below `path`.
pub fn differences(expected: &Data, got: &Value, path: &str, exact: bool, out: &mut Vec<Diagnostic>) {
    compare(expected, got, path, exact, 0, out);
}

fn compare(expected: &Data, got: &Value, path: &str, exact: bool, depth: u32, out: &mut Vec<Diagnostic>) {
    if depth > 1_000 {
        return;
    }
    match (&expected.value, got) {
        (DataValue::Struct(wanted), Value::Object(has)) => {
            for (name, value) in wanted {
                let inner = join(path, name);
                match has.get(name.as_str()) {
                    Some(found) => compare(value, found, &inner, exact, depth + 1, out),
                    None if matches!(value.value, DataValue::Null) => {}
                    None => out.push(difference(value, &inner, format!("is absent, expected {}", shown(value)))),
                }
            }
            if exact {
                for (name, value) in has {
                    let added = wanted.contains_key(name.as_str()) || is_given(path, name, value);
                    if !added {
                        let text = format!("is {}, and is not expected", short(&value.to_string()));
                        out.push(difference(expected, &join(path, name), text));
                    }
                }
            }
        }
        (DataValue::List(wanted), Value::Array(has)) => {
            for (i, (value, found)) in wanted.iter().zip(has).enumerate() {
                compare(value, found, &format!("{path}[{i}]"), exact, depth + 1, out);
            }
            if wanted.len() != has.len() {
                let text = format!("has {}, expected {}", elements(has.len()), elements(wanted.len()));
                let text = match has.get(wanted.len()) {
                    Some(first) => format!("{text}; the first that is not expected is {}", short(&first.to_string())),
                    None => text,
                };
                out.push(difference(expected, path, text));
            }
        }
        _ => {
            let wanted = cue::json::to_value(expected).unwrap_or(Value::Null);
            if !same(&wanted, got) {
                let text = format!("is {}, expected {}", short(&got.to_string()), short(&wanted.to_string()));
                out.push(difference(expected, path, text));
            }
        }
    }
}

fn elements(n: usize) -> String {
    match n {
        1 => "1 element".to_owned(),
        n => format!("{n} elements"),
    }
}

/// Equal, numbers by what they are worth.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => match (x.as_i64(), y.as_i64()) {
            (Some(x), Some(y)) => x == y,
            _ => x == y || x.as_f64() == y.as_f64(),
        },
        (a, b) => a == b,
    }
}

/// What an exact comparison does not count: what rendering gives to every object.
fn is_given(path: &str, name: &str, value: &Value) -> bool {
    if path.ends_with("metadata") {
        let only_added = || value.as_object().is_some_and(|o| o.keys().all(|k| is_added(k)));
        return matches!(name, "name" | "namespace") || (name == "labels" && only_added());
    }
    // The whole of `metadata` may be given.
    let metadata_only = |o: &serde_json::Map<String, Value>| o.iter().all(|(k, v)| is_given("metadata", k, v));
    (path.ends_with("metadata.labels") && is_added(name))
        || (name == "metadata" && value.as_object().is_some_and(metadata_only))
}

pub(super) fn difference(at: &Data, path: &str, text: String) -> Diagnostic {
    let mut problem = Diagnostic::error("test/differs", text).path(path);
    problem.labels.extend(place(at, "expected here"));
    problem
}

fn shown(data: &Data) -> String {
    if fields(data).is_some_and(|f| f.is_empty())
        || (matches!(data.value, DataValue::List(_)) && items(data).is_empty())
    {
        return "it, empty".to_owned();
    }
    short(&cue::json::to_value(data).unwrap_or(Value::Null).to_string())
}

/// A text that fits a line.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(LONGEST - 1).collect();
    cut.push('…');
    cut
}

/// A field below a path.
pub(super) fn join(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    let name = if plain { name.to_owned() } else { format!("{name:?}") };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(expected: &str, got: Value, exact: bool) -> Vec<String> {
        let expected = cue::yaml::parse(expected).unwrap();
        let mut out = Vec::new();
        differences(&expected, &got, "output", exact, &mut out);
        out.into_iter().map(|d| format!("{} {}", d.path.unwrap(), d.message)).collect()
    }

    #[test]
    fn a_map_is_a_part_and_a_list_is_whole() {
        assert!(told("{a: 1, c: null}", json!({"a": 1, "b": 2}), false).is_empty());
        assert!(told("{a: [{x: 1}]}", json!({"a": [{"x": 1, "y": 2}]}), false).is_empty());
        assert_eq!(
            told("{a: [{x: 1}], b: {c: 2}, d: null}", json!({"a": [{"x": 2}, 3], "d": 1}), false),
            [
                "output.a[0].x is 2, expected 1",
                "output.a has 2 elements, expected 1 element; the first that is not expected is 3",
                "output.b is absent, expected {\"c\":2}",
                "output.d is 1, expected null"
            ]
        );
        assert_eq!(told("{'a-b': '1'}", json!({"a-b": 1}), false), ["output.\"a-b\" is 1, expected \"1\""]);
    }

    #[test]
    fn an_exact_object_is_whole_but_for_what_every_object_gets() {
        let got = json!({"kind": "Service", "metadata": {"name": "a", "labels": {"app.oam.dev/name": "x"}}, "spec": {"a": 1}});
        assert!(told("{kind: Service, spec: {a: 1}}", got.clone(), true).is_empty());
        assert_eq!(told("{kind: Service}", got.clone(), true), ["output.spec is {\"a\":1}, and is not expected"]);
        let labels = "{kind: Service, spec: {a: 1}, metadata: {labels: {app.oam.dev/name: y}}}";
        assert_eq!(told(labels, got, true), ["output.metadata.labels.\"app.oam.dev/name\" is \"x\", expected \"y\""]);
    }

    #[test]
    fn numbers_are_compared_by_worth() {
        assert!(told("{a: 1.0, b: 2}", json!({"a": 1, "b": 2.0}), false).is_empty());
        assert_eq!(told("{a: 9007199254740993}", json!({"a": 9007199254740992i64}), false).len(), 1);
    }
}
