//! Embedded clusters of the state folder.

use crate::api;
use crate::cluster::Cluster;
use crate::error::{Error, ErrorKind};
use crate::fleet::Fleet;
use crate::home::Home;
use crate::join::{JoinOptions, check_name};
use crate::kubeconfig;
use crate::lane::{Lane, LaneLimits};
use crate::record::{self, ClusterInfo};
use crate::serve::Serving;
use indexmap::IndexMap;
use std::path::PathBuf;
use tokio::sync::Mutex;

/// How an embedded cluster is made.
#[derive(Debug, Clone, Default)]
pub struct CreateOptions {
    /// Make it, and do not join it to the hub.
    pub no_join: bool,
    /// A display name.
    pub alias: String,
    /// Labels, by which placements may choose it.
    pub labels: IndexMap<String, String>,
}

/// The embedded clusters that this process has open. A database has one owner, so whoever wants the same cluster again
/// (under another name, say) shares it.
#[derive(Debug, Default)]
pub(crate) struct Embedded(Mutex<IndexMap<PathBuf, embedded::Cluster>>);

impl Embedded {
    /// An embedded cluster, made if it is not there; `name` is what the fleet calls it.
    pub(crate) async fn attach(&self, home: &Home, cluster: &str, name: &str, lane: Lane) -> Result<Cluster, Error> {
        let folder = home.cluster(cluster);
        let mut open = self.0.lock().await;
        let opened = match open.get(&folder) {
            Some(opened) => opened.clone(),
            None => {
                let options =
                    embedded::Options { name: cluster.to_owned(), simulate: true, ..embedded::Options::default() };
                let place = folder.clone();
                let opened = tokio::task::spawn_blocking(move || embedded::Cluster::open(&place, options)).await;
                let opened = opened.map_err(|error| Error::new(ErrorKind::Embedded, error.to_string()))?;
                let opened = opened.map_err(|error| Error::new(ErrorKind::Embedded, error.to_string()))?;
                open.insert(folder, opened.clone());
                opened
            }
        };
        Ok(Cluster::new(name, opened.client("default"), lane, true))
    }

    /// Closes a cluster, so that its folder can go.
    async fn close(&self, home: &Home, cluster: &str) {
        if let Some(opened) = self.0.lock().await.shift_remove(&home.cluster(cluster)) {
            opened.close();
        }
    }
}

/// An error that says what exists, unless this one does.
pub(crate) fn require(home: &Home, cluster: &str) -> Result<(), Error> {
    if home.cluster(cluster).is_dir() {
        return Ok(());
    }
    let existing = home.embedded_clusters()?;
    let message = format!("there is no embedded cluster {cluster} in {}", home.folder().display());
    let help = match k8s_schema::nearest(cluster, existing.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("lateen cluster create {cluster} makes one"),
    };
    Err(Error::new(ErrorKind::Embedded, message).help(help))
}

impl Fleet {
    /// Makes an embedded cluster and, unless told otherwise, joins it under its own name.
    pub async fn create(&self, name: &str, options: CreateOptions) -> Result<Option<ClusterInfo>, Error> {
        check_name(name)?;
        if self.home().cluster(name).exists() {
            let help =
                format!("lateen cluster join --embedded {name} joins it, lateen cluster delete {name} removes it");
            return Err(
                Error::new(ErrorKind::AlreadyJoined, format!("the embedded cluster {name} exists already")).help(help)
            );
        }
        if !options.no_join && self.records().await?.iter().any(|record| record.name() == name) {
            return Err(Error::new(ErrorKind::AlreadyJoined, format!("a cluster named {name} is joined already")));
        }
        self.embedded().attach(self.home(), name, name, Lane::new(name, LaneLimits::default())).await?;
        if options.no_join {
            return Ok(None);
        }
        let join = JoinOptions { name: None, alias: options.alias, labels: options.labels };
        self.join_embedded(name, join).await.map(Some)
    }

