//! Objects of one cluster as plain JSON: read, list, apply, create, replace, patch, delete, wait.
//!
//! Everything above speaks to a cluster through [`Objects`]; it adds to `kube::Client` what every action needs: the
//! plural name of a kind (from Kubernetes' own catalogue, else asked of the cluster), a fault that names object and
//! cluster, and server-side apply with the application's own field manager.

mod resolve;
mod watch;

pub use resolve::Resolver;

use crate::fault::Fault;
use ::kube::api::{DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams};
use ::kube::core::{ApiResource, Request, Resource as _};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One object's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectRef {
    /// `apps/v1`
    pub api_version: String,
    /// `Deployment`
    pub kind: String,
    /// Empty for objects without a namespace, and for "the default one" until resolved.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectRef {
    /// From a manifest.
    ///
    /// # Errors
    /// `apiVersion`, `kind` or `metadata.name` is missing; the message says which.
    pub fn of(object: &Value) -> Result<ObjectRef, Fault> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let found = ObjectRef {
            api_version: text("/apiVersion"),
            kind: text("/kind"),
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name"),
        };
        for (field, value) in
            [("apiVersion", &found.api_version), ("kind", &found.kind), ("metadata.name", &found.name)]
        {
            if value.is_empty() {
                return Err(Fault::permanent(format!("the object has no {field}: {}", short(object))));
            }
        }
        Ok(found)
    }
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

/// The first hundred characters of an object, for a message.
fn short(object: &Value) -> String {
    let text = object.to_string();
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The objects of one cluster.
#[derive(Clone)]
pub struct Objects {
    client: ::kube::Client,
    cluster: String,
    resolver: Resolver,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

/// How a patch is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchType {
    /// RFC 7396; `null` removes.
    Merge,
    /// Kubernetes' own, which knows the keys of lists; built-in kinds only.
    Strategic,
    /// RFC 6902, a list of operations.
    Json,
}

/// What a list asks for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Empty: all namespaces.
    pub namespace: String,
    /// `a=b,c!=d`; empty: everything.
    pub label_selector: String,
    /// `metadata.name=x`; empty: everything.
    pub field_selector: String,
}

/// What is left of an answer of which only the object's version is read: an object is large, and most writes need nothing of it.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Written {
    /// What the server has given it.
    #[serde(default)]
    pub metadata: Version,
}

/// See [`Written`].
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Version {
    /// The version after the write.
    pub resource_version: String,
}

/// A version from before any object was stored.
const NO_VERSION: &str = "1";

impl Objects {
    /// The objects behind a client; `cluster` is the name that messages show.
    pub fn new(client: ::kube::Client, cluster: impl Into<String>) -> Objects {
        Objects { client, cluster: cluster.into(), resolver: Resolver::default() }
    }

