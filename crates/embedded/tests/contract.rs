//! What a Kubernetes API does where a client notices, run against an embedded cluster, and against a real one when
//! `LATEEN_TEST_KUBECONFIG` names its kubeconfig. Where the two differ, the embedded one is wrong.
#![expect(clippy::unwrap_used, reason = "tests")]

use embedded::{Cluster, Options};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams, PostParams};
use serde_json::json;

#[tokio::test]
async fn a_config_map_is_created_and_listed() {
    let cluster = Cluster::in_memory(Options::default()).unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client("default"), "default");
    let map: ConfigMap = serde_json::from_value(json!({"metadata": {"name": "a"}, "data": {"k": "v"}})).unwrap();
    let made = maps.create(&PostParams::default(), &map).await.unwrap();
    assert!(made.metadata.uid.is_some());
    let listed = maps.list(&ListParams::default()).await.unwrap();
    assert_eq!(listed.items.len(), 1);
}
