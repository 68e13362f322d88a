//! The life of a fleet, told once and run twice: on embedded clusters, and on real control planes where
//! `LATEEN_TEST_KUBECONFIGS` names two kubeconfigs (separated by `:`, as `tests/kubernetes/rig env` prints them).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use fleet::{
    CreateOptions, ErrorKind, Fleet, Home, HubChoice, Identity, JoinOptions, KubeconfigSource, Placement, Topology,
};
use futures::TryStreamExt as _;
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A hub, and kubeconfigs of two clusters to join.
struct Stage {
    fleet: Fleet,
    one: KubeconfigSource,
    two: KubeconfigSource,
    real: bool,
    _folder: tempfile::TempDir,
}

async fn embedded() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::open(Home::at(folder.path()), HubChoice::Embedded).await.unwrap();
    let mut kubeconfigs = Vec::new();
    for name in ["one", "two"] {
        assert_eq!(
            fleet.create(name, CreateOptions { no_join: true, ..CreateOptions::default() }).await.unwrap(),
            None
        );
        kubeconfigs.push(KubeconfigSource { path: fleet.kubeconfig(name).await.unwrap(), context: None });
    }
    let two = kubeconfigs.pop().unwrap();
    let one = kubeconfigs.pop().unwrap();
    Stage { fleet, one, two, real: false, _folder: folder }
}

