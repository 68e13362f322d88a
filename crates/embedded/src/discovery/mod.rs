//! What the server tells about itself: versions, groups, resources, health.

use http::Response;
use serde_json::{Value, json};

use crate::catalog::{Resource, Version};
use crate::error::ApiError;
use crate::rest::{Body, Call, respond};

/// The Kubernetes version that the server behaves like.
pub(crate) const MINOR: &str = "32";
const VERSION: &str = "v1.32.3";

pub(crate) fn answer(call: &Call<'_>, path: &str) -> Result<Response<Body>, ApiError> {
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    match parts.as_slice() {
        ["healthz" | "readyz" | "livez", ..] => Ok(respond::typed("text/plain; charset=utf-8", "ok")),
        ["openapi", "v3", rest @ ..] => Ok(crate::openapi::v3(call, rest)),
        ["openapi", "v2"] => Ok(crate::openapi::v2(call)),
        ["version"] => Ok(respond::value(200, &version())),
        ["api"] if call.accept.aggregated => Ok(aggregated(call, true)),
        ["apis"] if call.accept.aggregated => Ok(aggregated(call, false)),
        ["api"] => Ok(respond::value(
            200,
            &json!({"kind": "APIVersions", "versions": ["v1"],
                    "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "embedded"}]}),
        )),
        ["apis"] => {
            let groups: Vec<Value> = group_names(call).iter().map(|g| group(call, g)).collect();
            Ok(respond::value(200, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})))
        }
        ["apis", name] => {
            if !group_names(call).iter().any(|g| g == name) {
                return Ok(respond::not_a_page());
            }
            let mut group = group(call, name);
            crate::object::set(&mut group, &["kind"], "APIGroup");
            crate::object::set(&mut group, &["apiVersion"], "v1");
            Ok(respond::value(200, &group))
        }
        ["api", version] => resources(call, "", version),
        ["apis", group, version] => resources(call, group, version),
        [] => {
            let mut paths: Vec<String> =
                ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
                    .iter()
                    .map(|p| (*p).to_owned())
                    .collect();
            for name in group_names(call) {
                paths.push(format!("/apis/{name}"));
                paths.extend(versions_of(call, &name).into_iter().map(|v| format!("/apis/{name}/{v}")));
            }
            paths.sort();
            Ok(respond::value(200, &json!({ "paths": paths })))
        }
        _ => Ok(respond::not_a_page()),
    }
}

fn version() -> Value {
    json!({
        "major": "1", "minor": MINOR, "gitVersion": format!("{VERSION}+lateen"), "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rustc", "platform": "embedded",
    })
}

fn group_names(call: &Call<'_>) -> Vec<String> {
    let table = call.store().catalog().snapshot();
    let mut names: Vec<String> = table.keys().map(|(group, _)| group.to_string()).filter(|g| !g.is_empty()).collect();
    names.dedup();
    names
}

/// The versions of a group, preferred first: stable before beta before alpha, higher before lower.
fn versions_of(call: &Call<'_>, group: &str) -> Vec<String> {
    let table = call.store().catalog().snapshot();
    let mut versions: Vec<String> = Vec::new();
    for resource in table.iter().filter(|((g, _), _)| g == group).map(|(_, r)| r) {
        for version in &resource.versions {
            if !versions.iter().any(|v| *v == version.name) {
                versions.push(version.name.to_string());
            }
        }
    }
    versions.sort_by_key(|v| std::cmp::Reverse(priority(v)));
    versions
}

/// Kubernetes' order of version names: `v2 > v1 > v1beta2 > v1beta1 > v1alpha1 > anything else`.
pub(crate) fn priority(version: &str) -> (u8, u64, u64) {
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (major, stage) = rest.split_at(end);
    let Ok(major) = major.parse() else { return (0, 0, 0) };
    let (rank, minor) = match stage {
        "" => (3, ""),
        _ => match (stage.strip_prefix("beta"), stage.strip_prefix("alpha")) {
            (Some(minor), _) => (2, minor),
            (_, Some(minor)) => (1, minor),
            _ => return (0, 0, 0),
        },
    };
    (rank, major, minor.parse().unwrap_or(0))
}

