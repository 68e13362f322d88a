//! An embedded cluster on a loopback port, for kubectl: HTTP that is passed on through a client, so that it does not matter
//! which process owns the cluster, nor when that changes.

use crate::error::{Error, ErrorKind, root_cause};
use http::header::{AUTHORIZATION, HOST};
use http::uri::PathAndQuery;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kube::Client;
use kube::client::Body;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// What stands before the token in a path, see [`embedded::Cluster::url`].
const PREFIX: &str = "/token/";
/// An apiserver takes bodies of up to 3 MiB; nobody sends more on purpose.
const LARGEST_BODY: usize = 16 << 20;

/// Serves until the listener fails. Only loopback: whoever has the token can do everything.
pub(crate) async fn serve(listener: TcpListener, client: Client, token: &str) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::new(ErrorKind::Embedded, format!("cannot serve: {error}"));
    let address = listener.local_addr().map_err(failed)?;
    if !address.ip().is_loopback() {
        let message = format!("an embedded cluster is served on loopback only, not on {address}");
        return Err(Error::new(ErrorKind::Embedded, message));
    }
    let token: Arc<str> = token.into();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of file descriptors, or a peer that went away at once: the next connection may do better.
            Err(error) => {
                tracing::debug!("a connection was not accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        drop(stream.set_nodelay(true));
        let (client, token) = (client.clone(), token.clone());
        let service = service_fn(move |request| {
            let (client, token) = (client.clone(), token.clone());
            async move { Ok::<_, std::convert::Infallible>(pass_on(request, &client, &token).await) }
        });
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!("a connection ended: {error}");
            }
        });
    }
}

async fn pass_on(mut request: Request<Incoming>, client: &Client, token: &str) -> Response<Body> {
    let Some(target) = target(&request, token) else {
        return failure(
            StatusCode::UNAUTHORIZED,
            "Unauthorized",
            "the token of this embedded cluster is missing or wrong",
        );
    };
    let upgrades = request.headers().contains_key(http::header::UPGRADE);
    let theirs = upgrades.then(|| hyper::upgrade::on(&mut request));
    let (mut parts, body) = request.into_parts();
    parts.uri = target;
    parts.headers.remove(AUTHORIZATION);
    parts.headers.remove(HOST);
    let body = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return failure(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &error.to_string()),
    };
    let mut response = match client.send(Request::from_parts(parts, Body::from(body))).await {
        Ok(response) => response,
        Err(error) => return failure(StatusCode::BAD_GATEWAY, "ServiceUnavailable", &root_cause(&error)),
    };
    if let Some(theirs) = theirs
        && response.status() == StatusCode::SWITCHING_PROTOCOLS
    {
        let ours = hyper::upgrade::on(&mut response);
        tokio::spawn(async move {
            if let (Ok(theirs), Ok(ours)) = tokio::join!(theirs, ours) {
                // Either side may end it at any time; there is nobody to tell.
                let (mut theirs, mut ours) = (TokioIo::new(theirs), TokioIo::new(ours));
                drop(tokio::io::copy_bidirectional(&mut theirs, &mut ours).await);
            }
        });
    }
    response
}

/// The path to ask for, when the request carries the token: in front of its path, or as its bearer token.
fn target<B>(request: &Request<B>, token: &str) -> Option<Uri> {
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    if let Some(rest) = path.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix(token)) {
        return match rest.chars().next() {
            None => Some(Uri::from_static("/")),
            Some('/') => rest.parse().ok(),
            Some('?') => format!("/{rest}").parse().ok(),
            Some(_) => None,
        };
    }
    let bearer = request.headers().get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    (bearer == token).then(|| path.parse().ok()).flatten()
}

fn failure(status: StatusCode, reason: &str, message: &str) -> Response<Body> {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "reason": reason, "message": message, "code": status.as_u16(),
    });
    let mut response = Response::new(Body::from(body.to_string().into_bytes()));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, bearer: Option<&str>) -> Option<String> {
        let mut request = Request::get(path);
        if let Some(bearer) = bearer {
            request = request.header(AUTHORIZATION, format!("Bearer {bearer}"));
        }
        target(&request.body(()).unwrap(), "secret").map(|uri| uri.to_string())
    }

    #[test]
    fn the_token_is_in_the_path_or_in_the_header() {
        assert_eq!(asked("/token/secret/api/v1/pods?watch=true", None).as_deref(), Some("/api/v1/pods?watch=true"));
        assert_eq!(asked("/token/secret", None).as_deref(), Some("/"));
        assert_eq!(asked("/token/secret?timeout=1s", None).as_deref(), Some("/?timeout=1s"));
        assert_eq!(asked("/api", Some("secret")).as_deref(), Some("/api"));
        for (path, bearer) in
            [("/api", None), ("/api", Some("other")), ("/token/secrets/api", None), ("/token/sec/api", None)]
        {
            assert_eq!(asked(path, bearer), None, "{path}");
        }
    }
}
