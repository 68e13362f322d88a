//! Watching over HTTP, as clients do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use embedded::{Cluster, Gvr, Options, WriteOptions};
use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{PostParams, WatchEvent, WatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use serde_json::{Value, json};

fn cluster() -> Cluster {
    Cluster::in_memory(Options::default()).unwrap()
}

fn map(name: &str, labels: Value) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name, "labels": labels}})).unwrap()
}

fn shown(event: &WatchEvent<ConfigMap>) -> String {
    match event {
        WatchEvent::Added(o) => format!("added {}", o.metadata.name.as_deref().unwrap()),
        WatchEvent::Modified(o) => format!("modified {}", o.metadata.name.as_deref().unwrap()),
        WatchEvent::Deleted(o) => format!("deleted {}", o.metadata.name.as_deref().unwrap()),
        WatchEvent::Bookmark(_) => "bookmark".into(),
        WatchEvent::Error(e) => format!("error {}", e.code),
    }
}

#[tokio::test]
async fn a_watch_sees_what_enters_and_leaves_its_selector() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client("default"), "default");
    let from = cluster.store().resource_version().to_string();
    let mut events = maps.watch(&WatchParams::default().labels("app=web"), &from).await.unwrap().boxed();
    maps.create(&PostParams::default(), &map("other", json!({}))).await.unwrap();
    maps.create(&PostParams::default(), &map("a", json!({"app": "web"}))).await.unwrap();
    maps.replace("a", &PostParams::default(), &map("a", json!({"app": "web", "x": "y"}))).await.unwrap();
    maps.replace("a", &PostParams::default(), &map("a", json!({"app": "api"}))).await.unwrap();
    maps.replace("other", &PostParams::default(), &map("other", json!({"app": "web"}))).await.unwrap();
    maps.delete("other", &Default::default()).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 5 {
        seen.push(shown(&events.next().await.unwrap().unwrap()));
    }
    assert_eq!(seen, ["added a", "modified a", "deleted a", "added other", "deleted other"]);
}

#[tokio::test]
async fn a_watch_without_a_version_starts_with_what_is_there() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client("default"), "default");
    maps.create(&PostParams::default(), &map("a", json!({}))).await.unwrap();
    let mut events = maps.watch(&WatchParams::default(), "0").await.unwrap().boxed();
    assert_eq!(shown(&events.next().await.unwrap().unwrap()), "added a");
}

#[tokio::test]
async fn a_version_that_is_forgotten_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let first = Cluster::open(dir.path(), Options::default()).unwrap();
    let maps = Gvr::new("", "v1", "configmaps");
    let made = json!({"metadata": {"name": "a"}});
    first.store().create(maps, "default", made, &WriteOptions::default()).unwrap();
    first.close();
    let cluster = Cluster::open(dir.path(), Options::default()).unwrap();
    let api: Api<ConfigMap> = Api::namespaced(cluster.client("default"), "default");
    let mut events = api.watch(&WatchParams::default(), "1").await.unwrap().boxed();
    assert_eq!(shown(&events.next().await.unwrap().unwrap()), "error 410");
}

#[tokio::test]
async fn a_watch_ends_after_its_time_with_a_bookmark() {
    let cluster = cluster();
    let from = cluster.store().resource_version();
    let request = http::Request::get(format!(
        "/api/v1/configmaps?watch=1&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion={from}"
    ))
    .body(Vec::new())
    .unwrap();
    let client = cluster.client("default");
    let lines: Vec<String> = client.request_stream(request).await.unwrap().lines().try_collect().await.unwrap();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let event: Value = serde_json::from_str(line).unwrap();
    assert_eq!(event["type"], "BOOKMARK");
    assert_eq!(event["object"]["metadata"]["resourceVersion"], from.to_string());
}

#[tokio::test]
async fn initial_events_end_with_a_marked_bookmark() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client("default"), "default");
    maps.create(&PostParams::default(), &map("a", json!({}))).await.unwrap();
    let config = watcher::Config::default().streaming_lists();
    let mut objects = watcher(maps.clone(), config).applied_objects().boxed();
    let first = objects.next().await.unwrap().unwrap();
    assert_eq!(first.metadata.name.as_deref(), Some("a"));
    maps.create(&PostParams::default(), &map("b", json!({}))).await.unwrap();
    let second = objects.next().await.unwrap().unwrap();
    assert_eq!(second.metadata.name.as_deref(), Some("b"));
}

#[tokio::test]
async fn a_table_is_watched_as_rows() {
    let cluster = cluster();
    let client = cluster.client("default");
    let request = http::Request::get("/api/v1/namespaces?watch=1&timeoutSeconds=1")
        .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
        .body(Vec::new())
        .unwrap();
    let lines: Vec<String> = client.request_stream(request).await.unwrap().lines().try_collect().await.unwrap();
    let events: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 4);
    assert_eq!(events[0]["object"]["kind"], "Table");
    assert_eq!(events[0]["object"]["columnDefinitions"][1]["name"], "Status");
    assert_eq!(events[1]["object"]["columnDefinitions"], Value::Null);
    assert_eq!(events[0]["object"]["rows"][0]["cells"][0], "default");
}
