//! `lateen ls`: applications with their components.

use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use model::{Application, ServiceStatus};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen ls                    of namespace default
  lateen ls -A                 of all namespaces")]
pub(crate) struct LsArgs {
    /// Of this namespace
    #[arg(long, short, default_value = "default")]
    namespace: String,
    /// Of this environment
    #[arg(long, value_name = "ENVIRONMENT", conflicts_with_all = ["namespace", "all"])]
    env: Option<String>,
    /// Of all namespaces
    #[arg(long, short = 'A')]
    all: bool,
    /// json or yaml instead of a table
    #[arg(long, short)]
    output: Option<Format>,
}

pub(crate) async fn run(hub: HubArgs, mut args: LsArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    if let Some(env) = &args.env {
        args.namespace = crate::environment::namespace(&session, env).await?;
    }
    let apps = session.hub.applications(if args.all { "" } else { &args.namespace }).await?;
    match args.output {
        Some(format) => output::objects(serde_json::json!(apps), format),
        None => {
            print!("{}", draw(&apps, args.all));
            Ok(())
        }
    }
}

/// A row a component: APP COMPONENT TYPE TRAITS PHASE HEALTHY STATUS CREATED-TIME; with `namespaces`, NAMESPACE first.
pub(crate) fn draw(apps: &[Application], namespaces: bool) -> String {
    let mut headers = vec!["APP", "COMPONENT", "TYPE", "TRAITS", "PHASE", "HEALTHY", "STATUS", "CREATED-TIME"];
    if namespaces {
        headers.insert(0, "NAMESPACE");
    }
    let mut rows = Vec::new();
    for app in apps {
        let status = app.status.as_ref();
        let phase = status.map(|s| s.phase.as_str()).unwrap_or_default();
        let created = app.metadata.creation_timestamp.clone().unwrap_or_default();
        let services = status.map(|s| s.services.as_slice()).unwrap_or_default();
        for (index, component) in app.spec.components.iter().enumerate() {
            let traits: Vec<&str> = component.traits.iter().map(|t| t.kind.as_str()).collect();
            let of: Vec<&ServiceStatus> = services.iter().filter(|s| s.name == component.name).collect();
            let (health, message) = health(&of);
            let branch = match (index, index + 1 == app.spec.components.len()) {
                (0, _) => app.metadata.name.clone(),
                (_, true) => "└─".to_owned(),
                (_, false) => "├─".to_owned(),
            };
            let mut row = vec![
                branch,
                component.name.clone(),
                component.kind.clone(),
                traits.join(","),
                phase.to_owned(),
                health.to_owned(),
                message,
                created.clone(),
            ];
            if namespaces {
                row.insert(0, app.metadata.namespace.clone());
            }
            rows.push(row);
        }
        if app.spec.components.is_empty() {
            let mut row =
                vec![app.metadata.name.clone(), String::new(), String::new(), String::new(), phase.to_owned()];
            row.extend([String::new(), String::new(), created]);
            if namespaces {
                row.insert(0, app.metadata.namespace.clone());
            }
            rows.push(row);
        }
    }
    table::draw(&headers, &rows)
}

/// Over all placements of a component: healthy only when every one is; the message of the first that is not, else of the first.
fn health(services: &[&ServiceStatus]) -> (&'static str, String) {
    let Some(first) = services.first() else { return ("", String::new()) };
    match services.iter().find(|s| !s.healthy) {
        Some(sick) => ("unhealthy", sick.message.trim().to_owned()),
        None => ("healthy", first.message.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_component_is_healthy_only_everywhere() {
        let app: Application = serde_json::from_value(json!({
            "metadata": {"name": "shop", "namespace": "default", "creationTimestamp": "2026-11-21T08:00:00Z"},
            "spec": {"components": [
                {"name": "web", "type": "webservice", "traits": [{"type": "scaler"}]},
                {"name": "db", "type": "worker"},
            ]},
            "status": {"status": "unhealthy", "services": [
                {"name": "web", "cluster": "a", "healthy": true, "message": "Ready:1/1"},
                {"name": "web", "cluster": "b", "healthy": false, "message": "Ready:0/1"},
            ]},
        }))
        .unwrap();
        insta::assert_snapshot!(draw(&[app], false), @r"
        APP    COMPONENT   TYPE         TRAITS   PHASE       HEALTHY     STATUS      CREATED-TIME
        shop   web         webservice   scaler   unhealthy   unhealthy   Ready:0/1   2026-11-21T08:00:00Z
        └─     db          worker                unhealthy                           2026-11-21T08:00:00Z
        ");
    }
}
