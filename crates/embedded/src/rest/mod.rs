//! HTTP: what a request asks for, and the answer in the form that its sender understands.

mod body;
mod path;
pub(crate) mod query;
mod read;
pub(crate) mod respond;
mod review;
mod scale;
mod watch;
mod write;

use std::convert::Infallible;
use std::sync::PoisonError;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use serde_json::Value;

use self::path::{Target, Where};
pub(crate) use self::query::Query;
use self::respond::{Accept, error};
use crate::catalog::{Gvr, Served};
use crate::cluster::Server;
use crate::error::ApiError;
use crate::store::Store;

/// The body of an answer.
pub type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>;

/// The subresources of a pod that reach into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodSubresource {
    /// `log`
    Log,
    /// `exec`
    Exec,
    /// `attach`
    Attach,
    /// `portforward`
    PortForward,
    /// `proxy`
    Proxy,
}

/// A request that reaches into a pod.
#[derive(Debug)]
pub struct PodRequest {
    /// The cluster's objects.
    pub store: Store,
    /// The pod.
    pub pod: Value,
    /// What is asked of it.
    pub subresource: PodSubresource,
    /// The decoded query parameters, in order.
    pub query: Vec<(String, String)>,
    /// The request itself, for its headers and for an upgrade (`hyper::upgrade::on`).
    pub request: Request<Incoming>,
}

/// Who plays the kubelet: answers for what runs in pods.
pub trait PodHandler: Send + Sync {
    /// Answers one request, by an upgrade or by a body.
    fn handle(&self, request: PodRequest) -> BoxFuture<'static, Response<Body>>;
}

/// A request with what was read from its head.
pub(crate) struct Call<'a> {
    pub(crate) server: &'a Server,
    pub(crate) query: Query,
    pub(crate) accept: Accept,
    pub(crate) manager: String,
}

impl Call<'_> {
    pub(crate) fn store(&self) -> &Store {
        &self.server.store
    }
}

/// Answers one request. With a `token`, requests that do not carry it are refused.
pub(crate) async fn handle(server: &Server, mut request: Request<Incoming>, token: Option<&str>) -> Response<Body> {
    if let Some(token) = token
        && !strip_token(&mut request, token)
        && !carries(&request, token)
    {
        return error(&ApiError::new(401, "Unauthorized", "Unauthorized"));
    }
    let query = Query::parse(request.uri().query().unwrap_or(""));
    let accept = Accept::of(request.headers());
    let manager = query.text("fieldManager").map_or_else(|| agent(&request), str::to_owned);
    let call = Call { server, query, accept, manager };
    match answer(&call, request).await {
        Ok(response) => response,
        Err(e) => error(&e),
    }
}

/// The path prefix that carries a token. kubectl sends no `Authorization` over plain HTTP, but it keeps a server's path.
pub(crate) const TOKEN_PREFIX: &str = "/token/";

