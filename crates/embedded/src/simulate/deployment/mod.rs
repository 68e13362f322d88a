//! Deployment: revisions as ReplicaSets, rolling update, status as kube-controller-manager writes it.

use super::{
    condition::{self, Condition},
    event::{self, Report},
    fingerprint,
    kind::{DEPLOYMENT, POD, REPLICA_SET},
    object::{Json, child_metadata, count, put, share},
    scene::{Scene, Settled, Write, after, time},
};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const REVISION: &str = "deployment.kubernetes.io/revision";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";
const HASH: &str = "pod-template-hash";
/// Annotations that stay on the Deployment.
const OWN_ANNOTATIONS: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    "deployment.kubernetes.io/revision-history",
    DESIRED,
    MAXIMUM,
    "deprecated.deployment.rollback.to",
];

/// The sizes that steer a rollout.
struct Plan {
    replicas: i64,
    surge: i64,
    unavailable: i64,
    recreate: bool,
}

impl Plan {
    fn of(deployment: &Value) -> Plan {
        let replicas = deployment.int("/spec/replicas").unwrap_or(1).max(0);
        let recreate = deployment.text("/spec/strategy/type") == "Recreate";
        let rolling = |field: &str| deployment.pointer(&format!("/spec/strategy/rollingUpdate/{field}"));
        let surge = if recreate { 0 } else { share(rolling("maxSurge"), replicas, "25%", true) };
        let mut unavailable = if recreate { 0 } else { share(rolling("maxUnavailable"), replicas, "25%", false) };
        if !recreate && surge == 0 && unavailable == 0 {
            unavailable = 1;
        }
        Plan { replicas, surge, unavailable: unavailable.min(replicas), recreate }
    }

    fn maximum(&self) -> i64 {
        self.replicas + self.surge
    }
}

/// Brings a Deployment's ReplicaSets and status to what the moment asks for.
pub(super) fn settle(deployment: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if deployment.deleting() {
        return settled;
    }
    let plan = Plan::of(deployment);
    let sets: Vec<&Arc<Value>> = scene.view.controlled(REPLICA_SET, deployment);
    let hash = fingerprint::of_template(&template(deployment));
    let current = sets.iter().find(|set| set.label(HASH) == hash).copied();
    let old: Vec<&Arc<Value>> = sets.iter().filter(|set| set.label(HASH) != hash).copied().collect();
    let last = old.iter().map(|set| revision(set)).max().unwrap_or(0);
    let paused = deployment.flag("/spec/paused");

    let mut conditions = deployment.items("/status/conditions").to_vec();
    pause_condition(&mut conditions, paused, scene);
    let mut next = deployment.clone();
    match current {
        None if paused => {}
        None => {
            let set = new_set(deployment, &hash, &plan, &old, last + 1);
            let message = format!("Created new replica set \"{}\"", set.name());
            condition::set_updated(
                &mut conditions,
                Condition { kind: "Progressing", status: "True", reason: "NewReplicaSetCreated", message: &message },
                scene,
            );
            report_scale(&mut settled, deployment, &set, 0, scene);
            settled.create(set);
            next = noted(deployment, last + 1);
        }
        Some(current) => {
            let number = if revision(current) > last { revision(current) } else { last + 1 };
            next = noted(deployment, number);
            let size = if paused { scale_paused(&plan, current, &old) } else { scale_new(&plan, current, &old, scene) };
            resize(&mut settled, deployment, current, Some(size), &plan, Some(number), scene);
            if !paused {
                scale_old(&mut settled, deployment, &plan, current, &old, scene);
                clean_history(&mut settled, deployment, &old);
            }
        }
    }
    put(&mut next, &["status", "conditions"], conditions.into());
    status(&mut settled, deployment, next, &plan, current.map(|set| &**set), &sets, scene);
    settled
}

fn template(deployment: &Value) -> Value {
    deployment.pointer("/spec/template").cloned().unwrap_or(Value::Null)
}

