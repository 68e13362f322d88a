//! Field ownership: server-side apply and the bookkeeping of other writes in `metadata.managedFields`.

use jiff::Timestamp;
use serde_json::Value;

use crate::catalog::Served;
use crate::error::ApiError;
use crate::patch;
use crate::store::{Patch, WriteOptions};

pub(crate) fn track_update(served: &Served, old: Option<&Value>, object: &mut Value, options: &WriteOptions, now: Timestamp) {
    let _ = (served, old, object, options, now);
}

pub(crate) fn apply_new(served: &Served, applied: &Value, options: &WriteOptions, now: Timestamp) -> Value {
    let _ = (served, options, now);
    applied.clone()
}

pub(crate) fn apply(served: &Served, old: &Value, applied: &Value, options: &WriteOptions, now: Timestamp) -> Result<Value, ApiError> {
    let _ = (options, now);
    patch::patched(served, old, &Patch::Merge(applied.clone()))
}