fn group(call: &Call<'_>, name: &str) -> Value {
    let versions: Vec<Value> =
        versions_of(call, name).iter().map(|v| json!({"groupVersion": format!("{name}/{v}"), "version": v})).collect();
    let preferred = versions.first().cloned().unwrap_or_default();
    json!({"name": name, "versions": versions, "preferredVersion": preferred})
}

fn verbs(resource: &Resource, version: &str) -> Value {
    if resource.custom {
        return json!(["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]);
    }
    if let Some(known) = k8s_schema::resource_by_plural(&resource.group, version, &resource.plural) {
        let mut verbs: Vec<&str> = known.verbs().collect();
        verbs.sort_unstable();
        return json!(verbs);
    }
    if resource.virtual_ {
        json!(["create"])
    } else if &*resource.table == "/namespaces" {
        json!(["create", "delete", "get", "list", "patch", "update", "watch"])
    } else {
        json!(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"])
    }
}

/// Subresources that exist in Kubernetes' schemas and that 1.32 serves only when told to.
const OFF: &[&str] = &["resize"];

/// A subresource: its name, its kind's group and version where they are not the resource's, its kind, its verbs.
type Listed = (String, Option<(&'static str, &'static str)>, String, Value);

/// Subresources with their kind: `(name, group, version, kind, verbs)`.
fn subresources(resource: &Resource, version: &Version) -> Vec<Listed> {
    if let Some(known) = k8s_schema::resource_by_plural(&resource.group, &version.name, &resource.plural) {
        let mut all: Vec<_> = known
            .subresources()
            .filter(|sub| !OFF.contains(&sub.name))
            .map(|sub| {
                let own = sub.group == resource.group && sub.version == version.name;
                let mut verbs: Vec<&str> = sub.verbs().collect();
                verbs.sort_unstable();
                (sub.name.to_owned(), (!own).then_some((sub.group, sub.version)), sub.kind.to_owned(), json!(verbs))
            })
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        return all;
    }
    let mut found = Vec::new();
    let rw = json!(["get", "patch", "update"]);
    let (status, scale) = match &version.custom {
        Some(custom) => (custom.status, custom.scale.is_some()),
        None => (resource.status, resource.scale.is_some()),
    };
    if &*resource.table == "/pods" {
        let get_create = json!(["create", "get"]);
        found.push(("attach".into(), None, "PodAttachOptions".to_owned(), get_create.clone()));
        found.push(("binding".into(), None, "Binding".into(), json!(["create"])));
        found.push(("eviction".into(), Some(("policy", "v1")), "Eviction".into(), json!(["create"])));
        found.push(("exec".into(), None, "PodExecOptions".into(), get_create.clone()));
        found.push(("log".into(), None, "Pod".into(), json!(["get"])));
        found.push(("portforward".into(), None, "PodPortForwardOptions".into(), get_create.clone()));
        found.push(("proxy".into(), None, "PodProxyOptions".into(), get_create));
    }
    if &*resource.table == "/namespaces" {
        found.push(("finalize".into(), None, "Namespace".into(), json!(["update"])));
    }
    if &*resource.table == "/serviceaccounts" {
        found.push(("token".into(), Some(("authentication.k8s.io", "v1")), "TokenRequest".into(), json!(["create"])));
    }
    if status && resource.custom {
        found.push(("status".into(), None, resource.kind.to_string(), rw.clone()));
    }
    if scale {
        found.push(("scale".into(), Some(("autoscaling", "v1")), "Scale".into(), rw.clone()));
    }
    if status && !resource.custom {
        found.push(("status".into(), None, resource.kind.to_string(), rw));
    }
    found
}

fn resources(call: &Call<'_>, group: &str, version: &str) -> Result<Response<Body>, ApiError> {
    let table = call.store().catalog().snapshot();
    let mut list = Vec::new();
    for resource in table.iter().filter(|((g, _), _)| g == group).map(|(_, r)| r) {
        let Some(at) = resource.version(version) else { continue };
        let mut entry = json!({
            "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
            "kind": resource.kind, "verbs": verbs(resource, version),
        });
        if !resource.short_names.is_empty() {
            crate::object::set(&mut entry, &["shortNames"], json!(resource.short_names));
        }
        if !resource.categories.is_empty() {
            crate::object::set(&mut entry, &["categories"], json!(resource.categories));
        }
        list.push(entry);
        for (name, gv, kind, verbs) in subresources(resource, at) {
            let mut entry = json!({
                "name": format!("{}/{name}", resource.plural), "singularName": "", "namespaced": resource.namespaced,
                "kind": kind, "verbs": verbs,
            });
            if let Some((group, version)) = gv {
                crate::object::set(&mut entry, &["group"], group);
                crate::object::set(&mut entry, &["version"], version);
            }
            list.push(entry);
        }
    }
    if list.is_empty() {
        let known = group.is_empty() || group_names(call).iter().any(|g| g == group);
        return if known { Err(ApiError::no_such_path()) } else { Ok(respond::not_a_page()) };
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut body = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": list});
    if !group.is_empty() {
        // The core group's list is older than this field.
        crate::object::set(&mut body, &["apiVersion"], "v1");
    }
    Ok(respond::value(200, &body))
}

/// Everything in one answer (`apidiscovery.k8s.io/v2`), the core group or the others.
fn aggregated(call: &Call<'_>, core: bool) -> Response<Body> {
    let table = call.store().catalog().snapshot();
    let names = if core { vec![String::new()] } else { group_names(call) };
    let mut groups = Vec::new();
    for name in names {
        let mut versions = Vec::new();
        for version in versions_of(call, &name) {
            let mut list = Vec::new();
            for resource in table.iter().filter(|((g, _), _)| *g == name.as_str()).map(|(_, r)| r) {
                let Some(at) = resource.version(&version) else { continue };
                let scope = if resource.namespaced { "Namespaced" } else { "Cluster" };
                let subs: Vec<Value> = subresources(resource, at)
                    .into_iter()
                    .map(|(sub, gv, kind, verbs)| {
                        let (group, version) = gv.unwrap_or((&name, &version));
                        json!({"subresource": sub, "verbs": verbs,
                               "responseKind": {"group": group, "version": version, "kind": kind}})
                    })
                    .collect();
                let mut entry = json!({
                    "resource": resource.plural, "scope": scope, "singularResource": resource.singular,
                    "verbs": verbs(resource, &version),
                    "responseKind": {"group": name, "version": version, "kind": resource.kind},
                });
                for (key, words) in [("shortNames", &resource.short_names), ("categories", &resource.categories)] {
                    if !words.is_empty() {
                        crate::object::set(&mut entry, &[key], json!(words));
                    }
                }
                if !subs.is_empty() {
                    crate::object::set(&mut entry, &["subresources"], subs);
                }
                list.push(entry);
            }
            versions.push(json!({"version": version, "freshness": "Current", "resources": list}));
        }
        let metadata =
            if core { json!({"creationTimestamp": null}) } else { json!({"name": name, "creationTimestamp": null}) };
        groups.push(json!({"metadata": metadata, "versions": versions}));
    }
    let body = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": groups});
    respond::typed("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", body.to_string())
}

#[cfg(test)]
mod tests {
    use super::priority;

    #[test]
    fn stable_versions_come_before_others() {
        let mut versions = vec!["v1alpha1", "v10", "v1beta2", "v1", "x", "v1beta1", "v2"];
        versions.sort_by_key(|v| std::cmp::Reverse(priority(v)));
        assert_eq!(versions, ["v10", "v2", "v1", "v1beta2", "v1beta1", "v1alpha1", "x"]);
    }
}
