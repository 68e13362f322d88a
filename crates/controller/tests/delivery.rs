//! What delivery promises of objects, seen from outside: what is owned, what goes when, what is never lost. On embedded
//! clusters, and on real ones where `LATEEN_TEST_KUBECONFIGS` names two.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod common;

use actions::ObjectRef;
use common::{PATIENCE, Stage, change, reference};
use controller::Finished;
use controller::deliver::{Removed, remove};
use controller::requester::Requesters;
use delivery::Rules;
use kube::api::DeleteParams;
use model::AppPhase;
use serde_json::{Value, json};

const SPACE: &str = "promises";

fn application(name: &str, clusters: &[&str], objects: &[Value], policies: Vec<Value>) -> Value {
    let components: Vec<Value> = objects
        .iter()
        .map(|object| {
            json!({"name": object["metadata"]["name"], "type": "k8s-objects", "properties": {"objects": [object]}})
        })
        .collect();
    let mut all = vec![json!({"type": "topology", "name": "where", "properties": {"clusters": clusters}})];
    all.extend(policies);
    json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "Application", "metadata": {"name": name, "namespace": SPACE},
        "spec": {"components": components, "policies": all}})
}

fn object(kind: &str, name: &str, rest: Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": SPACE}});
    object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    object
}

fn claim() -> Value {
    object(
        "PersistentVolumeClaim",
        "data",
        json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
    )
}

fn at(kind: &str, name: &str) -> ObjectRef {
    reference("v1", kind, SPACE, name)
}

async fn deliver(stage: &Stage, app: &Value) -> Finished {
    stage.store(app).await;
    let name = app["metadata"]["name"].as_str().unwrap();
    let runner = stage.runner(Requesters::default());
    runner.run(SPACE, name, Some(PATIENCE), &mut |_| {}).await.unwrap()
}

fn phase(finished: &Finished) -> AppPhase {
    finished.app.status.as_ref().unwrap().phase
}

async fn delete(stage: &Stage, name: &str, abandon: bool) -> Removed {
    let app = stage.hub.application(SPACE, name).await.unwrap().unwrap();
    let rules = Rules::of(&app.spec.policies).unwrap();
    let keeper = stage.runner(Requesters::default()).keeper(&app, rules, "").await.unwrap();
    remove(&stage.hub, &keeper, &app, false, abandon).await.unwrap()
}

async fn recorded(stage: &Stage, app: &str) -> String {
    let trackers = stage.hub.trackers(SPACE, app).await.unwrap();
    trackers.iter().flat_map(|t| &t.spec.managed_resources).map(|r| format!("{} ", r.key())).collect()
}

async fn what_is_owned(stage: &Stage) {
    let far = stage.objects(&stage.far).await;
    let with = |data: Value, secret: Value| {
        [
            object("ConfigMap", "settings", json!({ "data": data })),
            object("Secret", "keys", json!({"stringData": secret})),
        ]
    };
    let app = |objects: &[Value]| application("owner", &[&stage.far], objects, vec![]);
    let first = deliver(stage, &app(&with(json!({"a": "1", "b": "2"}), json!({"x": "1", "y": "2"})))).await;
    assert_eq!(phase(&first), AppPhase::Running);
    change(&far, &at("ConfigMap", "settings"), json!({"data": {"theirs": "3"}})).await;
    deliver(stage, &app(&with(json!({"a": "1"}), json!({"x": "1"})))).await;
    let live = far.read(&at("ConfigMap", "settings")).await.unwrap().unwrap();
    assert_eq!(live["data"], json!({"a": "1", "theirs": "3"}), "a key that is taken out goes, what others added stays");
    let live = far.read(&at("Secret", "keys")).await.unwrap().unwrap();
    assert_eq!(live["data"], json!({"x": "MQ=="}), "from a Secret too");
    assert!(delete(stage, "owner", false).await.owed.is_empty());
    assert!(far.read(&at("Secret", "keys")).await.unwrap().is_none());
}

