//! `/healthz`, `/readyz` and `/metrics`: three answers to GET, no more of HTTP than they take.

use super::Metrics;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How much of a request is read.
const REQUEST: usize = 4_096;
/// How long a client may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers until it is dropped.
pub async fn answer(listener: TcpListener, metrics: Arc<Metrics>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let metrics = metrics.clone();
                tokio::spawn(async move {
                    // a client that goes away, or takes too long, gets nothing
                    let _ = tokio::time::timeout(PATIENCE, one(stream, &metrics)).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a probe could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn one(mut stream: TcpStream, metrics: &Metrics) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut part = [0u8; 512];
    while request.len() < REQUEST && !request.windows(4).any(|w| w == b"\r\n\r\n") {
        let read = stream.read(&mut part).await?;
        if read == 0 {
            break;
        }
        request.extend_from_slice(part.get(..read).unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&request);
    let path = text.strip_prefix("GET ").and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
    let (status, body) = match path.split('?').next().unwrap_or_default() {
        "/metrics" => ("200 OK", metrics.all().await),
        "/healthz" if metrics.is_alive() => ("200 OK", "ok\n".to_owned()),
        "/healthz" => ("503 Service Unavailable", "the controller is stuck\n".to_owned()),
        "/readyz" if metrics.is_ready() => ("200 OK", "ok\n".to_owned()),
        "/readyz" => ("503 Service Unavailable", "the hub is not heard of\n".to_owned()),
        "" => ("405 Method Not Allowed", "only GET\n".to_owned()),
        _ => ("404 Not Found", "there are /healthz, /readyz and /metrics\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleet::{Fleet, Home, HubChoice};

    async fn get(address: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn readiness_follows_the_watch_and_metrics_are_text() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let fleet = Fleet::open(Home::at(folder.path()), HubChoice::Embedded).await.unwrap();
        fleet.create_namespace("local", "team").await.unwrap();
        let metrics = Arc::new(Metrics::of(fleet.clone()));
        let serving = tokio::spawn(answer(listener, metrics.clone()));
        let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(get(address, &ask("/readyz")).await.starts_with("HTTP/1.1 503"));
        assert!(
            get(address, &ask("/healthz")).await.starts_with("HTTP/1.1 200"),
            "a hub that is silent is no reason to end"
        );
        metrics.heard();
        assert!(get(address, &ask("/readyz")).await.starts_with("HTTP/1.1 200"));
        assert!(get(address, &ask("/metrics?x=1")).await.contains("lateen_runs_total 0"));
        let sent = "lateen_cluster_requests_total{cluster=\"local\",verb=\"POST\"} 1\n";
        assert!(get(address, &ask("/metrics")).await.contains(sent), "of each cluster");
        assert!(get(address, &ask("/else")).await.starts_with("HTTP/1.1 404"));
        assert!(get(address, "POST / HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 405"));
        serving.abort();
        fleet.close().await;
    }
}