    /// Removes an embedded cluster with everything in it, and takes it off the hub. Refused while Applications use it.
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        if name == model::cluster::LOCAL {
            return Err(
                Error::new(ErrorKind::BadName, "local is the hub").help("lateen hub reset removes the embedded hub")
            );
        }
        let joined: Vec<_> = self.records().await?;
        // By the name it is joined under, or by its own where it is not joined.
        let record = joined.iter().find(|record| record.name() == name);
        let embedded = match record {
            Some(record) => record.embedded().ok_or_else(|| {
                Error::new(
                    ErrorKind::NotEmbedded,
                    format!("cluster {name} is a real one; Lateen does not delete those"),
                )
                .help(format!("lateen cluster detach {name} takes it off the hub"))
            })?,
            None => name.to_owned(),
        };
        if record.is_none() && !self.home().cluster(name).exists() {
            return Err(self.unknown(name).await);
        }
        for record in joined.iter().filter(|record| record.embedded().as_deref() == Some(embedded.as_str())) {
            self.refuse_if_used(record.name(), "deleted").await?;
        }
        for record in joined.iter().filter(|record| record.embedded().as_deref() == Some(embedded.as_str())) {
            let gone = api::delete(&self.hub().client(), &format!("{}/{}", record::path(), record.name())).await;
            gone.map_err(|error| Error::request(&format!("detach cluster {}", record.name()), &error))?;
            self.forget(record.name()).await;
        }
        if self.home().cluster(&embedded).exists() {
            self.embedded().close(self.home(), &embedded).await;
            self.home().remove_cluster(&embedded)?;
        }
        self.home().remove(&format!("kubeconfigs/{embedded}.yaml"))
    }

    /// Writes a kubeconfig for an embedded cluster and gives its path. `cluster join` takes it although nothing serves the
    /// cluster; kubectl needs `lateen cluster serve` beside it.
    pub async fn kubeconfig(&self, name: &str) -> Result<PathBuf, Error> {
        let (home, cluster) = self.embedded_name(name).await?;
        let serving = Serving::of(&home, &cluster)?;
        let text = kubeconfig::of_embedded(&cluster, home.folder(), &serving);
        home.write(&format!("kubeconfigs/{cluster}.yaml"), &text)
    }

    /// The address and token under which an embedded cluster is served; `port` chooses another port from now on.
    pub async fn serving(&self, name: &str, port: Option<u16>) -> Result<Serving, Error> {
        let (home, cluster) = self.embedded_name(name).await?;
        let mut serving = Serving::of(&home, &cluster)?;
        if let Some(port) = port.filter(|port| *port != serving.address.port()) {
            serving.address.set_port(port);
            serving.store(&home, &cluster)?;
        }
        Ok(serving)
    }

    /// Serves an embedded cluster to kubectl until it fails; requests need the token of [`Fleet::serving`].
    pub async fn serve(&self, name: &str, listener: tokio::net::TcpListener) -> Result<(), Error> {
        let (home, cluster) = self.embedded_name(name).await?;
        let serving = Serving::of(&home, &cluster)?;
        let failed = |error: &dyn std::fmt::Display| Error::new(ErrorKind::Embedded, error.to_string());
        self.embedded().attach(&home, &cluster, name, Lane::new(name, LaneLimits::default())).await?;
        let opened = self.embedded().0.lock().await.get(&home.cluster(&cluster)).cloned();
        let opened = opened.ok_or_else(|| failed(&"the cluster was closed"))?;
        opened.serve_tcp(listener, serving.token()).await.map_err(|error| failed(&error))
    }

    /// The embedded cluster behind a name: a joined one, one that only exists, or the embedded hub.
    async fn embedded_name(&self, name: &str) -> Result<(Home, String), Error> {
        let home = self.home().clone();
        if name != model::cluster::LOCAL
            && let Some(record) = self.records().await?.into_iter().find(|record| record.name() == name)
        {
            return record.embedded().map(|cluster| (home, cluster)).ok_or_else(|| {
                Error::new(ErrorKind::NotEmbedded, format!("cluster {name} is a real one; its kubeconfig is your own"))
            });
        }
        require(&home, name)?;
        Ok((home, name.to_owned()))
    }
}
