//! The embedded store as the driver sees it. It is held weakly: a cluster whose last handle is dropped stops simulating.

use super::{
    driver::{Change, Feed, Refusal, Upstream},
    kind::Kind,
    object::{Json, put},
    registry,
};
use crate::{
    ApiError, ChangeKind, Clock, DeleteOptions, Gvr, Selector, Store, WriteOptions,
    store::{Engine, Inner},
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, Weak};

/// Who writes what the simulation writes, as `managedFields` name it.
const MANAGER: &str = "lateen-simulation";
/// Versions in which a cluster may serve a kind when not in the usual one.
const OTHER_VERSIONS: [&str; 5] = ["v2beta2", "v2beta1", "v1", "v1beta2", "v1beta1"];

/// A store, held weakly.
pub(super) struct Weakly {
    inner: Weak<Inner>,
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
}

impl Weakly {
    /// The driver's view of a store.
    pub(super) fn new(store: &Store) -> Weakly {
        Weakly {
            inner: Arc::downgrade(&store.inner),
            engine: Arc::clone(store.engine()),
            clock: Arc::clone(store.clock()),
        }
    }

    fn store(&self) -> Option<Store> {
        self.inner.upgrade().map(|inner| Store { inner })
    }

    fn with(&self, act: impl FnOnce(&Store) -> Result<Value, ApiError>) -> BoxFuture<'_, Result<Value, Refusal>> {
        let result = match self.store() {
            Some(store) => act(&store).map_err(refusal),
            None => Err(Refusal::Gone),
        };
        Box::pin(std::future::ready(result))
    }
}

/// The version in which a store serves a kind.
fn version(store: &Store, kind: Kind) -> Option<&'static str> {
    let serves = |version: &&'static str| store.serves(Gvr::new(kind.group, version, kind.plural));
    std::iter::once(kind.version).chain(OTHER_VERSIONS).find(|version| serves(version))
}

fn refusal(error: ApiError) -> Refusal {
    match (error.code, error.reason.as_ref()) {
        (409, "AlreadyExists") => Refusal::Exists,
        (409, _) => Refusal::Conflict,
        (404 | 410 | 503, _) => Refusal::Gone,
        (403, _) if error.message.contains("is being terminated") => Refusal::Gone,
        _ => Refusal::Other(error.message),
    }
}

/// Makes an object one of the version that is served and calls `write` with that.
fn write(
    store: &Store,
    kind: Kind,
    mut object: Value,
    write: impl FnOnce(&Store, Gvr<'_>, Value) -> Result<Value, ApiError>,
) -> Result<Value, ApiError> {
    let version = version(store, kind).ok_or_else(ApiError::no_such_path)?;
    let kind = Kind { version, ..kind };
    put(&mut object, &["apiVersion"], kind.api_version().into());
    put(&mut object, &["kind"], kind.kind.into());
    write(store, Gvr::new(kind.group, version, kind.plural), object)
}

impl Upstream for Weakly {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        self.clock.sleep_until(moment)
    }

    fn list(&self) -> (Vec<(Kind, Value)>, u64) {
        let Some(store) = self.store() else { return (Vec::new(), 0) };
        // Changes between the lists come again with the feed.
        let from = store.resource_version();
        let mut objects = Vec::new();
        for kind in registry::KINDS {
            let Some(version) = version(&store, kind) else { continue };
            match store.list(Gvr::new(kind.group, version, kind.plural), None, &Selector::default()) {
                Ok(list) => objects.extend(list.items.into_iter().map(|object| (kind, object))),
                Err(error) => tracing::warn!(kind = kind.kind, "cannot list for the simulation: {error}"),
            }
        }
        (objects, from)
    }

    fn changes(&self, since: u64) -> BoxFuture<'_, Feed> {
        Box::pin(async move {
            let mut watch = match crate::store::Watch::new(&self.engine, None, None, Selector::default(), since) {
                Ok(watch) => watch,
                Err(_) => return Feed::Lost,
            };
            let mut changes = Vec::new();
            let mut next = Some(watch.next().await);
            while let Some(event) = next {
                let event = match event {
                    Ok(event) => event,
                    Err(error) if error.code == 410 => return Feed::Lost,
                    Err(_) => return Feed::Closed,
                };
                if let Some(kind) = kind_of(event.resource()) {
                    changes.push(Change { kind, object: event.object(), deleted: event.kind == ChangeKind::Deleted });
                }
                next = watch.try_next().transpose();
            }
            Feed::Changes(changes, watch.version())
        })
    }

    fn create(&self, kind: Kind, object: Value) -> BoxFuture<'_, Result<Value, Refusal>> {
        self.with(|store| {
            write(store, kind, object, |store, gvr, object| {
                let namespace = object.namespace().to_owned();
                store.create(gvr, &namespace, object, &WriteOptions::by(MANAGER))
            })
        })
    }

    fn update(&self, kind: Kind, object: Value) -> BoxFuture<'_, Result<Value, Refusal>> {
        self.with(|store| {
            write(store, kind, object, |store, gvr, object| {
                let namespace = object.namespace().to_owned();
                store.update(gvr, &namespace, object, &WriteOptions::by(MANAGER))
            })
        })
    }

    fn update_status(&self, kind: Kind, object: Value) -> BoxFuture<'_, Result<Value, Refusal>> {
        self.with(|store| {
            write(store, kind, object, |store, gvr, object| {
                let namespace = object.namespace().to_owned();
                store.update_status(gvr, &namespace, object, &WriteOptions::by(MANAGER))
            })
        })
    }

    fn delete<'a>(
        &'a self,
        kind: Kind,
        namespace: &'a str,
        name: &'a str,
        uid: &'a str,
    ) -> BoxFuture<'a, Result<(), Refusal>> {
        let result = self.with(|store| {
            let version = version(store, kind).ok_or_else(ApiError::no_such_path)?;
            let options =
                DeleteOptions { uid: Some(uid.to_owned()), grace_seconds: Some(0), ..DeleteOptions::default() };
            store.delete(Gvr::new(kind.group, version, kind.plural), namespace, name, &options).map(|_| Value::Null)
        });
        Box::pin(async move { result.await.map(drop) })
    }

    fn empty<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, Result<bool, Refusal>> {
        let result = self.with(|store| {
            let inside = || {
                let (all, _) = store.engine().everything();
                all.into_iter().filter(|stored| stored.key.namespace == namespace)
            };
            let options = DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() };
            for stored in inside() {
                let Some(served) = store.catalog().of_table(&stored.key.resource) else { continue };
                match store.delete_served(&served, namespace, &stored.key.name, &options) {
                    Ok(_) => {}
                    // Its owner took it along, or somebody else was faster; the next round looks again.
                    Err(error) if error.is_not_found() || error.is_conflict() => {}
                    Err(error) => return Err(error),
                }
            }
            if inside().next().is_some() {
                return Ok(json!(false));
            }
            let gvr = Gvr::new("", "v1", "namespaces");
            let mut object = store.get(gvr, "", namespace)?;
            put(&mut object, &["spec", "finalizers"], json!([]));
            let options = WriteOptions { subresource: crate::Subresource::Finalize, ..WriteOptions::by(MANAGER) };
            store.update(gvr, "", object, &options).map(|_| json!(true))
        });
        Box::pin(async move { result.await.map(|done| done == json!(true)) })
    }
}

/// The kind that a collection (`apps/deployments`) holds.
fn kind_of(resource: &str) -> Option<Kind> {
    let (group, plural) = resource.split_once('/')?;
    registry::KINDS.iter().find(|kind| kind.group == group && kind.plural == plural).copied()
}
