//! `lateen status`: what an application is, how far its workflow is, and how its services are.

mod objects;
mod text;
mod tree;

use crate::application::{AppArgs, find};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use cue_syntax::Diagnostic;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen status example-app
  lateen status example-app --tree --detail
  lateen status example-app -o json        the Application object with its status")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    app: AppArgs,
    /// Draw which object stands where
    #[arg(long, short)]
    tree: bool,
    /// With --tree: when each was applied, and what it says of itself
    #[arg(long, short, requires = "tree")]
    detail: bool,
    /// The Application object as json or yaml
    #[arg(long, short, conflicts_with = "tree")]
    output: Option<Format>,
}

pub(crate) async fn run(hub: HubArgs, args: StatusArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let app = find(&session, &args.app).await?;
    if let Some(format) = args.output {
        let mut value = serde_json::to_value(&app).map_err(|e| Diagnostic::error("cli/output", e.to_string()))?;
        // As kubectl: who set which field is bookkeeping, and longer than the rest.
        if let Some(metadata) = value.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        return output::print(&value, format);
    }
    if args.tree {
        let rows = objects::rows(&session, &app).await?;
        print!("{}", tree::draw(&rows, args.detail));
        return Ok(());
    }
    print!("{}", text::describe(&app));
    Ok(())
}
