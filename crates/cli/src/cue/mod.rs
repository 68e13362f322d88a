//! `lateen cue`: the language on its own, with the flags of `cue`.

mod def;
mod eval;
mod export;
mod fix;
mod flags;
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
    #[command(after_help = "Examples:
  lateen cue export
  lateen cue export ./deploy -e services.web --out yaml
  lateen cue export schema.cue data.json -t env=prod")]
    Export(Deferred<export::ExportArgs>),
    /// Evaluate and print the result as CUE; what is not known yet stays an expression
    #[command(after_help = "Examples:
  lateen cue eval
  lateen cue eval config.cue -e server -c")]
    Eval(Deferred<eval::EvalArgs>),
    /// Check CUE files, or data files against a schema; prints nothing when all is well
    #[command(after_help = "Examples:
  lateen cue vet ./...
  lateen cue vet schema.cue data.yaml -d '#Service'")]
    Vet(Deferred<vet::VetArgs>),
    /// Print definitions as one file: of a package, or of a schema in JSON Schema or OpenAPI
    #[command(after_help = "Examples:
  lateen cue def
  lateen cue def --out openapi")]
    Def(Deferred<def::DefArgs>),
    /// Turn data and schemas into CUE files
    #[command(after_help = "Examples:
  lateen cue import manifests.yaml -l kind -l metadata.name")]
    Import(Deferred<import::ImportArgs>),
    /// Take out of CUE files what the rest of them implies; the value stays
    #[command(after_help = "Examples:
  lateen cue trim ./...")]
    Trim(Deferred<trim::TrimArgs>),
    /// Rewrite CUE files that are written for older versions of the language, or move them to an experiment
    #[command(after_help = "Examples:
  lateen cue fix ./...")]
    Fix(Deferred<fix::FixArgs>),
    /// Format CUE files
    #[command(after_help = "Examples:
  lateen cue fmt ./...
  lateen cue fmt --check ./...           for CI: names the files that are not formatted")]
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
