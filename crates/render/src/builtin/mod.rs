//! What comes with Lateen: the built-in definitions and the packages that definitions import, as text inside the binary.
//! Nothing is parsed before it is used.

mod added;

pub use added::{Added, is_package};

use crate::definition::{DefinitionSource, Loaded, Provenance};
use cue_syntax::{Diagnostic, Source};
use model::DefinitionKind;
use std::sync::Arc;

mod index {
    include!(concat!(env!("OUT_DIR"), "/index.rs"));
}

/// The built-in definitions.
#[derive(Debug, Default, Clone, Copy)]
pub struct Builtins;

fn folder(kind: DefinitionKind) -> &'static str {
    match kind {
        DefinitionKind::Component | DefinitionKind::Workload => "component",
        DefinitionKind::Trait => "trait",
        DefinitionKind::Policy => "policy",
        DefinitionKind::WorkflowStep => "workflow-step",
    }
}

impl Builtins {
    /// The file of a built-in definition.
    pub fn text(kind: DefinitionKind, name: &str) -> Option<&'static str> {
        Self::files(kind, name).map(|(text, _)| text)
    }

    /// The cases beside it: the first shows how it is used.
    pub fn cases(kind: DefinitionKind, name: &str) -> Option<&'static str> {
        Self::files(kind, name).map(|(_, cases)| cases)
    }

    fn files(kind: DefinitionKind, name: &str) -> Option<(&'static str, &'static str)> {
        let at = index::DEFINITIONS.binary_search_by(|(k, n, ..)| (*k, *n).cmp(&(folder(kind), name))).ok()?;
        index::DEFINITIONS.get(at).map(|(_, _, text, cases)| (*text, *cases))
    }
}

impl DefinitionSource for Builtins {
    fn find(&self, kind: DefinitionKind, name: &str) -> Option<Result<Arc<Loaded>, Vec<Diagnostic>>> {
        let text = Self::text(kind, name)?;
        let source = Source::new(format!("builtin:{}/{name}.cue", folder(kind)), text);
        Some(Loaded::from_cue(source, Provenance::Builtin).map(Arc::new))
    }

    fn names(&self, kind: DefinitionKind) -> Vec<String> {
        let folder = folder(kind);
        index::DEFINITIONS.iter().filter(|(k, ..)| *k == folder).map(|(_, n, ..)| (*n).to_owned()).collect()
    }
}

/// The files of a package that definitions import (`vela/kube`), as (name, text).
pub fn package(import_path: &str) -> Option<Vec<(String, Arc<str>)>> {
    let start = index::PACKAGES.partition_point(|(path, _, _)| *path < import_path);
    let files: Vec<_> = index::PACKAGES
        .iter()
        .skip(start)
        .take_while(|(path, _, _)| *path == import_path)
        .map(|(path, name, text)| (format!("builtin:{path}/{name}"), Arc::from(*text)))
        .collect();
    (!files.is_empty()).then_some(files)
}

/// The import paths of all packages.
pub fn packages() -> Vec<&'static str> {
    let mut paths: Vec<&str> = index::PACKAGES.iter().map(|(path, _, _)| *path).collect();
    paths.dedup();
    paths
}

/// A world that has the packages and no files.
#[derive(Debug, Default, Clone, Copy)]
pub struct Packages;

impl cue::World for Packages {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        Err(format!("{path}: a definition cannot read files"))
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        Err(format!("{path}: a definition cannot read folders"))
    }
    fn package(&self, import_path: &str) -> Option<Vec<(String, Arc<str>)>> {
        package(import_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_sorted_and_every_file_names_itself() {
        let keys: Vec<_> = index::DEFINITIONS.iter().map(|(k, n, ..)| (*k, *n)).collect();
        assert!(keys.is_sorted());
        for (kind, name, text, _) in index::DEFINITIONS {
            let loaded = Loaded::from_cue(Source::new(*name, *text), Provenance::Builtin).unwrap();
            assert_eq!(loaded.definition.name, *name);
            assert_eq!(folder(loaded.definition.kind), *kind, "{name}");
            assert!(!loaded.definition.annotations.is_empty(), "{name} has no description");
        }
    }

    #[test]
    fn packages_are_found_by_path() {
        assert!(package("vela/op").is_some_and(|files| files.len() > 5));
        assert!(package("vela/o").is_none());
        assert!(packages().contains(&"vela/kube"));
    }
}
