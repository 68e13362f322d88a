//! The short way and the grammar read the same language: trees and problems are equal on every text, also on nonsense.
//! And what is read, formatted and read again is the same tree.

#![expect(clippy::unwrap_used, reason = "tests")]

use cue_syntax::{File, Source, SourceId, format, parse_file, parse_file_by_grammar};
use proptest::prelude::*;

fn agree(text: &str) {
    let source = Source::new("x.cue", text);
    let short = parse_file(&source, SourceId(0));
    let law = parse_file_by_grammar(&source, SourceId(0));
    assert_eq!(short.diagnostics, law.diagnostics, "{text:?}");
    assert_eq!(short.tree, law.tree, "{text:?}");
}

/// Formatting twice is formatting once.
fn settles(text: &str) {
    let Ok(once) = format(&Source::new("x.cue", text)) else { return };
    let twice = format(&Source::new("x.cue", once.as_str()));
    assert_eq!(twice.as_ref(), Ok(&once), "{text:?}");
}

fn decls(text: &str) -> Option<usize> {
    let parsed = parse_file(&Source::new("x.cue", text), SourceId(0));
    parsed.diagnostics.is_empty().then(|| parsed.tree.map_or(0, |t: File| t.decls.len()))
}

#[test]
fn on_the_cases_of_the_formatter() {
    for case in ["layout", "comments", "columns", "expressions", "literals"] {
        let path = format!("{}/tests/format/{case}.md", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        for block in text.split("```cue\n").skip(1).filter_map(|b| b.split("```").next()) {
            agree(block);
        }
    }
}

/// On the recorded inputs, when `LATEEN_CONFORMANCE` names them.
#[test]
fn on_recorded_inputs() {
    let Some(root) = std::env::var_os("LATEEN_CONFORMANCE") else {
        eprintln!("LATEEN_CONFORMANCE is not set: recorded inputs are left out");
        return;
    };
    let mut work = vec![std::path::PathBuf::from(root)];
    let mut count = 0;
    while let Some(path) = work.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            work.extend(entries.filter_map(Result::ok).map(|e| e.path()));
        } else if path.extension().is_some_and(|e| e == "cue")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            agree(&text);
            settles(&text);
            count += 1;
        }
    }
    assert!(count > 0, "no .cue file there");
}

const TOKENS: &[&str] = &[
    "a",
    "b",
    "c: ",
    "x: ",
    "\"s\"",
    "\"s\": ",
    "'b'",
    "1",
    "0.5",
    "1Gi",
    "1e3",
    "0x1F",
    "true",
    "null",
    "_",
    "_|_",
    "#D",
    "_h",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "{}",
    "[]",
    ",",
    ", ",
    ":",
    ": ",
    "?",
    "?: ",
    "!: ",
    "!",
    "=",
    "==",
    "=~",
    "!=",
    "<",
    ">=",
    "<-",
    "&",
    "&&",
    "|",
    "||",
    "*",
    "+",
    "-",
    "/",
    ".",
    "...",
    "@a(b)",
    "@a(",
    "\n",
    "\n",
    "\n",
    " ",
    "\t",
    "// c\n",
    "for ",
    "in ",
    "if ",
    "let ",
    "try ",
    "else ",
    "for k, v in x {",
    "if a {",
    "let y = ",
    "\"\\(",
    ")\"",
    "\"\"\"\n",
    "\n\"\"\"",
    "\\n",
    "#\"",
    "\"#",
    "[string]: ",
    "(a): ",
    "X=",
    "~X",
    "a.b",
    "f(",
    "x[1:2]",
    "x[0]",
    "package p\n",
    "import \"strings\"\n",
    "é",
    "\r\n",
    ";",
    "\0",
];

/// Texts that are mostly right: fields, with some tokens thrown in.
fn plausible() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "1",
        "\"s\"",
        "true",
        "int",
        "*1 | 2",
        ">=0 & <5",
        "a.b[0]",
        "f(1, x)",
        "\"p\\(a + 1)q\"",
        "-1",
        "(b)",
    ]);
    let leaf = scalar.prop_map(str::to_owned);
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(", "))),
            prop::collection::vec(
                (prop::sample::select(vec!["a", "b?", "\"c\"", "#D", "(e)", "[string]", "a: b"]), inner.clone()),
                0..4
            )
            .prop_map(|v| format!("{{\n{}}}", v.iter().map(|(l, x)| format!("\t{l}: {x}\n")).collect::<String>())),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} & {b}")),
            inner.clone().prop_map(|x| format!("[for k, v in s if v > 1 {{{x}}}]")),
            inner.prop_map(|x| format!("{{if c {{d: {x}}}, ...}}")),
        ]
    });
    let noise = prop_oneof![9 => Just(""), 1 => prop::sample::select(TOKENS)];
    prop::collection::vec((prop::sample::select(vec!["a", "b", "\"x-y\"", "#D", "_h"]), value, noise), 1..5)
        .prop_map(|v| v.iter().map(|(l, x, n)| format!("{l}: {x}{n}\n")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn on_tokens_in_any_order(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..30)) {
        let text = tokens.concat();
        agree(&text);
        settles(&text);
    }

    #[test]
    fn on_plausible_files(text in plausible()) {
        agree(&text);
        settles(&text);
        if let Some(count) = decls(&text) {
            let formatted = format(&Source::new("x.cue", text.as_str())).unwrap();
            prop_assert_eq!(decls(&formatted), Some(count));
        }
    }

    #[test]
    fn on_any_text(text in ".{0,80}") {
        agree(&text);
    }
}
