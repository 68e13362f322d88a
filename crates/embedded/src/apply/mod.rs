//! Field ownership: server-side apply and the bookkeeping of other writes in `metadata.managedFields`.
//!
//! The rules are those of structured-merge-diff, on which kube-apiserver builds: an apply states the fields that its
//! manager wants; a field that another manager owns with another value is a conflict (unless forced); a field that the
//! manager stated last time and does not any more is removed when nobody else owns it. Every other write owns what it
//! changed.

mod managers;
#[cfg(test)]
mod model;
mod path;
mod set;
mod walk;

use jiff::Timestamp;
use serde_json::Value;

use self::managers::{Manager, Managers, Operation};
use self::set::FieldSet;
use crate::catalog::Served;
use crate::error::ApiError;
use crate::object;
use crate::schema::Schema;
use crate::store::{Subresource, WriteOptions};

/// What nobody owns: the server's own fields.
fn unowned() -> Value {
    serde_json::json!({
        "f:apiVersion": {}, "f:kind": {},
        "f:metadata": {
            "f:name": {}, "f:namespace": {}, "f:creationTimestamp": {}, "f:selfLink": {}, "f:uid": {},
            "f:clusterName": {}, "f:generation": {}, "f:managedFields": {}, "f:resourceVersion": {},
            "f:deletionTimestamp": {}, "f:deletionGracePeriodSeconds": {},
        },
    })
}

/// Takes away what the request's endpoint cannot write, and what nobody owns.
fn ownable(served: &Served, subresource: Subresource, set: &FieldSet) -> FieldSet {
    let mut set = set.without_subtrees(&FieldSet::from_v1(&unowned()));
    let status = path::Step::Field("status".into());
    match subresource {
        Subresource::None | Subresource::Scale if served.has_status() => {
            set.children.remove(&status);
        }
        Subresource::Status => {
            let metadata = path::Step::Field("metadata".into());
            let keep_metadata = !served.custom;
            set.children.retain(|step, _| *step == status || (keep_metadata && *step == metadata));
        }
        _ => {}
    }
    if let Some(metadata) = set.children.get_mut(&path::Step::Field("metadata".into())) {
        metadata.member = false;
    }
    set.children.retain(|_, inner| !inner.is_empty());
    set
}

fn without_managed_fields(value: &Value) -> Value {
    let mut value = value.clone();
    object::remove(&mut value, &["metadata", "managedFields"]);
    value
}

fn subresource_name(subresource: Subresource) -> &'static str {
    match subresource {
        Subresource::None => "",
        Subresource::Status => "status",
        Subresource::Finalize => "finalize",
        Subresource::Scale => "scale",
    }
}

/// Notes in `object` that this write, which is not an apply, made it of `old`.
pub(crate) fn track_update(
    served: &Served,
    old: Option<&Value>,
    object: &mut Value,
    options: &WriteOptions,
    now: Timestamp,
) {
    let schema = Schema::of(served);
    let stated = object::at(object, &["metadata", "managedFields"]);
    // A client may clear or edit the list; an absent one means that it did not look.
    let reset = stated.is_some_and(|list| {
        list.as_array().is_some_and(|l| l.is_empty() || (l.len() == 1 && l.first() == Some(&serde_json::json!({}))))
    }) && old.is_some();
    let base = match stated {
        Some(Value::Array(list)) if !list.is_empty() => stated,
        _ => old.and_then(|old| object::at(old, &["metadata", "managedFields"])),
    };
    if reset {
        object::remove(object, &["metadata", "managedFields"]);
        return;
    }
    let mut managers = Managers::read(base);
    if old.is_some() && managers.is_empty() {
        // Nobody tracks this object: an apply will start.
        object::remove(object, &["metadata", "managedFields"]);
        return;
    }
    let nothing = Value::Object(serde_json::Map::new());
    let before = old.map_or(nothing, without_managed_fields);
    let after = without_managed_fields(object);
    let difference = walk::compare(&schema, &before, &after);
    let changed = difference.modified.union(&difference.added);
    let me = Manager {
        name: if options.manager.is_empty() { "unknown".into() } else { options.manager.clone() },
        operation: Operation::Update,
        api_version: served.group_version(),
        subresource: subresource_name(options.subresource).into(),
    };
    managers.take_from_others(&me, &changed, &difference.removed);
    let mine = managers.get(&me).cloned().unwrap_or_default();
    let mine = mine.difference(&difference.removed).union(&changed);
    // The count that `scale` of a custom resource writes is nobody's.
    if !(served.custom && options.subresource == Subresource::Scale) {
        managers.set(me, ownable(served, options.subresource, &mine), now);
    }
    managers.write(object);
}

