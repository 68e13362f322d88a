//! Failures in the shape that Kubernetes clients expect: a `Status` with a reason and a code.

use std::borrow::Cow;
use std::path::PathBuf;

use serde_json::{Value, json};

/// A refused request. [`ApiError::to_status`] gives the body that goes over the wire.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// HTTP status.
    pub code: u16,
    /// Machine-readable reason, such as `NotFound`.
    pub reason: Cow<'static, str>,
    /// What went wrong, for a person.
    pub message: String,
    /// The `details` of the Status: name, group, kind, uid, causes.
    pub details: Option<Box<Value>>,
}

/// One entry of `details.causes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueRequired`, `FieldValueInvalid`, `FieldManagerConflict`, …
    pub reason: &'static str,
    /// The text after the field's path.
    pub message: String,
    /// Path of the field, `spec.replicas`.
    pub field: String,
}

impl Cause {
    /// `FIELD: Required value[: why]`
    pub fn required(field: impl Into<String>, why: &str) -> Self {
        let message = if why.is_empty() { "Required value".into() } else { format!("Required value: {why}") };
        Cause { reason: "FieldValueRequired", message, field: field.into() }
    }

    /// `FIELD: Invalid value: VALUE: why`; `value` is printed as Go's `%#v` of the JSON value, near enough.
    pub fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        Cause {
            reason: "FieldValueInvalid",
            message: format!("Invalid value: {}: {why}", shown(value)),
            field: field.into(),
        }
    }

    /// `FIELD: Unsupported value: VALUE: supported values: "a", "b"`
    pub fn unsupported(field: impl Into<String>, value: &Value, allowed: &[String]) -> Self {
        let list = allowed.iter().map(|a| format!("{a:?}")).collect::<Vec<_>>().join(", ");
        Cause {
            reason: "FieldValueNotSupported",
            message: format!("Unsupported value: {}: supported values: {list}", shown(value)),
            field: field.into(),
        }
    }

    /// `FIELD: Forbidden: why`
    pub fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Cause { reason: "FieldValueForbidden", message: format!("Forbidden: {why}"), field: field.into() }
    }

    /// `FIELD: Duplicate value: VALUE`
    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Cause {
            reason: "FieldValueDuplicate",
            message: format!("Duplicate value: {}", shown(value)),
            field: field.into(),
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Object(_) | Value::Array(_) => value.to_string(),
        other => other.to_string(),
    }
}

/// `deployments.apps`, or `pods` in the core group.
pub(crate) fn qualified(group: &str, resource: &str) -> String {
    if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") }
}

impl ApiError {
    /// A failure with any code and reason.
    pub fn new(code: u16, reason: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        ApiError { code, reason: reason.into(), message: message.into(), details: None }
    }

    fn with_details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    fn named(code: u16, reason: &'static str, message: String, group: &str, kind: &str, name: &str) -> Self {
        let mut details = serde_json::Map::new();
        for (key, text) in [("name", name), ("group", group), ("kind", kind)] {
            if !text.is_empty() {
                details.insert(key.into(), text.into());
            }
        }
        ApiError::new(code, reason, message).with_details(Value::Object(details))
    }

    /// 404 for an object.
    pub fn not_found(group: &str, resource: &str, name: &str) -> Self {
        let message = format!("{} {name:?} not found", qualified(group, resource));
        Self::named(404, "NotFound", message, group, resource, name)
    }

    /// 404 for a path or resource that this server does not serve.
    pub fn no_such_path() -> Self {
        ApiError::new(404, "NotFound", "the server could not find the requested resource").with_details(json!({}))
    }

    /// 409 because the name is taken.
    pub fn already_exists(group: &str, resource: &str, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", qualified(group, resource));
        Self::named(409, "AlreadyExists", message, group, resource, name)
    }

    /// 409 because somebody else wrote first, or a precondition does not hold.
    pub fn conflict(group: &str, resource: &str, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", qualified(group, resource));
        Self::named(409, "Conflict", message, group, resource, name)
    }

    /// 409 because the `resourceVersion` that was sent is not the current one.
    pub fn stale(group: &str, resource: &str, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(group, resource, name, why)
    }

