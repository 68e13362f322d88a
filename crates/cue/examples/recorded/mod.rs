//! The recorded cases of the language in a folder: what `score` and `attest` share.

use cue::World;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of one case.
pub(crate) struct Folder(PathBuf);

impl World for Folder {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        std::fs::read(self.0.join(path)).map(Arc::from).map_err(|e| e.to_string())
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.0.join(path)).map_err(|e| e.to_string())? {
            let entry = entry.map_err(|e| e.to_string())?;
            let slash = if entry.path().is_dir() { "/" } else { "" };
            names.push(format!("{}{slash}", entry.file_name().to_string_lossy()));
        }
        names.sort();
        Ok(names)
    }
    fn package(&self, _: &str) -> Option<Vec<(String, Arc<str>)>> {
        None
    }
}

/// A case: `eval/cycle/issue241`.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) world: Folder,
    /// What `case.json` says.
    #[allow(dead_code, reason = "the attributes stand in the inputs")]
    pub(crate) told: serde_json::Value,
    /// The files that the command is given.
    pub(crate) names: Vec<String>,
}

/// The cases named on the command line (`CASES [GROUP-PREFIX…]`), sorted.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    let mut args = std::env::args().skip(1);
    let root = PathBuf::from(args.next().unwrap_or_else(|| ".".to_owned()));
    let prefixes: Vec<String> = args.collect();
    let mut folders = Vec::new();
    find(&root, &mut folders);
    folders.sort();
    folders.into_iter().filter_map(move |folder| {
        let id = folder.strip_prefix(&root).unwrap().display().to_string();
        if !prefixes.is_empty() && !prefixes.iter().any(|p| id.starts_with(p.as_str())) {
            return None;
        }
        let told: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
        let names = match told.get("args").and_then(|a| a.as_array()) {
            Some(args) => args.iter().filter_map(|a| a.as_str()).map(str::to_owned).collect(),
            None => vec!["in.cue".to_owned()],
        };
        Some(Case { id, world: Folder(folder.join("input")), told, names })
    })
}

fn find(folder: &Path, out: &mut Vec<PathBuf>) {
    if folder.join("case.json").exists() {
        out.push(folder.to_owned());
        return;
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            find(&entry.path(), out);
        }
    }
}

/// How many of what was tried held, by what it was.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<String, (u32, u32)>);

impl Counts {
    pub(crate) fn count(&mut self, what: &str, holds: bool) {
        let total = self.0.entry(what.to_owned()).or_default();
        total.0 += u32::from(holds);
        total.1 += 1;
    }

    pub(crate) fn get(&self, what: &str) -> (u32, u32) {
        self.0.get(what).copied().unwrap_or_default()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// `12 of 14 = 85.71 %`, of everything but what is named.
    pub(crate) fn total(&self, without: &[&str]) -> String {
        let counted = self.0.iter().filter(|(what, _)| !without.contains(&what.as_str()));
        let (holds, of) = counted.fold((0, 0), |(a, b), (_, (x, y))| (a + x, b + y));
        format!("{holds} of {of} = {:.2} %", 100.0 * f64::from(holds) / f64::from(of.max(1)))
    }
}
