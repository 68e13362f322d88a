//! A run: the state machine that turns events into facts and requests.

mod control;
pub(crate) mod inputs;
mod operation;
mod schedule;
mod visit;

pub use visit::tell;

use crate::debug::Seen;
use crate::evaluate::{Call, Results, Steps};
use crate::event::{ActionId, Event, Request, RunAction};
use crate::journal::{Entry, Fact};
use crate::plan::{Ix, Plan};
use crate::state::State;
use crate::time::Time;
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::status::StepRetry;
use model::{RunPhase, StepPhase, StepReason};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// The numbers of retries and backoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Errors of a step's actions that are borne unless its own `retry` says otherwise; one more fails it.
    pub max_retries: u32,
    /// How long a step without a `timeout` may wait, in milliseconds, before it fails with what it waited for. Suspended
    /// steps are not counted.
    pub wait_deadline: i64,
    /// Longest pause of a step that waits, in milliseconds.
    pub wait_cap: i64,
    /// The pause of a step that waits for what is watched, in milliseconds: in case that the watch misses something.
    pub watched_pause: i64,
    /// Longest pause of a step that failed and is tried again, in milliseconds: with ten retries it is given up after 15 s.
    pub failed_cap: i64,
    /// Tell what the value of a step came to, at the end of each of its visits.
    pub debug: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            max_retries: 10,
            wait_deadline: 7_200_000,
            wait_cap: 60_000,
            watched_pause: 15_000,
            failed_cap: 3_000,
            debug: false,
        }
    }
}

/// What a run is of.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Unique for ever: the owner's uid with the revision. Step ids and effect keys derive from it.
    pub uid: String,
    /// Revision or publishVersion; goes into the status.
    pub revision: String,
    /// Who wrote the revision, where that is known.
    pub author: String,
    /// CUE's `context` for every step, without the step's own keys.
    pub context: Map<String, Value>,
}

/// What is lost in a crash, per step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    /// How many of `waits_for` are not finished.
    missing: usize,
    /// A visit is under way.
    visiting: bool,
    /// Results of this visit.
    results: Results,
    /// The action that was asked for.
    call: Option<(ActionId, Call, Option<String>)>,
    /// Text of `#Message`.
    message: String,
    /// Pauses in a row with the same message.
    pauses: u32,
    pause_message: String,
    /// Conflicts in a row.
    conflicts: u32,
    /// Not to be visited before.
    next: Option<Time>,
    /// Last visit.
    last: Option<Time>,
    /// Of a group: how many of its sub-steps are not finished.
    open: usize,
    /// Of a group: how many of them are under way.
    running: usize,
    /// Of a group that runs some at a time: up to which one all have been looked at.
    cursor: usize,
}

/// Where a run stands, for who waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Over.
    Finished(RunPhase),
    /// Suspended, and nothing else is under way; goes on by itself at the time, if there is one.
    Suspended(Option<Time>),
    /// Under way.
    No,
}

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    plan: Arc<Plan>,
    identity: Identity,
    policy: Policy,
    state: State,
    now: Time,
    /// Facts that no request has carried yet.
    fresh: Vec<Entry>,
    live: Vec<Live>,
    /// Steps to look at.
    queue: VecDeque<Ix>,
    /// Lists (by parent) whose pending steps are to be recorded at the end of a pass.
    announce: Vec<Option<Ix>>,
    timers: BTreeSet<(Time, Ix)>,
    in_flight: FxHashMap<ActionId, Ix>,
    actions: u64,
    calls: Vec<RunAction>,
    /// Values of variables and results that must not stand in the journal.
    secrets: IndexMap<String, Value>,
    new_secrets: IndexMap<String, Value>,
    vars_changed: bool,
    status_changed: bool,
    /// Actions that were asked for and whose answers are not wanted any more.
    cancelled: Vec<ActionId>,
    /// Steps that have just begun to wait.
    waiting: Vec<Ix>,
    /// User operations that the journal has.
    acknowledged: Vec<String>,
    /// Top-level steps that are not finished.
    open_roots: usize,
    /// Of finished steps: whether they and all they depended on succeeded.
    clean: FxHashMap<Ix, bool>,
    last_wake: Option<Option<Time>>,
    /// With [`Policy::debug`]: the steps whose visits have ended, with their results.
    visited: IndexMap<Ix, Results>,
}

impl Run {
    /// A run that has not begun. `epoch` is larger than that of every earlier owner.
    pub fn start(plan: Arc<Plan>, identity: Identity, policy: Policy, epoch: u64) -> Run {
        let state = State { epoch, ..State::default() };
        Run::with(plan, identity, policy, state, IndexMap::new())
    }

