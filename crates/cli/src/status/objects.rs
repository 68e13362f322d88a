//! The rows of `lateen status --tree`: recorded objects, and what is found of each.

use super::tree::Row;
use crate::session::{Outcome, Session};
use actions::{Clusters, ObjectRef};
use controller::clusters::FleetClusters;
use delivery::Inventory;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Application, ManagedResource};
use serde_json::Value;

/// One row for every recorded object.
pub(super) async fn rows(session: &Session, app: &Application) -> Outcome<Vec<Row>> {
    let stored = session.hub.trackers(&app.metadata.namespace, &app.metadata.name).await?;
    let inventory = Inventory::of(app, stored).map_err(actions::Fault::permanent)?;
    let (sender, _) = tokio::sync::mpsc::unbounded_channel();
    let clusters = FleetClusters::new(session.fleet.clone(), sender);
    let mut rows: Vec<Row> = Vec::new();
    let current: Vec<_> = inventory.current.spec.managed_resources.iter().map(ManagedResource::key).collect();
    let root: Vec<_> = inventory.root.spec.managed_resources.iter().map(ManagedResource::key).collect();
    let mut seen = Vec::new();
    for entry in inventory.entries() {
        let key = entry.key();
        if entry.deleted || seen.contains(&key) {
            continue;
        }
        let outdated = !current.contains(&key) && !root.contains(&key);
        seen.push(key);
        rows.push(row(&clusters, entry, outdated).await);
    }
    Ok(rows)
}

async fn row(clusters: &FleetClusters, entry: &ManagedResource, outdated: bool) -> Row {
    let target = ObjectRef {
        api_version: entry.api_version.clone(),
        kind: entry.kind.clone(),
        namespace: entry.namespace.clone(),
        name: entry.name.clone(),
    };
    let found = match clusters.objects(&entry.cluster).await {
        Ok(objects) => objects.read(&target).await,
        Err(fault) => Err(fault),
    };
    let (status, applied, detail) = match &found {
        Ok(Some(live)) => {
            let status = if outdated { "outdated" } else { "updated" };
            (status, applied(live), detail(live))
        }
        Ok(None) => ("not-deployed", String::new(), String::new()),
        Err(fault) => ("unknown", String::new(), fault.message.clone()),
    };
    Row {
        cluster: model::cluster::display(&entry.cluster).to_owned(),
        namespace: entry.namespace.clone(),
        resource: format!("{}/{}", entry.kind, entry.name),
        status: status.to_owned(),
        applied,
        detail,
    }
}

/// When an application's manager last wrote the object, in local time.
fn applied(live: &Value) -> String {
    let managers = live.pointer("/metadata/managedFields").and_then(Value::as_array);
    let ours = managers
        .into_iter()
        .flatten()
        .filter(|m| m.get("manager").and_then(Value::as_str).is_some_and(|name| name.starts_with("lateen")));
    let times = ours.filter_map(|m| m.get("time")?.as_str()?.parse::<Timestamp>().ok());
    let latest = times
        .max()
        .or_else(|| live.pointer("/metadata/creationTimestamp").and_then(Value::as_str).and_then(|t| t.parse().ok()));
    latest.map_or_else(String::new, |t| t.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// What a live object says of itself, in few words.
fn detail(live: &Value) -> String {
    let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_i64);
    match live.get("kind").and_then(Value::as_str).unwrap_or_default() {
        "Deployment" | "StatefulSet" => {
            let wanted = number("/spec/replicas").unwrap_or(1);
            format!("Ready: {}/{wanted}", number("/status/readyReplicas").unwrap_or(0))
        }
        "DaemonSet" => format!(
            "Ready: {}/{}",
            number("/status/numberReady").unwrap_or(0),
            number("/status/desiredNumberScheduled").unwrap_or(0)
        ),
        "Job" => format!("Succeeded: {}", number("/status/succeeded").unwrap_or(0)),
        "Service" => {
            let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            format!("Type: {}  ClusterIP: {}", text("/spec/type"), text("/spec/clusterIP"))
        }
        _ => ready_condition(live),
    }
}

fn ready_condition(live: &Value) -> String {
    let conditions = live.pointer("/status/conditions").and_then(Value::as_array);
    let ready = conditions.into_iter().flatten().find(|c| c.get("type").and_then(Value::as_str) == Some("Ready"));
    let Some(ready) = ready else { return String::new() };
    let text = |key: &str| ready.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("Ready: {}  {}", text("status"), text("message"))
}
