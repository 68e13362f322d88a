//! Queries of an embedded cluster.

use super::*;
use crate::call::Call;
use crate::testing::OneCluster;

fn of(kind: &str, api_version: &str, name: &str) -> Applied {
    Applied {
        cluster: String::new(),
        component: "web".into(),
        trait_name: String::new(),
        object: ObjectRef {
            api_version: api_version.into(),
            kind: kind.into(),
            namespace: "default".into(),
            name: name.into(),
        },
    }
}

async fn deployed() -> OneCluster {
    let one = OneCluster::new();
    let labels = json!({"app.oam.dev/name": "shop", "app.oam.dev/component": "web"});
    one.apply(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]}}},
    }))
    .await;
    one.apply(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": labels, "ports": [{"name": "http", "port": 80}]},
    }))
    .await;
    let target = of("Deployment", "apps/v1", "web").object;
    for _ in 0..3_000 {
        let live = one.all().read(&target).await.unwrap().unwrap();
        if live.pointer("/status/readyReplicas") == Some(&json!(1)) {
            return one;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the Deployment does not become ready");
}

#[tokio::test]
async fn an_application_is_seen_down_to_its_pods() {
    let one = deployed().await;
    let all = [of("Deployment", "apps/v1", "web"), of("Service", "v1", "web"), of("ConfigMap", "v1", "gone")];
    let list = resources(&all, &one).await.unwrap();
    let kinds: Vec<&str> = list["list"].as_array().unwrap().iter().map(|r| r["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Deployment", "Service"]);
    assert_eq!(applied(&all)["list"].as_array().unwrap().len(), 3);

    let found = pods(&all, "shop", &one).await.unwrap();
    assert_eq!(found["list"].as_array().unwrap().len(), 1);
    let pod = found["list"][0]["metadata"]["name"].as_str().unwrap().to_owned();

    let tree = tree(&all, &one).await.unwrap();
    let leaf = &tree["list"][0]["resourceTree"]["leafNodes"][0];
    assert_eq!(
        (leaf["kind"].as_str(), leaf["leafNodes"][0]["name"].as_str()),
        (Some("ReplicaSet"), Some(pod.as_str()))
    );

    let params = json!({"namespace": "default", "pod": pod, "options": {"tailLines": 5}});
    let call = Call { params: &params, key: None, namespace: "default", secret: false };
    let log = logs(&call, &one).await.unwrap();
    assert!(!log["outputs"]["logs"].as_str().unwrap().is_empty());
    let params = json!({"value": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod}}});
    let call = Call { params: &params, key: None, namespace: "default", secret: false };
    let seen = events(&call, &one).await.unwrap();
    assert!(seen["list"].as_array().unwrap().iter().any(|e| e["reason"] == "Started"), "{seen}");
}

#[tokio::test]
async fn addresses_are_inner_or_of_a_balancer() {
    let one = deployed().await;
    let found = endpoints(&[of("Service", "v1", "web")], &one).await.unwrap();
    assert_eq!(
        found["list"][0]["endpoint"],
        json!({"protocol": "TCP", "appProtocol": "", "host": "web.default", "port": 80, "portName": "http", "inner": true})
    );
    let balanced = json!({
        "metadata": {"name": "w", "namespace": "n"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 9}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}},
    });
    let all = super::endpoint::service(&balanced);
    assert_eq!((all[0]["host"].as_str(), all[0]["inner"].as_bool()), (Some("203.0.113.7"), Some(false)));
    let secure = json!({"spec": {"tls": [{"hosts": ["a.example"]}], "rules": [
        {"host": "a.example", "http": {"paths": [{"path": "/x"}]}}, {"host": "b.example", "http": {"paths": [{"path": "/"}]}}]}});
    let all: Vec<String> = super::endpoint::ingress(&secure)
        .iter()
        .map(|e| {
            format!(
                "{}://{}:{}{}",
                e["appProtocol"].as_str().unwrap(),
                e["host"].as_str().unwrap(),
                e["port"],
                e["path"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(all, ["https://a.example:443/x", "http://b.example:80/"]);
}

#[test]
fn a_filter_chooses() {
    let one = of("Service", "v1", "web");
    for (filter, expected) in [
        (json!({}), true),
        (json!({"components": []}), true),
        (json!({"components": ["web"], "cluster": "local", "kind": "Service"}), true),
        (json!({"components": ["db"]}), false),
        (json!({"clusterNamespace": "other"}), false),
        (json!({"cluster": "far"}), false),
    ] {
        assert_eq!(chosen(&one, &filter), expected, "{filter}");
    }
}
