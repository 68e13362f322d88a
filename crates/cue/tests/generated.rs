//! What holds for every program, tried with programs made by chance (`generated/program.rs`): formatting keeps the tree and is
//! done once; what is exported and imported is the same value; trimming keeps the value, and so does writing a package as one
//! file; and no bytes make anything panic.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

#[path = "generated/program.rs"]
mod program;

use cue::export::{Indent, Options, text};
use cue::world::Nothing;
use cue::{Data, DataOptions, Inputs, Instance, Limits, Selector, compile, json};
use cue_syntax::{Source, parse_file};

/// How many programs a test tries.
const PROGRAMS: u64 = 150;

fn limits() -> Limits {
    Limits { steps: 200_000, nodes: 50_000, ..Limits::default() }
}

fn instance(program: &str) -> Option<Instance> {
    Instance::of(Source::new("in.cue", program)).ok()
}

fn value(program: &str) -> Option<Data> {
    value_of(instance(program)?)
}

fn value_of(instance: Instance) -> Option<Data> {
    let program = compile(&Nothing, instance).ok()?;
    let evaluation = program.evaluate(Inputs::default(), &limits());
    if !evaluation.diagnostics().is_empty() {
        return None;
    }
    evaluation.root().data(&DataOptions::default()).ok()
}

/// A tree without its places.
fn tree(text: &str) -> String {
    let source = Source::new("in.cue", text);
    let mut sources = cue_syntax::Sources::default();
    let parsed = parse_file(&source, sources.add(source.clone()));
    assert!(parsed.diagnostics.is_empty(), "{text}");
    let shown = format!("{:?}", parsed.tree.unwrap());
    let mut out = String::new();
    let mut rest = shown.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[rest.find('}').unwrap() + 1..];
    }
    out.push_str(rest);
    // A list or a struct may be spread over lines, which changes how commas are kept, not the tree.
    out
}

#[test]
fn formatting_keeps_the_tree_and_is_done_once() {
    for seed in 0..PROGRAMS {
        let before = program::program(seed);
        let once = cue_syntax::format(&Source::new("in.cue", before.as_str())).unwrap();
        let twice = cue_syntax::format(&Source::new("in.cue", once.as_str())).unwrap();
        assert_eq!(once, twice, "seed {seed}\n{before}");
        assert_eq!(tree(&before), tree(&once), "seed {seed}\n{before}\n{once}");
    }
}

#[test]
fn what_is_exported_and_imported_is_the_same_value() {
    let mut seen = 0;
    for seed in 0..PROGRAMS * 3 {
        let program = program::program(seed);
        let Some(data) = value(&program) else { continue };
        seen += 1;
        let exported = json::write(&data, json::Style::Indented).unwrap();
        let read = json::parse(&exported).unwrap();
        for text in [cue::export::data_text(&read, None), cue::export::recursive_text(&read, None)] {
            let back = value(&text).unwrap_or_else(|| panic!("seed {seed}\n{text}"));
            assert_eq!(json::write(&back, json::Style::Indented).unwrap(), exported, "seed {seed}\n{text}");
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn trimming_keeps_the_value() {
    let (mut seen, mut shorter) = (0, 0);
    for seed in 0..PROGRAMS * 2 {
        let program = program::program(seed);
        let Some(before) = value(&program) else { continue };
        seen += 1;
        let trimmed = cue::trim::trim(&Nothing, &instance(&program).unwrap(), &limits()).unwrap();
        if let Some(t) = trimmed.first() {
            shorter += 1;
            let after = value(&t.text).unwrap_or_else(|| panic!("seed {seed}\n{program}\n{}", t.text));
            assert_eq!(sorted(&before), sorted(&after), "seed {seed}\n{program}\n{}", t.text);
        }
    }
    assert!(seen > 20 && shorter > 0, "{seen} {shorter}");
}

/// Data as text, whatever the order of their fields.
fn sorted(d: &Data) -> String {
    let mut value: serde_json::Value = serde_json::from_str(&json::write(d, json::Style::Compact).unwrap()).unwrap();
    value.sort_all_objects();
    value.to_string()
}

#[test]
fn files_as_one_have_the_same_value() {
    let mut seen = 0;
    for seed in 0..PROGRAMS * 3 {
        // A package of one file, and one of two that declare the same names.
        for count in 1..=2 {
            let mut package = Instance::default();
            for i in 0..count {
                package.add(Source::new(format!("{i}.cue"), program::program(seed + i * 10_000))).unwrap();
            }
            let one = cue::define::text(&package, cue::define::Options::default());
            let (before, after) = (value_of(package), value(&one));
            seen += u32::from(before.is_some());
            assert_eq!(before.as_ref().map(sorted), after.as_ref().map(sorted), "seed {seed}\n{one}");
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn no_bytes_panic() {
    for seed in 0..PROGRAMS * 2 {
        let bytes = program::mutated(&program::program(seed), seed);
        let source = Source::new("in.cue", String::from_utf8_lossy(&bytes));
        let _ = cue_syntax::format(&source);
        let _ = cue_syntax::fix::fix(&source, &cue_syntax::fix::Options::default());
        let Some(instance) = instance(&source.text) else { continue };
        let Ok(program) = compile(&Nothing, instance) else { continue };
        let evaluation = program.evaluate(Inputs::default(), &limits());
        let _ = evaluation.diagnostics();
        let root = evaluation.root();
        let _ = text(root, &Options::EVAL, Indent::Spaces);
        let _ = cue::openapi::generate(root, &cue::openapi::Config::default());
        let _ = cue::jsonschema::generate(root);
        assert!(evaluation.lookup(&[Selector::new("no such field")]).error().is_some());
    }
}
