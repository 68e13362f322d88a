//! Somebody changes what an Application has delivered: the controller notices by watch, and brings back what the policies
//! let it bring back. On embedded clusters, and on real ones where `LATEEN_TEST_KUBECONFIGS` names two.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod common;

use actions::Objects;
use common::{Stage, change, reference, until};
use controller::requester::Requesters;
use kube::api::DeleteParams;
use model::{AppPhase, TrackerType, labels};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn config_map(name: &str, namespace: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace},
        "data": {"value": value}})
}

/// Objects for `far` in namespace `drift`, one component each, and policies about some of them.
fn application(far: &str) -> Value {
    let component =
        |name: &str, object: Value| json!({"name": name, "type": "k8s-objects", "properties": {"objects": [object]}});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "password", "namespace": "drift"},
        "stringData": {"value": "as delivered"}});
    let names = |name: &str| json!({"resourceNames": [name]});
    json!({
        "apiVersion": "core.oam.dev/v1beta1", "kind": "Application",
        "metadata": {"name": "kept", "namespace": "drift"},
        "spec": {
            "components": [
                component("plain", config_map("plain", "drift", "as delivered")),
                component("once", config_map("once", "drift", "as delivered")),
                component("partly", json!({"apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": {"name": "partly", "namespace": "drift"},
                    "data": {"theirs": "as delivered", "ours": "as delivered"}})),
                component("anew", json!({"apiVersion": "v1", "kind": "Service",
                    "metadata": {"name": "anew", "namespace": "drift"},
                    "spec": {"ports": [{"port": 80, "targetPort": 8080}], "selector": {"app": "as-delivered"}}})),
                component("read", config_map("read", "drift", "of nobody")),
                component("shared", config_map("shared", "drift", "as delivered")),
                component("secret", secret),
                component("given", config_map("given", "drift", "replaced")),
            ],
            "workflow": {"steps": [
                {"name": "all", "type": "deploy", "properties": {"policies": ["far"]}},
                {"name": "word", "type": "read-object", "properties": {"apiVersion": "v1", "kind": "Secret", "name": "word",
                    "namespace": "drift"}, "outputs": [{"name": "word", "valueFrom": "output.value.data.word"}]},
                {"name": "told", "type": "apply-object", "inputs": [{"from": "word", "parameterKey": "value.data.value"}],
                    "properties": {"cluster": far, "value": config_map("told", "drift", "replaced")}},
                {"name": "given", "type": "apply-component", "properties": {"component": "given", "cluster": far},
                    "inputs": [{"from": "word", "parameterKey": "objects[0].data.value"}]},
                {"name": "token", "type": "apply-object", "properties": {"cluster": far, "value":
                    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": "drift"},
                     "stringData": {"value": "as delivered"}}}},
            ]},
            "policies": [
                {"type": "topology", "name": "far", "properties": {"clusters": [far]}},
                {"type": "apply-once", "name": "once", "properties": {"enable": true, "rules": [
                    {"selector": names("once"), "strategy": {}},
                    {"selector": names("partly"), "strategy": {"affect": "onStateKeep", "path": ["data.theirs"]}}]}},
                {"type": "read-only", "name": "read", "properties": {"rules": [{"selector": names("read")}]}},
                {"type": "take-over", "name": "take", "properties": {"rules": [{"selector": names("plain")}]}},
                {"type": "shared-resource", "name": "share", "properties": {"rules": [{"selector": names("shared")}]}},
                {"type": "resource-update", "name": "update", "properties": {"rules": [
                    {"selector": names("anew"), "strategy": {"recreateFields": ["spec.selector"]}}]}},
            ],
        },
    })
}

/// An object as it was applied, without what the server has added.
fn copy(object: &Value) -> Value {
    let mut copy = object.clone();
    let metadata = &object["metadata"];
    copy["metadata"] = json!({"name": metadata["name"], "labels": metadata["labels"]});
    if let Some(namespace) = metadata.get("namespace") {
        copy["metadata"]["namespace"] = namespace.clone();
    }
    copy
}

