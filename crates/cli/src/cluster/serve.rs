//! `lateen cluster kubeconfig|serve`: an embedded cluster for kubectl.

use crate::session::{HubArgs, Outcome, Session};
use cue_syntax::Diagnostic;

/// The arguments of `kubeconfig`.
#[derive(Debug, clap::Args)]
pub(crate) struct KubeconfigArgs {
    /// The embedded cluster; `local` is the embedded hub
    name: String,
}

/// The arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  lateen cluster serve foo &
  kubectl --kubeconfig $(lateen cluster kubeconfig foo) get deployments")]
pub(crate) struct ServeArgs {
    /// The embedded cluster; `local` is the embedded hub
    name: String,
    /// Listen on this port of 127.0.0.1 from now on [default: a free one, kept]
    #[arg(long)]
    port: Option<u16>,
}

pub(super) async fn kubeconfig(hub: HubArgs, args: KubeconfigArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    println!("{}", session.fleet.kubeconfig(&args.name).await?.display());
    Ok(())
}

pub(super) async fn run(hub: HubArgs, args: ServeArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let serving = session.fleet.serving(&args.name, args.port).await?;
    let kubeconfig = session.fleet.kubeconfig(&args.name).await?;
    let listener = tokio::net::TcpListener::bind(serving.address).await.map_err(|error| {
        Diagnostic::error("cluster/serve", format!("cannot listen on {}: {error}", serving.address))
            .help("another process may serve this cluster already; --port chooses another port")
    })?;
    println!("Serving {} on http://{}; stop with Ctrl-C.", args.name, serving.address);
    println!("kubectl --kubeconfig {} get namespaces", kubeconfig.display());
    let server = session.fleet.serve(&args.name, listener);
    tokio::select! {
        result = server => result.map_err(Into::into),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}
