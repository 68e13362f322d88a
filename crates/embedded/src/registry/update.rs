//! Changing an object: replace, patch, apply, on the object itself or on a subresource.

use std::sync::Arc;

use serde_json::Value;

use super::create::check_identity;
use super::{ATTEMPTS, equal_except, key, refused, same};
use crate::catalog::{Gvr, Served};
use crate::error::{ApiError, Cause};
use crate::object;
use crate::store::{Expect, Patch, Refused, Store, Stored, Subresource, WriteOptions, Written};

impl Store {
    /// Replaces an object. Where the new text has a `metadata.resourceVersion`, it must be the current one.
    pub fn update(
        &self,
        gvr: Gvr<'_>,
        namespace: &str,
        object: Value,
        options: &WriteOptions,
    ) -> Result<Value, ApiError> {
        let served = self.served(gvr)?;
        let name = object::name(&object).to_owned();
        Ok(self.update_served(&served, namespace, &name, object, options)?.object)
    }

    /// Replaces the `status` of an object.
    pub fn update_status(
        &self,
        gvr: Gvr<'_>,
        namespace: &str,
        object: Value,
        options: &WriteOptions,
    ) -> Result<Value, ApiError> {
        self.update(gvr, namespace, object, &options.clone().status())
    }

    /// Patches an object (or its status, see [`WriteOptions::subresource`]). Apply creates what is absent.
    pub fn patch(
        &self,
        gvr: Gvr<'_>,
        namespace: &str,
        name: &str,
        patch: &Patch,
        options: &WriteOptions,
    ) -> Result<Value, ApiError> {
        let served = self.served(gvr)?;
        Ok(self.patch_served(&served, namespace, name, patch, options)?.object)
    }

    /// Server-side apply; the manager is [`WriteOptions::manager`].
    pub fn apply(
        &self,
        gvr: Gvr<'_>,
        namespace: &str,
        object: Value,
        options: &WriteOptions,
    ) -> Result<Value, ApiError> {
        let name = object::name(&object).to_owned();
        self.patch(gvr, namespace, &name, &Patch::Apply(object), options)
    }

    pub(crate) fn update_served(
        &self,
        served: &Served,
        namespace: &str,
        name: &str,
        mut object: Value,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        check_identity(served, namespace, &mut object)?;
        check_name(&object, name)?;
        if served.custom && object::text(&object, &["metadata", "resourceVersion"]).is_empty() {
            let cause = Cause {
                reason: "FieldValueInvalid",
                message: "Invalid value: 0x0: must be specified for an update".into(),
                field: "metadata.resourceVersion".into(),
            };
            return Err(ApiError::invalid(&served.group, &served.kind, name, &[cause]));
        }
        for _ in 0..ATTEMPTS {
            let current = self.get_stored(served, namespace, name)?;
            check_version(served, &current, &object)?;
            let old = self.compared(served, &current);
            check_uid(served, name, &old, &object)?;
            if let Some(written) = self.replace(served, &current, &old, object.clone(), options, false)? {
                return Ok(written);
            }
        }
        Err(ApiError::stale(&served.group, &served.plural, name))
    }

    pub(crate) fn patch_served(
        &self,
        served: &Served,
        namespace: &str,
        name: &str,
        patch: &Patch,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        if let Patch::Apply(object) = patch {
            return self.apply_served(served, namespace, name, object, options);
        }
        if served.custom && matches!(patch, Patch::Strategic(_)) {
            return Err(ApiError::unsupported_media_type(
                "application/strategic-merge-patch+json",
                &["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"],
            ));
        }
        for _ in 0..ATTEMPTS {
            let current = self.get_stored(served, namespace, name)?;
            let old = self.compared(served, &current);
            let mut object = crate::patch::patched(served, &old, patch)?;
            check_identity(served, namespace, &mut object)?;
            check_name(&object, name)?;
            check_version(served, &current, &object)?;
            check_uid(served, name, &old, &object)?;
            if let Some(written) = self.replace(served, &current, &old, object, options, false)? {
                return Ok(written);
            }
        }
        Err(ApiError::stale(&served.group, &served.plural, name))
    }

