//! `probe export|eval [--out json] [-e EXPR]… FILE…`: what `lateen cue` does, in its smallest form, for scoring the language.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

use cue::{DataOptions, Inputs, Instance, Limits};
use cue_syntax::{Source, Sources};

fn main() {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let (mut exprs, mut files) = (Vec::new(), Vec::new());
    while let Some(a) = args.next() {
        match a.as_str() {
            "-e" => exprs.extend(args.next()),
            "--out" => drop(args.next()),
            _ => files.push(a),
        }
    }
    let mut sources = Sources::default();
    let mut trees = Vec::new();
    for f in &files {
        let text = std::fs::read_to_string(f).unwrap();
        let source = Source::new(f, text);
        let id = sources.add(source.clone());
        let parsed = cue_syntax::parse_file(&source, id);
        fail(&parsed.diagnostics);
        trees.extend(parsed.tree);
    }
    let t0 = std::time::Instant::now();
    let instance = Instance { sources: sources.clone(), files: trees, ..Instance::default() };
    let program = match cue::compile(&cue::world::Nothing, instance) {
        Ok(p) => p,
        Err(d) => {
            fail(&d);
            return;
        }
    };
    let mut limits = Limits::generous();
    if let Ok(steps) = std::env::var("PROBE_STEPS") {
        limits.steps = steps.parse().unwrap();
    }
    let t1 = std::time::Instant::now();
    let evaluation = program.evaluate(Inputs::default(), &limits);
    let t2 = std::time::Instant::now();
    if std::env::var_os("PROBE_TIME").is_some() {
        eprintln!("compile {:?} evaluate {:?} {:?}", t1 - t0, t2 - t1, evaluation.usage());
    }
    let mut values = Vec::new();
    if exprs.is_empty() {
        values.push(evaluation.root());
    }
    for e in &exprs {
        let source = Source::new("expression", e.as_str());
        let id = sources.add(source.clone());
        let parsed = cue_syntax::parse_expr(&source, id);
        fail(&parsed.diagnostics);
        values.extend(parsed.tree.map(|t| evaluation.expression(&t)));
    }
    for v in values {
        if command == "eval" {
            fail(&v.errors());
            println!("{:?}", v.kind());
            continue;
        }
        match v.data(&DataOptions::default()) {
            Ok(data) => println!("{}", cue::json::write(&data, cue::json::Style::Indented).unwrap()),
            Err(d) => fail(&d),
        }
    }
}

fn fail(diagnostics: &[cue_syntax::Diagnostic]) {
    for d in diagnostics {
        eprintln!("{}: {} [{}]", d.path.as_deref().unwrap_or(""), d.message, d.code);
        for l in &d.labels {
            let (line, column) = l.source.line_column(l.start);
            eprintln!("    {}:{line}:{column}: {}", l.source.name, l.text);
        }
        if let Some(h) = &d.help {
            eprintln!("    help: {h}");
        }
        for r in &d.related {
            eprintln!("    {}: {}", r.path.as_deref().unwrap_or(""), r.message);
        }
    }
    if !diagnostics.is_empty() {
        std::process::exit(1);
    }
}
