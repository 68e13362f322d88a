//! `lateen workflow explain`: in one sentence, what a run waits for or why it failed.

use crate::application::{AppArgs, find_run};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use actions::{Clusters, Filter};
use controller::clusters::FleetClusters;
use model::{Application, ServiceStatus};
use serde_json::{Map, Value, json};
use workflow::replay::why;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen workflow explain example-app
  lateen workflow explain example-app -o json      the parts of the sentence: step, phase, object, event")]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    app: AppArgs,
    /// json or yaml: the parts of the sentence
    #[arg(long, short)]
    output: Option<Format>,
}

pub(super) async fn run(hub: HubArgs, mut args: ExplainArgs) -> Outcome {
    let mut session = Session::open(&hub).await?;
    let app = find_run(&mut session, &mut args.app).await?;
    let (sentence, parts) = explained(&session, &app).await;
    match args.output {
        Some(format) => output::print(&parts, format),
        None => {
            println!("{sentence}");
            Ok(())
        }
    }
}

/// The sentence, and what it consists of.
async fn explained(session: &Session, app: &Application) -> (String, Value) {
    let name = &app.metadata.name;
    let mut parts = Map::new();
    let mut part = |name: &str, value: Value| drop(parts.insert(name.to_owned(), value));
    part("kind", app.kind.as_str().into());
    part("name", name.as_str().into());
    part("namespace", app.metadata.namespace.as_str().into());
    let status = app.status.as_ref();
    let Some(run) = status.and_then(|s| s.workflow.as_ref()) else {
        let sentence = format!("The run of {name} has not begun.");
        part("sentence", sentence.as_str().into());
        return (sentence, Value::Object(parts));
    };
    let why = why(run);
    let which = if run.app_revision.is_empty() { String::new() } else { format!("Run {} of ", run.app_revision) };
    let mut sentence = format!("{which}{name}: {}", why.sentence.trim_end_matches('.'));
    part("revision", run.app_revision.as_str().into());
    part("phase", json!(run.phase));
    if let Some((step, kind)) = &why.step {
        part("step", json!({"name": step, "type": kind}));
    }
    let services = status.map(|s| s.services.as_slice()).unwrap_or_default();
    if let Some(service) = services.iter().find(|s| !s.healthy) {
        let event = event(session, service).await;
        sentence.push_str(&format!("; {}", object(service, &event)));
        part(
            "object",
            json!({
                "kind": service.workload_definition.as_ref().map(|w| &w.kind), "name": service.name,
                "namespace": service.namespace, "cluster": model::cluster::display(&service.cluster),
                "message": service.message, "event": event.ok().flatten(),
            }),
        );
    }
    // a gate may ask something
    if !sentence.ends_with(['?', '!']) {
        sentence.push('.');
    }
    part("well", (why.well && services.iter().all(|s| s.healthy)).into());
    part("sentence", sentence.as_str().into());
    (sentence, Value::Object(parts))
}

/// The first object that is not well: what it is, where, what it says, and the last event about it.
fn object(service: &ServiceStatus, event: &Result<Option<String>, String>) -> String {
    let cluster = model::cluster::display(&service.cluster);
    let kind = service.workload_definition.as_ref().map_or("component", |w| w.kind.as_str());
    let mut text = format!("{kind} {}/{} in cluster {cluster} is not healthy", service.namespace, service.name);
    let message = service.message.trim().trim_end_matches('.');
    if !message.is_empty() {
        text.push_str(&format!(" ({message})"));
    }
    match event {
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
