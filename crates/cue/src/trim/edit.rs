//! A text without some of its declarations.

use super::candidates::Candidate;
use cue_syntax::{Source, SourceId};
use std::ops::Range;

/// The text of a source without the candidates of these numbers.
pub(super) fn without(source: &Source, id: SourceId, candidates: &[Candidate], removed: &[usize]) -> String {
    let text = source.text.as_str();
    let mut cuts: Vec<(Range<usize>, bool)> = removed
        .iter()
        .filter_map(|i| candidates.get(*i))
        .filter(|c| c.field.source == id)
        .map(|c| (c.field.start as usize..c.field.end as usize, c.chained))
        .collect();
    // The outer ones first: what is inside goes with them.
    cuts.sort_by_key(|(r, _)| (r.start, std::cmp::Reverse(r.end)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, chained) in cuts {
        if range.start < at {
            continue;
        }
        let (start, end) = if chained { (range.start, range.end) } else { whole(text, range, at) };
        out.push_str(text.get(at..start).unwrap_or_default());
        if chained {
            out.push_str("{}");
        }
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// A declaration with the comma and the comment behind it, and its line where nothing else is on it.
fn whole(text: &str, range: Range<usize>, from: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let blank = |b: Option<&u8>| matches!(b, Some(b' ' | b'\t' | b'\r'));
    let mut end = range.end;
    let mut comma = false;
    while blank(bytes.get(end)) || (!comma && bytes.get(end) == Some(&b',')) {
        comma |= bytes.get(end) == Some(&b',');
        end += 1;
    }
    if text.get(end..).is_some_and(|rest| rest.starts_with("//")) {
        end += text.get(end..).and_then(|rest| rest.find('\n')).unwrap_or(text.len() - end);
    }
    let mut start = range.start;
    while start > from && blank(bytes.get(start - 1)) {
        start -= 1;
    }
    let first_on_line = start == 0 || bytes.get(start - 1) == Some(&b'\n');
    if first_on_line && bytes.get(end) == Some(&b'\n') {
        return (start, end + 1);
    }
    (if first_on_line { start } else { range.start }, end)
}
