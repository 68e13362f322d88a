//! The owner's side: the database, the simulation and the socket.

use super::{
    AttachError,
    folder::Folder,
    lock::{self, Lock},
    socket,
};
use crate::{Cluster, Options};
use std::{path::PathBuf, time::Duration};
use tokio::{sync::watch, task::JoinHandle};

/// How long the answers that are under way when the owner lets go may take to arrive.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// What the owner holds. Dropping it ends the ownership.
pub(super) struct Ownership {
    /// The cluster, open.
    pub(super) cluster: Cluster,
    /// A client of it, without a socket.
    pub(super) client: kube::Client,
    listener: JoinHandle<()>,
    /// Tells the connections to end after the answer they are at; each holds the other side until it has ended.
    stop: watch::Sender<bool>,
    socket: PathBuf,
    /// Released last.
    lock: Lock,
}

/// Becomes the owner if nobody is.
pub(super) async fn own(folder: &Folder, options: &Options) -> Result<Option<Ownership>, AttachError> {
    folder.make()?;
    let Some(lock) = lock::take(folder)? else { return Ok(None) };
    let path = folder.path.clone();
    let options = Options { name: folder.cluster.clone(), ..options.clone() };
    // Opening reads the whole database; it starts the simulation on this runtime.
    let handle = tokio::runtime::Handle::current();
    let opened = tokio::task::spawn_blocking(move || {
        let _runtime = handle.enter();
        Cluster::open(&path, options)
    });
    let cluster = match opened.await {
        Ok(opened) => opened.map_err(|error| AttachError::from_open(&folder.cluster, error))?,
        Err(error) => {
            let (cluster, path) = (folder.cluster.clone(), folder.file("cluster.redb"));
            return Err(AttachError::Damaged { cluster, path, why: error.to_string() });
        }
    };
    let (listener, socket) = socket::bind(folder)?;
    let served = cluster.clone();
    let (stop, stopped) = watch::channel(false);
    let listener = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let served = served.clone();
                    let mut stopped = stopped.clone();
                    tokio::spawn(async move {
                        let stop = async { drop(stopped.wait_for(|stop| *stop).await) };
                        if let Err(error) = served.serve_connection_until(stream, stop).await {
                            tracing::debug!("a connection of another process ended: {error}");
                        }
                    });
                }
                Err(error) => {
                    // For instance too many open files: others wait until some are closed.
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });
    let client = cluster.client("default");
    Ok(Some(Ownership { cluster, client, listener, stop, socket, lock }))
}

impl Ownership {
    /// Lets go in good order: later requests are refused, those that were carried out are answered, and the cluster's folder
    /// says so.
    pub(super) async fn end(&self, folder: &Folder) {
        self.leave();
        self.stop.send_replace(true);
        if tokio::time::timeout(LAST_ANSWERS, self.stop.closed()).await.is_err() {
            tracing::debug!("a connection of another process did not end");
        } else if let Err(error) = self.lock.note_good_end(folder) {
            tracing::debug!("the good end of the owner is not noted: {error}");
        }
    }

    /// Others find nobody, or are refused, before the lock is free.
    fn leave(&self) {
        self.listener.abort();
        match std::fs::remove_file(&self.socket) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::debug!("the socket {} stays: {error}", self.socket.display());
            }
            _ => {}
        }
        self.cluster.close();
    }
}

impl std::fmt::Debug for Ownership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ownership").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Drop for Ownership {
    fn drop(&mut self) {
        self.leave();
    }
}
