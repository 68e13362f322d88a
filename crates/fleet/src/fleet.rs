//! [`Fleet`]: the hub and everything that is joined to it.

use crate::api;
use crate::client;
use crate::cluster::Cluster;
use crate::credential::User;
use crate::error::{Error, ErrorKind, did_you_mean};
use crate::exec_trust;
use crate::home::Home;
use crate::hub::HubChoice;
use crate::kubeconfig::{self, Target};
use crate::lane::{Lane, LaneHealth, LaneLimits};
use crate::local::{self, Embedded};
use crate::record::{self, ClusterInfo, Record};
use indexmap::IndexMap;
use model::cluster as form;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Credentials are read again from the hub after this; in between, a cluster costs no request.
const FRESH: Duration = Duration::from_secs(30);

/// The hub and the clusters joined to it. Cheap to clone; clones share clients, lanes and breakers.
#[derive(Clone)]
pub struct Fleet(Arc<Inner>);

struct Inner {
    home: Home,
    choice: HubChoice,
    limits: LaneLimits,
    hub: Cluster,
    hub_endpoint: String,
    links: Mutex<IndexMap<String, Link>>,
    embedded: Embedded,
}

/// A client that was made before.
struct Link {
    cluster: Cluster,
    resource_version: String,
    checked: Instant,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet").field("home", &self.0.home).field("hub", &self.0.choice.text()).finish_non_exhaustive()
    }
}

impl Fleet {
    /// Opens the hub. An embedded hub is made when it is not there; a real one is not asked anything yet.
    pub async fn open(home: Home, choice: HubChoice) -> Result<Fleet, Error> {
        Fleet::open_with(home, choice, LaneLimits::default()).await
    }

    /// As [`Fleet::open`], with other limits for every cluster's lane.
    pub async fn open_with(home: Home, choice: HubChoice, limits: LaneLimits) -> Result<Fleet, Error> {
        let lane = Lane::new(form::LOCAL, limits);
        let embedded = Embedded::default();
        let (hub, hub_endpoint) = match &choice {
            HubChoice::Embedded => (embedded.attach(&home, form::LOCAL, form::LOCAL, lane).await?, "-".to_owned()),
            HubChoice::InCluster => {
                let client = client::connect_in_cluster().await?;
                (Cluster::new(form::LOCAL, client, lane, false), "-".to_owned())
            }
            HubChoice::Kubeconfig(source) => {
                let described = kubeconfig::read(source)?;
                match described.target {
                    Target::Remote(credential) => {
                        let client = client::connect(form::LOCAL, &credential).await?;
                        let endpoint = credential.endpoint().to_owned();
                        (Cluster::new(form::LOCAL, client, lane, false), endpoint)
                    }
                    Target::Embedded { home: folder, cluster } => {
                        let home = folder.map_or_else(|| home.clone(), Home::at);
                        let hub = embedded.attach(&home, &cluster, form::LOCAL, lane).await?;
                        (hub, format!("embedded:{cluster}"))
                    }
                }
            }
        };
        let links = Mutex::new(IndexMap::new());
        Ok(Fleet(Arc::new(Inner { home, choice, limits, hub, hub_endpoint, links, embedded })))
    }

    /// The hub; its name is `local`.
    pub fn hub(&self) -> &Cluster {
        &self.0.hub
    }

    /// Which hub was chosen.
    pub fn hub_choice(&self) -> &HubChoice {
        &self.0.choice
    }

    /// URL of the hub's API server, `-` where there is none.
    pub fn hub_endpoint(&self) -> &str {
        &self.0.hub_endpoint
    }

    /// The state folder.
    pub fn home(&self) -> &Home {
        &self.0.home
    }

    /// A cluster that can be talked to; `local` and the empty name are the hub. Nothing is sent to the cluster.
    pub async fn cluster(&self, name: &str) -> Result<Cluster, Error> {
        if form::normalise(name).is_empty() {
            return Ok(self.0.hub.clone());
        }
        let now = Instant::now();
        {
            let mut links = self.0.links.lock().await;
            if let Some(link) = links.get(name) {
                if link.cluster.expired() {
                    links.shift_remove(name);
                } else if now.duration_since(link.checked) < FRESH {
                    return Ok(link.cluster.clone());
                }
            }
            if let Some(link) = links.get_mut(name) {
                link.checked = now;
            }
        }
        let record = match self.record(name).await {
            Ok(record) => record,
            // A hub that is away does not take the way to a known cluster away with it.
            Err(error) if error.kind() == ErrorKind::Unreachable => {
                return match self.0.links.lock().await.get(name) {
                    Some(link) => Ok(link.cluster.clone()),
                    None => Err(error),
                };
            }
            Err(error) => {
                self.forget(name).await;
                return Err(error);
            }
        };
        if let Some(link) = self.0.links.lock().await.get(name)
            && link.resource_version == record.resource_version()
        {
            return Ok(link.cluster.clone());
        }
        // Made outside the lock: an exec plugin may take seconds, and other clusters must not wait for it.
        let made = self.connect(name, &record.target()?).await?;
        let link = Link { cluster: made.clone(), resource_version: record.resource_version().to_owned(), checked: now };
        let mut links = self.0.links.lock().await;
        match links.get(name) {
            // Somebody else was quicker with the same credentials: one lane a cluster.
            Some(other) if other.resource_version == link.resource_version => Ok(other.cluster.clone()),
            _ => {
                links.insert(name.to_owned(), link);
                Ok(made)
            }
        }
    }

