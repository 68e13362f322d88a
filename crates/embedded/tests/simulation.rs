//! The simulation behind a real client, on a clock that the test moves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use embedded::{Cluster, Options, TestClock, simulate::flux};
use jiff::SignedDuration;
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ListParams, LogParams, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

struct Rig {
    cluster: Cluster,
    client: Client,
    clock: TestClock,
}

fn rig() -> Rig {
    let clock = TestClock::default();
    let options = Options { name: "test".into(), clock: Arc::new(clock.clone()), simulate: true, ..Options::default() };
    let cluster = Cluster::in_memory(options).unwrap();
    Rig { client: cluster.client("default"), cluster, clock }
}

fn api(client: &Client, group: &str, version: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural);
    Api::default_namespaced_with(client.clone(), &resource)
}

fn whole(client: &Client, group: &str, version: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural);
    Api::all_with(client.clone(), &resource)
}

fn object(value: Value) -> DynamicObject {
    serde_json::from_value(value).unwrap()
}

impl Rig {
    fn deployments(&self) -> Api<DynamicObject> {
        api(&self.client, "apps", "v1", "Deployment", "deployments")
    }

    fn pods(&self) -> Api<DynamicObject> {
        api(&self.client, "", "v1", "Pod", "pods")
    }

    /// Lets the cluster's time pass until `done` holds, 10 ms a step. The limit is one of steps.
    async fn until(&self, what: &str, api: &Api<DynamicObject>, name: &str, done: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..2000 {
            if let Some(found) = api.get_opt(name).await.unwrap() {
                let found = serde_json::to_value(found).unwrap();
                if done(&found) {
                    return found;
                }
            } else if done(&Value::Null) {
                return Value::Null;
            }
            self.clock.advance(SignedDuration::from_millis(10));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("{what} never came: {:?}", api.get_opt(name).await.unwrap());
    }
}

fn web(replicas: i64, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": image, "ports": [{"containerPort": 8000}], "env": [{"name": "COLOUR", "value": "blue"}]}]},
            },
        },
    })
}