/// The first real cluster is the hub and, joined, also the cluster `one`.
async fn real() -> Option<Stage> {
    let Some(paths) = std::env::var_os("LATEEN_TEST_KUBECONFIGS") else {
        println!("LATEEN_TEST_KUBECONFIGS is not set: nothing is asked of real clusters (tests/kubernetes/rig up)");
        return None;
    };
    let mut paths = std::env::split_paths(&paths);
    let source = |path: PathBuf| KubeconfigSource { path, context: None };
    let one = source(paths.next().unwrap());
    let two = source(paths.next().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::open(Home::at(folder.path()), HubChoice::Kubeconfig(one.clone())).await.unwrap();
    Some(Stage { fleet, one, two, real: true, _folder: folder })
}

fn labels(labels: &[(&str, &str)]) -> IndexMap<String, String> {
    labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn named(name: &str) -> JoinOptions {
    JoinOptions { name: Some(name.to_owned()), ..JoinOptions::default() }
}

async fn post(cluster: &fleet::Cluster, path: &str, object: &Value) -> kube::Result<Value> {
    let body = serde_json::to_vec(object).unwrap();
    let request = http::Request::post(path).header("content-type", "application/json").body(body).unwrap();
    cluster.client().request(request).await
}

async fn get(cluster: &fleet::Cluster, path: &str) -> kube::Result<Value> {
    cluster.client().request(http::Request::get(path).body(Vec::new()).unwrap()).await
}

async fn remove(cluster: &fleet::Cluster, path: &str) {
    let request = http::Request::delete(path).body(Vec::new()).unwrap();
    match cluster.client().request::<Value>(request).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 404 => {}
        Err(error) => panic!("{path}: {error}"),
    }
}

/// Names on shared real clusters are this test's own.
async fn clean(fleet: &Fleet) {
    let trackers = "/apis/core.oam.dev/v1beta1/resourcetrackers";
    remove(fleet.hub(), &format!("{trackers}/fleet-test-v1-team")).await;
    for name in ["fleet-one", "fleet-two", "fleet-renamed"] {
        remove(fleet.hub(), &format!("/api/v1/namespaces/vela-system/secrets/{name}")).await;
    }
}

async fn life(stage: &Stage) {
    let fleet = &stage.fleet;
    let names = |list: Vec<fleet::ClusterInfo>| list.into_iter().map(|info| info.name).collect::<Vec<_>>();

    // Join.
    let options = JoinOptions { alias: "The first".into(), labels: labels(&[("env", "prod")]), ..named("fleet-one") };
    let one = fleet.join(&stage.one, options).await.unwrap();
    assert_eq!((one.name.as_str(), one.alias.as_str()), ("fleet-one", "The first"));
    assert_eq!(one.kind, if stage.real { "ServiceAccountToken" } else { "Internal" });
    assert!(one.version.unwrap().starts_with("v1.32"));
    fleet.join(&stage.two, named("fleet-two")).await.unwrap();
    let error = fleet.join(&stage.two, named("fleet-one")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyJoined);

    // List: the hub first.
    let list = fleet.list().await.unwrap();
    assert_eq!((list[0].name.as_str(), list[0].kind.as_str()), ("local", "Internal"));
    let endpoint = &list.iter().find(|info| info.name == "fleet-one").unwrap().endpoint;
    assert!(
        if stage.real { endpoint.starts_with("https://127.0.0.1:") } else { endpoint == "embedded:one" },
        "{endpoint}"
    );

    // Labels and alias.
    fleet.set_labels("fleet-two", &labels(&[("env", "prod"), ("region", "eu")]), &[]).await.unwrap();
    fleet.set_labels("fleet-one", &labels(&[("tier", "1")]), &["env".to_owned()]).await.unwrap();
    fleet.set_alias("fleet-one", "").await.unwrap();
    let list = fleet.list().await.unwrap();
    let one = list.iter().find(|info| info.name == "fleet-one").unwrap();
    assert_eq!((one.alias.as_str(), &one.labels), ("", &labels(&[("tier", "1")])));
    let error = fleet.set_labels("local", &labels(&[("a", "b")]), &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadName);

    // Placement.
    let place = |cluster: &str| Placement { cluster: cluster.to_owned(), namespace: "team".to_owned() };
    let by_label = Topology {
        cluster_labels: Some(labels(&[("env", "prod"), ("region", "eu")])),
        namespace: "team".into(),
        ..Topology::default()
    };
    assert_eq!(fleet.resolve(&by_label).await.unwrap(), [place("fleet-two")]);
    let clusters = Some(vec!["local".to_owned(), "fleet-one".to_owned()]);
    let by_name = Topology { clusters, namespace: "team".into(), ..Topology::default() };
    assert_eq!(fleet.resolve(&by_name).await.unwrap(), [place("local"), place("fleet-one")]);
    let error = fleet.cluster("fleet-ones").await.unwrap_err();
    assert_eq!(error.diagnostic().help.as_deref(), Some("did you mean fleet-one?"));

    // Namespaces; a missing one is an error of the cluster.
    let cluster = fleet.cluster("fleet-one").await.unwrap();
    let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "b"}});
    let missing = post(&cluster, "/api/v1/namespaces/fleet-missing/configmaps", &config_map).await.unwrap_err();
    assert!(matches!(&missing, kube::Error::Api(status) if status.code == 404), "{missing:?}");
    fleet.create_namespace("fleet-one", "fleet-test").await.unwrap();
    assert!(!fleet.create_namespace("fleet-one", "fleet-test").await.unwrap());
    assert!(fleet.namespaces("fleet-one").await.unwrap().contains(&"fleet-test".to_owned()));

    // Two clusters are two clusters, and one asked twice is the same lane.
    remove(&cluster, "/api/v1/namespaces/fleet-test/configmaps/a").await;
    post(&cluster, "/api/v1/namespaces/fleet-test/configmaps", &config_map).await.unwrap();
    let other = fleet.cluster("fleet-two").await.unwrap();
    let absent = get(&other, "/api/v1/namespaces/fleet-test/configmaps/a").await.unwrap_err();
    assert!(matches!(&absent, kube::Error::Api(status) if status.code == 404), "{absent:?}");
    assert!(fleet.lanes().await.iter().any(|(name, health)| name == "fleet-one" && health.in_flight == 0));

    // Acting as somebody without rights: a real apiserver refuses, an embedded one has no users.
    let acting = Identity::service_account("fleet-test", "nobody").client(&cluster.client()).unwrap();
    let request = http::Request::get("/api/v1/namespaces/fleet-test/configmaps/a").body(Vec::new()).unwrap();
    let answer = acting.request::<Value>(request).await;
    match answer {
        Err(kube::Error::Api(status)) if stage.real => {
            assert_eq!(status.code, 403);
            assert!(status.message.contains("system:serviceaccount:fleet-test:nobody"), "{}", status.message);
        }
        Ok(_) if !stage.real => {}
        other => panic!("{other:?}"),
    }

    // Health.
    let health = fleet.probe("fleet-two").await.unwrap();
    assert_eq!((health.problem, health.version.is_some()), (None, true));

    watch_tells_at_once(&other).await;

    // In use: detaching and renaming are refused and name the Application.
    install_trackers(fleet).await;
    let tracker = json!({
        "apiVersion": "core.oam.dev/v1beta1", "kind": "ResourceTracker",
        "metadata": {"name": "fleet-test-v1-team", "labels": {"app.oam.dev/name": "web", "app.oam.dev/namespace": "team"}},
        "spec": {"type": "versioned", "managedResources": [
            {"cluster": "fleet-two", "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": "team"},
        ]},
    });
    post(fleet.hub(), "/apis/core.oam.dev/v1beta1/resourcetrackers", &tracker).await.unwrap();
    let error = fleet.detach("fleet-two").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse);
    assert_eq!(error.to_string(), "cluster fleet-two cannot be detached: the Application team/web runs there");
    assert_eq!(fleet.rename("fleet-two", "fleet-renamed").await.unwrap_err().kind(), ErrorKind::InUse);
    remove(fleet.hub(), "/apis/core.oam.dev/v1beta1/resourcetrackers/fleet-test-v1-team").await;

    // Rename and detach.
    fleet.rename("fleet-two", "fleet-renamed").await.unwrap();
    let renamed = fleet.cluster("fleet-renamed").await.unwrap();
    get(&renamed, "/version").await.unwrap();
    assert_eq!(fleet.cluster("fleet-two").await.unwrap_err().kind(), ErrorKind::UnknownCluster);
    fleet.detach("fleet-renamed").await.unwrap();
    remove(&cluster, "/api/v1/namespaces/fleet-test/configmaps/a").await;
    fleet.detach("fleet-one").await.unwrap();
    assert_eq!(fleet.detach("fleet-one").await.unwrap_err().kind(), ErrorKind::UnknownCluster);
    assert_eq!(names(fleet.list().await.unwrap()).first().map(String::as_str), Some("local"));
}

