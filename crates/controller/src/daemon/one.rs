//! What a task does for one Application: what it needs by its own words, once it is its turn.

use super::need::{Need, fingerprint, need};
use super::{Did, Key, Metrics, again};
use crate::deliver::remove;
use crate::error::Error;
use crate::lease::{self, Attempt};
use crate::run::{Finished, Runner, Serving};
use actions::{Fault, FaultClass};
use cue_syntax::Diagnostic;
use delivery::rules::Rules;
use jiff::Timestamp;
use model::{Application, Condition, RunPhase, WORKFLOW_RUN, labels};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// Does for one Application what it needs.
pub(super) async fn one(runner: &Runner, metrics: &Metrics, key: &Key, serving: Serving, renewed: bool) -> Did {
    let is_to_run = serving.news.borrow().as_ref().is_some_and(|app| need(app) == Some(Need::Run));
    // of those that wait for their turn there may be thousands: what it takes to run one is not made before
    let turn = match is_to_run {
        true => match serving.turn().await {
            Some(turn) => Some(turn),
            None => return Did::Failed,
        },
        false => None,
    };
    Box::pin(in_turn(runner, metrics, key, serving, renewed, turn)).await
}

/// As [`one`], of what waits for nobody any more.
async fn in_turn(
    runner: &Runner,
    metrics: &Metrics,
    key: &Key,
    serving: Serving,
    renewed: bool,
    turn: Option<OwnedSemaphorePermit>,
) -> Did {
    let (namespace, name) = (key.0.as_str(), key.1.as_str());
    let seen = serving.news.borrow().clone();
    let app = match seen {
        Some(app) => app,
        None => match runner.hub.application(namespace, name).await {
            Ok(Some(app)) => Arc::new(app),
            Ok(None) => return Did::Gone,
            Err(fault) => {
                tracing::warn!(namespace, name, %fault, "the Application cannot be read");
                return Did::Failed;
            }
        },
    };
    let mut wanted = need(&app);
    if matches!(wanted, None | Some(Need::Restart)) && renewed {
        match Box::pin(runner.is_outdated(&app)).await {
            Ok(true) => wanted = Some(Need::Run),
            Ok(false) => {}
            // it names what is not there any more: what was delivered stays
            Err(Error::Diagnostics(_)) => {}
            Err(Error::Fault(fault)) => {
                tracing::warn!(namespace, name, %fault, "what the Application names cannot be read");
                return Did::Failed;
            }
        }
    }
    let turn = turn.filter(|_| wanted == Some(Need::Run));
    match wanted {
        None => Did::Rested(fingerprint(&app)),
        Some(Need::Removal) => match Box::pin(removal(runner, &app)).await {
            Ok(true) => {
                metrics.removed();
                tracing::info!(namespace, name, "deleted");
                Did::Gone
            }
            Ok(false) => Did::Failed,
            Err(error) => {
                tracing::warn!(namespace, name, %error, "the Application cannot be deleted yet");
                Did::Failed
            }
        },
        Some(Need::Restart) if again::at(&app).is_some_and(|at| at <= Timestamp::now()) => {
            match Box::pin(again::ask(runner, &app)).await {
                Ok(()) => Did::Rested(fingerprint(&app)),
                Err(error) => {
                    tracing::warn!(namespace, name, %error, "the workflow cannot be run again yet");
                    Did::Failed
                }
            }
        }
        Some(Need::Restart) => Did::Rested(fingerprint(&app)),
        Some(Need::Run) => {
            let began = std::time::Instant::now();
            let ran = runner.serve(app.clone(), serving, turn).await;
            metrics.ran(began.elapsed(), ran.is_ok());
            Box::pin(ended(runner, &app, ran)).await
        }
    }
}

async fn ended(runner: &Runner, app: &Application, ran: Result<Finished, Error>) -> Did {
    let (namespace, name) = (app.metadata.namespace.as_str(), app.metadata.name.as_str());
    match ran {
        Ok(Finished { elsewhere: Some(until), .. }) => {
            tracing::debug!(namespace, name, %until, "somebody else executes");
            Did::Elsewhere
        }
        Ok(finished) => {
            let phase = finished.app.status.as_ref().map(|s| s.phase).unwrap_or_default();
            tracing::info!(namespace, name, phase = %phase, "settled");
            for note in &finished.notes {
                tracing::info!(namespace, name, note, "kept or owed");
            }
            Did::Rested(fingerprint(&finished.app))
        }
        Err(Error::Diagnostics(problems)) => {
            tracing::warn!(namespace, name, problems = problems.len(), "the Application is wrong");
            match blame(runner, app, &problems).await {
                Ok(app) => Did::Wrong(fingerprint(&app)),
                Err(_) => Did::Failed,
            }
        }
        Err(Error::Fault(fault)) => {
            if fault.is_not_found() && matches!(runner.hub.application(namespace, name).await, Ok(None)) {
                return Did::Gone;
            }
            tracing::warn!(namespace, name, %fault, "the run is interrupted");
            Did::Failed
        }
    }
}

/// Says in the status what is wrong with an Application that cannot be run as it is.
async fn blame(runner: &Runner, app: &Application, problems: &[Diagnostic]) -> Result<Application, Fault> {
    let mut status = app.status.clone().unwrap_or_default();
    let texts: Vec<String> = problems.iter().take(10).map(workflow::run::tell).collect();
    let message = texts.join("; ");
    let old = status.conditions.iter().find(|c| c.kind == "Parsed");
    if old.is_none_or(|c| c.message != message) {
        status.conditions.retain(|c| c.kind != "Parsed");
        status.conditions.insert(
            0,
            Condition {
                kind: "Parsed".to_owned(),
                status: "False".to_owned(),
                last_transition_time: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                reason: "ReconcileError".to_owned(),
                message,
            },
        );
        if app.kind == WORKFLOW_RUN {
            let mut run = status.workflow.take().unwrap_or_default();
            run.phase = Some(RunPhase::Initializing);
            run.conditions = std::mem::take(&mut status.conditions);
            status.workflow = Some(run);
        }
        runner.hub.write_status(app, app.status.as_ref(), &status, "").await?;
    }
    Ok(Application { status: Some(status), ..app.clone() })
}

/// Deletes what an Application delivered; `false`: not everything yet.
async fn removal(runner: &Runner, app: &Application) -> Result<bool, Error> {
    let (namespace, name) = (&app.metadata.namespace, &app.metadata.name);
    let processes = runner.processes.as_ref();
    let held = match lease::acquire(&runner.hub, processes, namespace, name, lease::Known::Nothing).await? {
        Attempt::Mine(held) => held,
        Attempt::Theirs { .. } => return Ok(false),
    };
    let removing = async {
        let keeper = runner.keeper(app, Rules::of(&app.spec.policies)?, "").await?;
        let orphan = app.metadata.finalizers.iter().any(|f| f == labels::ORPHAN_FINALIZER);
        Ok::<_, Error>(remove(&runner.hub, &keeper, app, orphan, false).await?)
    };
    let removed = held.only_for(&runner.hub, removing).await?;
    for owed in &removed.owed {
        tracing::warn!(namespace, name, owed, "owed");
    }
    if removed.owed.is_empty() {
        let target = lease::address(namespace, name);
        match runner.hub.objects().delete(&target, &Default::default()).await {
            Err(fault) if fault.class != FaultClass::Permanent => return Err(fault.into()),
            _ => {}
        }
    }
    Ok(removed.owed.is_empty())
}