fn revision(set: &Value) -> i64 {
    set.annotation(REVISION).parse().unwrap_or(0)
}

fn pause_condition(conditions: &mut Vec<Value>, paused: bool, scene: &Scene<'_>) {
    let known = condition::find(conditions, "Progressing").map_or("", |known| known.text("/reason"));
    if paused && known != "DeploymentPaused" {
        let says = Condition {
            kind: "Progressing",
            status: "Unknown",
            reason: "DeploymentPaused",
            message: "Deployment is paused",
        };
        condition::set_updated(conditions, says, scene);
    } else if !paused && known == "DeploymentPaused" {
        let says = Condition {
            kind: "Progressing",
            status: "Unknown",
            reason: "DeploymentResumed",
            message: "Deployment is resumed",
        };
        condition::set_updated(conditions, says, scene);
    }
}

fn set_annotations(deployment: &Value, plan: &Plan, number: i64) -> Map<String, Value> {
    let mut annotations = deployment.map("/metadata/annotations");
    annotations.retain(|key, _| !OWN_ANNOTATIONS.contains(&key.as_str()) && !key.starts_with("simulate.lateen.dev/"));
    annotations.insert(REVISION.to_owned(), number.to_string().into());
    annotations.insert(DESIRED.to_owned(), plan.replicas.to_string().into());
    annotations.insert(MAXIMUM.to_owned(), plan.maximum().to_string().into());
    annotations
}

fn new_set(deployment: &Value, hash: &str, plan: &Plan, old: &[&Arc<Value>], number: i64) -> Value {
    let mut template = template(deployment);
    put(&mut template, &["metadata", "labels", HASH], hash.into());
    let mut selector = Value::Object(deployment.map("/spec/selector"));
    put(&mut selector, &["matchLabels", HASH], hash.into());
    let present: i64 = old.iter().map(|set| wanted(set)).sum();
    let size = if plan.recreate && old.iter().any(|set| wanted(set) > 0 || set.int("/status/replicas").unwrap_or(0) > 0)
    {
        0
    } else {
        plan.replicas.min(plan.maximum() - present).max(0)
    };
    let name = format!("{}-{hash}", deployment.name());
    let mut spec = json!({"replicas": size, "selector": selector, "template": template});
    if let Some(ready) = deployment.int("/spec/minReadySeconds").filter(|seconds| *seconds > 0) {
        put(&mut spec, &["minReadySeconds"], ready.into());
    }
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": child_metadata(&DEPLOYMENT, deployment, &name, template.map("/metadata/labels"), set_annotations(deployment, plan, number)),
        "spec": spec,
    })
}

/// The Deployment with its revision's number, which is written together with the status: it is no change of the spec.
fn noted(deployment: &Value, number: i64) -> Value {
    let mut next = deployment.clone();
    put(&mut next, &["metadata", "annotations", REVISION], number.to_string().into());
    next
}

fn wanted(set: &Value) -> i64 {
    set.int("/spec/replicas").unwrap_or(1)
}

fn available(set: &Value) -> i64 {
    set.int("/status/availableReplicas").unwrap_or(0)
}

/// The size of the newest ReplicaSet while a rollout goes on.
fn scale_new(plan: &Plan, current: &Value, old: &[&Arc<Value>], scene: &Scene<'_>) -> i64 {
    let size = wanted(current);
    if plan.recreate {
        let old_pods = old
            .iter()
            .any(|set| set.int("/status/replicas").unwrap_or(0) > 0 || !scene.view.controlled(POD, set).is_empty());
        return if old_pods { size.min(plan.replicas) } else { plan.replicas };
    }
    if size >= plan.replicas {
        return plan.replicas;
    }
    let total = size + old.iter().map(|set| wanted(set)).sum::<i64>();
    size + (plan.maximum() - total).max(0).min(plan.replicas - size)
}

