//! The controller of a hub: what `up` does for one Application in the foreground, for all of them, for as long as it lives.
//!
//! One watch tells which Applications there are. Each one that needs something gets a task that takes its lease and runs it,
//! so many at a time; what is settled costs nothing until it changes. It must never decide what a run does.

mod keep;
mod metrics;
mod need;
mod probe;

pub use metrics::Metrics;
pub use probe::answer;

use crate::deliver::drift::Drift;
use crate::deliver::remove;
use crate::error::Error;
use crate::lease::{self, Attempt};
use crate::run::{Finished, Runner};
use actions::{Fault, FaultClass};
use cue_syntax::Diagnostic;
use delivery::rules::Rules;
use futures::StreamExt;
use jiff::Timestamp;
use kube::api::{ApiResource, DynamicObject};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, core::GroupVersionKind};
use model::{Application, Condition, labels};
use need::{Need, fingerprint, need};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};

/// The longest pause before an Application that could not be run is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long running Applications have to let go when the process is asked to stop.
const LAST_MOMENTS: Duration = Duration::from_secs(8);

/// An Application.
type Key = (String, String);

/// What is known of an Application.
#[derive(Debug, Default)]
struct Known {
    /// A task has it.
    busy: bool,
    /// How it looked when it was last seen while the task had it, if it needed something then.
    changed: Option<u64>,
    /// How it looked when nothing more was to be done.
    rested: Option<u64>,
    failures: u32,
}

/// How a task ended.
enum Did {
    /// It looked like this, and nothing more was to be done.
    Rested(u64),
    /// It is gone.
    Gone,
    /// Again after a pause.
    Failed,
}

/// A controller.
#[derive(Debug)]
pub struct Daemon {
    /// Runs one Application.
    pub runner: Arc<Runner>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// How many Applications are under way at a time.
    pub parallel: usize,
    /// Becomes `true` when the process is to stop.
    pub stop: watch::Receiver<bool>,
}

impl Daemon {
    /// Serves the hub until it is told to stop.
    ///
    /// # Errors
    /// The watch cannot be set up.
    pub async fn serve(mut self) -> Result<(), Fault> {
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("core.oam.dev", "v1beta1", "Application"));
        let api: Api<DynamicObject> = Api::all_with(self.runner.hub.objects().client().clone(), &kind);
        let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
        let permits = Arc::new(Semaphore::new(self.parallel.max(1)));
        let (sender, mut done) = mpsc::unbounded_channel::<(Key, Did)>();
        let (again, mut due) = mpsc::unbounded_channel::<Key>();
        let (wake, mut drifted) = mpsc::unbounded_channel::<Key>();
        // the watches end with this function
        let (drift, _watches) = Drift::start(self.runner.hub.clone(), self.runner.clusters.clone(), wake);
        let mut known: FxHashMap<Key, Known> = FxHashMap::default();
        let mut busy = 0usize;
        loop {
            let start = tokio::select! {
                event = events.next() => match event {
                    Some(Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object))) => {
                        self.metrics.heard();
                        self.seen(object, &mut known)
                    }
                    Some(Ok(watcher::Event::Delete(object))) => {
                        self.metrics.heard();
                        let key = (object.metadata.namespace.unwrap_or_default(), object.metadata.name.unwrap_or_default());
                        if known.get(&key).is_some_and(|k| !k.busy) {
                            known.remove(&key);
                        }
                        None
                    }
                    Some(Ok(_)) => {
                        self.metrics.heard();
                        None
                    }
                    Some(Err(error)) => {
                        self.metrics.watch_failed();
                        tracing::warn!(%error, "the watch of Applications is interrupted");
                        None
                    }
                    None => return Err(Fault::transient("the watch of Applications has ended")),
                },
                Some((key, did)) = done.recv() => {
                    busy = busy.saturating_sub(1);
                    let suspected = drift.has_suspects(&key);
                    self.over(key, did, suspected, &mut known, &again)
                }
                // one that is busy looks at it when it is done
                Some(key) = drifted.recv() => known.get(&key).is_some_and(|k| !k.busy).then_some(key),
                Some(key) = due.recv() => known.get(&key).is_some_and(|k| !k.busy).then_some(key),
                _ = self.stop.changed() => break,
            };
            self.metrics.applications(known.len());
            if let Some(key) = start {
                known.entry(key.clone()).or_default().busy = true;
                busy += 1;
                self.start(key, permits.clone(), sender.clone(), drift.clone());
            }
            self.metrics.under_way(busy);
        }
        tracing::info!(busy, "stopping: runs are let go where they stand");
        let end = tokio::time::Instant::now() + LAST_MOMENTS;
        while busy > 0 {
            match tokio::time::timeout_at(end, done.recv()).await {
                Ok(Some(_)) => busy -= 1,
                Ok(None) | Err(_) => break,
            }
        }
        Ok(())
    }

    /// Looks at an Application that is new or has changed; answers it when it needs something.
    fn seen(&self, object: DynamicObject, known: &mut FxHashMap<Key, Known>) -> Option<Key> {
        let app = read(object)?;
        let key = (app.metadata.namespace.clone(), app.metadata.name.clone());
        let entry = known.entry(key.clone()).or_default();
        if entry.busy {
            entry.changed = need(&app).map(|_| fingerprint(&app));
            return None;
        }
        if need(&app).is_none() || entry.rested == Some(fingerprint(&app)) {
            return None;
        }
        entry.failures = 0;
        Some(key)
    }

    /// A task is over; answers its Application when it needs something again.
    fn over(
        &self,
        key: Key,
        did: Did,
        suspected: bool,
        known: &mut FxHashMap<Key, Known>,
        again: &mpsc::UnboundedSender<Key>,
    ) -> Option<Key> {
        let entry = known.get_mut(&key)?;
        entry.busy = false;
        let changed = std::mem::take(&mut entry.changed);
        match did {
            Did::Gone => {
                known.remove(&key);
                None
            }
            Did::Rested(fingerprint) => {
                let moved = entry.rested != Some(fingerprint);
                entry.rested = Some(fingerprint);
                entry.failures = 0;
                // What was seen meanwhile may be a state on the way to this one, or a request that this one still has: the
                // next look is cheap and finds out.
                (changed.is_some_and(|seen| moved || seen != fingerprint) || suspected).then_some(key)
            }
            Did::Failed => {
                entry.failures += 1;
                let pause = Duration::from_millis(500 << entry.failures.min(7)).min(LONGEST_PAUSE);
                let again = again.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    // a controller that has stopped hears nothing any more
                    let _ = again.send(key);
                });
                None
            }
        }
    }

    fn start(&self, key: Key, permits: Arc<Semaphore>, sender: mpsc::UnboundedSender<(Key, Did)>, drift: Arc<Drift>) {
        let (runner, metrics, stop) = (self.runner.clone(), self.metrics.clone(), self.stop.clone());
        tokio::spawn(async move {
            let did = match permits.acquire_owned().await {
                Ok(_permit) => match one(&runner, &metrics, &key, stop).await {
                    Did::Rested(fingerprint) => match keep::keep(&runner, &metrics, &drift, &key).await {
                        Ok(()) => Did::Rested(fingerprint),
                        Err(error) => {
                            tracing::warn!(namespace = key.0, name = key.1, %error, "drift could not be looked at");
                            Did::Failed
                        }
                    },
                    did => did,
                },
                Err(_) => Did::Failed,
            };
            // the loop may have ended: then nobody wants to know
            let _ = sender.send((key, did));
        });
    }
}

