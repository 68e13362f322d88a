//! `lateen cluster list` and `lateen cluster probe`.

use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use fleet::ClusterInfo;
use serde_json::{Value, json};

/// The arguments of `list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// json or yaml instead of a table
    #[arg(long, short)]
    output: Option<Format>,
}

/// The arguments of `probe`.
#[derive(Debug, clap::Args)]
pub(crate) struct ProbeArgs {
    /// Only this cluster
    name: Option<String>,
    /// json or yaml instead of a table
    #[arg(long, short)]
    output: Option<Format>,
}

fn row(cluster: &ClusterInfo) -> Vec<String> {
    let labels: Vec<String> = cluster.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let simulated = if cluster.simulated && cluster.endpoint != "-" { " (simulated)" } else { "" };
    vec![
        cluster.name.clone(),
        cluster.alias.clone(),
        cluster.kind.clone(),
        format!("{}{simulated}", cluster.endpoint),
        cluster.accepted.to_string(),
        labels.join(","),
    ]
}

pub(super) async fn run(hub: HubArgs, args: ListArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    for fleet::Unreached(name) in session.fleet.adopt_managed().await? {
        eprintln!(
            "managed cluster {name} is registered on the hub and not joined: lateen cluster join KUBECONFIG --name {name}"
        );
    }
    let clusters = session.fleet.list().await?;
    let Some(format) = args.output else {
        let rows: Vec<Vec<String>> = clusters.iter().map(row).collect();
        print!("{}", table::draw(&["CLUSTER", "ALIAS", "TYPE", "ENDPOINT", "ACCEPTED", "LABELS"], &rows));
        return Ok(());
    };
    let list: Vec<_> = clusters
        .iter()
        .map(|c| {
            json!({
                "name": c.name, "alias": c.alias, "type": c.kind, "endpoint": c.endpoint, "accepted": c.accepted,
                "labels": c.labels, "version": c.version, "simulated": c.simulated,
            })
        })
        .collect();
    output::print(&json!(list), format)
}

pub(super) async fn probe(hub: HubArgs, args: ProbeArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let found = match &args.name {
        Some(name) => vec![session.fleet.probe(name).await?],
        None => session.fleet.probe_all().await?,
    };
    if let Some(format) = args.output {
        let list: Vec<Value> = found
            .iter()
            .map(|h| {
                let took = u64::try_from(h.took.as_millis()).unwrap_or(u64::MAX);
                json!({"name": h.cluster, "answers": h.problem.is_none(), "version": h.version,
                    "tookMilliseconds": took, "problem": h.problem})
            })
            .collect();
        return output::print(&json!(list), format);
    }
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|h| {
            let state = if h.problem.is_none() { "answers" } else { "does not answer" };
            let version = h.version.clone().unwrap_or_default();
            let problem = h.problem.clone().unwrap_or_default();
            vec![h.cluster.clone(), state.to_owned(), version, format!("{} ms", h.took.as_millis()), problem]
        })
        .collect();
    print!("{}", table::draw(&["CLUSTER", "STATE", "VERSION", "TOOK", "PROBLEM"], &rows));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;

    #[test]
    fn the_hub_and_a_simulated_cluster() {
        let cluster = |name: &str, kind: &str, endpoint: &str| ClusterInfo {
            name: name.into(),
            alias: String::new(),
            kind: kind.into(),
            endpoint: endpoint.into(),
            accepted: true,
            labels: IndexMap::from([("purpose".to_owned(), "test".to_owned())]),
            version: None,
            simulated: true,
        };
        let rows = [row(&cluster("local", "Internal", "-")), row(&cluster("foo", "X509Certificate", "embedded:foo"))];
        insta::assert_snapshot!(table::draw(&["CLUSTER", "ALIAS", "TYPE", "ENDPOINT", "ACCEPTED", "LABELS"], &rows), @r"
        CLUSTER   ALIAS   TYPE              ENDPOINT                   ACCEPTED   LABELS
        local             Internal          -                          true       purpose=test
        foo               X509Certificate   embedded:foo (simulated)   true       purpose=test
        ");
    }
}