async fn what_goes_when(stage: &Stage) {
    let far = stage.objects(&stage.far).await;
    let (old, new) = (object("ConfigMap", "old", json!({})), object("ConfigMap", "new", json!({})));
    // refused by every API server: a Service needs a port that is one
    let wrong = object("Service", "wrong", json!({"spec": {"ports": [{"port": 99_999_999}]}}));
    let all = [old.clone(), claim()];
    assert_eq!(phase(&deliver(stage, &application("prunes", &[&stage.far], &all, vec![])).await), AppPhase::Running);
    // A newer version that fails proves nothing, and what could not be made was recorded before it was tried.
    let failed = deliver(stage, &application("prunes", &[&stage.far], &[new.clone(), wrong], vec![])).await;
    assert_eq!(phase(&failed), AppPhase::WorkflowFailed);
    assert!(far.read(&at("ConfigMap", "old")).await.unwrap().is_some(), "the newer version has not been delivered");
    assert!(recorded(stage, "prunes").await.contains("/Service/wrong "), "recorded before it is created");
    assert!(far.read(&at("Service", "wrong")).await.unwrap().is_none());
    // One that completes does; a claim stays, for it holds data.
    let done = deliver(stage, &application("prunes", &[&stage.far], std::slice::from_ref(&new), vec![])).await;
    assert_eq!(phase(&done), AppPhase::Running);
    assert!(far.read(&at("ConfigMap", "old")).await.unwrap().is_none());
    assert!(far.read(&at("PersistentVolumeClaim", "data")).await.unwrap().is_some(), "a claim is never pruned");
    assert!(recorded(stage, "prunes").await.contains("/PersistentVolumeClaim/data "), "and is not forgotten");
    // What somebody has taken over is not deleted any more.
    let mark = json!({"metadata": {"labels": {"app.oam.dev/name": "another"}}});
    change(&far, &at("ConfigMap", "new"), mark).await;
    // Something that holds on to its end: not finished before it is gone.
    let hold = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    change(&far, &at("PersistentVolumeClaim", "data"), hold).await;
    let held = delete(stage, "prunes", false).await;
    assert_eq!(held.owed.len(), 1, "{held:?}");
    assert!(stage.hub.application(SPACE, "prunes").await.unwrap().is_some(), "finished only when verified");
    change(&far, &at("PersistentVolumeClaim", "data"), json!({"metadata": {"finalizers": null}})).await;
    assert!(delete(stage, "prunes", false).await.owed.is_empty());
    assert!(far.read(&at("PersistentVolumeClaim", "data")).await.unwrap().is_none());
    assert!(far.read(&at("ConfigMap", "new")).await.unwrap().is_some(), "it was taken over");
    far.delete(&at("ConfigMap", "new"), &DeleteParams::default()).await.unwrap();
    assert!(stage.hub.application(SPACE, "prunes").await.unwrap().is_none());
}

/// A cluster that was joined and does not answer.
async fn a_debt(stage: &Stage) {
    let far = stage.objects(&stage.far).await;
    let dead = format!("{}-dead", stage.far);
    stage
        .store(&json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": dead, "namespace": "vela-system",
                "labels": {"cluster.core.oam.dev/cluster-credential-type": "ServiceAccountToken"}},
            "stringData": {"endpoint": "https://127.0.0.1:1", "token": "none"}}))
        .await;
    let gone = object("ConfigMap", "left", json!({}));
    let app = application("owes", &[&stage.far, &dead], &[gone], vec![]);
    stage.store(&app).await;
    let runner = stage.runner(Requesters::default());
    let run = runner.run(SPACE, "owes", Some(std::time::Duration::from_secs(5)), &mut |_| {}).await;
    assert!(run.is_err() || phase(&run.unwrap()) != AppPhase::Running);
    assert!(far.read(&at("ConfigMap", "left")).await.unwrap().is_some(), "the one that answers gets its part");
    let removed = delete(stage, "owes", false).await;
    assert_eq!(removed.owed.len(), 1, "{removed:?}");
    assert!(removed.owed[0].contains(&dead), "{removed:?}");
    assert!(far.read(&at("ConfigMap", "left")).await.unwrap().is_none(), "a debt blocks nothing else");
    assert!(stage.hub.application(SPACE, "owes").await.unwrap().is_some());
    delete(stage, "owes", true).await;
    assert!(stage.hub.application(SPACE, "owes").await.unwrap().is_none(), "given up on purpose");
    let target = reference("v1", "Secret", "vela-system", &dead);
    stage.hub.objects().delete(&target, &DeleteParams::default()).await.unwrap();
}

/// Deleted last to first, each verified.
async fn in_reverse_order(stage: &Stage) {
    let objects: Vec<Value> = ["a", "b", "c"].iter().map(|name| object("ConfigMap", name, json!({}))).collect();
    deliver(stage, &application("ordered", &[&stage.far], &objects, vec![])).await;
    let trackers = stage.hub.trackers(SPACE, "ordered").await.unwrap();
    let entries = trackers.iter().flat_map(|t| &t.spec.managed_resources);
    let mut wanted: Vec<String> = entries.map(|entry| entry.key().to_string()).collect();
    wanted.reverse();
    assert_eq!(delete(stage, "ordered", false).await.deleted, wanted);
}

