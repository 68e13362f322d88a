//! JSON patch (RFC 6902): a list of operations, all or none.

use serde_json::Value;

use crate::error::ApiError;
use crate::object;

/// Kubernetes refuses longer patches too.
const OPERATIONS: usize = 10_000;

pub(super) fn apply(old: &Value, operations: &Value) -> Result<Value, ApiError> {
    let Some(operations) = operations.as_array() else {
        return Err(ApiError::bad_request("error decoding patch: a JSON patch is a list of operations"));
    };
    if operations.len() > OPERATIONS {
        return Err(ApiError::new(
            413,
            "RequestEntityTooLarge",
            format!("The allowed maximum operations in a JSON patch is {OPERATIONS}, got {}", operations.len()),
        ));
    }
    let mut new = old.clone();
    for operation in operations {
        one(&mut new, operation).map_err(|why| {
            ApiError::new(
                422,
                "Invalid",
                format!("the server rejected our request due to an error in our request: {why}"),
            )
        })?;
    }
    Ok(new)
}

fn one(doc: &mut Value, operation: &Value) -> Result<(), String> {
    let op = object::text(operation, &["op"]);
    let path = operation.get("path").and_then(Value::as_str).ok_or("an operation has no path")?;
    let value = || operation.get("value").cloned().ok_or_else(|| format!("operation {op} {path} has no value"));
    match op {
        "add" => add(doc, path, value()?),
        "remove" => remove(doc, path).map(drop),
        "replace" => {
            let slot = doc.pointer_mut(path).ok_or_else(|| missing("replace", path))?;
            *slot = value()?;
            Ok(())
        }
        "test" => {
            let here = doc.pointer(path).unwrap_or(&Value::Null);
            if *here == value()? { Ok(()) } else { Err(format!("testing value {path} failed: test failed")) }
        }
        "move" | "copy" => {
            let from = operation.get("from").and_then(Value::as_str).ok_or("an operation has no from")?;
            let taken = if op == "move" {
                if path.strip_prefix(from).is_some_and(|rest| rest.starts_with('/')) {
                    return Err(format!("cannot move {from} into itself"));
                }
                remove(doc, from)?
            } else {
                doc.pointer(from).cloned().ok_or_else(|| missing("copy", from))?
            };
            add(doc, path, taken)
        }
        other => Err(format!("unexpected kind of operation: {other:?}")),
    }
}

fn missing(op: &str, path: &str) -> String {
    format!("{op} operation does not apply: doc is missing path: {path:?}")
}

fn split(path: &str) -> Option<(&str, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(doc: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *doc = value;
        return Ok(());
    }
    let (parent, last) = split(path).ok_or_else(|| format!("{path:?} is not a JSON pointer"))?;
    match doc.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.insert(last, value);
            Ok(())
        }
        Some(Value::Array(list)) => {
            if last == "-" {
                list.push(value);
                return Ok(());
            }
            let index: usize = last.parse().map_err(|_| format!("{last:?} is not an index"))?;
            if index > list.len() {
                return Err(format!("add operation does not apply: index {index} is out of bounds"));
            }
            list.insert(index, value);
            Ok(())
        }
        _ => Err(missing("add", path)),
    }
}

fn remove(doc: &mut Value, path: &str) -> Result<Value, String> {
    let (parent, last) = split(path).ok_or_else(|| format!("{path:?} is not a JSON pointer"))?;
    match doc.pointer_mut(parent) {
        Some(Value::Object(map)) => map.remove(&last).ok_or_else(|| missing("remove", path)),
        Some(Value::Array(list)) => {
            let index: usize = last.parse().map_err(|_| format!("{last:?} is not an index"))?;
            if index < list.len() { Ok(list.remove(index)) } else { Err(missing("remove", path)) }
        }
        _ => Err(missing("remove", path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_apply_in_order_or_not_at_all() {
        let doc = json!({"a": [1, 2], "b/c": {"x": 1}});
        let ok = |ops: Value| apply(&doc, &ops).map_err(|e| e.code);
        assert_eq!(
            ok(json!([{"op": "add", "path": "/a/-", "value": 3}])),
            Ok(json!({"a": [1, 2, 3], "b/c": {"x": 1}}))
        );
        assert_eq!(ok(json!([{"op": "remove", "path": "/b~1c/x"}])), Ok(json!({"a": [1, 2], "b/c": {}})));
        assert_eq!(
            ok(json!([{"op": "move", "from": "/a/0", "path": "/d"}, {"op": "test", "path": "/d", "value": 1}])),
            Ok(json!({"a": [2], "b/c": {"x": 1}, "d": 1}))
        );
        assert_eq!(ok(json!([{"op": "replace", "path": "/no", "value": 3}])), Err(422));
        assert_eq!(ok(json!([{"op": "test", "path": "/a/0", "value": 9}])), Err(422));
        assert_eq!(ok(json!([{"op": "add", "path": "/a/9", "value": 9}])), Err(422));
    }
}