    /// Goes on with a run from its journal. `secrets` are the values of the run's Secret, by name; `epoch` is the new owner's.
    ///
    /// # Errors
    /// The journal is of another plan, or of an owner with a higher epoch.
    pub fn replay(
        plan: Arc<Plan>,
        identity: Identity,
        policy: Policy,
        epoch: u64,
        entries: &[Entry],
        secrets: IndexMap<String, Value>,
    ) -> Result<Run, Diagnostic> {
        let mut state = State::default();
        let mut plan = plan;
        for entry in entries {
            expand(&mut plan, &entry.fact);
            state.apply(&plan, entry);
        }
        if state.begun && state.plan != plan.hash() {
            return Err(Diagnostic::error(
                "journal/other-plan",
                format!("the journal belongs to other steps than those of revision \"{}\"", identity.revision),
            )
            .help("restart the workflow"));
        }
        if state.epoch > epoch {
            return Err(Diagnostic::error(
                "journal/superseded",
                format!("another process took this run over (its epoch is {}, ours is {epoch})", state.epoch),
            ));
        }
        state.epoch = epoch;
        let mut run = Run::with(plan, identity, policy, state, secrets);
        if run.state.begun {
            run.fact(Fact::Own);
            run.restore();
        }
        Ok(run)
    }

    fn with(
        plan: Arc<Plan>,
        identity: Identity,
        policy: Policy,
        state: State,
        secrets: IndexMap<String, Value>,
    ) -> Run {
        let live = vec![Live::default(); plan.nodes.len()];
        Run {
            plan,
            identity,
            policy,
            state,
            now: Time::default(),
            fresh: Vec::new(),
            live,
            queue: VecDeque::new(),
            announce: Vec::new(),
            timers: BTreeSet::new(),
            in_flight: FxHashMap::default(),
            actions: 0,
            calls: Vec::new(),
            secrets,
            new_secrets: IndexMap::new(),
            vars_changed: false,
            status_changed: false,
            cancelled: Vec::new(),
            waiting: Vec::new(),
            acknowledged: Vec::new(),
            open_roots: 0,
            clean: FxHashMap::default(),
            last_wake: None,
            visited: IndexMap::new(),
        }
    }

