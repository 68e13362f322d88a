//! `lateen project`: what belongs together.

use super::{ListArgs, ShowArgs, all, fields, one, remove, store};
use crate::output;
use crate::session::{HubArgs, Outcome, Session};
use model::environment::{ENVIRONMENT, Environment, PROJECT, Project, ProjectSpec, TARGET, Target};
use serde_json::json;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ProjectArgs {
    /// Make a project, or change what it says
    #[command(after_help = "Examples:
  lateen project create shop --owner team-shop --description 'All of the shop'")]
    Create {
        /// Its name
        name: String,
        /// For people
        #[arg(long, default_value = "")]
        description: String,
        /// Who is responsible
        #[arg(long, default_value = "")]
        owner: String,
    },
    /// List projects
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  lateen project list
  lateen project list -o yaml")]
    List(ListArgs),
    /// Show a project with its targets and environments
    #[command(after_help = "Examples:
  lateen project show shop")]
    Show(ShowArgs),
    /// Delete a project that nothing belongs to any more
    #[command(after_help = "Examples:
  lateen project delete shop")]
    Delete {
        /// Its name
        name: String,
    },
}

pub(crate) async fn run(hub: HubArgs, args: ProjectArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    match args {
        ProjectArgs::Create { name, description, owner } => {
            session.announce();
            store(&session, PROJECT, &name, &ProjectSpec { description, owner }).await?;
            Ok(())
        }
        ProjectArgs::List(list) => {
            let row = |p: &Project| [&p.metadata.name, &p.spec.owner, &p.spec.description].map(String::clone);
            list.print(&session, PROJECT, ["NAME", "OWNER", "DESCRIPTION"], row).await
        }
        ProjectArgs::Show(ShowArgs { name, output }) => {
            let project: Project = one(&session, PROJECT, &name).await?;
            if let Some(format) = output {
                return output::objects(json!(project), format);
            }
            let (environments, targets) = members(&session, &name).await?;
            fields(&[
                ("Name", &name),
                ("Owner", &project.spec.owner),
                ("Description", &project.spec.description),
                ("Environments", &environments.join(", ")),
                ("Targets", &targets.join(", ")),
            ]);
            Ok(())
        }
        ProjectArgs::Delete { name } => {
            session.announce();
            one::<Project>(&session, PROJECT, &name).await?;
            let (environments, targets) = members(&session, &name).await?;
            let users = environments.iter().map(|n| format!("environment {n}"));
            let users: Vec<String> = users.chain(targets.iter().map(|n| format!("target {n}"))).collect();
            remove(&session, PROJECT, &name, &users).await
        }
    }
}

/// The names of the environments and of the targets of a project.
async fn members(session: &Session, project: &str) -> Outcome<(Vec<String>, Vec<String>)> {
    let environments: Vec<Environment> = all(session, ENVIRONMENT).await?;
    let targets: Vec<Target> = all(session, TARGET).await?;
    Ok((
        environments.into_iter().filter(|e| e.spec.project == project).map(|e| e.metadata.name).collect(),
        targets.into_iter().filter(|t| t.spec.project == project).map(|t| t.metadata.name).collect(),
    ))
}
