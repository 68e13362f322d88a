//! Service: the addresses of its pods, and an address from outside for a load balancer.

use super::{
    fingerprint,
    kind::{ENDPOINT_SLICE, ENDPOINTS, POD, SERVICE},
    object::{Json, SIMULATED, owner_reference, put},
    pod,
    rehearsal::Rehearsal,
    scene::{Scene, Settled, after},
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Brings a Service's endpoints and load balancer to what the moment asks for.
pub(super) fn settle(service: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if service.deleting() {
        return settled;
    }
    load_balancer(&mut settled, service, scene);
    if service.pointer("/spec/selector").and_then(Value::as_object).is_none_or(Map::is_empty)
        || service.text("/spec/type") == "ExternalName"
    {
        return settled;
    }
    let pods: Vec<&Arc<Value>> = scene
        .view
        .list(POD, service.namespace())
        .filter(|pod| pod::counts(pod) && !pod.text("/status/podIP").is_empty() && picks(service, pod))
        .collect();
    slice(&mut settled, service, &pods, scene);
    endpoints(&mut settled, service, &pods, scene);
    settled
}

/// Whether a Service picks a pod.
pub(super) fn picks(service: &Value, pod: &Value) -> bool {
    let labels = pod.pointer("/metadata/labels");
    let Some(selector) = service.pointer("/spec/selector").and_then(Value::as_object) else { return false };
    !selector.is_empty()
        && selector.iter().all(|(key, value)| labels.is_some_and(|labels| labels.get(key) == Some(value)))
}

fn load_balancer(settled: &mut Settled, service: &Value, scene: &Scene<'_>) {
    let mut status = service.map("/status");
    if service.text("/spec/type") != "LoadBalancer" {
        if status.get("loadBalancer").is_none_or(|known| known.get("ingress").is_some()) {
            status.insert("loadBalancer".to_owned(), json!({}));
            settled.status(service, status);
        }
        return;
    }
    if service.has("/status/loadBalancer/ingress") {
        return;
    }
    let rehearsal = Rehearsal::of(service, scene);
    let ready = after(scene.begun(service), rehearsal.delay.unwrap_or(scene.timing.reconcile));
    if rehearsal.stall || rehearsal.fail.is_some() {
        return;
    }
    if scene.now < ready {
        settled.later(ready);
        return;
    }
    let asked = service.text("/spec/loadBalancerIP");
    let address = if asked.is_empty() { outside(service.uid()) } else { asked.to_owned() };
    status.insert("loadBalancer".to_owned(), json!({"ingress": [{"ip": address, "ipMode": "VIP"}]}));
    settled.status(service, status);
}

/// An address of 203.0.113.0/24, which is set aside for documentation.
pub(super) fn outside(uid: &str) -> String {
    format!("203.0.113.{}", fingerprint::hash(&[uid]) % 254 + 1)
}

/// The ports of a Service as one pod answers them.
fn ports(service: &Value, pod: Option<&Value>) -> Vec<Value> {
    let port = |port: &Value| {
        let number = match port.get("targetPort") {
            Some(Value::Number(number)) => number.as_i64().unwrap_or(0),
            Some(Value::String(name)) => {
                pod.and_then(|pod| named_port(pod, name)).or_else(|| port.int("/port")).unwrap_or(0)
            }
            _ => port.int("/port").unwrap_or(0),
        };
        let protocol = if port.text("/protocol").is_empty() { "TCP" } else { port.text("/protocol") };
        let mut made = json!({"port": number, "protocol": protocol});
        if !port.text("/name").is_empty() {
            put(&mut made, &["name"], port.text("/name").into());
        }
        made
    };
    service.items("/spec/ports").iter().map(port).collect()
}

fn named_port(pod: &Value, name: &str) -> Option<i64> {
    let ports = pod.items("/spec/containers").iter().flat_map(|container| container.items("/ports"));
    ports.into_iter().find(|port| port.text("/name") == name)?.int("/containerPort")
}

fn target(pod: &Value) -> Value {
    json!({"kind": "Pod", "namespace": pod.namespace(), "name": pod.name(), "uid": pod.uid()})
}

fn slice(settled: &mut Settled, service: &Value, pods: &[&Arc<Value>], scene: &Scene<'_>) {
    let known = scene.view.controlled(ENDPOINT_SLICE, service);
    let name = format!("{}-{}", service.name(), fingerprint::letters(fingerprint::hash(&[service.uid()]), 5));
    let mut labels = service.map("/metadata/labels");
    labels.insert("kubernetes.io/service-name".to_owned(), service.name().into());
    labels.insert("endpointslice.kubernetes.io/managed-by".to_owned(), "endpointslice-controller.k8s.io".into());
    let endpoints: Vec<Value> = pods
        .iter()
        .map(|pod| {
            let ready = pod::ready(pod);
            json!({
                "addresses": [pod.text("/status/podIP")], "nodeName": pod.text("/spec/nodeName"), "targetRef": target(pod),
                "conditions": {"ready": ready, "serving": ready, "terminating": false},
            })
        })
        .collect();
    let mut ports = ports(service, pods.first().map(|pod| &***pod));
    for port in &mut ports {
        if port.get("name").is_none() {
            put(port, &["name"], "".into());
        }
    }
    let made = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": name, "namespace": service.namespace(), "labels": labels, "annotations": {SIMULATED: "true"},
            "ownerReferences": [owner_reference(&SERVICE, service)],
        },
        "addressType": "IPv4", "endpoints": endpoints, "ports": ports,
    });
    replace(settled, known.first().map(|known| &***known), made, &["endpoints", "ports"]);
}