    /// Takes in what happened, decides everything that can be decided, and says what to do about it, in order.
    pub fn handle(&mut self, now: Time, events: Vec<Event>, steps: &dyn Steps) -> Vec<Request> {
        self.now = self.now.max(now);
        if self.fresh.first().is_some_and(|e| e.fact == Fact::Own)
            && let Some(own) = self.fresh.first_mut()
        {
            own.at = self.now;
        }
        if !self.state.begun {
            self.begin_run(0);
        }
        for event in events {
            match event {
                Event::Tick => {}
                Event::Action { id, outcome } => self.action_is_over(id, outcome),
                Event::Operation(operation) => self.operation(&operation, steps),
                Event::Changed { step } => self.changed(step.as_deref()),
                Event::Watched { step } => self.watched(&step),
            }
        }
        self.due();
        self.pump(steps);
        let seen = self.seen(steps);
        let mut requests = self.requests();
        requests.extend(seen.into_iter().map(Request::Debug));
        requests
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The durable state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Actions that were asked for and have not been answered.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// What the run is of.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The status that users and tools see.
    pub fn status(&self) -> model::WorkflowStatus {
        crate::status::project(&self.plan, &self.identity, &self.state, |ix| {
            let last = self.live.get(ix).and_then(|l| l.last);
            crate::status::Seen { last, id: self.id_of(ix), retry: self.retry_of(ix) }
        })
    }

    /// How a step that has failed for the moment goes on.
    fn retry_of(&self, ix: Ix) -> Option<StepRetry> {
        let step = self.state.step(ix).filter(|s| s.phase == StepPhase::Failed && s.reason == StepReason::Execute)?;
        let next = self.live.get(ix)?.next?;
        let limit = self.plan.node(ix)?.retry.and_then(|r| r.limit).unwrap_or(self.policy.max_retries);
        Some(StepRetry { count: step.errors, limit, pause: next.0.saturating_sub(self.now.0).max(0) })
    }

    /// The variables that may be seen, for the context ConfigMap.
    pub fn outputs(&self) -> IndexMap<String, Value> {
        let open = self.state.vars.iter().filter(|(name, var)| !var.secret && !name.contains('#'));
        open.map(|(n, v)| (n.clone(), v.value.clone().unwrap_or(Value::Null))).collect()
    }

    /// Why an operation that was taken was not carried out; empty: it was. `None`: it has not been taken.
    pub fn answer(&self, operation: &str) -> Option<&str> {
        self.state.operations.get(operation).map(String::as_str)
    }

    /// Whether anything more will happen by itself.
    pub fn settled(&self) -> Settled {
        if let Some((_, phase)) = self.state.ended {
            return Settled::Finished(phase);
        }
        if !self.in_flight.is_empty() || !self.queue.is_empty() || !crate::status::is_suspended(&self.state) {
            return Settled::No;
        }
        let busy = |ix: Ix| {
            let group = self.plan.node(ix).is_some_and(|n| n.is_group);
            let step = self.state.step(ix);
            !group
                && !self.state.held
                && step.is_some_and(|s| {
                    !s.is_finished() && !matches!(s.phase, model::StepPhase::Suspending | model::StepPhase::Pending)
                })
        };
        if self.state.order.iter().any(|ix| busy(*ix)) {
            return Settled::No;
        }
        Settled::Suspended(self.timers.first().map(|(t, _)| *t))
    }

    /// Records a fact and takes it in.
    fn fact(&mut self, fact: Fact) {
        let entry = Entry { seq: self.state.next_seq, epoch: self.state.epoch, at: self.now, fact };
        expand(&mut self.plan, &entry.fact);
        self.state.apply(&self.plan, &entry);
        self.live.resize_with(self.plan.nodes.len(), Live::default);
        self.fresh.push(entry);
        self.status_changed = true;
    }

    fn requests(&mut self) -> Vec<Request> {
        let mut requests = Vec::new();
        if !self.new_secrets.is_empty() {
            requests.push(Request::StoreSecrets(std::mem::take(&mut self.new_secrets)));
        }
        if !self.fresh.is_empty() {
            requests.push(Request::WriteJournal(std::mem::take(&mut self.fresh)));
        }
        if !self.acknowledged.is_empty() {
            requests.push(Request::Acknowledge(std::mem::take(&mut self.acknowledged)));
        }
        requests.extend(std::mem::take(&mut self.calls).into_iter().map(Request::RunAction));
        if !self.cancelled.is_empty() {
            requests.push(Request::Cancel(std::mem::take(&mut self.cancelled)));
        }
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let names = waiting.filter_map(|ix| self.plan.node(ix)).map(|node| node.step.name.clone());
        requests.extend(names.map(Request::Watch));
        if std::mem::take(&mut self.vars_changed) {
            requests.push(Request::OutputsChanged);
        }
        if std::mem::take(&mut self.status_changed) {
            requests.push(Request::StatusChanged);
        }
        let wake = self.next_timer();
        if self.last_wake != Some(wake) {
            self.last_wake = Some(wake);
            requests.push(Request::WakeAt(wake));
        }
        requests
    }

    /// What the values of the steps came to whose visits have ended.
    fn seen(&mut self, steps: &dyn Steps) -> Vec<Seen> {
        let visited = std::mem::take(&mut self.visited).into_iter();
        visited.filter_map(|(ix, results)| self.seen_of(ix, &results, steps)).collect()
    }

    /// The first timer of a step that is not finished.
    fn next_timer(&mut self) -> Option<Time> {
        while let Some((time, ix)) = self.timers.first().copied() {
            if !self.state.is_finished(ix) && self.state.ended.is_none() {
                return Some(time);
            }
            self.timers.pop_first();
        }
        None
    }

    /// Looks at every step whose timer has run out.
    fn due(&mut self) {
        while let Some((time, ix)) = self.timers.first().copied() {
            if time > self.now {
                break;
            }
            self.timers.pop_first();
            self.queue.push_back(ix);
            if let Some(live) = self.live.get_mut(ix)
                && live.next.is_some_and(|n| n <= self.now)
            {
                live.next = None;
            }
            self.time_out(ix);
        }
    }

    fn changed(&mut self, step: Option<&str>) {
        let one = step.and_then(|s| self.plan.find(s));
        let all = if step.is_some() { one.into_iter().collect() } else { self.state.order.clone() };
        for ix in all {
            if let Some(live) = self.live.get_mut(ix)
                && live.next.take().is_some()
            {
                self.queue.push_back(ix);
            }
        }
    }

    /// A step that waits for what is watched is woken by it.
    fn watched(&mut self, step: &str) {
        let Some(ix) = self.plan.find(step) else { return };
        let Some(live) = self.live.get_mut(ix) else { return };
        let Some(soon) = live.next else { return };
        let later = self.now.after(self.policy.watched_pause).max(soon);
        // a wait has its end, and so does a step
        let node = self.plan.node(ix);
        let active = self.state.step(ix).map(|s| s.active).filter(|_| node.is_some_and(|n| n.timeout.is_none()));
        let next = active.map_or(later, |active| later.min(active.after(self.policy.wait_deadline)));
        live.next = Some(next);
        self.timers.remove(&(soon, ix));
        self.timers.insert((next, ix));
    }

    /// The step's id.
    fn id_of(&self, ix: Ix) -> String {
        let name = self.plan.node(ix).map_or("", |n| n.step.name.as_str());
        crate::ident::step_id(&self.identity.uid, name)
    }
}

/// A fact that makes the plan longer does so before anything else sees it.
pub(crate) fn expand(plan: &mut Arc<Plan>, fact: &Fact) {
    if let Fact::Expand { step, count } = fact
        && let Some(ix) = plan.find(step)
    {
        Arc::make_mut(plan).expand(ix, *count);
    }
}