fn read(object: DynamicObject) -> Option<Application> {
    let value = serde_json::to_value(object).ok()?;
    match serde_json::from_value(value) {
        Ok(app) => Some(app),
        Err(error) => {
            tracing::warn!(%error, "an Application cannot be read");
            None
        }
    }
}

/// Does for one Application what it needs.
async fn one(runner: &Runner, metrics: &Metrics, key: &Key, stop: watch::Receiver<bool>) -> Did {
    let (namespace, name) = (key.0.as_str(), key.1.as_str());
    let app = match runner.hub.application(namespace, name).await {
        Ok(Some(app)) => app,
        Ok(None) => return Did::Gone,
        Err(fault) => {
            tracing::warn!(namespace, name, %fault, "the Application cannot be read");
            return Did::Failed;
        }
    };
    match need(&app) {
        None => Did::Rested(fingerprint(&app)),
        Some(Need::Removal) => match removal(runner, &app).await {
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
        Some(Need::Run) => {
            let began = std::time::Instant::now();
            let mut tell = |_: &model::WorkflowStatus| {};
            let ran = runner.run_until(namespace, name, None, &mut tell, Some(stop)).await;
            metrics.ran(began.elapsed(), ran.is_ok());
            ended(runner, &app, ran).await
        }
    }
}

async fn ended(runner: &Runner, app: &Application, ran: Result<Finished, Error>) -> Did {
    let (namespace, name) = (app.metadata.namespace.as_str(), app.metadata.name.as_str());
    match ran {
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
                Ok(app) => Did::Rested(fingerprint(&app)),
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
        runner.hub.write_status(app, &status, "").await?;
    }
    Ok(Application { status: Some(status), ..app.clone() })
}

/// Deletes what an Application delivered; `false`: not everything yet.
async fn removal(runner: &Runner, app: &Application) -> Result<bool, Error> {
    let (namespace, name) = (&app.metadata.namespace, &app.metadata.name);
    let processes = runner.processes.as_ref();
    let held = match lease::acquire(&runner.hub, processes, namespace, name, Timestamp::now()).await? {
        Attempt::Mine(held) => held,
        Attempt::Theirs { .. } => return Ok(false),
    };
    let rules = Rules::of(&app.spec.policies)?;
    let keeper = runner.keeper(app, rules, "").await;
    let orphan = app.metadata.finalizers.iter().any(|f| f == labels::ORPHAN_FINALIZER);
    let removed = match &keeper {
        Ok(keeper) => remove(&runner.hub, keeper, app, orphan, false).await,
        Err(fault) => Err(fault.clone()),
    };
    // a lease that cannot be let go expires by itself
    let _ = held.release(&runner.hub, Timestamp::now()).await;
    let removed = removed?;
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
