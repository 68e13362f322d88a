//! `lateen cue fmt`: canonical text.

use super::flags::GlobalArgs;
use crate::world::Files;
use cue::World;
use cue_syntax::{Diagnostic, Source};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct FmtArgs {
    /// Files and folders; `-` formats standard input; `./...` walks; none is `.`
    inputs: Vec<String>,
    /// Change nothing; name the files that are not formatted and exit with status 1
    #[arg(long)]
    check: bool,
    /// Show what would change instead of changing it
    #[arg(short = 'd', long)]
    diff: bool,
    /// Walk folders recursively
    #[arg(long)]
    files: bool,
    #[command(flatten)]
    global: GlobalArgs,
}

/// Runs it.
pub(crate) fn run(args: FmtArgs) -> ExitCode {
    let mut problems = Vec::new();
    let mut out = Vec::new();
    let mut unformatted = false;
    match args.global.enter() {
        Ok(()) => {
            for name in names(&args, &mut problems) {
                unformatted |= one(&args, &name, &mut out, &mut problems);
            }
        }
        Err(found) => problems = found,
    }
    // Whoever read the output wants no more of it.
    let _ = std::io::stdout().lock().write_all(&out);
    args.global.report(&problems);
    if problems.is_empty() && !(unformatted && args.check) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The files to format.
fn names(args: &FmtArgs, problems: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut names = Vec::new();
    let here = [".".to_owned()];
    for input in if args.inputs.is_empty() { &here[..] } else { &args.inputs } {
        if input == "-" || input.ends_with(".cue") && !std::path::Path::new(input).is_dir() {
            names.push(input.clone());
            continue;
        }
        let (folder, deep) = match input.strip_suffix("...") {
            Some(base) => (base.trim_end_matches('/'), true),
            None => (input.as_str(), args.files),
        };
        let folder = if folder.is_empty() { "." } else { folder };
        walk(folder, deep, 0, &mut names, problems);
    }
    names
}

pub(super) fn walk(folder: &str, deep: bool, depth: usize, names: &mut Vec<String>, problems: &mut Vec<Diagnostic>) {
    let entries = match Files.list(folder) {
        Ok(entries) => entries,
        Err(e) => return problems.push(Diagnostic::error("cue/load", e)),
    };
    let join = |name: &str| if folder == "." { name.to_owned() } else { format!("{folder}/{name}") };
    for name in entries {
        if name.starts_with('.') {
            continue;
        }
        match name.strip_suffix('/') {
            Some(inner) if deep && depth < 100 && inner != "cue.mod" => {
                walk(&join(inner), deep, depth + 1, names, problems)
            }
            Some(_) => {}
            None if name.ends_with(".cue") => names.push(join(&name)),
            None => {}
        }
    }
}

/// The canonical text of a file, simplified where that is wanted.
pub(super) fn formatted(source: &Arc<Source>, simplify: bool) -> Result<String, Vec<Diagnostic>> {
    if !simplify {
        return cue_syntax::format(source);
    }
    cue_syntax::format(&Source::new(&source.name, cue_syntax::fix::simplified(source)?))
}

/// Formats one file; whether it was not formatted.
fn one(args: &FmtArgs, name: &str, out: &mut Vec<u8>, problems: &mut Vec<Diagnostic>) -> bool {
    let bytes = match Files.read(name) {
        Ok(bytes) => bytes,
        Err(e) => {
            problems.push(Diagnostic::error("cue/load", e));
            return false;
        }
    };
    let source = Source::new(name, String::from_utf8_lossy(&bytes));
    let text = match formatted(&source, args.global.simplify) {
        Ok(text) => text,
        Err(found) => {
            problems.extend(found);
            return false;
        }
    };
    let changed = text.as_bytes() != &*bytes;
    if args.check || args.diff {
        if changed && args.diff {
            diff(name, "formatted", &source.text, &text, out);
        } else if changed {
            out.extend(format!("{name}\n").as_bytes());
        }
    } else if name == "-" {
        out.extend(text.as_bytes());
    } else if changed && let Err(e) = std::fs::write(name, text.as_bytes()) {
        problems.push(Diagnostic::error("cue/output", format!("cannot write {name}: {e}")));
    }
    changed
}

/// The lines that differ, between those that are the same at the start and at the end.
pub(super) fn diff(name: &str, label: &str, old: &str, new: &str, out: &mut Vec<u8>) {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut text = format!(
        "--- {name}\n+++ {name} ({label})\n@@ -{0},{1} +{0},{2} @@\n",
        same + 1,
        old.len() - same - tail,
        new.len() - same - tail
    );
    for line in old.iter().take(old.len() - tail).skip(same) {
        text.push_str(&format!("-{line}\n"));
    }
    for line in new.iter().take(new.len() - tail).skip(same) {
        text.push_str(&format!("+{line}\n"));
    }
    out.extend(text.as_bytes());
}
