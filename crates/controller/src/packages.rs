//! Packages of CUE that platform engineers have added to a hub: definitions that steps import, and who answers their actions.

use crate::error::Error;
use crate::hub::Hub;
use actions::external::Providers;
use render::builtin;
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
        let shared = hub.packages(model::SYSTEM_NAMESPACE).await?;
        let own = if namespace == model::SYSTEM_NAMESPACE { Vec::new() } else { hub.packages(namespace).await? };
        Self::of_all(shared.into_iter().chain(own), given)
    }

    /// As [`Added::load`], of the packages of a namespace that `packages` gives.
    ///
    /// # Errors
    /// A package names a provider that does not exist.
    pub(crate) fn of(
        namespace: &str,
        packages: impl Fn(&str) -> Vec<Arc<Value>>,
        given: &[Value],
    ) -> Result<Added, Error> {
        let shared = packages(model::SYSTEM_NAMESPACE);
        let own = if namespace == model::SYSTEM_NAMESPACE { Vec::new() } else { packages(namespace) };
        Self::of_all(shared.iter().chain(&own).map(|package| package.as_ref().clone()), given)
    }

    fn of_all(found: impl Iterator<Item = Value>, given: &[Value]) -> Result<Added, Error> {
        let objects: Vec<Value> = found.chain(given.iter().cloned()).collect();
        let packages = Arc::new(builtin::Added::of(&objects));
        Ok(Added { packages, providers: Arc::new(Providers::of(&objects)?) })
    }

    /// The names of the providers.
    pub fn names(&self) -> BTreeSet<String> {
        self.providers.names().map(str::to_owned).collect()
    }
}
