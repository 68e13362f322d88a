//! Programs made by chance, evaluated by this crate and by a reference binary; each difference is shrunk and printed. Where
//! the reference crashes, or gives no answer in five seconds, there is nothing to compare.
//!
//! `cargo run -p cue --release --example differ -- CUE_BINARY COUNT [FIRST_SEED]`

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../tests/generated/program.rs"]
#[allow(dead_code)]
mod program;

use cue::world::Nothing;
use cue::{DataOptions, Inputs, Instance, Limits, compile, json};
use cue_syntax::ast::{Decl, Element, Expr};
use cue_syntax::{Source, Span, parse_file};
use std::process::{Command, Stdio};

/// `ok` with the value, `incomplete`, or `error`.
#[derive(Debug, PartialEq, Clone)]
enum Outcome {
    Ok(serde_json::Value),
    Incomplete,
    Error,
}

fn ours(program: &str) -> (Outcome, String) {
    let show = |d: &[cue_syntax::Diagnostic]| d.first().map(|d| d.message.clone()).unwrap_or_default();
    let instance = match Instance::of(Source::new("in.cue", program)) {
        Ok(instance) => instance,
        Err(found) => return (Outcome::Error, show(&found)),
    };
    let program = match compile(&Nothing, instance) {
        Ok(p) => p,
        Err(d) => return (Outcome::Error, show(&d)),
    };
    let limits = Limits { steps: 2_000_000, nodes: 300_000, ..Limits::default() };
    let evaluation = program.evaluate(Inputs::default(), &limits);
    let errors = evaluation.diagnostics();
    if !errors.is_empty() {
        return (Outcome::Error, show(&errors));
    }
    match evaluation.root().data(&DataOptions::default()) {
        Ok(data) => {
            let text = json::write(&data, json::Style::Compact).unwrap();
            (Outcome::Ok(serde_json::from_str(&text).unwrap()), text)
        }
        Err(d) => (Outcome::Incomplete, show(&d)),
    }
}

fn reference(binary: &str, program: &str) -> (Outcome, String) {
    let run = |command: &str| {
        use std::io::Write as _;
        // The reference does not end with every program.
        let mut child = Command::new("timeout")
            .args(["5", binary, command, "-", if command == "export" { "--out=json" } else { "--out=cue" }])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let out = run("export");
    if out.status.success() {
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        return (Outcome::Ok(serde_json::from_str(&text).unwrap()), text);
    }
    let message = String::from_utf8_lossy(&out.stderr).into_owned();
    if out.status.code() == Some(124) || message.contains("panic:") || message.contains("goroutine") {
        return (Outcome::Error, NONE.into());
    }
    let class = if run("eval").status.success() { Outcome::Incomplete } else { Outcome::Error };
    (class, message)
}

/// What the reference says where it gives no answer.
const NONE: &str = "no answer";

fn differ(binary: &str, program: &str) -> bool {
    let (a, _) = ours(program);
    let (b, text) = reference(binary, program);
    text != NONE && a != b
}

/// Replacements that make a program smaller.
fn smaller(program: &str) -> Vec<(Span, String)> {
    let source = Source::new("in.cue", program);
    let mut sources = cue_syntax::Sources::default();
    let Some(file) = parse_file(&source, sources.add(source.clone())).tree else { return Vec::new() };
    let mut out: Vec<(Span, String)> = file.imports.iter().map(|i| (i.span, String::new())).collect();
    let at = |s: Span| program[s.start as usize..s.end as usize].to_owned();
    fn decls(all: &[Decl], at: &dyn Fn(Span) -> String, out: &mut Vec<(Span, String)>) {
        for d in all {
            match d {
                Decl::Field(f) => {
                    out.push((f.span, String::new()));
                    expr(&f.value, at, out);
                }
                Decl::Embedding(e) => {
                    out.push((e.span(), String::new()));
                    expr(e, at, out);
                }
                Decl::Let(l) => {
                    out.push((l.span, String::new()));
                    expr(&l.value, at, out);
                }
                Decl::Comprehension(c) => {
                    out.push((c.span, String::new()));
                    decls(&c.body.decls, at, out);
                }
                Decl::Ellipsis(e) => out.push((e.span, String::new())),
                Decl::Attribute(_) => {}
            }
        }
    }
    fn expr(e: &Expr, at: &dyn Fn(Span) -> String, out: &mut Vec<(Span, String)>) {
        match e {
            Expr::Binary { left, right, span, .. } => {
                out.push((*span, at(left.span())));
                out.push((*span, at(right.span())));
                expr(left, at, out);
                expr(right, at, out);
            }
            Expr::Paren(inner, span) => {
                out.push((*span, at(inner.span())));
                expr(inner, at, out);
            }
            Expr::Unary { operand, span, .. } => {
                out.push((*span, at(operand.span())));
                expr(operand, at, out);
            }
            Expr::Struct(s) => {
                out.push((s.span, "{}".into()));
                decls(&s.decls, at, out);
            }
            Expr::List(l) => {
                for element in &l.elements {
                    match element {
                        Element::Value(e) => {
                            out.push((e.span(), "1".into()));
                            expr(e, at, out);
                        }
                        Element::Comprehension(c) => decls(&c.body.decls, at, out),
                        Element::Ellipsis(_) => {}
                    }
                }
            }
            Expr::Call { arguments, span, .. } => {
                for a in arguments {
                    out.push((*span, at(a.span())));
                    expr(a, at, out);
                }
            }
            _ => {}
        }
    }
    decls(&file.decls, &at, &mut out);
    out
}

fn shrunk(binary: &str, mut program: String) -> String {
    'again: loop {
        for (span, text) in smaller(&program) {
            let mut shorter = program.clone();
            shorter.replace_range(span.start as usize..span.end as usize, &text);
            // What is left of a removed declaration.
            let shorter = shorter.replace(", ,", ",").replace("{, ", "{").replace(", }", "}");
            let shorter: String = shorter
                .lines()
                .filter(|l| !l.trim().is_empty() && l.trim() != "import")
                .map(|l| format!("{l}\n"))
                .collect();
            if shorter.len() < program.len() && differ(binary, &shorter) {
                program = shorter;
                continue 'again;
            }
        }
        return program;
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (binary, count) = (&args[1], args[2].parse::<u64>().unwrap());
    let first = args.get(3).map_or(0, |s| s.parse::<u64>().unwrap());
    let (mut found, mut silent) = (0, 0);
    let mut classes = [0u32; 3];
    for seed in first..first + count {
        let program = program::program(seed);
        let (outcome, (expected, text)) = (ours(&program).0, reference(binary, &program));
        classes[match outcome {
            Outcome::Ok(_) => 0,
            Outcome::Incomplete => 1,
            Outcome::Error => 2,
        }] += 1;
        silent += u32::from(text == NONE);
        if text == NONE || outcome == expected {
            continue;
        }
        found += 1;
        let small = shrunk(binary, program);
        let (a, b) = (ours(&small), reference(binary, &small));
        println!("== seed {seed}\n{small}-- ours {:?}\n   {}\n-- reference {:?}\n   {}", a.0, a.1, b.0, b.1.trim());
    }
    let [ok, incomplete, errors] = classes;
    println!(
        "{found} of {count} differ, {silent} had no answer; ours: {ok} ok, {incomplete} incomplete, {errors} errors"
    );
}
