//! Garbage collection by `ownerReferences`, and other consequences of a write.
//!
//! What Kubernetes' garbage collector does some time later happens here within the request that caused it: an object
//! whose owners are all gone goes too, one with other owners loses the reference. An owner in another namespace counts
//! as gone, as it does there. Work is queued, not recursive, so that a long chain of owners cannot exhaust the stack.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use serde_json::Value;
use smol_str::SmolStr;

use super::{CRDS, NAMESPACES};
use crate::catalog::Served;
use crate::object;
use crate::store::{DeleteOptions, Expect, Key, Propagation, Store, Stored};

/// What the collector still has to look at.
#[derive(Debug, Default)]
pub(crate) struct Garbage {
    queue: VecDeque<Key>,
    running: bool,
}

impl Store {
    /// Consequences of a stored object: its own collection when it names owners that are not there, and the API that a
    /// CustomResourceDefinition adds.
    pub(crate) fn after_write(&self, served: &Served, stored: &Arc<Stored>) {
        if &*served.table == CRDS {
            self.serve_custom_resource(stored);
        }
        if &*served.table == super::events::EVENTS && stored.version.is_multiple_of(super::events::EVERY) {
            self.forget_old_events();
        }
        if !stored.owners.is_empty() {
            self.collect(VecDeque::from([stored.key.clone()]));
        }
    }

    /// Consequences of a removal.
    pub(crate) fn after_removal(&self, served: &Served, last: &Arc<Stored>) {
        if &*served.table == CRDS {
            self.forget_custom_resource(last);
        }
        let mut queue: VecDeque<Key> = self.engine().dependents(&last.uid).into();
        if served.custom {
            // A definition that waits for its objects may go now.
            let name = format!("{}.{}", served.plural, served.group);
            if let Some(crd) = self.engine().get(CRDS, "", &name) {
                queue.push_back(crd.key.clone());
            }
        }
        // Owners that wait for their dependents may go now.
        queue.extend(last.owners.iter().filter_map(|owner| self.engine().by_uid(owner)));
        self.collect(queue);
    }

    /// An object got a deletion timestamp: let its dependents go first, or go free.
    pub(crate) fn continue_deletion(&self, served: &Served, stored: &Arc<Stored>) {
        let _ = served;
        self.collect(VecDeque::from([stored.key.clone()]));
    }

    /// After opening: what a crash left between a deletion and its consequences.
    pub(crate) fn collect_leftovers(&self) {
        self.forget_old_events();
        let (all, _) = self.engine().everything();
        let queue: VecDeque<Key> = all.iter().filter(|s| !s.owners.is_empty()).map(|s| s.key.clone()).collect();
        self.collect(queue);
    }

