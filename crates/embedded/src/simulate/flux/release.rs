//! HelmRelease: installs the simulated chart, upgrades it, removes it.

use super::{chart::Chart, source};
use crate::simulate::{
    condition::{self, Condition},
    fingerprint,
    kind::{DEPLOYMENT, HELM_RELEASE, Kind, SERVICE},
    object::{Json, put},
    rehearsal::Rehearsal,
    scene::{Scene, Settled, after, time},
    view::{Key, View},
};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const FINALIZER: &str = "finalizers.fluxcd.io";

/// Where a release stands.
enum Stage {
    /// Waits for its source.
    Waiting(String),
    /// Its objects are being made.
    Running,
    /// It is installed.
    Deployed,
    /// It cannot be.
    Failed(String),
}

/// Brings a release's objects and status to what the moment asks for.
pub(crate) fn settle(release: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    let Some(chart) = Chart::of(release) else {
        if release.deleting() {
            finalize(&mut settled, release);
        }
        return settled;
    };
    if release.deleting() {
        uninstall(&mut settled, release, scene);
        return settled;
    }
    if release.flag("/spec/suspend") {
        return settled;
    }
    let mut holder = release.clone();
    if !release.items("/metadata/finalizers").iter().any(|known| known == FINALIZER) {
        let mut finalizers = release.items("/metadata/finalizers").to_vec();
        finalizers.push(FINALIZER.into());
        put(&mut holder, &["metadata", "finalizers"], finalizers.into());
        settled.update(release, holder.clone());
    }
    let stage = stage(&mut settled, release, &chart, scene);
    status(&mut settled, &holder, &chart, &stage, scene);
    settled
}

fn stage(settled: &mut Settled, release: &Value, chart: &Chart, scene: &Scene<'_>) -> Stage {
    if let Some(waiting) = missing_source(release, scene) {
        return Stage::Waiting(waiting);
    }
    let rehearsal = Rehearsal::of(release, scene);
    let since = condition::find(release.items("/status/conditions"), "Reconciling")
        .and_then(|known| time(known.text("/lastTransitionTime")))
        .map_or_else(|| scene.begun(release), |since| since.max(scene.begun(release)));
    let due = after(since, rehearsal.delay.unwrap_or(scene.timing.reconcile));
    let settled_before = ready(release) && release.int("/status/observedGeneration") == Some(release.generation());
    if !settled_before && (rehearsal.stall || scene.now < due) {
        if !rehearsal.stall {
            settled.later(due);
        }
        return Stage::Running;
    }
    if let Some(failure) = rehearsal.fail {
        return Stage::Failed(failure.message);
    }
    let done = install(settled, chart, scene);
    if settled_before || done {
        return Stage::Deployed;
    }
    let patience = release.text("/spec/timeout").parse().unwrap_or(SignedDuration::from_mins(5));
    let end = after(since, patience);
    if scene.now >= end {
        return Stage::Failed("context deadline exceeded".to_owned());
    }
    settled.later(end);
    Stage::Running
}

fn ready(release: &Value) -> bool {
    condition::find(release.items("/status/conditions"), "Ready").is_some_and(|ready| ready.text("/status") == "True")
}

/// What is wrong with the source that the release names, if anything is.
fn missing_source(release: &Value, scene: &Scene<'_>) -> Option<String> {
    let pointer = if release.has("/spec/chartRef") { "/spec/chartRef" } else { "/spec/chart/spec/sourceRef" };
    let reference = release.pointer(pointer)?;
    let kind = source::SOURCES.iter().find(|known| known.kind == reference.text("/kind"))?;
    let namespace = match reference.text("/namespace") {
        "" => release.namespace(),
        namespace => namespace,
    };
    let name = reference.text("/name");
    match scene.view.find(*kind, namespace, name) {
        None => Some(format!("{} '{namespace}/{name}' not found", kind.kind)),
        Some(found) if !source::ready(found) => Some(format!("{} '{namespace}/{name}' is not ready", kind.kind)),
        Some(_) => None,
    }
}

