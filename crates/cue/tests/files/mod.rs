//! The files of a case, in a folder below `/`: all that a test lets the loader see.
#![allow(unreachable_pub, missing_docs, reason = "part of tests")]

use cue::World;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Files<'a> {
    pub files: &'a BTreeMap<String, String>,
    /// Packages of the tool, each an import path and the text of its one file.
    pub packages: &'a [(&'a str, &'a str)],
}

impl World for Files<'_> {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        self.files.get(path).map(|t| Arc::from(t.as_bytes())).ok_or_else(|| format!("cannot read {path}: no such file"))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let prefix = if path == "." { String::new() } else { format!("{path}/") };
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter_map(|k| k.strip_prefix(&prefix))
            .map(|rest| rest.split_once('/').map_or(rest.to_owned(), |(folder, _)| format!("{folder}/")))
            .collect();
        names.dedup();
        if names.is_empty() { Err(format!("cannot list {path}: no such folder")) } else { Ok(names) }
    }

    fn package(&self, import_path: &str) -> Option<Vec<(String, Arc<str>)>> {
        let (_, text) = self.packages.iter().find(|(path, _)| *path == import_path)?;
        Some(vec![("package.cue".into(), Arc::from(*text))])
    }
}
