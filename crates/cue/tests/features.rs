//! The features of the language one by one: `features/*.md`, to be read as its specification.
//!
//! A section tells a rule; the programs below it stand in a block, each with what comes of it behind:
//!
//! ```text
//! a: 1 + 2
//! //= {"a":3}            what is exported
//!
//! a: 1 | 2
//! //? a: unresolved …    not enough is known: `eval` shows it, `export` fails with this
//!
//! a: 1 & 2
//! //! a: conflicting …   an error
//! //~ …                  the reference command gives something else, and why we differ
//! ```
//!
//! `//@ v0.14.0` at the beginning is the version that the module asks for. `␀` stands for NUL, `␍` for a carriage return,
//! `<BOM>` for a byte order mark.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

mod files;

use cue::load::{Options, load};
use cue::{DataOptions, Inputs, Limits, compile, json};
use cue_syntax::Diagnostic;
use files::Files;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The lines of what comes of a program.
fn outcome(program: &str) -> String {
    let (version, _) = program.strip_prefix("//@ ").and_then(|t| t.split_once('\n')).unwrap_or(("v0.17.0", ""));
    let text = program.replace('␀', "\0").replace('␍', "\r").replace("<BOM>", "\u{feff}");
    let module = format!("module: \"example.com/m\"\nlanguage: version: \"{version}\"\n");
    let files = BTreeMap::from([("cue.mod/module.cue".to_owned(), module), ("in.cue".to_owned(), text)]);
    let world = Files { files: &files, packages: &[] };
    let lines = |mark: &str, found: &[Diagnostic]| {
        let mut lines: Vec<String> = Vec::new();
        for d in found {
            let path = d.path.as_ref().map_or(String::new(), |p| format!("{p}: "));
            let line = format!("{mark} {path}{}", d.message.replace('\n', " "));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines.join("\n")
    };
    let instances = match load(&world, &Options { folders_above: 1, ..Options::default() }, &["in.cue".to_owned()]) {
        Ok(instances) => instances,
        Err(found) => return lines("//!", &found),
    };
    let Some(loaded) = instances.into_iter().next() else { panic!("nothing was loaded") };
    let program = match compile(&world, loaded.instance) {
        Ok(program) => program,
        Err(found) => return lines("//!", &found),
    };
    let evaluation = program.evaluate(Inputs::default(), &Limits::default());
    let errors = evaluation.diagnostics();
    if !errors.is_empty() {
        return lines("//!", &errors);
    }
    match evaluation.root().data(&DataOptions::default()) {
        Ok(data) => format!("//= {}", json::write(&data, json::Style::Compact).unwrap()),
        Err(found) => lines("//?", &found),
    }
}

/// A page with what its programs come to.
fn page(text: &str) -> String {
    let mut out = String::new();
    let mut program: Option<String> = None;
    let flush = |program: &mut String, out: &mut String| {
        if !program.is_empty() {
            writeln!(out, "{}", outcome(program)).unwrap();
            program.clear();
        }
    };
    for line in text.lines() {
        match &mut program {
            None if line == "```cue" => program = Some(String::new()),
            Some(p) if line == "```" => {
                flush(p, &mut out);
                program = None;
            }
            Some(p) if line.is_empty() || line.starts_with("//~") => flush(p, &mut out),
            Some(_) if ["//=", "//?", "//!"].iter().any(|m| line.starts_with(m)) => continue,
            Some(p) => {
                p.push_str(line);
                p.push('\n');
            }
            None => {}
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

macro_rules! pages {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let text = include_str!(concat!("features/", stringify!($name), ".md"));
            let came = page(text);
            if came != text {
                let different: Vec<String> = text
                    .lines()
                    .zip(came.lines())
                    .enumerate()
                    .filter(|(_, (a, b))| a != b)
                    .take(1)
                    .map(|(i, (a, b))| format!("line {}\n- {a}\n+ {b}", i + 1))
                    .collect();
                panic!("{}\nthe page should read:\n<<<<\n{came}>>>>", different.join("\n"));
            }
        }
    )*};
}

/// What a page calls different stands in the manual.
#[test]
fn every_difference_is_told_in_the_manual() {
    let manual = include_str!("../../../docs/language.md").to_lowercase().replace("\n  ", " ");
    let pages = [
        include_str!("features/closedness.md"),
        include_str!("features/comprehensions.md"),
        include_str!("features/lexical.md"),
        include_str!("features/operators.md"),
        include_str!("features/outcomes.md"),
        include_str!("features/structs.md"),
        include_str!("features/versions.md"),
    ];
    let reasons: Vec<&str> = pages.iter().flat_map(|p| p.lines()).filter_map(|l| l.strip_prefix("//~ ")).collect();
    assert!(reasons.len() > 5);
    let missing: Vec<&&str> = reasons.iter().filter(|r| !manual.contains(&r.to_lowercase())).collect();
    assert!(missing.is_empty(), "docs/language.md does not tell: {missing:#?}");
}

pages! { closedness comprehensions lexical operators outcomes structs versions }
