//! `kube.#Patch`: change a live object by a patch.

use super::object;
use crate::call::{Call, Clusters};
use crate::fault::Fault;
use crate::object::{ObjectRef, PatchType};
use serde_json::{Value, json};

/// Merges `patch` (JSON merge patch; `{type, data}` says which kind) into the live object that `value` names; answers
/// `{result, value}`.
///
/// # Errors
/// The object is not there; the patch does not fit; the cluster does not answer.
pub async fn patch(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let target = ObjectRef::of(&object(call, "value")?)?;
    let patch = call.need("patch")?;
    let (kind, data) = match (patch.get("type").and_then(Value::as_str), patch.get("data")) {
        (Some("merge"), Some(data)) => (PatchType::Merge, data),
        (Some("strategic"), Some(data)) => (PatchType::Strategic, data),
        (Some("json"), Some(data)) => (PatchType::Json, data),
        _ => (PatchType::Merge, patch),
    };
    let objects = clusters.objects(call.text("cluster")).await?;
    let result = objects.patch(&target, kind, data, false, "lateen-patch").await?;
    Ok(json!({ "result": result, "value": result }))
}
