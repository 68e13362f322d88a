//! What the replicas talk to: one hub, member clusters, receivers. Everything here happens at once and is never lost.
//!
//! Most invariants are checked here, at the moment when something arrives, against what is durable then.

use super::workload::{CLUSTERS, Work};
use crate::journal::{Entry, Fact};
use crate::plan::Plan;
use crate::state::State;
use model::StepPhase;
use model::action::Class;
use model::operation::UserOperation;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};
use std::rc::Rc;
use std::sync::Arc;

/// What a replica asks for.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Look,
    Take {
        version: u64,
        epoch: u64,
        renewed: i64,
    },
    Renew {
        renewed: i64,
    },
    Release,
    Load,
    Append {
        version: u64,
        entries: Rc<Vec<Entry>>,
    },
    Secrets,
    Context,
    Status {
        known: u64,
        finished: bool,
        suspended: bool,
        done: Rc<Vec<usize>>,
        restarts: u32,
        loses_request: bool,
        version: u64,
    },
    StatusVersion,
    Taken(Vec<String>),
    Track {
        key: String,
    },
    Untrack {
        key: String,
    },
    Apply {
        cluster: usize,
        key: String,
        force: bool,
    },
    Read {
        cluster: usize,
        key: String,
    },
    Delete {
        cluster: usize,
        key: String,
        force: bool,
    },
    Post(Rc<Effect>),
}

impl Op {
    fn changes(&self) -> bool {
        !matches!(
            self,
            Op::Look
                | Op::Load
                | Op::StatusVersion
                | Op::Read { .. }
                | Op::Take { .. }
                | Op::Renew { .. }
                | Op::Release
        )
    }

    /// Whether the lease must be good for it to be sent.
    pub(crate) fn needs_lease(&self) -> bool {
        self.changes() || matches!(self, Op::Read { .. })
    }

    pub(crate) fn server(&self) -> usize {
        match self {
            Op::Apply { cluster, .. } | Op::Read { cluster, .. } | Op::Delete { cluster, .. } => 1 + cluster,
            Op::Post(_) => 1 + CLUSTERS,
            _ => 0,
        }
    }
}

/// An effect on its way.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    pub step: String,
    pub path: String,
    pub key: String,
    pub input: String,
    /// The receiver knows keys.
    pub aware: bool,
    /// Restarts of the run and of the step, as its sender knows them.
    pub round: (u32, u32),
    pub generation: usize,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Done(Value),
    Version(u64),
    Look {
        free_from: i64,
        holder: usize,
        version: u64,
        epoch: u64,
        at_rest: bool,
        request: bool,
        journal: u64,
    },
    Loaded {
        status: u64,
        entries: Rc<Vec<Entry>>,
        version: u64,
        tracked: Vec<String>,
        generation: usize,
        request: Option<UserOperation>,
    },
    Conflict,
    Busy,
    Refused,
    Foreign,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub entries: Vec<Entry>,
    pub version: u64,
    pub state: State,
    pub plan: Option<Arc<Plan>>,
    /// When each suspension was written, and until when it lasts.
    naps: FxHashMap<(String, String), (i64, i64)>,
    /// Keys of all effects that were announced.
    intents: FxHashSet<String>,
}

#[derive(Debug, Clone)]
struct Object {
    ours: bool,
    generation: usize,
    since: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Lease {
    pub holder: usize,
    pub held: bool,
    pub version: u64,
    pub epoch: u64,
    pub renewed: i64,
}

#[derive(Debug, Default, Clone)]
struct Shown {
    finished: bool,
    suspended: bool,
    done: Rc<Vec<usize>>,
    restarts: u32,
    generation: usize,
    known: u64,
}

/// Everything that outlives replicas.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    pub now: i64,
    pub works: Vec<Work>,
    pub generation: usize,
    pub lease: Lease,
    pub journals: Vec<Journal>,
    /// Recorded objects with the newest generation that wants each.
    pub tracked: FxHashMap<String, usize>,
    clusters: Vec<FxHashMap<String, Object>>,
    shown: Shown,
    status_version: u64,
    /// How far each replica's clock is off.
    pub skews: Vec<i64>,
    pub request: Option<UserOperation>,
    pub asked: Vec<String>,
    seen_keys: FxHashMap<String, String>,
    plain: FxHashMap<String, u32>,
    /// Effects whose end stands in the journal.
    pub settled: FxHashSet<String>,
    pub completed: usize,
    newest_epoch: u64,
    taken_epochs: FxHashSet<u64>,
    pub pruned: bool,
    /// Deaths, lost answers and other reasons for an extra attempt so far.
    pub troubles: u32,
    /// Clocks are right and nothing goes wrong.
    pub calm: bool,
    pub max_retries: u32,
    pub violations: Vec<String>,
}

