//! What `-f` names: files, folders and standard input.

use cue_syntax::{Diagnostic, Source};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Endings of the files of a folder that are taken, as `kubectl apply -f FOLDER` takes them.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// A file's text; `-` is standard input.
///
/// # Errors
/// It cannot be read, or is no UTF-8.
pub(crate) fn source(path: &Path) -> Result<Arc<Source>, Vec<Diagnostic>> {
    let name = path.display().to_string();
    let read = if name == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map(|text| Source::new(name.clone(), text)).map_err(|e| vec![unreadable(path, &e).help("check the path")])
}

/// The texts of files and of those in folders: there the YAML and JSON files by name, folders within it left out.
///
/// # Errors
/// Everything that cannot be read, and folders that have no such file.
pub(crate) fn sources(paths: &[PathBuf]) -> Result<Vec<Arc<Source>>, Vec<Diagnostic>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        match files(path) {
            Ok(files) => files.iter().for_each(|file| match source(file) {
                Ok(source) => found.push(source),
                Err(more) => problems.extend(more),
            }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn files(path: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|e| unreadable(path, &e))?;
    let wanted = |file: &PathBuf| file.extension().is_some_and(|e| ENDINGS.iter().any(|w| e == *w)) && file.is_file();
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(wanted).collect();
    files.sort();
    if files.is_empty() {
        let text = format!("the folder {} has no YAML or JSON file", path.display());
        return Err(Diagnostic::error("render/unreadable", text)
            .help("name the file, or a folder that has it; folders within a folder are not looked into"));
    }
    Ok(files)
}

/// That a file or folder cannot be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("render/unreadable", format!("{} cannot be read: {error}", path.display()))
}
