//! Which Applications use a cluster.

use crate::api;
use crate::error::Error;
use crate::fleet::Fleet;
use model::{cluster as form, labels};
use serde_json::Value;
use std::collections::BTreeSet;

/// An Application that places something on a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usage {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub application: String,
}

impl Fleet {
    /// The Applications that have objects on a cluster, by the inventories (ResourceTrackers) and statuses on the hub,
    /// sorted. KubeVela packs large inventories; of those the status tells.
    pub async fn users(&self, cluster: &str) -> Result<Vec<Usage>, Error> {
        let hub = self.hub().client();
        let mut users = BTreeSet::new();
        for plural in ["resourcetrackers", "applications"] {
            let path = format!("/apis/{}/{plural}", model::CORE_V1BETA1);
            let objects = match api::list(&hub, &path, None).await {
                Ok(objects) => objects,
                // A hub without the definitions of these kinds has no objects of them.
                Err(kube::Error::Api(status)) if status.code == 404 => continue,
                Err(error) => {
                    return Err(Error::request(&format!("see which Applications use cluster {cluster}"), &error));
                }
            };
            users.extend(objects.iter().filter_map(|object| user(object, cluster)));
        }
        Ok(users.into_iter().collect())
    }
}

/// The Application that a tracker belongs to, or that the object is, if it has something on the cluster.
fn user(object: &Value, cluster: &str) -> Option<Usage> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let label = |name: &str| {
        let labels = object.pointer("/metadata/labels")?;
        labels.get(name)?.as_str().map(str::to_owned)
    };
    let resources =
        ["/spec/managedResources", "/status/appliedResources"].into_iter().find_map(|list| object.pointer(list));
    let there = resources.and_then(Value::as_array)?.iter().any(|resource| {
        let on = resource.get("cluster").and_then(Value::as_str).unwrap_or_default();
        let deleted = resource.get("deleted").and_then(Value::as_bool).unwrap_or(false);
        form::normalise(on) == form::normalise(cluster) && !deleted
    });
    there.then(|| Usage {
        namespace: label(labels::APP_NAMESPACE).unwrap_or_else(|| text("/metadata/namespace").to_owned()),
        application: label(labels::APP_NAME).unwrap_or_else(|| text("/metadata/name").to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn trackers_and_statuses_name_the_application() {
        let tracker = json!({
            "metadata": {"name": "web-v1-team", "labels": {labels::APP_NAME: "web", labels::APP_NAMESPACE: "team"}},
            "spec": {"managedResources": [
                {"cluster": "prod", "kind": "Deployment", "deleted": true},
                {"cluster": "stage", "kind": "Deployment"},
                {"kind": "ConfigMap"},
            ]},
        });
        let web = Some(Usage { namespace: "team".into(), application: "web".into() });
        assert_eq!(user(&tracker, "stage"), web);
        assert_eq!(user(&tracker, "local"), web);
        assert_eq!(user(&tracker, "prod"), None, "only what is being deleted");
        let application = json!({
            "metadata": {"name": "web", "namespace": "team"},
            "status": {"appliedResources": [{"cluster": "prod", "kind": "Deployment"}]},
        });
        assert_eq!(user(&application, "prod"), web);
        assert_eq!(user(&json!({"metadata": {"name": "idle"}}), "prod"), None);
    }
}
