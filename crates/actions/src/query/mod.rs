//! Package `vela/query`: what an Application has on its clusters. Which objects those are comes from its inventory, given
//! as [`Applied`]; this reads them and what belongs to them.

mod endpoint;
mod pod;

pub use endpoint::endpoints;
pub use pod::{events, logs, pods};

use crate::call::Clusters;
use crate::fault::Fault;
use crate::object::{Filter, ObjectRef};
use serde_json::{Value, json};

/// An object that an Application has applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The cluster; empty is the hub.
    pub cluster: String,
    /// Its component.
    pub component: String,
    /// Its trait.
    pub trait_name: String,
    /// The object.
    pub object: ObjectRef,
}

/// `filter` of a query: which of the objects.
#[must_use]
pub fn chosen(applied: &Applied, filter: &Value) -> bool {
    let same = |name: &str, value: &str| {
        filter.get(name).and_then(Value::as_str).is_none_or(|wanted| wanted.is_empty() || wanted == value)
    };
    let component = filter.get("components").and_then(Value::as_array).is_none_or(|components| {
        components.is_empty() || components.iter().any(|c| c.as_str() == Some(applied.component.as_str()))
    });
    let cluster = if applied.cluster.is_empty() { model::cluster::LOCAL } else { &applied.cluster };
    component
        && (same("cluster", cluster) || same("cluster", &applied.cluster))
        && same("clusterNamespace", &applied.object.namespace)
        && same("apiVersion", &applied.object.api_version)
        && same("kind", &applied.object.kind)
}

/// What every row of an answer begins with.
fn row(applied: &Applied) -> Value {
    let cluster = if applied.cluster.is_empty() { model::cluster::LOCAL } else { &applied.cluster };
    json!({
        "cluster": cluster, "component": applied.component, "trait": applied.trait_name,
        "apiVersion": applied.object.api_version, "kind": applied.object.kind,
        "namespace": applied.object.namespace, "name": applied.object.name,
    })
}

/// `query.#ListAppliedResources`: which objects were applied.
pub fn applied(all: &[Applied]) -> Value {
    json!({"list": all.iter().map(row).collect::<Vec<_>>()})
}

/// `query.#ListResourcesInApp`: the objects as they are; one that is gone is left out.
///
/// # Errors
/// A cluster does not answer.
pub async fn resources(all: &[Applied], clusters: &dyn Clusters) -> Result<Value, Fault> {
    let mut list = Vec::new();
    for one in all {
        if let Some(object) = clusters.objects(&one.cluster).await?.read(&one.object).await? {
            let mut row = row(one);
            if let Some(map) = row.as_object_mut() {
                map.insert("object".into(), object);
            }
            list.push(row);
        }
    }
    Ok(json!({ "list": list }))
}

/// `query.#GetApplicationTree`: the objects, and below each what it owns.
///
/// # Errors
/// A cluster does not answer.
pub async fn tree(all: &[Applied], clusters: &dyn Clusters) -> Result<Value, Fault> {
    let mut list = Vec::new();
    for one in all {
        let objects = clusters.objects(&one.cluster).await?;
        let Some(live) = objects.read(&one.object).await? else { continue };
        let filter = Filter { namespace: one.object.namespace.clone(), ..Filter::default() };
        let mut below = Vec::new();
        for (api_version, kind) in [("apps/v1", "ReplicaSet"), ("batch/v1", "Job"), ("v1", "Pod")] {
            let found = objects.list(api_version, kind, &filter).await?;
            for mut object in found.get("items").and_then(Value::as_array).cloned().unwrap_or_default() {
                if let Some(map) = object.as_object_mut() {
                    map.insert("apiVersion".into(), api_version.into());
                    map.insert("kind".into(), kind.into());
                }
                below.push(object);
            }
        }
        let mut row = row(one);
        if let Some(map) = row.as_object_mut() {
            map.insert("resourceTree".into(), node(&live, &below, 0));
        }
        list.push(row);
    }
    Ok(json!({ "list": list }))
}

/// An object with what it owns; chains are short, the bound is for objects that own each other.
fn node(object: &Value, all: &[Value], depth: usize) -> Value {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let owned = all.iter().filter(|o| {
        let owners = o.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        let uid = text("/metadata/uid");
        owners.is_some_and(|owners| owners.iter().any(|r| r.get("uid").and_then(Value::as_str) == Some(uid)))
    });
    let leaves: Vec<Value> = if depth < 5 { owned.map(|o| node(o, all, depth + 1)).collect() } else { Vec::new() };
    json!({
        "apiVersion": text("/apiVersion"), "kind": text("/kind"), "namespace": text("/metadata/namespace"),
        "name": text("/metadata/name"), "uid": text("/metadata/uid"), "leafNodes": leaves,
    })
}

#[cfg(test)]
mod tests;
