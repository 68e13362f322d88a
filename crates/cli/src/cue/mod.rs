//! `lateen cue`: the language on its own, with the flags of `cue`.

use std::process::ExitCode;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum CueArgs {}

/// Runs one.
pub(crate) fn run(args: CueArgs) -> ExitCode {
    match args {}
}
