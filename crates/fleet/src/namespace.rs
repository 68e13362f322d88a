//! Namespaces of a cluster.

use crate::api;
use crate::error::Error;
use crate::fleet::Fleet;
use serde_json::json;

impl Fleet {
    /// The names of a cluster's namespaces, sorted.
    pub async fn namespaces(&self, cluster: &str) -> Result<Vec<String>, Error> {
        let cluster = self.cluster(cluster).await?;
        let list = api::list(&cluster.client(), "/api/v1/namespaces", None).await;
        let list = list
            .map_err(|error| Error::request(&format!("list the namespaces of cluster {}", cluster.name()), &error))?;
        let mut names: Vec<String> = list.iter().map(|namespace| api::name(namespace).to_owned()).collect();
        names.sort();
        Ok(names)
    }

    /// Makes a namespace; false when it is there already.
    pub async fn create_namespace(&self, cluster: &str, name: &str) -> Result<bool, Error> {
        let cluster = self.cluster(cluster).await?;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let made = api::create_if_absent(&cluster.client(), "/api/v1/namespaces", &namespace).await;
        made.map_err(|error| {
            Error::request(&format!("make the namespace {name} on cluster {}", cluster.name()), &error)
        })
    }
}
