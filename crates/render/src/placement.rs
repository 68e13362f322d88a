//! Where components go: topologies and envs against the clusters there are.

use crate::policy::{Env, Topology};
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::action::nearest;

/// The name of the hub as a cluster.
pub const LOCAL: &str = "local";

/// A cluster and a namespace, with the policies that led there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placement {
    /// Names of the policies, in order.
    pub policies: Vec<String>,
    /// The cluster; `local` is the hub. Empty when it is chosen by labels and the clusters are not known.
    pub cluster: String,
    /// The labels that choose it, then.
    pub cluster_labels: Option<IndexMap<String, String>>,
    /// The namespace.
    pub namespace: String,
    /// The env of an env-binding policy.
    pub env: String,
}

impl Placement {
    /// On the hub.
    pub fn hub(namespace: impl Into<String>) -> Placement {
        Placement { cluster: LOCAL.to_owned(), namespace: namespace.into(), ..Placement::default() }
    }

    /// The cluster in words: its name, or the labels that choose it.
    pub fn cluster_text(&self) -> String {
        match &self.cluster_labels {
            Some(labels) if self.cluster.is_empty() => selector_text(labels),
            _ => self.cluster.clone(),
        }
    }
}

/// A cluster that is joined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: IndexMap<String, String>,
}

/// The clusters there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Clusters {
    /// Nobody was asked: names are taken as they are, labels stay labels.
    #[default]
    Unknown,
    /// These, the hub among them.
    Known(Vec<Cluster>),
}

fn selector_text(labels: &IndexMap<String, String>) -> String {
    let pairs: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    if pairs.is_empty() { "every cluster".to_owned() } else { format!("clusters with {}", pairs.join(",")) }
}

impl Clusters {
    fn named(&self, name: &str, path: &str) -> Result<(), Diagnostic> {
        let Clusters::Known(all) = self else { return Ok(()) };
        if name == LOCAL || all.iter().any(|c| c.name == name) {
            return Ok(());
        }
        let names = all.iter().map(|c| c.name.as_str());
        let mut problem =
            Diagnostic::error("render/unknown-cluster", format!("there is no cluster \"{name}\"")).path(path);
        problem.help = Some(match nearest(name, names.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("joined are {}", names.collect::<Vec<_>>().join(", ")),
        });
        Err(problem)
    }

    /// The clusters with these labels; `None` when nobody knows.
    fn labelled(&self, labels: &IndexMap<String, String>) -> Option<Vec<String>> {
        let Clusters::Known(all) = self else { return None };
        let fits = |c: &&Cluster| labels.iter().all(|(k, v)| c.labels.get(k) == Some(v));
        Some(all.iter().filter(fits).map(|c| c.name.clone()).collect())
    }
}

/// A topology with the name and the place of its policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NamedTopology<'a> {
    pub(crate) name: &'a str,
    pub(crate) path: &'a str,
    pub(crate) topology: &'a Topology,
}

