//! A web server that answers from a list and remembers what it got.

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Vec<(u16, String)>>,
}

async fn answer(State(receiver): State<Receiver>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let count = {
        let mut got = receiver.got.lock().unwrap();
        got.push(Got {
            method: head.method.to_string(),
            path: head.uri.to_string(),
            headers: head.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        });
        got.len()
    };
    let (status, body) = receiver.answers.get(count - 1).or(receiver.answers.last()).cloned().unwrap();
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    match status.is_redirection() {
        true => (status, [("location", body)], "").into_response(),
        false => (status, [("x-answer", count.to_string())], body).into_response(),
    }
}

impl Receiver {
    /// Answers so, one after the other; the last one again and again. The body of a redirection is where it leads.
    pub(crate) async fn answering(answers: &[(u16, &str)]) -> Receiver {
        crate::testing::authority();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Receiver {
            address: listener.local_addr().unwrap(),
            got: Arc::default(),
            answers: Arc::new(answers.iter().map(|(s, b)| (*s, (*b).to_owned())).collect()),
        };
        let app = axum::Router::new().fallback(answer).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    /// An address where nobody listens.
    pub(crate) async fn gone() -> Receiver {
        crate::testing::authority();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Receiver { address, got: Arc::default(), answers: Arc::default() }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

/// A certificate of `localhost` that signs itself, as PEM, and what a server needs to use it. The process gets its
/// provider of TLS.
pub(crate) fn authority() -> (String, rustls::ServerConfig) {
    // The second test of a process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (made.cert.pem(), config)
}
