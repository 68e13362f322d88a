//! `lateen cluster create|delete`: embedded clusters.

use super::pairs;
use crate::session::{HubArgs, Outcome, Session, confirm};
use fleet::CreateOptions;

/// The arguments of `create`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "An embedded cluster lives in the state folder, speaks the Kubernetes API and simulates its workloads.

Examples:
  lateen cluster create foo
  lateen cluster create foo --no-join && lateen cluster join $(lateen cluster kubeconfig foo) --name foo"
)]
pub(crate) struct CreateArgs {
    /// Its name
    name: String,
    /// Make it, and do not join it to the hub
    #[arg(long)]
    no_join: bool,
    /// A display name
    #[arg(long, default_value = "", hide_default_value = true)]
    alias: String,
    /// Labels that placements may choose it by, key=value,…
    #[arg(long, value_name = "KEY=VALUE")]
    labels: Vec<String>,
}

/// The arguments of `delete`.
#[derive(Debug, clap::Args)]
pub(crate) struct DeleteArgs {
    /// The embedded cluster
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(hub: HubArgs, args: CreateArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    session.announce();
    let options = CreateOptions { no_join: args.no_join, alias: args.alias, labels: pairs(&args.labels)? };
    let joined = session.fleet.create(&args.name, options).await?;
    println!("Created embedded cluster {}; its workloads are simulated.", args.name);
    match joined {
        Some(info) => println!("Joined it as {}.", info.name),
        None => println!("It is not joined: lateen cluster join --embedded {} joins it.", args.name),
    }
    Ok(())
}

pub(super) async fn delete(hub: HubArgs, args: DeleteArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    session.announce();
    confirm(&format!("Delete the embedded cluster {} with everything in it?", args.name), args.yes)?;
    session.fleet.delete(&args.name).await?;
    println!("Deleted embedded cluster {}.", args.name);
    Ok(())
}
