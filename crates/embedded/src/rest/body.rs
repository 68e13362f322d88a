//! Reading the body of a request.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use k8s_schema::protobuf;
use serde_json::Value;

use crate::error::ApiError;

/// What kube-apiserver accepts at most.
const LIMIT: usize = 3 << 20;

/// A body with its media type, without parameters.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) media: String,
    pub(super) bytes: Bytes,
}

pub(super) async fn read(request: Request<Incoming>) -> Result<Sent, ApiError> {
    let media = request
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split(';').next())
        .unwrap_or("")
        .trim()
        .to_owned();
    let collected = Limited::new(request.into_body(), LIMIT).collect().await;
    let bytes = collected.map(http_body_util::Collected::to_bytes).map_err(|e| {
        if e.is::<http_body_util::LengthLimitError>() {
            let message = format!("Request entity too large: limit is {LIMIT}");
            ApiError::new(413, "RequestEntityTooLarge", message)
        } else {
            ApiError::bad_request(format!("the body could not be read: {e}"))
        }
    })?;
    Ok(Sent { media, bytes })
}

impl Sent {
    /// The object of a create or an update.
    pub(super) fn object(&self) -> Result<Value, ApiError> {
        match self.media.as_str() {
            "application/yaml" | "text/yaml" => self.yaml(),
            protobuf::CONTENT_TYPE => {
                protobuf::decode(&self.bytes).map_err(|error| ApiError::bad_request(error.to_string()))
            }
            "" | "application/json" => self.json(),
            other => Err(ApiError::unsupported_media_type(
                other,
                &["application/json", "application/yaml", protobuf::CONTENT_TYPE],
            )),
        }
    }

    pub(super) fn json(&self) -> Result<Value, ApiError> {
        serde_json::from_slice(&self.bytes)
            .map_err(|e| ApiError::bad_request(format!("the object provided is unrecognized: it is not JSON: {e}")))
    }

    pub(super) fn yaml(&self) -> Result<Value, ApiError> {
        // JSON is YAML, and most senders of "apply" send JSON.
        if let Ok(value) = serde_json::from_slice(&self.bytes) {
            return Ok(value);
        }
        let text = std::str::from_utf8(&self.bytes).map_err(|_| ApiError::bad_request("the body is not UTF-8"))?;
        serde_saphyr::from_str(text).map_err(|e| ApiError::bad_request(format!("error decoding YAML: {e}")))
    }
}
