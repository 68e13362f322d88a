//! What a structural schema does to an object: prune, default, check.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::node::{Checks, Kind, Node};
use crate::error::Cause;
use crate::schema::Listing;

/// Deeper values are refused.
const DEPTH: usize = 200;

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Removes fields that the schema does not name; their paths go to `unknown`.
pub(crate) fn prune(node: &Node, value: &mut Value, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                let here = join(path, &key);
                if node.is_object_root() && ["apiVersion", "kind", "metadata"].contains(&key.as_str()) {
                    continue;
                }
                let child = node.properties.get(&key).or(node.additional.as_ref());
                match (child, map.get_mut(&key)) {
                    (Some(child), Some(inner)) => prune(child, inner, &here, unknown),
                    _ if node.preserve || node.kind == Kind::Any => {}
                    _ => {
                        map.remove(&key);
                        unknown.push(here);
                    }
                }
            }
        }
        Value::Array(list) => {
            if let Some(items) = &node.items {
                for (index, item) in list.iter_mut().enumerate() {
                    prune(items, item, &format!("{path}[{index}]"), unknown);
                }
            }
        }
        _ => {}
    }
}

/// Sets defaults, and drops nulls where null is not allowed and a default exists.
pub(crate) fn default(node: &Node, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, child) in &node.properties {
                let absent = map.get(key).is_none_or(|v| v.is_null() && !child.nullable);
                if absent && let Some(default) = &child.default {
                    map.insert(key.clone(), default.clone());
                }
            }
            for (key, inner) in map.iter_mut() {
                if let Some(child) = node.properties.get(key).or(node.additional.as_ref()) {
                    default(child, inner);
                }
            }
        }
        Value::Array(list) => {
            if let Some(items) = &node.items {
                for item in list {
                    default(items, item);
                }
            }
        }
        _ => {}
    }
}

/// Everything that `value` violates.
pub(crate) fn check(node: &Node, value: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    visit(node, value, "", 0, &mut causes);
    causes
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn has_kind(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Any => true,
        Kind::Object => value.is_object(),
        Kind::Array => value.is_array(),
        Kind::String => value.is_string(),
        Kind::Boolean => value.is_boolean(),
        Kind::Number => value.is_number(),
        Kind::Integer => is_integer(value),
        Kind::IntOrString => value.is_string() || is_integer(value),
    }
}

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
}

fn visit(node: &Node, value: &Value, path: &str, depth: usize, causes: &mut Vec<Cause>) {
    let shown = if path.is_empty() { "<nil>" } else { path };
    let mut invalid = |value: &Value, why: String| causes.push(Cause::invalid(shown, value, &why));
    if depth > DEPTH {
        invalid(&Value::Null, "is nested too deeply".into());
        return;
    }
    if value.is_null() && (node.nullable || node.kind == Kind::Any) {
        return;
    }
    if !has_kind(node.kind, value) {
        let got = type_name(value);
        let why = format!("{path} in body must be of type {}: {got:?}", node.kind.name());
        let message = format!("Invalid value: {got:?}: {why}");
        causes.push(Cause { reason: "FieldValueTypeInvalid", message, field: shown.to_owned() });
        return;
    }
    check_leaf(&node.checks, value, path, shown, causes);
    match value {
        Value::Object(map) => {
            for key in &node.required {
                if !map.contains_key(key) {
                    causes.push(Cause::required(join(path, key), ""));
                }
            }
            for (key, inner) in map {
                if node.is_object_root() && ["apiVersion", "kind", "metadata"].contains(&key.as_str()) {
                    continue;
                }
                if let Some(child) = node.properties.get(key) {
                    visit(child, inner, &join(path, key), depth + 1, causes);
                } else if let Some(child) = &node.additional {
                    visit(child, inner, &join(path, key), depth + 1, causes);
                }
            }
        }
        Value::Array(list) => {
            check_list_keys(node, list, shown, causes);
            if let Some(items) = &node.items {
                for (index, item) in list.iter().enumerate() {
                    visit(items, item, &format!("{path}[{index}]"), depth + 1, causes);
                }
            }
        }
        _ => {}
    }
    check_combined(&node.checks, value, path, shown, depth, causes);
}

fn check_list_keys(node: &Node, list: &[Value], shown: &str, causes: &mut Vec<Cause>) {
    let keys_of = |item: &Value| -> Option<Value> {
        match &node.listing {
            Listing::Atomic => None,
            Listing::Set => Some(item.clone()),
            Listing::Map(keys) => {
                let found: Map<String, Value> =
                    keys.iter().filter_map(|k| Some((k.clone(), item.get(k)?.clone()))).collect();
                Some(Value::Object(found))
            }
        }
    };
    let mut seen: Vec<Value> = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let Some(key) = keys_of(item) else { return };
        if seen.contains(&key) {
            let go = if key.is_object() { "map[string]interface {}" } else { "" };
            causes.push(Cause {
                reason: "FieldValueDuplicate",
                message: format!("Duplicate value: {go}{key}"),
                field: format!("{shown}[{index}]"),
            });
        }
        seen.push(key);
    }
}

