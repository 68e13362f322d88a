//! The in-process API: what the REST server, the simulated controllers and hot paths call.
//!
//! Every method has the semantics of the Kubernetes API: versions, generations, finalizers, defaults, field ownership.
//! Writes return when a crash of the process can no longer take them back (a few microseconds: an append to a file),
//! so nothing here is async except waiting for changes.

mod disk;
mod engine;
mod select;
mod stored;
mod watch;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

pub use self::engine::ChangeKind;
pub(crate) use self::engine::{Engine, Expect, Refused};
pub use self::select::{Selector, from_label_selector};
pub(crate) use self::stored::{Key, Stored};
pub use self::watch::{Event, Watch};
use crate::catalog::{Catalog, Gvr, Served};
use crate::clock::Clock;
use crate::error::{ApiError, OpenError};

/// The part of an object that a write concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Subresource {
    /// The object itself; where the kind has a status subresource, `status` is left as it is.
    #[default]
    None,
    /// `status` only.
    Status,
    /// The finalizers of a Namespace's `spec`.
    Finalize,
    /// The replica count, written through `scale`: like the object itself, and noted as such in `managedFields`.
    Scale,
}

/// What to do about fields that a kind does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidation {
    /// Drop them.
    Ignore,
    /// Drop them and say so in a warning. What Kubernetes does by default.
    #[default]
    Warn,
    /// Refuse the request.
    Strict,
}

/// How a write is made.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// Who writes, for `managedFields`. Empty: `unknown`.
    pub manager: String,
    /// Server-side apply only: take fields over from other managers.
    pub force: bool,
    /// Do everything except storing the result.
    pub dry_run: bool,
    /// What to do about unknown fields.
    pub field_validation: FieldValidation,
    /// The part of the object that is written.
    pub subresource: Subresource,
}

impl WriteOptions {
    /// Options of a plain write by `manager`.
    pub fn by(manager: &str) -> Self {
        WriteOptions { manager: manager.to_owned(), ..WriteOptions::default() }
    }

    /// The same, on `status`.
    pub fn status(mut self) -> Self {
        self.subresource = Subresource::Status;
        self
    }

    /// The same, taking fields over from other managers (server-side apply).
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }
}

/// A change to an existing object, in one of Kubernetes' patch formats.
#[derive(Debug, Clone)]
pub enum Patch {
    /// RFC 6902, a list of operations.
    Json(Value),
    /// RFC 7386.
    Merge(Value),
    /// Kubernetes' own format: lists merge by the keys that the schema names. Not for custom resources.
    Strategic(Value),
    /// Server-side apply of this (partial) object.
    Apply(Value),
}

/// What becomes of the objects that name a deleted one as their owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted after it.
    Background,
    /// They are deleted before it.
    Foreground,
    /// They stay, without this owner.
    Orphan,
}

/// How a deletion is made.
#[derive(Debug, Clone, Default)]
pub struct DeleteOptions {
    /// What becomes of dependents; `None` is `Background`.
    pub propagation: Option<Propagation>,
    /// Refuse unless the object has this uid.
    pub uid: Option<String>,
    /// Refuse unless the object has this resource version.
    pub resource_version: Option<String>,
    /// For pods: `Some(0)` removes at once, without waiting for the kubelet.
    pub grace_seconds: Option<i64>,
    /// Do everything except deleting.
    pub dry_run: bool,
}

/// The outcome of a deletion.
#[derive(Debug, Clone)]
pub struct Deleted {
    /// The object as it was, or as it is now when it still waits for finalizers.
    pub object: Value,
    /// Whether it is gone (`false`: it waits for finalizers or for its dependents).
    pub gone: bool,
}

/// The outcome of a write.
#[derive(Debug, Clone)]
pub struct Written {
    /// The object as it is stored now.
    pub object: Value,
    /// Whether the object did not exist before.
    pub created: bool,
    /// Texts for `Warning` headers.
    pub warnings: Vec<String>,
}

/// Objects of one resource at one moment.
#[derive(Debug, Clone)]
pub struct List {
    /// The objects, by namespace and name.
    pub items: Vec<Value>,
    /// The moment: watch from here to miss nothing.
    pub version: u64,
}

