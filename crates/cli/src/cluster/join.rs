//! `lateen cluster join`.

use super::pairs;
use crate::session::{HubArgs, Outcome, Session};
use cue_syntax::Diagnostic;
use fleet::{JoinOptions, KubeconfigSource};
use std::path::PathBuf;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "The credentials are stored in a Secret of the hub, in the form that KubeVela uses.

Examples:
  lateen cluster join stage.kubeconfig --name cluster-staging
  lateen cluster join ~/.kube/config --context prod --labels region=eu,tier=1
  lateen cluster join --embedded foo")]
pub(crate) struct JoinArgs {
    /// The kubeconfig
    #[arg(required_unless_present = "embedded", conflicts_with = "embedded")]
    kubeconfig: Option<PathBuf>,
    /// An embedded cluster that exists and is not joined
    #[arg(long, value_name = "CLUSTER")]
    embedded: Option<String>,
    /// Its name on this hub [default: the name that the kubeconfig gives it]
    #[arg(long, short)]
    name: Option<String>,
    /// Which context of the kubeconfig [default: the current one]
    #[arg(long)]
    context: Option<String>,
    /// A display name
    #[arg(long, default_value = "", hide_default_value = true)]
    alias: String,
    /// Labels that placements may choose it by, key=value,…
    #[arg(long, value_name = "KEY=VALUE")]
    labels: Vec<String>,
}

pub(super) async fn run(hub: HubArgs, args: JoinArgs) -> Outcome {
    let options = JoinOptions { name: args.name, alias: args.alias, labels: pairs(&args.labels)? };
    let session = Session::open(&hub).await?;
    session.announce();
    let joined = match (args.embedded, args.kubeconfig) {
        (Some(cluster), _) => session.fleet.join_embedded(&cluster, options).await?,
        (None, Some(given)) => {
            let path = std::path::absolute(&given)?;
            let shown = given.display().to_string();
            let source = KubeconfigSource { path: path.clone(), context: args.context };
            session
                .fleet
                .join(&source, options)
                .await
                .map_err(|error| super::place::locate(error.diagnostic(), &shown, &path))?
        }
        (None, None) => return Err(Diagnostic::error("cli/arguments", "name a kubeconfig to join").into()),
    };
    println!("Successfully joined cluster {} ({}, {}).", joined.name, joined.kind, joined.endpoint);
    Ok(())
}
