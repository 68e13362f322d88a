//! `log`: a few lines that say what the container would be. `follow` stays open until the pod is gone or has ended.

use super::{container, respond};
use crate::simulate::{object::Json, pod, scene::time};
use crate::{ApiError, Body, Gvr, PodRequest, Selector, Store};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde_json::Value;
use std::convert::Infallible;

/// Answers a request for logs.
pub(super) fn answer(request: PodRequest) -> Result<Response<Body>, ApiError> {
    let pod = &request.pod;
    let container = container(pod, &request.query)?;
    let asked = |key: &str| request.query.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
    let flag = |key: &str| matches!(asked(key), Some("true" | "1"));
    let name = container.text("/name");
    let statuses = pod.items("/status/containerStatuses").iter().chain(pod.items("/status/initContainerStatuses"));
    let status = statuses.into_iter().find(|status| status.text("/name") == name);
    let crashed = status.is_some_and(|status| status.has("/lastState/terminated"));
    if flag("previous") && !crashed {
        return Err(ApiError::bad_request(format!(
            "previous terminated container \"{name}\" in pod \"{}\" not found",
            pod.name()
        )));
    }
    let waiting = status.map_or("ContainerCreating", |status| status.text("/state/waiting/reason"));
    if !waiting.is_empty() && !crashed {
        return Err(ApiError::bad_request(format!(
            "container \"{name}\" in pod \"{}\" is waiting to start: {waiting}",
            pod.name()
        )));
    }
    let lines = lines(pod, container, status.unwrap_or(&Value::Null));
    let mut lines: Vec<String> = lines
        .into_iter()
        .map(|(at, line)| if flag("timestamps") { format!("{at} {line}\n") } else { format!("{line}\n") })
        .collect();
    if let Some(tail) = asked("tailLines").and_then(|tail| tail.parse::<usize>().ok()) {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let mut text = lines.concat();
    if let Some(limit) = asked("limitBytes").and_then(|limit| limit.parse::<usize>().ok()) {
        text = text
            .chars()
            .scan(0, |size, letter| {
                *size += letter.len_utf8();
                (*size <= limit).then_some(letter)
            })
            .collect();
    }
    if !flag("follow") || pod::finished(pod) {
        return Ok(respond(StatusCode::OK, "text/plain", text));
    }
    let frame = |text: String| Ok::<_, Infallible>(Frame::data(Bytes::from(text)));
    let (store, namespace, pod_name, uid) =
        (request.store.clone(), pod.namespace().to_owned(), pod.name().to_owned(), pod.uid().to_owned());
    let rest = stream::once(async move {
        wait_for_end(&store, &namespace, &pod_name, &uid).await;
        None
    });
    let frames = stream::iter([Some(text)]).chain(rest).filter_map(move |text| async move { text.map(frame) });
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}

/// What a container says, with the time of each line.
fn lines(pod: &Value, container: &Value, status: &Value) -> Vec<(String, String)> {
    let started = ["/state/running/startedAt", "/state/terminated/startedAt", "/lastState/terminated/startedAt"]
        .iter()
        .map(|pointer| status.text(pointer))
        .find(|text| time(text).is_some())
        .unwrap_or(pod.text("/metadata/creationTimestamp"))
        .to_owned();
    let mut lines = vec![format!(
        "simulated: container {} of pod {}/{} started with image {}",
        container.text("/name"),
        pod.namespace(),
        pod.name(),
        container.text("/image")
    )];
    let command: Vec<&str> =
        container.items("/command").iter().chain(container.items("/args")).filter_map(Value::as_str).collect();
    if !command.is_empty() {
        lines.push(format!("simulated: would run {}", command.join(" ")));
    }
    for port in container.items("/ports") {
        lines.push(format!("simulated: answers on port {}", port.int("/containerPort").unwrap_or(0)));
    }
    for (pointer, code) in [
        ("/state/terminated", "/state/terminated/exitCode"),
        ("/lastState/terminated", "/lastState/terminated/exitCode"),
    ] {
        if let Some(code) = status.int(code) {
            let message = status.text(&format!("{pointer}/message"));
            let why = if message.is_empty() { String::new() } else { format!(": {message}") };
            lines.push(format!("simulated: ended with exit code {code}{why}"));
        }
    }
    lines.into_iter().map(|line| (started.clone(), line)).collect()
}

/// Returns when the pod has ended, is gone, or the cluster is closed.
async fn wait_for_end(store: &Store, namespace: &str, name: &str, uid: &str) {
    let gvr = Gvr::new("", "v1", "pods");
    let from = store.resource_version();
    let runs = |found: &Value| found.uid() == uid && !pod::finished(found);
    if !store.get(gvr, namespace, name).is_ok_and(|found| runs(&found)) {
        return;
    }
    let Ok(mut watch) = store.watch(gvr, Some(namespace), Selector::default(), from) else { return };
    while let Ok(event) = watch.next().await {
        if event.uid() == uid && (event.kind == crate::ChangeKind::Deleted || !runs(&event.object())) {
            return;
        }
    }
}
