//! The loop around the pure core: events in, requests out, in order, the journal before what follows it.
//!
//! One task owns the run. Actions are tasks of their own that answer through a channel; so do operations of users and
//! changes of objects. Nothing here decides: it performs, and tells the core how it went.

mod commit;
mod debug;
mod journal;
mod retry;

use commit::Doing;
pub use journal::Journal;
pub use retry::{afresh, persist};

use crate::hub::Hub;
use crate::lease::Held;
use actions::Fault;
use futures::future::BoxFuture;
use jiff::Timestamp;
use model::operation::UserOperation;
use model::{Application, WorkflowStatus};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant};
use workflow::event::{Event, Outcome, RunAction};
use workflow::run::Settled;
use workflow::{Run, Steps, Time};

/// Performs actions.
pub trait Perform: Send + Sync {
    /// Performs one; never panics, and ends by the action's deadline.
    fn perform(&self, action: RunAction) -> BoxFuture<'static, Outcome>;

    /// Watches what the actions of this step have looked at since it began to look, and tells the core when something of
    /// it changes; whether that is all that the step can be waiting for.
    fn watch(&self, step: &str) -> bool;
}

/// Sees the run as it goes; writes status, draws progress.
pub trait Observe: Send {
    /// The status is to be written.
    ///
    /// # Errors
    /// The status cannot be written although it was tried again; the run goes on, for status is only a projection.
    fn status<'a>(&'a mut self, status: &'a WorkflowStatus) -> BoxFuture<'a, Result<(), Fault>>;

    /// The status has changed and will be written soon.
    fn changed(&mut self, status: &WorkflowStatus);

    /// Requests of users that the journal has taken: nobody needs to leave them any longer.
    fn taken<'a>(&'a mut self, ids: &'a [String]) -> BoxFuture<'a, Result<(), Fault>>;

    /// Variables were written to the context ConfigMap, which is this object.
    fn context(&mut self, backend: model::ObjectReference);
}

/// What may reach a running loop from outside.
#[derive(Debug)]
pub enum Signal {
    /// An action is over, an object changed, a user asks.
    Event(Event),
    /// This process was asked to stop: let the lease go and return.
    Stop,
}

/// How the loop ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// The run is over, or suspended until somebody acts (`None`) or until a time.
    Settled(Settled),
    /// Another executor has taken the run over.
    Superseded,
    /// The process was asked to stop; the run can go on elsewhere.
    Stopped,
    /// No step has changed its phase for as long as somebody was ready to wait; the run can go on later.
    Stalled,
}

/// The pieces of one execution.
pub struct Execution<'a> {
    /// Where journal, context and secrets are written.
    pub hub: &'a Hub,
    /// Whose run it is.
    pub app: &'a Application,
    /// The core.
    pub run: Run,
    /// The journal as it is stored.
    pub journal: Journal,
    /// Templates.
    pub steps: &'a (dyn Steps + Sync),
    /// Handlers.
    pub perform: Arc<dyn Perform>,
    /// Sees the run as it goes.
    pub observe: &'a mut dyn Observe,
    /// The right to execute.
    pub lease: Held,
    /// Ask it for a sender to signal the loop.
    pub signals: mpsc::UnboundedReceiver<Signal>,
    /// Sends to `signals`; actions answer through it.
    pub sender: mpsc::UnboundedSender<Signal>,
    /// A suspended run that goes on by itself is waited for until then.
    pub wait_until: Option<Instant>,
    /// How long a run in which no step changes its phase is carried on.
    pub patience: Option<Duration>,
}

impl std::fmt::Debug for Execution<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Execution").field("app", &self.app.metadata.name).finish_non_exhaustive()
    }
}

/// The time now, as the core counts it.
pub fn now() -> Time {
    Time(Timestamp::now().as_millisecond())
}

/// What comes after the loop.
#[derive(Debug)]
pub struct Over {
    /// How it ended. A fault: the hub refuses, or cannot be written to although the lease is still held.
    pub ended: Result<Ended, Fault>,
    /// The lease, unless somebody else has it: what belongs to the end of the run is done under it, and then it is let go.
    pub lease: Option<Held>,
    doing: Doing,
}

impl Over {
    /// Whether the last status could not be written.
    pub fn status_is_behind(&self) -> bool {
        self.doing.status_is_behind()
    }

    /// Lets the lease go, and what goes on beside the run come to its end.
    pub async fn release(self, hub: &Hub) {
        if let Some(lease) = self.lease {
            // A lease that cannot be let go expires by itself; the result of the run does not depend on it.
            let _ = lease.release(hub, Timestamp::now()).await;
        }
        self.doing.end().await;
    }
}