/// Makes the objects of the chart what they should be. Returns whether they are complete.
fn install(settled: &mut Settled, chart: &Chart, scene: &Scene<'_>) -> bool {
    let wanted = chart.service();
    match scene.view.find(SERVICE, &chart.namespace, wanted.name()) {
        None => settled.create(wanted),
        Some(known) => {
            let mut next = (**known).clone();
            for field in ["type", "selector"] {
                put(
                    &mut next,
                    &["spec", field],
                    wanted.pointer(&format!("/spec/{field}")).cloned().unwrap_or_default(),
                );
            }
            if known.int("/spec/ports/0/port") != wanted.int("/spec/ports/0/port") {
                put(&mut next, &["spec", "ports"], wanted.items("/spec/ports").into());
            }
            settled.update(known, next);
        }
    }
    let wanted = chart.deployment();
    let Some(known) = scene.view.find(DEPLOYMENT, &chart.namespace, wanted.name()) else {
        settled.create(wanted);
        return false;
    };
    let mut next = (**known).clone();
    put(&mut next, &["spec", "replicas"], wanted.int("/spec/replicas").unwrap_or(1).into());
    // Field by field: an apiserver shows an empty creation time beside what was asked for.
    for (field, value) in wanted.map("/spec/template/metadata") {
        put(&mut next, &["spec", "template", "metadata", field.as_str()], value);
    }
    for field in ["image", "ports"] {
        let value = wanted.pointer(&format!("/spec/template/spec/containers/0/{field}")).cloned().unwrap_or_default();
        if let Some(Value::Object(container)) = next.pointer_mut("/spec/template/spec/containers/0") {
            container.insert(field.to_owned(), value);
        }
    }
    let changed = next != **known;
    settled.update(known, next);
    !changed && complete(known)
}

fn complete(deployment: &Value) -> bool {
    let wanted = deployment.int("/spec/replicas").unwrap_or(1);
    deployment.int("/status/observedGeneration").unwrap_or(0) >= deployment.generation()
        && ["updatedReplicas", "availableReplicas"]
            .iter()
            .all(|field| deployment.int(&format!("/status/{field}")).unwrap_or(0) == wanted)
}

fn uninstall(settled: &mut Settled, release: &Value, scene: &Scene<'_>) {
    for kind in [DEPLOYMENT, SERVICE] {
        for object in scene.view.all(kind).filter(|object| of_release(object, release)) {
            settled.delete(&kind, object);
        }
    }
    finalize(settled, release);
}

/// Whether an object was installed by a release.
pub(crate) fn of_release(object: &Value, release: &Value) -> bool {
    object.label("helm.toolkit.fluxcd.io/name") == release.name()
        && object.label("helm.toolkit.fluxcd.io/namespace") == release.namespace()
        && !object.annotation("meta.helm.sh/release-name").is_empty()
}

/// The release that installed an object.
pub(crate) fn release_of(object: &Value) -> Option<Key> {
    let name = object.label("helm.toolkit.fluxcd.io/name");
    let namespace = object.label("helm.toolkit.fluxcd.io/namespace").to_owned();
    (!name.is_empty()).then(|| Key { kind: HELM_RELEASE, namespace, name: name.to_owned() })
}

fn finalize(settled: &mut Settled, release: &Value) {
    let finalizers = release.items("/metadata/finalizers");
    if finalizers.iter().any(|known| known == FINALIZER) {
        let mut next = release.clone();
        let rest: Vec<Value> = finalizers.iter().filter(|known| *known != FINALIZER).cloned().collect();
        put(&mut next, &["metadata", "finalizers"], rest.into());
        settled.update(release, next);
    }
}

/// Whether the release was written in the API version of Flux before v2, whose messages differ.
fn old_style(release: &Value) -> bool {
    let written = release
        .items("/metadata/managedFields")
        .iter()
        .filter(|entry| entry.has("/fieldsV1/f:spec"))
        .map(|entry| entry.text("/apiVersion"))
        .rfind(|version| version.starts_with(HELM_RELEASE.group));
    written.unwrap_or_else(|| release.text("/apiVersion")).ends_with("/v2beta1")
}

