//! `lateen cue trim`: what the rest of a program implies is taken out of its files.

use super::output::OutputArgs;
use super::session::{InputArgs, Problems};
use crate::world::Files;
use cue::Limits;
use cue::trim::{Trimmed, trim};
use cue_syntax::Diagnostic;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct TrimArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Show what would change, and change nothing
    #[arg(short = 'n', long = "dry-run")]
    dry_run: bool,
    /// Name each file with the number of declarations that go
    #[arg(long)]
    trace: bool,
}

/// Runs it.
pub(crate) fn run(args: TrimArgs) -> ExitCode {
    match run_all(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            args.input.report(&problems);
            ExitCode::FAILURE
        }
    }
}

fn run_all(args: &TrimArgs) -> Result<(), Problems> {
    let mut all: Vec<(Vec<String>, Vec<Trimmed>)> = Vec::new();
    for loaded in args.input.loaded()? {
        if !loaded.documents.is_empty() {
            return Err(vec![Diagnostic::error("cue/trim", "only CUE files can be trimmed")]);
        }
        let instance = &loaded.instance;
        let texts = instance.files.iter().filter_map(|f| instance.sources.get(f.source)).map(|s| s.text.clone());
        let texts: Vec<String> = texts.collect();
        all.push((texts, trim(&Files, instance, &Limits::generous())?));
    }
    let mut out = Vec::new();
    if args.output.has_file() && !args.dry_run {
        for (texts, trimmed) in &all {
            match (texts.as_slice(), trimmed.as_slice()) {
                // What is already short is written as it is: there is a result for every input.
                ([one], []) => out.extend(one.as_bytes()),
                (_, trimmed) => trimmed.iter().for_each(|t| out.extend(t.text.as_bytes())),
            }
        }
        return args.output.write(&out);
    }
    for (_, trimmed) in &all {
        for t in trimmed {
            let name = &t.source.name;
            if args.trace {
                let what = if t.removed == 1 { "declaration" } else { "declarations" };
                out.extend(format!("{name}: {} {what}\n", t.removed).as_bytes());
            }
            if args.dry_run {
                super::fmt::diff(name, "trimmed", &t.source.text, &t.text, &mut out);
            } else if name == "-" {
                out.extend(t.text.as_bytes());
            } else {
                std::fs::write(name, t.text.as_bytes())
                    .map_err(|e| vec![Diagnostic::error("cue/output", format!("cannot write {name}: {e}"))])?;
            }
        }
    }
    OutputArgs::print(&out)
}
