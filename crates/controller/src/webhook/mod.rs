//! The admission webhook: what an API server asks before it stores an Application or a definition.
//!
//! `/mutate-applications` writes down who asked, as the API server knows them; `/validate-applications` refuses what cannot
//! be run, with the same diagnostics as `lateen up --dry-run`; `/validate-definitions` vets definitions. It never stands in
//! the way of what mends a hub: what cannot be judged is let through with a warning, and the controller's own writes and
//! writes that change no specification are not judged at all.

mod application;
mod certificate;
mod definition;
mod proof;
mod review;

pub use certificate::{Certificates, Material, rotate};
pub use proof::{Prover, REQUESTER_PROOF};

use crate::run::Runner;
use cue_syntax::Diagnostic;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use review::{Answer, Review};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// An API server sends objects of up to 3 MiB, twice in an update.
const LARGEST: usize = 8 << 20;
/// How long a judgement may take; the configurations that `install` writes wait for 10 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// What judges.
pub struct Webhook {
    /// Checks Applications.
    pub runner: Arc<Runner>,
    /// Vouches for who asked.
    pub prover: Prover,
    /// The user that this process is on the hub: its own writes are let through.
    pub own: String,
    /// How diagnostics are told.
    pub tell: fn(&[Diagnostic]) -> String,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

/// Answers until it is dropped.
pub async fn serve(listener: TcpListener, certificates: Arc<Certificates>, webhook: Arc<Webhook>) {
    let acceptor = TlsAcceptor::from(Arc::new(certificates.server()));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (acceptor, webhook) = (acceptor.clone(), webhook.clone());
                tokio::spawn(async move {
                    if let Err(error) = connection(stream, acceptor, webhook).await {
                        tracing::debug!(error, "a connection to the webhook has ended");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the webhook could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, webhook: Arc<Webhook>) -> Result<(), String> {
    let accepted = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await;
    let stream = accepted.map_err(|_| "no handshake".to_owned())?.map_err(|e| e.to_string())?;
    let service = service_fn(move |request| {
        let webhook = webhook.clone();
        async move { Ok::<_, std::convert::Infallible>(answer(request, &webhook).await) }
    });
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    served.map_err(|e| e.to_string())
}

fn text(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(format!("{text}\n"))));
    *response.status_mut() = status;
    response
}

async fn answer(request: Request<Incoming>, webhook: &Webhook) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    if !matches!(path.as_str(), "/mutate-applications" | "/validate-applications" | "/validate-definitions") {
        return text(
            StatusCode::NOT_FOUND,
            "there are /mutate-applications, /validate-applications, /validate-definitions",
        );
    }
    if request.method() != Method::POST {
        return text(StatusCode::METHOD_NOT_ALLOWED, "an AdmissionReview is POSTed");
    }
    let body = match Limited::new(request.into_body(), LARGEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return text(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()),
    };
    let review = match Review::read(&body) {
        Ok(review) => review,
        Err(why) => return text(StatusCode::BAD_REQUEST, &why),
    };
    let judged = tokio::time::timeout(PATIENCE, async {
        match path.as_str() {
            "/mutate-applications" => webhook.mutate_application(&review),
            "/validate-applications" => webhook.validate_application(&review).await,
            _ => webhook.validate_definition(&review).await,
        }
    });
    let answer = judged.await.unwrap_or_else(|_| {
        Answer::allow().warn("Lateen could not judge it in time; its status will tell what is wrong with it")
    });
    if let Some(why) = answer.refusal() {
        tracing::info!(user = review.user, path, why, "refused");
    }
    let mut response = Response::new(Full::new(Bytes::from(answer.text(&review))));
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}
