//! Whether the clusters that an Application names answer, asked before anything is stored.

use crate::session::Session;
use cue_syntax::Diagnostic;
use model::Application;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a cluster may take to say its version.
const LIMIT: Duration = Duration::from_secs(10);

/// A problem for each cluster that does not answer, at the property that names it.
pub(super) async fn silent(session: &Session, app: &Application, placed: &BTreeSet<String>) -> Vec<Diagnostic> {
    let asked = placed.iter().map(|name| async move {
        let problem = match tokio::time::timeout(LIMIT, session.fleet.probe(name)).await {
            Ok(Ok(health)) => health.problem?,
            Ok(Err(error)) => return Some(Diagnostic { path: Some(place(app, name)), ..error.diagnostic() }),
            Err(_) => format!("no answer within {} s", LIMIT.as_secs()),
        };
        Some(
            Diagnostic::error("fleet/unreachable", format!("cluster \"{name}\" does not answer: {problem}"))
                .path(place(app, name))
                .help(format!(
                    "nothing was stored; `lateen cluster probe {name}` asks again, and --allow-unreachable starts with \
                     the clusters that answer"
                )),
        )
    });
    futures::future::join_all(asked).await.into_iter().flatten().collect()
}

/// The property of an Application that names a cluster: of its policies first, then of its steps.
fn place(app: &Application, cluster: &str) -> String {
    let policies = json!(app.spec.policies);
    let workflow = json!(app.spec.workflow);
    find(&policies, "spec.policies", cluster)
        .or_else(|| find(&workflow, "spec.workflow", cluster))
        .unwrap_or_else(|| if app.spec.policies.is_empty() { "spec.workflow" } else { "spec.policies" }.to_owned())
}

fn find(value: &Value, path: &str, cluster: &str) -> Option<String> {
    match value {
        Value::String(text) => (text == cluster && path.contains(".properties.")).then(|| path.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(i, item)| find(item, &format!("{path}[{i}]"), cluster))
        }
        Value::Object(fields) => fields.iter().find_map(|(key, value)| find(value, &format!("{path}.{key}"), cluster)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_property_that_names_a_cluster_is_found_and_names_of_policies_are_not_taken_for_it() {
        let app: Application = serde_json::from_value(json!({"spec": {"policies": [
            {"name": "east", "type": "topology", "properties": {"clusters": ["west", "east"]}},
            {"name": "envs", "type": "env-binding", "properties": {"envs": [
                {"name": "x", "placement": {"clusterSelector": {"name": "north"}}}]}}],
            "workflow": {"steps": [{"name": "a", "type": "apply-component", "properties": {"cluster": "south"}}]}}}))
        .unwrap();
        assert_eq!(place(&app, "east"), "spec.policies[0].properties.clusters[1]");
        assert_eq!(place(&app, "north"), "spec.policies[1].properties.envs[0].placement.clusterSelector.name");
        assert_eq!(place(&app, "south"), "spec.workflow.steps[0].properties.cluster");
        assert_eq!(place(&app, "by-label"), "spec.policies");
    }
}
