//! `lateen cluster`: the clusters that Applications are delivered to.

mod change;
mod create;
mod join;
mod list;
mod place;
mod serve;
mod trust;

use crate::session::{HubArgs, Outcome};
use cue_syntax::Diagnostic;
use indexmap::IndexMap;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ClusterArgs {
    /// Join the cluster of a kubeconfig to the hub
    Join(join::JoinArgs),
    /// List the clusters
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  lateen cluster list
  lateen cluster list -o json")]
    List(list::ListArgs),
    /// Take a cluster off the hub; refused while an application uses it
    #[command(after_help = "Examples:
  lateen cluster detach old-prod")]
    Detach(change::DetachArgs),
    /// Give a cluster another name
    #[command(after_help = "Examples:
  lateen cluster rename c-7f3a prod-east")]
    Rename(change::RenameArgs),
    /// Give a cluster a display name
    #[command(after_help = "Examples:
  lateen cluster alias prod-east 'Production, Frankfurt'")]
    Alias(change::AliasArgs),
    /// Add or remove labels of a cluster
    #[command(subcommand)]
    Labels(change::LabelsArgs),
    /// Agree to run the command with which somebody else joined a cluster
    Trust(trust::TrustArgs),
    /// Ask clusters whether they answer
    #[command(after_help = "Examples:
  lateen cluster probe               all of them
  lateen cluster probe prod-east")]
    Probe(list::ProbeArgs),
    /// Make an embedded cluster and join it
    Create(create::CreateArgs),
    /// Remove an embedded cluster with everything in it
    #[command(after_help = "Examples:
  lateen cluster delete staging")]
    Delete(create::DeleteArgs),
    /// Write a kubeconfig for an embedded cluster and print its path
    #[command(after_help = "Examples:
  lateen cluster kubeconfig staging   prints the path; `lateen cluster serve staging` answers it")]
    Kubeconfig(serve::KubeconfigArgs),
    /// Serve an embedded cluster on a loopback port, for kubectl
    Serve(serve::ServeArgs),
}

pub(crate) async fn run(hub: HubArgs, args: ClusterArgs) -> Outcome {
    match args {
        ClusterArgs::Join(args) => join::run(hub, args).await,
        ClusterArgs::List(args) => list::run(hub, args).await,
        ClusterArgs::Detach(args) => change::detach(hub, args).await,
        ClusterArgs::Rename(args) => change::rename(hub, args).await,
        ClusterArgs::Alias(args) => change::alias(hub, args).await,
        ClusterArgs::Labels(args) => change::labels(hub, args).await,
        ClusterArgs::Trust(args) => trust::run(hub, args).await,
        ClusterArgs::Probe(args) => list::probe(hub, args).await,
        ClusterArgs::Create(args) => create::run(hub, args).await,
        ClusterArgs::Delete(args) => create::delete(hub, args).await,
        ClusterArgs::Kubeconfig(args) => serve::kubeconfig(hub, args).await,
        ClusterArgs::Serve(args) => serve::run(hub, args).await,
    }
}

/// `a=b` pairs, several in one text separated by commas.
fn pairs(texts: &[String]) -> Outcome<IndexMap<String, String>> {
    let mut map = IndexMap::new();
    for pair in texts.iter().flat_map(|text| text.split(',')).filter(|text| !text.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(Diagnostic::error("cli/label", format!("{pair:?} is no label"))
                .help("labels are written key=value")
                .into());
        };
        map.insert(key.to_owned(), value.to_owned());
    }
    Ok(map)
}
