//! Get and list.

use base64::Engine as _;
use bytes::{BufMut, Bytes, BytesMut};
use http::Response;
use serde_json::{Value, json};

use super::respond::{self, Form};
use super::{Body, Call};
use crate::catalog::Served;
use crate::error::ApiError;
use crate::store::Stored;

/// The bytes of an object at the version that was asked for.
pub(super) fn shown_bytes(call: &Call<'_>, served: &Served, stored: &Stored) -> Bytes {
    let _ = call;
    stored.text(&served.group_version())
}

pub(super) fn get(call: &Call<'_>, served: &Served, namespace: &str, name: &str) -> Result<Response<Body>, ApiError> {
    let stored = call.store().get_stored(served, namespace, name)?;
    Ok(match call.accept.form {
        Form::Plain => respond::bytes(200, shown_bytes(call, served, &stored)),
        Form::Metadata => respond::value(200, &respond::metadata_only(&stored.value())),
        Form::Table => {
            let object = call.store().shown(served, &stored);
            respond::value(
                200,
                &crate::table::table(call.store(), served, &[object], &list_meta(stored.version), &call.query),
            )
        }
    })
}

fn list_meta(version: u64) -> Value {
    json!({ "resourceVersion": version.to_string() })
}

/// Where a chunked list goes on.
fn encode_continue(version: u64, namespace: &str, name: &str) -> String {
    let token = json!({"v": "meta.k8s.io/v1", "rv": version, "start": [namespace, name]});
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token.to_string())
}

fn decode_continue(text: &str) -> Result<(u64, String, String), ApiError> {
    let bad = || ApiError::bad_request("continue key is not valid: the token is not one of this server");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    let token: Value = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    let part = |index: usize| token.pointer(&format!("/start/{index}")).and_then(Value::as_str).map(str::to_owned);
    let version = token.get("rv").and_then(Value::as_u64).ok_or_else(bad)?;
    Ok((version, part(0).ok_or_else(bad)?, part(1).ok_or_else(bad)?))
}

pub(super) fn list(call: &Call<'_>, served: &Served, namespace: Option<&str>) -> Result<Response<Body>, ApiError> {
    let selector = call.query.selector()?;
    check_field_selector(served, selector.field_paths())?;
    let wanted = call.query.version()?;
    let limit = call.query.number("limit").and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let token = call.query.text("continue").map(decode_continue).transpose()?;
    let after = token.as_ref().map(|(_, namespace, name)| (namespace.as_str(), name.as_str()));

    let (mut items, now) = if let (Some(name), Some(ns), None) = (selector.single_name(), namespace, &token) {
        let found = call.store().engine().get(&served.table, ns, name);
        (found.into_iter().collect(), call.store().resource_version())
    } else {
        call.store().engine().list(&served.table, namespace, after)
    };
    if let Some(wanted) = wanted.filter(|wanted| *wanted > now) {
        let message = format!("Too large resource version: {wanted}, current: {now}");
        return Err(ApiError::new(504, "Timeout", message));
    }
    if call.query.text("resourceVersionMatch") == Some("Exact") && wanted.is_some_and(|v| v < now) {
        let change = call.store().engine().changes_after(wanted.unwrap_or(0));
        let touched = change.map_or(true, |(changes, _)| changes.iter().any(|c| c.object.key.resource == served.table));
        if touched {
            return Err(ApiError::expired("The resourceVersion for the provided list is too old."));
        }
    }
    items.retain(|stored| selector.matches(stored));
    let version = token.as_ref().map_or(now, |(version, ..)| *version);
    let mut meta = list_meta(version);
    if let Some(map) = meta.as_object_mut()
        && served.custom
        && call.accept.form == Form::Plain
    {
        // Lists of custom resources always have the field.
        map.insert("continue".into(), "".into());
    }
    if let Some(limit) = limit
        && items.len() > limit
    {
        let remaining = items.len() - limit;
        items.truncate(limit);
        if let (Some(last), Some(map)) = (items.last(), meta.as_object_mut()) {
            map.insert("continue".into(), encode_continue(version, &last.key.namespace, &last.key.name).into());
            if selector.is_everything() {
                map.insert("remainingItemCount".into(), remaining.into());
            }
        }
    }
    match call.accept.form {
        Form::Plain => {
            let head = json!({"kind": served.list_kind, "apiVersion": served.group_version(), "metadata": meta});
            let mut head = head.to_string();
            head.pop();
            let size: usize = items.iter().map(|s| s.bytes.len() + 1).sum();
            let mut body = BytesMut::with_capacity(size + head.len() + 16);
            body.put_slice(head.as_bytes());
            body.put_slice(b",\"items\":[");
            for (index, stored) in items.iter().enumerate() {
                if index > 0 {
                    body.put_u8(b',');
                }
                // Lists of built-in kinds leave out what the list's own kind says.
                if served.custom {
                    body.put_slice(&shown_bytes(call, served, stored));
                } else {
                    body.put_slice(&stored.bytes);
                }
            }
            body.put_slice(b"]}");
            Ok(respond::bytes(200, body.freeze()))
        }
        Form::Metadata => {
            let items: Vec<Value> = items.iter().map(|s| respond::metadata_only(&s.value())).collect();
            let list = json!({
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "items": items,
            });
            Ok(respond::value(200, &list))
        }
        Form::Table => {
            let objects: Vec<Value> = items.iter().map(|s| call.store().shown(served, s)).collect();
            Ok(respond::value(200, &crate::table::table(call.store(), served, &objects, &meta, &call.query)))
        }
    }
}

/// Kubernetes knows few fields to select by; an unknown one is an error there, so it is one here.
pub(super) fn check_field_selector<'a>(served: &Served, paths: impl Iterator<Item = &'a str>) -> Result<(), ApiError> {
    let extra: &[&str] = match &*served.table {
        "/pods" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        "/events" | "events.k8s.io/events" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "/secrets" => &["type"],
        "/namespaces" => &["status.phase", "name"],
        "/nodes" => &["spec.unschedulable"],
        "/services" => &["spec.clusterIP", "spec.type"],
        "apps/replicasets" | "/replicationcontrollers" => &["status.replicas"],
        "batch/jobs" => &["status.successful"],
        "certificates.k8s.io/certificatesigningrequests" => &["spec.signerName"],
        _ => &[],
    };
    let selectable = served.custom().map(|c| c.selectable.as_slice()).unwrap_or_default();
    for path in paths {
        let known = path == "metadata.name"
            || (path == "metadata.namespace" && (served.namespaced || !served.custom))
            || extra.contains(&path)
            || selectable.iter().any(|s| s.trim_start_matches('.') == path);
        if !known {
            let message = if served.custom {
                format!(
                    "Unable to find {:?} that match label selector \"\", field selector {path:?}: field label not supported: {path}",
                    served.group_version()
                )
            } else {
                match extra {
                    [] => format!(
                        "{path:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    ),
                    _ => format!("field label not supported: {path}"),
                }
            };
            return Err(ApiError::bad_request(message));
        }
    }
    Ok(())
}
