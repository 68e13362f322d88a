//! What the tests of this crate send to: real servers on loopback, and clusters that are embedded.

mod receiver;
mod smtp;

pub(crate) use receiver::{Receiver, authority};
pub(crate) use smtp::{Mail, Sink};

use crate::{Clusters, Fault, Objects};
use embedded::{Cluster, Options};
use futures::future::BoxFuture;
use serde_json::Value;

/// One embedded cluster that answers to every name.
pub(crate) struct OneCluster {
    cluster: Cluster,
}

impl OneCluster {
    pub(crate) fn new() -> OneCluster {
        OneCluster { cluster: Cluster::in_memory(Options { simulate: true, ..Options::default() }).unwrap() }
    }

    pub(crate) fn all(&self) -> Objects {
        Objects::new(self.cluster.client("default"), "local")
    }

    /// With a Secret `name` in namespace default.
    pub(crate) async fn with_secret(name: &str, data: &[(&str, &str)]) -> OneCluster {
        let one = OneCluster::new();
        let data: serde_json::Map<String, Value> =
            data.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect();
        one.apply(serde_json::json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default"}, "stringData": data,
        }))
        .await;
        one
    }

    pub(crate) async fn apply(&self, object: Value) -> Value {
        self.all().apply(&object, "test", true, false).await.unwrap()
    }
}

impl Clusters for OneCluster {
    fn objects<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Objects, Fault>> {
        Box::pin(async move { Ok(self.all()) })
    }

    fn names(&self) -> BoxFuture<'_, Result<Vec<String>, Fault>> {
        Box::pin(async { Ok(vec!["local".to_owned()]) })
    }
}
