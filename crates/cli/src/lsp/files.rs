//! Files and their URIs.

use cue_syntax::Source;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How deep folders are searched for definitions, and how many files are read: an editor may be opened on a home folder.
const DEPTH: usize = 6;
const FILES: usize = 2_000;
/// A longer file is no definition.
const LONGEST: u64 = 1 << 20;

/// The path of a `file:` URI.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let rest = rest.find('/').and_then(|slash| rest.get(slash..))?;
    let mut bytes = Vec::with_capacity(rest.len());
    let mut left = rest.as_bytes();
    while let Some((first, after)) = left.split_first() {
        let code =
            after.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                left = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                left = after;
            }
        }
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// The `file:` URI of a path.
pub(super) fn uri(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut out = String::from("file://");
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The URI of a source: itself, when it is one; a text that comes with Lateen is written out so that an editor can show it.
pub(super) fn uri_of(source: &Source) -> Option<String> {
    if source.name.starts_with("file:") {
        return Some(source.name.clone());
    }
    // The files of an added package have their own place, too: they stand inside of an object.
    let name = source.name.strip_prefix("builtin:").or(Some(&*source.name).filter(|n| n.starts_with("Package/")))?;
    let safe = Path::new(name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
    if !safe {
        return None;
    }
    let folder = std::env::temp_dir().join(concat!("lateen-", env!("CARGO_PKG_VERSION"), "-builtin"));
    let path = folder.join(name);
    if std::fs::read_to_string(&path).ok().as_deref() != Some(source.text.as_str()) {
        std::fs::create_dir_all(path.parent()?).ok()?;
        std::fs::write(&path, &source.text).ok()?;
    }
    Some(uri(&path))
}

/// The definition files below folders, with their URIs.
pub(super) fn definitions(roots: &[PathBuf]) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for root in roots {
        visit(root, 0, &mut out);
    }
    out
}

fn visit(path: &Path, depth: usize, out: &mut Vec<(String, String)>) {
    if depth > DEPTH || out.len() >= FILES {
        return;
    }
    let hidden = |p: &Path| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.') || n == "node_modules");
    if path.is_dir() {
        if depth > 0 && hidden(path) {
            return;
        }
        let Ok(entries) = std::fs::read_dir(path) else { return };
        let mut entries: Vec<PathBuf> = entries.filter_map(Result::ok).map(|e| e.path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| visit(entry, depth + 1, out));
        return;
    }
    let wanted = path.extension().is_some_and(|e| ["cue", "yaml", "yml"].iter().any(|w| e == *w));
    if !wanted || std::fs::metadata(path).is_ok_and(|m| m.len() > LONGEST) {
        return;
    }
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let is_cue = path.extension().is_some_and(|e| e == "cue");
    let part = ["kind: Policy", "kind: Workflow", "Definition"].iter().any(|w| text.contains(w));
    let package = text.contains("kind: Package") && text.contains("cue.oam.dev/");
    if is_cue || package || part && text.contains("core.oam.dev") {
        out.push((uri(path), text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_uris_are_each_other() {
        let path_text = Path::new("/a b/ü%.cue");
        assert_eq!(uri(path_text), "file:///a%20b/%C3%BC%25.cue");
        assert_eq!(path(&uri(path_text)).as_deref(), Some(path_text));
        assert_eq!(path("untitled:1"), None);
    }

    #[test]
    fn only_texts_of_our_own_are_written_out() {
        let source = |name: &str| Source::new(name, "x");
        assert_eq!(uri_of(&source("builtin:../../etc/x")), None);
        assert_eq!(uri_of(&source("elsewhere")), None);
        assert_eq!(uri_of(&source("file:///x.cue")).as_deref(), Some("file:///x.cue"));
    }
}
