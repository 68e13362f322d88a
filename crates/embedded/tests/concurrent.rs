//! Many writers at once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use embedded::{Cluster, Gvr, Options, Patch, WriteOptions};
use serde_json::{Value, json};

const MAPS: Gvr<'static> = Gvr::new("", "v1", "configmaps");

fn count(map: &Value) -> u32 {
    map["data"]["count"].as_str().unwrap().parse().unwrap()
}

#[test]
fn no_increment_is_lost_when_writers_name_the_version_they_read() {
    let cluster = Cluster::in_memory(Options::default()).unwrap();
    let store = cluster.store();
    let options = WriteOptions::by("test");
    let map = json!({"metadata": {"name": "counter"}, "data": {"count": "0"}});
    store.create(MAPS, "default", map, &options).unwrap();
    let mut changes = store.changes(store.resource_version()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    loop {
                        let mut map = store.get(MAPS, "default", "counter").unwrap();
                        map["data"]["count"] = (count(&map) + 1).to_string().into();
                        match store.update(MAPS, "default", map, &options) {
                            Ok(_) => break,
                            Err(e) => assert!(e.is_conflict(), "{e}"),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(count(&store.get(MAPS, "default", "counter").unwrap()), 400);
    // Watchers see every state once, in order.
    let mut seen = Vec::new();
    while let Some(change) = changes.try_next().unwrap() {
        seen.push(count(&change.object()));
    }
    assert_eq!(seen, (1..=400).collect::<Vec<u32>>());
}

#[test]
fn patches_without_a_version_all_arrive() {
    let cluster = Cluster::in_memory(Options::default()).unwrap();
    let store = cluster.store();
    let map = json!({"metadata": {"name": "shared"}});
    store.create(MAPS, "default", map, &WriteOptions::by("test")).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || {
                for index in 0..25 {
                    let patch = Patch::Merge(json!({"data": {format!("{writer}-{index}"): "x"}}));
                    store.patch(MAPS, "default", "shared", &patch, &WriteOptions::by("test")).unwrap();
                }
            });
        }
    });
    assert_eq!(store.get(MAPS, "default", "shared").unwrap()["data"].as_object().unwrap().len(), 100);
}

#[test]
fn what_is_too_large_or_too_deep_is_refused_and_changes_nothing() {
    let cluster = Cluster::in_memory(Options::default()).unwrap();
    let store = cluster.store();
    let options = WriteOptions::by("test");
    store.create(MAPS, "default", json!({"metadata": {"name": "a"}}), &options).unwrap();
    let version = store.resource_version();
    let large = Patch::Merge(json!({"data": {"k": "v".repeat(1_600_000)}}));
    assert_eq!(store.patch(MAPS, "default", "a", &large, &options).unwrap_err().code, 413);
    let crd = json!({
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com", "scope": "Cluster", "names": {"plural": "things", "kind": "Thing"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true,
            }}}],
        },
    });
    store.create(Gvr::new("apiextensions.k8s.io", "v1", "customresourcedefinitions"), "", crd, &options).unwrap();
    let deep = (0..200).fold(json!(1), |inner, _| json!({"x": inner}));
    let thing = json!({"metadata": {"name": "a"}, "deep": deep});
    let refused = store.create(Gvr::new("example.com", "v1", "things"), "", thing, &options).unwrap_err();
    assert_eq!(refused.code, 400);
    assert_eq!(store.resource_version(), version + 1);
}
