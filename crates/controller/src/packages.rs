//! Packages of CUE that platform engineers have added to a hub: definitions that steps import, and who answers their actions.

use crate::error::Error;
use crate::hub::Hub;
use crate::prepare::layered;
use actions::external::Providers;
use render::builtin;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The added packages beside the built-in ones.
#[derive(Debug, Clone, Default)]
pub struct Added {
    /// What definitions import.
    pub packages: Arc<builtin::Added>,
    /// Who answers.
    pub providers: Arc<Providers>,
}

impl Added {
    /// Those of an Application's namespace and the shared ones, and those that are given; of several with one path the last.
    ///
    /// # Errors
    /// The hub does not answer, or a package names a provider that does not exist.
    pub async fn load(hub: &Hub, namespace: &str, given: &[Value]) -> Result<Added, Error> {
        let mut found = FxHashMap::default();
        for namespace in layered(namespace) {
            let packages: Vec<_> = hub.packages(namespace).await?.into_iter().map(Arc::new).collect();
            found.insert(namespace, packages);
        }
        Self::of(namespace, |namespace| found.remove(namespace).unwrap_or_default(), given)
    }

    /// As [`Added::load`], of the packages of a namespace that `packages` gives.
    ///
    /// # Errors
    /// A package names a provider that does not exist.
    pub(crate) fn of(
        namespace: &str,
        packages: impl FnMut(&str) -> Vec<Arc<Value>>,
        given: &[Value],
    ) -> Result<Added, Error> {
        // the last of one path counts here
        let found = layered(namespace).into_iter().rev().flat_map(packages);
        let objects: Vec<Value> = found.map(Arc::unwrap_or_clone).chain(given.iter().cloned()).collect();
        let packages = Arc::new(builtin::Added::of(&objects));
        Ok(Added { packages, providers: Arc::new(Providers::of(&objects)?) })
    }

    /// The names of the providers.
    pub fn names(&self) -> BTreeSet<String> {
        self.providers.names().map(str::to_owned).collect()
    }
}
