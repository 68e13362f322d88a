//! `lateen def fix`: outdated definitions, as they are written today.

use super::files;
use crate::output::{self, Format};
use crate::report;
use authoring::{fix, lines, tell};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def fix old.cue                show what would change
  lateen def fix definitions/ --write   change the files
  lateen def fix definitions/ --check   exit status 1 when something is outdated, for CI
  kubectl get traitdefinition old -n vela-system -o yaml | lateen def fix -

Mended are: lists that are added and repeated with operators (CUE before 0.11), imports that nothing uses, and markers with a
slip in their name. Comments and the rest of the text stay as they are.")]
pub(crate) struct FixArgs {
    /// Definition files (CUE, YAML) or folders; `-` is standard input, and is printed mended
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Change the files
    #[arg(long, short)]
    write: bool,
    /// Only say which files are outdated
    #[arg(long, conflicts_with = "write")]
    check: bool,
    /// json or yaml instead of text
    #[arg(long, short)]
    output: Option<Format>,
}

/// A file that is outdated.
struct Outdated {
    file: PathBuf,
    name: String,
    before: String,
    fixed: fix::Fixed,
}

pub(crate) fn run(args: &FixArgs) -> ExitCode {
    let mut problems = Vec::new();
    let mut outdated = Vec::new();
    for path in &args.paths {
        for file in files::definitions(path) {
            match files::source(&file) {
                Ok(source) if path.is_dir() && !files::looks_like_definition(&source.name, &source.text) => {}
                Ok(source) => match fix::file(&source) {
                    Ok(None) => {}
                    Ok(Some(fixed)) => {
                        let (name, before) = (source.name.clone(), source.text.clone());
                        outdated.push(Outdated { file, name, before, fixed });
                    }
                    Err(found) => problems.extend(found),
                },
                Err(found) => problems.extend(found),
            }
        }
    }
    if args.write {
        for one in outdated.iter().filter(|o| o.file.as_os_str() != "-") {
            problems.extend(files::write(&one.file, &one.fixed.text, true).err().into_iter().flatten());
        }
    }
    match args.output {
        Some(format) => {
            let value = |one: &Outdated| {
                json!({
                    "file": one.name, "changes": one.fixed.changes.iter().map(tell::json).collect::<Vec<_>>(),
                    "diff": lines::diff(&one.before, &one.fixed.text), "written": args.write,
                })
            };
            if let Err(failure) = output::print(&outdated.iter().map(value).collect(), format) {
                problems.extend(failure.0);
            }
        }
        None => outdated.iter().for_each(|one| show(one, args)),
    }
    report::print_all(&problems);
    let files = |n: usize| if n == 1 { "1 file".to_owned() } else { format!("{n} files") };
    match (outdated.len(), args.write) {
        (0, _) => eprintln!("nothing is outdated"),
        (n, true) => eprintln!("{} changed", files(n)),
        (n, false) => eprintln!("{} outdated (--write changes them)", files(n)),
    }
    if !problems.is_empty() || (args.check && !outdated.is_empty()) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn show(one: &Outdated, args: &FixArgs) {
    if one.file.as_os_str() == "-" {
        // What came in goes out again, mended.
        print!("{}", one.fixed.text);
        return;
    }
    println!("{}", one.name);
    if args.check {
        return;
    }
    report::print_all(&one.fixed.changes);
    if !args.write {
        println!("{}", crate::colour::lines(&lines::diff(&one.before, &one.fixed.text)));
    }
}