impl Servers {
    pub(crate) fn new(works: Vec<Work>, calm: bool) -> Servers {
        let journals = works.iter().map(|w| Journal { plan: Some(w.plan.clone()), ..Journal::default() }).collect();
        let mut clusters: Vec<FxHashMap<String, Object>> = vec![FxHashMap::default(); CLUSTERS];
        for cluster in &mut clusters {
            // somebody else's, of the name that one of our objects has
            cluster.insert("taken".to_owned(), Object { ours: false, generation: 0, since: 0 });
        }
        Servers { works, journals, clusters, calm, max_retries: 2, ..Servers::default() }
    }

    pub(crate) fn violated(&mut self, what: impl Into<String>) {
        if self.violations.len() < 20 {
            self.violations.push(format!("at {} ms: {}", self.now, what.into()));
        }
    }

    pub(crate) fn journal(&mut self) -> Option<&mut Journal> {
        self.journals.get_mut(self.generation)
    }

    fn durable(&self) -> Option<(&State, &Plan)> {
        let journal = self.journals.get(self.generation)?;
        Some((&journal.state, journal.plan.as_deref()?))
    }

    /// Carries out one request of a replica.
    pub(crate) fn execute(&mut self, from: usize, epoch: u64, generation: usize, op: &Op) -> Reply {
        let reply = self.carry_out(from, epoch, generation, op);
        // what was refused has not landed
        if op.changes() && !matches!(reply, Reply::Conflict) {
            if epoch < self.newest_epoch {
                let newest = self.newest_epoch;
                self.violated(format!(
                    "I-fence: replica {from} of epoch {epoch} writes after one of epoch {newest}: {op:?}"
                ));
            }
            self.newest_epoch = self.newest_epoch.max(epoch);
        }
        reply
    }

    fn carry_out(&mut self, from: usize, epoch: u64, generation: usize, op: &Op) -> Reply {
        match op {
            Op::Look => {
                let at_rest = self.shown.generation == self.generation
                    && (self.shown.finished || self.shown.suspended)
                    && !(self.shown.finished && self.generation > 0 && !self.pruned);
                Reply::Look {
                    free_from: if self.lease.held { self.lease.renewed } else { i64::MIN },
                    holder: self.lease.holder,
                    version: self.lease.version,
                    epoch: self.lease.epoch,
                    at_rest,
                    request: self.request.is_some(),
                    journal: self.journal().map_or(0, |j| j.version),
                }
            }
            Op::Take { version, epoch, renewed } => {
                if *version != self.lease.version {
                    return Reply::Conflict;
                }
                if !self.taken_epochs.insert(*epoch) {
                    self.violated(format!("I-fence: two owners have epoch {epoch}"));
                }
                self.lease = Lease { holder: from, held: true, version: version + 1, epoch: *epoch, renewed: *renewed };
                Reply::Version(self.lease.version)
            }
            Op::Renew { renewed } => {
                if self.lease.holder != from || self.lease.epoch != epoch || !self.lease.held {
                    return Reply::Conflict;
                }
                self.lease.renewed = *renewed;
                self.lease.version += 1;
                Reply::Version(self.lease.version)
            }
            Op::Release => {
                if self.lease.holder == from && self.lease.epoch == epoch {
                    self.lease.held = false;
                    self.lease.version += 1;
                }
                Reply::Version(self.lease.version)
            }
            Op::Load => {
                let generation = self.generation;
                let tracked = self.tracked.keys().cloned().collect();
                let request = self.request.clone();
                let status = self.status_version;
                let Some(journal) = self.journal() else { return Reply::Refused };
                let entries = Rc::new(journal.entries.clone());
                Reply::Loaded { status, entries, version: journal.version, tracked, generation, request }
            }
            Op::Append { version, entries } => self.append(from, *version, generation, entries),
            Op::Secrets | Op::Context => Reply::Version(0),
            Op::StatusVersion => Reply::Version(self.status_version),
            Op::Status { known, finished, suspended, done, restarts, loses_request, version } => {
                // the status is written to the Application as it was seen: a write that comes late is refused
                if *version != self.status_version {
                    return Reply::Conflict;
                }
                self.status_version += 1;
                let shown = Shown {
                    finished: *finished,
                    suspended: *suspended,
                    done: done.clone(),
                    restarts: *restarts,
                    generation,
                    known: *known,
                };
                if *loses_request {
                    self.request = None;
                }
                self.show(shown);
                Reply::Version(self.status_version)
            }
            Op::Taken(ids) => {
                if self.request.as_ref().is_some_and(|r| ids.contains(&r.id)) {
                    self.request = None;
                }
                Reply::Version(0)
            }
            Op::Track { key } => {
                self.tracked.insert(key.clone(), generation);
                Reply::Version(0)
            }
            Op::Untrack { key } => {
                self.tracked.remove(key);
                Reply::Version(0)
            }
            Op::Apply { cluster, key, force } => self.apply(*cluster, key, generation, *force),
            Op::Read { cluster, key } => {
                let found = self.clusters.get(*cluster).and_then(|c| c.get(key));
                Reply::Done(json!({"ready": found.is_some_and(|o| self.now >= o.since + 700)}))
            }
            Op::Delete { cluster, key, force } => self.delete(*cluster, key, *force),
            Op::Post(effect) => self.post(effect),
        }
    }

