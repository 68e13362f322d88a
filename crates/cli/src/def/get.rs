//! `lateen def get`: a definition as it is stored, as a file to edit.

use super::find::{self, Wanted};
use super::render::{self, Form};
use crate::session::{HubArgs, Outcome};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def get webservice > webservice.cue    a file to edit, then `lateen def apply`
  lateen def get webservice -o yaml             the object")]
pub(crate) struct GetArgs {
    /// Its name
    name: String,
    /// Its kind, where several have the name
    #[arg(long, short = 't', value_parser = super::kind)]
    r#type: Option<model::DefinitionKind>,
    /// Namespace on the hub [default: vela-system, then the built-in ones]
    #[arg(long, short)]
    namespace: Option<String>,
    /// The form
    #[arg(long, short, value_enum, default_value = "cue")]
    output: Form,
}

pub(crate) async fn run(hub: HubArgs, args: GetArgs) -> Outcome {
    let wanted = Wanted { name: &args.name, kind: args.r#type, namespace: args.namespace.as_deref() };
    let (loaded, _) = find::one(&hub, &wanted).await?;
    print!("{}", render::form(&loaded.definition, args.output)?);
    Ok(())
}