/// While paused, only a change of `replicas` acts, and on the only ReplicaSet that runs.
fn scale_paused(plan: &Plan, current: &Value, old: &[&Arc<Value>]) -> i64 {
    if old.iter().all(|set| wanted(set) == 0) { plan.replicas } else { wanted(current) }
}

fn scale_old(
    settled: &mut Settled,
    deployment: &Value,
    plan: &Plan,
    current: &Value,
    old: &[&Arc<Value>],
    scene: &Scene<'_>,
) {
    let mut running: Vec<&Arc<Value>> = old.iter().filter(|set| wanted(set) > 0).copied().collect();
    running.sort_by_key(|set| revision(set));
    if plan.recreate {
        for set in running {
            resize(settled, deployment, set, Some(0), plan, None, scene);
        }
        return;
    }
    let total = wanted(current) + running.iter().map(|set| wanted(set)).sum::<i64>();
    let minimum = plan.replicas - plan.unavailable;
    let new_unavailable = (wanted(current) - available(current)).max(0);
    let mut budget = total - minimum - new_unavailable;
    let mut spare = running.iter().map(|set| available(set)).sum::<i64>() + available(current) - minimum;
    for set in running {
        if budget <= 0 {
            break;
        }
        // What is not available may go at once; what is available only while enough others are.
        let broken = (wanted(set) - available(set)).max(0);
        let healthy = spare.clamp(0, wanted(set) - broken);
        let down = (broken + healthy).min(budget);
        budget -= down;
        spare -= (down - broken).max(0);
        if down > 0 {
            resize(settled, deployment, set, Some(wanted(set) - down), plan, None, scene);
        }
    }
}

fn resize(
    settled: &mut Settled,
    deployment: &Value,
    set: &Value,
    size: Option<i64>,
    plan: &Plan,
    number: Option<i64>,
    scene: &Scene<'_>,
) {
    let before = wanted(set);
    let mut next = set.clone();
    if let Some(size) = size {
        put(&mut next, &["spec", "replicas"], size.into());
    }
    let number = number.unwrap_or_else(|| revision(set));
    let annotations = if number == revision(set) && size == Some(before) {
        set.map("/metadata/annotations")
    } else {
        set.map("/metadata/annotations").into_iter().chain(set_annotations(deployment, plan, number)).collect()
    };
    let mut annotations = annotations;
    annotations.insert(DESIRED.to_owned(), plan.replicas.to_string().into());
    annotations.insert(MAXIMUM.to_owned(), plan.maximum().to_string().into());
    put(&mut next, &["metadata", "annotations"], Value::Object(annotations));
    if wanted(&next) != before {
        report_scale(settled, deployment, &next, before, scene);
    }
    settled.update(set, next);
}

fn report_scale(settled: &mut Settled, deployment: &Value, set: &Value, before: i64, scene: &Scene<'_>) {
    let (direction, size) = (if wanted(set) < before { "down" } else { "up" }, wanted(set));
    if size == before {
        return;
    }
    let message = format!("Scaled {direction} replica set {} from {before} to {size}", set.name());
    let says =
        Report { kind: "Normal", reason: "ScalingReplicaSet", message: &message, component: "deployment-controller" };
    event::report(settled, &DEPLOYMENT, deployment, says, scene);
}

fn clean_history(settled: &mut Settled, deployment: &Value, old: &[&Arc<Value>]) {
    let limit = usize::try_from(deployment.int("/spec/revisionHistoryLimit").unwrap_or(10)).unwrap_or(10);
    let mut idle: Vec<_> = old
        .iter()
        .filter(|set| wanted(set) == 0 && set.int("/status/replicas").unwrap_or(0) == 0 && !set.deleting())
        .collect();
    idle.sort_by_key(|set| revision(set));
    let surplus = idle.len().saturating_sub(limit);
    for set in idle.into_iter().take(surplus) {
        settled.delete(&REPLICA_SET, set);
    }
}

