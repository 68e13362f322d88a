//! Objects as watches tell of them, read at once as what they are. A controller is told of each change of everything that it
//! serves, so that a general object, which would have to be made into a tree first and then into what it is, is too dear.

use actions::Fault;
use kube::api::ApiResource;
use kube::core::{DynamicResourceScope, ObjectMeta};
use kube::runtime::watcher::Event;
use kube::{Api, Client, Resource};
use model::{Application, ResourceTracker, WorkflowRun};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;

/// What can be told of.
pub(crate) trait Telling: DeserializeOwned + Clone + std::fmt::Debug + Send + Sync + 'static {
    /// It, from an object as it stands on a server.
    ///
    /// # Errors
    /// The object is not what it says it is.
    fn read(object: Value) -> serde_json::Result<Self> {
        serde_json::from_value(object)
    }
}

impl Telling for Application {}
impl Telling for WorkflowRun {}
impl Telling for ResourceTracker {}

// a tree already: nothing is made of it
impl Telling for Value {
    fn read(object: Value) -> serde_json::Result<Self> {
        Ok(object)
    }
}

/// An object, or why it cannot be read: one that is wrong must not end the watch of all others.
#[derive(Debug, Clone)]
pub(crate) struct Told<T> {
    metadata: ObjectMeta,
    read: Result<T, String>,
}

impl<T> Told<T> {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// Its namespace; empty: none.
    pub(crate) fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// What it is.
    ///
    /// # Errors
    /// It cannot be read; permanent.
    pub(crate) fn read(self) -> Result<T, Fault> {
        self.read.map_err(Fault::permanent)
    }

    fn map<U>(self, into: impl Fn(T) -> U) -> Told<U> {
        Told { metadata: self.metadata, read: self.read.map(into) }
    }
}

impl<'de, T: Telling> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Value::deserialize(deserializer)?;
        let text = |name: &str| object.pointer(name).and_then(Value::as_str).map(str::to_owned);
        let metadata = ObjectMeta {
            name: text("/metadata/name"),
            namespace: text("/metadata/namespace"),
            resource_version: text("/metadata/resourceVersion"),
            ..ObjectMeta::default()
        };
        Ok(Told { metadata, read: T::read(object).map_err(|e| e.to_string()) })
    }
}

impl<T> Resource for Told<T> {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(dt: &ApiResource) -> Cow<'_, str> {
        dt.kind.as_str().into()
    }

    fn group(dt: &ApiResource) -> Cow<'_, str> {
        dt.group.as_str().into()
    }

    fn version(dt: &ApiResource) -> Cow<'_, str> {
        dt.version.as_str().into()
    }

    fn plural(dt: &ApiResource) -> Cow<'_, str> {
        dt.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// The objects of a kind, in all namespaces.
pub(crate) fn all<T: Telling>(client: &Client, kind: &ApiResource) -> Api<Told<T>> {
    Api::all_with(client.clone(), kind)
}

/// What is told, as something else.
pub(crate) fn map<T, U>(event: Event<Told<T>>, into: impl Fn(T) -> U) -> Event<Told<U>> {
    match event {
        Event::Apply(object) => Event::Apply(object.map(into)),
        Event::Delete(object) => Event::Delete(object.map(into)),
        Event::InitApply(object) => Event::InitApply(object.map(into)),
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_that_is_wrong_is_told_of_all_the_same() {
        let told = |spec: Value| {
            let object = json!({"metadata": {"name": "a", "namespace": "n", "resourceVersion": "7"}, "spec": spec});
            serde_json::from_str::<Told<Application>>(&object.to_string()).unwrap()
        };
        let wrong = told(json!({"components": "none"}));
        assert_eq!((wrong.name(), wrong.namespace(), wrong.meta().resource_version.as_deref()), ("a", "n", Some("7")));
        assert!(wrong.read().is_err());
        assert_eq!(told(json!({"components": []})).read().unwrap().metadata.name, "a");
    }
}
