//! `kube.#Delete`: one object, or with a filter all of a kind in one namespace.

use super::{filter, object};
use crate::call::{Call, Clusters, Dispatch, Manifest};
use crate::fault::Fault;
use serde_json::{Value, json};

/// Deletes the object that `value` names, or everything of its kind that `filter` matches; answers `{value}` or `{err}`.
///
/// # Errors
/// A filter without a namespace and labels (it would delete everything); the cluster does not answer.
pub async fn delete(call: &Call<'_>, clusters: &dyn Clusters, dispatch: &dyn Dispatch) -> Result<Value, Fault> {
    let object = object(call, "value")?;
    if call.params.get("filter").is_some_and(|f| !f.is_null()) {
        let mut filter = filter(call);
        if filter.namespace.is_empty() && filter.label_selector.is_empty() {
            return Err(Fault::permanent(
                "the filter of the delete names neither a namespace nor a label; it would delete everything of its kind",
            ));
        }
        if filter.namespace.is_empty() {
            filter.namespace = call.namespace.to_owned();
        }
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let objects = clusters.objects(call.text("cluster")).await?;
        objects.delete_collection(text("apiVersion"), text("kind"), &filter).await?;
        return Ok(json!({ "value": object }));
    }
    let manifest = Manifest {
        cluster: call.text("cluster").to_owned(),
        component: String::new(),
        trait_name: String::new(),
        env: String::new(),
        secret: call.secret,
        object: object.clone(),
    };
    Ok(if dispatch.delete(manifest).await? {
        json!({ "value": object })
    } else {
        json!({ "value": object, "err": "the object is not there" })
    })
}
