//! The plural name and scope of a kind: from Kubernetes' own catalogue, else asked of the cluster and remembered.

use crate::fault::Fault;
use kube::core::ApiResource;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// By `apiVersion` and kind: the resource, and whether its objects live in namespaces.
type Known = FxHashMap<(String, String), (ApiResource, bool)>;

/// What was asked of one cluster. Only what exists is remembered, so a CRD that arrives later is found.
#[derive(Debug, Clone, Default)]
pub struct Resolver(Arc<Mutex<Known>>);

impl Resolver {
    /// The resource of a kind, and whether its objects live in namespaces.
    pub(super) async fn resolve(
        &self,
        client: &kube::Client,
        cluster: &str,
        api_version: &str,
        kind: &str,
    ) -> Result<(ApiResource, bool), Fault> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        if let Some(known) = k8s_schema::resource(group, version, kind) {
            let resource = resource(api_version, kind, known.plural);
            return Ok((resource, known.namespaced));
        }
        let key = (api_version.to_owned(), kind.to_owned());
        if let Some(found) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(found.clone());
        }
        let what = format!("look up kind {kind} of {api_version} on cluster {cluster}");
        let missing = || {
            Fault::permanent(format!(
                "cluster {cluster} has no kind {kind} in {api_version}; install what provides it (its CRD) and try again"
            ))
        };
        let listed = if group.is_empty() {
            client.list_core_api_resources(version).await
        } else {
            client.list_api_group_resources(api_version).await
        };
        let listed = match listed {
            Ok(listed) => listed,
            Err(kube::Error::Api(status)) if status.code == 404 => return Err(missing()),
            Err(error) => return Err(Fault::of(&what, &error)),
        };
        let found =
            listed.resources.into_iter().find(|r| r.kind == kind && !r.name.contains('/')).ok_or_else(missing)?;
        let found = (resource(api_version, kind, &found.name), found.namespaced);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
        Ok(found)
    }
}

fn resource(api_version: &str, kind: &str, plural: &str) -> ApiResource {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}
