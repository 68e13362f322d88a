//! The fleet, as actions see it: objects of clusters by name, namespaces made where clusters are embedded.

use actions::{Clusters, Fault, Objects};
use fleet::{Error, ErrorKind, Fleet, Identity};
use futures::future::BoxFuture;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell, mpsc};

/// Clusters of a fleet. What a person should know of goes to `notices`, a line each.
#[derive(Debug)]
pub struct FleetClusters {
    fleet: Fleet,
    shared: Arc<Shared>,
    notices: mpsc::UnboundedSender<String>,
    identity: Option<Identity>,
}

/// What is known whoever asks.
#[derive(Debug, Default)]
struct Shared {
    known: Mutex<FxHashMap<String, Objects>>,
    namespaces: Mutex<FxHashSet<(String, String)>>,
    hub_version: OnceCell<Option<String>>,
}

/// A fleet's error as a fault of an action: what names a mistake is permanent, what is about reaching a cluster is not.
pub fn fault(error: &Error) -> Fault {
    match error.kind() {
        ErrorKind::Unreachable => Fault::transient(error.to_string()),
        _ => {
            let help = error.diagnostic().help.map(|h| format!(" ({h})")).unwrap_or_default();
            Fault::permanent(format!("{error}{help}"))
        }
    }
}

impl FleetClusters {
    /// Over a fleet.
    pub fn new(fleet: Fleet, notices: mpsc::UnboundedSender<String>) -> FleetClusters {
        FleetClusters { fleet, shared: Arc::default(), notices, identity: None }
    }

    /// The same clusters, asked in somebody else's name: what that one may not do is refused by the cluster itself.
    #[must_use]
    pub fn acting_as(&self, identity: Option<Identity>) -> FleetClusters {
        FleetClusters {
            fleet: self.fleet.clone(),
            shared: self.shared.clone(),
            notices: self.notices.clone(),
            identity,
        }
    }

    /// The fleet underneath.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The version of the hub's API server, asked once; `None` when it does not answer.
    pub async fn hub_version(&self) -> Option<String> {
        let ask = async { self.fleet.probe(model::cluster::LOCAL).await.ok().and_then(|health| health.version) };
        self.shared.hub_version.get_or_init(|| ask).await.clone()
    }

    /// Makes a placement's namespace on an embedded cluster, once, and says so. Real clusters are left alone: whoever runs
    /// them decides on their namespaces.
    ///
    /// # Errors
    /// The cluster is unknown or does not answer.
    pub async fn ensure_namespace(&self, cluster: &str, namespace: &str) -> Result<(), Fault> {
        let found = self.fleet.cluster(cluster).await.map_err(|e| fault(&e))?;
        if !found.simulated() || namespace.is_empty() {
            return Ok(());
        }
        let key = (found.name().to_owned(), namespace.to_owned());
        if self.shared.namespaces.lock().await.contains(&key) {
            return Ok(());
        }
        if self.fleet.create_namespace(cluster, namespace).await.map_err(|e| fault(&e))? {
            // Nobody may be listening; the namespace is made all the same.
            let _ = self.notices.send(format!("created namespace {namespace} on embedded cluster {}", found.name()));
        }
        self.shared.namespaces.lock().await.insert(key);
        Ok(())
    }
}

impl Clusters for FleetClusters {
    fn objects<'a>(&'a self, cluster: &'a str) -> BoxFuture<'a, Result<Objects, Fault>> {
        Box::pin(async move {
            let found = self.fleet.cluster(cluster).await.map_err(|e| fault(&e))?;
            let client = match &self.identity {
                Some(identity) => identity.client(&found.client()).map_err(|e| fault(&e))?,
                None => found.client(),
            };
            let mut known = self.shared.known.lock().await;
            // the kinds of a cluster are remembered, its client is not: credentials change
            let objects = known.entry(found.name().to_owned());
            Ok(objects.or_insert_with(|| Objects::new(client.clone(), found.name())).through(client))
        })
    }

    fn names(&self) -> BoxFuture<'_, Result<Vec<String>, Fault>> {
        Box::pin(async move {
            let clusters = self.fleet.list().await.map_err(|e| fault(&e))?;
            Ok(clusters.into_iter().map(|c| c.name).collect())
        })
    }
}