async fn value(objects: &Objects, name: &str, pointer: &str) -> Option<String> {
    let kind = match name {
        "anew" => "Service",
        "password" | "token" => "Secret",
        _ => "ConfigMap",
    };
    let live = objects.read(&reference("v1", kind, "drift", name)).await.unwrap()?;
    live.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

async fn comes_back(objects: &Objects, name: &str, pointer: &str, wanted: &str) -> Duration {
    let changed = Instant::now();
    until(&format!("{name} is {wanted} again"), async || {
        (value(objects, name, pointer).await.as_deref() == Some(wanted)).then_some(())
    })
    .await;
    changed.elapsed()
}

async fn story(stage: &mut Stage) {
    for cluster in ["local", stage.far.as_str()] {
        stage.fleet.create_namespace(cluster, "drift").await.unwrap();
    }
    let far = stage.objects(&stage.far.clone()).await;
    // What belongs to nobody: one is taken over, one only read.
    far.apply(&config_map("plain", "drift", "before"), "somebody", true, false).await.unwrap();
    far.apply(&config_map("read", "drift", "of nobody"), "somebody", true, false).await.unwrap();
    let word = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "word", "namespace": "drift"},
        "stringData": {"word": "of"}});
    stage.hub.apply(&word).await.unwrap();
    stage.serve(Requesters::default());
    stage.store(&application(&stage.far)).await;
    stage.phase("drift", "kept", AppPhase::Running).await;
    assert_eq!(value(&far, "plain", "/data/value").await.as_deref(), Some("as delivered"));

    // Changed, again and again by somebody who does not give up, and deleted.
    let plain = reference("v1", "ConfigMap", "drift", "plain");
    change(&far, &plain, json!({"data": {"value": "changed", "more": "theirs"}})).await;
    let first = comes_back(&far, "plain", "/data/value", "as delivered").await;
    assert_eq!(value(&far, "plain", "/data/more").await.as_deref(), Some("theirs"), "what others add is theirs");
    far.delete(&plain, &DeleteParams::default()).await.unwrap();
    comes_back(&far, "plain", "/data/value", "as delivered").await;
    // Its owner's mark taken off: it is still the recorded one.
    change(&far, &plain, json!({"metadata": {"labels": {"app.oam.dev/name": null}}})).await;
    comes_back(&far, "plain", "/metadata/labels/app.oam.dev~1name", "kept").await;
    println!("brought back after {} ms", first.as_millis());

    // A Secret, whose content is not recorded, is made anew.
    let password = reference("v1", "Secret", "drift", "password");
    change(&far, &password, json!({"stringData": {"value": "changed"}})).await;
    comes_back(&far, "password", "/data/value", "YXMgZGVsaXZlcmVk").await;

    // So is one that a step has applied.
    let token = reference("v1", "Secret", "drift", "token");
    change(&far, &token, json!({"stringData": {"value": "changed"}})).await;
    comes_back(&far, "token", "/data/value", "YXMgZGVsaXZlcmVk").await;
    far.delete(&token, &DeleteParams::default()).await.unwrap();
    comes_back(&far, "token", "/data/value", "YXMgZGVsaXZlcmVk").await;

    // And what was made of a secret, by a step or of a component that it was given to: no tracker has it.
    for name in ["told", "given"] {
        assert_eq!(value(&far, name, "/data/value").await.as_deref(), Some("b2Y="), "{name}");
        let target = reference("v1", "ConfigMap", "drift", name);
        change(&far, &target, json!({"data": {"value": "changed"}})).await;
        comes_back(&far, name, "/data/value", "b2Y=").await;
        far.delete(&target, &DeleteParams::default()).await.unwrap();
        comes_back(&far, name, "/data/value", "b2Y=").await;
    }
    let trackers = stage.hub.trackers("drift", "kept").await.unwrap();
    assert!(!serde_json::to_string(&trackers).unwrap().contains("b2Y="), "{trackers:?}");

    // A field that cannot be changed: deleted and made anew.
    let anew = reference("v1", "Service", "drift", "anew");
    let uid = value(&far, "anew", "/metadata/uid").await;
    change(&far, &anew, json!({"spec": {"selector": {"app": "changed"}}})).await;
    comes_back(&far, "anew", "/spec/selector/app", "as-delivered").await;
    assert_ne!(value(&far, "anew", "/metadata/uid").await, uid);

    // A shared object goes: the first of its users has it made again.
    far.delete(&reference("v1", "ConfigMap", "drift", "shared"), &DeleteParams::default()).await.unwrap();
    comes_back(&far, "shared", "/data/value", "as delivered").await;

    // What policies leave alone. Another change after it that is brought back says that it was looked at.
    for (name, data) in [
        ("once", json!({"value": "changed"})),
        ("read", json!({"value": "changed"})),
        ("partly", json!({"theirs": "changed"})),
    ] {
        change(&far, &reference("v1", "ConfigMap", "drift", name), json!({ "data": data })).await;
    }
    change(&far, &reference("v1", "ConfigMap", "drift", "partly"), json!({"data": {"ours": "changed"}})).await;
    comes_back(&far, "partly", "/data/ours", "as delivered").await;
    assert_eq!(value(&far, "partly", "/data/theirs").await.as_deref(), Some("changed"));
    assert_eq!(value(&far, "once", "/data/value").await.as_deref(), Some("changed"));
    assert_eq!(value(&far, "read", "/data/value").await.as_deref(), Some("changed"));

    // While nobody watched: what has changed by then is noticed when the controller comes back, of a Secret by the note of its
    // fields that stands on it. Who finds it as it was noted need not ask anybody.
    stage.stop().await;
    let noted = async |name: &str| {
        let live = far.read(&reference("v1", "Secret", "drift", name)).await.unwrap().unwrap();
        delivery::drift::is_as_noted(&live, &labels::field_manager("drift", "kept"))
    };
    assert!(noted("password").await && noted("token").await);
    change(&far, &password, json!({"data": {"value": null}})).await;
    change(&far, &token, json!({"stringData": {"value": "changed"}})).await;
    assert!(!noted("password").await && !noted("token").await);
    change(&far, &plain, json!({"data": {"value": "changed"}})).await;
    far.delete(&reference("v1", "ConfigMap", "drift", "shared"), &DeleteParams::default()).await.unwrap();
    stage.serve(Requesters::default());
    comes_back(&far, "plain", "/data/value", "as delivered").await;
    comes_back(&far, "shared", "/data/value", "as delivered").await;
    for name in ["password", "token"] {
        comes_back(&far, name, "/data/value", "YXMgZGVsaXZlcmVk").await;
    }
    assert!(stage.metrics.text().contains("lateen_drift_repaired_total"));

    // What a new version drops is pruned, not kept.
    let before = stage.hub.trackers("drift", "kept").await.unwrap();
    let dropped = copy(&far.read(&plain).await.unwrap().unwrap());
    let mut less = application(&stage.far);
    less["spec"]["components"].as_array_mut().unwrap().remove(0);
    stage.store(&less).await;
    stage.phase("drift", "kept", AppPhase::Running).await;
    until("plain is pruned", async || far.read(&plain).await.unwrap().is_none().then_some(())).await;
    change(&far, &password, json!({"stringData": {"value": "changed"}})).await;
    comes_back(&far, "password", "/data/value", "YXMgZGVsaXZlcmVk").await;
    assert!(far.read(&plain).await.unwrap().is_none(), "it was pruned");

    // A controller that dies before it has pruned leaves the older version's tracker, and the next one prunes.
    stage.stop().await;
    far.apply(&dropped, &labels::field_manager("drift", "kept"), true, false).await.unwrap();
    for tracker in before.iter().filter(|t| t.spec.kind == TrackerType::Versioned) {
        stage.hub.apply(&copy(&serde_json::to_value(tracker).unwrap())).await.unwrap();
    }
    stage.serve(Requesters::default());
    until("plain is pruned again", async || far.read(&plain).await.unwrap().is_none().then_some(())).await;
    until("the older tracker is gone", async || {
        let trackers = stage.hub.trackers("drift", "kept").await.unwrap();
        (trackers.iter().filter(|t| t.spec.kind == TrackerType::Versioned).count() == 1).then_some(())
    })
    .await;

    stage.hub.delete_application("drift", "kept").await.unwrap();
    until("the application is gone", async || {
        stage.hub.application("drift", "kept").await.unwrap().is_none().then_some(())
    })
    .await;
    assert!(far.read(&password).await.unwrap().is_none() && far.read(&token).await.unwrap().is_none());
    let kept = reference("v1", "Secret", "drift", "workflow-kept-objects");
    assert!(stage.hub.objects().read(&kept).await.unwrap().is_none(), "nothing secret is left behind");
    assert!(value(&far, "read", "/data/value").await.is_some(), "it was only read");
    stage.stop().await;
}

