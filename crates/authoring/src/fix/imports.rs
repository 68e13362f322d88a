//! Imports that nothing uses: the language refuses them, and older KubeVela did not always look.

use cue_syntax::{Diagnostic, Label, Source};
use render::Loaded;
use render::builtin::Packages;
use std::sync::Arc;

/// The text without them. `before` is the text in which changes are told.
pub(super) fn unused(
    here: &Arc<Source>,
    loaded: &Loaded,
    before: &Arc<Source>,
    changes: &mut Vec<Diagnostic>,
) -> Option<String> {
    let problems = cue::compile(&Packages, loaded.instance()).err()?;
    let mut spans: Vec<(usize, usize)> = problems
        .iter()
        .filter(|p| p.code == "cue/unused-import")
        .filter_map(|p| p.labels.first())
        .filter(|l| l.source.text == here.text)
        .map(|l| (l.start as usize, l.end as usize))
        .collect();
    spans.sort_unstable();
    let mut text = here.text.clone();
    let mut changed = false;
    for (start, end) in spans.into_iter().rev() {
        let Some(shorter) = without(&text, start, end) else { continue };
        let import = text.get(start..end).unwrap_or_default().to_owned();
        let mut told = Diagnostic::warning("cue/unused-import", format!("{import} is imported and not used"));
        if let Some(at) = before.text.find(&import) {
            let (start, end) = (at as u32, (at + import.len()) as u32);
            told.labels.push(Label { source: before.clone(), start, end, text: String::new() });
        }
        changes.push(told.help("now left out"));
        text = shorter;
        changed = true;
    }
    changed.then_some(text)
}

/// The text without an import that has a line to itself, and without the parentheses that then hold nothing.
fn without(text: &str, start: usize, end: usize) -> Option<String> {
    let line = text.get(..start)?.rfind('\n').map_or(0, |n| n + 1);
    let next = text.get(end..)?.find('\n').map_or(text.len(), |n| end + n + 1);
    let (head, tail) = (text.get(line..start)?.trim(), text.get(end..next)?.trim());
    let alone = match head {
        "" | "import" => tail.is_empty() || tail.starts_with("//"),
        "import (" | "import(" => tail == ")",
        _ => false,
    };
    if !alone {
        return None;
    }
    let mut out = text.get(..line)?.to_owned();
    let mut rest = text.get(next..)?;
    if head.is_empty() {
        let (before, after) = (out.trim_end(), rest.trim_start());
        if let (Some(before), Some(after)) = (
            before.strip_suffix('(').map(str::trim_end).and_then(|b| b.strip_suffix("import")),
            after.strip_prefix(')'),
        ) {
            (out, rest) = (before.to_owned(), after.strip_prefix('\n').unwrap_or(after));
        }
    }
    // One empty line is enough, and none at the top.
    if out.is_empty() || out.ends_with("\n\n") {
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    Some(out + rest)
}