/// A watch through a cluster's lane tells of a change while it goes on, not when it ends.
async fn watch_tells_at_once(cluster: &fleet::Cluster) {
    let maps = "/api/v1/namespaces/default/configmaps";
    remove(cluster, &format!("{maps}/fleet-watched")).await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "fleet-watched"}});
    let made = post(cluster, maps, &map).await.unwrap();
    let version = made["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let parameters =
        kube::api::WatchParams { field_selector: Some("metadata.name=fleet-watched".into()), ..Default::default() };
    let request = kube::core::Request::new(maps).watch(&parameters, &version).unwrap();
    let client = cluster.client();
    let (sender, heard) = tokio::sync::oneshot::channel();
    let watching = tokio::spawn(async move {
        let events = client.request_events::<Value>(request).await.unwrap();
        let first = std::pin::pin!(events).try_next().await.unwrap();
        sender.send(matches!(first, Some(kube::core::WatchEvent::Deleted(_)))).unwrap();
    });
    remove(cluster, &format!("{maps}/fleet-watched")).await;
    // Far below the watch's own 290 s.
    let told = tokio::time::timeout(std::time::Duration::from_secs(20), heard).await;
    assert!(told.expect("an event while the watch goes on").unwrap());
    watching.await.unwrap();
}

async fn install_trackers(fleet: &Fleet) {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "resourcetrackers.core.oam.dev"},
        "spec": {
            "group": "core.oam.dev", "scope": "Cluster",
            "names": {"kind": "ResourceTracker", "listKind": "ResourceTrackerList", "plural": "resourcetrackers", "singular": "resourcetracker"},
            "versions": [{"name": "v1beta1", "served": true, "storage": true, "schema": {
                "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            }}],
        },
    });
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    match post(fleet.hub(), path, &definition).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        Err(error) => panic!("{error}"),
    }
    for _ in 0..100 {
        if get(fleet.hub(), "/apis/core.oam.dev/v1beta1/resourcetrackers").await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("ResourceTracker is not served");
}

