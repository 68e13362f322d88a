//! Defaults of Services, with the addresses and node ports that the server hands out, and of what is near them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::pod::items;
use crate::catalog::Gvr;
use crate::object::{self, default, set};
use crate::store::{Selector, Store};

/// The Services' network, 10.96.0.0/16.
const NETWORK: (u8, u8) = (10, 96);
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

pub(super) fn service(store: &Store, old: Option<&Value>, object: &mut Value) {
    default(object, &["spec", "type"], "ClusterIP");
    default(object, &["spec", "sessionAffinity"], "None");
    let kind = object::text(object, &["spec", "type"]).to_owned();
    if let Some(spec) = object.get_mut("spec") {
        for port in items(spec, "ports") {
            default(port, &["protocol"], "TCP");
            let number = port.get("port").cloned().unwrap_or_default();
            default(port, &["targetPort"], number);
        }
        if object::text(spec, &["sessionAffinity"]) == "ClientIP" {
            default(spec, &["sessionAffinityConfig", "clientIP", "timeoutSeconds"], 10_800);
        }
    }
    if kind == "ExternalName" {
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            object::remove(object, &["spec", field]);
        }
    } else {
        default(object, &["spec", "internalTrafficPolicy"], "Cluster");
        addresses(store, old, object);
    }
    if kind == "NodePort" || kind == "LoadBalancer" {
        default(object, &["spec", "externalTrafficPolicy"], "Cluster");
        node_ports(store, old, object);
    }
    if kind == "LoadBalancer" {
        default(object, &["spec", "allocateLoadBalancerNodePorts"], true);
    }
    default(object, &["status", "loadBalancer"], json!({}));
}

fn services(store: &Store) -> Vec<Value> {
    let gvr = Gvr::new("", "v1", "services");
    store.list(gvr, None, &Selector::default()).map(|list| list.items).unwrap_or_default()
}

/// Keeps the address it has, takes the one it asks for, else the next free one.
fn addresses(store: &Store, old: Option<&Value>, object: &mut Value) {
    let before = old.map(|o| object::text(o, &["spec", "clusterIP"]).to_owned()).unwrap_or_default();
    let mut address = object::text(object, &["spec", "clusterIP"]).to_owned();
    if address.is_empty() && !before.is_empty() {
        address = before;
    }
    if address.is_empty() {
        let taken: BTreeSet<String> =
            services(store).iter().map(|s| object::text(s, &["spec", "clusterIP"]).to_owned()).collect();
        let start = spread(object::uid(object));
        for offset in 0..65_000u32 {
            let host = 2 + (start + offset) % 65_000;
            let candidate = format!("{}.{}.{}.{}", NETWORK.0, NETWORK.1, host / 256, host % 256);
            if !host.is_multiple_of(256) && host % 256 != 255 && !taken.contains(&candidate) {
                address = candidate;
                break;
            }
        }
    }
    set(object, &["spec", "clusterIP"], address.as_str());
    set(object, &["spec", "clusterIPs"], json!([address]));
    default(object, &["spec", "ipFamilies"], json!(["IPv4"]));
    default(object, &["spec", "ipFamilyPolicy"], "SingleStack");
}

fn node_ports(store: &Store, old: Option<&Value>, object: &mut Value) {
    let mut taken: BTreeSet<i64> = services(store)
        .iter()
        .flat_map(|s| object::list(s, &["spec", "ports"]).to_vec())
        .filter_map(|p| object::int(&p, &["nodePort"]))
        .collect();
    let before: Vec<Value> = old.map(|o| object::list(o, &["spec", "ports"]).to_vec()).unwrap_or_default();
    let first = i64::from(spread(object::uid(object)) % 2_768);
    let Some(spec) = object.get_mut("spec") else { return };
    for port in items(spec, "ports") {
        if object::int(port, &["nodePort"]).is_some_and(|n| n != 0) {
            continue;
        }
        let same =
            before.iter().find(|b| b.get("port") == port.get("port") && b.get("protocol") == port.get("protocol"));
        let kept = same.and_then(|b| object::int(b, &["nodePort"]));
        let free = || (0..2_768).map(|n| NODE_PORTS.start() + (first + n) % 2_768).find(|n| !taken.contains(n));
        if let Some(number) = kept.or_else(free) {
            taken.insert(number);
            set(port, &["nodePort"], number);
        }
    }
}

/// A number that differs from uid to uid.
fn spread(uid: &str) -> u32 {
    uid.bytes().fold(0u32, |n, byte| n.wrapping_mul(31).wrapping_add(u32::from(byte))) % 65_000
}

pub(super) fn network_policy(object: &mut Value) {
    let egress = object::at(object, &["spec", "egress"]).is_some();
    let types = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    default(object, &["spec", "policyTypes"], types);
}

pub(super) fn endpoint_slice(object: &mut Value) {
    for port in items(object, "ports") {
        default(port, &["name"], "");
        default(port, &["protocol"], "TCP");
    }
}

pub(super) fn endpoints(object: &mut Value) {
    for subset in items(object, "subsets") {
        for port in items(subset, "ports") {
            default(port, &["protocol"], "TCP");
        }
    }
}
