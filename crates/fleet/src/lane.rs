//! One cluster's lane: a limit of requests in flight, a deadline for each, and a breaker. A dead or slow cluster costs
//! its own lane and nobody else's.
//!
//! The lane is a tower service in front of a client's own stack. Requests that stream (watch, followed logs, upgrades)
//! count and are timed until their head has come; of all others the body is read inside the lane, so that the deadline
//! covers it. What only reads is asked again a few times when the answer was lost or the server is busy: nobody can tell the
//! difference but by the time it takes. Writes never are: whether they may be repeated is the engine's decision.

use crate::breaker::{Admission, Breaker, BreakerState, Paused};
use crate::error::root_cause;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use kube::client::Body;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower::{BoxError, Layer, Service};

/// How much one cluster may be asked at once, and how long an answer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneLimits {
    /// Requests in flight; further ones wait their turn.
    pub in_flight: usize,
    /// From sending to the end of the answer (of a stream: to its head).
    pub deadline: Duration,
}

impl Default for LaneLimits {
    fn default() -> Self {
        LaneLimits { in_flight: 32, deadline: Duration::from_secs(30) }
    }
}

/// The lane of one cluster; cheap to clone.
#[derive(Debug, Clone)]
pub struct Lane(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cluster: String,
    limits: LaneLimits,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    breaker: Mutex<Breaker>,
    sent: [AtomicU64; VERBS.len()],
}

/// What requests are counted by; `WATCH` is a GET that goes on.
pub const VERBS: [&str; 6] = ["GET", "WATCH", "POST", "PUT", "PATCH", "DELETE"];

/// How a lane fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneHealth {
    /// Whether requests go through.
    pub state: BreakerState,
    /// Failures in a row.
    pub failures: u32,
    /// The last of them.
    pub last_error: Option<String>,
    /// Requests that are being answered.
    pub in_flight: usize,
    /// Requests that wait for a place.
    pub waiting: usize,
    /// Requests that were sent so far, in the order of [`VERBS`].
    pub sent: [u64; VERBS.len()],
}

/// Why the lane itself failed a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LaneError {
    /// The breaker is open: the request was not sent.
    #[error("cluster {cluster} has not answered for {} s ({last_error}); it is asked again in {} s", failing_for.as_secs(), retry_in.as_secs() + 1)]
    Paused {
        /// The cluster.
        cluster: String,
        /// What its last request failed with.
        last_error: String,
        /// Since when.
        failing_for: Duration,
        /// When the next trial is due.
        retry_in: Duration,
    },
    /// The deadline passed. The request may have been carried out.
    #[error("cluster {cluster} did not answer within {} s", deadline.as_secs())]
    Deadline {
        /// The cluster.
        cluster: String,
        /// The deadline.
        deadline: Duration,
    },
}

impl Lane {
    /// A lane for the cluster of this name.
    pub fn new(cluster: impl Into<String>, limits: LaneLimits) -> Lane {
        Lane(Arc::new(Inner {
            cluster: cluster.into(),
            limits,
            places: Arc::new(Semaphore::new(limits.in_flight.max(1))),
            waiting: AtomicUsize::new(0),
            breaker: Mutex::new(Breaker::default()),
            sent: Default::default(),
        }))
    }

    /// How it fares now.
    pub fn health(&self) -> LaneHealth {
        let breaker = self.breaker();
        LaneHealth {
            state: breaker.state(Instant::now()),
            failures: breaker.failures(),
            last_error: breaker.last_error().map(str::to_owned),
            in_flight: self.0.limits.in_flight.max(1) - self.0.places.available_permits(),
            waiting: self.0.waiting.load(Ordering::Relaxed),
            sent: std::array::from_fn(|verb| self.0.sent.get(verb).map_or(0, |sent| sent.load(Ordering::Relaxed))),
        }
    }

