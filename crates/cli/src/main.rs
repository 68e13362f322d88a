//! The `lateen` command: text in, applications on many clusters out.
//!
//! This crate wires the others together and owns what only a command has: arguments, terminal output, exit statuses, the
//! world of files that is handed to the pure crates. No rule of the language, of rendering or of workflows lives here.
//! `lateen cue` and `lateen render` start no async runtime and touch no state folder.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod cluster;
mod completion;
mod cue;
mod hub;
mod install;
mod ls;
mod namespace;
mod output;
mod progress;
mod render;
mod report;
mod session;
mod status;
mod table;
mod world;

use clap::{Parser, Subcommand};
use session::HubArgs;
use std::process::ExitCode;

/// Deliver applications to many Kubernetes clusters, from text files, with or without a cluster.
#[derive(Debug, Parser)]
#[command(name = "lateen", version, about, long_about = None, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    hub: HubArgs,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  lateen render -f app.yaml                what would be applied, where; needs no cluster
  lateen up -f app.yaml                    run its workflow (on the embedded hub, unless told otherwise)
  lateen status example-app --tree         what runs where
  lateen workflow resume example-app       approve a waiting step
  lateen cluster join prod.kubeconfig      add a real cluster";

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every object an Application renders to, offline
    Render(render::RenderArgs),
    /// Join, list and make clusters
    #[command(subcommand)]
    Cluster(cluster::ClusterArgs),
    /// Make and list namespaces
    #[command(subcommand, visible_alias = "ns")]
    Namespace(namespace::NamespaceArgs),
    /// Choose which cluster is the hub
    #[command(subcommand)]
    Hub(hub::HubCommand),
    /// Apply to a real hub what Lateen needs there
    Install(install::InstallArgs),
    /// Evaluate, export, check and format CUE files
    #[command(subcommand)]
    Cue(cue::CueArgs),
    /// Print a completion script for a shell
    Completion(completion::CompletionArgs),
    /// Print the version
    Version(completion::VersionArgs),
}

fn main() -> ExitCode {
    let Cli { hub, command } = Cli::parse();
    match command {
        Command::Render(args) => render::run(args),
        Command::Cluster(args) => session::run(cluster::run(hub, args)),
        Command::Namespace(args) => session::run(namespace::run(hub, args)),
        Command::Hub(command) => session::run(hub::run(hub, command)),
        Command::Install(args) => session::run(install::run(hub, args)),
        Command::Cue(args) => cue::run(args),
        Command::Completion(args) => completion::run(args),
        Command::Version(args) => completion::version(args),
    }
}
