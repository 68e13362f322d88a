//! Packages that platform engineers add (`Package` of `cue.oam.dev`): CUE that definitions import by `spec.path`, beside what
//! comes with Lateen.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The added packages, and a world that has them beside the built-in ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    files: BTreeMap<String, Vec<(String, Arc<str>)>>,
    providers: BTreeSet<String>,
}

/// Whether an object is a package of CUE.
pub fn is_package(object: &Value) -> bool {
    let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default();
    text("kind") == "Package" && text("apiVersion").starts_with("cue.oam.dev/")
}

impl Added {
    /// Those of these objects; of several with one path the last.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Value>) -> Added {
        let mut added = Added::default();
        objects.into_iter().for_each(|object| added.add(object));
        added
    }

    /// Takes one in. What comes with Lateen stays what it is: a package of such a path is not imported.
    pub fn add(&mut self, object: &Value) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let path = text("/spec/path");
        let templates = object.pointer("/spec/templates").and_then(Value::as_object).into_iter().flatten();
        let named =
            templates.filter_map(|(name, body)| Some((format!("Package/{path}/{name}"), Arc::from(body.as_str()?))));
        if super::package(path).is_none() {
            self.files.insert(path.to_owned(), named.collect());
        }
        if object.pointer("/spec/provider").is_some_and(|p| !p.is_null()) {
            let names = [text("/metadata/name"), path].into_iter().filter(|n| !n.is_empty());
            self.providers.extend(names.map(str::to_owned));
        }
    }

    /// Takes in those of another.
    pub fn extend(&mut self, other: Added) {
        self.files.extend(other.files);
        self.providers.extend(other.providers);
    }

    /// The import paths.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// What `#provider` may say: the name or the path of a package that has somebody to answer.
    pub fn providers(&self) -> &BTreeSet<String> {
        &self.providers
    }

    /// The files of a package, a built-in one or an added one.
    pub fn package(&self, import_path: &str) -> Option<Vec<(String, Arc<str>)>> {
        super::package(import_path).or_else(|| self.files.get(import_path).cloned())
    }
}

impl cue::World for Added {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        cue::World::read(&super::Packages, path)
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        cue::World::list(&super::Packages, path)
    }
    fn package(&self, import_path: &str) -> Option<Vec<(String, Arc<str>)>> {
        Added::package(self, import_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_package_is_imported_by_its_path_and_does_not_stand_in_for_a_built_in_one() {
        let package = |path: &str| {
            json!({"metadata": {"name": "p"}, "spec": {"path": path, "provider": {"protocol": "http"},
                "templates": {"a.cue": "package p\n#A: 1"}}})
        };
        let added = Added::of(&[package("ext/p"), package("vela/kube")]);
        assert_eq!(added.package("ext/p").unwrap().len(), 1);
        assert_eq!(added.package("vela/kube"), crate::builtin::package("vela/kube"));
        assert!(added.package("ext/q").is_none());
        assert_eq!(added.paths().collect::<Vec<_>>(), ["ext/p"]);
        assert!(added.providers().contains("ext/p") && added.providers().contains("p"));
    }
}
