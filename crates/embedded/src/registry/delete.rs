//! Deleting an object, and what happens to those that it owns.

use std::sync::Arc;

use serde_json::Value;

use super::update::is_held_namespace;
use super::{ATTEMPTS, refused};
use crate::catalog::{Gvr, Served};
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::object;
use crate::store::{DeleteOptions, Deleted, Expect, Propagation, Refused, Selector, Store, Stored};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

impl Store {
    /// Deletes an object, or marks it as being deleted while finalizers or dependents hold it.
    pub fn delete(
        &self,
        gvr: Gvr<'_>,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Deleted, ApiError> {
        let served = self.served(gvr)?;
        self.delete_served(&served, namespace, name, options)
    }

    /// Deletes what a selector selects; returns what was deleted.
    pub fn delete_collection(
        &self,
        gvr: Gvr<'_>,
        namespace: Option<&str>,
        selector: &Selector,
        options: &DeleteOptions,
    ) -> Result<Vec<Value>, ApiError> {
        let served = self.served(gvr)?;
        let (items, _) = self.engine().list(&served.table, namespace, None);
        let mut deleted = Vec::new();
        for stored in items.iter().filter(|stored| selector.matches(stored)) {
            match self.delete_served(&served, &stored.key.namespace, &stored.key.name, options) {
                Ok(done) => deleted.push(done.object),
                Err(e) if e.is_not_found() => {}
                Err(e) => return Err(e),
            }
        }
        Ok(deleted)
    }

    pub(crate) fn delete_served(
        &self,
        served: &Served,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Deleted, ApiError> {
        for _ in 0..ATTEMPTS {
            let current = self.get_stored(served, namespace, name)?;
            let old = self.shown(served, &current);
            check_preconditions(served, name, &current, options)?;
            if &*served.table == super::NAMESPACES && ["default", "kube-system", "kube-public"].contains(&name) {
                return Err(ApiError::forbidden("", "namespaces", name, "this namespace may not be deleted"));
            }
            let mut object = old.clone();
            let mut finalizers = object::finalizers(&old);
            match options.propagation {
                Some(Propagation::Foreground) if !finalizers.iter().any(|f| f == FOREGROUND) => {
                    finalizers.retain(|f| f != ORPHAN);
                    finalizers.push(FOREGROUND.into());
                }
                Some(Propagation::Orphan) if !finalizers.iter().any(|f| f == ORPHAN) => {
                    finalizers.retain(|f| f != FOREGROUND);
                    finalizers.push(ORPHAN.into());
                }
                Some(Propagation::Background) => finalizers.retain(|f| f != FOREGROUND && f != ORPHAN),
                _ => {}
            }
            if &*served.table == super::CRDS && !finalizers.iter().any(|f| f == crate::crd::CLEANUP) {
                finalizers.push(crate::crd::CLEANUP.into());
                crate::crd::mark_terminating(&mut object, self.now());
            }
            let grace = self.grace(served, &old, options);
            let held = !finalizers.is_empty() || grace > 0 || is_held_namespace(served, &old);
            if options.dry_run {
                return Ok(Deleted { object, gone: !held });
            }
            if !held {
                match self.engine().remove(&current.key, current.version) {
                    Ok(last) => {
                        self.after_removal(served, &current);
                        return Ok(Deleted { object: self.shown(served, &last), gone: true });
                    }
                    Err(Refused::Changed) => continue,
                    Err(why) => return Err(refused(served, name, why)),
                }
            }
            object::set(&mut object, &["metadata", "finalizers"], finalizers.clone());
            if finalizers.is_empty() {
                object::remove(&mut object, &["metadata", "finalizers"]);
            }
            if object::is_terminating(&old) {
                let before = object::int(&old, &["metadata", "deletionGracePeriodSeconds"]).unwrap_or(0);
                object::set(&mut object, &["metadata", "deletionGracePeriodSeconds"], before.min(grace));
            } else {
                let at = self.now().checked_add(jiff::SignedDuration::from_secs(grace)).unwrap_or(self.now());
                object::set(&mut object, &["metadata", "deletionTimestamp"], rfc3339(at));
                let definition = &*served.table == super::CRDS;
                if !definition {
                    object::set(&mut object, &["metadata", "deletionGracePeriodSeconds"], grace);
                }
                if let Some(generation) = object::int(&old, &["metadata", "generation"]).filter(|_| !definition) {
                    object::set(&mut object, &["metadata", "generation"], generation + 1);
                }
                if &*served.table == super::NAMESPACES {
                    object::set(&mut object, &["status", "phase"], "Terminating");
                    object::remove(&mut object, &["metadata", "deletionGracePeriodSeconds"]);
                }
            }
            if object == old {
                self.continue_deletion(served, &current);
                return Ok(Deleted { object, gone: false });
            }
            match self.engine().put(current.key.clone(), Expect::Version(current.version), object) {
                Ok(stored) => {
                    self.after_write(served, &stored);
                    self.continue_deletion(served, &stored);
                    let gone = self.engine().get(&served.table, namespace, name).is_none();
                    return Ok(Deleted { object: self.shown(served, &stored), gone });
                }
                Err(Refused::Changed) => continue,
                Err(why) => return Err(refused(served, name, why)),
            }
        }
        Err(ApiError::stale(&served.group, &served.plural, name))
    }

    /// Seconds that a pod is given to end; everything else ends at once.
    fn grace(&self, served: &Served, old: &Value, options: &DeleteOptions) -> i64 {
        if &*served.table != "/pods" || !self.inner.simulate {
            return 0;
        }
        let scheduled = !object::text(old, &["spec", "nodeName"]).is_empty();
        let over = ["Succeeded", "Failed"].contains(&object::text(old, &["status", "phase"]));
        if !scheduled || over {
            return 0;
        }
        let of_pod = object::int(old, &["spec", "terminationGracePeriodSeconds"]).unwrap_or(30);
        options.grace_seconds.unwrap_or(of_pod).max(0)
    }
}

fn check_preconditions(
    served: &Served,
    name: &str,
    current: &Arc<Stored>,
    options: &DeleteOptions,
) -> Result<(), ApiError> {
    if let Some(uid) = options.uid.as_deref().filter(|uid| *uid != current.uid) {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            current.uid
        );
        return Err(ApiError::conflict(&served.group, &served.kind, name, &why));
    }
    let version = current.version.to_string();
    if let Some(wanted) = options.resource_version.as_deref().filter(|wanted| *wanted != version) {
        let why = format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        );
        return Err(ApiError::conflict(&served.group, &served.kind, name, &why));
    }
    Ok(())
}
