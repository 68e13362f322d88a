//! The durable state of a run: the fold of its facts.

use crate::approval::{Approval, Need};
use crate::journal::{Entry, Fact, Terminator, Var};
use crate::plan::{Ix, Plan};
use crate::time::Time;
use indexmap::IndexMap;
use model::{RunPhase, StepPhase, StepReason};
use rustc_hash::FxHashSet;
use serde_json::Value;

/// How many ids of user operations are remembered.
const OPERATIONS_KEPT: usize = 64;

/// What is known of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// Has begun.
    pub begun: bool,
    /// Hash of the plan that it began with.
    pub plan: String,
    /// Revision or publishVersion.
    pub revision: String,
    /// How often a user has restarted it.
    pub restarts: u32,
    /// The owner's epoch.
    pub epoch: u64,
    /// Sequence number of the next entry.
    pub next_seq: u64,
    /// When it began.
    pub started: Time,
    /// When it ended, and how.
    pub ended: Option<(Time, RunPhase)>,
    /// Held by a user.
    pub held: bool,
    /// A step failed for good: the run will end as failed.
    pub failed: bool,
    /// A user told it to end.
    pub terminated: bool,
    /// A `#Break` told it to end.
    pub broken: bool,
    /// Per step, by place in the plan; `None`: never recorded.
    pub steps: Vec<Option<StepState>>,
    /// Places in the order in which they were first recorded.
    pub order: Vec<Ix>,
    /// Variables.
    pub vars: IndexMap<String, Var>,
    /// Which step set a variable.
    pub givers: IndexMap<String, String>,
    /// Ids of user operations that were taken, newest last, with why one was not carried out (empty: it was).
    pub operations: IndexMap<String, String>,
    /// How many steps are suspended.
    pub suspending: usize,
}

/// What is known of a step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepState {
    /// Phase.
    pub phase: StepPhase,
    /// Why.
    pub reason: StepReason,
    /// For people.
    pub message: String,
    /// When it was first recorded; timeouts count from here.
    pub first: Time,
    /// When its phase last changed.
    pub last: Time,
    /// When it was last set going: after it was pending, suspended, or begun again. The default deadline counts from here.
    pub active: Time,
    /// How often it has begun again from nothing.
    pub again: u32,
    /// Permanent errors so far.
    pub errors: u32,
    /// Suspend actions by path; passed ones stay.
    pub suspends: IndexMap<String, Suspend>,
    /// Effects by key.
    pub effects: IndexMap<String, Effect>,
    /// What its log actions said last, by path.
    pub said: IndexMap<String, String>,
}

/// A suspend action that was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suspend {
    /// Goes on by itself at this time.
    pub until: Option<Time>,
    /// Was resumed, or its time has come.
    pub passed: bool,
    /// Whose consent it takes; `None`: that of whoever may resume the run.
    pub need: Option<Need>,
    /// Who has consented.
    pub approvals: Vec<Approval>,
}

/// An effect whose intent is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The action.
    pub path: String,
    /// What was to be sent; `None` when a secret is in it.
    pub input: Option<Value>,
    /// It has happened; the result is `None` when a secret is in it.
    pub done: Option<Option<Value>>,
}

impl StepState {
    /// Will not change any more in this run.
    pub fn is_finished(&self) -> bool {
        match self.phase {
            StepPhase::Succeeded | StepPhase::Skipped => true,
            StepPhase::Failed => self.reason.is_final(),
            _ => false,
        }
    }
}

impl State {
    /// The state of a step that was recorded.
    pub fn step(&self, ix: Ix) -> Option<&StepState> {
        self.steps.get(ix).and_then(Option::as_ref)
    }

    /// Whether a step is finished.
    pub fn is_finished(&self, ix: Ix) -> bool {
        self.step(ix).is_some_and(StepState::is_finished)
    }

    /// Nothing but `if: always` is started any more.
    pub fn is_ending(&self) -> bool {
        self.terminated || self.broken
    }

