//! Answers: objects, lists, tables, failures.

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

use super::Body;
use crate::error::ApiError;

/// The form in which the sender wants objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    /// `meta.k8s.io/v1` `Table`, for people.
    Table,
    /// Only the metadata.
    Metadata,
}

/// The `Accept` header.
#[derive(Debug, Clone)]
pub(crate) struct Accept {
    pub(crate) form: Form,
    /// The sender understands aggregated discovery.
    pub(crate) aggregated: bool,
    pub(crate) text: String,
}

impl Accept {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text: String =
            headers.get_all(http::header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).collect::<Vec<_>>().join(",");
        let mut form = Form::Plain;
        // The first understood entry decides.
        for entry in text.split(',').map(str::trim) {
            let json = entry.starts_with("application/json") || entry.starts_with("*/*");
            if json && entry.contains("as=Table") && entry.contains("v=v1;") | entry.ends_with("v=v1") {
                form = Form::Table;
            } else if json && (entry.contains("as=PartialObjectMetadata")) {
                form = Form::Metadata;
            } else if !json {
                continue;
            }
            break;
        }
        let aggregated = text.contains("as=APIGroupDiscoveryList") && text.contains("v=v2");
        Accept { form, aggregated, text }
    }
}

fn build(code: u16, media: &str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::new(body).boxed_unsync());
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Ok(media) = http::HeaderValue::from_str(media) {
        headers.insert(http::header::CONTENT_TYPE, media);
    }
    headers.insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("no-cache, private"));
    response
}

pub(crate) fn bytes(code: u16, body: Bytes) -> Response<Body> {
    build(code, "application/json", body)
}

pub(crate) fn typed(media: &str, body: impl Into<Bytes>) -> Response<Body> {
    build(200, media, body.into())
}

pub(crate) fn value(code: u16, value: &Value) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(text) => bytes(code, text.into()),
        Err(e) => error(&ApiError::internal(e.to_string())),
    }
}

pub(crate) fn error(error: &ApiError) -> Response<Body> {
    let text = serde_json::to_vec(&error.to_status()).unwrap_or_default();
    bytes(error.code, text.into())
}

/// What Go's server says where nothing is served at all.
pub(crate) fn not_a_page() -> Response<Body> {
    build(404, "text/plain; charset=utf-8", Bytes::from_static(b"404 page not found\n"))
}

/// Adds a `Warning` header for each text.
pub(super) fn warn(response: &mut Response<Body>, warnings: &[String]) {
    for text in warnings {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ");
        if let Ok(header) = http::HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(http::header::WARNING, header);
        }
    }
}

/// A stored object reduced to its metadata.
pub(super) fn metadata_only(value: &Value) -> Value {
    serde_json::json!({
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
        "metadata": value.get("metadata").cloned().unwrap_or_default(),
    })
}