fn check_leaf(checks: &Checks, value: &Value, path: &str, shown: &str, causes: &mut Vec<Cause>) {
    let mut invalid = |why: String| causes.push(Cause::invalid(shown, value, &format!("{path} in body {why}")));
    if let Some(number) = value.as_f64() {
        if let Some((limit, exclusive)) = checks.minimum
            && (number < limit || (exclusive && number == limit))
        {
            invalid(format!("should be greater than {}{limit}", if exclusive { "" } else { "or equal to " }));
        }
        if let Some((limit, exclusive)) = checks.maximum
            && (number > limit || (exclusive && number == limit))
        {
            invalid(format!("should be less than {}{limit}", if exclusive { "" } else { "or equal to " }));
        }
        if let Some(step) = checks.multiple_of
            && step > 0.0
            && (number / step).fract() != 0.0
        {
            invalid(format!("should be a multiple of {step}"));
        }
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count();
        if let Some(least) = checks.min_length
            && length < least
        {
            invalid(format!("should be at least {least} chars long"));
        }
        if let Some((pattern, Some(regex))) = &checks.pattern
            && !regex.is_match(text)
        {
            invalid(format!("should match '{pattern}'"));
        }
        if !format_holds(&checks.format, text) {
            invalid(format!("must be of type {}: {text:?}", checks.format));
        }
    }
    if let (Some(list), Some(least)) = (value.as_array(), checks.min_items)
        && list.len() < least
    {
        invalid(format!("should have at least {least} items"));
    }
    if let (Some(map), Some(least)) = (value.as_object(), checks.min_properties)
        && map.len() < least
    {
        invalid(format!("should have at least {least} properties"));
    }
    if let (Some(list), true) = (value.as_array(), checks.unique)
        && list.iter().enumerate().any(|(index, item)| list.iter().take(index).any(|other| other == item))
    {
        invalid("shouldn't contain duplicates".into());
    }
    let mut too_many = |count: usize, most: usize, what: &str, reason: &'static str, word: &str| {
        let message = format!(
            "{word}: {}must have at most {most} {what}",
            if word == "Too many" { format!("{count}: ") } else { String::new() }
        );
        causes.push(Cause { reason, message, field: shown.to_owned() });
    };
    if let (Some(text), Some(most)) = (value.as_str(), checks.max_length)
        && text.chars().count() > most
    {
        causes.push(Cause {
            reason: "FieldValueTooLong",
            message: format!("Too long: may not be more than {most} bytes"),
            field: shown.to_owned(),
        });
    } else if let (Some(list), Some(most)) = (value.as_array(), checks.max_items)
        && list.len() > most
    {
        too_many(list.len(), most, "items", "FieldValueTooMany", "Too many");
    } else if let (Some(map), Some(most)) = (value.as_object(), checks.max_properties)
        && map.len() > most
    {
        too_many(map.len(), most, "items", "FieldValueTooMany", "Too many");
    }
    if !checks.allowed.is_empty() && !checks.allowed.contains(value) {
        let allowed: Vec<String> =
            checks.allowed.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
        causes.push(Cause::unsupported(shown, value, &allowed));
    }
}

/// The formats that kube-apiserver enforces and that people meet.
fn format_holds(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "uuid" => uuid::Uuid::parse_str(text).is_ok(),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "byte" => {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(text).is_ok()
        }
        _ => true,
    }
}

fn check_combined(checks: &Checks, value: &Value, path: &str, shown: &str, depth: usize, causes: &mut Vec<Cause>) {
    let holds = |node: &Arc<Node>| {
        let mut found = Vec::new();
        visit(node, value, path, depth + 1, &mut found);
        found.is_empty()
    };
    for node in &checks.all_of {
        visit(node, value, path, depth + 1, causes);
    }
    let name = if path.is_empty() { "" } else { path };
    if !checks.any_of.is_empty() && !checks.any_of.iter().any(holds) {
        causes.push(Cause::invalid(shown, value, &format!("{name:?} must validate at least one schema (anyOf)")));
    }
    if !checks.one_of.is_empty() {
        let count = checks.one_of.iter().filter(|node| holds(node)).count();
        if count != 1 {
            let found =
                if count == 0 { "Found none valid".to_owned() } else { format!("Found {count} valid alternatives") };
            let why = format!("{name:?} must validate one and only one schema (oneOf). {found}");
            causes.push(Cause::invalid(shown, value, &why));
        }
    }
    if checks.not.as_ref().is_some_and(holds) {
        causes.push(Cause::invalid(shown, value, &format!("{name:?} must not validate the schema (not)")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Node {
        Node::read_root(&json!({
            "type": "object",
            "properties": {
                "spec": {
                    "type": "object", "required": ["image"],
                    "properties": {
                        "image": {"type": "string", "pattern": "^[a-z:]+$"},
                        "replicas": {"type": "integer", "minimum": 0, "default": 1},
                        "mode": {"type": "string", "enum": ["fast", "slow"], "default": "slow"},
                        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                        "port": {"x-kubernetes-int-or-string": true},
                    },
                },
            },
        }))
    }

    #[test]
    fn unknown_fields_go_and_defaults_come() {
        let mut value =
            json!({"metadata": {"name": "a"}, "extra": 1, "spec": {"image": "a", "odd": 1, "free": {"x": {"y": 1}}}});
        let mut unknown = Vec::new();
        prune(&schema(), &mut value, "", &mut unknown);
        default(&schema(), &mut value);
        assert_eq!(unknown, ["extra", "spec.odd"]);
        let expected = json!({
            "metadata": {"name": "a"},
            "spec": {"image": "a", "free": {"x": {"y": 1}}, "replicas": 1, "mode": "slow"},
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn violations_read_as_kubernetes_writes_them() {
        let causes = check(&schema(), &json!({"spec": {"replicas": -1, "mode": "odd", "port": true}}));
        let texts: Vec<String> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        insta::assert_snapshot!(texts.join("\n"), @r#"
        spec.image: Required value
        spec.mode: Unsupported value: "odd": supported values: "fast", "slow"
        spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"
        spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0
        "#);
    }
}
