//! `exec` and `attach`: they say that nothing runs here, and fail, so that no script takes a simulated command for done.

use super::{channel, container, must_run, upgrade};
use crate::simulate::object::Json;
use crate::{ApiError, Body, PodRequest, PodSubresource};
use http::Response;
use serde_json::json;

const STDERR: u8 = 2;
const ERROR: u8 = 3;
/// What shells return for a command that cannot be executed.
const EXIT_CODE: &str = "126";

/// Answers an `exec` or `attach`.
pub(super) fn answer(request: PodRequest) -> Result<Response<Body>, ApiError> {
    must_run(&request.pod)?;
    let name = container(&request.pod, &request.query)?.text("/name").to_owned();
    let upgrade::Wanted::WebSocket(offers) = upgrade::wanted(&request.request)? else {
        return Err(ApiError::bad_request("simulated pods answer exec over WebSocket only"));
    };
    let known = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
    let Some(protocol) = known.into_iter().find(|known| offers.iter().any(|offer| offer == known)) else {
        return Err(ApiError::bad_request(format!(
            "unable to negotiate a subprotocol: simulated pods know {}",
            known.join(", ")
        )));
    };
    let command: Vec<&str> =
        request.query.iter().filter(|(key, _)| key == "command").map(|(_, value)| value.as_str()).collect();
    let done = if request.subresource == PodSubresource::Exec {
        format!("`{}` was not executed", command.join(" "))
    } else {
        "there is nothing to attach to".to_owned()
    };
    let text = format!("container {name} of pod {} is simulated: {done}\n", request.pod.name());
    let tty = request.query.iter().any(|(key, value)| key == "tty" && value == "true");
    upgrade::websocket(request, protocol, move |socket| async move {
        let (sender, mut receiver) = channel::split(socket);
        let status = json!({
            "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
            "message": format!("command terminated with non-zero exit code: {}", text.trim_end()),
            "details": {"causes": [{"reason": "ExitCode", "message": EXIT_CODE}]},
        });
        let text = if tty { text.replace('\n', "\r\n") } else { text };
        let output = if tty { 1 } else { STDERR };
        if sender.send(output, text.as_bytes()).await && sender.send(ERROR, status.to_string().as_bytes()).await {
            sender.close().await;
            // What the client still sends is read, so that it sees our close and not a reset.
            while receiver.next().await.is_some() {}
        }
    })
}
