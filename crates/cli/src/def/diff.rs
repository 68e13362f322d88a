//! `lateen def diff`: what differs between two versions of a definition.

use super::find::{self, Wanted};
use crate::session::{HubArgs, Outcome};
use authoring::{compat, convert, lines, tell};
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def diff my-trait.cue                    a file against the hub, else against the built-in one
  lateen def diff old.cue new.cue                 two files
  lateen def diff webservice my-webservice.cue    exit status 1 when they differ")]
pub(crate) struct DiffArgs {
    /// The new one (a file, or a name) when it is alone; else the old one
    first: String,
    /// The new one
    second: Option<String>,
    /// Their kind, where several have the name
    #[arg(long, short = 't', value_parser = super::kind)]
    r#type: Option<model::DefinitionKind>,
    /// Namespace on the hub
    #[arg(long, short)]
    namespace: Option<String>,
}

pub(crate) async fn run(hub: HubArgs, args: DiffArgs) -> Outcome<ExitCode> {
    let wanted = |name| Wanted { name, kind: args.r#type, namespace: args.namespace.as_deref() };
    let (old, new) = match &args.second {
        Some(second) => (find::one(&hub, &wanted(&args.first)).await?.0, find::one(&hub, &wanted(second)).await?.0),
        None => {
            let new = find::one(&hub, &wanted(&args.first)).await?.0;
            let name = new.definition.name.clone();
            let of = Wanted { name: &name, kind: Some(new.definition.kind), namespace: args.namespace.as_deref() };
            (find::one(&hub, &of).await?.0, new)
        }
    };
    let (before, after) = (convert::cue(&old.definition)?, convert::cue(&new.definition)?);
    if before == after {
        println!("{} is the same", new.definition.name);
        return Ok(ExitCode::SUCCESS);
    }
    println!("--- {} ({})", old.definition.name, old.provenance);
    println!("+++ {} ({})", new.definition.name, new.provenance);
    println!("{}", lines::diff(&before, &after));
    let changes = compat::parameters(&old, &new);
    if !changes.is_empty() {
        println!("\nParameters:");
        for change in changes {
            println!("  {:?}: {}", change.severity, tell::line(&change));
        }
    }
    Ok(ExitCode::FAILURE)
}
