//! `lateen cue`: the language on its own, with the flags of `cue`.

mod def;
mod eval;
mod export;
mod fix;
mod fmt;
mod import;
mod output;
mod session;
mod trim;
mod vet;

use crate::deferred::Deferred;
use std::process::ExitCode;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum CueArgs {
    /// Evaluate, require a concrete value, and print it as JSON, YAML, CUE or text
    Export(Deferred<export::ExportArgs>),
    /// Evaluate and print the result as CUE; what is not known yet stays an expression
    Eval(Deferred<eval::EvalArgs>),
    /// Check CUE files, or data files against a schema; prints nothing when all is well
    Vet(Deferred<vet::VetArgs>),
    /// Print definitions as one file: of a package, or of a schema in JSON Schema or OpenAPI
    Def(Deferred<def::DefArgs>),
    /// Turn data and schemas into CUE files
    Import(Deferred<import::ImportArgs>),
    /// Take out of CUE files what the rest of them implies; the value stays
    Trim(Deferred<trim::TrimArgs>),
    /// Rewrite CUE files that are written for older versions of the language, or move them to an experiment
    Fix(Deferred<fix::FixArgs>),
    /// Format CUE files
    Fmt(Deferred<fmt::FmtArgs>),
}

/// Runs one.
pub(crate) fn run(args: CueArgs) -> ExitCode {
    match args {
        CueArgs::Export(Deferred(args)) => export::run(args),
        CueArgs::Eval(Deferred(args)) => eval::run(args),
        CueArgs::Vet(Deferred(args)) => vet::run(args),
        CueArgs::Def(Deferred(args)) => def::run(args),
        CueArgs::Import(Deferred(args)) => import::run(args),
        CueArgs::Trim(Deferred(args)) => trim::run(args),
        CueArgs::Fix(Deferred(args)) => fix::run(args),
        CueArgs::Fmt(Deferred(args)) => fmt::run(args),
    }
}