fn endpoints(settled: &mut Settled, service: &Value, pods: &[&Arc<Value>], scene: &Scene<'_>) {
    let addresses = |ready: bool| -> Vec<Value> {
        let picked = pods.iter().filter(|pod| pod::ready(pod) == ready);
        picked.map(|pod| json!({"ip": pod.text("/status/podIP"), "nodeName": pod.text("/spec/nodeName"), "targetRef": target(pod)})).collect()
    };
    let mut subset = json!({"ports": ports(service, pods.first().map(|pod| &***pod))});
    for (field, ready) in [("addresses", true), ("notReadyAddresses", false)] {
        let list = addresses(ready);
        if !list.is_empty() {
            put(&mut subset, &[field], list.into());
        }
    }
    let subsets = if pods.is_empty() { json!([]) } else { json!([subset]) };
    let made = json!({
        "apiVersion": "v1", "kind": "Endpoints",
        "metadata": {
            "name": service.name(), "namespace": service.namespace(), "labels": service.map("/metadata/labels"),
            "annotations": {SIMULATED: "true"}, "ownerReferences": [owner_reference(&SERVICE, service)],
        },
        "subsets": subsets,
    });
    let known = scene.view.find(ENDPOINTS, service.namespace(), service.name()).map(|known| &**known);
    // Somebody's own Endpoints stay as they are.
    if known.is_none_or(|known| known.annotation(SIMULATED) == "true") {
        replace(settled, known, made, &["subsets"]);
    }
}

fn replace(settled: &mut Settled, known: Option<&Value>, made: Value, fields: &[&str]) {
    let Some(known) = known else {
        settled.create(made);
        return;
    };
    let mut next = known.clone();
    for field in fields {
        let fresh = made.get(*field).cloned().unwrap_or(Value::Null);
        // An empty list may have been left out by the server.
        let empty = |value: Option<&Value>| {
            value.is_none_or(|value| value.is_null() || value.as_array().is_some_and(Vec::is_empty))
        };
        if !(empty(Some(&fresh)) && empty(known.get(*field))) {
            put(&mut next, &[field], fresh);
        }
    }
    settled.update(known, next);
}

#[cfg(test)]
mod tests {
    use super::super::{
        kind::{ENDPOINT_SLICE, ENDPOINTS, POD, SERVICE},
        object::Json,
        stage::Stage,
    };
    use jiff::SignedDuration;
    use serde_json::json;

    #[test]
    fn knows_the_pods_that_it_picks_and_gets_an_address() {
        let mut stage = Stage::new();
        stage.apply(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http", "name": "h"}]},
        }));
        stage.apply(json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"name": "http", "containerPort": 8000}]}]},
        }));
        stage.settle();
        assert!(stage.get(ENDPOINTS, "web").items("/subsets").is_empty());
        stage.pass(SignedDuration::from_secs(1));
        let endpoints = stage.get(ENDPOINTS, "web");
        assert_eq!(endpoints.text("/subsets/0/addresses/0/ip"), stage.get(POD, "web-1").text("/status/podIP"));
        assert_eq!(endpoints.int("/subsets/0/ports/0/port"), Some(8000));
        assert_eq!(stage.list(ENDPOINT_SLICE)[0].text("/endpoints/0/targetRef/name"), "web-1");
        assert!(stage.get(SERVICE, "web").text("/status/loadBalancer/ingress/0/ip").starts_with("203.0.113."));
        stage.delete(POD, "default", "web-1");
        stage.pass(SignedDuration::from_secs(1));
        assert!(stage.get(ENDPOINTS, "web").items("/subsets").is_empty());
    }
}
