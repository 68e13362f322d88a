//! The few requests that this crate makes itself, as plain JSON: it needs five fields of a Secret and no typed API.

use http::Request;
use kube::Client;
use serde_json::Value;

async fn send(
    client: &Client,
    method: &str,
    path: &str,
    content_type: &str,
    body: Option<&Value>,
) -> kube::Result<Value> {
    let bytes = match body {
        Some(body) => serde_json::to_vec(body).map_err(kube::Error::SerdeError)?,
        None => Vec::new(),
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(http::header::CONTENT_TYPE, content_type)
        .header(http::header::ACCEPT, "application/json")
        .body(bytes)
        .map_err(kube::Error::HttpError)?;
    client.request(request).await
}

pub(crate) async fn get(client: &Client, path: &str) -> kube::Result<Value> {
    send(client, "GET", path, "application/json", None).await
}

/// `None` for 404.
pub(crate) async fn find(client: &Client, path: &str) -> kube::Result<Option<Value>> {
    match get(client, path).await {
        Ok(value) => Ok(Some(value)),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) async fn create(client: &Client, path: &str, body: &Value) -> kube::Result<Value> {
    send(client, "POST", path, "application/json", Some(body)).await
}

/// False when an object of this name is there already.
pub(crate) async fn create_if_absent(client: &Client, path: &str, body: &Value) -> kube::Result<bool> {
    match create(client, path, body).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) async fn merge_patch(client: &Client, path: &str, patch: &Value) -> kube::Result<Value> {
    send(client, "PATCH", path, "application/merge-patch+json", Some(patch)).await
}

/// False when it was not there.
pub(crate) async fn delete(client: &Client, path: &str) -> kube::Result<bool> {
    match send(client, "DELETE", path, "application/json", None).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
        Err(error) => Err(error),
    }
}

/// All items of a list, page by page.
pub(crate) async fn list(client: &Client, path: &str, selector: Option<&str>) -> kube::Result<Vec<Value>> {
    let mut items = Vec::new();
    let mut next = String::new();
    loop {
        let mut uri = format!("{path}?limit=500");
        if let Some(selector) = selector {
            uri += &format!("&labelSelector={}", escaped(selector));
        }
        if !next.is_empty() {
            uri += &format!("&continue={}", escaped(&next));
        }
        let mut page = get(client, &uri).await?;
        if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
            items.extend(found);
        }
        match page.pointer("/metadata/continue").and_then(Value::as_str) {
            Some(token) if !token.is_empty() => next = token.to_owned(),
            _ => return Ok(items),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped += &format!("%{byte:02X}");
        }
    }
    escaped
}

/// The name of an object, empty when it has none.
pub(crate) fn name(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}
