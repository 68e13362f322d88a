//! `lateen def diff`: what differs between two versions of a definition.

use super::compat::effect;
use super::find::{self, Wanted};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome};
use authoring::{compat, convert, lines, tell};
use serde_json::json;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def diff my-trait.cue                    a file against the hub, else against the built-in one
  lateen def diff old.cue new.cue                 two files
  lateen def diff webservice my-webservice.cue
  lateen def diff my-trait.cue -o json            for programs

Exit status 0: the same, 1: they differ, 2: an error.")]
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
    /// json or yaml instead of text
    #[arg(long, short)]
    output: Option<Format>,
}

/// Runs it. As of other commands that compare, status 1 is a difference and 2 a failure.
pub(crate) async fn run(hub: HubArgs, args: DiffArgs) -> Outcome<ExitCode> {
    match compare(hub, args).await {
        Err(failure) => {
            crate::report::print_all(&failure.0);
            Ok(ExitCode::from(2))
        }
        compared => compared,
    }
}

async fn compare(hub: HubArgs, args: DiffArgs) -> Outcome<ExitCode> {
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
    let changes = compat::parameters(&old, &new);
    let same = before == after;
    if let Some(format) = args.output {
        let value = json!({
            "from": {"name": old.definition.name, "source": old.provenance.to_string()},
            "to": {"name": new.definition.name, "source": new.provenance.to_string()},
            "different": !same,
            "diff": if same { String::new() } else { lines::diff(&before, &after) },
            "parameters": changes.iter().map(tell::json).collect::<Vec<_>>(),
        });
        output::print(&value, format)?;
        return Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if same {
        println!("{} is the same", new.definition.name);
        return Ok(ExitCode::SUCCESS);
    }
    println!("--- {} ({})", old.definition.name, old.provenance);
    println!("+++ {} ({})", new.definition.name, new.provenance);
    println!("{}", crate::colour::lines(&lines::diff(&before, &after)));
    if !changes.is_empty() {
        println!("\nParameters:");
        for change in changes {
            println!("  {:<8} {}", effect(&change), tell::line(&change));
        }
    }
    Ok(ExitCode::FAILURE)
}
