//! Programs and what is left of them; and the value of every program of the language's cases stays the same.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::{canonical, evaluate, trim};
use crate::api::{Instance, Limits};
use crate::world::Nothing;
use cue_syntax::Source;

fn instance(program: &str) -> Option<Instance> {
    Instance::of(Source::new("in.cue", program)).ok()
}

fn trimmed(program: &str) -> String {
    let all = trim(&Nothing, &instance(program).unwrap(), &Limits::default()).unwrap();
    all.first().map_or_else(|| program.to_owned(), |t| t.text.clone())
}

#[test]
fn what_is_implied_goes() {
    for (program, expected) in [
        (
            "light: [string]: {room: string, on: *100.0 | >=0 & <=100.0}\nlight: hall: {\n\troom: \"Hall\"\n\ton:   100.0 // goes\n}\n",
            "light: [string]: {room: string, on: *100.0 | >=0 & <=100.0}\nlight: hall: {\n\troom: \"Hall\"\n}\n",
        ),
        (
            "#D: {kind: \"x\", n: int}\nd: #D & {\n\tkind: \"x\"\n\tn:    1\n}\n",
            "#D: {kind: \"x\", n: int}\nd: #D & {\n\tn: 1\n}\n",
        ),
        ("a: 1\na: 1\n", "a: 1\n"),
        ("a: int\na: 1\n", "a: 1\n"),
        ("x: 2\nif x == 2 {a: 1}\na: 1\n", "x: 2\nif x == 2 {a: 1}\n"),
        ("m: [string]: {p: 80}\nm: a: p: 80\n", "m: [string]: {p: 80}\nm: a: {}\n"),
        // A default stays where it is not the value, and what only a pattern gives does not make the field.
        ("a: *1 | int\na: 2\n", "a: *1 | int\na: 2\n"),
        ("[string]: 5\no: int\n", "[string]: 5\no: int\n"),
        ("a: 1 @tag(x)\na: 1 @tag(y)\n", "a: 1 @tag(x)\na: 1 @tag(y)\n"),
        // What stands in an alternative is what tells it from the others.
        (
            "d: {k: \"a\"} | {k: \"b\", n: 1}\no: d & {k: \"b\"}\n",
            "d: {k: \"a\"} | {k: \"b\", n: 1}\no: d & {k: \"b\"}\n",
        ),
        // A reference says more than its value.
        ("x: 7\ny: x\ny: x\n", "x: 7\ny: x\ny: x\n"),
    ] {
        assert_eq!(trimmed(program), expected, "{program}");
    }
}

#[test]
fn errors_are_told() {
    let found = trim(&Nothing, &instance("a: 1\na: 2\n").unwrap(), &Limits::default()).unwrap_err();
    assert_eq!(found.len(), 1);
}

/// Programs of every kind: those of the language's cases.
#[test]
fn the_value_stays() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let limits = Limits { steps: 2_000_000, nodes: 200_000, ..Limits::default() };
    let (mut seen, mut shorter) = (0, 0);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for case in text.split("```cue\n").skip(1) {
            let Some((program, _)) = case.split_once("```") else { continue };
            let Some(before) = instance(program) else { continue };
            let Ok(first) = evaluate(&Nothing, before.clone(), &limits) else { continue };
            if !first.diagnostics().is_empty() {
                continue;
            }
            let Ok(all) = trim(&Nothing, &before, &limits) else { continue };
            seen += 1;
            if let Some(t) = all.first() {
                shorter += 1;
                let after = evaluate(&Nothing, instance(&t.text).unwrap(), &limits).unwrap();
                assert_eq!(canonical(&after), canonical(&first), "{program}\n{}", t.text);
            }
        }
    }
    assert!(seen > 20 && shorter < seen, "{seen} {shorter}");
}