    pub(crate) async fn connect(&self, name: &str, target: &Target) -> Result<Cluster, Error> {
        let lane = Lane::new(name, self.0.limits);
        match target {
            Target::Remote(credential) => {
                if let User::Exec(exec) = &credential.user {
                    exec_trust::check(&self.0.home, name, exec)?;
                }
                Ok(Cluster::new(name, client::connect(name, credential).await?, lane, false))
            }
            Target::Embedded { home, cluster } => {
                let home = home.clone().map_or_else(|| self.0.home.clone(), Home::at);
                local::require(&home, cluster)?;
                self.0.embedded.attach(&home, cluster, name, lane).await
            }
        }
    }

    /// The command that gets the credentials of this cluster, if one does.
    pub async fn plugin(&self, name: &str) -> Result<Option<String>, Error> {
        if model::cluster::normalise(name).is_empty() {
            return Ok(None);
        }
        Ok(match self.record(name).await?.target()? {
            Target::Remote(credential) => match &credential.user {
                User::Exec(exec) => Some(exec_trust::command(exec)),
                _ => None,
            },
            Target::Embedded { .. } => None,
        })
    }

    /// Agrees to run the exec plugin with which somebody joined this cluster from another machine.
    pub async fn trust(&self, name: &str) -> Result<(), Error> {
        match self.record(name).await?.target()? {
            Target::Remote(credential) => match &credential.user {
                User::Exec(exec) => exec_trust::trust(&self.0.home, exec),
                _ => Ok(()),
            },
            Target::Embedded { .. } => Ok(()),
        }
    }

    pub(crate) fn embedded(&self) -> &Embedded {
        &self.0.embedded
    }

    pub(crate) async fn forget(&self, name: &str) {
        self.0.links.lock().await.shift_remove(name);
    }

    /// How the lanes fare that were used so far, the hub first.
    pub async fn lanes(&self) -> Vec<(String, LaneHealth)> {
        let mut lanes = vec![(form::LOCAL.to_owned(), self.0.hub.lane_health())];
        for (name, link) in self.0.links.lock().await.iter() {
            lanes.push((name.clone(), link.cluster.lane_health()));
        }
        lanes
    }

    /// All clusters: the hub first, then by name. Clusters joined by KubeVela are among them.
    pub async fn list(&self) -> Result<Vec<ClusterInfo>, Error> {
        Ok(self.with_hub(self.records().await?.iter().map(Record::info).collect()))
    }

    /// As [`Fleet::list`], of what [`ClusterInfo::of`] reads in the Secrets on the hub.
    pub fn with_hub(&self, joined: Vec<ClusterInfo>) -> Vec<ClusterInfo> {
        let mut clusters = vec![ClusterInfo {
            name: form::LOCAL.to_owned(),
            alias: String::new(),
            kind: form::TYPE_INTERNAL.to_owned(),
            endpoint: self.0.hub_endpoint.clone(),
            accepted: true,
            labels: IndexMap::new(),
            version: None,
            simulated: self.0.hub.simulated(),
        }];
        clusters.extend(joined);
        clusters.get_mut(1..).unwrap_or_default().sort_by(|a, b| a.name.cmp(&b.name));
        clusters.dedup_by(|a, b| a.name == b.name);
        clusters
    }

    pub(crate) async fn records(&self) -> Result<Vec<Record>, Error> {
        let client = self.0.hub.client();
        let mut records: Vec<Record> = Vec::new();
        for label in [form::CREDENTIAL_TYPE_LABEL, form::EMBEDDED_LABEL] {
            let found = api::list(&client, &record::path(), Some(label)).await;
            let found = found.map_err(|error| Error::request("list the clusters on the hub", &error))?;
            records.extend(found.into_iter().map(Record::of));
        }
        records.sort_by(|a, b| a.name().cmp(b.name()));
        records.dedup_by(|a, b| a.name() == b.name());
        Ok(records)
    }

    pub(crate) async fn record(&self, name: &str) -> Result<Record, Error> {
        let found = match crate::join::check_name(name) {
            Ok(()) => {
                let path = format!("{}/{name}", record::path());
                let found = api::find(&self.0.hub.client(), &path).await;
                found.map_err(|error| Error::request(&format!("read cluster {name} on the hub"), &error))?
            }
            Err(_) => None,
        };
        match found.map(Record::of).filter(Record::is_cluster) {
            Some(record) => Ok(record),
            None => Err(self.unknown(name).await),
        }
    }

    /// The error for a name that no cluster has, with the name that may have been meant.
    pub(crate) async fn unknown(&self, name: &str) -> Error {
        let error = Error::new(ErrorKind::UnknownCluster, format!("no cluster named {name:?} is joined to this hub"));
        let Ok(records) = self.records().await else { return error };
        let known = std::iter::once(form::LOCAL).chain(records.iter().map(Record::name));
        let mut help = did_you_mean(name, known);
        if self.0.home.embedded_clusters().is_ok_and(|existing| existing.iter().any(|one| one == name)) {
            help =
                format!("the embedded cluster {name} exists and is not joined: lateen cluster join --embedded {name}");
        }
        error.help(help)
    }
}
