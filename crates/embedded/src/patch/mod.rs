//! The patch formats of the Kubernetes API, except server-side apply.

mod json;
mod merge;
mod strategic;

use serde_json::Value;

use crate::catalog::Served;
use crate::error::ApiError;
use crate::store::Patch;

/// `old` with `patch` applied.
pub(crate) fn patched(served: &Served, old: &Value, patch: &Patch) -> Result<Value, ApiError> {
    match patch {
        Patch::Json(operations) => json::apply(old, operations),
        Patch::Merge(patch) => {
            if !patch.is_object() {
                let kind = match patch {
                    Value::Array(_) => "array",
                    Value::String(_) => "string",
                    Value::Number(_) => "number",
                    Value::Bool(_) => "bool",
                    _ => "null",
                };
                return Err(ApiError::bad_request(format!(
                    "error decoding patch: json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
                )));
            }
            let mut new = old.clone();
            merge::apply(&mut new, patch, 0)?;
            Ok(new)
        }
        Patch::Strategic(patch) => strategic::apply(served, old, patch),
        Patch::Apply(_) => Err(ApiError::internal("an apply is not a patch of text")),
    }
}
