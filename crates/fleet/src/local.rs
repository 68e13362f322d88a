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
use embedded::owner::{self, Attached};
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

/// The embedded clusters that this process is attached to. Whoever wants the same cluster again (under another name, say)
/// shares the way to it.
#[derive(Debug, Default)]
pub(crate) struct Embedded(Mutex<IndexMap<PathBuf, Attached>>);

impl Embedded {
    /// An embedded cluster, made if it is not there; `name` is what the fleet calls it.
    pub(crate) async fn attach(&self, home: &Home, cluster: &str, name: &str, lane: Lane) -> Result<Cluster, Error> {
        Ok(Cluster::new(name, self.attached(home, cluster).await?.client("default"), lane, true))
    }

    async fn attached(&self, home: &Home, cluster: &str) -> Result<Attached, Error> {
        let folder = home.cluster(cluster);
        let mut open = self.0.lock().await;
        if let Some(attached) = open.get(&folder) {
            return Ok(attached.clone());
        }
        let options = embedded::Options { name: cluster.to_owned(), simulate: true, ..embedded::Options::default() };
        let attached = owner::attach(home.folder(), cluster, options).await.map_err(Error::embedded)?;
        open.insert(folder, attached.clone());
        Ok(attached)
    }

    /// Lets go of a cluster, so that its folder can go or another process can take it.
    async fn close(&self, home: &Home, cluster: &str) {
        let attached = self.0.lock().await.shift_remove(&home.cluster(cluster));
        if let Some(attached) = attached {
            attached.close().await;
        }
    }

    pub(crate) async fn close_all(&self) {
        let all = std::mem::take(&mut *self.0.lock().await);
        for attached in all.into_values() {
            attached.close().await;
        }
    }
}

/// An error that says what exists, unless this one does.
pub(crate) fn require(home: &Home, cluster: &str) -> Result<(), Error> {
    if owner::exists(home.folder(), cluster) {
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
        if owner::exists(self.home().folder(), name) {
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
        if record.is_none() && !owner::exists(self.home().folder(), name) {
            return Err(self.unknown(name).await);
        }
        for record in joined.iter().filter(|record| record.embedded().as_deref() == Some(embedded.as_str())) {
            self.refuse_if_used(record.name(), "deleted").await?;
        }
        // The folder first: that can be refused, and a Secret without its cluster can still be taken away.
        self.embedded().close(self.home(), &embedded).await;
        self.home().remove_cluster(&embedded)?;
        for record in joined.iter().filter(|record| record.embedded().as_deref() == Some(embedded.as_str())) {
            let gone = api::delete(&self.hub().client(), &format!("{}/{}", record::path(), record.name())).await;
            gone.map_err(|error| Error::request(&format!("detach cluster {}", record.name()), &error))?;
            self.forget(record.name()).await;
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

    /// Serves an embedded cluster to kubectl until the listener fails, whichever process owns it; requests need the token
    /// of [`Fleet::serving`].
    pub async fn serve(&self, name: &str, listener: tokio::net::TcpListener) -> Result<(), Error> {
        let (home, cluster) = self.embedded_name(name).await?;
        let serving = Serving::of(&home, &cluster)?;
        let attached = self.embedded().attached(&home, &cluster).await?;
        crate::proxy::serve(listener, attached.client("default"), serving.token()).await
    }

    /// Lets go of the embedded clusters of this process: what was acknowledged is on disk, and another process may take
    /// over. To be called before the process ends; without it, the next process has a little more to read.
    pub async fn close(&self) {
        self.embedded().close_all().await;
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
