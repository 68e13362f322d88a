//! The other side: connections to the owner's socket.

use super::{folder::Folder, lock};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::UnixStream;

type Sender = http1::SendRequest<Full<Bytes>>;

/// Connections that are kept for the next request.
const MOST_IDLE: usize = 32;

/// The owner of a cluster, as another process reaches it.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    socket: PathBuf,
    /// What it is called (see [`super::lock::present`]).
    pub(super) owner: Arc<str>,
    idle: Arc<Mutex<Vec<Sender>>>,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The owner never saw it.
    Unsent(io::Error),
    /// The owner may have seen it.
    Sent(hyper::Error),
}

impl Peer {
    /// The owner behind a socket, when one answers there.
    pub(super) async fn connect(folder: &Folder, socket: PathBuf) -> io::Result<Peer> {
        let owner = lock::present(folder).into();
        let peer = Peer { socket, owner, idle: Arc::default() };
        let first = peer.open().await?;
        peer.keep(first);
        Ok(peer)
    }

    async fn open(&self) -> io::Result<Sender> {
        let stream = UnixStream::connect(&self.socket).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!("a connection to the cluster's owner ended: {error}");
            }
        });
        Ok(sender)
    }

    fn keep(&self, sender: Sender) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(sender);
        }
    }

    /// A connection of the pool that is still good.
    fn pooled(&self) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(sender) = idle.pop() {
            if sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    /// Sends a request.
    pub(super) async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        loop {
            let pooled = self.pooled();
            let fresh = pooled.is_none();
            let mut sender = match pooled {
                Some(sender) => sender,
                None => self.open().await.map_err(Failure::Unsent)?,
            };
            match sender.try_send_request(request).await {
                Ok(response) => {
                    let peer = self.clone();
                    tokio::spawn(async move {
                        // Ready again when the answer was read; never after an upgrade or a close.
                        if sender.ready().await.is_ok() {
                            peer.keep(sender);
                        }
                    });
                    return Ok(response);
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !fresh => request = unsent,
                    Some(_) => return Err(Failure::Unsent(io::Error::other(error.into_error()))),
                    None => return Err(Failure::Sent(error.into_error())),
                },
            }
        }
    }
}
