//! Switching a request's connection to another protocol.

use crate::{ApiError, Body, PodRequest};
use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE},
};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use std::future::Future;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

/// A connection that speaks WebSocket.
pub(super) type WebSocket = WebSocketStream<TokioIo<Upgraded>>;

/// What a request asks its connection to become.
pub(super) enum Wanted {
    /// WebSocket, with one of these subprotocols.
    WebSocket(Vec<String>),
    /// SPDY/3.1.
    Spdy,
}

/// Reads what a request asks for.
pub(super) fn wanted<B>(request: &Request<B>) -> Result<Wanted, ApiError> {
    let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or("");
    let upgrade = header(UPGRADE).to_ascii_lowercase();
    if upgrade == "websocket" {
        let offers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
        Ok(Wanted::WebSocket(offers.flat_map(|offer| offer.split(',')).map(|offer| offer.trim().to_owned()).collect()))
    } else if upgrade == "spdy/3.1" {
        Ok(Wanted::Spdy)
    } else {
        Err(ApiError::bad_request("Upgrade request required"))
    }
}

/// Becomes a WebSocket with a subprotocol, served by `serve`.
pub(super) fn websocket<F, R>(request: PodRequest, protocol: &str, serve: F) -> Result<Response<Body>, ApiError>
where
    F: FnOnce(WebSocket) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let key = request
        .request
        .headers()
        .get(SEC_WEBSOCKET_KEY)
        .ok_or_else(|| ApiError::bad_request("Sec-WebSocket-Key is missing"))?;
    let accept = derive_accept_key(key.as_bytes());
    let mut response = switching("websocket");
    for (name, text) in [(SEC_WEBSOCKET_ACCEPT, accept.as_str()), (SEC_WEBSOCKET_PROTOCOL, protocol)] {
        if let Ok(value) = HeaderValue::from_str(text) {
            response.headers_mut().insert(name, value);
        }
    }
    after(request.request, move |upgraded| async move {
        serve(WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await).await;
    });
    Ok(response)
}

/// Becomes SPDY, served by `serve`.
pub(super) fn spdy<F, R>(request: PodRequest, protocol: &str, serve: F) -> Response<Body>
where
    F: FnOnce(TokioIo<Upgraded>) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let mut response = switching("SPDY/3.1");
    if let Ok(value) = HeaderValue::from_str(protocol) {
        response.headers_mut().insert("x-stream-protocol-version", value);
    }
    after(request.request, serve);
    response
}

fn switching(protocol: &'static str) -> Response<Body> {
    let mut response = Response::new(Empty::<Bytes>::new().boxed_unsync());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static(protocol));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response
}

fn after<F, R>(request: Request<Incoming>, serve: F)
where
    F: FnOnce(TokioIo<Upgraded>) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        match hyper::upgrade::on(request).await {
            Ok(upgraded) => serve(TokioIo::new(upgraded)).await,
            Err(error) => tracing::debug!("a connection was not switched: {error}"),
        }
    });
}