    fn apply_served(
        &self,
        served: &Served,
        namespace: &str,
        name: &str,
        applied: &Value,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        let (sent, kind) = (object::text(applied, &["apiVersion"]), object::text(applied, &["kind"]));
        if !served.custom && !kind.is_empty() && (sent != served.group_version() || kind != served.kind) {
            let shown = if sent.contains('/') { sent.to_owned() } else { format!("/{sent}") };
            return Err(ApiError::bad_request(format!("invalid object type: {shown}, Kind={kind}")));
        }
        crate::apply::check(served, applied)?;
        let mut applied = applied.clone();
        check_identity(served, namespace, &mut applied)?;
        if object::name(&applied).is_empty() {
            object::set(&mut applied, &["metadata", "name"], name);
        }
        check_name(&applied, name)?;
        if object::at(&applied, &["metadata", "managedFields"])
            .is_some_and(|m| m.as_array().is_some_and(|list| !list.is_empty()))
        {
            return Err(ApiError::bad_request("metadata.managedFields must be nil"));
        }
        for _ in 0..ATTEMPTS {
            let Some(current) = self.engine().get(&served.table, namespace, name) else {
                if options.subresource != Subresource::None {
                    return Err(ApiError::not_found(&served.group, &served.plural, name));
                }
                match self.apply_new(served, namespace, applied.clone(), options) {
                    Err(e) if e.reason == "AlreadyExists" => continue,
                    done => return done,
                }
            };
            check_version(served, &current, &applied)?;
            let old = self.compared(served, &current);
            check_uid(served, name, &old, &applied)?;
            let merged = crate::apply::apply(served, &old, &applied, options, self.now())?;
            if let Some(written) = self.replace(served, &current, &old, merged, options, true)? {
                return Ok(written);
            }
        }
        Err(ApiError::stale(&served.group, &served.plural, name))
    }

    /// Server-side apply of an object that does not exist yet. A `metadata.resourceVersion` in it is held against nothing,
    /// as in a real server.
    fn apply_new(
        &self,
        served: &Served,
        namespace: &str,
        applied: Value,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        if !object::uid(&applied).is_empty() {
            return Err(ApiError::conflict(
                &served.group,
                &served.plural,
                object::name(&applied),
                "uid mismatch: the provided object specified a uid, and no existing object was found",
            ));
        }
        if served.namespaced {
            let name = object::name(&applied).to_owned();
            self.check_namespace(served, namespace, &name)?;
        }
        let mut object = crate::apply::apply_new(served, &applied, options, self.now());
        self.stamp_new(served, &mut object);
        let warnings = self.prepare(served, None, &mut object, options)?;
        crate::builtin::show_times(&served.table, &mut object);
        let name = object::name(&object).to_owned();
        if options.dry_run {
            return Ok(Written { object, created: true, warnings });
        }
        let stored = match self.engine().put(key(served, namespace, &name), Expect::Absent, object) {
            Ok(stored) => stored,
            Err(Refused::Changed) => return Err(ApiError::already_exists(&served.group, &served.plural, &name)),
            Err(why) => return Err(refused(served, &name, why)),
        };
        self.after_write(served, &stored);
        Ok(Written { object: self.shown(served, &stored), created: true, warnings })
    }

    /// A stored object as changes to it are compared with.
    fn compared(&self, served: &Served, current: &Stored) -> Value {
        let mut old = self.shown(served, current);
        crate::builtin::hide_times(&served.table, &mut old);
        old
    }

    /// Stores `object` in place of `current`. `Ok(None)`: somebody else wrote in between, compute again.
    fn replace(
        &self,
        served: &Served,
        current: &Arc<Stored>,
        old: &Value,
        object: Value,
        options: &WriteOptions,
        applied: bool,
    ) -> Result<Option<Written>, ApiError> {
        let name = current.key.name.as_str();
        let mut object = keep_what_the_server_owns(served, old, object, options.subresource);
        if object::is_terminating(old) {
            let had = object::finalizers(old);
            let new: Vec<String> = object::finalizers(&object).into_iter().filter(|f| !had.contains(f)).collect();
            if !new.is_empty() {
                let list = new.iter().map(|f| format!("{f:?}")).collect::<Vec<_>>().join(", ");
                let why = format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}"
                );
                let cause = Cause::forbidden("metadata.finalizers", &why);
                return Err(ApiError::invalid(&served.group, &served.kind, name, &[cause.clone(), cause]));
            }
        }
        let warnings = self.prepare(served, Some(old), &mut object, options)?;
        if !applied {
            crate::apply::track_update(served, Some(old), &mut object, options, self.now());
        }
        // Writing a status may change annotations; only a request for the object itself asks for something new.
        if matches!(options.subresource, Subresource::None | Subresource::Scale) {
            bump_generation(served, old, &mut object);
        }

        let unchanged = same(old, &object);
        crate::builtin::show_times(&served.table, &mut object);
        if unchanged {
            return Ok(Some(Written { object: self.shown(served, current), created: false, warnings }));
        }
        if options.dry_run {
            return Ok(Some(Written { object, created: false, warnings }));
        }
        let finished = object::is_terminating(&object)
            && object::finalizers(&object).is_empty()
            && object::int(&object, &["metadata", "deletionGracePeriodSeconds"]).unwrap_or(0) == 0
            && !is_held_namespace(served, &object);
        if finished {
            return match self.engine().remove(&current.key, current.version) {
                Ok(_) => {
                    self.after_removal(served, current);
                    Ok(Some(Written { object, created: false, warnings }))
                }
                Err(Refused::Changed) => Ok(None),
                Err(why) => Err(refused(served, name, why)),
            };
        }
        match self.engine().put(current.key.clone(), Expect::Version(current.version), object) {
            Ok(stored) => {
                self.after_write(served, &stored);
                Ok(Some(Written { object: self.shown(served, &stored), created: false, warnings }))
            }
            Err(Refused::Changed) => Ok(None),
            Err(why) => Err(refused(served, name, why)),
        }
    }
}

