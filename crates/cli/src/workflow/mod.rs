//! `lateen workflow`: what a person can ask of a run.

mod list;
mod rollback;

use crate::application::{AppArgs, WaitArgs, carry_on, conclude, find};
use crate::session::{HubArgs, Outcome, Session};
use controller::prepare::Definitions;
use model::operation::{OperationAction, UserOperation};
use std::process::ExitCode;
use std::time::Duration;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum WorkflowArgs {
    /// Stop after what is under way
    Suspend(OperationArgs),
    /// Go on with a suspended run: approve
    Resume(OperationArgs),
    /// End a run
    Terminate(OperationArgs),
    /// Run again, from the start or from a failed step
    Restart(OperationArgs),
    /// Go back to the newest revision that succeeded, or to a given one
    Rollback(rollback::RollbackArgs),
    /// List the runs
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
}

/// The arguments of an operation.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen workflow resume example-app
  lateen workflow restart example-app --step deploy-prod")]
pub(crate) struct OperationArgs {
    #[command(flatten)]
    app: AppArgs,
    /// Only this step
    #[arg(long, short)]
    step: Option<String>,
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
    }
}

/// Who asks, for the record.
pub(crate) fn requester() -> String {
    std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default()
}

async fn operate(hub: HubArgs, args: OperationArgs, action: OperationAction, verb: &str) -> Outcome<ExitCode> {
    let session = Session::open(&hub).await?;
    session.announce();
    let app = find(&session, &args.app).await?;
    let run = app.status.as_ref().and_then(|s| s.workflow.as_ref());
    ::workflow::status::possible(&action, run)?;
    let operation =
        UserOperation { id: uuid::Uuid::now_v7().to_string(), action, by: requester(), ..UserOperation::default() };
    let (namespace, name) = (&args.app.namespace, &args.app.name);
    controller::follow::ask(&session.hub, namespace, name, &operation, Duration::from_secs(30)).await?;
    println!("Successfully {verb} workflow: {name}");
    if args.wait.no_wait {
        return Ok(ExitCode::SUCCESS);
    }
    let finished = carry_on(&session, Definitions::default(), namespace, name, args.wait.timeout).await?;
    let code = conclude(&finished);
    // A run that a user ended, or restarted into a failure, says so in its phase; the request itself was carried out.
    Ok(if verb == "terminate" { ExitCode::SUCCESS } else { code })
}
