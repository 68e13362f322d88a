//! `lateen def vet`: every mistake in definitions, in one pass.

use super::files;
use crate::output::{self, Format};
use crate::report;
use crate::threads::side_by_side;
use ::render::DefinitionSource;
use ::render::builtin::{Added, Builtins};
use authoring::{tell, vet};
use cue_syntax::{Diagnostic, Severity, Source};
use model::DefinitionKind;
use rayon::prelude::*;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def vet                        every definition below this folder
  lateen def vet my-trait.cue other/    files and folders
  lateen def vet --builtin              what comes with Lateen
  lateen def vet -o json                for programs; exit status 1 when there is an error")]
pub(crate) struct VetArgs {
    /// Definition files (CUE, YAML) or folders; `-` is standard input [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What comes with Lateen
    #[arg(long, conflicts_with = "paths")]
    builtin: bool,
    /// Warnings and advice count as errors
    #[arg(long)]
    strict: bool,
    /// json or yaml instead of text; short is a line each
    #[arg(long, short, value_enum, default_value = "text")]
    output: Output,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// Each with the text around it
    Text,
    /// One line each: file:line:column: message
    Short,
    /// An array
    Json,
    /// The same as YAML
    Yaml,
}

pub(crate) fn run(args: &VetArgs) -> ExitCode {
    let mut problems = Vec::new();
    let sources = if args.builtin { built_in() } else { given(args, &mut problems) };
    let count = sources.len();
    let here = vec![PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here } else { &args.paths };
    let with = vet::With { packages: Arc::new(Added::of(&files::packages(paths))), ..vet::With::default() };
    let found: Vec<Vec<Diagnostic>> =
        side_by_side(|| sources.par_iter().map(|source| vet::file_with(source, &with)).collect());
    problems.extend(found.into_iter().flatten());
    let error = |p: &Diagnostic| args.strict || p.severity == Severity::Error;
    let errors = problems.iter().filter(|p| error(p)).count();
    match args.output {
        Output::Text => {
            report::print_all(&problems);
            eprintln!("{}", sum(count, errors, problems.len() - errors));
        }
        Output::Short => {
            for problem in &problems {
                let place = problem.labels.first().map(|l| {
                    let (line, column) = l.source.line_column(l.start);
                    format!("{}:{line}:{column}: ", l.source.name)
                });
                println!("{}{}", place.unwrap_or_default(), tell::line(problem));
            }
        }
        Output::Json => print(&problems, Format::Json),
        Output::Yaml => print(&problems, Format::Yaml),
    }
    if errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn print(problems: &[Diagnostic], format: Format) {
    if let Err(failure) = output::print(&json!(problems.iter().map(tell::json).collect::<Vec<_>>()), format) {
        report::print_all(&failure.0);
    }
}

/// `2 definitions: 1 error, 3 warnings`
fn sum(definitions: usize, errors: usize, others: usize) -> String {
    let some = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let found = match (errors, others) {
        (0, 0) => "nothing to mend".to_owned(),
        (_, 0) => some(errors, "error"),
        (0, _) => some(others, "warning"),
        _ => format!("{}, {}", some(errors, "error"), some(others, "warning")),
    };
    format!("{}: {found}", some(definitions, "definition"))
}

fn built_in() -> Vec<Arc<Source>> {
    let mut all = Vec::new();
    for kind in [DefinitionKind::Component, DefinitionKind::Trait, DefinitionKind::Policy, DefinitionKind::WorkflowStep]
    {
        for name in Builtins.names(kind) {
            if let Some(text) = Builtins::text(kind, &name) {
                all.push(Source::new(format!("builtin:{}/{name}.cue", kind.word()), text));
            }
        }
    }
    all
}

/// Whether a file that was named holds other objects only.
fn is_other(source: &Source) -> bool {
    !source.name.ends_with(".cue")
        && source.text.contains("kind")
        && !files::looks_like_definition(&source.name, &source.text)
}

fn given(args: &VetArgs, problems: &mut Vec<Diagnostic>) -> Vec<Arc<Source>> {
    let here = vec![PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here } else { &args.paths };
    let mut all = Vec::new();
    for path in paths {
        for file in files::definitions(path) {
            match files::source(&file) {
                // In a folder, other files may stand beside definitions; a file that was named is one.
                Ok(source) if !path.is_dir() && is_other(&source) => problems.push(
                    Diagnostic::error("def/none", format!("{} holds no definition", source.name))
                        .help("Applications are checked by `lateen render -f FILE`, cases by `lateen def test FILE`"),
                ),
                Ok(source) if !path.is_dir() || files::looks_like_definition(&source.name, &source.text) => {
                    all.push(source);
                }
                Ok(_) => {}
                Err(found) => problems.extend(found),
            }
        }
    }
    if all.is_empty() && problems.is_empty() {
        problems.push(
            Diagnostic::error("def/none", "there are no definitions here")
                .help("name files or folders; `lateen def init` begins a definition"),
        );
    }
    all
}