/// A handle on a cluster's objects. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) engine: Arc<Engine>,
    pub(crate) catalog: Catalog,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) garbage: std::sync::Mutex<crate::registry::Garbage>,
    /// Whether something plays the kubelet: then pods end gracefully.
    pub(crate) simulate: bool,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.engine.close();
    }
}

impl Store {
    /// Opens (or makes) the database in `dir`; `None` keeps everything in memory.
    pub(crate) fn open(dir: Option<&Path>, clock: Arc<dyn Clock>, simulate: bool) -> Result<Store, OpenError> {
        let engine = match dir {
            None => Engine::new(None, Vec::new(), 0),
            Some(dir) => {
                let loaded = disk::Disk::open(dir)?;
                Engine::new(Some(loaded.disk), loaded.objects, loaded.version)
            }
        };
        let inner =
            Inner { engine: Arc::new(engine), catalog: Catalog::new(), clock, garbage: Default::default(), simulate };
        let store = Store { inner: Arc::new(inner) };
        store.load_custom_resources();
        store
            .make_system_namespaces()
            .map_err(|e| OpenError::Unusable { path: dir.unwrap_or(Path::new("")).to_owned(), why: e.message })?;
        store.collect_leftovers();
        Ok(store)
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.inner.engine
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// The cluster's time.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The cluster's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// The version of the last change.
    pub fn resource_version(&self) -> u64 {
        self.engine().version()
    }

    /// Bytes that all objects take, as JSON.
    pub fn size(&self) -> usize {
        self.engine().bytes()
    }

    /// Whether the store forgets everything when it is dropped.
    pub fn is_in_memory(&self) -> bool {
        self.engine().is_in_memory()
    }

    /// Whether the server serves this resource.
    pub fn serves(&self, gvr: Gvr<'_>) -> bool {
        self.catalog().find(gvr).is_some()
    }

    /// The resource name that serves a kind, such as `deployments` for `apps/v1` `Deployment`.
    pub fn resource_of_kind(&self, group: &str, version: &str, kind: &str) -> Option<String> {
        self.catalog().find_kind(group, version, kind).map(|served| served.plural.to_string())
    }

    pub(crate) fn served(&self, gvr: Gvr<'_>) -> Result<Served, ApiError> {
        self.catalog().find(gvr).ok_or_else(ApiError::no_such_path)
    }

    /// One object. `namespace` is empty for cluster-scoped kinds.
    pub fn get(&self, gvr: Gvr<'_>, namespace: &str, name: &str) -> Result<Value, ApiError> {
        let served = self.served(gvr)?;
        let stored = self.get_stored(&served, namespace, name)?;
        Ok(self.shown(&served, &stored))
    }

    pub(crate) fn get_stored(&self, served: &Served, namespace: &str, name: &str) -> Result<Arc<Stored>, ApiError> {
        self.engine()
            .get(&served.table, namespace, name)
            .ok_or_else(|| ApiError::not_found(&served.group, &served.plural, name))
    }

    /// The objects of a resource, in one namespace or (with `None`) in all.
    pub fn list(&self, gvr: Gvr<'_>, namespace: Option<&str>, selector: &Selector) -> Result<List, ApiError> {
        let served = self.served(gvr)?;
        let (items, version) = self.engine().list(&served.table, namespace, None);
        let items =
            items.iter().filter(|stored| selector.matches(stored)).map(|stored| self.shown(&served, stored)).collect();
        Ok(List { items, version })
    }

    /// Follows a resource from a version on (what [`List::version`] or [`Store::resource_version`] gave).
    pub fn watch(
        &self,
        gvr: Gvr<'_>,
        namespace: Option<&str>,
        selector: Selector,
        from: u64,
    ) -> Result<Watch, ApiError> {
        let served = self.served(gvr)?;
        Watch::new(self.engine(), Some(&served.table), namespace, selector, from)
    }

    /// Follows every resource from a version on.
    pub fn changes(&self, from: u64) -> Result<Watch, ApiError> {
        Watch::new(self.engine(), None, None, Selector::default(), from)
    }

    /// A stored object as a version of its resource shows it.
    pub(crate) fn shown(&self, served: &Served, stored: &Stored) -> Value {
        let mut value = stored.value();
        let wanted = served.group_version();
        if stored.api_version != wanted.as_str()
            && let Some(map) = value.as_object_mut()
        {
            map.insert("apiVersion".into(), wanted.into());
        }
        value
    }
}