/// Deletes an object.
const DROPS: &str = r#"
import "vela/kube"
delete: kube.#Delete & {$params: value: {apiVersion: parameter.apiVersion, kind: parameter.kind, metadata: name: parameter.name}}
parameter: {apiVersion: string, kind: string, name: string}
"#;

/// A run that is to be run again every second by a step of its own, and has deleted what it applied, of a namespace and of none.
async fn runs_again(stage: &mut Stage) {
    stage.fleet.create_namespace("local", "again").await.unwrap();
    stage.serve(Requesters::default());
    let drops = json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "WorkflowStepDefinition",
        "metadata": {"name": "drops", "namespace": "again"}, "spec": {"schematic": {"cue": {"template": DROPS}}}});
    stage.store(&drops).await;
    let role = "rbac.authorization.k8s.io/v1";
    let applied =
        |name: &str, value: Value| json!({"name": name, "type": "apply-object", "properties": {"value": value}});
    let dropped = |name: &str, version: &str, kind: &str, of: &str| json!({"name": name, "type": "drops", "properties": {"apiVersion": version, "kind": kind, "name": of}});
    let again = json!({"name": "again", "type": "restart-workflow", "properties": {"every": "1s"}});
    let app = json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "Application",
    "metadata": {"name": "again", "namespace": "again"},
    "spec": {"components": [], "workflow": {"steps": [
        applied("map", config_map("dropped", "again", "for a while")),
        applied("role", json!({"apiVersion": role, "kind": "ClusterRole", "metadata": {"name": "lateen-dropped"}})),
        applied("stays", config_map("stays", "again", "for good")),
        dropped("no-map", "v1", "ConfigMap", "dropped"),
        dropped("no-role", role, "ClusterRole", "lateen-dropped"),
        again,
    ]}}});
    stage.store(&app).await;
    let hub = stage.hub.clone();
    let mut begun = Vec::new();
    until("it has been run three times", async || {
        let app = hub.application("again", "again").await.unwrap().unwrap();
        let run = app.status.and_then(|status| status.workflow).filter(|run| run.finished)?;
        assert_eq!(run.phase, Some(model::RunPhase::Succeeded), "{run:?}");
        if !begun.contains(&run.start_time) {
            begun.push(run.start_time);
        }
        (begun.len() >= 3).then_some(())
    })
    .await;
    // what a step has deleted is not what was delivered any more: nobody brings it back
    stage.stop().await;
    let trackers = hub.trackers("again", "again").await.unwrap();
    let listed = trackers.iter().flat_map(|t| &t.spec.managed_resources).filter(|entry| !entry.deleted);
    let listed: Vec<&str> = listed.map(|entry| entry.name.as_str()).collect();
    assert_eq!(listed, ["stays"]);

    // A finalizer of somebody else's stays, whoever was faster.
    let stale = hub.application("again", "again").await.unwrap().unwrap();
    let target = reference("core.oam.dev/v1beta1", "Application", "again", "again");
    let mut finalizers = stale.metadata.finalizers.clone();
    finalizers.push("example.com/theirs".to_owned());
    change(hub.objects(), &target, json!({"metadata": {"finalizers": finalizers}})).await;
    assert_eq!(hub.set_finalizers(&stale, &[]).await.unwrap_err().status, Some(409));
    hub.delete_application("again", "again").await.unwrap();
    stage.serve(Requesters::default());
    until("only theirs is left", async || {
        let app = hub.application("again", "again").await.unwrap().unwrap();
        (app.metadata.finalizers == ["example.com/theirs"]).then_some(())
    })
    .await;
    change(hub.objects(), &target, json!({"metadata": {"finalizers": []}})).await;
    until("it is gone", async || hub.application("again", "again").await.unwrap().is_none().then_some(())).await;
    let stays = hub.objects().read(&reference("v1", "ConfigMap", "again", "stays")).await.unwrap();
    assert!(stays.is_none(), "what it delivered went before it");
    stage.stop().await;
}

/// On real control planes where they run; the far cluster is detached again.
async fn on_real_clusters(far: &str, story: impl AsyncFnOnce(&mut Stage)) {
    if let Some(mut stage) = Stage::real(far).await {
        story(&mut stage).await;
        stage.fleet.detach(&stage.far).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_runs_again_and_what_it_deletes_stays_so_on_an_embedded_cluster() {
    runs_again(&mut Stage::embedded().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_runs_again_and_what_it_deletes_stays_so_on_a_real_cluster() {
    on_real_clusters("again-far", runs_again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changes_is_brought_back_on_embedded_clusters() {
    story(&mut Stage::embedded().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changes_is_brought_back_on_real_clusters() {
    on_real_clusters("drift-far", story).await;
}
