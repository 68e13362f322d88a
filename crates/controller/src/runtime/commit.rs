//! Doing what [`workflow::commit`] says is to be done, in order.

use super::debug::Debugger;
use super::{Execution, Signal, persist};
use actions::{Fault, FaultClass};
use rustc_hash::FxHashMap;
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};
use workflow::commit::{Commit, Deed, MOMENT};
use workflow::event::{ActionId, Event, Request};
use workflow::ownership;

/// A status of more steps than this is not made for every change.
const STEPS_TOLD: usize = 500;

/// On a hub that is slow, facts wait for so many of its answers longer: a run that would be over by then writes once, and
/// does not make the hub slower by writing in between.
const ANSWERS: i64 = 8;
/// But no longer than this, in milliseconds.
const LONGEST: i64 = 1_800;

/// How many milliseconds longer than a moment facts may wait on a hub that took so many to answer.
fn patience(took: u32) -> i64 {
    (i64::from(took) * ANSWERS).min(LONGEST)
}

/// When facts are to be written, of which the first came at `first`, and which are due then on a hub that answers at once.
/// What does not wait for its moment to end, because somebody waits for it or because there is much, waits for nothing.
fn when(first: i64, due: i64, patience: i64) -> i64 {
    if due < first.saturating_add(MOMENT) { due } else { due.saturating_add(patience) }
}

/// Actions under way.
#[derive(Debug, Default)]
struct Running {
    wanted: FxHashMap<ActionId, JoinHandle<()>>,
    /// Nobody waits for their answers any more.
    given_up: Vec<JoinHandle<()>>,
}