    /// Takes in one entry. Facts about steps that the plan does not have are passed over: the journal is of another plan,
    /// which the caller has checked.
    pub fn apply(&mut self, plan: &Plan, entry: &Entry) {
        self.next_seq = entry.seq + 1;
        self.epoch = self.epoch.max(entry.epoch);
        let at = entry.at;
        match &entry.fact {
            Fact::Begin { plan: hash, revision, restarts } => {
                *self = State {
                    begun: true,
                    plan: hash.clone(),
                    revision: revision.clone(),
                    restarts: *restarts,
                    epoch: self.epoch,
                    next_seq: self.next_seq,
                    started: at,
                    steps: vec![None; plan.nodes.len()],
                    operations: std::mem::take(&mut self.operations),
                    ..State::default()
                };
            }
            Fact::Own => {}
            Fact::Step { step, phase, reason, message } => {
                let mut change = 0isize;
                if let Some(s) = self.entry(plan, step, at) {
                    let counts = |phase: StepPhase| isize::from(phase == StepPhase::Suspending);
                    change = counts(*phase) - counts(s.phase);
                    if *phase == StepPhase::Running && matches!(s.phase, StepPhase::Pending | StepPhase::Suspending) {
                        s.active = at;
                    }
                    s.phase = *phase;
                    s.reason = *reason;
                    s.message.clone_from(message);
                    s.last = at;
                }
                self.suspending = self.suspending.saturating_add_signed(change);
            }
            Fact::Approve { step, path, approval } => {
                if let Some(s) = self.entry(plan, step, at)
                    && let Some(suspend) = s.suspends.get_mut(path)
                {
                    suspend.approvals.push(approval.clone());
                }
            }
            Fact::Again { step, message } => {
                if let Some(s) = self.entry(plan, step, at) {
                    (s.first, s.active, s.last) = (at, at, at);
                    s.errors = s.errors.saturating_add(1);
                    s.again = s.again.saturating_add(1);
                    s.effects.clear();
                    s.suspends.clear();
                    (s.phase, s.reason) = (StepPhase::Failed, StepReason::Execute);
                    s.message.clone_from(message);
                }
            }
            Fact::Expand { .. } => self.steps.resize(plan.nodes.len(), None),
            Fact::Retry { step } => {
                if let Some(s) = self.entry(plan, step, at) {
                    s.errors = s.errors.saturating_add(1);
                }
            }
            Fact::Suspend { step, path, until, need } => {
                if let Some(s) = self.entry(plan, step, at) {
                    let suspend = Suspend { until: *until, need: need.clone(), ..Suspend::default() };
                    s.suspends.insert(path.clone(), suspend);
                }
            }
            Fact::Pass { step, path } => {
                if let Some(s) = self.entry(plan, step, at) {
                    let suspend = s.suspends.entry(path.clone()).or_default();
                    (suspend.until, suspend.passed) = (None, true);
                }
            }
            Fact::Intent { step, path, key, input } => {
                if let Some(s) = self.entry(plan, step, at) {
                    let effect = Effect { path: path.clone(), input: input.clone(), done: None };
                    s.effects.insert(key.clone(), effect);
                }
            }
            Fact::Effect { step, key, result } => {
                if let Some(s) = self.entry(plan, step, at)
                    && let Some(effect) = s.effects.get_mut(key)
                {
                    effect.done = Some(result.clone());
                    effect.input = None;
                }
            }
            Fact::Log { step, path, text } => {
                if let Some(s) = self.entry(plan, step, at) {
                    s.said.insert(path.clone(), text.clone());
                }
            }
            Fact::Vars { step, values } => {
                for (name, value) in values {
                    self.vars.insert(name.clone(), value.clone());
                    self.givers.insert(name.clone(), step.clone());
                }
            }
            Fact::Operation { id, refused } => {
                self.operations.insert(id.clone(), refused.clone());
                if self.operations.len() > OPERATIONS_KEPT {
                    self.operations.shift_remove_index(0);
                }
            }
            Fact::Hold { on } => self.held = *on,
            Fact::Terminate { by } => match by {
                Terminator::User => self.terminated = true,
                Terminator::Failure => self.failed = true,
                Terminator::Break => self.broken = true,
            },
            Fact::Forget { steps, vars } => {
                let gone: FxHashSet<Ix> = steps.iter().filter_map(|s| plan.find(s)).collect();
                self.order.retain(|ix| !gone.contains(ix));
                for ix in gone {
                    if let Some(slot) = self.steps.get_mut(ix) {
                        let suspended = slot.take().is_some_and(|s| s.phase == StepPhase::Suspending);
                        self.suspending = self.suspending.saturating_sub(usize::from(suspended));
                    }
                }
                for name in vars {
                    self.vars.shift_remove(name);
                    self.givers.shift_remove(name);
                }
                (self.terminated, self.failed, self.broken, self.held, self.ended) = (false, false, false, false, None);
                self.restarts += 1;
            }
            Fact::End { phase } => self.ended = Some((at, *phase)),
        }
    }

    fn entry(&mut self, plan: &Plan, name: &str, at: Time) -> Option<&mut StepState> {
        let ix = plan.find(name)?;
        let slot = self.steps.get_mut(ix)?;
        if slot.is_none() {
            self.order.push(ix);
            *slot = Some(StepState { first: at, last: at, active: at, ..StepState::default() });
        }
        slot.as_mut()
    }
}
