//! Create, update, patch, delete.

use http::{Request, Response};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::body::{self, Sent};
use super::respond::{self, Form};
use super::{Body, Call};
use crate::catalog::Served;
use crate::error::{ApiError, Cause};
use crate::object;
use crate::store::{DeleteOptions, Patch, Propagation, Subresource, WriteOptions, Written};

impl Call<'_> {
    pub(super) fn write_options(&self, kind: &str, subresource: Subresource) -> Result<WriteOptions, ApiError> {
        Ok(WriteOptions {
            manager: self.manager.clone(),
            force: self.query.flag("force"),
            dry_run: self.query.dry_run(kind)?,
            field_validation: self.query.field_validation()?,
            subresource,
        })
    }

    pub(super) fn written(&self, served: &Served, written: &Written) -> Response<Body> {
        let code = if written.created { 201 } else { 200 };
        let mut response = match self.accept.form {
            Form::Plain => respond::value(code, &written.object),
            Form::Metadata => respond::value(code, &respond::metadata_only(&written.object)),
            Form::Table => {
                let meta =
                    json!({ "resourceVersion": object::text(&written.object, &["metadata", "resourceVersion"]) });
                let objects = std::slice::from_ref(&written.object);
                respond::value(code, &crate::table::table(self.store(), served, objects, &meta, &self.query))
            }
        };
        respond::warn(&mut response, &written.warnings);
        response
    }
}

pub(super) async fn create(
    call: &Call<'_>,
    served: &Served,
    namespace: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let options = call.write_options("CreateOptions", Subresource::None)?;
    let object = body::read(request).await?.object()?;
    let written = call.store().create_served(served, namespace, object, &options)?;
    Ok(call.written(served, &written))
}

pub(super) async fn update(
    call: &Call<'_>,
    served: &Served,
    namespace: &str,
    name: &str,
    subresource: Subresource,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let options = call.write_options("UpdateOptions", subresource)?;
    let mut object = body::read(request).await?.object()?;
    if object::name(&object).is_empty() && object.is_object() {
        object::set(&mut object, &["metadata", "name"], name);
    }
    let written = call.store().update_served(served, namespace, name, object, &options)?;
    Ok(call.written(served, &written))
}

/// The patch that a body states, by its media type.
pub(super) fn parse_patch(sent: &Sent) -> Result<Patch, ApiError> {
    Ok(match sent.media.as_str() {
        "application/json-patch+json" => Patch::Json(sent.json()?),
        "application/merge-patch+json" => Patch::Merge(sent.json()?),
        "application/strategic-merge-patch+json" => Patch::Strategic(sent.json()?),
        "application/apply-patch+yaml" => Patch::Apply(sent.yaml()?),
        _ => {
            let mut error = ApiError::new(415, "UnsupportedMediaType", "415: Unsupported Media Type");
            error.details = Some(Box::new(json!({})));
            return Err(error);
        }
    })
}

