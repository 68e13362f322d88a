//! One object as it is kept: serialised, with what lookups need beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
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

#[derive(Deserialize)]
struct Head {
    metadata: Metadata,
}

/// What the indices need of an object's metadata.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    resource_version: SmolStr,
    #[serde(default)]
    uid: SmolStr,
    #[serde(default)]
    labels: Option<BTreeMap<SmolStr, Option<SmolStr>>>,
    #[serde(default)]
    owner_references: Option<Vec<Owner>>,
}

#[derive(Deserialize)]
struct Owner {
    #[serde(default)]
    uid: Option<SmolStr>,
}

/// A stored object. The JSON text is kept rather than a tree: it is what goes over the wire, and a fifth of the size.
/// `apiVersion` and `kind` stand beside it: each version of a resource shows its own, and lists leave them out.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) key: Key,
    pub(crate) version: u64,
    pub(crate) uid: SmolStr,
    pub(crate) api_version: SmolStr,
    pub(crate) kind: SmolStr,
    pub(crate) labels: Vec<(SmolStr, SmolStr)>,
    /// UIDs of the owners, for garbage collection.
    pub(crate) owners: Vec<SmolStr>,
    pub(crate) bytes: Bytes,
}

impl Stored {
    /// `value` is the whole object, with this version in its metadata.
    pub(crate) fn new(key: Key, version: u64, mut value: Value) -> Self {
        let mut take = |field: &str| match object::remove(&mut value, &[field]) {
            Some(Value::String(text)) => SmolStr::from(text),
            _ => SmolStr::default(),
        };
        let (api_version, kind) = (take("apiVersion"), take("kind"));
        let value = &value;
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
            api_version,
            kind,
            labels,
            owners,
            // A tree of JSON always serialises.
            bytes: serde_json::to_vec(value).unwrap_or_default().into(),
        }
    }

    /// An object whose version is in its metadata.
    pub(crate) fn new_as_written(key: Key, value: Value) -> Self {
        let version = object::text(&value, &["metadata", "resourceVersion"]).parse().unwrap_or(0);
        Stored::new(key, version, value)
    }

    /// An object from what [`Stored::bytes`] was; reads only the metadata. `None`: it is no object of ours.
    pub(crate) fn read(key: Key, api_version: SmolStr, kind: SmolStr, bytes: Bytes) -> Option<Self> {
        let Head { metadata } = serde_json::from_slice(&bytes).ok()?;
        Some(Stored {
            key,
            version: metadata.resource_version.parse().ok()?,
            uid: metadata.uid,
            api_version,
            kind,
            labels: metadata.labels.into_iter().flatten().filter_map(|(k, v)| Some((k, v?))).collect(),
            owners: metadata
                .owner_references
                .into_iter()
                .flatten()
                .map(|owner| owner.uid.unwrap_or_default())
                .collect(),
            bytes,
        })
    }

    /// The object as a tree. What is stored was written by us, so it parses; null stands for the impossible.
    pub(crate) fn value(&self) -> Value {
        let mut value: Value = serde_json::from_slice(&self.bytes).unwrap_or(Value::Null);
        if let Some(map) = value.as_object_mut() {
            map.insert("apiVersion".into(), self.api_version.as_str().into());
            map.insert("kind".into(), self.kind.as_str().into());
        }
        value
    }

    /// The JSON text of the object, with this `apiVersion`.
    pub(crate) fn text(&self, api_version: &str) -> Bytes {
        let head =
            format!("{{\"apiVersion\":{},\"kind\":{},", Value::from(api_version), Value::from(self.kind.as_str()));
        let mut text = Vec::with_capacity(head.len() + self.bytes.len());
        text.extend_from_slice(head.as_bytes());
        text.extend_from_slice(self.bytes.get(1..).unwrap_or_default());
        text.into()
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}
