//! `kube.#Read` (what is not there is told in `err`) and `kube.#Get` (what is not there is an error).

use super::object;
use crate::call::{Call, Clusters};
use crate::fault::Fault;
use crate::object::ObjectRef;
use serde_json::{Value, json};

/// Reads the object that `value` names; answers `{value}` or `{err}`.
///
/// # Errors
/// The cluster does not answer, or has no such kind.
pub async fn read(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let target = ObjectRef::of(&object(call, "value")?)?;
    let objects = clusters.objects(call.text("cluster")).await?;
    Ok(match objects.read(&target).await? {
        Some(value) => json!({ "value": value }),
        None => json!({ "err": not_found(&target, objects.cluster()) }),
    })
}

/// Reads the object that `resource` names; answers `{value}`.
///
/// # Errors
/// It is not there; the cluster does not answer, or has no such kind.
pub async fn get(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let target = ObjectRef::of(&object(call, "resource")?)?;
    let objects = clusters.objects(call.text("cluster")).await?;
    match objects.read(&target).await? {
        Some(value) => Ok(json!({ "value": value })),
        None => Err(Fault { status: Some(404), ..Fault::permanent(not_found(&target, objects.cluster())) }),
    }
}

fn not_found(target: &ObjectRef, cluster: &str) -> String {
    format!("{target} not found on cluster {cluster}")
}
