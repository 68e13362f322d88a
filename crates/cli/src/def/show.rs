//! `lateen def show`: what a definition takes, wherever it is stored.

use super::find::{self, Wanted};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome};
use crate::show;
use model::DefinitionKind;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def show webservice          a built-in one, or that of the hub which replaces it
  lateen def show my-trait.cue        a file
  lateen def show my-trait -n shop    one that is stored for a namespace
  lateen def get my-trait             its text
  lateen def doc my-trait             a page of Markdown")]
pub(crate) struct ShowArgs {
    /// Its name, or a file
    name: String,
    /// Its kind, where several have the name
    #[arg(long, short = 't', value_parser = super::kind)]
    r#type: Option<DefinitionKind>,
    /// Namespace on the hub [default: vela-system, then the built-in ones]
    #[arg(long, short)]
    namespace: Option<String>,
    /// Give every parameter in the example
    #[arg(long)]
    full: bool,
    /// json or yaml instead of a table
    #[arg(long, short)]
    output: Option<Format>,
}

pub(crate) async fn run(hub: HubArgs, args: ShowArgs) -> Outcome {
    let wanted = Wanted { name: &args.name, kind: args.r#type, namespace: args.namespace.as_deref() };
    let (loaded, _) = find::one(&hub, &wanted).await?;
    match args.output {
        Some(format) => output::print(&show::value(&loaded, args.full), format),
        None => {
            print!("{}", show::text(&loaded, args.full)?);
            Ok(())
        }
    }
}