/// Takes `/token/TOKEN` off the path; whether it was there and right.
fn strip_token(request: &mut Request<Incoming>, token: &str) -> bool {
    let Some(rest) = request.uri().path_and_query().and_then(|p| p.as_str().strip_prefix(TOKEN_PREFIX)) else {
        return false;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (sent, path) = rest.split_at(end);
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    if !same_bytes(sent.as_bytes(), token.as_bytes()) {
        return false;
    }
    match path.parse() {
        Ok(uri) => {
            *request.uri_mut() = uri;
            true
        }
        Err(_) => false,
    }
}

/// Compares all bytes whatever differs, so that time tells nothing.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

fn carries(request: &Request<Incoming>, token: &str) -> bool {
    let sent = request.headers().get(http::header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let Some(sent) = sent.and_then(|v| v.strip_prefix("Bearer ")) else { return false };
    same_bytes(sent.trim().as_bytes(), token.as_bytes())
}

fn agent(request: &Request<Incoming>) -> String {
    let agent = request.headers().get(http::header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("");
    let name = agent.split('/').next().unwrap_or("");
    if name.is_empty() { "unknown".into() } else { name.chars().take(128).collect() }
}

async fn answer(call: &Call<'_>, request: Request<Incoming>) -> Result<Response<Body>, ApiError> {
    let path = path::decode(request.uri().path())?;
    match path::parse(&path) {
        Where::Resource(target) => resource(call, target, request).await,
        Where::Other if request.method() == Method::GET || request.method() == Method::HEAD => {
            crate::discovery::answer(call, &path)
        }
        Where::Other => Err(ApiError::method_not_allowed()),
    }
}

async fn resource(call: &Call<'_>, target: Target, request: Request<Incoming>) -> Result<Response<Body>, ApiError> {
    let gvr = Gvr::new(&target.group, &target.version, &target.resource);
    let Some(served) = call.store().catalog().find(gvr) else {
        if call.store().catalog().has_version(&target.group, &target.version) {
            return Err(ApiError::no_such_path());
        }
        return Ok(respond::not_a_page());
    };
    if served.virtual_ {
        return if request.method() == Method::POST {
            review::answer(&served, &target, body::read(request).await?)
        } else {
            Err(ApiError::method_not_allowed())
        };
    }
    let namespace = target.namespace.clone().unwrap_or_default();
    if served.namespaced == namespace.is_empty() && (target.name.is_some() || !served.namespaced) {
        return Err(ApiError::no_such_path());
    }
    match (&target.name, target.subresource.as_deref()) {
        (None, _) => collection(call, &served, &target, request).await,
        (Some(name), None) => object(call, &served, &namespace, name, request).await,
        (Some(name), Some(subresource)) => subresource_of(call, &served, &namespace, name, subresource, request).await,
    }
}

async fn collection(
    call: &Call<'_>,
    served: &Served,
    target: &Target,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let namespace = target.namespace.as_deref();
    match *request.method() {
        Method::GET | Method::HEAD if call.query.flag("watch") => watch::start(call, served, namespace, None),
        Method::GET | Method::HEAD => read::list(call, served, namespace),
        Method::POST if served.namespaced == namespace.is_some() => {
            write::create(call, served, namespace.unwrap_or(""), request).await
        }
        Method::DELETE => write::delete_collection(call, served, namespace, request).await,
        _ => Err(ApiError::method_not_allowed()),
    }
}

async fn object(
    call: &Call<'_>,
    served: &Served,
    namespace: &str,
    name: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    use crate::store::Subresource;
    match *request.method() {
        Method::GET | Method::HEAD if call.query.flag("watch") => {
            watch::start(call, served, served.namespaced.then_some(namespace), Some(name))
        }
        Method::GET | Method::HEAD => read::get(call, served, namespace, name),
        Method::PUT => write::update(call, served, namespace, name, Subresource::None, request).await,
        Method::PATCH => write::patch(call, served, namespace, name, Subresource::None, request).await,
        Method::DELETE => write::delete(call, served, namespace, name, request).await,
        _ => Err(ApiError::method_not_allowed()),
    }
}

async fn subresource_of(
    call: &Call<'_>,
    served: &Served,
    namespace: &str,
    name: &str,
    subresource: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    use crate::store::Subresource;
    let part = match subresource {
        "status" if served.has_status() => Subresource::Status,
        "finalize" if served.plural == "namespaces" => Subresource::Finalize,
        "scale" if served.scale().is_some() => return scale::answer(call, served, namespace, name, request).await,
        _ if &*served.table == "/pods" => return pod(call, served, namespace, name, subresource, request).await,
        "token" if served.plural == "serviceaccounts" && request.method() == Method::POST => {
            call.store().get_stored(served, namespace, name)?;
            return review::token(namespace, name, body::read(request).await?);
        }
        _ => return Err(ApiError::no_such_path()),
    };
    match *request.method() {
        Method::GET | Method::HEAD => read::get(call, served, namespace, name),
        Method::PUT => write::update(call, served, namespace, name, part, request).await,
        Method::PATCH => write::patch(call, served, namespace, name, part, request).await,
        _ => Err(ApiError::method_not_allowed()),
    }
}

async fn pod(
    call: &Call<'_>,
    served: &Served,
    namespace: &str,
    name: &str,
    subresource: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let subresource = match subresource {
        "log" => PodSubresource::Log,
        "exec" => PodSubresource::Exec,
        "attach" => PodSubresource::Attach,
        "portforward" => PodSubresource::PortForward,
        "proxy" => PodSubresource::Proxy,
        "eviction" | "binding" if request.method() == Method::POST => {
            return write::pod_action(call, served, namespace, name, subresource, request).await;
        }
        _ => return Err(ApiError::no_such_path()),
    };
    let pod = call.store().get_stored(served, namespace, name)?.value();
    let handler = call.server.pods.read().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(handler) = handler else {
        return Err(ApiError::unavailable("nothing runs the pods of this cluster"));
    };
    let request =
        PodRequest { store: call.store().clone(), pod, subresource, query: call.query.pairs().to_vec(), request };
    Ok(handler.handle(request).await)
}