    /// The same objects through another client: other credentials, or somebody else's name. What was learnt of the cluster's
    /// kinds is kept.
    #[must_use]
    pub fn through(&self, client: ::kube::Client) -> Objects {
        Objects { client, ..self.clone() }
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The client underneath.
    pub fn client(&self) -> &::kube::Client {
        &self.client
    }

    /// The plural name and scope of a kind.
    ///
    /// # Errors
    /// The cluster has no such kind (permanent; a CRD may be missing), or does not answer.
    pub async fn resource(&self, api_version: &str, kind: &str) -> Result<(ApiResource, bool), Fault> {
        self.resolver.resolve(&self.client, &self.cluster, api_version, kind).await
    }

    fn fault<'a>(&'a self, verb: &'a str, target: &'a ObjectRef) -> impl Fn(::kube::Error) -> Fault + 'a {
        move |error| Fault::of(&format!("{verb} {target} on cluster {}", self.cluster), &error)
    }

    async fn address(&self, target: &mut ObjectRef) -> Result<Request, Fault> {
        let (resource, namespaced) = self.resource(&target.api_version, &target.kind).await?;
        if !namespaced {
            target.namespace.clear();
        } else if target.namespace.is_empty() {
            target.namespace = self.client.default_namespace().to_owned();
        }
        let namespace = namespaced.then_some(target.namespace.as_str());
        Ok(Request::new(::kube::core::DynamicObject::url_path(&resource, namespace)))
    }

    async fn send<T: DeserializeOwned>(
        &self,
        verb: &str,
        target: &ObjectRef,
        request: Result<http::Request<Vec<u8>>, ::kube::core::request::Error>,
    ) -> Result<T, Fault> {
        let request = request.map_err(|e| Fault::permanent(format!("{verb} {target}: {e}")))?;
        self.client.request(request).await.map_err(self.fault(verb, target))
    }

    /// Reads an object; `None` when it is not there.
    ///
    /// # Errors
    /// Anything but "not found".
    pub async fn read(&self, target: &ObjectRef) -> Result<Option<Value>, Fault> {
        let mut target = target.clone();
        let request = self.address(&mut target).await?;
        match self.send("read", &target, request.get(&target.name, &GetParams::default())).await {
            Ok(object) => Ok(Some(object)),
            Err(fault) if fault.is_not_found() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Lists the objects of a kind; the answer is the list object (`items`, `metadata`).
    ///
    /// # Errors
    /// The kind does not exist, the selector is malformed, or the cluster does not answer.
    pub async fn list(&self, api_version: &str, kind: &str, filter: &Filter) -> Result<Value, Fault> {
        let (resource, namespaced) = self.resource(api_version, kind).await?;
        let namespace = (namespaced && !filter.namespace.is_empty()).then_some(filter.namespace.as_str());
        let request = Request::new(::kube::core::DynamicObject::url_path(&resource, namespace));
        let target = ObjectRef {
            api_version: api_version.into(),
            kind: kind.into(),
            namespace: filter.namespace.clone(),
            name: "*".into(),
        };
        self.send("list", &target, request.list(&list_params(filter))).await
    }

    /// Server-side apply: the fields of the manifest belong to `manager`, those that it applied before and no longer names
    /// go away. `force` takes fields from other managers.
    ///
    /// # Errors
    /// A conflict with another manager when not forced, validation, a missing namespace or kind, an unreachable cluster.
    pub async fn apply(&self, object: &Value, manager: &str, force: bool, dry_run: bool) -> Result<Value, Fault> {
        self.apply_as(object, manager, force, dry_run).await
    }

    /// As [`Objects::apply`], with the answer read as something less than the whole object.
    ///
    /// # Errors
    /// The same.
    pub async fn apply_as<T: DeserializeOwned>(
        &self,
        object: &Value,
        manager: &str,
        force: bool,
        dry_run: bool,
    ) -> Result<T, Fault> {
        let mut target = ObjectRef::of(object)?;
        let request = self.address(&mut target).await?;
        let parameters =
            PatchParams { dry_run, force, field_manager: Some(manager.to_owned()), field_validation: None };
        self.send("apply", &target, request.patch(&target.name, &parameters, &Patch::Apply(object))).await
    }

    /// Server-side apply of an object that is most likely not there: it is made if so, and left alone if not. What spares
    /// the look is a version that no object has: a server holds it against the live object, and nothing else.
    ///
    /// # Errors
    /// A conflict (409): it is there; and as for [`Objects::apply`].
    pub async fn apply_absent<T: DeserializeOwned>(&self, object: &Value, manager: &str) -> Result<T, Fault> {
        let mut absent = object.clone();
        if let Some(metadata) = absent.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("resourceVersion".into(), NO_VERSION.into());
        }
        self.apply_as(&absent, manager, false, false).await
    }

    /// Creates an object; `generateName` is allowed.
    ///
    /// # Errors
    /// It exists already (409, permanent), and as for [`Objects::apply`].
    pub async fn create(&self, object: &Value, manager: &str) -> Result<Value, Fault> {
        self.create_as(object, manager).await
    }

    /// As [`Objects::create`], with the answer read as something less than the whole object.
    ///
    /// # Errors
    /// The same.
    pub async fn create_as<T: DeserializeOwned>(&self, object: &Value, manager: &str) -> Result<T, Fault> {
        let mut target = match object.pointer("/metadata/generateName").and_then(Value::as_str) {
            Some(generated) if object.pointer("/metadata/name").is_none() => {
                let mut named = object.clone();
                if let Some(metadata) = named.get_mut("metadata").and_then(Value::as_object_mut) {
                    metadata.insert("name".into(), format!("{generated}*").into());
                }
                ObjectRef::of(&named)?
            }
            _ => ObjectRef::of(object)?,
        };
        let request = self.address(&mut target).await?;
        let parameters = PostParams { dry_run: false, field_manager: Some(manager.to_owned()) };
        let body = serde_json::to_vec(object).map_err(|e| Fault::permanent(format!("create {target}: {e}")))?;
        self.send("create", &target, request.create(&parameters, body)).await
    }

    /// Replaces an object; a `metadata.resourceVersion` in it must still be the current one.
    ///
    /// # Errors
    /// A conflict when it changed meanwhile, not found, validation.
    pub async fn replace(&self, object: &Value, manager: &str) -> Result<Value, Fault> {
        self.replace_as(object, manager).await
    }

    /// As [`Objects::replace`], with the answer read as something less than the whole object.
    ///
    /// # Errors
    /// The same.
    pub async fn replace_as<T: DeserializeOwned>(&self, object: &Value, manager: &str) -> Result<T, Fault> {
        let mut target = ObjectRef::of(object)?;
        let request = self.address(&mut target).await?;
        let parameters = PostParams { dry_run: false, field_manager: Some(manager.to_owned()) };
        let body = serde_json::to_vec(object).map_err(|e| Fault::permanent(format!("replace {target}: {e}")))?;
        self.send("replace", &target, request.replace(&target.name, &parameters, body)).await
    }

    /// Replaces the status of an object that has the subresource; `metadata.resourceVersion` as for [`Objects::replace`].
    ///
    /// # Errors
    /// As for [`Objects::replace`].
    pub async fn replace_status(&self, object: &Value, manager: &str) -> Result<Value, Fault> {
        let mut target = ObjectRef::of(object)?;
        let request = self.address(&mut target).await?;
        let parameters = PostParams { dry_run: false, field_manager: Some(manager.to_owned()) };
        let body = serde_json::to_vec(object).map_err(|e| Fault::permanent(format!("replace {target}: {e}")))?;
        let request = request.replace_subresource("status", &target.name, &parameters, body);
        self.send("write the status of", &target, request).await
    }

    /// JSON merge patch (RFC 7396) of the object, or of its status.
    ///
    /// # Errors
    /// Not found, validation, a conflict when the patch names a `resourceVersion` that is not the current one.
    pub async fn merge(&self, target: &ObjectRef, patch: &Value, status: bool, manager: &str) -> Result<Value, Fault> {
        self.patch(target, PatchType::Merge, patch, status, manager).await
    }

    /// As [`Objects::merge`], with the answer read as something less than the whole object.
    ///
    /// # Errors
    /// The same.
    pub async fn merge_as<T: DeserializeOwned>(
        &self,
        target: &ObjectRef,
        patch: &Value,
        status: bool,
        manager: &str,
    ) -> Result<T, Fault> {
        self.patched(target, &Patch::Merge(patch), status, manager).await
    }

    /// Patches the object, or its status.
    ///
    /// # Errors
    /// Not found, a patch that does not fit its type, validation, a conflict.
    pub async fn patch(
        &self,
        target: &ObjectRef,
        kind: PatchType,
        patch: &Value,
        status: bool,
        manager: &str,
    ) -> Result<Value, Fault> {
        let patch = match kind {
            PatchType::Merge => Patch::Merge(patch),
            PatchType::Strategic => Patch::Strategic(patch),
            PatchType::Json => Patch::Json(
                serde_json::from_value(patch.clone())
                    .map_err(|e| Fault::permanent(format!("patch {target}: not a JSON patch (RFC 6902): {e}")))?,
            ),
        };
        self.patched(target, &patch, status, manager).await
    }

    async fn patched<T: DeserializeOwned>(
        &self,
        target: &ObjectRef,
        patch: &Patch<&Value>,
        status: bool,
        manager: &str,
    ) -> Result<T, Fault> {
        let mut target = target.clone();
        let request = self.address(&mut target).await?;
        let parameters = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
        let request = if status {
            request.patch_subresource("status", &target.name, &parameters, patch)
        } else {
            request.patch(&target.name, &parameters, patch)
        };
        self.send("patch", &target, request).await
    }

    /// Deletes an object; `Ok(false)` when it was not there. `parameters` carries propagation and preconditions.
    ///
    /// # Errors
    /// A precondition that does not hold (409), forbidden, an unreachable cluster.
    pub async fn delete(&self, target: &ObjectRef, parameters: &DeleteParams) -> Result<bool, Fault> {
        let mut target = target.clone();
        let request = self.address(&mut target).await?;
        match self.send::<Value>("delete", &target, request.delete(&target.name, parameters)).await {
            Ok(_) => Ok(true),
            Err(fault) if fault.is_not_found() => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Deletes all objects of a kind in one namespace that match.
    ///
    /// # Errors
    /// As for [`Objects::list`].
    pub async fn delete_collection(&self, api_version: &str, kind: &str, filter: &Filter) -> Result<Value, Fault> {
        let mut target = ObjectRef {
            api_version: api_version.into(),
            kind: kind.into(),
            namespace: filter.namespace.clone(),
            name: "*".into(),
        };
        let request = self.address(&mut target).await?;
        self.send("delete all of", &target, request.delete_collection(&DeleteParams::default(), &list_params(filter)))
            .await
    }
}

fn list_params(filter: &Filter) -> ListParams {
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    ListParams {
        label_selector: given(&filter.label_selector),
        field_selector: given(&filter.field_selector),
        ..ListParams::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_without_an_address_is_refused() {
        let fault = ObjectRef::of(&json!({"apiVersion": "v1", "metadata": {"name": "x"}})).unwrap_err();
        assert_eq!(fault.message, r#"the object has no kind: {"apiVersion":"v1","metadata":{"name":"x"}}"#);
    }

    #[test]
    fn an_address_reads_like_kubectl() {
        let object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "a", "name": "b"}});
        assert_eq!(ObjectRef::of(&object).unwrap().to_string(), "Secret a/b");
    }
}