/// Where topologies lead, without repetition; no topology is the hub.
///
/// # Errors
/// Every cluster that is not there, labels that no cluster has.
pub(crate) fn by_topologies(
    topologies: &[NamedTopology<'_>],
    clusters: &Clusters,
    namespace: &str,
    policies: &[String],
) -> Result<Vec<Placement>, Vec<Diagnostic>> {
    let (mut places, mut problems): (Vec<Placement>, Vec<Diagnostic>) = Default::default();
    let mut add = |place: Placement| {
        if !places.iter().any(|p| {
            p.cluster == place.cluster && p.namespace == place.namespace && p.cluster_labels == place.cluster_labels
        }) {
            places.push(place);
        }
    };
    let base = |namespace: &str| Placement {
        policies: policies.to_vec(),
        namespace: namespace.to_owned(),
        ..Placement::default()
    };
    if topologies.is_empty() {
        add(Placement { cluster: LOCAL.to_owned(), ..base(namespace) });
    }
    for NamedTopology { name, path, topology } in topologies {
        let namespace = topology.namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(namespace);
        let Some(labels) = topology.labels().filter(|_| topology.clusters.is_none()) else {
            let names = topology.clusters.clone().unwrap_or_else(|| vec![LOCAL.to_owned()]);
            for (i, cluster) in names.iter().enumerate() {
                problems.extend(clusters.named(cluster, &format!("{path}.properties.clusters[{i}]")).err());
                add(Placement { cluster: cluster.clone(), ..base(namespace) });
            }
            continue;
        };
        match clusters.labelled(labels) {
            None => add(Placement { cluster_labels: Some(labels.clone()), ..base(namespace) }),
            Some(found) if found.is_empty() && !topology.allow_empty => {
                let text = format!("policy \"{name}\" finds no {}", selector_text(labels));
                problems.push(
                    Diagnostic::error("render/no-cluster", text)
                        .path(format!("{path}.properties.clusterLabelSelector"))
                        .help("label a cluster, or set allowEmpty: true when none is fine"),
                );
            }
            Some(found) => found.into_iter().for_each(|cluster| add(Placement { cluster, ..base(namespace) })),
        }
    }
    if problems.is_empty() { Ok(places) } else { Err(problems) }
}

/// Where an env is.
///
/// # Errors
/// A cluster that is not there, labels that no cluster has.
pub(crate) fn by_env(
    env: &Env,
    policy: &str,
    path: &str,
    clusters: &Clusters,
    namespace: &str,
) -> Result<Vec<Placement>, Diagnostic> {
    let placement = env.placement.clone().unwrap_or_default();
    let space = placement.namespace_selector.map(|n| n.name).filter(|n| !n.is_empty());
    let base = Placement {
        policies: vec![policy.to_owned()],
        namespace: space.unwrap_or_else(|| namespace.to_owned()),
        env: env.name.clone(),
        ..Placement::default()
    };
    let Some(chosen) = placement.cluster_selector else {
        return Ok(vec![Placement { cluster: LOCAL.to_owned(), ..base }]);
    };
    if !chosen.name.is_empty() {
        clusters.named(&chosen.name, &format!("{path}.placement.clusterSelector.name"))?;
        return Ok(vec![Placement { cluster: chosen.name, ..base }]);
    }
    let labels = chosen.labels.unwrap_or_default();
    match clusters.labelled(&labels) {
        None => Ok(vec![Placement { cluster_labels: Some(labels), ..base }]),
        Some(found) if found.is_empty() => Err(Diagnostic::error(
            "render/no-cluster",
            format!("env \"{}\" of policy \"{policy}\" finds no {}", env.name, selector_text(&labels)),
        )
        .path(format!("{path}.placement.clusterSelector.labels"))
        .help("label a cluster")),
        Some(found) => Ok(found.into_iter().map(|cluster| Placement { cluster, ..base.clone() }).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn known() -> Clusters {
        let cluster = |name: &str, region: &str| Cluster {
            name: name.into(),
            labels: [("region".to_owned(), region.to_owned())].into_iter().collect(),
        };
        Clusters::Known(vec![cluster("local", "hub"), cluster("east-1", "east"), cluster("east-2", "east")])
    }

    fn places(topologies: &[Value], clusters: &Clusters) -> Result<Vec<String>, String> {
        let parsed: Vec<Topology> = topologies.iter().map(|t| serde_json::from_value(t.clone()).unwrap()).collect();
        let named: Vec<NamedTopology<'_>> =
            parsed.iter().map(|topology| NamedTopology { name: "t", path: "spec.policies[0]", topology }).collect();
        by_topologies(&named, clusters, "default", &[])
            .map(|all| all.iter().map(|p| format!("{}/{}", p.cluster_text(), p.namespace)).collect())
            .map_err(|all| {
                let told =
                    all.into_iter().map(|e| format!("{} at {} ({})", e.message, e.path.unwrap(), e.help.unwrap()));
                told.collect::<Vec<_>>().join("; ")
            })
    }

    #[test]
    fn topologies_name_or_label_clusters() {
        insta::assert_debug_snapshot!([
            places(&[], &known()),
            places(&[json!({"clusters": ["east-1", "local"], "namespace": "n"})], &known()),
            places(&[json!({"clusterLabelSelector": {"region": "east"}})], &known()),
            places(&[json!({"clusterLabelSelector": {"region": "east"}}), json!({"clusters": ["east-1"]})], &known()),
            places(&[json!({"clusterLabelSelector": {}})], &known()),
            places(&[json!({"clusterLabelSelector": {"region": "west"}})], &known()),
            places(&[json!({"clusterLabelSelector": {"region": "west"}, "allowEmpty": true})], &known()),
            places(&[json!({"clusters": ["east-3"]})], &known()),
            places(&[json!({"clusters": ["east-3"]})], &Clusters::Unknown),
            places(
                &[
                    json!({"clusters": ["eats-1", "east-1", "moon"]}),
                    json!({"clusterLabelSelector": {"region": "west"}})
                ],
                &known()
            ),
            places(&[json!({"clusterLabelSelector": {"region": "west"}})], &Clusters::Unknown),
        ]);
    }
}
