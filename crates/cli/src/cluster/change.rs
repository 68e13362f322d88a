//! `lateen cluster detach|rename|alias|labels`.

use super::pairs;
use crate::session::{HubArgs, Outcome, Session};
use indexmap::IndexMap;

/// The arguments of `detach`.
#[derive(Debug, clap::Args)]
pub(crate) struct DetachArgs {
    /// The cluster
    name: String,
}

/// The arguments of `rename`.
#[derive(Debug, clap::Args)]
pub(crate) struct RenameArgs {
    /// The cluster
    name: String,
    /// Its new name
    new_name: String,
}

/// The arguments of `alias`.
#[derive(Debug, clap::Args)]
pub(crate) struct AliasArgs {
    /// The cluster
    name: String,
    /// Its display name
    alias: String,
}

/// The subcommands of `labels`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum LabelsArgs {
    /// Add labels: key=value,…
    #[command(after_help = "Examples:
  lateen cluster labels add prod-east region=eu,tier=prod")]
    Add {
        /// The cluster
        name: String,
        /// The labels
        #[arg(required = true, value_name = "KEY=VALUE")]
        labels: Vec<String>,
    },
    /// Remove labels by key
    #[command(after_help = "Examples:
  lateen cluster labels del prod-east tier")]
    #[command(visible_alias = "delete")]
    Del {
        /// The cluster
        name: String,
        /// Their keys
        #[arg(required = true, value_delimiter = ',')]
        keys: Vec<String>,
    },
}

pub(super) async fn detach(hub: HubArgs, args: DetachArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    session.announce();
    session.fleet.detach(&args.name).await?;
    println!("Detached cluster {}; what runs there goes on.", args.name);
    Ok(())
}

pub(super) async fn rename(hub: HubArgs, args: RenameArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    session.announce();
    session.fleet.rename(&args.name, &args.new_name).await?;
    println!("Renamed cluster {} to {}.", args.name, args.new_name);
    Ok(())
}

pub(super) async fn alias(hub: HubArgs, args: AliasArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    session.announce();
    session.fleet.set_alias(&args.name, &args.alias).await?;
    println!("Cluster {} is shown as {:?}.", args.name, args.alias);
    Ok(())
}

pub(super) async fn labels(hub: HubArgs, args: LabelsArgs) -> Outcome {
    let (name, add, remove) = match args {
        LabelsArgs::Add { name, labels } => (name, pairs(&labels)?, Vec::new()),
        LabelsArgs::Del { name, keys } => (name, IndexMap::new(), keys),
    };
    let session = Session::open(&hub).await?;
    session.announce();
    session.fleet.set_labels(&name, &add, &remove).await?;
    println!("Labels of cluster {name} changed.");
    Ok(())
}
