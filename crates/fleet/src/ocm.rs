//! Clusters that Open Cluster Management has registered on the hub.
//!
//! A managed cluster that is accepted, joined and available is one of the fleet's, with the labels that it has on the hub.
//! Where the registration was simulated there is no cluster yet: an embedded one is made. Of a real one the hub holds no
//! credentials that a client could use, so that it has to be joined like any other.

use crate::api;
use crate::error::Error;
use crate::fleet::Fleet;
use crate::local::CreateOptions;
use embedded::owner;
use indexmap::IndexMap;
use model::labels::SIMULATED;
use serde_json::Value;

/// The collection of managed clusters.
const PATH: &str = "/apis/cluster.open-cluster-management.io/v1/managedclusters";

/// A managed cluster that cannot be reached: it has to be joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached(pub String);

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn is_true(object: &Value, condition: &str) -> bool {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|c| text(c, "/type") == condition && text(c, "/status") == "True")
}

fn labels(object: &Value) -> IndexMap<String, String> {
    let all = object.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}

impl Fleet {
    /// Makes the registered clusters clusters of the fleet, and brings their labels up to date. A hub that knows nothing of
    /// managed clusters has none. Answers those that have to be joined by hand.
    ///
    /// # Errors
    /// The hub does not answer, or an embedded cluster cannot be made.
    pub async fn adopt_managed(&self) -> Result<Vec<Unreached>, Error> {
        let hub = self.hub().client();
        let managed = match api::list(&hub, PATH, None).await {
            Ok(managed) => managed,
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(Vec::new()),
            Err(error) => return Err(Error::request("list the managed clusters on the hub", &error)),
        };
        let mut unreached = Vec::new();
        for cluster in managed {
            let name = text(&cluster, "/metadata/name");
            let ready =
                is_true(&cluster, "ManagedClusterJoined") && is_true(&cluster, "ManagedClusterConditionAvailable");
            if !ready {
                continue;
            }
            let wanted = labels(&cluster);
            let records = self.records().await?;
            let Some(record) = records.iter().find(|r| r.name() == name) else {
                let simulated = cluster.pointer("/metadata/annotations").and_then(|a| a.get(SIMULATED)).is_some();
                if !(simulated && self.hub().simulated()) {
                    unreached.push(Unreached(name.to_owned()));
                    continue;
                }
                if owner::exists(self.home().folder(), name) {
                    let options = crate::join::JoinOptions { labels: wanted, ..crate::join::JoinOptions::default() };
                    self.join_embedded(name, options).await?;
                } else {
                    self.create(name, CreateOptions { labels: wanted, ..CreateOptions::default() }).await?;
                }
                continue;
            };
            let known = record.info().labels;
            let changed: IndexMap<String, String> =
                wanted.into_iter().filter(|(key, value)| known.get(key) != Some(value)).collect();
            if !changed.is_empty() {
                self.set_labels(name, &changed, &[]).await?;
            }
        }
        Ok(unreached)
    }
}
