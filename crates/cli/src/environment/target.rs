//! `lateen target`: places that environments deliver to.

use super::{ListArgs, ShowArgs, all, fields, one, remove, store};
use crate::output;
use crate::session::{HubArgs, Outcome, Session};
use model::environment::{ENVIRONMENT, Environment, PROJECT, Project, TARGET, Target, TargetSpec};
use serde_json::json;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum TargetArgs {
    /// Make a target, or move it
    #[command(after_help = "Examples:
  lateen target create prod-east --cluster east --namespace shop --project shop")]
    Create {
        /// Its name
        name: String,
        /// The cluster
        #[arg(long, short, default_value = "local")]
        cluster: String,
        /// The namespace there
        #[arg(long, short, default_value = "default")]
        namespace: String,
        /// The project that it belongs to; without it, every project may use it
        #[arg(long, short, default_value = "")]
        project: String,
        /// For people
        #[arg(long, default_value = "")]
        description: String,
    },
    /// List targets
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  lateen target list
  lateen target list -o yaml")]
    List(ListArgs),
    /// Show a target and the environments that use it
    #[command(after_help = "Examples:
  lateen target show prod-east")]
    Show(ShowArgs),
    /// Delete a target that no environment uses any more
    #[command(after_help = "Examples:
  lateen target delete prod-east")]
    Delete {
        /// Its name
        name: String,
    },
}

pub(crate) async fn run(hub: HubArgs, args: TargetArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    match args {
        TargetArgs::Create { name, cluster, namespace, project, description } => {
            session.announce();
            // A name that the fleet does not know is told at once, with the nearest that it knows.
            let place = session.fleet.cluster(&cluster).await?;
            if !project.is_empty() {
                one::<Project>(&session, PROJECT, &project).await?;
            }
            // Whoever runs a real cluster decides on its namespaces.
            if place.simulated() && session.fleet.create_namespace(&cluster, &namespace).await? {
                eprintln!("  created namespace {namespace} on embedded cluster {cluster}");
            }
            store(&session, TARGET, &name, &TargetSpec { project, description, cluster, namespace }).await?;
            Ok(())
        }
        TargetArgs::List(list) => {
            let row =
                |t: &Target| [&t.metadata.name, &t.spec.project, &t.spec.cluster, &t.spec.namespace].map(String::clone);
            list.print(&session, TARGET, ["NAME", "PROJECT", "CLUSTER", "NAMESPACE"], row).await
        }
        TargetArgs::Show(ShowArgs { name, output }) => {
            let target: Target = one(&session, TARGET, &name).await?;
            if let Some(format) = output {
                return output::objects(json!(target), format);
            }
            fields(&[
                ("Name", &name),
                ("Project", &target.spec.project),
                ("Cluster", &target.spec.cluster),
                ("Namespace", &target.spec.namespace),
                ("Description", &target.spec.description),
                ("Environments", &users(&session, &name).await?.join(", ")),
            ]);
            Ok(())
        }
        TargetArgs::Delete { name } => {
            session.announce();
            one::<Target>(&session, TARGET, &name).await?;
            let users = users(&session, &name).await?;
            let users: Vec<String> = users.iter().map(|n| format!("environment {n}")).collect();
            remove(&session, TARGET, &name, &users).await
        }
    }
}

/// The names of the environments that deliver to a target.
async fn users(session: &Session, target: &str) -> Outcome<Vec<String>> {
    let environments: Vec<Environment> = all(session, ENVIRONMENT).await?;
    let uses = |e: &Environment| e.spec.targets.iter().any(|t| t == target);
    Ok(environments.into_iter().filter(uses).map(|e| e.metadata.name).collect())
}