    fn append(&mut self, from: usize, version: u64, generation: usize, entries: &[Entry]) -> Reply {
        let (calm, max_retries) = (self.calm, self.max_retries);
        let skew = self.skews.get(from).copied().unwrap_or_default();
        let Some(journal) = self.journals.get_mut(generation) else { return Reply::Refused };
        if version != journal.version && version != u64::MAX {
            return Reply::Conflict;
        }
        let mut wrong: Vec<String> = Vec::new();
        for entry in entries {
            if entry.seq != journal.entries.len() as u64 {
                wrong.push(format!("I-fence: entry {} where {} was next", entry.seq, journal.entries.len()));
            }
            if let (Some(plan), Some(last)) = (&journal.plan, journal.entries.last()) {
                if entry.epoch < last.epoch {
                    wrong.push("I-fence: epochs of the journal fall".to_owned());
                }
                wrong.extend(check_fact(&journal.state, plan, &entry.fact, max_retries));
            }
            match &entry.fact {
                Fact::Intent { key, .. } => {
                    journal.intents.insert(key.clone());
                }
                Fact::Suspend { step, path, until: Some(until), .. } => {
                    journal.naps.insert((step.clone(), path.clone()), (entry.at.0 - skew, until.0 - entry.at.0));
                }
                Fact::Pass { step, path } => {
                    let timed = journal.state_suspend_is_open(step, path, entry.at.0);
                    if let Some((since, millis)) = journal.naps.remove(&(step.clone(), path.clone()))
                        && timed
                    {
                        let at = entry.at.0 - skew;
                        if at + 5_000 < since + millis {
                            wrong.push(format!("I-time: {step} went on {} ms early", since + millis - at));
                        }
                        if calm && at > since + millis + 1_000 {
                            wrong.push(format!("I-time: {step} went on {} ms late", at - since - millis));
                        }
                    }
                }
                _ => {}
            }
            if let Some(plan) = &mut journal.plan {
                crate::run::expand(plan, &entry.fact);
                journal.state.apply(plan, entry);
            }
            journal.entries.push(entry.clone());
        }
        journal.version += 1;
        let version = journal.version;
        if entries.iter().any(|e| matches!(e.fact, Fact::Begin { .. } | Fact::Forget { .. })) {
            self.pruned = false;
        }
        for what in wrong {
            self.violated(what);
        }
        Reply::Version(version)
    }

    fn show(&mut self, new: Shown) {
        let old = self.shown.clone();
        let durable = self.journals.get(new.generation).map_or(0, |j| j.entries.len() as u64);
        if new.known > durable {
            self.violated(format!("I-status: it tells of {} facts, and {durable} are in the journal", new.known));
        }
        if new.generation == old.generation && new.restarts == old.restarts && old.known <= new.known {
            if old.finished && !new.finished {
                self.violated("I-status: a finished run is not finished any more");
            }
            if let Some(gone) = old.done.iter().find(|ix| !new.done.contains(ix)) {
                self.violated(format!("I-status: step {gone} was finished and is not any more"));
            }
        }
        self.shown = new;
    }