/// An Application with a ServiceAccount may on another cluster what that one may there, and nothing else. Embedded clusters know
/// no rights.
async fn who_acts(stage: &Stage) {
    let far = stage.objects(&stage.far).await;
    let (role, account) = ("rbac.authorization.k8s.io/v1", "system:serviceaccount:promises:deployer");
    let rights = [
        json!({"apiVersion": role, "kind": "Role", "metadata": {"name": "deployer", "namespace": SPACE},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create", "patch", "delete"]}]}),
        json!({"apiVersion": role, "kind": "RoleBinding", "metadata": {"name": "deployer", "namespace": SPACE},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": account}]}),
    ];
    for right in &rights {
        far.apply(right, "somebody", true, false).await.unwrap();
    }
    let acts = |objects: &[Value]| {
        let mut app = application("acts", &[&stage.far], objects, vec![]);
        app["metadata"]["annotations"] = json!({"app.oam.dev/service-account-name": "deployer"});
        let step =
            json!({"name": "all", "type": "deploy", "retry": {"limit": 0}, "properties": {"policies": ["where"]}});
        app["spec"]["workflow"] = json!({"steps": [step]});
        app
    };
    let may = object("ConfigMap", "may", json!({}));
    let done = deliver(stage, &acts(std::slice::from_ref(&may))).await;
    assert_eq!(phase(&done), AppPhase::Running, "the hub gives it no rights, the cluster does: {:?}", done.app.status);
    let refused = deliver(stage, &acts(&[may, object("Secret", "may-not", json!({}))])).await;
    assert_eq!(phase(&refused), AppPhase::WorkflowFailed);
    let run = refused.app.status.unwrap().workflow.unwrap();
    let message = &run.steps[0].message;
    assert!(message.contains(account) && message.contains("secrets") && message.contains("forbidden"), "{message}");
    assert!(far.read(&at("Secret", "may-not")).await.unwrap().is_none());
    // it must not look for the Secret either, so that nobody can say that it is gone
    let owed = delete(stage, "acts", false).await.owed;
    assert_eq!(owed.len(), 1, "{owed:?}");
    delete(stage, "acts", true).await;
    assert!(far.read(&at("ConfigMap", "may")).await.unwrap().is_none());
    for kind in ["RoleBinding", "Role"] {
        far.delete(&reference(role, kind, SPACE, "deployer"), &DeleteParams::default()).await.unwrap();
    }
}

async fn story(stage: &Stage) {
    for cluster in ["local", stage.far.as_str()] {
        stage.fleet.create_namespace(cluster, SPACE).await.unwrap();
    }
    what_is_owned(stage).await;
    what_goes_when(stage).await;
    in_reverse_order(stage).await;
    a_debt(stage).await;
    if stage.real {
        who_acts(stage).await;
    }
}

/// Plays it on threads with as much room as those of the command have: where nothing is optimized, the 2 MiB of a test's are
/// too few for all that is called to deliver over HTTP.
fn played<F: Future<Output = ()>>(story: impl FnOnce() -> F + Send + 'static) {
    const ROOM: usize = 32 << 20;
    let play = move || {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.enable_all().thread_stack_size(ROOM).build().unwrap().block_on(story());
    };
    if let Err(panic) = std::thread::Builder::new().stack_size(ROOM).spawn(play).unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn delivery_keeps_its_promises_on_embedded_clusters() {
    played(async || story(&Stage::embedded().await).await);
}

#[test]
fn delivery_keeps_its_promises_on_real_clusters() {
    played(async || {
        if let Some(stage) = Stage::real("promises-far").await {
            story(&stage).await;
            stage.fleet.detach(&stage.far).await.unwrap();
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_new_is_made_without_a_look_and_what_is_somebody_elses_stays() {
    let stage = Stage::embedded().await;
    stage.fleet.create_namespace("local", SPACE).await.unwrap();
    let map = |name: String| object("ConfigMap", &name, json!({"data": {"is": "ours"}}));
    let mut reads = Vec::new();
    for (name, count) in [("few", 2), ("many", 30)] {
        let objects: Vec<Value> = (0..count).map(|i| map(format!("{name}-{i}"))).collect();
        let before = stage.fleet.hub().lane_health().sent;
        assert_eq!(
            phase(&deliver(&stage, &application(name, &["local"], &objects, Vec::new())).await),
            AppPhase::Running
        );
        let after = stage.fleet.hub().lane_health().sent;
        reads.push(after[0] - before[0]);
    }
    // the number of lists, of health and of leases does not depend on how many objects there are
    assert!(reads[1] <= reads[0] + 2, "reads of 2 and of 30 objects: {reads:?}");

    stage.store(&object("ConfigMap", "theirs", json!({"data": {"is": "theirs"}}))).await;
    let app = application("taker", &["local"], &[map("theirs".to_owned())], Vec::new());
    assert_eq!(phase(&deliver(&stage, &app).await), AppPhase::WorkflowFailed);
    let objects = stage.objects("local").await;
    let theirs = objects.read(&at("ConfigMap", "theirs")).await.unwrap().unwrap();
    assert_eq!(theirs["data"], json!({"is": "theirs"}));
    let refused = objects.apply_absent::<Value>(&map("theirs".to_owned()), "taker").await.unwrap_err();
    assert_eq!(refused.status, Some(409));
}
