//! `lateen namespace`: namespaces of a cluster.

use crate::session::{HubArgs, Outcome, Session};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum NamespaceArgs {
    /// Make a namespace
    Create {
        /// Its name
        name: String,
        /// On these clusters [default: the hub]
        #[arg(long, short, visible_alias = "cluster", value_delimiter = ',', default_value = "local")]
        clusters: Vec<String>,
    },
    /// List namespaces
    #[command(visible_alias = "ls")]
    List {
        /// Of this cluster
        #[arg(long, short, default_value = "local")]
        cluster: String,
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
        NamespaceArgs::List { cluster } => {
            println!("NAME");
            for name in session.fleet.namespaces(&cluster).await? {
                println!("{name}");
            }
        }
    }
    Ok(())
}
