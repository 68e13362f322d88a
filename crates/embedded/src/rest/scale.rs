//! The `scale` subresource: the replica counts of any kind that has them, in one form.

use http::{Method, Request, Response};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::body;
use super::respond;
use super::write::parse_patch;
use super::{Body, Call};
use crate::catalog::{Scale, Served};
use crate::error::{ApiError, Cause};
use crate::object;
use crate::store::{Patch, Subresource};

fn steps(path: &str) -> Vec<&str> {
    path.trim_start_matches('.').split('.').collect()
}

/// The Scale object of `value`.
fn scale_of(scale: &Scale, value: &Value) -> Value {
    let mut metadata = json!({});
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(field) = object::at(value, &["metadata", key]) {
            object::set(&mut metadata, &[key], field.clone());
        }
    }
    let selector = match &scale.selector {
        Some(path) => object::text(value, &steps(path)).to_owned(),
        None => selector_text(value.pointer("/spec/selector").unwrap_or(&Value::Null)),
    };
    let mut result = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
        "spec": {}, "status": {"replicas": object::int(value, &steps(&scale.status)).unwrap_or(0)},
    });
    if let Some(replicas) = object::int(value, &steps(&scale.spec)) {
        object::set(&mut result, &["spec", "replicas"], replicas);
    }
    if !selector.is_empty() {
        object::set(&mut result, &["status", "selector"], selector);
    }
    result
}

fn selector_text(selector: &Value) -> String {
    let labels = selector.get("matchLabels").unwrap_or(selector);
    let mut terms: Vec<String> = labels
        .as_object()
        .map(|map| map.iter().filter_map(|(k, v)| Some(format!("{k}={}", v.as_str()?))).collect())
        .unwrap_or_default();
    for expression in object::list(selector, &["matchExpressions"]) {
        let key = object::text(expression, &["key"]);
        let values: Vec<&str> = object::list(expression, &["values"]).iter().filter_map(Value::as_str).collect();
        terms.push(match object::text(expression, &["operator"]) {
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => format!("{key} in ({})", values.join(",")),
        });
    }
    terms.join(",")
}

pub(super) async fn answer(
    call: &Call<'_>,
    served: &Served,
    namespace: &str,
    name: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let scale = served.scale().ok_or_else(ApiError::no_such_path)?;
    let resource = format!("{}/scale", served.plural);
    let stored = call
        .store()
        .engine()
        .get(&served.table, namespace, name)
        .ok_or_else(|| ApiError::not_found(&served.group, &resource, name))?;
    let read = [Method::GET, Method::HEAD].contains(request.method());
    if served.custom && read && object::int(&stored.value(), &steps(&scale.spec)).is_none() {
        let why = format!("the spec replicas field {:?} does not exist", scale.spec);
        let mut error = ApiError::internal(&why);
        error.details = Some(Box::new(json!({"causes": [{ "message": why }]})));
        return Err(error);
    }
    let current = scale_of(&scale, &call.store().shown(served, &stored));
    let wanted = match *request.method() {
        Method::GET | Method::HEAD => return Ok(respond::value(200, &current)),
        Method::PUT => body::read(request).await?.object()?,
        Method::PATCH => {
            let patch = match parse_patch(&body::read(request).await?)? {
                Patch::Apply(applied) => Patch::Merge(applied),
                Patch::Strategic(patch) => Patch::Merge(patch),
                patch => patch,
            };
            crate::patch::patched(served, &current, &patch)?
        }
        _ => return Err(ApiError::method_not_allowed()),
    };
    let replicas = object::at(&wanted, &["spec", "replicas"]).cloned().unwrap_or_else(|| Value::from(0));
    if replicas.as_i64().is_none_or(|n| n < 0) {
        let cause = Cause::invalid("spec.replicas", &replicas, "must be greater than or equal to 0");
        return Err(ApiError::invalid("autoscaling", "Scale", name, &[cause]));
    }
    let mut patch = json!({});
    object::set(&mut patch, &steps(&scale.spec), replicas);
    let version = object::text(&wanted, &["metadata", "resourceVersion"]);
    if !version.is_empty() && version != object::text(&current, &["metadata", "resourceVersion"]) {
        return Err(ApiError::stale(&served.group, &served.plural, name));
    }
    let options = call.write_options("PatchOptions", Subresource::Scale)?;
    let written = call.store().patch_served(served, namespace, name, &Patch::Merge(patch), &options)?;
    Ok(respond::value(200, &scale_of(&scale, &written.object)))
}
