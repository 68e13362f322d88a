//! What simulated pods answer: `log`, `exec`, `attach`, `portforward`, `proxy`. Every answer says that it is simulated.

mod channel;
mod exec;
mod log;
mod page;
mod portforward;
mod spdy;
mod spdy_header;
mod upgrade;

use super::object::Json;
use crate::{ApiError, Body, PodHandler, PodRequest, PodSubresource};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

pub use page::Page;

/// Plays the kubelet for all pods of a cluster.
#[derive(Debug, Clone, Copy, Default)]
pub struct Simulated;

impl PodHandler for Simulated {
    fn handle(&self, request: PodRequest) -> BoxFuture<'static, Response<Body>> {
        Box::pin(async move {
            let answer = match request.subresource {
                PodSubresource::Log => log::answer(request),
                PodSubresource::Exec | PodSubresource::Attach => exec::answer(request),
                PodSubresource::PortForward => portforward::answer(request),
                PodSubresource::Proxy => Ok(Page::of(&request.pod).answer(&request.request)),
            };
            answer.unwrap_or_else(|error| refuse(&error))
        })
    }
}

/// The error as the server's other errors are sent.
fn refuse(error: &ApiError) -> Response<Body> {
    let code = StatusCode::from_u16(error.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond(code, "application/json", error.to_status().to_string())
}

/// An answer of one piece.
fn respond(code: StatusCode, kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(text)).boxed_unsync());
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}

/// The container that a request means: the one that it names, else the only one or the annotated one.
fn container<'a>(pod: &'a Value, query: &[(String, String)]) -> Result<&'a Value, ApiError> {
    let all = || pod.items("/spec/containers").iter().chain(pod.items("/spec/initContainers"));
    let named =
        query.iter().find(|(key, _)| key == "container").map(|(_, name)| name.as_str()).filter(|name| !name.is_empty());
    let default = Some(pod.annotation("kubectl.kubernetes.io/default-container")).filter(|name| !name.is_empty());
    match named.or(default) {
        Some(name) => all()
            .find(|container| container.text("/name") == name)
            .ok_or_else(|| ApiError::bad_request(format!("container {name} is not valid for pod {}", pod.name()))),
        None => match pod.items("/spec/containers") {
            [one] => Ok(one),
            many => {
                let names: Vec<&str> = many.iter().map(|container| container.text("/name")).collect();
                let message = format!(
                    "a container name must be specified for pod {}, choose one of: [{}]",
                    pod.name(),
                    names.join(" ")
                );
                Err(ApiError::bad_request(message))
            }
        },
    }
}

/// Refuses to reach into a pod that does not run.
fn must_run(pod: &Value) -> Result<(), ApiError> {
    match pod.text("/status/phase") {
        "Running" => Ok(()),
        phase => Err(ApiError::bad_request(format!(
            "pod {} is not running: its phase is {}",
            pod.name(),
            if phase.is_empty() { "Pending" } else { phase }
        ))),
    }
}