    /// 409 of a server-side apply: each cause names the owner and the field.
    pub fn apply_conflict(causes: Vec<(String, String)>) -> Self {
        let count = causes.len();
        let list: Vec<Value> = causes
            .iter()
            .map(|(message, field)| json!({"reason": "FieldManagerConflict", "message": message, "field": field}))
            .collect();
        let message = if let [(message, field)] = causes.as_slice() {
            format!("Apply failed with 1 conflict: {message}: {field}")
        } else {
            let mut text = format!("Apply failed with {count} conflicts: ");
            let mut last: Option<&str> = None;
            let mut groups: Vec<String> = Vec::new();
            let many = |message: &str| causes.iter().filter(|(m, _)| m == message).count() > 1;
            for (message, field) in &causes {
                if last == Some(message) {
                    if let Some(group) = groups.last_mut() {
                        group.push_str(&format!("\n- {field}"));
                    }
                } else if many(message) {
                    let plural = message.replacen("conflict with", "conflicts with", 1);
                    groups.push(format!("{plural}:\n- {field}"));
                } else {
                    groups.push(format!("{message}:\n- {field}"));
                }
                last = Some(message);
            }
            text.push_str(&groups.join("\n"));
            text
        };
        ApiError::new(409, "Conflict", message).with_details(json!({ "causes": list }))
    }

    /// 422: the object does not meet its schema or the rules of its kind.
    pub fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Self {
        let mut texts: Vec<String> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        texts.dedup();
        let all = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let list: Vec<Value> =
            causes.iter().map(|c| json!({"reason": c.reason, "message": c.message, "field": c.field})).collect();
        let message = format!("{} {name:?} is invalid: {all}", qualified(group, kind));
        let mut details = serde_json::Map::new();
        for (key, text) in [("name", name), ("group", group), ("kind", kind)] {
            if !text.is_empty() {
                details.insert(key.into(), text.into());
            }
        }
        details.insert("causes".into(), list.into());
        ApiError::new(422, "Invalid", message).with_details(Value::Object(details))
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        ApiError::new(400, "BadRequest", message)
    }

    /// 403: understood, and refused whatever the caller's rights are.
    pub fn forbidden(group: &str, resource: &str, name: &str, why: &str) -> Self {
        let message = format!("{} {name:?} is forbidden: {why}", qualified(group, resource));
        Self::named(403, "Forbidden", message, group, resource, name)
    }

    /// 410: history does not reach back so far.
    pub fn expired(message: impl Into<String>) -> Self {
        ApiError::new(410, "Expired", message)
    }

    /// 405: the resource exists and does not have this verb.
    pub fn method_not_allowed() -> Self {
        ApiError::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
            .with_details(json!({}))
    }

    /// 415: a body in a format that the server does not read.
    pub fn unsupported_media_type(got: &str, accepted: &[&str]) -> Self {
        let _ = got;
        let list = accepted.join(", ");
        let message =
            format!("the body of the request was in an unknown format - accepted media types include: {list}");
        ApiError::new(415, "UnsupportedMediaType", message)
    }

    /// 500: the fault is ours, or the disk's.
    pub fn internal(message: impl Into<String>) -> Self {
        ApiError::new(500, "InternalError", format!("Internal error occurred: {}", message.into()))
    }

    /// 503: the cluster is closing.
    pub fn unavailable(message: impl Into<String>) -> Self {
        ApiError::new(503, "ServiceUnavailable", message)
    }

    /// Whether this is a 404.
    pub fn is_not_found(&self) -> bool {
        self.code == 404
    }

    /// Whether this is a 409 because somebody else wrote first (and not because a name is taken).
    pub fn is_conflict(&self) -> bool {
        self.code == 409 && self.reason == "Conflict"
    }

    /// The `Status` object of this failure.
    pub fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if let Some(map) = status.as_object_mut() {
            if self.reason.is_empty() {
                map.remove("reason");
            }
            if let Some(details) = &self.details {
                map.insert("details".into(), (**details).clone());
            }
        }
        status
    }
}

/// Why an embedded cluster could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another handle of this one, has the database open.
    #[error("the cluster's database {} is in use by another process", path.display())]
    Busy {
        /// The database file.
        path: PathBuf,
    },
    /// The file exists and cannot be read as a database of ours. Nothing was changed or deleted.
    #[error("the cluster's database {} is damaged: {why}", path.display())]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// What the storage engine said.
        why: String,
    },
    /// A newer Lateen wrote the database.
    #[error("the cluster's database {} has format {found}; this version of lateen reads up to format {supported}", path.display())]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The format that the file states.
        found: u64,
        /// The newest format that this program reads.
        supported: u64,
    },
    /// The folder or a file in it could not be used.
    #[error("cannot use {}: {why}", path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        why: String,
    },
}
