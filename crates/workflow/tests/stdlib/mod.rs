//! The CUE packages that ship, for templates in tests.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

use cue::World;
use cue_syntax::Source;
use indexmap::IndexMap;
use model::definition::{Definition, DefinitionKind, DefinitionSpec, Template};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The packages of `stdlib/`.
pub struct Stdlib;

impl World for Stdlib {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        Err(format!("{path}: no files here"))
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        Err(format!("{path}: no files here"))
    }
    fn package(&self, path: &str) -> Option<Vec<(String, Arc<str>)>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stdlib").join(path);
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder).ok()?.map(|f| f.unwrap().path()).collect();
        files.sort();
        Some(files.iter().map(|f| (f.display().to_string(), std::fs::read_to_string(f).unwrap().into())).collect())
    }
}

pub fn definition(name: &str, template: &str) -> Arc<Definition> {
    Arc::new(Definition {
        kind: DefinitionKind::WorkflowStep,
        name: name.to_owned(),
        namespace: String::new(),
        labels: IndexMap::new(),
        annotations: IndexMap::new(),
        spec: DefinitionSpec::default(),
        template: Some(Template { source: Source::new(format!("{name}.cue"), template), first_line: 0 }),
    })
}
