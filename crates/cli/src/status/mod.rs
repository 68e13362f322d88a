//! `lateen status`: what an application is, how far its workflow is, and how its services are.

mod objects;
mod text;
mod tree;

use crate::application::{AppArgs, find};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};

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

pub(crate) async fn run(hub: HubArgs, mut args: StatusArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let app = find(&session, &mut args.app).await?;
    if let Some(format) = args.output {
        return output::objects(serde_json::json!(app), format);
    }
    if args.tree {
        let rows = objects::rows(&session, &app).await?;
        print!("{}", tree::draw(&rows, args.detail));
        return Ok(());
    }
    print!("{}", text::describe(&app));
    Ok(())
}