fn status(
    settled: &mut Settled,
    deployment: &Value,
    mut next: Value,
    plan: &Plan,
    current: Option<&Value>,
    sets: &[&Arc<Value>],
    scene: &Scene<'_>,
) {
    let mut conditions = next.items("/status/conditions").to_vec();
    let sum = |field: &str| sets.iter().filter_map(|set| set.int(&format!("/status/{field}"))).sum::<i64>();
    let (replicas, ready, available) = (sum("replicas"), sum("readyReplicas"), sum("availableReplicas"));
    let updated = current.and_then(|set| set.int("/status/replicas")).unwrap_or(0);
    let total: i64 = sets.iter().map(|set| wanted(set)).sum();
    let mut status = deployment.map("/status");
    status.insert("observedGeneration".to_owned(), deployment.generation().into());
    count(&mut status, "replicas", replicas);
    count(&mut status, "updatedReplicas", updated);
    count(&mut status, "readyReplicas", ready);
    count(&mut status, "availableReplicas", available);
    count(&mut status, "unavailableReplicas", (total - available).max(0));

    let says = if available >= plan.replicas - plan.unavailable {
        Condition {
            kind: "Available",
            status: "True",
            reason: "MinimumReplicasAvailable",
            message: "Deployment has minimum availability.",
        }
    } else {
        Condition {
            kind: "Available",
            status: "False",
            reason: "MinimumReplicasUnavailable",
            message: "Deployment does not have minimum availability.",
        }
    };
    condition::set_updated(&mut conditions, says, scene);

    let before = |field: &str| deployment.int(&format!("/status/{field}")).unwrap_or(0);
    let complete = updated == plan.replicas && replicas == plan.replicas && available == plan.replicas;
    let progressed = updated > before("updatedReplicas")
        || replicas - updated < before("replicas") - before("updatedReplicas")
        || ready > before("readyReplicas")
        || available > before("availableReplicas");
    let name = current.map_or("", |set| set.name());
    if deployment.flag("/spec/paused") || current.is_none() {
        // A paused Deployment's progress stays as it is; without a ReplicaSet there is none yet.
    } else if complete {
        let message = format!("ReplicaSet \"{name}\" has successfully progressed.");
        condition::set_updated(
            &mut conditions,
            Condition { kind: "Progressing", status: "True", reason: "NewReplicaSetAvailable", message: &message },
            scene,
        );
    } else if progressed
        || condition::find(&conditions, "Progressing")
            .is_none_or(|known| known.text("/reason") == "NewReplicaSetAvailable")
    {
        let message = format!("ReplicaSet \"{name}\" is progressing.");
        condition::set_updated(
            &mut conditions,
            Condition { kind: "Progressing", status: "True", reason: "ReplicaSetUpdated", message: &message },
            scene,
        );
        condition::touch(&mut conditions, "Progressing", scene);
    } else {
        deadline(settled, deployment, name, &mut conditions, scene);
    }
    status.insert("conditions".to_owned(), conditions.into());
    put(&mut next, &["status"], status.into());
    if next != *deployment {
        settled.writes.push(Write::Status(next));
    }
}

fn deadline(settled: &mut Settled, deployment: &Value, name: &str, conditions: &mut Vec<Value>, scene: &Scene<'_>) {
    let seconds = deployment.int("/spec/progressDeadlineSeconds").unwrap_or(600);
    let Some(known) = condition::find(conditions, "Progressing") else { return };
    if seconds >= i64::from(i32::MAX) || known.text("/reason") == "ProgressDeadlineExceeded" {
        return;
    }
    let since = time(known.text("/lastUpdateTime")).unwrap_or(scene.now);
    let end = after(since, SignedDuration::from_secs(seconds));
    if scene.now < end {
        settled.later(end);
        return;
    }
    let message = format!("ReplicaSet \"{name}\" has timed out progressing.");
    condition::set_updated(
        conditions,
        Condition { kind: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: &message },
        scene,
    );
}

#[cfg(test)]
mod tests;
