//! What is done when objects of an Application at rest are no longer as they were applied.

use super::{Key, Metrics};
use crate::deliver::Found;
use crate::deliver::drift::Drift;
use crate::error::Error;
use crate::lease::{self, Attempt};
use crate::prepare::Prepared;
use crate::run::Runner;
use actions::Fault;
use model::generate::APPLY_COMPONENT;
use model::tracker::ResourceKey;
use model::{Application, RunPhase, Step};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use tokio::sync::Semaphore;

/// Looks at the suspects of an Application, under its lease, and brings back what it may; and prunes after its version, where
/// who was to do it has died before.
pub(super) async fn keep(
    runner: &Runner,
    metrics: &Metrics,
    drift: &Drift,
    looks: &Semaphore,
    key: &Key,
) -> Result<(), Error> {
    if !drift.has_suspects(key) {
        return Ok(());
    }
    let _turn = looks.acquire().await;
    let (suspects, unpruned) = (drift.take(key), drift.take_unpruned(key));
    let (namespace, name) = (key.0.as_str(), key.1.as_str());
    let kept = async {
        let Some(app) = runner.hub.application(namespace, name).await? else { return Ok(()) };
        if !is_kept(&app) {
            return Ok(());
        }
        let held = match lease::acquire(&runner.hub, runner.processes.as_ref(), namespace, name, lease::Known::Nothing)
            .await?
        {
            Attempt::Mine(held) => held,
            Attempt::Theirs { holder, .. } => {
                return Err(Fault::transient(format!("{holder} executes application {namespace}/{name}")).into());
            }
        };
        held.only_for(&runner.hub, look(runner, metrics, drift, &app, &suspects, unpruned)).await
    }
    .await;
    if kept.is_err() {
        drift.put_back(&suspects);
        if unpruned {
            drift.put_back_unpruned(key);
        }
    }
    kept
}

/// Only what a run has delivered whole is kept (workflow-engines.md §3.4): after success, and while somebody is waited for.
fn is_kept(app: &Application) -> bool {
    let Some(status) = &app.status else { return false };
    let Some(run) = &status.workflow else { return false };
    let whole = run.phase == Some(RunPhase::Succeeded) || run.suspend;
    whole && status.observed_generation == app.metadata.generation && app.metadata.deletion_timestamp.is_none()
}

async fn look(
    runner: &Runner,
    metrics: &Metrics,
    drift: &Drift,
    app: &Application,
    suspects: &[ResourceKey],
    unpruned: bool,
) -> Result<(), Error> {
    let (namespace, name) = (&app.metadata.namespace, &app.metadata.name);
    let (subject, prepared) = runner.check(app).await?;
    let keeper = runner.keeper(app, subject.rules.clone(), &subject.revision.name).await?;
    let run = app.status.as_ref().and_then(|status| status.workflow.as_ref()).filter(|run| run.finished);
    // a newer revision prunes by itself
    if let Some(run) = run.filter(|_| unpruned && !subject.revision.is_new) {
        let succeeded = run.phase == Some(RunPhase::Succeeded);
        for note in runner.prune_after(&subject, &keeper, succeeded).await? {
            tracing::info!(namespace, name, note, "kept or owed");
        }
    }
    let unknown = keeper.without_content(suspects).await;
    let mut content = FxHashMap::default();
    if unknown.iter().any(|key| key.kind == "Secret" && key.group.is_empty()) {
        content = secrets(runner, &prepared, &subject.steps.steps, namespace).await?;
    }
    let kept: Vec<ResourceKey> = unknown.into_iter().filter(|key| !content.contains_key(key)).collect();
    if !kept.is_empty() {
        content.extend(runner.hub.kept_secrets(app, &kept).await?);
    }
    let mut wrong = None;
    for looked in keeper.keep(suspects, &content).await {
        let object = looked.key.to_string();
        match looked.found {
            Ok(Found::AsItWas) => drift.is_good(&looked.key, looked.owned),
            Ok(Found::Repaired(different)) => {
                metrics.drift_repaired();
                tracing::info!(namespace, name, object, different, "an object was changed, and is brought back");
                drift.is_good(&looked.key, looked.owned);
            }
            Ok(Found::Left(why)) => {
                metrics.drift_left();
                tracing::warn!(namespace, name, object, why, "an object was changed, and stays so");
                drift.is_good(&looked.key, looked.owned);
            }
            Err(fault) => {
                tracing::warn!(namespace, name, object, %fault, "an object was changed, and cannot be looked at now");
                wrong = Some(fault);
            }
        }
    }
    match wrong {
        Some(fault) => Err(fault.into()),
        None => Ok(()),
    }
}

/// The components that steps give values to.
fn given_by_steps<'a>(steps: &'a [Step], into: &mut FxHashSet<&'a str>) {
    for step in steps {
        let named = step.properties.as_ref().and_then(|p| p.get("component")).and_then(Value::as_str);
        into.extend(named.filter(|_| step.kind == APPLY_COMPONENT && !step.inputs.is_empty()));
        given_by_steps(&step.sub_steps, into);
    }
}

/// The Secrets that an Application's components make: their content is not recorded, so it is made anew. Those of components
/// that are given values by others cannot be made so.
async fn secrets(
    runner: &Runner,
    prepared: &Prepared,
    steps: &[Step],
    own: &str,
) -> Result<FxHashMap<ResourceKey, Value>, Error> {
    let mut given = FxHashSet::default();
    given_by_steps(steps, &mut given);
    let components = prepared.input.app.spec.components.iter();
    given.extend(components.filter(|c| !c.inputs.is_empty()).map(|c| c.name.as_str()));
    let clusters = runner.catalogue.clusters(runner.clusters.fleet()).await;
    let clusters = clusters.map_err(|e| crate::clusters::fault(&e))?;
    let clusters = clusters.into_iter().map(|c| render::Cluster { name: c.name, labels: c.labels }).collect();
    let known = render::Clusters::Known(clusters);
    let rendered = prepared.renderer.application(&prepared.input, &known, &prepared.context)?;
    let mut made = FxHashMap::default();
    for part in rendered.parts.into_iter().filter(|part| !given.contains(part.component.name.as_str())) {
        for object in part.component.objects {
            let text = |pointer: &str| object.manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            if text("/kind") != "Secret" || text("/apiVersion") != "v1" {
                continue;
            }
            let cluster = if object.control_plane_only { "" } else { part.placement.cluster.as_str() };
            let namespace = match text("/metadata/namespace") {
                "" => own,
                namespace => namespace,
            };
            let key = ResourceKey {
                cluster: model::cluster::normalise(cluster).to_owned(),
                group: String::new(),
                kind: "Secret".into(),
                namespace: namespace.into(),
                name: text("/metadata/name").into(),
            };
            made.insert(key, object.manifest);
        }
    }
    Ok(made)
}