pub(super) async fn patch(
    call: &Call<'_>,
    served: &Served,
    namespace: &str,
    name: &str,
    subresource: Subresource,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let options = call.write_options("PatchOptions", subresource)?;
    let sent = body::read(request).await?;
    let patch = parse_patch(&sent)?;
    match &patch {
        Patch::Apply(_) if call.query.text("fieldManager").is_none() => {
            let cause = Cause::required("fieldManager", "is required for apply patch");
            return Err(ApiError::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
        }
        Patch::Apply(_) => {}
        _ if call.query.text("force").is_some() => {
            let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
            return Err(ApiError::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
        }
        _ => {}
    }
    let written = call.store().patch_served(served, namespace, name, &patch, &options)?;
    Ok(call.written(served, &written))
}

async fn delete_options(call: &Call<'_>, request: Request<Incoming>) -> Result<DeleteOptions, ApiError> {
    let sent = body::read(request).await?;
    let body = if sent.bytes.is_empty() { Value::Null } else { sent.object()? };
    let text = |key: &str| {
        body.get(key).and_then(Value::as_str).map(str::to_owned).or_else(|| call.query.text(key).map(str::to_owned))
    };
    let propagation = match text("propagationPolicy").as_deref() {
        None => match body.get("orphanDependents").and_then(Value::as_bool) {
            Some(true) => Some(Propagation::Orphan),
            Some(false) => Some(Propagation::Background),
            None => None,
        },
        Some("Background") => Some(Propagation::Background),
        Some("Foreground") => Some(Propagation::Foreground),
        Some("Orphan") => Some(Propagation::Orphan),
        Some(other) => {
            let allowed = ["Foreground", "Background", "Orphan", "nil"].map(str::to_owned);
            let cause = Cause::unsupported("propagationPolicy", &Value::from(other), &allowed);
            return Err(ApiError::invalid("meta.k8s.io", "DeleteOptions", "", &[cause]));
        }
    };
    let precondition =
        |key: &str| object::at(&body, &["preconditions", key]).and_then(Value::as_str).map(str::to_owned);
    let dry_run = call.query.dry_run("DeleteOptions")? || object::list(&body, &["dryRun"]).iter().any(|v| v == "All");
    Ok(DeleteOptions {
        propagation,
        uid: precondition("uid"),
        resource_version: precondition("resourceVersion"),
        grace_seconds: object::int(&body, &["gracePeriodSeconds"])
            .or_else(|| call.query.text("gracePeriodSeconds").and_then(|t| t.parse().ok())),
        dry_run,
    })
}

/// Kinds whose deletion answers with the object rather than with a Status.
const RETURN_OBJECT: &[&str] = &[
    "/pods",
    "/services",
    "/serviceaccounts",
    "/persistentvolumeclaims",
    "/persistentvolumes",
    "/podtemplates",
    "/resourcequotas",
    "storage.k8s.io/storageclasses",
    "storage.k8s.io/csidrivers",
    "storage.k8s.io/csinodes",
    "storage.k8s.io/volumeattachments",
];

pub(super) async fn delete(
    call: &Call<'_>,
    served: &Served,
    namespace: &str,
    name: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let options = delete_options(call, request).await?;
    let deleted = call.store().delete_served(served, namespace, name, &options)?;
    let marked = object::is_terminating(&deleted.object);
    if !deleted.gone || marked || RETURN_OBJECT.contains(&&*served.table) {
        return Ok(respond::value(200, &deleted.object));
    }
    let mut details = json!({ "name": name, "kind": served.plural, "uid": object::uid(&deleted.object) });
    if !served.group.is_empty() {
        object::set(&mut details, &["group"], served.group.as_str());
    }
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details,
    });
    Ok(respond::value(200, &status))
}

pub(super) async fn delete_collection(
    call: &Call<'_>,
    served: &Served,
    namespace: Option<&str>,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    if [crate::registry::NAMESPACES, "/services"].contains(&&*served.table) && served.plural == "namespaces" {
        return Err(ApiError::method_not_allowed());
    }
    let selector = call.query.selector()?;
    super::read::check_field_selector(served, selector.field_paths())?;
    let options = delete_options(call, request).await?;
    let gvr = crate::catalog::Gvr::new(&served.group, &served.version, &served.plural);
    let mut items = call.store().delete_collection(gvr, namespace, &selector, &options)?;
    for item in items.iter_mut().filter(|_| !served.custom) {
        // Lists of built-in kinds leave out what the list's own kind says.
        object::remove(item, &["apiVersion"]);
        object::remove(item, &["kind"]);
    }
    let list = json!({
        "kind": served.list_kind, "apiVersion": served.group_version(),
        "metadata": {"resourceVersion": call.store().resource_version().to_string()}, "items": items,
    });
    Ok(respond::value(200, &list))
}

/// `pods/eviction` and `pods/binding`.
pub(super) async fn pod_action(
    call: &Call<'_>,
    served: &Served,
    namespace: &str,
    name: &str,
    action: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let body = body::read(request).await?.object()?;
    if action == "eviction" {
        let options = DeleteOptions {
            grace_seconds: object::int(&body, &["deleteOptions", "gracePeriodSeconds"]),
            dry_run: call.query.dry_run("CreateOptions")?,
            ..DeleteOptions::default()
        };
        call.store().delete_served(served, namespace, name, &options)?;
    } else {
        let node = object::text(&body, &["target", "name"]);
        let patch = Patch::Merge(json!({"spec": {"nodeName": node}}));
        call.store().patch_served(
            served,
            namespace,
            name,
            &patch,
            &call.write_options("CreateOptions", Subresource::None)?,
        )?;
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(respond::value(201, &status))
}