fn ready(count: i64) -> impl Fn(&Value) -> bool {
    move |found| {
        let number = |pointer| found.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
        number("/status/readyReplicas") == count
            && number("/status/replicas") == count
            && number("/status/updatedReplicas") == count
            && number("/status/observedGeneration") == number("/metadata/generation")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_rolls_out_scales_and_leaves() {
    let rig = rig();
    let deployments = rig.deployments();
    deployments.create(&PostParams::default(), &object(web(2, "shop:1"))).await.unwrap();
    rig.until("two ready pods", &deployments, "web", ready(2)).await;
    let apply = PatchParams::apply("test").force();
    deployments.patch("web", &apply, &Patch::Apply(web(3, "shop:2"))).await.unwrap();
    let rolled = rig.until("three ready pods", &deployments, "web", ready(3)).await;
    assert_eq!(rolled["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
    let pods = rig.pods().list(&ListParams::default()).await.unwrap();
    let images: Vec<&str> =
        pods.items.iter().map(|pod| pod.data["spec"]["containers"][0]["image"].as_str().unwrap()).collect();
    assert_eq!(images, ["shop:2"; 3]);
    assert!(pods.items.iter().all(|pod| pod.metadata.annotations.as_ref().unwrap()["lateen.dev/simulated"] == "true"));
    deployments.delete("web", &DeleteParams::background()).await.unwrap();
    let pods = rig.pods();
    for _ in 0..2000 {
        if pods.list(&ListParams::default()).await.unwrap().items.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("pods stay: {:?}", pods.list(&ListParams::default()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_cluster_changes_nothing() {
    let rig = rig();
    let deployments = rig.deployments();
    deployments.create(&PostParams::default(), &object(web(2, "shop:1"))).await.unwrap();
    rig.until("two ready pods", &deployments, "web", ready(2)).await;
    rig.clock.advance(SignedDuration::from_secs(5));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let quiet = rig.cluster.store().resource_version();
    rig.clock.advance(SignedDuration::from_secs(5));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(rig.cluster.store().resource_version(), quiet);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reopened_cluster_catches_up() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::default();
    let options = Options { name: "test".into(), clock: Arc::new(clock.clone()), simulate: true, ..Options::default() };
    let cluster = Cluster::open(folder.path(), options.clone()).unwrap();
    let client = cluster.client("default");
    let mut slow = web(2, "shop:1");
    slow["metadata"]["annotations"] = json!({"simulate.lateen.dev/delay": "1h"});
    let deployments = api(&client, "apps", "v1", "Deployment", "deployments");
    deployments.create(&PostParams::default(), &object(slow)).await.unwrap();
    let rig = Rig { client, cluster, clock: clock.clone() };
    rig.until("two pods", &deployments, "web", |found| found["status"]["replicas"] == 2).await;
    rig.cluster.close();
    drop(rig);
    drop(deployments);
    clock.advance(SignedDuration::from_hours(2));
    let cluster = Cluster::open(folder.path(), options).unwrap();
    let client = cluster.client("default");
    let deployments = api(&client, "apps", "v1", "Deployment", "deployments");
    for _ in 0..2000 {
        let found = serde_json::to_value(deployments.get("web").await.unwrap()).unwrap();
        if ready(2)(&found) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("no time has to pass: {:?}", deployments.get("web").await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_become_ready_stays_so_when_the_cluster_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::default();
    let options = Options { name: "test".into(), clock: Arc::new(clock.clone()), simulate: true, ..Options::default() };
    let cluster = Cluster::open(folder.path(), options.clone()).unwrap();
    let client = cluster.client("default");
    let deployments = api(&client, "apps", "v1", "Deployment", "deployments");
    // Creation times are whole seconds: within the first one, nobody can tell from them how old a pod is.
    clock.advance(SignedDuration::from_millis(500));
    deployments.create(&PostParams::default(), &object(web(1, "shop:1"))).await.unwrap();
    let rig = Rig { client, cluster, clock };
    rig.until("a ready pod", &deployments, "web", ready(1)).await;
    rig.cluster.close();
    drop(rig);
    drop(deployments);
    let cluster = Cluster::open(folder.path(), options).unwrap();
    let deployments = api(&cluster.client("default"), "apps", "v1", "Deployment", "deployments");
    for _ in 0..100 {
        let found = serde_json::to_value(deployments.get("web").await.unwrap()).unwrap();
        assert!(ready(1)(&found), "{:?}", found["status"]);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_takes_everything_along() {
    let rig = rig();
    let namespaces = whole(&rig.client, "", "v1", "Namespace", "namespaces");
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    namespaces.create(&PostParams::default(), &object(namespace.clone())).await.unwrap();
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("apps", "v1", "Deployment"));
    let deployments: Api<DynamicObject> = Api::namespaced_with(rig.client.clone(), "shop", &resource);
    deployments.create(&PostParams::default(), &object(web(1, "shop:1"))).await.unwrap();
    rig.until("a ready pod", &deployments, "web", ready(1)).await;
    namespaces.delete("shop", &DeleteParams::default()).await.unwrap();
    rig.until("the end", &namespaces, "shop", Value::is_null).await;
    assert!(deployments.list(&ListParams::default()).await.unwrap().items.is_empty());
    // The name is free again.
    namespaces.create(&PostParams::default(), &object(namespace)).await.unwrap();
    let accounts = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ServiceAccount"));
    let accounts: Api<DynamicObject> = Api::namespaced_with(rig.client.clone(), "shop", &accounts);
    rig.until("its account", &accounts, "default", |found| !found.is_null()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_waits_for_what_holds_its_content() {
    let rig = rig();
    let namespaces = whole(&rig.client, "", "v1", "Namespace", "namespaces");
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    namespaces.create(&PostParams::default(), &object(namespace)).await.unwrap();
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap"));
    let maps: Api<DynamicObject> = Api::namespaced_with(rig.client.clone(), "shop", &resource);
    let held = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.org/hold"]}});
    maps.create(&PostParams::default(), &object(held)).await.unwrap();
    namespaces.delete("shop", &DeleteParams::default()).await.unwrap();
    rig.until("the map's deletion", &maps, "held", |found| found["metadata"]["deletionTimestamp"].is_string()).await;
    rig.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(namespaces.get("shop").await.unwrap().data["status"]["phase"], "Terminating");
    let free = json!({"metadata": {"finalizers": null}});
    maps.patch("held", &PatchParams::default(), &Patch::Merge(free)).await.unwrap();
    rig.until("the end", &namespaces, "shop", Value::is_null).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chart_shows_its_values_through_a_forwarded_port() {
    let rig = rig();
    let crds =
        whole(&rig.client, "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions");
    for crd in flux::crds() {
        crds.create(&PostParams::default(), &object(crd)).await.unwrap();
    }
    let repositories = api(&rig.client, "source.toolkit.fluxcd.io", "v1beta2", "HelmRepository", "helmrepositories");
    let releases = api(&rig.client, "helm.toolkit.fluxcd.io", "v2beta1", "HelmRelease", "helmreleases");
    repositories
        .create(&PostParams::default(), &object(json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1beta2", "kind": "HelmRepository", "metadata": {"name": "hello"},
            "spec": {"url": "https://charts.example.org", "interval": "5m"},
        })))
        .await
        .unwrap();
    releases
        .create(&PostParams::default(), &object(json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2beta1", "kind": "HelmRelease", "metadata": {"name": "hello"},
            "spec": {
                "interval": "30s",
                "chart": {"spec": {"chart": "hello-world", "version": "1.2.0", "sourceRef": {"kind": "HelmRepository", "name": "hello"}}},
                "values": {"configs": {"MESSAGE": "Ahoy"}},
            },
        })))
        .await
        .unwrap();
    let is_ready = |found: &Value| found["status"]["conditions"][0]["status"] == "True";
    let release = rig.until("the release", &releases, "hello", is_ready).await;
    assert_eq!(release["status"]["conditions"][0]["message"], "Release reconciliation succeeded");
    let pods = rig.pods().list(&ListParams::default().labels("app.kubernetes.io/instance=hello")).await.unwrap();
    let pod = pods.items[0].metadata.name.clone().unwrap();

    let typed: Api<k8s_openapi::api::core::v1::Pod> = Api::default_namespaced(rig.client.clone());
    let mut forward = typed.portforward(&pod, &[80]).await.unwrap();
    let mut stream = forward.take_stream(80).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("values.configs.MESSAGE = Ahoy"), "{answer}");
    drop(stream);

    let log = typed.logs(&pod, &LogParams::default()).await.unwrap();
    assert_eq!(
        log,
        format!(
            "simulated: container hello-world of pod default/{pod} started with image simulated.invalid/hello-world:1.2.0\nsimulated: answers on port 80\n"
        )
    );

    let mut exec = typed.exec(&pod, ["ls", "/"], &kube::api::AttachParams::default().stdout(false)).await.unwrap();
    let mut said = String::new();
    exec.stderr().unwrap().read_to_string(&mut said).await.unwrap();
    assert_eq!(said, format!("container hello-world of pod {pod} is simulated: `ls /` was not executed\n"));
    let status = exec.take_status().unwrap().await.unwrap();
    assert_eq!(status.status.as_deref(), Some("Failure"));

    releases.delete("hello", &DeleteParams::default()).await.unwrap();
    rig.until("the end", &releases, "hello", Value::is_null).await;
    assert!(rig.deployments().list(&ListParams::default()).await.unwrap().items.is_empty());
}