    fn apply(&mut self, cluster: usize, key: &str, generation: usize, force: bool) -> Reply {
        if !self.tracked.contains_key(&format!("c{cluster}/{key}")) {
            self.violated(format!("I-intent: {key} is made on c{cluster} and recorded nowhere"));
        }
        let now = self.now;
        let Some(objects) = self.clusters.get_mut(cluster) else { return Reply::Refused };
        match objects.get_mut(key) {
            Some(object) if !object.ours => {
                if force {
                    self.violated(format!("I-noharm: {key} on c{cluster} belongs to somebody else and was changed"));
                }
                Reply::Foreign
            }
            Some(object) => {
                object.generation = generation;
                let ready = now >= object.since + 700;
                Reply::Done(json!({"ready": ready}))
            }
            None => {
                objects.insert(key.to_owned(), Object { ours: true, generation, since: now });
                Reply::Done(json!({"ready": false}))
            }
        }
    }

    fn delete(&mut self, cluster: usize, key: &str, force: bool) -> Reply {
        let full = format!("c{cluster}/{key}");
        if self.tracked.get(&full) == Some(&self.generation) {
            self.violated(format!("I-noharm: {full} is deleted and the newest version has it"));
        }
        let finished = self.durable().is_some_and(|(s, _)| s.ended.is_some());
        if !finished {
            self.violated(format!("I-noharm: {full} is deleted before the newest version is done"));
        }
        let Some(objects) = self.clusters.get_mut(cluster) else { return Reply::Refused };
        match objects.get(key) {
            Some(object) if !object.ours => {
                if force {
                    self.violated(format!("I-noharm: {full} belongs to somebody else and is deleted"));
                }
            }
            _ => {
                objects.remove(key);
            }
        }
        Reply::Done(json!({}))
    }

    fn post(&mut self, effect: &Effect) -> Reply {
        let mut wrong = Vec::new();
        let round = effect.round;
        let journal = self.journals.get(effect.generation);
        let durable = journal.and_then(|j| Some((&j.state, j.plan.as_deref()?)));
        match durable.and_then(|(state, plan)| Some((state, plan, plan.find(&effect.step)?))) {
            None => wrong.push(format!("I-order: {} is sent and its step is unknown", effect.step)),
            Some((state, plan, ix)) => {
                let step = state.step(ix);
                let done = |s: &crate::state::StepState| s.effects.get(&effect.key).is_some_and(|e| e.done.is_some());
                if self.journals.iter().all(|j| !j.intents.contains(&effect.key)) {
                    wrong.push(format!(
                        "I-effect: {}/{} is sent before its intent is written",
                        effect.step, effect.path
                    ));
                } else if step.is_some_and(done) && self.calm {
                    wrong.push(format!(
                        "I-effect: {}/{} is sent again although it is recorded",
                        effect.step, effect.path
                    ));
                }
                // one that was sent before the run was started again is held to the round in which it was sent: what it
                // waited for was finished then, and is not any more
                let same_round = round == (state.restarts, step.map_or(0, |s| s.again));
                let open = |w: &usize| !state.is_finished(*w);
                let waits = plan.node(ix).is_some_and(|n| n.waits_for.iter().any(open));
                if same_round && step.is_some_and(|s| !s.is_finished()) && waits {
                    wrong.push(format!("I-order: {} is sent before what it waits for is finished", effect.step));
                }
            }
        }
        let name =
            format!("{}/{}/{}/{}/{}/{:?}", effect.generation, effect.step, effect.path, effect.input, round.0, round.1);
        let known = self.seen_keys.entry(name.clone()).or_insert_with(|| effect.key.clone()).clone();
        if known != effect.key {
            wrong.push(format!("I-effect: {}/{} has two keys", effect.step, effect.path));
        }
        let count = self.plain.entry(effect.key.clone()).or_default();
        *count += 1;
        let count = *count;
        if self.settled.contains(&effect.key) {
            wrong.push(format!("I-effect: {}/{} is sent again although its end was written", effect.step, effect.path));
        }
        if !effect.aware && count > 1 + self.troubles {
            wrong.push(format!(
                "I-effect: {}/{} happened {count} times after {} troubles",
                effect.step, effect.path, self.troubles
            ));
        }
        if count == 1 {
            self.completed += 1;
        }
        for what in wrong {
            self.violated(what);
        }
        Reply::Done(json!({"statusCode": 200, "key": effect.key}))
    }

