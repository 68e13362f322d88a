//! `lateen namespace`: namespaces of a cluster.

use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use serde_json::json;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum NamespaceArgs {
    /// Make a namespace
    #[command(after_help = "Examples:
  lateen namespace create shop
  lateen namespace create shop --clusters staging,prod")]
    Create {
        /// Its name
        name: String,
        /// On these clusters [default: the hub]
        #[arg(long, short, visible_alias = "cluster", value_delimiter = ',', default_value = "local")]
        clusters: Vec<String>,
    },
    /// List namespaces
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  lateen namespace list --cluster prod")]
    List {
        /// Of this cluster
        #[arg(long, short, default_value = "local")]
        cluster: String,
        /// json or yaml instead of a table
        #[arg(long, short)]
        output: Option<Format>,
    },
}

pub(crate) async fn run(hub: HubArgs, args: NamespaceArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    match args {
        NamespaceArgs::Create { name, clusters } => {
            session.announce();
            for cluster in clusters {
                let made = session.fleet.create_namespace(&cluster, &name).await?;
                println!("namespace {name} on {cluster} {}", if made { "created" } else { "exists already" });
            }
        }
        NamespaceArgs::List { cluster, output: Some(format) } => {
            return output::print(&json!(session.fleet.namespaces(&cluster).await?), format);
        }
        NamespaceArgs::List { cluster, output: None } => {
            println!("NAME");
            for name in session.fleet.namespaces(&cluster).await? {
                println!("{name}");
            }
        }
    }
    Ok(())
}
