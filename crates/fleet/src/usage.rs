//! Which Applications use a cluster.

use crate::api;
use crate::error::Error;
use crate::fleet::Fleet;
use model::{cluster as form, labels};
use serde_json::Value;
use std::collections::BTreeSet;

/// An Application that has something on a cluster, or is to place something there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usage {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub application: String,
}

impl Fleet {
    /// The Applications that have objects on a cluster, by the inventories (ResourceTrackers) and statuses on the hub, and
    /// those that name it, sorted: a run that waits for an approval has nothing yet where it goes on. KubeVela packs large
    /// inventories; of those the status tells.
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
    let there = resources.and_then(Value::as_array).into_iter().flatten().any(|resource| {
        let on = resource.get("cluster").and_then(Value::as_str).unwrap_or_default();
        let deleted = resource.get("deleted").and_then(Value::as_bool).unwrap_or(false);
        form::normalise(on) == form::normalise(cluster) && !deleted
    });
    (there || is_named(object, cluster)).then(|| Usage {
        namespace: label(labels::APP_NAMESPACE).unwrap_or_else(|| text("/metadata/namespace").to_owned()),
        application: label(labels::APP_NAME).unwrap_or_else(|| text("/metadata/name").to_owned()),
    })
}

/// Whether a policy or a step of an Application names the cluster.
fn is_named(object: &Value, cluster: &str) -> bool {
    ["/spec/policies", "/spec/workflow/steps"]
        .into_iter()
        .filter_map(|list| object.pointer(list)?.as_array())
        .flatten()
        .any(|part| names(part, cluster))
}

/// Whether a policy, a step or one of its sub-steps names the cluster.
fn names(part: &Value, cluster: &str) -> bool {
    let inner = part.get("subSteps").and_then(Value::as_array);
    part.get("properties").is_some_and(|properties| places(properties, cluster, DEEPEST))
        || inner.is_some_and(|steps| {
            steps.iter().any(|step| step.get("properties").is_some_and(|p| places(p, cluster, DEEPEST)))
        })
}

/// How deep properties are looked into; placements stand near their beginning.
const DEEPEST: usize = 16;

/// Whether properties hold a placement on the cluster: `cluster: NAME`, `clusters: [NAME]` or `clusterSelector: {name: NAME}`.
fn places(properties: &Value, cluster: &str, depth: usize) -> bool {
    let is_it = |value: &Value| value.as_str().is_some_and(|name| form::normalise(name) == form::normalise(cluster));
    let inner = |value: &Value| depth > 0 && places(value, cluster, depth - 1);
    match properties {
        Value::Array(items) => items.iter().any(inner),
        Value::Object(fields) => fields.iter().any(|(key, value)| match key.as_str() {
            "cluster" if value.is_string() => is_it(value),
            "clusters" if value.is_array() => {
                value.as_array().is_some_and(|all| all.iter().any(|c| is_it(c) || inner(c)))
            }
            "clusterSelector" => value.get("name").is_some_and(is_it),
            _ => inner(value),
        }),
        _ => false,
    }
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

    #[test]
    fn a_placement_to_come_is_a_use() {
        let named = |cluster: &str, spec: Value| {
            user(&json!({"metadata": {"name": "web", "namespace": "team"}, "spec": spec}), cluster).is_some()
        };
        let topology =
            json!({"policies": [{"name": "east", "type": "topology", "properties": {"clusters": ["prod"]}}]});
        assert!(named("prod", topology.clone()));
        assert!(!named("east", topology), "the name of a policy is no cluster");
        let envs = json!({"policies": [{"name": "envs", "type": "env-binding", "properties": {"envs": [
            {"name": "prod", "placement": {"clusterSelector": {"name": "cluster-prod"}}}]}}]});
        assert!(named("cluster-prod", envs.clone()));
        assert!(!named("prod", envs), "the name of an environment is no cluster");
        let steps = json!({"workflow": {"steps": [{"name": "all", "type": "step-group", "subSteps": [
            {"name": "one", "type": "apply-component", "properties": {"component": "web", "cluster": "far"}}]}]}});
        assert!(named("far", steps));
    }
}
