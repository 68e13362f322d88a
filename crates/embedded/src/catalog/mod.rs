//! Which resources the server serves: the built-in ones and those that CustomResourceDefinitions add.

mod builtin;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use smol_str::SmolStr;

use crate::crd::CustomVersion;

/// A resource by API group, version and plural name, such as `apps`, `v1`, `deployments`. The core group is `""`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gvr<'a> {
    /// API group.
    pub group: &'a str,
    /// Version of the group.
    pub version: &'a str,
    /// Plural name.
    pub resource: &'a str,
}

impl<'a> Gvr<'a> {
    /// A resource by its three names.
    pub const fn new(group: &'a str, version: &'a str, resource: &'a str) -> Self {
        Gvr { group, version, resource }
    }
}

/// Where the replica counts of the `scale` subresource live (JSON paths as a CRD states them, `.spec.replicas`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scale {
    pub(crate) spec: String,
    pub(crate) status: String,
    pub(crate) selector: Option<String>,
}

/// One served version of a resource.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) name: SmolStr,
    /// What a CRD says about this version; `None` for built-in kinds.
    pub(crate) custom: Option<Arc<CustomVersion>>,
    /// The schema of a built-in kind, once it was asked for.
    pub(crate) schema: std::sync::OnceLock<crate::schema::Schema>,
}

/// A served resource with all its versions, the preferred first.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) group: SmolStr,
    pub(crate) plural: SmolStr,
    pub(crate) singular: SmolStr,
    pub(crate) kind: SmolStr,
    pub(crate) list_kind: SmolStr,
    pub(crate) namespaced: bool,
    pub(crate) short_names: Vec<SmolStr>,
    pub(crate) categories: Vec<SmolStr>,
    pub(crate) versions: Vec<Version>,
    /// Key of the collection in the store.
    pub(crate) table: Arc<str>,
    pub(crate) status: bool,
    pub(crate) scale: Option<Scale>,
    /// Whether `metadata.generation` is kept.
    pub(crate) generation: bool,
    pub(crate) custom: bool,
    /// Reviews: nothing is stored, a create is a question.
    pub(crate) virtual_: bool,
}

impl Resource {
    pub(crate) fn version(&self, name: &str) -> Option<&Version> {
        self.versions.iter().find(|v| v.name == name)
    }

    pub(crate) fn api_version(&self, version: &str) -> String {
        if self.group.is_empty() { version.to_owned() } else { format!("{}/{version}", self.group) }
    }
}

/// A resource at one of its versions: what a request is about.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) resource: Arc<Resource>,
    pub(crate) version: SmolStr,
}

impl std::ops::Deref for Served {
    type Target = Resource;

    fn deref(&self) -> &Resource {
        &self.resource
    }
}

impl Served {
    pub(crate) fn at_version(&self) -> Option<&Version> {
        self.resource.version(&self.version)
    }

    pub(crate) fn group_version(&self) -> String {
        self.resource.api_version(&self.version)
    }

    pub(crate) fn custom(&self) -> Option<&Arc<CustomVersion>> {
        self.at_version().and_then(|v| v.custom.as_ref())
    }

    pub(crate) fn has_status(&self) -> bool {
        self.custom().map_or(self.resource.status, |c| c.status)
    }

    pub(crate) fn scale(&self) -> Option<Scale> {
        match self.custom() {
            Some(custom) => custom.scale.clone(),
            None => self.resource.scale.clone(),
        }
    }
}

type Table = BTreeMap<(SmolStr, SmolStr), Arc<Resource>>;

/// All served resources of one cluster.
#[derive(Debug)]
pub(crate) struct Catalog {
    table: RwLock<Arc<Table>>,
}

impl Catalog {
    pub(crate) fn new() -> Self {
        let mut table = Table::new();
        for resource in builtin::resources() {
            table.insert((resource.group.clone(), resource.plural.clone()), Arc::new(resource));
        }
        Catalog { table: RwLock::new(Arc::new(table)) }
    }

    /// The present table; it does not change under the caller.
    pub(crate) fn snapshot(&self) -> Arc<Table> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn find(&self, gvr: Gvr<'_>) -> Option<Served> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let resource = table.get(&(gvr.group.into(), gvr.resource.into()))?;
        let version = resource.version(gvr.version)?.name.clone();
        Some(Served { resource: Arc::clone(resource), version })
    }

    /// Whether a version of a group has any resource.
    pub(crate) fn has_version(&self, group: &str, version: &str) -> bool {
        let table = self.snapshot();
        table.values().any(|r| r.group == group && r.version(version).is_some())
    }

    pub(crate) fn find_kind(&self, group: &str, version: &str, kind: &str) -> Option<Served> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let resource = table
            .range((group.into(), SmolStr::default())..)
            .take_while(|((g, _), _)| g == group)
            .map(|(_, r)| r)
            .find(|r| r.kind == kind && r.version(version).is_some())?;
        Some(Served { resource: Arc::clone(resource), version: version.into() })
    }

    /// The resource whose collection has this key (`apps/deployments`), at its preferred version.
    pub(crate) fn of_table(&self, key: &str) -> Option<Served> {
        let (group, plural) = key.split_once('/')?;
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let resource = table.get(&(group.into(), plural.into()))?;
        Some(Served { resource: Arc::clone(resource), version: resource.versions.first()?.name.clone() })
    }

    /// Adds or replaces a custom resource. A built-in one is never replaced.
    pub(crate) fn put_custom(&self, resource: Resource) {
        self.change(|table| {
            let key = (resource.group.clone(), resource.plural.clone());
            if table.get(&key).is_none_or(|old| old.custom) {
                table.insert(key, Arc::new(resource));
            }
        });
    }

    pub(crate) fn remove_custom(&self, group: &str, plural: &str) {
        self.change(|table| {
            let key = (SmolStr::from(group), SmolStr::from(plural));
            if table.get(&key).is_some_and(|old| old.custom) {
                table.remove(&key);
            }
        });
    }

    fn change(&self, edit: impl FnOnce(&mut Table)) {
        let mut slot = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let mut table = (**slot).clone();
        edit(&mut table);
        *slot = Arc::new(table);
    }
}
