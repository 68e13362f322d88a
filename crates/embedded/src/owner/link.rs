//! How this process reaches the cluster at the moment, and how it changes.

use super::{
    AttachError,
    folder::Folder,
    lock,
    peer::{Failure, Peer},
    retry::{Answer, Copyable, boxed, unless_closed},
    serve::{self, Ownership},
    socket,
};
use crate::{Cluster, Options};
use http::{Request, Response};
use kube::client::Body;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};

/// How long an owner may take to open its database and listen.
const OWNER_PATIENCE: Duration = Duration::from_secs(10);
/// How often one request follows the cluster to a new owner.
const MOST_MOVES: usize = 8;

/// The way to the cluster.
#[derive(Debug, Clone)]
enum Way {
    /// This process owns it.
    Own(Arc<Ownership>),
    /// Another does.
    Peer(Peer),
    /// This process has let go.
    Closed,
}

/// A way that changes when owners come and go.
#[derive(Debug)]
pub(super) struct Link {
    folder: Folder,
    options: Options,
    /// The way and how often it changed.
    way: Mutex<(Way, u64)>,
}

impl Link {
    /// Takes the lock, or connects to who has it.
    pub(super) async fn new(home: &Path, cluster: &str, options: Options) -> Result<Link, AttachError> {
        let folder = Folder::of(home, cluster)?;
        let way = find(&folder, &options).await?;
        Ok(Link { folder, options, way: Mutex::new((way, 0)) })
    }

    /// The cluster, when this process owns it.
    pub(super) async fn cluster(&self) -> Option<Cluster> {
        match &self.way.lock().await.0 {
            Way::Own(ownership) => Some(ownership.cluster.clone()),
            Way::Peer(_) | Way::Closed => None,
        }
    }

    /// Lets go. The database is on disk and free when this returns, unless another request still holds it.
    pub(super) async fn close(&self) {
        let mut way = self.way.lock().await;
        if let Way::Own(ownership) = &way.0 {
            ownership.end(&self.folder).await;
        }
        *way = (Way::Closed, way.1 + 1);
    }

    /// Sends a request, following the cluster to a new owner where that is safe.
    pub(super) async fn send(&self, request: Request<Body>) -> Result<Response<Answer>, tower::BoxError> {
        let request = Copyable::of(request).await?;
        for _ in 0..MOST_MOVES {
            let (way, turn) = self.way.lock().await.clone();
            match way {
                Way::Own(ownership) => return Ok(boxed(ownership.client.send(request.for_own()?).await?)),
                Way::Closed => return Err(AttachError::Closed { cluster: self.folder.cluster.clone() }.into()),
                Way::Peer(peer) => match peer.send(request.for_peer()?).await {
                    Ok(response) => {
                        if let Ok(response) = unless_closed(response).await {
                            return Ok(response);
                        }
                    }
                    Err(Failure::Unsent(error)) => tracing::debug!("the owner is gone: {error}"),
                    Err(Failure::Sent(error)) => {
                        tracing::debug!("the owner went: {error}");
                        // When there is a new way, the old owner has said how it ended.
                        self.renew(turn).await?;
                        if request.is_repeatable() || lock::ended_well(&self.folder, &peer.owner) {
                            continue;
                        }
                        let cluster = self.folder.cluster.clone();
                        return Err(AttachError::Interrupted {
                            cluster,
                            request: request.name(),
                            why: error.to_string(),
                        }
                        .into());
                    }
                },
            }
            self.renew(turn).await?;
        }
        let cluster = self.folder.cluster.clone();
        Err(AttachError::Silent { cluster, owner: lock::owner(&self.folder), socket: socket::find(&self.folder) }
            .into())
    }

    /// Finds a new way, unless another request has done so since.
    async fn renew(&self, turn: u64) -> Result<(), AttachError> {
        let mut way = self.way.lock().await;
        if way.1 == turn {
            *way = (find(&self.folder, &self.options).await?, turn + 1);
        }
        Ok(())
    }
}

async fn find(folder: &Folder, options: &Options) -> Result<Way, AttachError> {
    let deadline = Instant::now() + OWNER_PATIENCE;
    let mut pause = Duration::from_millis(2);
    loop {
        match serve::own(folder, options).await {
            Ok(Some(ownership)) => return Ok(Way::Own(Arc::new(ownership))),
            Ok(None) => {}
            // The lock of an owner that was killed may be free a moment before its database is.
            Err(AttachError::Silent { .. }) if Instant::now() < deadline => {}
            Err(error) => return Err(error),
        }
        let path = socket::find(folder);
        if let Ok(peer) = Peer::connect(folder, path.clone()).await {
            return Ok(Way::Peer(peer));
        }
        // Its owner is about to listen, or about to let go.
        if Instant::now() >= deadline {
            return Err(AttachError::Silent {
                cluster: folder.cluster.clone(),
                owner: lock::owner(folder),
                socket: path,
            });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}
