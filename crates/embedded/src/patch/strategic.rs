//! Strategic merge patch: Kubernetes' own format, where lists merge by the keys that the schema names.
//!
//! Directives: `$patch: delete | replace | merge`, `$retainKeys`, `$deleteFromPrimitiveList/FIELD`,
//! `$setElementOrder/FIELD`.

use serde_json::{Map, Value};

use crate::catalog::Served;
use crate::error::ApiError;
use crate::schema::Schema;

const DEPTH: usize = 200;

pub(super) fn apply(served: &Served, old: &Value, patch: &Value) -> Result<Value, ApiError> {
    if !patch.is_object() {
        return Err(ApiError::bad_request("a strategic merge patch is a JSON object"));
    }
    merged(&Schema::of(served), Some(old), patch, 0).map(|new| new.unwrap_or_else(|| Value::Object(Map::new())))
}

/// `old` with `patch`; `None` removes the value.
fn merged(schema: &Schema, old: Option<&Value>, patch: &Value, depth: usize) -> Result<Option<Value>, ApiError> {
    if depth > DEPTH {
        return Err(ApiError::bad_request("the patch is nested too deeply"));
    }
    let Value::Object(fields) = patch else { return Ok(Some(patch.clone())) };
    match fields.get("$patch").and_then(Value::as_str) {
        Some("delete") => return Ok(None),
        Some("replace") => {
            let mut value = fields.clone();
            value.remove("$patch");
            return Ok(Some(Value::Object(value)));
        }
        Some("merge") | None => {}
        Some(other) => return Err(ApiError::bad_request(format!("Unknown value of $patch: {other}"))),
    }
    let mut result = old.and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(Value::Array(keep)) = fields.get("$retainKeys") {
        result.retain(|key, _| keep.iter().any(|k| k == key));
    }
    for (key, value) in fields {
        if key == "$patch" || key == "$retainKeys" || key.starts_with("$setElementOrder/") {
            continue;
        }
        if let Some(field) = key.strip_prefix("$deleteFromPrimitiveList/") {
            if let (Some(Value::Array(list)), Value::Array(gone)) = (result.get_mut(field), value) {
                list.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if value.is_null() {
            result.remove(key);
            continue;
        }
        let child = schema.child(key).unwrap_or(Schema::Any);
        let order = fields.get(&format!("$setElementOrder/{key}"));
        let new = match value {
            Value::Array(items) => Some(merged_list(&child, result.get(key), items, order, depth + 1)?),
            Value::Object(_) if child.has_strategy("replace") && result.contains_key(key) => Some(value.clone()),
            other => merged(&child, result.get(key), other, depth + 1)?,
        };
        match new {
            Some(new) => result.insert(key.clone(), new),
            None => result.remove(key),
        };
    }
    // An order without the list itself reorders what is there.
    for (key, order) in fields {
        if let Some(field) = key.strip_prefix("$setElementOrder/")
            && !fields.contains_key(field)
            && let Some(Value::Array(list)) = result.get_mut(field)
        {
            let child = schema.child(field).unwrap_or(Schema::Any);
            let before = list.clone();
            reorder(&child, list, order.as_array().map_or(&[], Vec::as_slice), &before);
        }
    }
    Ok(Some(Value::Object(result)))
}

fn merged_list(
    schema: &Schema,
    old: Option<&Value>,
    patch: &[Value],
    order: Option<&Value>,
    depth: usize,
) -> Result<Value, ApiError> {
    let empty = Vec::new();
    let old = old.and_then(Value::as_array).unwrap_or(&empty);
    if !schema.has_strategy("merge") {
        return Ok(Value::Array(patch.to_vec()));
    }
    let Some(key) = schema.merge_key() else {
        // A list of scalars: a set.
        let mut result = old.clone();
        for item in patch {
            if !result.contains(item) {
                result.push(item.clone());
            }
        }
        reorder(schema, &mut result, patch, old);
        if let Some(Value::Array(order)) = order {
            reorder(schema, &mut result, order, old);
        }
        return Ok(Value::Array(result));
    };
    let replace = patch.iter().any(|item| item.get("$patch").and_then(Value::as_str) == Some("replace"));
    if replace {
        let items = patch.iter().filter(|item| item.get("$patch").is_none()).cloned().collect();
        return Ok(Value::Array(items));
    }
    let element = schema.element();
    let mut result = old.clone();
    let same = |item: &Value, wanted: &Value| item.get(key) == Some(wanted);
    for item in patch {
        let Some(wanted) = item.get(key) else {
            let text = format!("map: {} does not contain declared merge key: {key}", go_map(item));
            return Err(ApiError::new(500, "", text));
        };
        if item.get("$patch").and_then(Value::as_str) == Some("delete") {
            result.retain(|other| !same(other, wanted));
            continue;
        }
        match result.iter_mut().find(|other| same(other, wanted)) {
            Some(slot) => {
                if let Some(new) = merged(&element, Some(slot), item, depth + 1)? {
                    *slot = new;
                }
            }
            None => {
                if let Some(new) = merged(&element, None, item, depth + 1)? {
                    result.push(new);
                }
            }
        }
    }
    reorder(schema, &mut result, patch, old);
    if let Some(Value::Array(order)) = order {
        reorder(schema, &mut result, order, old);
    }
    Ok(Value::Array(result))
}

/// A JSON object as Go prints a map.
fn go_map(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let inner: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", go_map(value))).collect();
            format!("map[{}]", inner.join(" "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(go_map).collect::<Vec<_>>().join(" ")),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Puts the elements that `order` names in that order. The others keep the order they had, each before the first
/// element of `order` that it stood before in `old`.
fn reorder(schema: &Schema, list: &mut Vec<Value>, order: &[Value], old: &[Value]) {
    let same = |a: &Value, b: &Value| match schema.merge_key() {
        Some(key) => a.get(key).is_some() && a.get(key) == b.get(key),
        None => a == b,
    };
    let rank = |items: &[Value], item: &Value| items.iter().position(|other| same(other, item));
    let (mut named, mut rest): (Vec<Value>, Vec<Value>) = list.drain(..).partition(|item| rank(order, item).is_some());
    named.sort_by_key(|item| rank(order, item));
    rest.sort_by_key(|item| rank(old, item));
    let mut rest = rest.into_iter().peekable();
    for item in named {
        while let Some(other) = rest.peek() {
            let before = rank(old, other).zip(rank(old, &item)).is_some_and(|(a, b)| a < b);
            if !before {
                break;
            }
            list.extend(rest.next());
        }
        list.push(item);
    }
    list.extend(rest);
}
