//! `lateen controller`: what `up` does in the foreground, for every Application of a hub, for as long as it lives.

mod webhook;

use crate::application::runner;
use crate::install;
use crate::session::{HubArgs, Outcome, Session};
use ::controller::daemon::{Daemon, Metrics, answer};
use ::controller::prepare::Definitions;
use cue_syntax::Diagnostic;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen controller --hub in-cluster --listen 0.0.0.0:8080
  lateen controller                                    of the embedded hub, until Ctrl-C

LATEEN_LOG chooses what is logged, as in `LATEEN_LOG=debug`.")]
pub(crate) struct ControllerArgs {
    /// Answer /healthz, /readyz and /metrics there; `off` for nowhere
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: String,
    /// How many applications are made ready at a time; any number of them may be under way
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    parallel: usize,
    /// Serve the admission webhook there: it writes down who asked for an application, and refuses what cannot be run
    #[arg(long, value_name = "ADDRESS")]
    webhook: Option<String>,
    /// The namespace of the Secret with the webhook's certificate
    #[arg(long, value_name = "NAMESPACE", default_value = "lateen-system")]
    webhook_namespace: String,
    /// A further name or address by which the API server finds the webhook
    #[arg(long, value_name = "NAME")]
    webhook_name: Vec<String>,
    /// Deliver in the name of who asked for an application, as the webhook has written down; where nobody knows, in that of
    /// the ServiceAccount `default` of its namespace
    #[arg(long)]
    authenticate_application: bool,
    /// How the log is written
    #[arg(long, value_enum, default_value_t = LogForm::Json)]
    log: LogForm,
}

/// A form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LogForm {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

pub(crate) async fn run(hub: HubArgs, args: ControllerArgs) -> Outcome {
    log(args.log);
    let session = Session::open(&hub).await?;
    session.announce();
    let missing = install::missing(&session.hub).await?;
    if !missing.is_empty() {
        return Err(install::missing_error(&missing).into());
    }
    let metrics = Arc::new(Metrics::of(session.fleet.clone()));
    let probes = match args.listen.as_str() {
        "off" => None,
        address => {
            let listener = TcpListener::bind(address).await.map_err(|e| {
                Diagnostic::error("controller/listen", format!("cannot listen on {address}: {e}"))
                    .help("give --listen another address, or `off`")
            })?;
            eprintln!("probes: http://{}", listener.local_addr()?);
            Some(tokio::spawn(answer(listener, metrics.clone())))
        }
    };
    let (sender, stop) = watch::channel(false);
    tokio::spawn(async move {
        asked_to_stop().await;
        // a daemon that has ended by itself needs no stop
        let _ = sender.send(true);
    });
    let mut runner = runner(&session, Definitions::default(), |notice| tracing::info!("{notice}"));
    if args.authenticate_application {
        runner.requesters.default_account = "default".to_owned();
    }
    let gate = match &args.webhook {
        None => None,
        Some(address) => Some(webhook::open(&session, &args, address, &mut runner).await?),
    };
    let runs = Daemon {
        runner: Arc::new(runner.of_workflow_runs()),
        metrics: Arc::new(metrics.of_workflow_runs()),
        parallel: args.parallel,
        stop: stop.clone(),
    };
    let runner = Arc::new(runner);
    let gate = gate.map(|gate| gate.serve(runner.clone()));
    let daemon = Daemon { runner, metrics, parallel: args.parallel, stop };
    let (served, runs) = tokio::join!(daemon.serve(), runs.serve());
    let served = served.and(runs);
    drop(gate);
    if let Some(probes) = probes {
        probes.abort();
    }
    Ok(served?)
}

fn log(form: LogForm) {
    let filter = EnvFilter::try_from_env("LATEEN_LOG").unwrap_or_else(|_| EnvFilter::new("info,kube=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A process has one log; a second one would be refused and change nothing.
    let _ = match form {
        LogForm::Json => builder.json().flatten_event(true).try_init(),
        LogForm::Text => builder.with_target(false).try_init(),
    };
}

/// Returns when the process is told to end: Ctrl-C, or what Kubernetes sends to a pod that is to go.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                interrupted = tokio::signal::ctrl_c() => if interrupted.is_ok() { return },
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // without signals it ends only when it is killed
        std::future::pending::<()>().await;
    }
}
