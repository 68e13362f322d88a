//! `lateen workflow list`.

use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use model::Application;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen workflow list -A")]
pub(crate) struct ListArgs {
    /// Of this namespace
    #[arg(long, short, default_value = "default")]
    namespace: String,
    /// Of all namespaces
    #[arg(long, short = 'A')]
    all: bool,
}

pub(super) async fn run(hub: HubArgs, args: ListArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let apps = session.hub.applications(if args.all { "" } else { &args.namespace }).await?;
    let mut rows: Vec<Vec<String>> = apps.iter().filter_map(row).collect();
    match session.hub.of_workflow_runs().applications(if args.all { "" } else { &args.namespace }).await {
        Ok(runs) => rows.extend(runs.iter().filter_map(row)),
        // a hub that does not serve the kind has none
        Err(fault) if fault.class == actions::FaultClass::Permanent => {}
        Err(fault) => return Err(fault.into()),
    }
    print!("{}", table::draw(&["NAME", "NAMESPACE", "REVISION", "PHASE", "START-TIME", "END-TIME"], &rows));
    Ok(())
}

fn row(app: &Application) -> Option<Vec<String>> {
    let run = app.status.as_ref()?.workflow.as_ref()?;
    let phase = run.phase.map(|p| p.to_string()).unwrap_or_default();
    Some(vec![
        app.metadata.name.clone(),
        app.metadata.namespace.clone(),
        run.app_revision.clone(),
        phase,
        run.start_time.clone().unwrap_or_default(),
        run.end_time.clone().unwrap_or_default(),
    ])
}