fn applier(served: &Served, options: &WriteOptions) -> Manager {
    Manager {
        name: options.manager.clone(),
        operation: Operation::Apply,
        api_version: served.group_version(),
        subresource: subresource_name(options.subresource).into(),
    }
}

/// Refuses an apply whose fields nobody could own.
pub(crate) fn check(served: &Served, applied: &Value) -> Result<(), ApiError> {
    let schema = Schema::of(served);
    walk::check_keys(&schema, &without_managed_fields(applied), "").map_err(|why| {
        let (group, version) = (&served.group, &served.version);
        let place = format!(
            "{}/{}; {group}/{version}, Kind={}",
            object::namespace(applied),
            object::name(applied),
            served.kind
        );
        ApiError::new(500, "", format!("failed to create typed patch object ({place}): {why}"))
    })
}

/// The object that the first apply makes.
pub(crate) fn apply_new(served: &Served, applied: &Value, options: &WriteOptions, now: Timestamp) -> Value {
    let schema = Schema::of(served);
    let mut object = without_managed_fields(applied);
    let set = walk::fields_of(&schema, &object);
    let mut managers = Managers::default();
    managers.set(applier(served, options), ownable(served, options.subresource, &set), now);
    managers.write(&mut object);
    object
}

/// `old` after `applied` was applied to it by the manager of `options`.
pub(crate) fn apply(
    served: &Served,
    old: &Value,
    applied: &Value,
    options: &WriteOptions,
    now: Timestamp,
) -> Result<Value, ApiError> {
    let schema = Schema::of(served);
    let live = without_managed_fields(old);
    let mut applied = without_managed_fields(applied);
    // What the endpoint cannot write, an apply of it does not state.
    if options.subresource == Subresource::None && served.has_status() {
        object::remove(&mut applied, &["status"]);
    }
    let mut managers = Managers::read(object::at(old, &["metadata", "managedFields"]));
    if managers.is_empty() {
        let before = Manager {
            name: "before-first-apply".into(),
            operation: Operation::Update,
            api_version: served.group_version(),
            subresource: String::new(),
        };
        let set = walk::fields_of(&schema, &live);
        managers.set(before, ownable(served, Subresource::None, &set), now);
    }
    let me = applier(served, options);
    let last = managers.get(&me).cloned().unwrap_or_default();
    let stated = walk::fields_of(&schema, &applied);
    managers.set(me.clone(), ownable(served, options.subresource, &stated), now);

    let mut merged = walk::merge(&schema, &live, &applied);
    // Identity and times are the server's; an apply that states them was checked elsewhere.
    for field in ["uid", "creationTimestamp", "resourceVersion", "generation", "deletionTimestamp", "selfLink"] {
        match object::at(&live, &["metadata", field]) {
            Some(value) => object::set(&mut merged, &["metadata", field], value.clone()),
            None => drop(object::remove(&mut merged, &["metadata", field])),
        }
    }
    if !last.is_empty() {
        walk::prune(&schema, &mut merged, &last, &managers.all().union(&stated));
    }
    let difference = walk::compare(&schema, &live, &merged);
    let changed = difference.modified.union(&difference.added);
    let conflicts = managers.conflicts(&me, &changed);
    if !conflicts.is_empty() && !options.force {
        let mut causes = Vec::new();
        for (manager, set) in conflicts {
            let mut message = format!("conflict with {:?}", manager.name);
            if !manager.subresource.is_empty() {
                message.push_str(&format!(" with subresource {:?}", manager.subresource));
            }
            if manager.operation == Operation::Update {
                message.push_str(&format!(" using {}", manager.api_version));
            }
            causes.extend(set.paths().into_iter().map(|path| (message.clone(), path)));
        }
        return Err(ApiError::apply_conflict(causes));
    }
    managers.take_from_others(&me, &changed, &difference.removed);
    managers.write(&mut merged);
    Ok(merged)
}
