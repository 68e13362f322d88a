//! `lateen workflow explain`: in one sentence, what a run waits for or why it failed.

use crate::application::{AppArgs, find_run};
use crate::session::{HubArgs, Outcome, Session};
use actions::{Clusters, Filter};
use controller::clusters::FleetClusters;
use model::{Application, ServiceStatus};
use serde_json::Value;
use workflow::replay::why;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen workflow explain example-app")]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    app: AppArgs,
}

pub(super) async fn run(hub: HubArgs, args: ExplainArgs) -> Outcome {
    let mut session = Session::open(&hub).await?;
    let app = find_run(&mut session, &args.app).await?;
    println!("{}", sentence(&session, &app).await);
    Ok(())
}

async fn sentence(session: &Session, app: &Application) -> String {
    let name = &app.metadata.name;
    let status = app.status.as_ref();
    let Some(run) = status.and_then(|s| s.workflow.as_ref()) else {
        return format!("The run of {name} has not begun.");
    };
    let why = why(run);
    let which = if run.app_revision.is_empty() { String::new() } else { format!("Run {} of ", run.app_revision) };
    let mut text = format!("{which}{name}: {}", why.sentence.trim_end_matches('.'));
    let services = status.map(|s| s.services.as_slice()).unwrap_or_default();
    if let Some(service) = services.iter().find(|s| !s.healthy) {
        text.push_str(&format!("; {}", object(session, service).await));
    }
    text.push('.');
    text
}

/// The first object that is not well: what it is, where, what it says, and the last event about it.
async fn object(session: &Session, service: &ServiceStatus) -> String {
    let cluster = model::cluster::display(&service.cluster);
    let kind = service.workload_definition.as_ref().map_or("component", |w| w.kind.as_str());
    let mut text = format!("{kind} {}/{} in cluster {cluster} is not healthy", service.namespace, service.name);
    let message = service.message.trim().trim_end_matches('.');
    if !message.is_empty() {
        text.push_str(&format!(" ({message})"));
    }
    match event(session, service).await {
        Ok(Some(event)) => text.push_str(&format!(", its last event is {event}")),
        Ok(None) => {}
        Err(why) => text.push_str(&format!(", and its events cannot be read: {why}")),
    }
    text
}

/// The newest event about an object or what it owns, warnings first.
async fn event(session: &Session, service: &ServiceStatus) -> Result<Option<String>, String> {
    let (sender, _) = tokio::sync::mpsc::unbounded_channel();
    let clusters = FleetClusters::new(session.fleet.clone(), sender);
    let objects = clusters.objects(&service.cluster).await.map_err(|f| f.message)?;
    let filter = Filter { namespace: service.namespace.clone(), ..Filter::default() };
    let events = objects.list("v1", "Event", &filter).await.map_err(|f| f.message)?;
    let items = events.get("items").or(Some(&events)).and_then(Value::as_array);
    Ok(newest(items.map(Vec::as_slice).unwrap_or_default(), &service.name))
}

fn newest(events: &[Value], name: &str) -> Option<String> {
    let text =
        |event: &Value, pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let owned = format!("{name}-");
    let about = events.iter().filter(|e| {
        let of = text(e, "/involvedObject/name");
        of == name || of.starts_with(&owned)
    });
    let time = |e: &Value| {
        let last = text(e, "/lastTimestamp");
        if last.is_empty() { text(e, "/eventTime") } else { last }
    };
    let event = about.max_by_key(|e| (text(e, "/type") == "Warning", time(e)))?;
    let of = format!("{} {}", text(event, "/involvedObject/kind"), text(event, "/involvedObject/name"));
    Some(format!("{} of {of}: {}", text(event, "/reason"), text(event, "/message").trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_newest_warning_about_the_object_or_its_pods() {
        let event = |kind: &str, name: &str, level: &str, reason: &str, at: &str| {
            json!({"type": level, "reason": reason, "message": "m.", "lastTimestamp": at,
                "involvedObject": {"kind": kind, "name": name}})
        };
        let events = [
            event("Pod", "web-1", "Warning", "BackOff", "2026-11-21T08:00:02Z"),
            event("Pod", "web-1", "Warning", "Failed", "2026-11-21T08:00:01Z"),
            event("Deployment", "web", "Normal", "ScalingReplicaSet", "2026-11-21T08:00:03Z"),
            event("Pod", "website", "Warning", "Other", "2026-11-21T08:00:04Z"),
        ];
        assert_eq!(newest(&events, "web").as_deref(), Some("BackOff of Pod web-1: m"));
        assert_eq!(newest(&events[2..], "web").as_deref(), Some("ScalingReplicaSet of Deployment web: m"));
        assert_eq!(newest(&events, "shop"), None);
    }
}
