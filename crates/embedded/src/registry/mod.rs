//! The rules of writing: what a create, an update, a patch and a delete make of an object before it is stored.

mod create;
mod delete;
mod events;
mod gc;
mod names;
mod prepare;
mod update;

use serde_json::Value;

pub(crate) use self::gc::Garbage;
pub(crate) use self::names::check_name;
use crate::catalog::Served;
use crate::error::ApiError;
use crate::object;
use crate::store::{Key, Refused, Store};

pub(crate) const NAMESPACES: &str = "/namespaces";
pub(crate) const CRDS: &str = "apiextensions.k8s.io/customresourcedefinitions";
/// How often a patch is recomputed when others write in between.
const ATTEMPTS: usize = 64;

pub(crate) fn key(served: &Served, namespace: &str, name: &str) -> Key {
    Key { resource: served.table.clone(), namespace: namespace.into(), name: name.into() }
}

pub(crate) fn refused(served: &Served, name: &str, why: Refused) -> ApiError {
    match why {
        Refused::TooLarge(size) => {
            let message = format!("Request entity too large: {name:?} has {size} bytes, a cluster takes 1572864");
            ApiError::new(413, "RequestEntityTooLarge", message)
        }
        Refused::TooDeep => ApiError::bad_request("the object is nested too deeply"),
        Refused::Changed => ApiError::stale(&served.group, &served.plural, name),
        Refused::Disk(e) => ApiError::internal(format!("the cluster's database cannot be written: {e}")),
        Refused::Closed => ApiError::unavailable("the cluster is closed"),
    }
}

impl Store {
    /// The namespaces that every cluster has.
    pub(crate) fn make_system_namespaces(&self) -> Result<(), ApiError> {
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            if self.engine().get(NAMESPACES, "", name).is_none() {
                let namespace = serde_json::json!({
                    "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name},
                });
                let gvr = crate::catalog::Gvr::new("", "v1", "namespaces");
                self.create(gvr, "", namespace, &crate::store::WriteOptions::by("kube-apiserver"))?;
            }
        }
        Ok(())
    }

    /// 404 for a namespace that is not there, 403 for one that is being deleted (where `creating`).
    pub(crate) fn check_namespace(&self, served: &Served, namespace: &str, name: &str) -> Result<(), ApiError> {
        let Some(stored) = self.engine().get(NAMESPACES, "", namespace) else {
            return Err(ApiError::not_found("", "namespaces", namespace));
        };
        if object::is_terminating(&stored.value()) {
            let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
            let mut error = ApiError::forbidden(&served.group, &served.plural, name, &why);
            if let Some(details) = error.details.as_mut().and_then(|d| d.as_object_mut()) {
                let cause = serde_json::json!([{
                    "reason": "NamespaceTerminating",
                    "message": format!("namespace {namespace} is being terminated"),
                    "field": "metadata.namespace",
                }]);
                details.insert("causes".into(), cause);
            }
            return Err(error);
        }
        Ok(())
    }
}

/// Whether two states of an object are equal but for what the server itself changes at every write: the version, and
/// the times in `managedFields`.
pub(crate) fn same(old: &Value, new: &Value) -> bool {
    equal_except(old, new, &["metadata"])
        && equal_except(metadata(old), metadata(new), &["resourceVersion", "managedFields"])
        && {
            let (old, new) = (object::list(old, MANAGED), object::list(new, MANAGED));
            old.len() == new.len() && old.iter().zip(new).all(|(a, b)| equal_except(a, b, &["time"]))
        }
}

const MANAGED: &[&str] = &["metadata", "managedFields"];

fn metadata(value: &Value) -> &Value {
    value.get("metadata").unwrap_or(&Value::Null)
}

/// Whether two objects are equal but for some of their fields.
pub(crate) fn equal_except(old: &Value, new: &Value, fields: &[&str]) -> bool {
    match (old.as_object(), new.as_object()) {
        (Some(old), Some(new)) => {
            let counted = |map: &serde_json::Map<String, Value>| {
                map.len() - fields.iter().filter(|field| map.contains_key(**field)).count()
            };
            counted(old) == counted(new)
                && old.iter().all(|(key, value)| fields.contains(&key.as_str()) || new.get(key) == Some(value))
        }
        _ => old == new,
    }
}
