//! The owner's side: the database, the simulation and the socket.

use super::{
    AttachError,
    folder::Folder,
    lock::{self, Lock},
    socket,
};
use crate::{Cluster, Options};
use std::{path::PathBuf, time::Duration};
use tokio::task::JoinHandle;

/// What the owner holds. Dropping it ends the ownership.
pub(super) struct Ownership {
    /// The cluster, open.
    pub(super) cluster: Cluster,
    /// A client of it, without a socket.
    pub(super) client: kube::Client,
    listener: JoinHandle<()>,
    socket: PathBuf,
    /// Released last.
    _lock: Lock,
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
    let listener = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let served = served.clone();
                    tokio::spawn(async move {
                        if let Err(error) = served.serve_connection(stream).await {
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
    Ok(Some(Ownership { cluster, client, listener, socket, _lock: lock }))
}

impl std::fmt::Debug for Ownership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ownership").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Drop for Ownership {
    fn drop(&mut self) {
        // Others find nobody, or are refused, before the lock is free.
        self.listener.abort();
        if let Err(error) = std::fs::remove_file(&self.socket) {
            tracing::debug!("the socket {} stays: {error}", self.socket.display());
        }
        self.cluster.close();
    }
}
