//! Packages of CUE that platform engineers have added to a hub: definitions that steps import, and who answers their actions.

use crate::error::Error;
use crate::hub::Hub;
use actions::external::Providers;
use render::builtin;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The added packages beside the built-in ones.
#[derive(Debug, Clone, Default)]
pub struct Added {
    files: FxHashMap<String, Vec<(String, Arc<str>)>>,
    /// Who answers.
    pub providers: Arc<Providers>,
}

impl Added {
    /// Those that are given, those of an Application's namespace and the shared ones; of several with one path the first.
    ///
    /// # Errors
    /// The hub does not answer, or a package names a provider that does not exist.
    pub async fn load(hub: &Hub, namespace: &str, given: &[Value]) -> Result<Added, Error> {
        let mut objects = hub.packages(model::SYSTEM_NAMESPACE).await?;
        if namespace != model::SYSTEM_NAMESPACE {
            objects.extend(hub.packages(namespace).await?);
        }
        objects.extend_from_slice(given);
        Ok(Added::of(&objects)?)
    }

    fn of(objects: &[Value]) -> Result<Added, actions::Fault> {
        let mut files = FxHashMap::default();
        for object in objects {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let path = text("/spec/path");
            let templates = object.pointer("/spec/templates").and_then(Value::as_object).into_iter().flatten();
            let named = templates
                .filter_map(|(name, body)| Some((format!("Package/{path}/{name}"), Arc::from(body.as_str()?))));
            // What comes with Lateen stays what it is.
            if builtin::package(path).is_none() {
                files.insert(path.to_owned(), named.collect());
            }
        }
        Ok(Added { files, providers: Arc::new(Providers::of(objects)?) })
    }

    /// The names of the providers.
    pub fn names(&self) -> BTreeSet<String> {
        self.providers.names().map(str::to_owned).collect()
    }
}

impl cue::World for Added {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        cue::World::read(&builtin::Packages, path)
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        cue::World::list(&builtin::Packages, path)
    }
    fn package(&self, import_path: &str) -> Option<Vec<(String, Arc<str>)>> {
        builtin::package(import_path).or_else(|| self.files.get(import_path).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue::World;
    use serde_json::json;

    #[test]
    fn a_package_is_imported_by_its_path_and_does_not_stand_in_for_a_built_in_one() {
        let package = |path: &str| json!({"metadata": {"name": "p"}, "spec": {"path": path, "templates": {"a.cue": "package p\n#A: 1"}}});
        let added = Added::of(&[package("ext/p"), package("vela/kube")]).unwrap();
        assert_eq!(added.package("ext/p").unwrap().len(), 1);
        assert_eq!(added.package("vela/kube"), builtin::package("vela/kube"));
        assert!(added.package("ext/q").is_none() && added.names().is_empty());
    }
}