    fn count(&self, request: &Request<Body>) {
        let verb =
            if request.method() == http::Method::GET && streams(request) { "WATCH" } else { request.method().as_str() };
        let sent = VERBS.iter().position(|known| *known == verb).and_then(|verb| self.0.sent.get(verb));
        if let Some(sent) = sent {
            sent.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // A poisoned breaker is still a breaker: its fields are plain numbers.
        self.0.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run<S>(self, mut inner: S, request: Request<Body>) -> Result<Response<Body>, BoxError>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = BoxError> + Send,
        S::Future: Send,
    {
        let waiting = Waiting::new(&self.0.waiting);
        let place = self.0.places.clone().acquire_owned().await;
        drop(waiting);
        let admission = self.breaker().admit(Instant::now()).map_err(|paused| self.paused(paused))?;
        let mut trial = Trial { lane: &self, admission: Some(admission) };
        self.count(&request);
        let streams = streams(&request);
        let answer = async {
            let again = if streams { None } else { repeatable(&request) };
            let mut request = request;
            for pause in AGAIN {
                let result = answered(&mut inner, request, streams).await;
                request = match again.as_ref().filter(|_| passes(&result)).and_then(|again| again()) {
                    Some(request) => request,
                    None => return result,
                };
                tokio::time::sleep(retry_after(&result).map_or(pause, |asked| asked.min(LONGEST))).await;
            }
            answered(&mut inner, request, streams).await
        };
        let deadline = self.0.limits.deadline;
        let result = match tokio::time::timeout(deadline, answer).await {
            Ok(result) => result,
            Err(_) => Err(LaneError::Deadline { cluster: self.0.cluster.clone(), deadline }.into()),
        };
        match &result {
            Ok(response) => trial.end(failed_status(response.status())),
            Err(error) => trial.end(Some(root_cause(error.as_ref()))),
        }
        drop(place);
        result
    }

    fn paused(&self, paused: Paused) -> LaneError {
        LaneError::Paused {
            cluster: self.0.cluster.clone(),
            last_error: paused.last_error,
            failing_for: paused.failing_for,
            retry_in: paused.retry_in,
        }
    }
}

/// Counts a waiting request, also when its caller goes away while it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request that the breaker let through and that has to report back, also when its caller goes away.
struct Trial<'a> {
    lane: &'a Lane,
    admission: Option<Admission>,
}

impl Trial<'_> {
    fn end(&mut self, failure: Option<String>) {
        let Some(admission) = self.admission.take() else { return };
        let mut breaker = self.lane.breaker();
        match failure {
            Some(error) => breaker.failure(&admission, error, Instant::now()),
            None => breaker.success(),
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if let Some(admission) = self.admission.take() {
            self.lane.breaker().abandoned(&admission);
        }
    }
}

/// Pauses before what only reads is asked again.
const AGAIN: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(600)];
/// The longest pause that a server may ask for in between.
const LONGEST: Duration = Duration::from_secs(2);