    /// What must hold when nothing goes wrong any more and everything had its time.
    pub(crate) fn at_the_end(&mut self) {
        let Some((state, _)) = self.durable() else { return };
        let ended = state.ended.is_some();
        let waits = crate::status::is_suspended(state);
        let succeeded = state.ended.is_some_and(|(_, phase)| phase == model::RunPhase::Succeeded);
        let open: Vec<String> =
            self.asked.iter().filter(|id| !self.journals.iter().any(|j| j.took(id) == 1)).cloned().collect();
        let done = self.journals.iter().flat_map(|j| &j.entries).filter_map(|e| match &e.fact {
            Fact::Effect { key, .. } => Some(key.clone()),
            _ => None,
        });
        let never: Vec<String> = done.filter(|key| !self.plain.contains_key(key)).collect();
        if !never.is_empty() {
            self.violated(format!("I-effect: {} are recorded as done and never happened", never.join(", ")));
        }
        if !ended && !waits {
            self.violated("L-converge: the run neither ended nor waits for anybody");
        }
        if !open.is_empty() {
            self.violated(format!("I-ops: {} were not taken once", open.join(", ")));
        }
        if ended && !self.shown.finished {
            self.violated("L-converge: the status does not say that the run has ended");
        }
        if succeeded && self.pruned {
            let stray: Vec<String> = (0..CLUSTERS)
                .flat_map(|c| {
                    let objects = self.clusters.get(c).into_iter().flatten();
                    objects
                        .filter(|(_, o)| o.ours && o.generation < self.generation)
                        .map(move |(k, _)| format!("c{c}/{k}"))
                })
                .collect();
            if !stray.is_empty() {
                self.violated(format!("L-converge: nobody wants {} any more", stray.join(", ")));
            }
        }
    }

    /// A process acts for a step that is recorded as finished.
    pub(crate) fn check_start(&mut self, step: &str, class: Class) {
        let Some((state, plan)) = self.durable() else { return };
        let Some(ix) = plan.find(step) else { return };
        if state.is_finished(ix) {
            self.violated(format!(
                "I-monotone: {step} is recorded as finished, and an action of it ({class:?}) begins"
            ));
        }
    }
}

impl Journal {
    fn took(&self, id: &str) -> usize {
        self.entries.iter().filter(|e| matches!(&e.fact, Fact::Operation { id: other, .. } if other == id)).count()
    }

    /// Whether a suspension is passed because its time has come, by the clock of who says so.
    fn state_suspend_is_open(&self, step: &str, path: &str, at: i64) -> bool {
        let Some(plan) = &self.plan else { return false };
        let found = plan.find(step).and_then(|ix| self.state.step(ix)).and_then(|s| s.suspends.get(path));
        found.is_some_and(|s| !s.passed && s.until.is_some_and(|u| u.0 <= at))
    }
}

/// What a fact must not say of what stands in the journal before it.
fn check_fact(state: &State, plan: &Plan, fact: &Fact, max_retries: u32) -> Option<String> {
    let step = match fact {
        Fact::Step { step, .. }
        | Fact::Intent { step, .. }
        | Fact::Effect { step, .. }
        | Fact::Again { step, .. }
        | Fact::Retry { step } => step,
        _ => return None,
    };
    let ix = plan.find(step)?;
    let known = state.step(ix);
    if known.is_some_and(crate::state::StepState::is_finished) {
        return Some(format!("I-monotone: {step} was finished, and now {fact:?}"));
    }
    let node = plan.node(ix)?;
    if let Fact::Step { phase: StepPhase::Suspending, .. } = fact
        && known.is_none_or(|s| s.suspends.values().all(|s| s.passed))
    {
        return Some(format!("I-time: {step} is suspended, and until when is not written"));
    }
    if let Fact::Step { phase: StepPhase::Running, .. } = fact
        && known.is_none_or(|s| s.phase == StepPhase::Pending)
        && let Some(open) = node.waits_for.iter().find(|w| !state.is_finished(**w))
    {
        return Some(format!("I-order: {step} begins before {open} is finished"));
    }
    let limit = node.retry.and_then(|r| r.limit).unwrap_or(max_retries);
    let errors = known.map_or(0, |s| s.errors);
    match fact {
        Fact::Step { reason: model::StepReason::FailedAfterRetries, .. } if !node.is_group && errors != limit + 1 => {
            Some(format!("I-budget: {step} is given up after {errors} errors, its limit is {limit}"))
        }
        Fact::Retry { .. } if errors > limit => Some(format!("I-budget: {step} is tried more than {limit} times")),
        Fact::Retry { .. } if !node.step.properties.as_ref().is_some_and(|p| p.to_string().contains("\"taken\"")) => {
            Some(format!("I-budget: {step} has met with nothing that counts"))
        }
        _ => None,
    }
}