impl Running {
    /// Waits until nothing more of them can arrive anywhere: a request that is on its way cannot be called back, and whoever
    /// executes next must not meet it. What takes longer than a request may is cut off.
    async fn settle(&mut self) {
        let patience = Instant::now() + Duration::from_millis(ownership::REQUEST as u64);
        self.given_up.extend(self.wanted.drain().map(|(_, task)| task));
        for mut task in self.given_up.drain(..) {
            if tokio::time::timeout_at(patience, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in self.given_up.iter().chain(self.wanted.values()) {
            task.abort();
        }
    }
}

/// What is under way for one execution.
#[derive(Debug)]
pub(crate) struct Doing {
    commit: Commit,
    running: Running,
    started: Instant,
    /// When the first of what is not yet written came.
    first: Option<i64>,
    /// See [`patience`].
    patience: i64,
    debugger: Debugger,
    /// The last status could not be written.
    status_is_behind: bool,
    /// The lease ran out in the middle of a write.
    cut_off: bool,
    /// When the core wants to be woken.
    pub(crate) wake: Option<Instant>,
}

impl Doing {
    pub(crate) fn new() -> Doing {
        Doing {
            commit: Commit::default(),
            running: Running::default(),
            started: Instant::now(),
            first: None,
            patience: 0,
            debugger: Debugger::default(),
            status_is_behind: false,
            cut_off: false,
            wake: None,
        }
    }

    fn clock(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// Whether the last status could not be written.
    pub(crate) fn status_is_behind(&self) -> bool {
        self.status_is_behind
    }

    /// An action is over.
    pub(crate) fn is_over(&mut self, id: &ActionId) {
        self.running.wanted.remove(id);
    }

    /// Waits until no action is under way.
    pub(crate) async fn settle(&mut self, fence_is_open: bool) {
        // those that were given up before count as well: their requests may still be on their way
        let under_way = self.running.wanted.len() + self.running.given_up.len();
        let cut_off = self.cut_off || !fence_is_open && under_way > 0;
        self.running.settle().await;
        if cut_off {
            // the requests that the fence cut off may still arrive
            tokio::time::sleep(Duration::from_millis(ownership::REQUEST as u64)).await;
        }
    }

    /// Lets what goes on beside the run come to its end.
    pub(crate) async fn end(self) {
        self.debugger.end().await;
    }

    /// Takes requests, does what cannot wait.
    pub(crate) async fn take(&mut self, execution: &mut Execution<'_>, requests: Vec<Request>) -> Result<(), Fault> {
        if requests.contains(&Request::StatusChanged) && execution.run.plan().nodes.len() <= STEPS_TOLD {
            let status = execution.run.status();
            execution.observe.changed(&status);
        }
        self.patience = patience(execution.lease.took);
        let clock = self.clock();
        let deeds = self.commit.take(clock, requests);
        if self.commit.due().is_some() {
            self.first.get_or_insert(clock);
        }
        self.all(execution, deeds).await?;
        if self.when().is_some_and(|due| due <= self.clock()) {
            self.flush(execution).await?;
        }
        Ok(())
    }

    /// Writes everything that is left.
    pub(crate) async fn flush(&mut self, execution: &mut Execution<'_>) -> Result<(), Fault> {
        let deeds = self.commit.flush();
        self.first = None;
        self.all(execution, deeds).await
    }

    fn when(&self) -> Option<i64> {
        Some(when(self.first?, self.commit.due()?, self.patience))
    }

    /// When something has to be written.
    pub(crate) fn due(&self) -> Instant {
        let millis = self.when().map_or(3_600_000, |due| u64::try_from(due - self.clock()).unwrap_or_default());
        Instant::now() + Duration::from_millis(millis)
    }

    async fn all(&mut self, execution: &mut Execution<'_>, deeds: Vec<Deed>) -> Result<(), Fault> {
        for deed in deeds {
            let fence = execution.lease.fence();
            let was_open = fence.is_open();
            let done = fence.while_open(self.deed(execution, deed)).await;
            self.cut_off |= was_open && done.is_none();
            match done {
                Some(Ok(())) => {}
                // Of a process that was stopped in the middle of a request, the connection may wake sooner than the timer of
                // the fence: that the request failed is then no news about the hub.
                Some(Err(fault)) if fault.class != FaultClass::Transient || fence.is_open() => return Err(fault),
                // As if somebody else had it by now, which may be: who asks for the lease again hears of it, or why the hub
                // cannot be reached.
                _ => return Err(Fault { class: FaultClass::Conflict, ..Fault::transient("the lease has run out") }),
            }
        }
        Ok(())
    }

    async fn deed(&mut self, execution: &mut Execution<'_>, deed: Deed) -> Result<(), Fault> {
        let (hub, app) = (execution.hub, execution.app);
        match deed {
            Deed::StoreSecrets(values) => persist(|| hub.write_secrets(app, values.iter())).await?,
            Deed::WriteJournal(entries) => execution.journal.append(hub, &entries).await?,
            Deed::Acknowledge(ids) if self.status_is_behind => {
                tracing::warn!(?ids, "these requests stay until the status can be written");
            }
            Deed::Acknowledge(ids) => execution.observe.taken(&ids).await?,
            Deed::RunAction(action) => {
                let (perform, sender, id) = (execution.perform.clone(), execution.sender.clone(), action.id);
                let fence = execution.lease.fence();
                let task = tokio::spawn(async move {
                    // a lease that is as good as lost takes with it what is under way
                    if let Some(outcome) = fence.while_open(perform.perform(action)).await {
                        // The loop may be gone: then nobody wants the answer.
                        let _ = sender.send(Signal::Event(Event::Action { id, outcome }));
                    }
                });
                self.running.wanted.insert(id, task);
            }
            Deed::Cancel(ids) => {
                let running = &mut self.running;
                running.given_up.retain(|task| !task.is_finished());
                running.given_up.extend(ids.iter().filter_map(|id| running.wanted.remove(id)));
            }
            Deed::Watch(step) => {
                if execution.perform.watch(&step) {
                    // the loop reads it next; it cannot be gone
                    let _ = execution.sender.send(Signal::Event(Event::Watched { step }));
                }
            }
            Deed::WriteOutputs => {
                let vars = serde_json::Value::Object(execution.run.outputs().into_iter().collect());
                let backend = persist(|| hub.write_context(app, &vars)).await?;
                execution.observe.context(backend);
            }
            Deed::WriteStatus => {
                let status = execution.run.status();
                let written = execution.observe.status(&status).await;
                self.status_is_behind = written.is_err();
                if let Err(fault) = written {
                    tracing::warn!(app = app.metadata.name, %fault, "the status could not be written");
                }
            }
            Deed::Debug(seen) => self.debugger.take(hub, app, seen),
            Deed::WakeAt(time) => {
                self.wake = time.map(|time| {
                    let millis = u64::try_from(time.0 - super::now().0).unwrap_or_default();
                    Instant::now() + Duration::from_millis(millis)
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_wait_longer_on_a_slow_hub_unless_somebody_waits_for_them() {
        let slow = patience(100);
        assert_eq!((patience(0), slow, patience(9_000)), (0, 800, 1_800));
        assert_eq!(when(1_000, 1_000 + MOMENT, 0), 1_000 + MOMENT);
        assert_eq!(when(1_000, 1_000 + MOMENT, slow), 1_000 + MOMENT + 800);
        assert_eq!(when(1_000, 1_000, slow), 1_000, "there are many of them");
        assert_eq!(when(1_000, 1_150, slow), 1_150, "a user has asked 150 ms after the first of them");
    }
}
