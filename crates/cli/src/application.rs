//! What the commands about Applications share: naming one, running it, telling how it went.

use crate::processes::ThisMachine;
use crate::progress::Progress;
use crate::session::{Failure, Outcome, Session};
use controller::clusters::FleetClusters;
use controller::prepare::Definitions;
use controller::requester::Requesters;
use controller::{Finished, Runner};
use cue_syntax::Diagnostic;
use model::generate::STEP_GROUP;
use model::{AppPhase, Application};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Which Application.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AppArgs {
    /// The application
    pub(crate) name: String,
    /// Its namespace
    #[arg(long, short, default_value = "default")]
    pub(crate) namespace: String,
    /// Its environment, instead of the namespace
    #[arg(long, value_name = "ENVIRONMENT", conflicts_with = "namespace")]
    pub(crate) env: Option<String>,
}

impl AppArgs {
    /// An application of a namespace.
    pub(crate) fn new(name: &str, namespace: &str) -> AppArgs {
        AppArgs { name: name.to_owned(), namespace: namespace.to_owned(), env: None }
    }

    /// Writes down the namespace of the environment, if one was given.
    async fn place(&mut self, session: &Session) -> Outcome {
        if let Some(env) = self.env.take() {
            self.namespace = crate::environment::namespace(session, &env).await?;
        }
        Ok(())
    }
}

/// How long a command waits.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct WaitArgs {
    /// Return at once; whoever comes next carries the run on
    #[arg(long, conflicts_with = "wait")]
    pub(crate) no_wait: bool,
    /// Wait until the run has settled (this is the default)
    #[arg(long, short)]
    pub(crate) wait: bool,
    /// How long to wait for a run that suspends for a time, or in which nothing moves any more
    #[arg(long, value_name = "DURATION", default_value = "300s", value_parser = duration)]
    pub(crate) timeout: Duration,
}

/// `90s`, `5m`, `1h30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let millis = workflow::time::duration(text)?;
    u64::try_from(millis).map(Duration::from_millis).map_err(|_| format!("{text} is negative"))
}

impl From<controller::Error> for Failure {
    fn from(error: controller::Error) -> Self {
        match error {
            controller::Error::Diagnostics(list) => Failure(list),
            controller::Error::Fault(fault) => fault.into(),
        }
    }
}

/// A runner on the session's hub; notices are told between the steps.
pub(crate) fn runner(session: &Session, definitions: Definitions, say: impl Fn(&str) + Send + 'static) -> Runner {
    let (sender, mut notices) = tokio::sync::mpsc::unbounded_channel::<String>();
    tokio::spawn(async move {
        while let Some(notice) = notices.recv().await {
            say(&notice);
        }
    });
    Runner {
        hub: session.hub.clone(),
        clusters: Arc::new(FleetClusters::new(session.fleet.clone(), sender)),
        processes: Arc::new(ThisMachine::new()),
        definitions,
        catalogue: Arc::default(),
        outside: session.outside.clone(),
        requesters: Requesters::default(),
    }
}

/// The Application, or an error that names the nearest one. Where an environment was given, `args` has its namespace
/// afterwards.
pub(crate) async fn find(session: &Session, args: &mut AppArgs) -> Outcome<Application> {
    args.place(session).await?;
    if let Some(app) = session.hub.application(&args.namespace, &args.name).await? {
        return Ok(app);
    }
    let all = session.hub.applications("").await?;
    let elsewhere = all.iter().find(|a| a.metadata.name == args.name);
    let names: Vec<&str> =
        all.iter().filter(|a| a.metadata.namespace == args.namespace).map(|a| a.metadata.name.as_str()).collect();
    let mut diagnostic = Diagnostic::error(
        "app/not-found",
        format!("there is no application {} in namespace {}", args.name, args.namespace),
    );
    diagnostic.help = match (elsewhere, model::action::nearest(&args.name, names.iter().copied())) {
        (Some(other), _) => Some(format!("there is one in namespace {}: give -n", other.metadata.namespace)),
        (None, Some(near)) => Some(format!("did you mean {near}?")),
        (None, None) => Some("`lateen ls -A` lists them".to_owned()),
    };
    Err(diagnostic.into())
}

