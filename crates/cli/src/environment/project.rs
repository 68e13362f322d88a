//! `lateen project`: what belongs together.

use super::{all, fields, one, remove, store};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use model::environment::{ENVIRONMENT, Environment, PROJECT, Project, ProjectSpec, TARGET, Target};
use serde_json::json;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ProjectArgs {
    /// Make a project, or change what it says
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
    List {
        /// json or yaml instead of a table
        #[arg(long, short)]
        output: Option<Format>,
    },
    /// Show a project with its targets and environments
    Show {
        /// Its name
        name: String,
        /// json or yaml instead of text
        #[arg(long, short)]
        output: Option<Format>,
    },
    /// Delete a project that nothing belongs to any more
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
        ProjectArgs::List { output } => {
            let projects: Vec<Project> = all(&session, PROJECT).await?;
            if let Some(format) = output {
                return output::print(&json!(projects), format);
            }
            let row = |p: &Project| vec![p.metadata.name.clone(), p.spec.owner.clone(), p.spec.description.clone()];
            let rows: Vec<Vec<String>> = projects.iter().map(row).collect();
            print!("{}", table::draw(&["NAME", "OWNER", "DESCRIPTION"], &rows));
            Ok(())
        }
        ProjectArgs::Show { name, output } => {
            let project: Project = one(&session, PROJECT, &name).await?;
            if let Some(format) = output {
                return output::print(&json!(project), format);
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
