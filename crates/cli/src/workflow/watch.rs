//! `lateen workflow watch`: a run that somebody else executes, as it goes.

use crate::application::{AppArgs, find_run};
use crate::progress::Progress;
use crate::session::{HubArgs, Outcome, Session};
use std::io::IsTerminal;
use std::time::Duration;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen workflow watch example-app")]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    app: AppArgs,
}

/// How often it looks.
const LOOK: Duration = Duration::from_millis(200);

pub(super) async fn run(hub: HubArgs, mut args: WatchArgs) -> Outcome {
    let mut session = Session::open(&hub).await?;
    let mut progress = Progress::new(std::io::stdout(), std::io::stdout().is_terminal());
    loop {
        let app = find_run(&mut session, &mut args.app).await?;
        let status = app.status.as_ref();
        let run = status.and_then(|s| s.workflow.as_ref());
        if let Some(run) = run {
            progress.update(run);
        }
        let current = status.is_some_and(|s| s.observed_generation == app.metadata.generation);
        if current && run.is_some_and(|r| r.finished) {
            progress.clear();
            match run.and_then(|r| r.phase).filter(|_| app.kind == model::WORKFLOW_RUN) {
                Some(phase) => println!("Workflow run {}: {phase}.", app.metadata.name),
                None => println!("Application {}: {}.", app.metadata.name, status.map(|s| s.phase).unwrap_or_default()),
            }
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}
