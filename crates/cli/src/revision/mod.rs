//! `lateen revision`: what an application has been.

mod list;
mod show;

use crate::application::{AppArgs, find};
use crate::output::Format;
use crate::session::{HubArgs, Outcome, Session};
use cue_syntax::Diagnostic;
use model::ApplicationRevision;
use model::action::nearest;
use std::process::ExitCode;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RevisionArgs {
    /// List the revisions of an application, newest first: when, by whom, of which commit
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  lateen revision list shop
  lateen revision list shop -n prod -o json")]
    List {
        #[command(flatten)]
        app: AppArgs,
        /// json or yaml instead of a table
        #[arg(long, short)]
        output: Option<Format>,
    },
    /// Show a revision: who, when, which commit, how its run ended, and the specification
    #[command(after_help = "Examples:
  lateen revision show shop              the newest
  lateen revision show shop v2 -o yaml")]
    Show {
        #[command(flatten)]
        app: AppArgs,
        /// Its name or number [default: the newest]
        revision: Option<String>,
        /// json or yaml: the whole object
        #[arg(long, short)]
        output: Option<Format>,
    },
    /// Compare what two revisions deliver
    #[command(after_help = "Examples:
  lateen revision diff shop v1 v2
  lateen revision diff shop v1           a revision and what the hub has now
  lateen diff shop@v1 new.yaml           a revision and a file")]
    Diff {
        #[command(flatten)]
        app: AppArgs,
        /// Its name or number
        from: String,
        /// Its name or number [default: what the hub has now]
        to: Option<String>,
    },
}

pub(crate) async fn run(hub: HubArgs, args: RevisionArgs) -> Outcome<ExitCode> {
    match args {
        RevisionArgs::List { app, output } => list::run(hub, app, output).await.map(|()| ExitCode::SUCCESS),
        RevisionArgs::Show { app, revision, output } => {
            show::run(hub, app, revision.as_deref(), output).await.map(|()| ExitCode::SUCCESS)
        }
        RevisionArgs::Diff { mut app, from, to } => {
            if app.env.is_some() {
                find(&Session::open(&hub).await?, &mut app).await?;
            }
            let args = crate::diff::DiffArgs::revisions(&app, &from, to.as_deref());
            crate::diff::run(hub, args).await
        }
    }
}

/// A revision by its name (`shop-v2`), its number (`2`) or as `v2`.
pub(crate) fn pick<'r>(app: &str, all: &'r [ApplicationRevision], wanted: &str) -> Outcome<&'r ApplicationRevision> {
    let fits = |r: &&ApplicationRevision| {
        let name = r.metadata.name.as_str();
        name == wanted || name == format!("{app}-{wanted}") || name == format!("{app}-v{wanted}")
    };
    all.iter().find(fits).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|r| r.metadata.name.as_str()).collect();
        let problem = Diagnostic::error("revision/unknown", format!("application {app} has no revision {wanted}"));
        problem
            .help(match nearest(&format!("{app}-{wanted}"), names.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("it has {}", names.join(", ")),
            })
            .into()
    })
}
