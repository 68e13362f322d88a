//! `lateen revision list`: what an application has been.

use crate::application::{AppArgs, find};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use serde_json::json;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RevisionArgs {
    /// List the revisions of an application, newest first
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        app: AppArgs,
        /// json or yaml instead of a table
        #[arg(long, short)]
        output: Option<Format>,
    },
}

pub(crate) async fn run(hub: HubArgs, args: RevisionArgs) -> Outcome {
    let RevisionArgs::List { app, output } = args;
    let session = Session::open(&hub).await?;
    find(&session, &app).await?;
    let mut revisions = session.hub.revisions(&app.namespace, &app.name).await?;
    revisions.reverse();
    if let Some(format) = output {
        return output::print(&json!(revisions), format);
    }
    let rows: Vec<Vec<String>> = revisions
        .iter()
        .map(|r| {
            let run = r.status.as_ref().and_then(|s| s.workflow.as_ref());
            let phase = run.and_then(|w| w.phase).map_or("", |p| p.as_str());
            let succeeded = r.status.as_ref().is_some_and(|s| s.succeeded);
            vec![
                r.metadata.name.clone(),
                r.spec.application.publish_version().unwrap_or_default().to_owned(),
                succeeded.to_string(),
                phase.to_owned(),
                r.metadata.labels.get(model::labels::APP_REVISION_HASH).cloned().unwrap_or_default(),
                r.metadata.creation_timestamp.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let headers = ["NAME", "PUBLISH_VERSION", "SUCCEEDED", "STATUS", "HASH", "BEGIN_TIME"];
    print!("{}", table::draw(&headers, &rows));
    Ok(())
}