/// A Namespace stays until its `spec.finalizers` are empty.
pub(crate) fn is_held_namespace(served: &Served, object: &Value) -> bool {
    &*served.table == super::NAMESPACES && !object::list(object, &["spec", "finalizers"]).is_empty()
}

/// Refuses an object of another name than the request is about.
fn check_name(object: &Value, name: &str) -> Result<(), ApiError> {
    let stated = object::name(object);
    if stated != name {
        let why = format!("the name of the object ({stated}) does not match the name on the URL ({name})");
        return Err(ApiError::bad_request(why));
    }
    Ok(())
}

/// Where a new text states a `metadata.resourceVersion`, it must be the current one.
fn check_version(served: &Served, current: &Stored, new: &Value) -> Result<(), ApiError> {
    let stated = object::text(new, &["metadata", "resourceVersion"]);
    if !stated.is_empty() && stated != current.version.to_string() {
        return Err(ApiError::stale(&served.group, &served.plural, &current.key.name));
    }
    Ok(())
}

fn check_uid(served: &Served, name: &str, old: &Value, new: &Value) -> Result<(), ApiError> {
    let sent = object::uid(new);
    if !sent.is_empty() && sent != object::uid(old) {
        let why = format!("Precondition failed: UID in precondition: {sent}, UID in object meta: {}", object::uid(old));
        return Err(ApiError::conflict(&served.group, &served.plural, name, &why));
    }
    Ok(())
}

/// Takes the parts that this request may not write from `old`.
fn keep_what_the_server_owns(served: &Served, old: &Value, mut new: Value, subresource: Subresource) -> Value {
    let take = |target: &mut Value, path: &[&str]| match object::at(old, path) {
        Some(value) => object::set(target, path, value.clone()),
        None => drop(object::remove(target, path)),
    };
    match subresource {
        Subresource::Status => {
            let mut result = old.clone();
            match new.get("status") {
                Some(status) => object::set(&mut result, &["status"], status.clone()),
                None => drop(object::remove(&mut result, &["status"])),
            }
            if let Some(managed) = object::at(&new, &["metadata", "managedFields"]) {
                object::set(&mut result, &["metadata", "managedFields"], managed.clone());
            }
            if !served.custom {
                for field in ["labels", "annotations", "finalizers"] {
                    match object::at(&new, &["metadata", field]) {
                        Some(value) => object::set(&mut result, &["metadata", field], value.clone()),
                        None => drop(object::remove(&mut result, &["metadata", field])),
                    }
                }
            }
            return result;
        }
        Subresource::Finalize => {
            let mut result = old.clone();
            let finalizers = object::list(&new, &["spec", "finalizers"]).to_vec();
            object::set(&mut result, &["spec", "finalizers"], finalizers);
            return result;
        }
        Subresource::None | Subresource::Scale => {}
    }
    for field in
        ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion"]
    {
        take(&mut new, &["metadata", field]);
    }
    object::remove(&mut new, &["metadata", "selfLink"]);
    if served.has_status() {
        take(&mut new, &["status"]);
    }
    if &*served.table == super::NAMESPACES {
        take(&mut new, &["spec", "finalizers"]);
    }
    new
}

/// A change of anything but metadata and status is a new generation; of a Deployment's annotations too.
fn bump_generation(served: &Served, old: &Value, new: &mut Value) {
    if !served.generation && !served.custom {
        return;
    }
    let apart: &[&str] = if served.has_status() || !served.custom {
        &["metadata", "apiVersion", "status"]
    } else {
        &["metadata", "apiVersion"]
    };
    let annotations = |value: &Value| object::at(value, &["metadata", "annotations"]).cloned();
    let changed = !equal_except(old, new, apart)
        || (served.plural == "deployments" && served.group == "apps" && annotations(old) != annotations(new));
    if changed {
        let generation = object::int(old, &["metadata", "generation"]).unwrap_or(0) + 1;
        object::set(new, &["metadata", "generation"], generation);
    }
}
