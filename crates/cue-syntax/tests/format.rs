//! The formatter on cases kept as text (`format/*.md`): a description, what is written, what comes out. Every result is
//! formatted again and must stay as it is.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use cue_syntax::{File, Source, SourceId, format, parse_file, print_file};

/// The fenced blocks of a case in order.
fn blocks(text: &str) -> Vec<&str> {
    text.split("```cue\n").skip(1).filter_map(|b| b.split("```").next()).collect()
}

fn formatted(text: &str) -> String {
    format(&Source::new("case.cue", text)).unwrap_or_else(|d| panic!("{text}\n{d:?}"))
}

fn tree(text: &str) -> File {
    parse_file(&Source::new("case.cue", text), SourceId(0)).tree.unwrap()
}

#[test]
fn cases() {
    for (name, case) in [
        ("layout", include_str!("format/layout.md")),
        ("comments", include_str!("format/comments.md")),
        ("columns", include_str!("format/columns.md")),
        ("expressions", include_str!("format/expressions.md")),
        ("literals", include_str!("format/literals.md")),
    ] {
        let blocks = blocks(case);
        assert!(!blocks.is_empty() && blocks.len().is_multiple_of(2), "{name}: pairs of blocks");
        for pair in blocks.chunks(2) {
            let [written, wanted] = pair else { continue };
            assert_eq!(formatted(written), *wanted, "{name}: {written}");
            assert_eq!(formatted(wanted), *wanted, "{name}: a second time");
        }
    }
}

/// A tree without its source prints as text that reads as the same tree.
#[test]
fn printing_needs_no_source() {
    for case in
        [include_str!("format/layout.md"), include_str!("format/expressions.md"), include_str!("format/literals.md")]
    {
        for written in blocks(case) {
            let printed = print_file(&tree(written));
            assert_eq!(print_file(&tree(&printed)), printed, "{written}");
        }
    }
}