/// The Application, or else the WorkflowRun of this name: the session is then about WorkflowRuns.
pub(crate) async fn find_run(session: &mut Session, args: &mut AppArgs) -> Outcome<Application> {
    args.place(session).await?;
    if session.hub.application(&args.namespace, &args.name).await?.is_none() {
        let runs = session.hub.of_workflow_runs();
        match runs.application(&args.namespace, &args.name).await {
            Ok(Some(run)) => {
                session.hub = runs;
                return Ok(run);
            }
            // a hub that does not serve the kind has none
            Ok(None) => {}
            Err(fault) if fault.class == actions::FaultClass::Permanent => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    find(session, args).await
}

/// Runs an Application until it has settled, telling each change on standard error.
pub(crate) async fn carry_on(
    session: &Session,
    definitions: Definitions,
    namespace: &str,
    name: &str,
    timeout: Duration,
) -> Outcome<Finished> {
    carry_on_from(session, definitions, namespace, name, timeout, None).await
}

/// As [`carry_on`]; what stands in `known` has been told before.
pub(crate) async fn carry_on_from(
    session: &Session,
    definitions: Definitions,
    namespace: &str,
    name: &str,
    timeout: Duration,
    known: Option<&model::WorkflowStatus>,
) -> Outcome<Finished> {
    let terminal = std::io::stderr().is_terminal();
    let mut progress = Progress::new(std::io::stderr(), terminal);
    known.into_iter().for_each(|known| progress.knows(&known.steps));
    let progress = Arc::new(Mutex::new(progress));
    let lock = |progress: &Mutex<Progress<std::io::Stderr>>, act: &dyn Fn(&mut Progress<std::io::Stderr>)| {
        act(&mut progress.lock().unwrap_or_else(PoisonError::into_inner));
    };
    let notices = progress.clone();
    let runner = runner(session, definitions, move |notice| {
        notices.lock().unwrap_or_else(PoisonError::into_inner).say(&format!("  {notice}"));
    });
    let shown = progress.clone();
    let mut tell = move |status: &model::WorkflowStatus| lock(&shown, &|p| p.update(status));
    let result = runner.run(namespace, name, Some(timeout), &mut tell).await;
    lock(&progress, &|p| p.clear());
    let finished = result?;
    let mut err = std::io::stderr();
    for note in &finished.notes {
        writeln!(err, "  {note}")?;
    }
    Ok(finished)
}

/// The last line about a run, and the exit status: non-zero only when it failed.
pub(crate) fn conclude(finished: &Finished) -> ExitCode {
    let app = &finished.app;
    let name = &app.metadata.name;
    let phase = app.status.as_ref().map(|s| s.phase).unwrap_or_default();
    let namespace = match app.metadata.namespace.as_str() {
        "default" => String::new(),
        other => format!(" -n {other}"),
    };
    if finished.stalled {
        let run = app.status.as_ref().and_then(|s| s.workflow.as_ref());
        let steps = run.iter().flat_map(|run| &run.steps).flat_map(|s| std::iter::once(s).chain(&s.sub_steps));
        eprintln!("Application {name} is still under way, and nothing has moved for as long as --timeout says:");
        for step in steps.filter(|step| step.kind != STEP_GROUP) {
            match (step.phase, step.reason) {
                (model::StepPhase::Running, _) => eprintln!("  {} waits: {}", step.name, step.message),
                (model::StepPhase::Failed, model::StepReason::Execute) => {
                    eprintln!("  {} is tried again: {}", step.name, step.message);
                }
                _ => {}
            }
        }
        eprintln!(
            "`lateen up {name}{namespace}` goes on waiting, `lateen workflow terminate {name}{namespace}` ends the run."
        );
        return ExitCode::FAILURE;
    }
    let is_run = app.kind == model::WORKFLOW_RUN;
    let what = if is_run { "Workflow run" } else { "Application" };
    let of = if is_run { "Workflow run" } else { "The workflow of application" };
    match phase {
        AppPhase::Running if is_run => println!("Workflow run {name} has succeeded."),
        AppPhase::Running => println!("Application {name} is running."),
        AppPhase::WorkflowSuspending => match finished.fires_at {
            Some(time) => {
                let time = time.strftime("%Y-%m-%dT%H:%M:%SZ");
                println!("{what} {name} is suspended until {time}; the next command, or a controller, goes on then.")
            }
            None => println!(
                "{what} {name} waits for somebody: `lateen workflow resume {name}{namespace}` goes on, \
                 `lateen workflow terminate {name}{namespace}` ends it."
            ),
        },
        AppPhase::WorkflowTerminated => println!("{of} {name} is terminated."),
        AppPhase::WorkflowFailed => {
            let message = app.status.as_ref().and_then(|s| s.workflow.as_ref()).map(|w| w.message.as_str());
            let message = message.unwrap_or_default();
            let why = message.strip_prefix("the workflow ended because ").unwrap_or(message);
            let separator = if why.is_empty() { "" } else { ": " };
            eprintln!(
                "{of} {name} has failed{separator}{why}.\n`lateen {} {name}{namespace}` says where, \
                 `lateen workflow restart {name}{namespace}` tries again.",
                if is_run { "workflow explain" } else { "status" }
            );
            return ExitCode::FAILURE;
        }
        AppPhase::Unhealthy => {
            eprintln!("Application {name} is delivered, and not healthy: `lateen status {name}{namespace}` says why.");
        }
        other => println!("{what} {name}: {other}."),
    }
    ExitCode::SUCCESS
}
