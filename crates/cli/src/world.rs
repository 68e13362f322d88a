//! The world of files, as the pure crates see it.

use cue::World;
use std::io::Read;
use std::sync::Arc;

/// Files by path, and the packages that come with Lateen (`vela/op`). Paths are taken as they are, relative to the current folder; `-` is standard input.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Files;

impl World for Files {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        let read = if path == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            std::fs::read(path)
        };
        read.map(Arc::from).map_err(|e| format!("cannot read {path}: {}", reason(&e)))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(path).map_err(|e| format!("cannot list {path}: {}", reason(&e)))?;
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .map(|e| {
                let mut name = e.file_name().to_string_lossy().into_owned();
                if e.path().is_dir() {
                    name.push('/');
                }
                name
            })
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    fn package(&self, import_path: &str) -> Option<Vec<(String, Arc<str>)>> {
        ::render::builtin::package(import_path)
    }
}

/// How many folders stand above the current one.
pub(crate) fn folders_above() -> usize {
    std::env::current_dir().map_or(0, |d| d.components().count().saturating_sub(1))
}

fn reason(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => e.to_string(),
    }
}
