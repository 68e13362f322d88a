//! What a handler is given, and what it reaches the outside through.

use crate::fault::Fault;
use crate::object::Objects;
use futures::future::BoxFuture;
use serde_json::Value;

/// Clusters by name.
pub trait Clusters: Send + Sync {
    /// The objects of a cluster; an empty name and `local` are the hub.
    fn objects<'a>(&'a self, cluster: &'a str) -> BoxFuture<'a, Result<Objects, Fault>>;

    /// The names of all clusters, the hub's first.
    fn names(&self) -> BoxFuture<'_, Result<Vec<String>, Fault>>;
}

/// An object on its way to a cluster, with who asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The cluster; empty and `local` are the hub.
    pub cluster: String,
    /// The component that it belongs to; empty for objects that a step applies by itself.
    pub component: String,
    /// The trait that rendered it; empty for workloads.
    pub trait_name: String,
    /// The environment of an env-binding policy.
    pub env: String,
    /// It was made of secrets: its content is kept nowhere but in the object itself.
    pub secret: bool,
    /// The object.
    pub object: Value,
}

/// How objects reach clusters: recorded in the inventory first, checked for their owner, then applied.
///
/// A run of an Application and a stand-alone run differ here and nowhere else.
pub trait Dispatch: Send + Sync {
    /// Applies objects; the answers are the live objects in the same order.
    fn apply<'a>(&'a self, objects: Vec<Manifest>) -> BoxFuture<'a, Result<Vec<Value>, Fault>>;

    /// Deletes an object and takes it out of the inventory; `false` when it was not there.
    fn delete<'a>(&'a self, manifest: Manifest) -> BoxFuture<'a, Result<bool, Fault>>;
}

/// One call of an action.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Its parameters, whatever the spelling.
    pub params: &'a Value,
    /// For effects: what makes a repeated call recognisable.
    pub key: Option<&'a str>,
    /// The namespace of objects that name none.
    pub namespace: &'a str,
    /// Its parameters were made of secrets.
    pub secret: bool,
}

impl Call<'_> {
    /// A text parameter; empty when absent.
    pub fn text(&self, name: &str) -> &str {
        self.params.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A parameter that must be given.
    ///
    /// # Errors
    /// It is not there.
    pub fn need(&self, name: &str) -> Result<&Value, Fault> {
        self.params
            .get(name)
            .filter(|v| !v.is_null())
            .ok_or_else(|| Fault::permanent(format!("the action needs the parameter \"{name}\"")))
    }
}
