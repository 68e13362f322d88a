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
            let mut new = old.clone();
            merge::apply(&mut new, patch, 0)?;
            Ok(new)
        }
        Patch::Strategic(patch) => strategic::apply(served, old, patch),
        Patch::Apply(_) => Err(ApiError::internal("an apply is not a patch of text")),
    }
}
