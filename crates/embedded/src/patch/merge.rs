//! JSON merge patch (RFC 7386): null removes, objects merge, everything else replaces.

use serde_json::{Map, Value};

use crate::error::ApiError;

/// Deeper objects are refused; Kubernetes' own schemas nest a tenth of this.
const DEPTH: usize = 200;

pub(super) fn apply(target: &mut Value, patch: &Value, depth: usize) -> Result<(), ApiError> {
    if depth > DEPTH {
        return Err(ApiError::bad_request("the patch is nested too deeply"));
    }
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return Ok(());
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(map) = target.as_object_mut() else { return Ok(()) };
    for (key, value) in fields {
        if value.is_null() {
            map.remove(key);
        } else {
            apply(map.entry(key.clone()).or_insert(Value::Null), value, depth + 1)?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merges_as_the_rfc_says() {
        let mut target = json!({"a": {"b": 1, "c": [1, 2]}, "d": 4});
        apply(&mut target, &json!({"a": {"b": null, "c": [3], "e": {"f": null, "g": 1}}}), 0).unwrap();
        assert_eq!(target, json!({"a": {"c": [3], "e": {"g": 1}}, "d": 4}));
    }
}
