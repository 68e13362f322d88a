//! A receiver of requests: what came, with which key, and when.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) path: String,
    pub(crate) key: String,
    pub(crate) at: Instant,
}

/// A receiver.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Came>>>,
    count: watch::Receiver<usize>,
    answers: watch::Sender<bool>,
}

impl Receiver {
    /// One that answers after a while.
    pub(crate) async fn new(pause: Duration) -> Result<Receiver, String> {
        let receiver = Receiver::silent(pause).await?;
        receiver.answer();
        Ok(receiver)
    }

    /// One that answers nobody until it is told to, and then everybody after a while.
    pub(crate) async fn silent(pause: Duration) -> Result<Receiver, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| e.to_string())?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (sender, count) = watch::channel(0);
        let (answers, may_answer) = watch::channel(false);
        let noted = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (noted, sender, mut may_answer) = (noted.clone(), sender.clone(), may_answer.clone());
                tokio::spawn(async move {
                    let before_the_answer = async {
                        // the receiver may be gone: then nobody waits for answers
                        let _ = may_answer.wait_for(|may| *may).await;
                        tokio::time::sleep(pause).await;
                    };
                    // a client that is killed in the middle leaves half a request
                    drop(one(stream, before_the_answer, &noted, &sender).await);
                });
            }
        });
        Ok(Receiver { port, seen, count, answers })
    }

    /// Begins to answer.
    pub(crate) fn answer(&self) {
        self.answers.send_replace(true);
    }

    /// Everything that came so far.
    pub(crate) fn seen(&self) -> Vec<Came> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn came(&mut self, count: usize, patience: Duration) -> Result<(), String> {
        let enough = self.count.wait_for(|came| *came >= count);
        let came = matches!(tokio::time::timeout(patience, enough).await, Ok(Ok(_)));
        match came {
            true => Ok(()),
            false => Err(format!("{} of {count} requests have come within {patience:?}", *self.count.borrow())),
        }
    }
}

async fn one(
    stream: TcpStream,
    before_the_answer: impl Future<Output = ()>,
    seen: &Mutex<Vec<Came>>,
    count: &watch::Sender<usize>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let (mut length, mut key) = (0usize, String::new());
    loop {
        let mut header = String::new();
        if stream.read_line(&mut header).await? == 0 {
            return Ok(());
        }
        let Some((name, value)) = header.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            "idempotency-key" => value.trim().clone_into(&mut key),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(Came { path, key, at: Instant::now() });
    count.send_modify(|count| *count += 1);
    before_the_answer.await;
    let answer =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    stream.get_mut().write_all(answer.as_bytes()).await
}

/// The value below which so many hundredths of them lie.
pub(crate) fn quantile(values: &mut [f64], hundredths: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * hundredths).div_ceil(100).saturating_sub(1);
    values.get(place).copied().unwrap_or(f64::INFINITY)
}

/// How seconds are spread: the middle, the highest but one of a hundred, the highest.
pub(crate) fn spread(seconds: &mut [f64]) -> Vec<(&'static str, f64)> {
    vec![("p50 s", quantile(seconds, 50)), ("p99 s", quantile(seconds, 99)), ("max s", quantile(seconds, 100))]
}
