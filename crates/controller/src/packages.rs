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
        let mut objects = hub.packages(model::SYSTEM_NAMESPACE).await?;
        if namespace != model::SYSTEM_NAMESPACE {
            objects.extend(hub.packages(namespace).await?);
        }
        objects.extend_from_slice(given);
        let packages = Arc::new(builtin::Added::of(&objects));
        Ok(Added { packages, providers: Arc::new(Providers::of(&objects)?) })
    }

    /// The names of the providers.
    pub fn names(&self) -> BTreeSet<String> {
        self.providers.names().map(str::to_owned).collect()
    }
}
