//! Files of definitions, and of their cases.

use ::render::builtin::is_package;
use ::render::{Documents, Loaded, Provenance};
use authoring::testing::Suite;
use cue_syntax::{Diagnostic, Source};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders deeper than this are no folders of definitions.
const DEPTH: u32 = 32;

fn name(path: &Path) -> String {
    let shown = path.display().to_string();
    shown.strip_prefix("./").map_or(shown.clone(), str::to_owned)
}

/// Every file below a folder, sorted; a file is itself. Hidden folders are not looked into.
pub(crate) fn below(path: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    walk(path, &mut out, 0);
    out.sort();
    out
}

fn walk(path: &Path, out: &mut Vec<PathBuf>, depth: u32) {
    if !path.is_dir() {
        out.push(path.to_path_buf());
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return };
    for entry in entries.filter_map(Result::ok).map(|e| e.path()) {
        let hidden = entry.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.') || n == "target");
        if !hidden && depth < DEPTH {
            walk(&entry, out, depth + 1);
        }
    }
}

fn is_cases(file: &Path) -> bool {
    Suite::is_named_so(&file.display().to_string())
}

/// Whether a file may hold definitions: CUE or YAML, and no cases.
fn may_define(file: &Path) -> bool {
    let known = file.extension().is_some_and(|e| ["cue", "yaml", "yml"].iter().any(|w| e == *w));
    known && !is_cases(file)
}

/// The files of cases of a path: below a folder, the file itself, or the one beside a definition.
pub(crate) fn cases(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        return below(path).into_iter().filter(|f| is_cases(f)).collect();
    }
    if is_cases(path) {
        return vec![path.to_path_buf()];
    }
    let stem = path.with_extension("").display().to_string();
    let beside = ["yaml", "yml", "cue"].iter().map(|end| PathBuf::from(format!("{stem}_test.{end}")));
    beside.filter(|f| f.is_file()).collect()
}

/// The definition files of a path, those below a folder included.
pub(crate) fn definitions(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() { below(path).into_iter().filter(|f| may_define(f)).collect() } else { vec![path.to_path_buf()] }
}

/// The definition files that stand in a folder itself.
pub(crate) fn definitions_in(folder: &Path) -> Vec<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut all: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|e| e.path()).filter(|f| f.is_file() && may_define(f)).collect();
    all.sort();
    all
}

/// Reads a file as a source, by the name that the user gave it.
///
/// `-` is standard input: objects when it begins as YAML of Kubernetes does, else CUE.
pub(crate) fn source(path: &Path) -> Result<Arc<Source>, Vec<Diagnostic>> {
    if path.as_os_str() == "-" {
        let text = std::io::read_to_string(std::io::stdin())
            .map_err(|e| vec![Diagnostic::error("cli/io", format!("standard input cannot be read: {e}"))])?;
        let is_object = text.lines().any(|l| l.starts_with("apiVersion:")) || text.trim_start().starts_with("{");
        return Ok(Source::new(if is_object { "stdin.yaml" } else { "stdin.cue" }, text));
    }
    std::fs::read_to_string(path).map(|text| Source::new(name(path), text)).map_err(|e| {
        vec![Diagnostic::error("cli/io", format!("{} cannot be read: {e}", path.display())).help("check the path")]
    })
}

/// The definitions of a file: one of CUE, any number of YAML documents; other documents are left out.
pub(crate) fn load(path: &Path) -> Result<Vec<Loaded>, Vec<Diagnostic>> {
    loaded(&source(path)?)
}

/// The definitions of a file that was read.
pub(crate) fn loaded(source: &Arc<Source>) -> Result<Vec<Loaded>, Vec<Diagnostic>> {
    if source.name.ends_with(".cue") {
        return Loaded::from_cue(source.clone(), Provenance::File(source.name.clone())).map(|one| vec![one]);
    }
    let mut documents = Documents::default();
    documents.read(source)?;
    Ok(documents.definitions.into_all())
}

/// Whether the text of a file in a folder is one of definitions: a template, or an object of such a kind.
pub(crate) fn looks_like_definition(name: &str, text: &str) -> bool {
    if name.ends_with(".cue") {
        return text.lines().any(|l| l.starts_with("template:") || l.starts_with("\"template\":"));
    }
    let kind =
        |l: &str| l.split_once("kind:").map(|(_, kind)| kind.trim_end_matches([' ', '"', ',', '\'', '\r']).to_owned());
    text.lines().filter_map(kind).any(|kind| kind.ends_with("Definition")) || mentions_package(text)
}

/// The Package objects of files and folders, and of the folders in which files stand: what definitions import.
pub(crate) fn packages<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<Value> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        match path.parent() {
            Some(folder) if !path.is_dir() && path.as_os_str() != "-" => files.extend(definitions_in(folder)),
            _ => files.extend(definitions(path)),
        }
    }
    files.sort();
    files.dedup();
    let texts = files.into_iter().filter(|f| f.is_file() && f.extension().is_some_and(|e| e != "cue"));
    let sources = texts.filter_map(|f| source(&f).ok()).filter(|s| mentions_package(&s.text));
    let documents = sources.filter_map(|s| model::manifest::read(&s).ok()).flatten();
    documents.map(|d| d.value).filter(is_package).collect()
}

fn mentions_package(text: &str) -> bool {
    text.contains("cue.oam.dev/") && text.contains("Package")
}

/// Writes a file that is not there yet, or may be replaced.
pub(crate) fn write(path: &Path, text: &str, replace: bool) -> Result<(), Vec<Diagnostic>> {
    if path.exists() && !replace {
        return Err(vec![
            Diagnostic::error("cli/exists", format!("{} is there already", path.display()))
                .help("give --force to replace it, or another name with --file"),
        ]);
    }
    std::fs::write(path, text)
        .map_err(|e| vec![Diagnostic::error("cli/io", format!("{} cannot be written: {e}", path.display()))])
}