fn status(settled: &mut Settled, release: &Value, chart: &Chart, stage: &Stage, scene: &Scene<'_>) {
    let generation = release.generation();
    let mut status = release.map("/status");
    let mut conditions = release.items("/status/conditions").to_vec();
    let history = release.items("/status/history").first().cloned();
    let number = history.as_ref().and_then(|last| last.int("/version")).unwrap_or(0);
    let settled_before = ready(release) && release.int("/status/observedGeneration") == Some(generation);
    let (action, number) =
        if settled_before { ("", number) } else { (if number == 0 { "install" } else { "upgrade" }, number + 1) };
    let named = format!("{}/{}.v{number} with chart {}@{}", chart.namespace, chart.release, chart.name, chart.version);
    let old = old_style(release);
    let mut set = |condition: Condition<'_>| condition::set_observed(&mut conditions, condition, generation, scene);
    match stage {
        Stage::Waiting(why) => {
            set(Condition { kind: "Ready", status: "False", reason: "SourceNotReady", message: why });
            set(Condition { kind: "Reconciling", status: "True", reason: "Progressing", message: why });
        }
        Stage::Running => {
            let timeout = match release.text("/spec/timeout") {
                "" => "5m0s",
                timeout => timeout,
            };
            let message = format!("Running '{action}' action with timeout of {timeout}");
            set(Condition { kind: "Ready", status: "Unknown", reason: "Progressing", message: &message });
            set(Condition { kind: "Reconciling", status: "True", reason: "Progressing", message: &message });
            status.insert("lastAttemptedGeneration".to_owned(), generation.into());
        }
        Stage::Deployed if settled_before => {}
        Stage::Deployed => {
            let reason = if action == "install" { "InstallSucceeded" } else { "UpgradeSucceeded" };
            let message = format!("Helm {action} succeeded for release {named}");
            if old {
                let says = "Release reconciliation succeeded";
                set(Condition { kind: "Ready", status: "True", reason: "ReconciliationSucceeded", message: says });
                let says = format!("Helm {action} succeeded");
                set(Condition { kind: "Released", status: "True", reason, message: &says });
            } else {
                set(Condition { kind: "Ready", status: "True", reason, message: &message });
                set(Condition { kind: "Released", status: "True", reason, message: &message });
            }
            conditions.retain(|known| condition::kind_of(known) != "Reconciling");
            deployed(&mut status, release, chart, number, history.as_ref(), scene);
            status.insert("lastAttemptedReleaseAction".to_owned(), action.into());
        }
        Stage::Failed(why) => {
            let action = if number <= 1 { "install" } else { "upgrade" };
            let reason = if number <= 1 { "InstallFailed" } else { "UpgradeFailed" };
            let message = format!("Helm {action} failed for release {named}: {why}");
            set(Condition { kind: "Ready", status: "False", reason, message: &message });
            set(Condition { kind: "Released", status: "False", reason, message: &message });
            conditions.retain(|known| condition::kind_of(known) != "Reconciling");
            status.insert("observedGeneration".to_owned(), generation.into());
        }
    }
    status.insert("conditions".to_owned(), conditions.into());
    settled.status(release, status);
}

fn deployed(
    status: &mut Map<String, Value>,
    release: &Value,
    chart: &Chart,
    number: i64,
    before: Option<&Value>,
    scene: &Scene<'_>,
) {
    let stamp = scene.stamp();
    let values = fingerprint::canonical(release.pointer("/spec/values").unwrap_or(&Value::Null));
    let digest = format!(
        "sha256:{}",
        (0..4).map(|part| format!("{:016x}", fingerprint::hash(&[&part.to_string(), &values]))).collect::<String>()
    );
    let first = before.map_or(stamp.as_str(), |before| before.text("/firstDeployed"));
    let entry = json!({
        "name": chart.release, "namespace": chart.namespace, "version": number, "status": "deployed",
        "chartName": chart.name, "chartVersion": chart.version, "appVersion": "simulated", "configDigest": digest, "digest": digest,
        "firstDeployed": first, "lastDeployed": stamp,
    });
    let mut history = vec![entry];
    if let Some(before) = before {
        let mut before = before.clone();
        put(&mut before, &["status"], "superseded".into());
        history.push(before);
    }
    for (field, value) in [
        ("history", history.into()),
        ("observedGeneration", release.generation().into()),
        ("lastAttemptedGeneration", release.generation().into()),
        ("lastAttemptedRevision", chart.version.as_str().into()),
        ("lastAppliedRevision", chart.version.as_str().into()),
        ("lastAttemptedConfigDigest", digest.as_str().into()),
        ("lastReleaseRevision", number.into()),
        ("storageNamespace", chart.namespace.as_str().into()),
    ] {
        status.insert(field.to_owned(), value);
    }
}