/// Runs until the run has settled, somebody else has taken it over, or a stop was asked for.
pub async fn execute(mut execution: Execution<'_>) -> Over {
    let mut doing = Doing::new();
    let ended = turn(&mut execution, &mut doing).await;
    let lease = execution.lease;
    doing.settle(lease.fence().is_open()).await;
    let lease = (!matches!(ended, Ok(Ended::Superseded))).then_some(lease);
    Over { ended, lease, doing }
}

async fn turn(execution: &mut Execution<'_>, doing: &mut Doing) -> Result<Ended, Fault> {
    // what came before the loop has taken its time already
    let mut renew_at = execution.lease.renew_at();
    let (mut phases, mut moved_at) = (Vec::new(), Instant::now());
    let mut events = vec![Event::Tick];
    // What was asked for before the loop began comes first: a suspended run that is resumed has not settled.
    while let Ok(signal) = execution.signals.try_recv() {
        match signal {
            Signal::Event(event) => events.push(event),
            Signal::Stop => return Ok(Ended::Stopped),
        }
    }
    loop {
        for event in &events {
            if let Event::Action { id, .. } = event {
                doing.is_over(id);
            }
        }
        let requests = execution.run.handle(now(), std::mem::take(&mut events), execution.steps);
        if execution.patience.is_some() {
            let seen = phases_of(&execution.run);
            if seen != phases {
                (phases, moved_at) = (seen, Instant::now());
            }
        }
        let mut went = doing.take(execution, requests).await;
        let ended = settled(execution);
        if went.is_ok() && ended.is_some() {
            went = doing.flush(execution).await;
        }
        match went {
            Ok(()) => {}
            Err(fault) if fault.class == actions::FaultClass::Conflict => return Ok(Ended::Superseded),
            Err(fault) => return Err(fault),
        }
        if let Some(ended) = ended {
            return Ok(ended);
        }
        // What was under way has been cut off, and nobody answers for it any more: who takes the lease next, most likely this
        // process, finds in the journal what is to be asked again.
        if !execution.lease.fence().is_open() {
            return Ok(Ended::Superseded);
        }
        let give_up = execution.patience.map(|patience| moved_at + patience);
        let wake_at = doing.wake.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        let flush_at = doing.due();
        tokio::select! {
            signal = execution.signals.recv() => match signal {
                Some(Signal::Event(event)) => {
                    events.push(event);
                    while let Ok(signal) = execution.signals.try_recv() {
                        match signal {
                            Signal::Event(event) => events.push(event),
                            Signal::Stop => return stop(execution, doing).await,
                        }
                    }
                }
                Some(Signal::Stop) | None => return stop(execution, doing).await,
            },
            () = tokio::time::sleep_until(wake_at) => {
                doing.wake = None;
                events.push(Event::Tick);
            }
            () = tokio::time::sleep_until(flush_at) => {}
            () = tokio::time::sleep_until(give_up.unwrap_or(renew_at)), if give_up.is_some() => {
                return Ok(match stop(execution, doing).await? {
                    Ended::Stopped => Ended::Stalled,
                    ended => ended,
                });
            }
            () = tokio::time::sleep_until(renew_at) => {
                if !execution.lease.fence().is_open() {
                    return Ok(Ended::Superseded);
                }
                let renewed = execution.lease.renew(execution.hub, Timestamp::now()).await;
                match execution.lease.next_renewal(&renewed) {
                    Some(next) => renew_at = next,
                    None => return Ok(Ended::Superseded),
                }
            }
        }
    }
}

/// What counts as progress: the phases of all steps, not what they say while they wait.
fn phases_of(run: &Run) -> Vec<Option<model::StepPhase>> {
    run.state().steps.iter().map(|step| step.as_ref().map(|step| step.phase)).collect()
}

/// What is known is made durable before the process goes; whoever comes next then need not do it again.
async fn stop(execution: &mut Execution<'_>, doing: &mut Doing) -> Result<Ended, Fault> {
    match doing.flush(execution).await {
        Err(fault) if fault.class == actions::FaultClass::Conflict => Ok(Ended::Superseded),
        Err(fault) => Err(fault),
        Ok(()) => Ok(Ended::Stopped),
    }
}

/// Whether the loop has nothing more to do.
fn settled(execution: &Execution<'_>) -> Option<Ended> {
    match execution.run.settled() {
        Settled::No => None,
        Settled::Suspended(Some(until)) => {
            let millis = u64::try_from(until.0 - now().0).unwrap_or_default();
            let fires = Instant::now() + Duration::from_millis(millis);
            match execution.wait_until {
                Some(limit) if fires > limit => Some(Ended::Settled(Settled::Suspended(Some(until)))),
                _ => None,
            }
        }
        settled => Some(Ended::Settled(settled)),
    }
}

/// A user's request as an event of the core.
pub fn operation(operation: UserOperation) -> Signal {
    Signal::Event(Event::Operation(operation))
}
