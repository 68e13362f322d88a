//! `lateen cue`: the language on its own, with the flags of `cue`.

mod eval;
mod export;
mod fmt;
mod output;
mod session;
mod vet;

use std::process::ExitCode;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum CueArgs {
    /// Evaluate, require a concrete value, and print it as JSON, YAML, CUE or text
    Export(export::ExportArgs),
    /// Evaluate and print the result as CUE; what is not known yet stays an expression
    Eval(eval::EvalArgs),
    /// Check CUE files, or data files against a schema; prints nothing when all is well
    Vet(vet::VetArgs),
    /// Format CUE files
    Fmt(fmt::FmtArgs),
}

/// Runs one.
pub(crate) fn run(args: CueArgs) -> ExitCode {
    match args {
        CueArgs::Export(args) => export::run(args),
        CueArgs::Eval(args) => eval::run(args),
        CueArgs::Vet(args) => vet::run(args),
        CueArgs::Fmt(args) => fmt::run(args),
    }
}
