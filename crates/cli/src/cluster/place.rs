//! Where in a kubeconfig a problem is. What the file keeps secret is not shown with it.

use cue::{Data, DataValue};
use cue_syntax::diag::Label;
use cue_syntax::{Diagnostic, Source};
use std::path::Path;

/// Gives a diagnostic with a property path its place in the file, which is told under the name that the user gave it.
pub(super) fn locate(mut diagnostic: Diagnostic, name: &str, file: &Path) -> Diagnostic {
    let Some(path) = &diagnostic.path else { return diagnostic };
    let Ok(text) = std::fs::read_to_string(file) else { return diagnostic };
    let Ok(documents) = cue::yaml::read(&Source::new(name, text.as_str())) else { return diagnostic };
    let Some(document) = documents.first() else { return diagnostic };
    let (start, end) = place(document, path);
    let mut shown = text.into_bytes();
    if let DataValue::Struct(fields) = &document.value
        && let Some(users) = fields.get("users")
    {
        hide(users, false, &mut shown);
    }
    // The address of an embedded cluster that is served holds its token.
    for (at, _) in String::from_utf8_lossy(&shown.clone()).match_indices("/token/") {
        let secret = shown.iter().skip(at + "/token/".len()).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if let Some(bytes) = shown.get_mut(at + "/token/".len()..at + "/token/".len() + secret) {
            bytes.fill(b'*');
        }
    }
    // Whole values were replaced, so that the text is still text.
    let shown = String::from_utf8_lossy(&shown).into_owned();
    let first_line = shown.get(start as usize..end as usize).and_then(|t| t.find('\n'));
    let end = first_line.map_or(end, |length| start + length as u32);
    diagnostic.labels.push(Label { source: Source::new(name, shown), start, end, text: String::new() });
    diagnostic
}

fn span(data: &Data) -> Option<(u32, u32)> {
    data.origin.as_ref().map(|origin| (origin.span.start, origin.span.end))
}

/// The property, or the nearest one above it that is there.
fn place(document: &Data, path: &str) -> (u32, u32) {
    let mut at = document;
    let mut place = span(at).unwrap_or_default();
    for key in path.split(['.', '[', ']']).filter(|key| !key.is_empty()) {
        let inner = match &at.value {
            DataValue::Struct(fields) => fields.get(key),
            DataValue::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        let Some(inner) = inner else { break };
        at = inner;
        place = span(at).unwrap_or(place);
    }
    place
}

/// Everything that is said of users but their names.
fn hide(data: &Data, within: bool, text: &mut [u8]) {
    match &data.value {
        DataValue::Struct(fields) => {
            fields.iter().for_each(|(name, value)| hide(value, within || name.as_str() == "user", text))
        }
        DataValue::List(items) => items.iter().for_each(|item| hide(item, within, text)),
        _ => {
            let bytes = span(data).and_then(|(start, end)| text.get_mut(start as usize..end as usize));
            if let Some(bytes) = bytes.filter(|_| within) {
                bytes.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b'*');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_shown_and_the_token_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        let text = "{clusters: [{name: a, cluster: {server: https://a}}], users: [{name: a, user: {token: 'gehéim'}}]}";
        std::fs::write(&file, text).unwrap();
        let problem = Diagnostic::error("x", "y").path("clusters[0].cluster.server");
        let located = locate(problem, "config", &file);
        let label = located.labels.first().unwrap();
        assert_eq!(label.source.text.get(label.start as usize..label.end as usize), Some("https://a"));
        assert!(label.source.text.contains("name: a") && !label.source.text.contains("geh"), "{}", label.source.text);
        assert_eq!(label.source.text.len(), text.len());
    }
}
