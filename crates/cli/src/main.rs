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
mod colour;
mod completion;
mod controller;
mod crds;
mod cue;
mod def;
mod deferred;
mod delete;
mod diff;
mod environment;
mod explain;
mod get;
mod given;
mod hub;
mod identity;
mod install;
mod itself;
mod ls;
mod lsp;
mod namespace;
mod output;
mod plan;
mod processes;
mod progress;
mod render;
mod report;
mod revision;
mod session;
mod show;
mod status;
mod table;
mod threads;
mod up;
mod workflow;
mod world;

use clap::{Parser, Subcommand};
use deferred::Deferred;
use session::HubArgs;
use std::ffi::OsString;
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
    Render(Deferred<render::RenderArgs>),
    /// Store an Application on the hub and run its workflow
    Up(Deferred<Box<up::UpArgs>>),
    /// Show an application: phase, workflow, services, objects
    Status(Deferred<status::StatusArgs>),
    /// List applications
    #[command(visible_alias = "list")]
    Ls(Deferred<ls::LsArgs>),
    /// Delete an application and what it delivered
    Delete(Deferred<delete::DeleteArgs>),
    /// Suspend, resume, end, restart and roll back runs
    #[command(subcommand)]
    Workflow(Deferred<workflow::WorkflowArgs>),
    /// What an application has been
    #[command(subcommand)]
    Revision(Deferred<revision::RevisionArgs>),
    /// Print what the pods of an application print
    Logs(Deferred<access::logs::LogsArgs>),
    /// Forward a port of this machine to a pod of an application
    PortForward(Deferred<access::forward::ForwardArgs>),
    /// Begin, check, test, document, compare and store definitions
    #[command(subcommand)]
    Def(Deferred<def::DefArgs>),
    /// Show what a type takes: parameters, defaults, an example
    Show(Deferred<show::ShowArgs>),
    /// Explain a parameter, a field of a Kubernetes kind, or the code of a diagnostic
    Explain(Deferred<explain::ExplainArgs>),
    /// Answer an editor: errors, completion, hover, definitions, renaming, formatting
    Lsp(Deferred<lsp::LspArgs>),
    /// Show what a run would do: objects for each cluster, steps, and the difference to what runs now
    Plan(Deferred<plan::PlanArgs>),
    /// Compare revisions, environments, files and what runs
    Diff(Deferred<diff::DiffArgs>),
    /// Enable and list add-ons
    #[command(subcommand)]
    Addon(Deferred<addon::AddonArgs>),
    /// Join, list and make clusters
    #[command(subcommand)]
    Cluster(Deferred<cluster::ClusterArgs>),
    /// Show objects of a cluster
    Get(Deferred<get::GetArgs>),
    /// Group environments and targets
    #[command(subcommand)]
    Project(Deferred<environment::project::ProjectArgs>),
    /// Name places to deliver to: a cluster and a namespace
    #[command(subcommand)]
    Target(Deferred<environment::target::TargetArgs>),
    /// Order targets into environments
    #[command(subcommand)]
    Env(Deferred<environment::env::EnvArgs>),
    /// Make and list namespaces
    #[command(subcommand, visible_alias = "ns")]
    Namespace(Deferred<namespace::NamespaceArgs>),
    /// Choose which cluster is the hub
    #[command(subcommand)]
    Hub(Deferred<hub::HubCommand>),
    /// Apply to a real hub what Lateen needs there
    Install(Deferred<install::InstallArgs>),
    /// Serve a hub: run every application of it that needs something, until stopped
    Controller(Deferred<controller::ControllerArgs>),
    /// Evaluate, export, check and format CUE files
    #[command(subcommand)]
    Cue(Deferred<cue::CueArgs>),
    /// Print a completion script for a shell
    Completion(Deferred<completion::CompletionArgs>),
    /// Print the version
    Version(Deferred<completion::VersionArgs>),
}

/// The commands that are over soonest, on their own: to describe all others took a third of such a start.
#[derive(Debug, Parser)]
#[command(name = "lateen", version, propagate_version = true)]
struct Quick {
    #[command(flatten)]
    hub: HubArgs,
    #[command(subcommand)]
    command: QuickCommand,
}

#[derive(Debug, Subcommand)]
enum QuickCommand {
    /// As [`Command::Render`].
    Render(Deferred<render::RenderArgs>),
    /// As [`Command::Cue`].
    #[command(subcommand)]
    Cue(Deferred<cue::CueArgs>),
}

impl Quick {
    /// The arguments, when they are those of a quick command; what is wrong with them, and help, is the whole command's to say.
    fn of(words: &[OsString]) -> Option<Quick> {
        let is_quick = words.get(1).is_some_and(|name| Self::NAMES.iter().any(|known| name == known));
        if is_quick { Quick::try_parse_from(words).ok() } else { None }
    }

    const NAMES: &[&str] = &["cue", "render"];
}

fn main() -> ExitCode {
    output::end_quietly_when_nobody_reads();
    let words: Vec<OsString> = std::env::args_os().collect();
    match Quick::of(&words) {
        Some(Quick { hub, command: QuickCommand::Render(Deferred(args)) }) => render::run(&hub, args),
        Some(Quick { command: QuickCommand::Cue(Deferred(args)), .. }) => cue::run(args),
        None => any(&words),
    }
}

