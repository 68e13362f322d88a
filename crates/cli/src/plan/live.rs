//! A plan against what runs: each object as a dry run of the apply that a run would do.

use super::made::Made;
use crate::session::{Outcome, Session};
use actions::{Clusters, Fault, ObjectRef, Objects};
use authoring::diff::{Change, Verdict};
use authoring::plan::{AppPlan, PlannedCluster, PlannedObject};
use controller::clusters::FleetClusters;
use delivery::Inventory;
use delivery::admit::{Admission, admit};
use delivery::rules::{Phase, Rules};
use futures::StreamExt;
use model::tracker::ResourceKey;
use model::{Application, ManagedResource};
use serde_json::Value;

/// How many objects are asked for at once.
const AT_ONCE: usize = 16;

/// Fills in what would become of each object, and adds those that are recorded and would go.
pub(crate) async fn compare(session: &Session, made: &Made, plan: &mut AppPlan) -> Outcome {
    let app = &made.app;
    let rules = Rules::of(&made.policies)?;
    let stored = session.hub.trackers(&app.metadata.namespace, &app.metadata.name).await?;
    let inventory = Inventory::of(app, stored).map_err(Fault::permanent)?;
    let (sender, _) = tokio::sync::mpsc::unbounded_channel();
    let clusters = FleetClusters::new(session.fleet.clone(), sender);
    let mut planned: Vec<ResourceKey> = Vec::new();
    for cluster in plan.clusters.iter_mut().filter(|c| !c.open) {
        let name = cluster.name.clone();
        let objects = clusters.objects(&name).await;
        let ask = cluster.objects.iter().map(|object| {
            let (objects, inventory, rules) = (&objects, &inventory, &rules);
            let key = object.object.as_ref().map(|o| key(&name, o));
            async move {
                let (Some(manifest), Some(key)) = (&object.object, &key) else { return Verdict::Unknown };
                match objects {
                    Ok(objects) => verdict(objects, app, rules, manifest, inventory.has(key)).await,
                    Err(fault) => Verdict::Failed(fault.message.clone()),
                }
            }
        });
        let verdicts: Vec<Verdict> = futures::stream::iter(ask).buffered(AT_ONCE).collect().await;
        planned.extend(cluster.objects.iter().filter_map(|o| o.object.as_ref()).map(|o| key(&name, o)));
        for (object, verdict) in cluster.objects.iter_mut().zip(verdicts) {
            object.verdict = verdict;
        }
    }
    // What some step may apply whose doings are not known is not taken as gone.
    let sure = !plan.has_unknown_steps() && plan.clusters.iter().all(|c| !c.open);
    let mut seen: Vec<ResourceKey> = Vec::new();
    for entry in inventory.entries().filter(|e| !e.deleted) {
        let key = entry.key();
        if planned.contains(&key) || seen.contains(&key) {
            continue;
        }
        remove(plan, entry, sure);
        seen.push(key);
    }
    plan.compared = true;
    Ok(())
}

fn key(cluster: &str, object: &Value) -> ResourceKey {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let entry = ManagedResource {
        cluster: cluster.to_owned(),
        api_version: text("/apiVersion"),
        kind: text("/kind"),
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
        ..ManagedResource::default()
    };
    entry.key()
}

fn remove(plan: &mut AppPlan, entry: &ManagedResource, sure: bool) {
    let name = model::cluster::display(&entry.cluster).to_owned();
    let object = PlannedObject {
        name: format!("{}/{}", entry.kind, entry.name),
        namespace: entry.namespace.clone(),
        component: entry.component.clone(),
        step: String::new(),
        origin: "recorded".to_owned(),
        object: None,
        verdict: match (sure, entry.skip_gc) {
            (_, true) => Verdict::Failed("it is kept: nothing collects it".to_owned()),
            (true, false) => Verdict::Removed,
            (false, false) => Verdict::Failed("recorded; a step may apply it again".to_owned()),
        },
    };
    match plan.clusters.iter_mut().find(|c| c.name == name) {
        Some(cluster) => cluster.objects.push(object),
        None => plan.clusters.push(PlannedCluster { name, open: false, objects: vec![object] }),
    }
}

/// What an apply would do to one object.
async fn verdict(objects: &Objects, app: &Application, rules: &Rules, manifest: &Value, recorded: bool) -> Verdict {
    let target = match ObjectRef::of(manifest) {
        Ok(target) => target,
        Err(fault) => return Verdict::Refused(fault.message),
    };
    let live = match objects.read(&target).await {
        Ok(live) => live,
        Err(fault) => return Verdict::Failed(fault.message),
    };
    match admit(app, rules, manifest, live.as_ref(), recorded, Phase::Update) {
        Admission::Apply => {}
        Admission::Use | Admission::Keep => return Verdict::Same,
        Admission::Share(_) => return Verdict::Same,
        Admission::Recreate => {
            let path = "the whole object, deleted and made anew".to_owned();
            return Verdict::Changed(vec![Change { path, before: None, after: Some(Value::Bool(true)) }]);
        }
        Admission::Refuse(why) => return Verdict::Refused(why),
    }
    let manager = model::labels::field_manager(&app.metadata.namespace, &app.metadata.name);
    match objects.apply(manifest, &manager, true, true).await {
        Ok(after) => live.map_or(Verdict::Created, |live| Verdict::between(&live, &after)),
        // its namespace is made by the run
        Err(fault) if live.is_none() && fault.is_not_found() => Verdict::Created,
        Err(fault) if matches!(fault.status, Some(400 | 422)) => Verdict::Refused(fault.message),
        // who may not write does not know
        Err(fault) => Verdict::Failed(fault.message),
    }
}
