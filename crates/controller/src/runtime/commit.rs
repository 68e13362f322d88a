//! What was decided, made durable in groups: one write for many facts, one status for many changes.
//!
//! A journal entry must stand before an effect is sent, before the status tells of it, and before the run is left. Reading
//! and converging need not wait for it: after a crash they are done again. So facts are kept for a moment, and written
//! together when there are many of them, when the moment is over, or when something must not go without them.

use super::{Execution, Signal, persist};
use actions::Fault;
use model::action::Class;
use rustc_hash::FxHashMap;
use tokio::task::AbortHandle;
use tokio::time::{Duration, Instant};
use workflow::event::{ActionId, Event, Request};
use workflow::{Entry, Fact};

/// So many facts are written at once at the latest.
const ENTRIES: usize = 64;
/// So long a fact may wait.
const MOMENT: Duration = Duration::from_millis(200);

/// Actions under way. They end when nobody wants to hear of them.
#[derive(Debug, Default)]
pub(crate) struct Running(FxHashMap<ActionId, AbortHandle>);

impl Running {
    pub(crate) fn remove(&mut self, id: &ActionId) {
        self.0.remove(id);
    }

    pub(crate) fn clear(&mut self) {
        for (_, task) in self.0.drain() {
            task.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.clear();
    }
}

/// What is decided and not yet written.
#[derive(Debug, Default)]
pub(crate) struct Commit {
    entries: Vec<Entry>,
    outputs: bool,
    status: bool,
    since: Option<Instant>,
    pub(crate) running: Running,
}

impl Commit {
    /// Takes requests in order: starts what may start, keeps what may wait.
    pub(crate) async fn take(
        &mut self,
        execution: &mut Execution<'_>,
        requests: Vec<Request>,
        wake: &mut Option<Instant>,
    ) -> Result<(), Fault> {
        for request in requests {
            match request {
                Request::StoreSecrets(values) => {
                    let (hub, app) = (execution.hub, execution.app);
                    persist(|| hub.write_secrets(app, values.iter())).await?;
                }
                Request::WriteJournal(entries) => {
                    let asked = entries.iter().any(|e| matches!(e.fact, Fact::Operation { .. }));
                    self.entries.extend(entries);
                    self.touch();
                    // whoever asked waits for it
                    if asked {
                        self.since = Some(Instant::now() - MOMENT);
                    }
                }
                Request::RunAction(action) => {
                    if action.class == Class::Effect {
                        self.write(execution).await?;
                    }
                    let (perform, sender, id) = (execution.perform.clone(), execution.sender.clone(), action.id);
                    let fence = execution.lease.fence();
                    let task = tokio::spawn(async move {
                        if !fence.is_open() {
                            return;
                        }
                        let outcome = perform.perform(action).await;
                        // The loop may be gone: then nobody wants the answer.
                        let _ = sender.send(Signal::Event(Event::Action { id, outcome }));
                    });
                    self.running.0.insert(id, task.abort_handle());
                }
                Request::Cancel(ids) => {
                    for id in ids {
                        if let Some(task) = self.running.0.remove(&id) {
                            task.abort();
                        }
                    }
                }
                Request::OutputsChanged => {
                    self.outputs = true;
                    self.touch();
                }
                Request::StatusChanged => {
                    self.status = true;
                    self.touch();
                }
                Request::WakeAt(time) => {
                    *wake = time.map(|time| {
                        let millis = u64::try_from(time.0 - super::now().0).unwrap_or_default();
                        Instant::now() + Duration::from_millis(millis)
                    });
                }
            }
        }
        Ok(())
    }

    fn touch(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// When it has to be written.
    pub(crate) fn due(&self) -> Instant {
        self.since.map_or_else(|| Instant::now() + Duration::from_secs(3600), |since| since + MOMENT)
    }

    /// Whether it has to be written now.
    pub(crate) fn is_due(&self) -> bool {
        self.entries.len() >= ENTRIES || self.since.is_some_and(|since| since.elapsed() >= MOMENT)
    }

    /// Writes the journal.
    async fn write(&mut self, execution: &mut Execution<'_>) -> Result<(), Fault> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let entries = std::mem::take(&mut self.entries);
        execution.journal.append(execution.hub, &entries).await?;
        let taken = entries.iter().filter_map(|e| match &e.fact {
            Fact::Operation { id, .. } => Some(id.clone()),
            _ => None,
        });
        let taken: Vec<String> = taken.collect();
        if !taken.is_empty() {
            execution.observe.taken(&taken).await?;
        }
        Ok(())
    }

    /// Writes everything: the journal, then what it tells of.
    pub(crate) async fn flush(&mut self, execution: &mut Execution<'_>) -> Result<(), Fault> {
        self.since = None;
        self.write(execution).await?;
        let (hub, app) = (execution.hub, execution.app);
        if std::mem::take(&mut self.outputs) {
            let vars = serde_json::Value::Object(execution.run.outputs().into_iter().collect());
            let backend = persist(|| hub.write_context(app, &vars)).await?;
            execution.observe.context(backend);
        }
        if std::mem::take(&mut self.status) {
            let status = execution.run.status();
            if let Err(fault) = execution.observe.status(&status).await {
                tracing::warn!(app = app.metadata.name, %fault, "the status could not be written");
            }
        }
        Ok(())
    }
}
