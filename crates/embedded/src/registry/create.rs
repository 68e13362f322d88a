//! Creating an object.

use serde_json::Value;

use super::{key, refused};
use crate::catalog::{Gvr, Served};
use crate::clock::rfc3339;
use crate::error::{ApiError, Cause};
use crate::object;
use crate::registry::names;
use crate::store::{Expect, Refused, Store, WriteOptions, Written};

/// How many generated names are tried.
const GENERATIONS: usize = 8;

impl Store {
    /// Creates an object. `namespace` is empty for cluster-scoped kinds.
    pub fn create(
        &self,
        gvr: Gvr<'_>,
        namespace: &str,
        object: Value,
        options: &WriteOptions,
    ) -> Result<Value, ApiError> {
        let served = self.served(gvr)?;
        Ok(self.create_served(&served, namespace, object, options)?.object)
    }

    pub(crate) fn create_served(
        &self,
        served: &Served,
        namespace: &str,
        mut object: Value,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        check_identity(served, namespace, &mut object)?;
        if let Some(version) = object::at(&object, &["metadata", "resourceVersion"]).and_then(Value::as_str)
            && !version.is_empty()
        {
            return Err(ApiError::new(500, "", "resourceVersion should not be set on objects to be created"));
        }
        let generated = object::name(&object).is_empty();
        if generated {
            let prefix = object::text(&object, &["metadata", "generateName"]);
            if prefix.is_empty() {
                let cause = Cause::required("metadata.name", "name or generateName is required");
                return Err(ApiError::invalid(&served.group, &served.kind, "", &[cause]));
            }
            let name = names::generate(prefix);
            object::set(&mut object, &["metadata", "name"], name);
        }
        if served.namespaced {
            let name = object::name(&object).to_owned();
            self.check_namespace(served, namespace, &name)?;
        }
        self.stamp_new(served, &mut object);
        let warnings = self.prepare(served, None, &mut object, options)?;
        crate::apply::track_update(served, None, &mut object, options, self.now());

        crate::builtin::show_times(&served.table, &mut object);
        let name = object::name(&object).to_owned();
        if options.dry_run {
            if self.engine().get(&served.table, namespace, &name).is_some() {
                return Err(ApiError::already_exists(&served.group, &served.plural, &name));
            }
            return Ok(Written { object, created: true, warnings });
        }
        let mut tries = if generated { GENERATIONS } else { 1 };
        let mut name = name;
        let stored = loop {
            tries -= 1;
            match self.engine().put(key(served, namespace, &name), Expect::Absent, object.clone()) {
                // The name was taken by chance: make up another.
                Err(Refused::Changed) if tries > 0 => {
                    name = names::generate(object::text(&object, &["metadata", "generateName"]));
                    object::set(&mut object, &["metadata", "name"], name.as_str());
                }
                done => break done,
            }
        };
        let stored = match stored {
            Ok(stored) => stored,
            Err(Refused::Changed) => return Err(ApiError::already_exists(&served.group, &served.plural, &name)),
            Err(why) => return Err(refused(served, &name, why)),
        };
        self.after_write(served, &stored);
        Ok(Written { object: self.shown(served, &stored), created: true, warnings })
    }

    /// Gives a new object what the server decides: uid, times, generation; takes away what it does not accept.
    pub(crate) fn stamp_new(&self, served: &Served, object: &mut Value) {
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
            object::remove(object, &["metadata", field]);
        }
        object::set(object, &["metadata", "uid"], uuid::Uuid::new_v4().to_string());
        object::set(object, &["metadata", "creationTimestamp"], rfc3339(self.now()));
        if served.generation {
            object::set(object, &["metadata", "generation"], 1);
        }
        if served.has_status()
            && let Some(map) = object.as_object_mut()
        {
            map.remove("status");
        }
    }
}

/// Checks `apiVersion`, `kind` and `metadata.namespace` against what the request is about, and fills them in.
pub(crate) fn check_identity(served: &Served, namespace: &str, object: &mut Value) -> Result<(), ApiError> {
    if !object.is_object() {
        return Err(ApiError::bad_request("the body of the request is not a JSON object"));
    }
    let group_version = served.group_version();
    let sent_kind = object::text(object, &["kind"]);
    if served.custom && !sent_kind.is_empty() && sent_kind != served.kind {
        let cause = Cause::invalid("kind", &Value::from(sent_kind), &format!("must be {}", served.kind));
        return Err(ApiError::invalid(&served.group, sent_kind, object::name(object), &[cause]));
    }
    for (field, expected) in [("apiVersion", group_version.as_str()), ("kind", served.kind.as_str())] {
        let got = object::text(object, &[field]);
        if got.is_empty() {
            object::set(object, &[field], expected);
        } else if got != expected && served.custom {
            return Err(ApiError::bad_request(format!(
                "the {} in the data ({got}) does not match the expected {} ({expected})",
                if field == "kind" { "kind" } else { "API version" },
                if field == "kind" { "kind" } else { "API version" },
            )));
        }
    }
    check_kind(served, object)?;
    if object.get("metadata").is_some_and(|m| !m.is_object() && !m.is_null()) {
        return Err(ApiError::bad_request("metadata is not an object"));
    }
    if object::entry(object, "metadata").is_none() {
        return Err(ApiError::bad_request("metadata is not an object"));
    }
    let stated = object::namespace(object);
    if served.namespaced {
        if stated.is_empty() {
            object::set(object, &["metadata", "namespace"], namespace);
        } else if stated != namespace {
            return Err(ApiError::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
    } else if !stated.is_empty() {
        return Err(ApiError::bad_request("namespace is not allowed on this type"));
    }
    Ok(())
}

/// Refuses a built-in kind in the place of another, as Go's conversion does.
fn check_kind(served: &Served, object: &Value) -> Result<(), ApiError> {
    let (sent, kind) = (object::text(object, &["apiVersion"]), object::text(object, &["kind"]));
    if sent == served.group_version() && kind == served.kind {
        return Ok(());
    }
    let (group, version) = sent.split_once('/').unwrap_or(("", sent));
    let wanted = &served.kind;
    let why = if k8s_schema::resource(group, version, kind).is_some() {
        // The internal package of a group is its first word.
        let package = served.group.split('.').next().filter(|word| !word.is_empty()).unwrap_or("core");
        format!("converting ({version}.{kind}) to ({package}.{wanted}): unknown conversion")
    } else {
        format!("no kind {kind:?} is registered for version {sent:?} in scheme \"pkg/runtime/scheme.go:100\"")
    };
    Err(ApiError::bad_request(format!("{kind} in version {version:?} cannot be handled as a {wanted}: {why}")))
}
