//! The objects of a cluster that simulated controllers look at, indexed by owner.

use super::{kind::Kind, object::Json};
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// What names an object within a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for a cluster's own objects.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Key {
    /// The key of an object of a kind.
    pub fn of(kind: Kind, object: &Value) -> Key {
        Key { kind, namespace: object.namespace().to_owned(), name: object.name().to_owned() }
    }
}

/// A copy of the objects that matter to the simulation.
#[derive(Debug, Default)]
pub struct View {
    objects: BTreeMap<Key, Arc<Value>>,
    /// Keys of children by the uid of each of their owners.
    children: FxHashMap<String, Vec<Key>>,
    /// When an object of a uid was first seen.
    seen: FxHashMap<String, Timestamp>,
}

impl View {
    /// Takes an object in, or its newer state. An older state than the known one is ignored.
    /// Returns what was known before.
    pub fn insert(&mut self, kind: Kind, object: Arc<Value>, now: Timestamp) -> Option<Arc<Value>> {
        let key = Key::of(kind, &object);
        if let Some(known) = self.objects.get(&key)
            && known.uid() == object.uid()
            && version(known) > version(&object)
        {
            return Some(known.clone());
        }
        let before = self.remove_key(&key, Some(object.uid()));
        for owner in object.items("/metadata/ownerReferences") {
            self.children.entry(owner.text("/uid").to_owned()).or_default().push(key.clone());
        }
        self.seen.entry(object.uid().to_owned()).or_insert(now);
        self.objects.insert(key, object);
        before
    }

    /// Forgets an object. Returns what was known.
    pub fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        self.remove_key(key, None)
    }

    fn remove_key(&mut self, key: &Key, successor: Option<&str>) -> Option<Arc<Value>> {
        let before = self.objects.remove(key)?;
        for owner in before.items("/metadata/ownerReferences") {
            if let Some(keys) = self.children.get_mut(owner.text("/uid")) {
                keys.retain(|known| known != key);
                if keys.is_empty() {
                    self.children.remove(owner.text("/uid"));
                }
            }
        }
        if successor != Some(before.uid()) {
            self.seen.remove(before.uid());
        }
        Some(before)
    }

    /// One object.
    pub fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// One object by its parts.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.objects.get(&Key { kind, namespace: namespace.to_owned(), name: name.to_owned() })
    }

    /// The objects of a kind in a namespace, by name.
    pub fn list<'a>(&'a self, kind: Kind, namespace: &'a str) -> impl Iterator<Item = &'a Arc<Value>> {
        let first = Key { kind, namespace: namespace.to_owned(), name: String::new() };
        self.objects
            .range(first..)
            .take_while(move |(key, _)| key.kind == kind && key.namespace == namespace)
            .map(|(_, object)| object)
    }

    /// The objects of a kind in all namespaces.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Arc<Value>> {
        let first = Key { kind, namespace: String::new(), name: String::new() };
        self.objects.range(first..).take_while(move |(key, _)| key.kind == kind).map(|(_, object)| object)
    }

    /// The children of a kind that an owner controls, by name.
    pub fn controlled(&self, kind: Kind, owner: &Value) -> Vec<&Arc<Value>> {
        let mut found: Vec<_> = self
            .children_keys(owner.uid())
            .iter()
            .filter(|key| key.kind == kind)
            .filter_map(|key| self.objects.get(key))
            .filter(|object| {
                super::object::controller(object).is_some_and(|reference| reference.text("/uid") == owner.uid())
            })
            .collect();
        found.sort_by(|one, other| one.name().cmp(other.name()));
        found
    }

    /// The keys of everything that names this uid as an owner.
    pub fn children_keys(&self, uid: &str) -> &[Key] {
        self.children.get(uid).map_or(&[], Vec::as_slice)
    }

    /// When an object was first seen.
    pub fn seen(&self, uid: &str) -> Option<Timestamp> {
        self.seen.get(uid).copied()
    }

    /// Every key, in order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.objects.keys()
    }
}

/// The number in a resourceVersion.
fn version(object: &Value) -> u64 {
    object.text("/metadata/resourceVersion").parse().unwrap_or(0)
}