/// The releases that use a source.
pub(crate) fn users_of<'a>(kind: Kind, source: &'a Value, view: &'a View) -> impl Iterator<Item = &'a Arc<Value>> {
    view.all(HELM_RELEASE).filter(move |release| {
        ["/spec/chartRef", "/spec/chart/spec/sourceRef"].iter().any(|pointer| {
            release.pointer(pointer).is_some_and(|reference| {
                reference.text("/kind") == kind.kind && reference.text("/name") == source.name()
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::simulate::{
        kind::{DEPLOYMENT, HELM_RELEASE, HELM_REPOSITORY, POD, SERVICE},
        object::{Json, put},
        stage::{Stage, conditions},
    };
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    fn repository() -> Value {
        json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository", "metadata": {"name": "charts"},
            "spec": {"url": "https://charts.example.org", "interval": "5m"},
        })
    }

    fn hello(message: &str) -> Value {
        json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "hello"},
            "spec": {
                "interval": "30s",
                "chart": {"spec": {"chart": "hello-world", "version": "1.2.0", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}},
                "values": {"configs": {"MESSAGE": message}, "replicaCount": 2},
            },
        })
    }

    #[test]
    fn waits_for_its_source_then_installs_and_upgrades() {
        let mut stage = Stage::new();
        stage.apply(hello("one"));
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(
            conditions(&stage.get(HELM_RELEASE, "hello"))[0],
            "Ready=False SourceNotReady: HelmRepository 'default/charts' not found"
        );
        stage.apply(repository());
        stage.settle();
        assert_eq!(
            conditions(&stage.get(HELM_REPOSITORY, "charts"))[0],
            "Ready=Unknown Progressing: building artifact"
        );
        stage.pass(SignedDuration::from_secs(1));
        let source = stage.get(HELM_REPOSITORY, "charts");
        let revision = source.text("/status/artifact/revision");
        assert_eq!(conditions(&source)[0], format!("Ready=True Succeeded: stored artifact: revision '{revision}'"));
        assert_eq!(
            conditions(&stage.get(HELM_RELEASE, "hello")),
            [
                "Ready=True InstallSucceeded: Helm install succeeded for release default/hello.v1 with chart hello-world@1.2.0",
                "Released=True InstallSucceeded: Helm install succeeded for release default/hello.v1 with chart hello-world@1.2.0",
            ]
        );
        assert_eq!(stage.list(POD).len(), 2);
        let values = stage.list(POD)[0].annotation(super::super::chart::VALUES).to_owned();
        assert!(values.contains("\"MESSAGE\":\"one\""), "{values}");
        stage.apply({
            let mut next = hello("two");
            put(&mut next, &["metadata", "finalizers"], json!([super::FINALIZER]));
            next
        });
        stage.pass(SignedDuration::from_secs(1));
        let release = stage.get(HELM_RELEASE, "hello");
        assert_eq!(release.int("/status/observedGeneration"), Some(release.generation()));
        assert_eq!(release.int("/status/history/0/version"), Some(2));
        assert!(conditions(&release)[0].starts_with("Ready=True UpgradeSucceeded: "));
        assert!(stage.list(POD)[0].annotation(super::super::chart::VALUES).contains("\"MESSAGE\":\"two\""));
    }

    #[test]
    fn takes_its_objects_along_when_it_is_deleted() {
        let mut stage = Stage::new();
        stage.apply(repository());
        stage.apply(hello("one"));
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!((stage.list(DEPLOYMENT).len(), stage.list(SERVICE).len()), (1, 1));
        let mut leaving = stage.get(HELM_RELEASE, "hello");
        put(&mut leaving, &["metadata", "deletionTimestamp"], "2026-01-01T00:00:10Z".into());
        stage.apply(leaving);
        stage.settle();
        assert_eq!((stage.list(DEPLOYMENT).len(), stage.list(SERVICE).len(), stage.list(POD).len()), (0, 0, 0));
        assert!(stage.get(HELM_RELEASE, "hello").items("/metadata/finalizers").is_empty());
    }

    #[test]
    fn fails_and_stalls_when_told_to() {
        let mut stage = Stage::new();
        stage.apply(repository());
        let mut failing = hello("one");
        put(
            &mut failing,
            &["metadata", "annotations", "simulate.lateen.dev/fail"],
            "timed out waiting for the condition".into(),
        );
        stage.apply(failing);
        stage.pass(SignedDuration::from_secs(5));
        let release = stage.get(HELM_RELEASE, "hello");
        assert_eq!(
            conditions(&release)[0],
            "Ready=False InstallFailed: Helm install failed for release default/hello.v1 with chart hello-world@1.2.0: timed out waiting for the condition"
        );
        assert!(stage.list(DEPLOYMENT).is_empty());
    }

    #[test]
    fn speaks_as_the_flux_of_its_api_version() {
        let mut stage = Stage::new();
        stage.apply(repository());
        let mut old = hello("one");
        put(&mut old, &["apiVersion"], "helm.toolkit.fluxcd.io/v2beta1".into());
        stage.apply(old);
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(
            conditions(&stage.get(HELM_RELEASE, "hello"))[0],
            "Ready=True ReconciliationSucceeded: Release reconciliation succeeded"
        );
    }
}
