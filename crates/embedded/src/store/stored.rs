//! One object as it is kept: serialised, with what lookups need beside it.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use smol_str::SmolStr;

use crate::object;

/// Where an object lives: `apps/deployments` (the core group is empty: `/pods`), its namespace (empty for
/// cluster-scoped kinds) and name. All versions of a resource share one collection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) resource: Arc<str>,
    pub(crate) namespace: SmolStr,
    pub(crate) name: SmolStr,
}

/// A stored object. The JSON text is kept rather than a tree: it is what goes over the wire, and a fifth of the size.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) key: Key,
    pub(crate) version: u64,
    pub(crate) uid: SmolStr,
    pub(crate) api_version: SmolStr,
    pub(crate) labels: Vec<(SmolStr, SmolStr)>,
    /// UIDs of the owners, for garbage collection.
    pub(crate) owners: Vec<SmolStr>,
    pub(crate) bytes: Bytes,
}

impl Stored {
    pub(crate) fn new(key: Key, version: u64, value: &Value, bytes: Bytes) -> Self {
        let labels = object::at(value, &["metadata", "labels"])
            .and_then(Value::as_object)
            .map(|map| map.iter().filter_map(|(k, v)| Some((k.into(), v.as_str()?.into()))).collect())
            .unwrap_or_default();
        let owners = object::list(value, &["metadata", "ownerReferences"])
            .iter()
            .map(|owner| object::text(owner, &["uid"]).into())
            .collect();
        Stored {
            key,
            version,
            uid: object::uid(value).into(),
            api_version: object::text(value, &["apiVersion"]).into(),
            labels,
            owners,
            bytes,
        }
    }

    /// The object as a tree. What is stored was written by us, so it parses; null stands for the impossible.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}
