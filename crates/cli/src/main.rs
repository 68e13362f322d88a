//! The `lateen` command: text in, applications on many clusters out.
//!
//! This crate wires the others together and owns what only a command has: arguments, terminal output, exit statuses, the
//! world of files that is handed to the pure crates. No rule of the language, of rendering or of workflows lives here.
//! `lateen cue` and `lateen render` start no async runtime and touch no state folder.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod access;
mod addon;
mod application;
mod cluster;
mod completion;
mod cue;
mod def;
mod delete;
mod hub;
mod install;
mod ls;
mod namespace;
mod output;
mod processes;
mod progress;
mod render;
mod report;
mod revision;
mod session;
mod status;
mod table;
mod up;
mod workflow;
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
    /// Store an Application on the hub and run its workflow
    Up(Box<up::UpArgs>),
    /// Show an application: phase, workflow, services, objects
    Status(status::StatusArgs),
    /// List applications
    #[command(visible_alias = "list")]
    Ls(ls::LsArgs),
    /// Delete an application and what it delivered
    Delete(delete::DeleteArgs),
    /// Suspend, resume, end, restart and roll back runs
    #[command(subcommand)]
    Workflow(workflow::WorkflowArgs),
    /// What an application has been
    #[command(subcommand)]
    Revision(revision::RevisionArgs),
    /// Print what the pods of an application print
    Logs(access::logs::LogsArgs),
    /// Forward a port of this machine to a pod of an application
    PortForward(access::forward::ForwardArgs),
    /// List and print definitions
    #[command(subcommand)]
    Def(def::DefArgs),
    /// Enable and list add-ons
    #[command(subcommand)]
    Addon(addon::AddonArgs),
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
        Command::Up(args) => session::run_to(up::run(hub, *args)),
        Command::Status(args) => session::run(status::run(hub, args)),
        Command::Ls(args) => session::run(ls::run(hub, args)),
        Command::Delete(args) => session::run(delete::run(hub, args)),
        Command::Workflow(args) => session::run_to(workflow::run(hub, args)),
        Command::Revision(args) => session::run(revision::run(hub, args)),
        Command::Logs(args) => session::run(access::logs::run(hub, args)),
        Command::PortForward(args) => session::run(access::forward::run(hub, args)),
        Command::Def(args) => session::run(def::run(hub, args)),
        Command::Addon(args) => session::run(addon::run(hub, args)),
        Command::Cluster(args) => session::run(cluster::run(hub, args)),
        Command::Namespace(args) => session::run(namespace::run(hub, args)),
        Command::Hub(command) => session::run(hub::run(hub, command)),
        Command::Install(args) => session::run(install::run(hub, args)),
        Command::Cue(args) => cue::run(args),
        Command::Completion(args) => completion::run(args),
        Command::Version(args) => completion::version(args),
    }
}
