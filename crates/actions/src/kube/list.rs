//! `kube.#List`: the objects of a kind, filtered by namespace and labels.

use super::filter;
use crate::call::{Call, Clusters};
use crate::fault::Fault;
use serde_json::{Value, json};

/// Lists `resource: {apiVersion, kind}`; answers `{values: the list object}`, under `list` too for old templates.
///
/// # Errors
/// The cluster does not answer, or has no such kind.
pub async fn list(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let resource = call.need("resource")?;
    let text = |name: &str| {
        resource
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| Fault::permanent(format!("the parameter \"resource.{name}\" is missing")))
    };
    let objects = clusters.objects(call.text("cluster")).await?;
    let found = objects.list(text("apiVersion")?, text("kind")?, &filter(call)).await?;
    Ok(json!({ "values": found, "list": found }))
}
