//! `lateen cue fix`: files that are written for older versions of the language as they are written today.

use super::flags::GlobalArgs;
use super::output::OutputArgs;
use super::session::Problems;
use crate::world::Files;
use cue::World;
use cue_syntax::fix::{EXPERIMENTS, Options, fix};
use cue_syntax::{Diagnostic, Source};
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct FixArgs {
    /// Files and folders; `-` is standard input; `./...` walks; none is everything below `.`
    inputs: Vec<String>,
    /// Move the files to these experiments: explicitopen, aliasv2, or all (repeatable, or with commas)
    #[arg(long = "exp", value_name = "NAME", value_delimiter = ',')]
    experiments: Vec<String>,
    /// Remove the commas at the ends of lines in lists
    #[arg(long = "remove-list-commas")]
    remove_list_commas: bool,
    /// Rewrite the files that can be, when others have errors
    #[arg(short = 'f', long)]
    force: bool,
    /// Show what would change, and change nothing
    #[arg(short = 'n', long = "dry-run")]
    dry_run: bool,
    #[command(flatten)]
    global: GlobalArgs,
}

/// Runs it.
pub(crate) fn run(args: FixArgs) -> ExitCode {
    match run_all(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            args.global.report(&problems);
            ExitCode::FAILURE
        }
    }
}

/// What is asked for, checked.
fn options(args: &FixArgs) -> Result<Options, Problems> {
    let mut experiments: Vec<String> = args.experiments.clone();
    if experiments == ["all"] {
        experiments = EXPERIMENTS.iter().map(|e| (*e).to_owned()).collect();
    }
    let unknown = experiments.iter().find(|e| !EXPERIMENTS.contains(&e.as_str()));
    if let Some(name) = unknown {
        let d = Diagnostic::error("cue/fix", format!("unknown experiment `{name}`"))
            .help(format!("files can be moved to {}", EXPERIMENTS.join(" and ")));
        return Err(vec![d]);
    }
    Ok(Options { experiments, remove_list_commas: args.remove_list_commas, ..Options::default() })
}

fn run_all(args: &FixArgs) -> Result<(), Problems> {
    args.global.enter()?;
    let options = options(args)?;
    let mut problems = Vec::new();
    let mut names = Vec::new();
    let everything = ["./...".to_owned()];
    for input in if args.inputs.is_empty() { &everything[..] } else { &args.inputs } {
        if input == "-" || input.ends_with(".cue") && !std::path::Path::new(input).is_dir() {
            names.push(input.clone());
            continue;
        }
        let (folder, deep) = match input.strip_suffix("...") {
            Some(base) => (base.trim_end_matches('/'), true),
            None => (input.as_str(), false),
        };
        super::fmt::walk(if folder.is_empty() { "." } else { folder }, deep, 0, &mut names, &mut problems);
    }
    // Everything is read and mended before anything is written.
    let mut mended = Vec::new();
    let mut out = Vec::new();
    for name in names {
        let bytes = match Files.read(&name) {
            Ok(bytes) => bytes,
            Err(e) => {
                problems.push(Diagnostic::error("cue/load", e));
                continue;
            }
        };
        let source = Source::new(&name, String::from_utf8_lossy(&bytes));
        let text = match fix(&source, &options).and_then(|fixed| {
            let text = fixed.map_or_else(|| source.text.clone(), |f| f.text);
            super::fmt::formatted(&Source::new(&name, text), args.global.simplify)
        }) {
            Ok(text) => text,
            Err(found) => {
                problems.extend(found);
                continue;
            }
        };
        if args.dry_run && text != source.text {
            super::fmt::diff(&name, "fixed", &source.text, &text, &mut out);
        } else if name == "-" {
            out.extend(text.as_bytes());
        } else if text != source.text {
            mended.push((name, text));
        }
    }
    if !problems.is_empty() && !args.force && !args.global.ignore {
        return Err(problems);
    }
    if !args.dry_run {
        for (name, text) in mended {
            if let Err(e) = std::fs::write(&name, text.as_bytes()) {
                problems.push(Diagnostic::error("cue/output", format!("cannot write {name}: {e}")));
            }
        }
    }
    OutputArgs::print(&out)?;
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
