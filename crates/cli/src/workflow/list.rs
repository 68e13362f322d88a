//! `lateen workflow list`.

use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use model::Application;
use serde_json::json;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen workflow list                 of namespace default
  lateen workflow list --env prod
  lateen workflow list -A -o json      with the steps of each run")]
pub(crate) struct ListArgs {
    /// Of this namespace
    #[arg(long, short, default_value = "default")]
    namespace: String,
    /// Of this environment
    #[arg(long, value_name = "ENVIRONMENT", conflicts_with_all = ["namespace", "all"])]
    env: Option<String>,
    /// Of all namespaces
    #[arg(long, short = 'A')]
    all: bool,
    /// json or yaml instead of a table: with the steps of each run
    #[arg(long, short)]
    output: Option<Format>,
}

pub(super) async fn run(hub: HubArgs, args: ListArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let namespace = match &args.env {
        Some(env) => crate::environment::namespace(&session, env).await?,
        None if args.all => String::new(),
        None => args.namespace,
    };
    let mut apps = session.hub.applications(&namespace).await?;
    match session.hub.of_workflow_runs().applications(&namespace).await {
        Ok(runs) => apps.extend(runs),
        // a hub that does not serve the kind has none
        Err(fault) if fault.class == actions::FaultClass::Permanent => {}
        Err(fault) => return Err(fault.into()),
    }
    let runs = apps.iter().filter_map(|app| Some((app, app.status.as_ref()?.workflow.as_ref()?)));
    if let Some(format) = args.output {
        let one = |(app, run): (&Application, &model::WorkflowStatus)| {
            let metadata = &app.metadata;
            json!({"kind": app.kind, "name": metadata.name, "namespace": metadata.namespace, "workflow": run})
        };
        return output::print(&runs.map(one).collect(), format);
    }
    let rows: Vec<Vec<String>> = runs
        .map(|(app, run)| {
            vec![
                app.metadata.name.clone(),
                app.metadata.namespace.clone(),
                run.app_revision.clone(),
                run.phase.map(|p| p.to_string()).unwrap_or_default(),
                run.start_time.clone().unwrap_or_default(),
                run.end_time.clone().unwrap_or_default(),
            ]
        })
        .collect();
    print!("{}", table::draw(&["NAME", "NAMESPACE", "REVISION", "PHASE", "START-TIME", "END-TIME"], &rows));
    Ok(())
}
