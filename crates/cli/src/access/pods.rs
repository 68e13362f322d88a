//! The resources of an application that have pods, and those pods.

use crate::session::{Outcome, Session};
use actions::{Clusters, Filter, ObjectRef, Objects};
use controller::clusters::FleetClusters;
use cue_syntax::Diagnostic;
use model::{Application, AppliedResource};
use serde_json::Value;
use std::io::{BufRead, IsTerminal, Write};

/// A resource that has pods.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The cluster's name.
    pub(super) cluster: String,
    /// What.
    pub(super) object: ObjectRef,
    /// The objects of the cluster.
    pub(super) objects: Objects,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let o = &self.object;
        write!(f, "Cluster: {} | Namespace: {} | Kind: {} | Name: {}", self.cluster, o.namespace, o.kind, o.name)
    }
}

/// Which resources are meant.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Which {
    /// Only of this component
    #[arg(long, short)]
    component: Option<String>,
    /// Only on this cluster
    #[arg(long)]
    cluster: Option<String>,
    /// Only of this kind
    #[arg(long, short = 't', value_name = "KIND")]
    resource_type: Option<String>,
    /// Only of this name
    #[arg(long, value_name = "NAME")]
    resource_name: Option<String>,
}

const KINDS: [&str; 7] = ["Service", "Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "HelmRelease"];

/// The resources of an application that have pods, as far as they are meant.
pub(super) async fn places(session: &Session, app: &Application, which: &Which) -> Outcome<Vec<Place>> {
    let (sender, _) = tokio::sync::mpsc::unbounded_channel();
    let clusters = FleetClusters::new(session.fleet.clone(), sender);
    let applied = app.status.as_ref().map(|s| s.applied_resources.as_slice()).unwrap_or_default();
    let given = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|w| w.eq_ignore_ascii_case(is));
    let mut places = Vec::new();
    for AppliedResource { cluster, object, .. } in applied {
        let shown = model::cluster::display(cluster);
        let meant = KINDS.contains(&object.kind.as_str())
            && given(&which.cluster, shown)
            && given(&which.resource_type, &object.kind)
            && given(&which.resource_name, &object.name);
        if !meant {
            continue;
        }
        let objects = clusters.objects(cluster).await?;
        let target = ObjectRef {
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
        };
        if let Some(component) = &which.component {
            let live = objects.read(&target).await?.unwrap_or_default();
            let of = live.pointer("/metadata/labels").and_then(|l| l.get(model::labels::APP_COMPONENT));
            if of.and_then(Value::as_str) != Some(component) {
                continue;
            }
        }
        places.push(Place { cluster: shown.to_owned(), object: target, objects });
    }
    Ok(places)
}

/// The only one, or the one that a person chooses.
pub(super) fn choose(app: &Application, mut places: Vec<Place>) -> Outcome<Place> {
    if places.len() > 1 && !std::io::stdin().is_terminal() {
        let list: Vec<String> = places.iter().map(ToString::to_string).collect();
        return Err(Diagnostic::error(
            "access/several",
            format!("application {} has several resources with pods", app.metadata.name),
        )
        .help(format!(
            "choose one with --cluster, --component, --resource-type or --resource-name:\n{}",
            list.join("\n")
        ))
        .into());
    }
    if places.len() > 1 {
        for (i, place) in places.iter().enumerate() {
            eprintln!("  {}) {place}", i + 1);
        }
        eprint!("Which one? [1] ");
        std::io::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        let number = match answer.trim() {
            "" => Some(1),
            text => text.parse::<usize>().ok(),
        };
        let index = number.and_then(|n| n.checked_sub(1)).filter(|i| *i < places.len());
        let index = index.ok_or_else(|| Diagnostic::error("access/choice", "that is none of them"))?;
        return Ok(places.swap_remove(index));
    }
    places.pop().ok_or_else(|| {
        Diagnostic::error(
            "access/no-pods",
            format!("application {} has no resource with pods there", app.metadata.name),
        )
        .help("`lateen status --tree` shows what it has")
        .into()
    })
}

/// The pods of a resource, ready ones first.
pub(super) async fn pods(place: &Place) -> Outcome<Vec<Value>> {
    let object = &place.object;
    if object.kind == "Pod" {
        return Ok(place.objects.read(object).await?.into_iter().collect());
    }
    let live = place.objects.read(object).await?.ok_or_else(|| {
        Diagnostic::error("access/gone", format!("{object} is not on cluster {} any more", place.cluster))
    })?;
    let selector = match object.kind.as_str() {
        "Service" => live.pointer("/spec/selector"),
        "HelmRelease" => None,
        _ => live.pointer("/spec/selector/matchLabels"),
    };
    let pairs = selector.and_then(Value::as_object).into_iter().flatten();
    let mut labels: Vec<String> = pairs.map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect();
    let mut namespace = object.namespace.clone();
    if object.kind == "HelmRelease" {
        let text = |p: &str| live.pointer(p).and_then(Value::as_str).filter(|s| !s.is_empty());
        let release = text("/spec/releaseName").unwrap_or(&object.name);
        labels = vec![format!("app.kubernetes.io/instance={release}")];
        namespace = text("/spec/targetNamespace").unwrap_or(&namespace).to_owned();
    }
    if labels.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter { namespace, label_selector: labels.join(","), ..Filter::default() };
    let mut list = place.objects.list("v1", "Pod", &filter).await?;
    let Some(Value::Array(mut items)) = list.get_mut("items").map(Value::take) else { return Ok(Vec::new()) };
    items.sort_by_key(|pod| !is_ready(pod));
    Ok(items)
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|c| {
        let text = |key: &str| c.get(key).and_then(Value::as_str);
        text("type") == Some("Ready") && text("status") == Some("True")
    })
}

/// An object's name.
pub(super) fn name(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}
