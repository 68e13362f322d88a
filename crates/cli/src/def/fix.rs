//! `lateen def fix`: outdated definitions, as they are written today.

use super::files;
use crate::report;
use authoring::{fix, lines};
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def fix old.cue                show what would change
  lateen def fix definitions/ --write   change the files
  lateen def fix definitions/ --check   exit status 1 when something is outdated, for CI")]
pub(crate) struct FixArgs {
    /// Definition files in CUE, or folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Change the files
    #[arg(long, short)]
    write: bool,
    /// Only say which files are outdated
    #[arg(long, conflicts_with = "write")]
    check: bool,
}

pub(crate) fn run(args: &FixArgs) -> ExitCode {
    let mut problems = Vec::new();
    let mut outdated = 0;
    for path in &args.paths {
        for file in files::definitions(path).into_iter().filter(|f| f.extension().is_some_and(|e| e == "cue")) {
            let source = match files::source(&file) {
                Ok(source) => source,
                Err(found) => {
                    problems.extend(found);
                    continue;
                }
            };
            if path.is_dir() && !files::looks_like_definition(&source.name, &source.text) {
                continue;
            }
            match fix::file(&source) {
                Ok(None) => {}
                Ok(Some(fixed)) => {
                    outdated += 1;
                    println!("{}", source.name);
                    if args.check {
                        continue;
                    }
                    report::print_all(&fixed.changes);
                    if args.write {
                        problems.extend(files::write(&file, &fixed.text, true).err().into_iter().flatten());
                    } else {
                        println!("{}", crate::colour::lines(&lines::diff(&source.text, &fixed.text)));
                    }
                }
                Err(found) => problems.extend(found),
            }
        }
    }
    report::print_all(&problems);
    match (outdated, args.write) {
        (0, _) => eprintln!("nothing is outdated"),
        (n, true) => eprintln!("{n} files changed"),
        (n, false) => eprintln!("{n} files are outdated (--write changes them)"),
    }
    if !problems.is_empty() || (args.check && outdated > 0) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