    fn collect(&self, keys: VecDeque<Key>) {
        let lock = || self.inner.garbage.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut garbage = lock();
            garbage.queue.extend(keys);
            if garbage.running {
                // Whoever collects now takes these too: a removal made by the collector ends up here.
                return;
            }
            garbage.running = true;
        }
        // Each step removes an object or a reference, or does nothing: the queue empties.
        loop {
            let key = {
                let mut garbage = lock();
                let Some(key) = garbage.queue.pop_front() else {
                    garbage.running = false;
                    return;
                };
                key
            };
            let Some(stored) = self.engine().get(&key.resource, &key.namespace, &key.name) else { continue };
            let Some(served) = self.catalog().of_table(&key.resource) else { continue };
            let mut more = VecDeque::new();
            self.collect_one(&served, &stored, &mut more);
            lock().queue.extend(more);
        }
    }

    fn collect_one(&self, served: &Served, stored: &Arc<Stored>, queue: &mut VecDeque<Key>) {
        let value = stored.value();
        if object::is_terminating(&value) {
            let finalizers = object::finalizers(&value);
            if finalizers.iter().any(|f| f == "orphan") {
                for dependent in self.engine().dependents(&stored.uid) {
                    self.drop_owners(&dependent, std::slice::from_ref(&stored.uid));
                }
                self.drop_finalizer(served, stored, "orphan");
                return;
            }
            if &*served.table == CRDS && finalizers.iter().any(|f| f == crate::crd::CLEANUP) {
                if self.delete_instances(&value) {
                    self.drop_finalizer(served, stored, crate::crd::CLEANUP);
                }
                return;
            }
            if finalizers.iter().any(|f| f == "foregroundDeletion") {
                let mut blocked = false;
                for key in self.engine().dependents(&stored.uid) {
                    let Some(dependent) = self.engine().get(&key.resource, &key.namespace, &key.name) else { continue };
                    let dependent_value = dependent.value();
                    if !object::is_terminating(&dependent_value) {
                        self.delete_dependent(&dependent);
                    }
                    let still = self.engine().get(&key.resource, &key.namespace, &key.name).is_some();
                    blocked |= still && blocks(&dependent_value, &stored.uid);
                }
                if !blocked {
                    self.drop_finalizer(served, stored, "foregroundDeletion");
                }
                return;
            }
        }
        if stored.owners.is_empty() {
            return;
        }
        let (gone, present): (Vec<SmolStr>, Vec<SmolStr>) =
            stored.owners.iter().cloned().partition(|uid| !self.owner_exists(uid, &key_namespace(stored)));
        if gone.is_empty() {
            return;
        }
        if present.is_empty() {
            if !object::is_terminating(&value) {
                let options = DeleteOptions {
                    propagation: Some(Propagation::Background),
                    uid: Some(stored.uid.to_string()),
                    ..DeleteOptions::default()
                };
                // Its own dependents are collected by its removal; a failure leaves it for the next opening.
                if let Err(e) = self.delete_served(served, &stored.key.namespace, &stored.key.name, &options)
                    && !e.is_not_found()
                {
                    tracing::warn!(object = %stored.key.name, "garbage collection failed: {e}");
                }
            }
        } else {
            self.drop_owners(&stored.key, &gone);
            queue.extend(present.iter().filter_map(|owner| self.engine().by_uid(owner)));
        }
    }

    /// Deletes the objects of a CustomResourceDefinition; whether none is left.
    fn delete_instances(&self, crd: &Value) -> bool {
        let text = |path: &[&str]| object::text(crd, path).to_owned();
        let table = format!("{}/{}", text(&["spec", "group"]), text(&["spec", "names", "plural"]));
        let Some(served) = self.catalog().of_table(&table) else { return true };
        let (items, _) = self.engine().list(&table, None, None);
        for item in items.iter().filter(|item| !object::is_terminating(&item.value())) {
            let options = DeleteOptions::default();
            if let Err(e) = self.delete_served(&served, &item.key.namespace, &item.key.name, &options)
                && !e.is_not_found()
            {
                tracing::warn!(object = %item.key.name, "an object of a deleted definition stays: {e}");
            }
        }
        self.engine().list(&table, None, None).0.is_empty()
    }

    fn delete_dependent(&self, dependent: &Arc<Stored>) {
        let Some(served) = self.catalog().of_table(&dependent.key.resource) else { return };
        let own = self.engine().dependents(&dependent.uid);
        let propagation = if own.is_empty() { Propagation::Background } else { Propagation::Foreground };
        let options = DeleteOptions {
            propagation: Some(propagation),
            uid: Some(dependent.uid.to_string()),
            ..DeleteOptions::default()
        };
        if let Err(e) = self.delete_served(&served, &dependent.key.namespace, &dependent.key.name, &options)
            && !e.is_not_found()
        {
            tracing::warn!(object = %dependent.key.name, "garbage collection failed: {e}");
        }
    }

    /// Whether an owner is there for a dependent in `namespace`: cluster-scoped, or in the same namespace.
    fn owner_exists(&self, uid: &str, namespace: &str) -> bool {
        self.engine().by_uid(uid).is_some_and(|key| key.namespace.is_empty() || key.namespace == namespace)
    }

    fn drop_owners(&self, key: &Key, owners: &[SmolStr]) {
        self.edit(key, |value| {
            if let Some(Value::Array(list)) = value.pointer_mut("/metadata/ownerReferences") {
                list.retain(|owner| !owners.iter().any(|uid| object::text(owner, &["uid"]) == uid));
                if list.is_empty() {
                    object::remove(value, &["metadata", "ownerReferences"]);
                }
            }
        });
    }

    fn drop_finalizer(&self, served: &Served, stored: &Arc<Stored>, finalizer: &str) {
        let done = self.edit(&stored.key, |value| {
            let mut finalizers = object::finalizers(value);
            finalizers.retain(|f| f != finalizer);
            if finalizers.is_empty() {
                object::remove(value, &["metadata", "finalizers"]);
            } else {
                object::set(value, &["metadata", "finalizers"], finalizers);
            }
        });
        if let Some(now) = done {
            let value = now.value();
            let held = &*served.table == NAMESPACES && !object::list(&value, &["spec", "finalizers"]).is_empty();
            let grace = object::int(&value, &["metadata", "deletionGracePeriodSeconds"]).unwrap_or(0);
            if object::is_terminating(&value)
                && object::finalizers(&value).is_empty()
                && grace == 0
                && !held
                && self.engine().remove(&now.key, now.version).is_ok()
            {
                self.after_removal(served, &now);
            }
        }
    }

    /// Changes a stored object in place, whoever else writes.
    fn edit(&self, key: &Key, change: impl Fn(&mut Value)) -> Option<Arc<Stored>> {
        for _ in 0..super::ATTEMPTS {
            let stored = self.engine().get(&key.resource, &key.namespace, &key.name)?;
            let old = stored.value();
            let mut value = old.clone();
            change(&mut value);
            if value == old {
                return Some(stored);
            }
            if let Ok(stored) = self.engine().put(key.clone(), Expect::Version(stored.version), value) {
                return Some(stored);
            }
        }
        None
    }
}

fn key_namespace(stored: &Stored) -> SmolStr {
    stored.key.namespace.clone()
}

fn blocks(dependent: &Value, owner: &str) -> bool {
    object::list(dependent, &["metadata", "ownerReferences"]).iter().any(|reference| {
        object::text(reference, &["uid"]) == owner
            && reference.get("blockOwnerDeletion").and_then(Value::as_bool).unwrap_or(false)
    })
}
