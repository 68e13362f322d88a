//! `lateen cluster trust`: agree to run the command with which somebody else joined a cluster.

use crate::session::{HubArgs, Outcome, Session, confirm};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A kubeconfig may get its credentials from a command (an exec plugin). Who may write Secrets on the hub could
name any command there, so it runs only on machines on which somebody joined the cluster, or agreed with this.

Examples:
  lateen cluster trust prod-east         shows the command, and asks"
)]
pub(crate) struct TrustArgs {
    /// The cluster
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(hub: HubArgs, args: TrustArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let name = &args.name;
    let Some(command) = session.fleet.plugin(name).await? else {
        println!("Cluster {name} is reached without a command; there is nothing to agree to.");
        return Ok(());
    };
    confirm(&format!("Run `{command}` on this machine to reach cluster {name}?"), args.yes)?;
    session.fleet.trust(name).await?;
    println!("`{command}` may run to reach cluster {name}.");
    Ok(())
}
