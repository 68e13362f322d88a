//! `lateen workflow`: what a person can ask of a run.

mod debug;
mod explain;
mod list;
mod replay;
mod rollback;
mod watch;

use crate::application::{AppArgs, WaitArgs, carry_on_from, conclude, find_run};
use crate::session::{HubArgs, Outcome, Session};
use controller::prepare::Definitions;
use cue_syntax::Diagnostic;
use model::operation::{OperationAction, UserOperation};
use std::process::ExitCode;
use std::time::Duration;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum WorkflowArgs {
    /// Stop after what is under way
    #[command(after_help = "Examples:
  lateen workflow suspend example-app -m 'the shop has a sale'")]
    Suspend(OperationArgs),
    /// Go on with a suspended run: approve
    #[command(
        visible_alias = "approve",
        after_help = "Examples:
  lateen workflow resume example-app
  lateen workflow approve example-app --step gate-prod -m 'checked on staging'"
    )]
    Resume(OperationArgs),
    /// End a run
    #[command(after_help = "Examples:
  lateen workflow terminate example-app -m 'wrong image'")]
    Terminate(OperationArgs),
    /// Run again, from the start or from a failed step
    #[command(after_help = "Examples:
  lateen workflow restart example-app
  lateen workflow restart example-app --step deploy-prod")]
    Restart(OperationArgs),
    /// Go back to the newest revision that succeeded, or to a given one
    #[command(after_help = "Examples:
  lateen workflow rollback shop          to the newest revision that succeeded
  lateen workflow rollback shop -r v3 -y   to this one, without asking")]
    Rollback(rollback::RollbackArgs),
    /// List the runs
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Say in one sentence what a run waits for, or why it failed
    Explain(explain::ExplainArgs),
    /// Show what happened in a run, and how everything stood at each event
    Replay(replay::ReplayArgs),
    /// Show what the values of the steps came to, where a run was asked to write it down
    Debug(debug::DebugArgs),
    /// Print what the steps of a run say
    Logs(replay::LogsArgs),
    /// Show a run as it goes, without executing it
    Watch(watch::WatchArgs),
}

/// The arguments of an operation.
#[derive(Debug, clap::Args)]
pub(crate) struct OperationArgs {
    #[command(flatten)]
    app: AppArgs,
    /// Only this step
    #[arg(long, short)]
    step: Option<String>,
    /// Why, for the record
    #[arg(long, short = 'm', default_value = "")]
    comment: String,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(crate) async fn run(hub: HubArgs, args: WorkflowArgs) -> Outcome<ExitCode> {
    match args {
        WorkflowArgs::Suspend(args) => {
            let action = OperationAction::Suspend { step: args.step.clone() };
            operate(hub, args, action, "suspend").await
        }
        WorkflowArgs::Resume(args) => {
            let action = OperationAction::Resume { step: args.step.clone() };
            operate(hub, args, action, "resume").await
        }
        WorkflowArgs::Terminate(args) => operate(hub, args, OperationAction::Terminate, "terminate").await,
        WorkflowArgs::Restart(args) => {
            let action = OperationAction::Restart { step: args.step.clone() };
            operate(hub, args, action, "restart").await
        }
        WorkflowArgs::Rollback(args) => rollback::run(hub, args).await,
        WorkflowArgs::List(args) => list::run(hub, args).await.map(|()| ExitCode::SUCCESS),
        WorkflowArgs::Explain(args) => explain::run(hub, args).await.map(|()| ExitCode::SUCCESS),
        WorkflowArgs::Replay(args) => replay::run(hub, args).await.map(|()| ExitCode::SUCCESS),
        WorkflowArgs::Debug(args) => debug::run(hub, args).await.map(|()| ExitCode::SUCCESS),
        WorkflowArgs::Logs(args) => replay::logs(hub, args).await.map(|()| ExitCode::SUCCESS),
        WorkflowArgs::Watch(args) => watch::run(hub, args).await.map(|()| ExitCode::SUCCESS),
    }
}

async fn operate(hub: HubArgs, mut args: OperationArgs, action: OperationAction, verb: &str) -> Outcome<ExitCode> {
    let mut session = Session::open(&hub).await?;
    session.announce();
    let app = find_run(&mut session, &mut args.app).await?;
    let run = app.status.as_ref().and_then(|s| s.workflow.as_ref());
    ::workflow::status::possible(&action, run)?;
    let who = crate::identity::who(&session).await;
    let from_the_start = matches!(action, OperationAction::Restart { step: None });
    let operation = UserOperation {
        id: uuid::Uuid::now_v7().to_string(),
        action,
        by: who.name,
        groups: who.groups,
        comment: args.comment.clone(),
    };
    let (namespace, name) = (&args.app.namespace, &args.app.name);
    controller::follow::ask(&session.hub, namespace, name, &operation, Duration::from_secs(30)).await?;
    if args.wait.no_wait {
        println!("Asked to {verb} workflow: {name}");
        return Ok(ExitCode::SUCCESS);
    }
    // A run that goes on does not do again what it has done: only one that begins anew tells of every step.
    let known = run.filter(|_| !from_the_start);
    let (defaults, limit) = (Definitions::default(), args.wait.timeout);
    let finished = carry_on_from(&session, defaults, namespace, name, limit, known).await?;
    if let Some(why) = replay::refusal(&session, &finished.app, &operation.id).await? {
        return Err(Diagnostic::error("workflow/refused", format!("{verb} was refused: {why}")).into());
    }
    println!("Successfully {verb} workflow: {name}");
    let code = conclude(&finished);
    // A run that a user ended, or restarted into a failure, says so in its phase; the request itself was carried out.
    Ok(if verb == "terminate" { ExitCode::SUCCESS } else { code })
}
