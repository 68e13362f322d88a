//! `lateen hub`: which cluster holds Applications, definitions and workflow state.

use crate::session::{HubArgs, Outcome, confirm};
use fleet::{Home, HubChoice};
use std::path::PathBuf;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum HubCommand {
    /// Save which hub the commands to come use
    #[command(after_help = "Examples:
  lateen hub use --kubeconfig hub.kubeconfig
  lateen hub use context:production
  lateen hub use embedded")]
    Use {
        /// `embedded`, FILE, FILE#CONTEXT, `context:NAME` or `in-cluster`
        #[arg(required_unless_present = "kubeconfig", conflicts_with = "kubeconfig")]
        choice: Option<String>,
        /// The kubeconfig of a real hub
        #[arg(long)]
        kubeconfig: Option<PathBuf>,
    },
    /// Say which hub is used, and why
    #[command(after_help = "Examples:
  lateen hub show")]
    Show,
    /// Remove the embedded hub with everything in it
    #[command(after_help = "Examples:
  lateen hub reset
  lateen hub reset --yes                 in a script")]
    Reset {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

pub(crate) async fn run(hub: HubArgs, command: HubCommand) -> Outcome {
    let home = Home::from_environment()?;
    match command {
        HubCommand::Use { choice, kubeconfig } => {
            let text = match kubeconfig {
                Some(path) => path.to_string_lossy().into_owned(),
                None => choice.unwrap_or_default(),
            };
            let choice = HubChoice::parse(&text)?;
            choice.save(&home)?;
            println!("The hub is {} from now on.", choice.text());
        }
        HubCommand::Show => {
            let (choice, source) = HubChoice::choose(hub.hub.as_deref(), &home)?;
            println!("{} (by {})", choice.text(), source.describe());
            println!("state folder: {}", home.folder().display());
        }
        HubCommand::Reset { yes } => {
            let folder = home.cluster(model::cluster::LOCAL);
            if !folder.exists() {
                println!("There is no embedded hub in {}.", home.folder().display());
                return Ok(());
            }
            confirm(&format!("Remove the embedded hub in {} with everything in it?", folder.display()), yes)?;
            home.remove_cluster(model::cluster::LOCAL)?;
            println!("Removed the embedded hub.");
        }
    }
    Ok(())
}
