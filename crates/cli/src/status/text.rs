//! `lateen status NAME`: About, Workflow and Services, in the layout that users of `vela status` know.

use model::{Application, StepStatus};
use std::fmt::Write as _;

/// Everything about an application, for a person.
pub(crate) fn describe(app: &Application) -> String {
    let mut text = String::new();
    about(&mut text, app);
    workflow(&mut text, app);
    services(&mut text, app);
    text
}

fn about(text: &mut String, app: &Application) {
    let _ = writeln!(text, "About:\n");
    let phase = app.status.as_ref().map(|s| s.phase.as_str()).filter(|s| !s.is_empty());
    for (key, value) in [
        ("Name", app.metadata.name.as_str()),
        ("Namespace", app.metadata.namespace.as_str()),
        ("Created at", app.metadata.creation_timestamp.as_deref().unwrap_or("-")),
        ("Status", phase.unwrap_or("not started")),
    ] {
        let _ = writeln!(text, "  {:<12}{value}", format!("{key}:"));
    }
    if let Some(revision) = app.status.as_ref().and_then(|s| s.latest_revision.as_ref()) {
        let _ = writeln!(text, "  {:<12}{}", "Revision:", revision.name);
    }
    let _ = writeln!(text);
}

fn workflow(text: &mut String, app: &Application) {
    let Some(run) = app.status.as_ref().and_then(|s| s.workflow.as_ref()) else { return };
    let _ = writeln!(text, "Workflow:\n");
    let _ = writeln!(text, "  mode: {}", run.mode);
    let _ = writeln!(text, "  finished: {}", run.finished);
    let _ = writeln!(text, "  Suspend: {}", run.suspend);
    let _ = writeln!(text, "  Terminated: {}", run.terminated);
    if !run.message.is_empty() {
        let _ = writeln!(text, "  message: {}", run.message);
    }
    let _ = writeln!(text, "  Steps");
    for step in &run.steps {
        write_step(text, step, "  ");
    }
    let _ = writeln!(text);
}

fn write_step(text: &mut String, step: &StepStatus, indent: &str) {
    let _ = writeln!(text, "{indent}- id: {}", step.id);
    let _ = writeln!(text, "{indent}  name: {}", step.name);
    let _ = writeln!(text, "{indent}  type: {}", step.kind);
    let _ = writeln!(text, "{indent}  phase: {}", step.phase);
    let reason = step.reason.as_str();
    if !reason.is_empty() {
        let _ = writeln!(text, "{indent}  reason: {reason}");
    }
    let _ = writeln!(text, "{indent}  message: {}", step.message.trim_end().replace('\n', &format!("\n{indent}    ")));
    for sub in &step.sub_steps {
        write_step(text, sub, &format!("{indent}  "));
    }
}

fn services(text: &mut String, app: &Application) {
    let services = app.status.as_ref().map(|s| s.services.as_slice()).unwrap_or_default();
    if services.is_empty() {
        return;
    }
    let _ = writeln!(text, "Services:\n");
    for service in services {
        let cluster = if service.cluster.is_empty() { model::cluster::LOCAL } else { &service.cluster };
        let kind = app.component(&service.name).map_or("", |c| c.kind.as_str());
        let _ = writeln!(text, "  - Name: {}", service.name);
        let mut place = format!("    Cluster: {cluster}  Namespace: {}", service.namespace);
        if !service.env.is_empty() {
            let _ = write!(place, "  Env: {}", service.env);
        }
        let _ = writeln!(text, "{place}");
        let _ = writeln!(text, "    Type: {kind}");
        let health = if service.healthy { "Healthy" } else { "Unhealthy" };
        let _ = writeln!(text, "    {}", format!("{health} {}", service.message).trim_end());
        if service.traits.is_empty() {
            let _ = writeln!(text, "    No trait applied");
        } else {
            let _ = writeln!(text, "    Traits:");
            for item in &service.traits {
                let mark = if item.pending {
                    "⏳"
                } else if item.healthy {
                    "✅"
                } else {
                    "❌"
                };
                let _ = writeln!(
                    text,
                    "      {}",
                    format!("{mark} {}: {}", item.kind, item.message).trim_end_matches([' ', ':'])
                );
            }
        }
    }
    let _ = writeln!(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_layout_is_the_one_that_users_know() {
        let app: Application = serde_json::from_value(json!({
            "apiVersion": "core.oam.dev/v1beta1",
            "kind": "Application",
            "metadata": {"name": "shop", "namespace": "default", "creationTimestamp": "2026-11-21T08:00:00Z"},
            "spec": {"components": [{"name": "web", "type": "webservice"}]},
            "status": {
                "status": "workflowSuspending",
                "latestRevision": {"name": "shop-v1", "revision": 1},
                "workflow": {
                    "mode": "StepByStep-DAG", "suspend": true, "terminated": false, "finished": false,
                    "steps": [
                        {"id": "abc", "name": "go", "type": "deploy", "phase": "succeeded"},
                        {"id": "def", "name": "ask", "type": "suspend", "phase": "suspending", "reason": "Suspend",
                         "message": "Suspended by field suspend"},
                    ],
                },
                "services": [{
                    "name": "web", "namespace": "default", "cluster": "foo", "healthy": true, "message": "Ready:1/1",
                    "traits": [{"type": "scaler", "healthy": true}],
                }],
            },
        }))
        .unwrap();
        insta::assert_snapshot!(describe(&app), @r"
        About:

          Name:       shop
          Namespace:  default
          Created at: 2026-11-21T08:00:00Z
          Status:     workflowSuspending
          Revision:   shop-v1

        Workflow:

          mode: StepByStep-DAG
          finished: false
          Suspend: true
          Terminated: false
          Steps
          - id: abc
            name: go
            type: deploy
            phase: succeeded
            message: 
          - id: def
            name: ask
            type: suspend
            phase: suspending
            reason: Suspend
            message: Suspended by field suspend

        Services:

          - Name: web
            Cluster: foo  Namespace: default
            Type: webservice
            Healthy Ready:1/1
            Traits:
              ✅ scaler
        ");
    }
}
