//! Which clusters a placement means. The rule is pure; [`Fleet::resolve`] gives it the clusters.

use crate::error::{Error, ErrorKind, did_you_mean};
use crate::fleet::Fleet;
use crate::record::ClusterInfo;
use indexmap::{IndexMap, IndexSet};
use model::cluster as form;

/// What a `topology` policy or an env of `env-binding` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topology {
    /// Clusters by name; each must exist.
    pub clusters: Option<Vec<String>>,
    /// Clusters that have all these labels.
    pub cluster_labels: Option<IndexMap<String, String>>,
    /// The namespace there; empty keeps the Application's.
    pub namespace: String,
    /// Whether no cluster at all is right, too.
    pub allow_empty: bool,
}

/// One place that objects go to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Placement {
    /// The cluster; `local` is the hub.
    pub cluster: String,
    /// The namespace; empty keeps the Application's.
    pub namespace: String,
}

impl Fleet {
    /// The places a topology means, in its own order (by name where it chooses by labels), each once. With neither names
    /// nor labels it is the hub.
    pub async fn resolve(&self, topology: &Topology) -> Result<Vec<Placement>, Error> {
        if topology.clusters.is_none() && topology.cluster_labels.is_none() {
            return resolve(topology, &[]);
        }
        resolve(topology, &self.list().await?)
    }
}

/// See [`Fleet::resolve`].
pub(crate) fn resolve(topology: &Topology, known: &[ClusterInfo]) -> Result<Vec<Placement>, Error> {
    let mut names: IndexSet<&str> = IndexSet::new();
    match (&topology.clusters, &topology.cluster_labels) {
        (Some(clusters), _) => {
            for cluster in clusters {
                let name = form::display(cluster);
                if !known.iter().any(|info| info.name == name) {
                    let known = known.iter().map(|info| info.name.as_str());
                    return Err(Error::new(
                        ErrorKind::UnknownCluster,
                        format!("no cluster named {name:?} is joined to this hub"),
                    )
                    .help(did_you_mean(name, known)));
                }
                names.insert(name);
            }
        }
        (None, Some(labels)) => names.extend(
            known
                .iter()
                .filter(|info| labels.iter().all(|(key, value)| info.labels.get(key) == Some(value)))
                .map(|info| info.name.as_str()),
        ),
        (None, None) => {
            names.insert(form::LOCAL);
        }
    }
    if names.is_empty() && !topology.allow_empty {
        let message = match &topology.cluster_labels {
            Some(labels) if topology.clusters.is_none() => {
                let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
                format!("no cluster has the labels {}", labels.join(","))
            }
            _ => "the list of clusters is empty".to_owned(),
        };
        return Err(Error::new(ErrorKind::NoMatch, message)
            .help("lateen cluster list shows the labels; allowEmpty: true accepts no cluster at all"));
    }
    let places = names
        .into_iter()
        .map(|cluster| Placement { cluster: cluster.to_owned(), namespace: topology.namespace.clone() });
    Ok(places.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(name: &str, labels: &[(&str, &str)]) -> ClusterInfo {
        ClusterInfo {
            name: name.into(),
            alias: String::new(),
            kind: "Internal".into(),
            endpoint: "-".into(),
            accepted: true,
            labels: labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
            version: None,
            simulated: true,
        }
    }

    fn known() -> Vec<ClusterInfo> {
        vec![
            cluster("local", &[]),
            cluster("prod-a", &[("env", "prod"), ("region", "eu")]),
            cluster("prod-b", &[("env", "prod")]),
            cluster("stage", &[("env", "stage")]),
        ]
    }

    fn names(clusters: &[&str]) -> Topology {
        Topology { clusters: Some(clusters.iter().map(|name| (*name).to_owned()).collect()), ..Topology::default() }
    }

    fn labels(labels: &[(&str, &str)]) -> Topology {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Topology { cluster_labels: Some(labels), ..Topology::default() }
    }

    fn shown(topology: &Topology) -> String {
        match resolve(topology, &known()) {
            Ok(places) => places.into_iter().map(|place| place.cluster).collect::<Vec<_>>().join(" "),
            Err(error) => format!("{error} [{}]", error.diagnostic().help.unwrap_or_default()),
        }
    }

    #[test]
    fn names_labels_and_nothing() {
        assert_eq!(shown(&Topology::default()), "local");
        assert_eq!(shown(&names(&["stage", "prod-b", "stage"])), "stage prod-b");
        assert_eq!(shown(&labels(&[("env", "prod")])), "prod-a prod-b");
        assert_eq!(shown(&labels(&[("env", "prod"), ("region", "eu")])), "prod-a");
        assert_eq!(shown(&Topology { allow_empty: true, ..labels(&[("env", "none")]) }), "");
    }

    #[test]
    fn mistakes() {
        let mut all = String::new();
        for topology in [names(&["stag"]), names(&["eu"]), names(&[]), labels(&[("env", "none")])] {
            all += &format!("{}\n", shown(&topology));
        }
        insta::assert_snapshot!(all);
    }
}
