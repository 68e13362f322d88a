//! The addresses of an Application: of its Services and Ingresses.

use super::Applied;
use crate::call::Clusters;
use crate::fault::Fault;
use crate::object::ObjectRef;
use serde_json::{Value, json};

/// `query.#CollectServiceEndpoints`: `{endpoint: {protocol, host, port, portName, path, inner}, ref, cluster, component}`.
///
/// # Errors
/// A cluster does not answer.
pub async fn endpoints(all: &[Applied], clusters: &dyn Clusters) -> Result<Value, Fault> {
    let mut list = Vec::new();
    for one in all {
        let read: fn(&Value) -> Vec<Value> = match one.object.kind.as_str() {
            "Service" => service,
            "Ingress" => ingress,
            _ => continue,
        };
        let objects = clusters.objects(&one.cluster).await?;
        if let Some(live) = objects.read(&one.object).await? {
            list.extend(read(&live).into_iter().map(|endpoint| told(one, endpoint)));
        }
        // A simulated or real release of a chart makes Services that no inventory knows; those are not looked for.
    }
    Ok(json!({ "list": list }))
}

fn told(one: &Applied, endpoint: Value) -> Value {
    let ObjectRef { api_version, kind, namespace, name } = &one.object;
    json!({
        "endpoint": endpoint,
        "ref": {"apiVersion": api_version, "kind": kind, "namespace": namespace, "name": name},
        "cluster": if one.cluster.is_empty() { model::cluster::LOCAL } else { &one.cluster },
        "component": one.component,
    })
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn service(service: &Value) -> Vec<Value> {
    let balanced: Vec<&str> = items(service, "/status/loadBalancer/ingress")
        .map(|i| if text(i, "/ip").is_empty() { text(i, "/hostname") } else { text(i, "/ip") })
        .filter(|host| !host.is_empty())
        .collect();
    let inner = format!("{}.{}", text(service, "/metadata/name"), text(service, "/metadata/namespace"));
    let waits = text(service, "/spec/type") == "LoadBalancer" && balanced.is_empty();
    let mut found = Vec::new();
    for port in items(service, "/spec/ports") {
        let endpoint = |host: &str, inner: bool| {
            json!({
                "protocol": text(port, "/protocol"), "appProtocol": text(port, "/appProtocol"),
                "host": host, "port": port.get("port"), "portName": text(port, "/name"), "inner": inner,
            })
        };
        if waits {
            continue;
        }
        match balanced.as_slice() {
            [] => found.push(endpoint(&inner, true)),
            hosts => found.extend(hosts.iter().map(|host| endpoint(host, false))),
        }
    }
    found
}

pub(super) fn ingress(ingress: &Value) -> Vec<Value> {
    let secure: Vec<&str> =
        items(ingress, "/spec/tls").flat_map(|tls| items(tls, "/hosts")).filter_map(Value::as_str).collect();
    let address = items(ingress, "/status/loadBalancer/ingress")
        .map(|i| if text(i, "/ip").is_empty() { text(i, "/hostname") } else { text(i, "/ip") })
        .next()
        .unwrap_or_default();
    let mut found = Vec::new();
    for rule in items(ingress, "/spec/rules") {
        let host = text(rule, "/host");
        let (protocol, port) = if secure.contains(&host) { ("https", 443) } else { ("http", 80) };
        let host = if host.is_empty() { address } else { host };
        for path in items(rule, "/http/paths").filter(|_| !host.is_empty()) {
            found.push(json!({
                "protocol": "TCP", "appProtocol": protocol, "host": host, "port": port, "portName": "",
                "path": text(path, "/path"), "inner": false,
            }));
        }
    }
    found
}