#[tokio::test]
async fn the_life_of_a_fleet_on_embedded_clusters() {
    let stage = embedded().await;
    life(&stage).await;

    // What is only theirs: an embedded cluster can be deleted, by the name it is joined under.
    let fleet = &stage.fleet;
    assert_eq!(fleet.home().embedded_clusters().unwrap(), ["one", "two"]);
    fleet.join_embedded("two", JoinOptions::default()).await.unwrap();
    let again = fleet.join_embedded("two", named("again")).await.unwrap_err();
    assert_eq!(again.to_string(), "the embedded cluster two is joined already, as two");
    fleet.delete("two").await.unwrap();
    assert_eq!(fleet.home().embedded_clusters().unwrap(), ["one"]);
    assert_eq!(fleet.list().await.unwrap().len(), 1);
    let gone = fleet.join_embedded("two", JoinOptions::default()).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Embedded);
    let three = fleet.create("three", CreateOptions::default()).await.unwrap().unwrap();
    assert_eq!((three.name.as_str(), three.simulated), ("three", true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_cluster_is_served_with_its_kubeconfig() {
    let stage = embedded().await;
    let fleet = stage.fleet.clone();
    fleet.create_namespace("local", "seen").await.unwrap();
    let path = fleet.kubeconfig("local").await.unwrap();
    let address = fleet.serving("local", None).await.unwrap().address;
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let server = tokio::spawn(async move { fleet.serve("local", listener).await });

    let kubeconfig = kube::config::Kubeconfig::read_from(&path).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await.unwrap();
    // kube alone, unlike kubectl and Lateen, asks a proxy of the environment for this machine too.
    config.proxy_url = None;
    let mut anonymous = config.clone();
    anonymous.cluster_url = format!("http://{address}").parse().unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let request = |path: &str| http::Request::get(path).body(Vec::new()).unwrap();
    let seen: Value = client.request(request("/api/v1/namespaces/seen")).await.unwrap();
    assert_eq!(seen["metadata"]["name"], "seen");
    let watch = client.request_text(request("/api/v1/namespaces?watch=true&timeoutSeconds=1")).await.unwrap();
    assert!(watch.lines().count() >= 5, "{watch}");
    let client = kube::Client::try_from(anonymous).unwrap();
    let refused = client.request::<Value>(request("/api/v1/namespaces/seen")).await.unwrap_err();
    assert!(matches!(&refused, kube::Error::Api(status) if status.code == 401), "{refused:?}");
    server.abort();

    // Another port stays chosen.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(stage.fleet.serving("local", Some(other)).await.unwrap().address.port(), other);
    assert_eq!(stage.fleet.serving("local", None).await.unwrap().address.port(), other);
}

#[tokio::test]
async fn what_was_acknowledged_is_there_when_the_fleet_is_opened_again() {
    let stage = embedded().await;
    stage.fleet.join(&stage.one, named("kept")).await.unwrap();
    stage.fleet.create_namespace("kept", "seen").await.unwrap();
    stage.fleet.close().await;
    let again = Fleet::open(stage.fleet.home().clone(), HubChoice::Embedded).await.unwrap();
    assert!(again.namespaces("kept").await.unwrap().contains(&"seen".to_owned()));
    again.close().await;
}

#[tokio::test]
async fn the_life_of_a_fleet_on_real_clusters() {
    let Some(stage) = real().await else { return };
    clean(&stage.fleet).await;
    life(&stage).await;
    clean(&stage.fleet).await;
}

#[tokio::test]
async fn certificates_of_real_clusters() {
    let Some(stage) = real().await else { return };
    let beside = |name: &str| KubeconfigSource { path: stage.two.path.with_file_name(name), context: None };
    let (good, old) = (beside("certificate.kubeconfig"), beside("certificate-v1.kubeconfig"));
    if !good.path.exists() {
        println!("{} is not there: certificates are not tried", good.path.display());
        return;
    }
    let fleet = &stage.fleet;
    remove(fleet.hub(), "/api/v1/namespaces/vela-system/secrets/fleet-certificate").await;
    let info = fleet.join(&good, named("fleet-certificate")).await.unwrap();
    assert_eq!(info.kind, "X509Certificate");
    let cluster = fleet.cluster("fleet-certificate").await.unwrap();
    get(&cluster, "/api/v1/namespaces").await.unwrap();
    fleet.detach("fleet-certificate").await.unwrap();

    let error = fleet.join(&old, named("fleet-old")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credential);
    assert!(error.to_string().contains("the client certificate is X.509 version 1"), "{error}");
}

#[tokio::test]
async fn a_cluster_that_is_not_there_does_not_join() {
    let stage = embedded().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig");
    // A port that was free a moment ago: nobody answers.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = json!({
        "current-context": "gone",
        "clusters": [{"name": "gone", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
        "users": [{"name": "me", "user": {"token": "secret-token"}}],
        "contexts": [{"name": "gone", "context": {"cluster": "gone", "user": "me"}}],
    });
    std::fs::write(&path, config.to_string()).unwrap();
    let source = KubeconfigSource { path, context: None };
    let error = stage.fleet.join(&source, JoinOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().starts_with("cannot join cluster gone: "), "{error}");
    assert!(!format!("{error:?}").contains("secret-token"));
    assert_eq!(stage.fleet.list().await.unwrap().len(), 1, "nothing half-done");
}
