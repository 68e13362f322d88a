//! `lateen completion` and `lateen version`.

use crate::output::{self, Format};
use clap::CommandFactory;
use std::process::ExitCode;

/// The arguments of `completion`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  source <(lateen completion bash)
  lateen completion zsh > ~/.zfunc/_lateen")]
pub(crate) struct CompletionArgs {
    /// bash, elvish, fish, powershell or zsh
    shell: clap_complete::Shell,
}

/// The arguments of `version`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen version
  lateen version -o json")]
pub(crate) struct VersionArgs {
    /// json or yaml
    #[arg(long, short)]
    output: Option<Format>,
}

pub(crate) fn run(args: CompletionArgs) -> ExitCode {
    // It panics where it cannot write: a reader that goes away is none of its business.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::Cli::command(), "lateen", &mut script);
    print!("{}", String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}

pub(crate) fn version(args: VersionArgs) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    match args.output {
        None => println!("lateen {version} (Kubernetes schemas {})", k8s_schema::KUBERNETES_VERSION),
        Some(format) => {
            let value = serde_json::json!({"version": version, "kubernetes": k8s_schema::KUBERNETES_VERSION});
            if output::print(&value, format).is_err() {
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
