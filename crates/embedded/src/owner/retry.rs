//! Which requests may be sent again.

use bytes::Bytes;
use http::{
    HeaderMap, Method, Request, Response, StatusCode, Uri,
    header::{CONTENT_TYPE, HOST, UPGRADE},
};
use http_body_util::{BodyExt, Full};
use kube::client::Body;

/// The content type of server-side apply.
const APPLY: &[u8] = b"application/apply-patch";

/// A request that can be made as often as needed.
#[derive(Debug, Clone)]
pub(super) struct Copyable {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Copyable {
    /// Reads a request to its end.
    pub(super) async fn of(request: Request<Body>) -> Result<Copyable, tower::BoxError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(tower::BoxError::from)?.to_bytes();
        Ok(Copyable { method: parts.method, uri: parts.uri, headers: parts.headers, body })
    }

    /// The request for another process, in origin form.
    pub(super) fn for_peer(&self) -> Result<Request<Full<Bytes>>, tower::BoxError> {
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request =
            Request::builder().method(self.method.clone()).uri(path).body(Full::new(self.body.clone()))?;
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(HOST, http::HeaderValue::from_static("embedded"));
        Ok(request)
    }

    /// The request for a cluster of this process.
    pub(super) fn for_own(&self) -> Result<Request<Body>, tower::BoxError> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(self.uri.clone())
            .body(Body::from(self.body.to_vec()))?;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }

    /// Whether sending it twice is the same as sending it once, whatever became of the first: it reads, or it states what
    /// an object shall be (server-side apply).
    pub(super) fn is_repeatable(&self) -> bool {
        match self.method {
            Method::GET | Method::HEAD => !self.headers.contains_key(UPGRADE),
            Method::PATCH => self.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(APPLY)),
            _ => false,
        }
    }

    /// Method and path, for messages.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.uri.path())
    }
}

/// The body of an answer, from wherever.
pub(super) type Answer = http_body_util::combinators::UnsyncBoxBody<Bytes, tower::BoxError>;

/// An answer as the clients above take it.
pub(super) fn boxed<B>(response: Response<B>) -> Response<Answer>
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tower::BoxError>,
{
    response.map(|body| body.map_err(Into::into).boxed_unsync())
}

/// Whether an answer says that the cluster was closed before the request changed anything.
fn says_closed(status: StatusCode, body: &[u8]) -> bool {
    status == StatusCode::SERVICE_UNAVAILABLE
        && serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|status| {
            status.get("message").and_then(serde_json::Value::as_str) == Some("the cluster is closed")
        })
}

/// The answer, with its body read when it may say that the cluster was closed.
pub(super) async fn unless_closed<B>(response: Response<B>) -> Result<Response<Answer>, Closed>
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tower::BoxError>,
{
    if response.status() != StatusCode::SERVICE_UNAVAILABLE {
        return Ok(boxed(response));
    }
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    if says_closed(parts.status, &bytes) {
        Err(Closed)
    } else {
        Ok(boxed(Response::from_parts(parts, Full::new(bytes))))
    }
}

/// The cluster was closed and the request not carried out.
#[derive(Debug)]
pub(super) struct Closed;
