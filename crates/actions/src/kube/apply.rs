//! `kube.#Apply` and `kube.#ApplyInParallel`: bring objects to the state that the step wants.

use super::object;
use crate::call::{Call, Dispatch, Manifest};
use crate::fault::Fault;
use model::labels;
use serde_json::{Value, json};

fn manifest(call: &Call<'_>, object: Value) -> Manifest {
    Manifest {
        cluster: call.text("cluster").to_owned(),
        component: String::new(),
        trait_name: String::new(),
        env: String::new(),
        secret: call.secret,
        object,
    }
}

/// Applies `value` on `cluster`; answers `{value: the live object}`.
///
/// An object with `generateName` is an effect: its name is made from the call's key, so that a repeated call finds the
/// object that the first one made.
///
/// # Errors
/// What [`Dispatch::apply`] says.
pub async fn apply(call: &Call<'_>, dispatch: &dyn Dispatch) -> Result<Value, Fault> {
    let mut object = object(call, "value")?;
    if let (Some(key), Some(metadata)) = (call.key, object.get_mut("metadata").and_then(Value::as_object_mut))
        && let Some(prefix) = metadata.remove("generateName").and_then(|v| v.as_str().map(str::to_owned))
    {
        metadata.entry("name").or_insert_with(|| format!("{prefix}{}", key.get(..10).unwrap_or(key)).into());
        let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.insert(labels::IDEMPOTENCY_KEY.into(), key.into());
        }
    }
    let live = dispatch.apply(vec![manifest(call, object)]).await?;
    Ok(json!({ "value": live.into_iter().next() }))
}

/// Applies every object of the list `value` on `cluster`; answers `{value: the live objects}`.
///
/// # Errors
/// What [`Dispatch::apply`] says; the others may have been applied.
pub async fn apply_in_parallel(call: &Call<'_>, dispatch: &dyn Dispatch) -> Result<Value, Fault> {
    let Some(values) = call.need("value")?.as_array() else {
        return Err(Fault::permanent("the parameter \"value\" must be a list of objects"));
    };
    let mut manifests = Vec::with_capacity(values.len());
    for value in values {
        let params = json!({ "value": value });
        let one = Call { params: &params, ..call.clone() };
        manifests.push(manifest(call, object(&one, "value")?));
    }
    let live = dispatch.apply(manifests).await?;
    Ok(json!({ "value": live }))
}