/// One request, with the whole of its answer unless it streams.
async fn answered<S>(inner: &mut S, request: Request<Body>, streams: bool) -> Result<Response<Body>, BoxError>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
{
    std::future::poll_fn(|context| inner.poll_ready(context)).await?;
    let response = inner.call(request).await?;
    if streams {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map_err(BoxError::from)?.to_bytes();
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// Makes a request that only reads once more; `None` of one that does more.
fn repeatable(request: &Request<Body>) -> Option<impl Fn() -> Option<Request<Body>> + use<>> {
    if request.method() != http::Method::GET {
        return None;
    }
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    Some(move || {
        let mut again = Request::get(uri.clone()).body(Body::empty()).ok()?;
        headers.clone_into(again.headers_mut());
        Some(again)
    })
}

/// Whether asking again may help: the server is busy, or its answer was lost. Where nobody listens, nobody will in a second.
fn passes(result: &Result<Response<Body>, BoxError>) -> bool {
    match result {
        Ok(response) => matches!(response.status().as_u16(), 429 | 500 | 502..=504),
        Err(error) => {
            let mut causes =
                std::iter::successors(Some(error.as_ref() as &(dyn std::error::Error + 'static)), |e| e.source());
            causes.any(|cause| {
                let lost = |kind| {
                    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
                    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
                };
                cause.downcast_ref::<std::io::Error>().is_some_and(|e| lost(e.kind()))
                    || cause.downcast_ref::<hyper::Error>().is_some_and(|e| e.is_incomplete_message() || e.is_closed())
            })
        }
    }
}

/// How long a busy server asks to wait.
fn retry_after(result: &Result<Response<Body>, BoxError>) -> Option<Duration> {
    let asked = result.as_ref().ok()?.headers().get(http::header::RETRY_AFTER)?;
    asked.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// Answers that say that nobody is behind the address. Every other answer, also 500 and 429, is a living cluster's.
fn failed_status(status: StatusCode) -> Option<String> {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
        .then(|| format!("HTTP status {status}"))
}

fn streams(request: &Request<Body>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let asked = |name: &str| {
        query
            .split('&')
            .any(|pair| pair.split_once('=').is_some_and(|(key, value)| key == name && matches!(value, "true" | "1")))
    };
    request.headers().contains_key(http::header::UPGRADE) || asked("watch") || asked("follow")
}

/// Puts a [`Lane`] in front of a service.
#[derive(Debug, Clone)]
pub(crate) struct LaneLayer(pub(crate) Lane);

impl<S> Layer<S> for LaneLayer {
    type Service = LaneService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        LaneService { lane: self.0.clone(), inner }
    }
}

/// See [`LaneLayer`].
#[derive(Debug, Clone)]
pub(crate) struct LaneService<S> {
    lane: Lane,
    inner: S,
}

impl<S> Service<Request<Body>> for LaneService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Requests wait inside their own future, where they can be counted and given up.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.lane.clone().run(self.inner.clone(), request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower::{ServiceExt as _, service_fn};

    fn get(uri: &str) -> Request<Body> {
        Request::get(uri).body(Body::empty()).unwrap()
    }

    fn limits(in_flight: usize) -> LaneLimits {
        LaneLimits { in_flight, deadline: Duration::from_secs(10) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_cluster_that_hangs_fails_by_deadline_and_then_at_once() {
        let lane = Lane::new("far", limits(2));
        let hangs = service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, BoxError>>());
        let service = LaneLayer(lane.clone()).layer(hangs);
        let start = Instant::now();
        for _ in 0..crate::breaker::FAILURES {
            let error = service.clone().oneshot(get("/api")).await.unwrap_err();
            assert_eq!(error.to_string(), "cluster far did not answer within 10 s");
        }
        let failing = start.elapsed();
        let error = service.clone().oneshot(get("/api")).await.unwrap_err();
        assert_eq!(start.elapsed(), failing, "refused at once");
        assert_eq!(
            error.to_string(),
            "cluster far has not answered for 40 s (cluster far did not answer within 10 s); it is asked again in 6 s"
        );
        assert_eq!(lane.health().state, BreakerState::Open);
        assert_eq!(lane.health().in_flight, 0);
        let failures = u64::from(crate::breaker::FAILURES);
        assert_eq!(lane.health().sent, [failures, 0, 0, 0, 0, 0], "what was refused was not sent");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_limit_are_in_flight() {
        let lane = Lane::new("busy", limits(3));
        let slow = service_fn(|_: Request<Body>| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<_, BoxError>(Response::new(Body::from(b"ok".to_vec())))
        });
        let service = LaneLayer(lane.clone()).layer(slow);
        let start = Instant::now();
        let all = futures::future::join_all((0..9).map(|_| service.clone().oneshot(get("/api"))));
        let watch_it = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            lane.health()
        };
        let (answers, seen) = tokio::join!(all, watch_it);
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!((seen.in_flight, seen.waiting), (3, 6));
        assert_eq!(start.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_with_an_error_is_a_living_cluster() {
        let lane = Lane::new("strict", limits(1));
        let strict = service_fn(|_: Request<Body>| async {
            Ok::<_, BoxError>(Response::builder().status(500).body(Body::empty()).unwrap())
        });
        let service = LaneLayer(lane.clone()).layer(strict);
        for _ in 0..20 {
            assert_eq!(service.clone().oneshot(get("/api")).await.unwrap().status(), 500);
        }
        assert_eq!(lane.health().state, BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn what_only_reads_is_asked_again_and_what_writes_is_not() {
        use std::sync::atomic::AtomicUsize;
        let lane = Lane::new("busy", limits(2));
        let asked = Arc::new(AtomicUsize::new(0));
        let counts = asked.clone();
        let stumbles = service_fn(move |request: Request<Body>| {
            let turn = counts.fetch_add(1, Ordering::Relaxed);
            let named = request.headers().contains_key("x-name");
            async move {
                match turn % 4 {
                    0 => Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()),
                    1 => Ok(Response::builder().status(503).body(Body::empty()).unwrap()),
                    2 => Ok(Response::builder().status(429).header("retry-after", "1").body(Body::empty()).unwrap()),
                    _ => Ok::<_, BoxError>(
                        Response::builder().status(if named { 200 } else { 400 }).body(Body::empty()).unwrap(),
                    ),
                }
            }
        });
        let service = LaneLayer(lane.clone()).layer(stumbles);
        let (start, request) =
            (Instant::now(), Request::get("/api").header("x-name", "me").body(Body::empty()).unwrap());
        assert_eq!(service.clone().oneshot(request).await.unwrap().status(), 200, "its headers come along");
        assert_eq!((asked.swap(0, Ordering::Relaxed), start.elapsed()), (4, Duration::from_millis(50 + 200 + 1_000)));
        for write in [Request::post("/api"), Request::patch("/api"), Request::put("/api"), Request::delete("/api")] {
            asked.store(0, Ordering::Relaxed);
            service.clone().oneshot(write.body(Body::empty()).unwrap()).await.unwrap_err();
            assert_eq!(asked.load(Ordering::Relaxed), 1);
        }
        // where nobody listens, nobody will in a second
        let asked = Arc::new(AtomicUsize::new(0));
        let counts = asked.clone();
        let nobody = service_fn(move |_: Request<Body>| {
            counts.fetch_add(1, Ordering::Relaxed);
            async {
                Err::<Response<Body>, BoxError>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into())
            }
        });
        LaneLayer(lane).layer(nobody).oneshot(get("/api")).await.unwrap_err();
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_streams() {
        assert!(streams(&get("/api/v1/pods?watch=true&limit=1")));
        assert!(streams(&get("/api/v1/namespaces/a/pods/b/log?follow=1")));
        assert!(!streams(&get("/api/v1/pods?labelSelector=watch%3Dtrue")));
        let upgrade = Request::get("/exec").header("upgrade", "websocket").body(Body::empty()).unwrap();
        assert!(streams(&upgrade));
    }
}
