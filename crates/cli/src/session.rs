//! What a command that talks to clusters begins with: the state folder, the choice of the hub, the runtime.

use actions::{Egress, Fault, Objects, Outside};
use controller::Hub;
use cue_syntax::Diagnostic;
use fleet::{Fleet, Home, HubChoice, HubSource};
use std::process::ExitCode;
use std::sync::Arc;

/// Which hub to use.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct HubArgs {
    /// The hub: `embedded`, a kubeconfig FILE or FILE#CONTEXT, `context:NAME` or `in-cluster` [default: what `lateen hub use` saved, else embedded]
    #[arg(long, global = true, value_name = "HUB", help_heading = "Global options")]
    pub(crate) hub: Option<String>,
}

/// A failure that ends a command, with every problem that was found.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) Vec<Diagnostic>);

/// What a command gives.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Failure(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Failure(diagnostics)
    }
}

impl From<fleet::Error> for Failure {
    fn from(error: fleet::Error) -> Self {
        error.diagnostic().into()
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Diagnostic::error(fault_code(&fault), fault.message).into()
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Diagnostic::error("cli/io", error.to_string()).into()
    }
}

fn fault_code(fault: &Fault) -> &'static str {
    match fault.status {
        Some(403) => "cluster/forbidden",
        Some(404) => "cluster/not-found",
        Some(409) => "cluster/conflict",
        Some(422) => "cluster/invalid",
        Some(_) => "cluster/refused",
        None => "cluster/unreachable",
    }
}

tokio::task_local! {
    /// What this command has open, to be let go of when it ends: another process can then take over at once.
    static OPEN: std::cell::RefCell<Vec<Fleet>>;
}

/// An open hub.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The clusters.
    pub(crate) fleet: Fleet,
    /// What lives on the hub.
    pub(crate) hub: Hub,
    /// Where the choice of the hub came from.
    pub(crate) source: HubSource,
    /// The way of steps to the world outside of clusters.
    pub(crate) outside: Arc<Outside>,
}

impl Session {
    /// Opens the hub. An embedded one gets the CRDs it lacks.
    pub(crate) async fn open(args: &HubArgs) -> Outcome<Session> {
        let home = Home::from_environment()?;
        let (choice, source) = HubChoice::choose(args.hub.as_deref(), &home)?;
        let embedded = choice == HubChoice::Embedded;
        let fleet = Fleet::open(home, choice).await?;
        // A test that opens a session by itself closes it by itself.
        let _ = OPEN.try_with(|open| open.borrow_mut().push(fleet.clone()));
        let hub = Hub::new(Objects::new(fleet.hub().client(), model::cluster::LOCAL));
        if embedded {
            crate::install::crds(&hub, crate::install::Which::Missing).await?;
        }
        let outside = outside()?.with_commands(Arc::new(crate::itself::Itself::on(fleet.hub_choice())));
        Ok(Session { fleet, hub, source, outside: Arc::new(outside) })
    }

    /// One line that says which hub it is; printed by every command that changes something.
    pub(crate) fn announce(&self) {
        let hub = match self.fleet.hub_choice() {
            HubChoice::Embedded => format!("embedded ({})", self.fleet.home().folder().display()),
            choice => format!("{} ({})", choice.text(), self.fleet.hub_endpoint()),
        };
        eprintln!("hub: {hub}, by {}", self.source.describe());
    }
}

/// What the operator of this process allows its steps: the addresses of LATEEN_EGRESS_ALLOW on top of the public ones, and
/// certificates that the authorities in the file LATEEN_CA_FILE have signed, and the programs of LATEEN_EXEC_ALLOW.
fn outside() -> Outcome<Outside> {
    let allowed = std::env::var("LATEEN_EGRESS_ALLOW").unwrap_or_default();
    let egress = Egress::parse(&allowed).map_err(|why| {
        Diagnostic::error("cli/egress", format!("LATEEN_EGRESS_ALLOW: {why}"))
            .help("write for instance 127.0.0.1,10.0.0.0/8,hooks.internal")
    })?;
    let authorities = match std::env::var_os("LATEEN_CA_FILE") {
        Some(path) => std::fs::read(&path).map_err(|e| {
            Diagnostic::error("cli/ca-file", format!("cannot read LATEEN_CA_FILE {}: {e}", path.to_string_lossy()))
        })?,
        None => Vec::new(),
    };
    let programs = std::env::var("LATEEN_EXEC_ALLOW").unwrap_or_default();
    let programs = programs.split(',').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect();
    Ok(Outside::new(egress, authorities).allow_programs(programs))
}

/// Runs a command that talks to clusters to its end and prints what went wrong.
pub(crate) fn run(command: impl Future<Output = Outcome>) -> ExitCode {
    run_to(async move { command.await.map(|()| ExitCode::SUCCESS) })
}

/// As [`run`], for a command that chooses its exit status itself.
pub(crate) fn run_to(command: impl Future<Output = Outcome<ExitCode>>) -> ExitCode {
    // The process has one TLS provider; a second call would fail and change nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().thread_stack_size(crate::threads::STACK).enable_all().build()
        {
            Ok(runtime) => runtime,
            Err(error) => {
                crate::report::print(&[Diagnostic::error("cli/runtime", error.to_string())]);
                return ExitCode::FAILURE;
            }
        };
    let result = runtime.block_on(OPEN.scope(std::cell::RefCell::default(), async {
        let result = command.await;
        let open = OPEN.with(std::cell::RefCell::take);
        for fleet in open {
            fleet.close().await;
        }
        result
    }));
    // Watches and lanes end with the process; nothing durable is in flight once the command has returned.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    match result {
        Ok(code) => code,
        Err(Failure(diagnostics)) => {
            crate::report::print(&diagnostics);
            ExitCode::FAILURE
        }
    }
}

/// Asks on a terminal before something that cannot be undone; elsewhere `--yes` is needed.
pub(crate) fn confirm(question: &str, yes: bool) -> Outcome {
    use std::io::{BufRead, IsTerminal, Write};
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Diagnostic::error("cli/confirm", format!("{question} needs a yes"))
            .help("give --yes where nobody can be asked")
            .into());
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Diagnostic::error("cli/confirm", "nothing was done").into()),
    }
}
