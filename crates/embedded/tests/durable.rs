//! What a cluster keeps: over a close, and over the death of its process.
#![expect(clippy::unwrap_used, reason = "tests")]

use embedded::{Cluster, Gvr, Options, WriteOptions};
use serde_json::json;

const CONFIG_MAPS: Gvr<'static> = Gvr::new("", "v1", "configmaps");

#[test]
fn objects_and_versions_survive_a_close() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::open(dir.path(), Options::default()).unwrap();
    let made = cluster
        .store()
        .create(CONFIG_MAPS, "default", json!({"metadata": {"name": "a"}, "data": {"k": "v"}}), &WriteOptions::by("test"))
        .unwrap();
    let version = cluster.store().resource_version();
    cluster.close();
    drop(cluster);

    let cluster = Cluster::open(dir.path(), Options::default()).unwrap();
    assert_eq!(cluster.store().get(CONFIG_MAPS, "default", "a").unwrap(), made);
    assert_eq!(cluster.store().resource_version(), version);
}