/// Every command. Apart from `main`, as their description fills a large frame.
#[inline(never)]
fn any(words: &[OsString]) -> ExitCode {
    let Cli { hub, command } = Cli::parse_from(words);
    match command {
        Command::Render(Deferred(args)) => render::run(&hub, args),
        Command::Cue(Deferred(args)) => cue::run(args),
        other => with_hub(hub, other),
    }
}

/// The commands that may talk to clusters. Apart from `main`, whose frame their futures would make 140 kB large: pages that
/// would be touched at every start.
#[inline(never)]
fn with_hub(hub: HubArgs, command: Command) -> ExitCode {
    match command {
        Command::Render(Deferred(args)) => render::run(&hub, args),
        Command::Up(Deferred(args)) => session::run_to(up::run(hub, *args)),
        Command::Status(Deferred(args)) => session::run(status::run(hub, args)),
        Command::Ls(Deferred(args)) => session::run(ls::run(hub, args)),
        Command::Delete(Deferred(args)) => session::run(delete::run(hub, args)),
        Command::Workflow(Deferred(args)) => session::run_to(workflow::run(hub, args)),
        Command::Revision(Deferred(args)) => session::run_to(revision::run(hub, args)),
        Command::Logs(Deferred(args)) => session::run(access::logs::run(hub, args)),
        Command::PortForward(Deferred(args)) => session::run(access::forward::run(hub, args)),
        Command::Def(Deferred(args)) => def::run(hub, args),
        Command::Show(Deferred(args)) => session::run(show::run(hub, args)),
        Command::Explain(Deferred(args)) => session::run(explain::run(hub, args)),
        Command::Lsp(Deferred(args)) => lsp::run(args),
        Command::Plan(Deferred(args)) => session::run_to(plan::run(hub, args)),
        Command::Diff(Deferred(args)) => session::run_to(diff::run(hub, args)),
        Command::Addon(Deferred(args)) => session::run(addon::run(hub, args)),
        Command::Cluster(Deferred(args)) => session::run(cluster::run(hub, args)),
        Command::Get(Deferred(args)) => session::run(get::run(hub, args)),
        Command::Project(Deferred(args)) => session::run(environment::project::run(hub, args)),
        Command::Target(Deferred(args)) => session::run(environment::target::run(hub, args)),
        Command::Env(Deferred(args)) => session::run(environment::env::run(hub, args)),
        Command::Namespace(Deferred(args)) => session::run(namespace::run(hub, args)),
        Command::Hub(Deferred(command)) => session::run(hub::run(hub, command)),
        Command::Install(Deferred(args)) => session::run(install::run(hub, args)),
        Command::Controller(Deferred(args)) => session::run(controller::run(hub, args)),
        Command::Cue(Deferred(args)) => cue::run(args),
        Command::Completion(Deferred(args)) => completion::run(args),
        Command::Version(Deferred(args)) => completion::version(args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn without_example(command: &clap::Command, path: &str, missing: &mut Vec<String>) {
        let path = format!("{path} {}", command.get_name());
        let mut own = command.get_subcommands().filter(|c| c.get_name() != "help").peekable();
        if own.peek().is_none() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let called = format!("  {}", path.trim_start());
            if !help.contains("Example") || !help.contains(&called) {
                missing.push(path.clone());
            }
        }
        own.for_each(|c| without_example(c, &path, missing));
    }

    #[test]
    fn a_quick_command_is_the_same_command() {
        let quick = Quick::command();
        assert_eq!(quick.get_subcommands().map(clap::Command::get_name).collect::<Vec<_>>(), ["render", "cue"]);
        assert!(Quick::NAMES.iter().all(|name| quick.find_subcommand(name).is_some()));
        let read = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let quick = Quick::of(&words).map(|q| match q.command {
                QuickCommand::Render(args) => format!("{:?} {args:?}", q.hub),
                QuickCommand::Cue(args) => format!("{:?} {args:?}", q.hub),
            });
            let whole = Cli::try_parse_from(&words).ok().map(|c| match c.command {
                Command::Render(args) => format!("{:?} {args:?}", c.hub),
                Command::Cue(args) => format!("{:?} {args:?}", c.hub),
                other => format!("{other:?}"),
            });
            (quick, whole)
        };
        for line in [
            "lateen cue export a.cue -e x --out yaml",
            "lateen cue vet -c schema.cue data.json -d #A",
            "lateen render -f app.yaml --hub embedded",
            "lateen cue fmt --check ./... --hub other",
        ] {
            let (quick, whole) = read(line);
            assert!(quick.is_some() && quick == whole, "{line}: {quick:?} {whole:?}");
        }
        for line in
            ["lateen cue", "lateen cue export --help", "lateen cue nothing", "lateen --hub x cue export", "lateen ls"]
        {
            assert_eq!(read(line).0, None, "{line}");
        }
    }

    #[test]
    fn the_help_of_every_command_has_an_example_that_calls_it() {
        let mut all = Cli::command();
        all.build();
        let mut missing = Vec::new();
        without_example(&all, "", &mut missing);
        assert!(missing.is_empty(), "no example in the help of:{}", missing.join(","));
    }
}
