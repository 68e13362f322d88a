//! One process: it looks for a run, takes the lease, executes with the real core and the real rules of commit and
//! ownership, and lets go. It knows what it was told and nothing else.

mod act;

use self::act::{Act, fault};
use super::bug::Bug;
use super::hub::{Op, Reply};
use super::script::Script;
use super::world::{Happening, LONGEST_WAY, World};
use crate::commit::{Commit, Deed};
use crate::event::{ActionId, Event, FaultClass};
use crate::journal::{Entry, Fact};
use crate::ownership;
use crate::run::{Identity, Policy, Run, Settled};
use crate::time::Time;
use indexmap::IndexMap;
use model::operation::UserOperation;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::rc::Rc;

/// How often an idle replica looks for work.
const LOOK: i64 = 500;

/// How soon a renewal that failed is tried again, as the runtime does.
const RENEW_AGAIN: i64 = 300;

/// What a process waits for before it goes on.
#[derive(Debug)]
enum Waits {
    Look,
    Take { asked: i64, epoch: u64 },
    Load,
    Reload(Rc<Vec<Entry>>),
    Write(Deed),
    Taken(Vec<String>),
    Restatus,
    Prune(String),
    Untrack,
}

/// A process.
#[derive(Debug)]
pub(crate) struct Replica {
    id: usize,
    skew: i64,
    pub alive: bool,
    pub life: u64,
    pub died_at: i64,
    pub stopped_until: i64,
    pub epoch: u64,
    pub generation: usize,
    /// On a clock that never jumps.
    open_until: i64,
    run: Option<Run>,
    version: u64,
    status_version: u64,
    commit: Commit,
    deeds: VecDeque<Deed>,
    inbox: Vec<Event>,
    waits: Option<(u64, Waits)>,
    tries: u32,
    acts: FxHashMap<u64, Act>,
    by_id: FxHashMap<ActionId, u64>,
    /// Until then something that nobody waits for any more may still arrive.
    abandoned_until: i64,
    tracked: FxHashSet<String>,
    to_prune: VecDeque<String>,
    /// Effects whose answers the core has taken in, and those of them that the write under way tells of.
    answered: Vec<String>,
    told: Vec<String>,
    telling: Vec<String>,
    request: Option<UserOperation>,
    heard: Option<String>,
    wake: Option<i64>,
    /// When it goes on without having heard anything.
    pub timer: Option<i64>,
    renewing: Option<(u64, i64)>,
    /// When the lease is to be renewed next.
    renew_at: Option<i64>,
    /// The journal at which it found nothing to do.
    rested_at: Option<u64>,
    at_rest: bool,
}

impl Replica {
    pub(crate) fn new(id: usize, skew: i64) -> Replica {
        Replica {
            id,
            skew,
            alive: false,
            life: 0,
            died_at: i64::MIN / 2,
            stopped_until: 0,
            epoch: 0,
            generation: 0,
            open_until: 0,
            run: None,
            version: 0,
            status_version: 0,
            commit: Commit::default(),
            deeds: VecDeque::new(),
            inbox: Vec::new(),
            waits: None,
            tries: 0,
            acts: FxHashMap::default(),
            by_id: FxHashMap::default(),
            abandoned_until: 0,
            tracked: FxHashSet::default(),
            to_prune: VecDeque::new(),
            answered: Vec::new(),
            told: Vec::new(),
            telling: Vec::new(),
            request: None,
            heard: None,
            wake: None,
            timer: None,
            renewing: None,
            renew_at: None,
            rested_at: None,
            at_rest: false,
        }
    }

    fn clock(&self, now: i64) -> i64 {
        1_000_000 + now + self.skew
    }

    pub(crate) fn may_act(&self, now: i64) -> bool {
        now < self.open_until
    }

    /// Restarts of the run and of a step.
    fn round(&self, step: &str) -> Option<(u32, u32)> {
        let run = self.run.as_ref()?;
        let ix = run.plan().find(step)?;
        Some((run.state().restarts, run.state().step(ix).map_or(0, |s| s.again)))
    }

    pub(crate) fn rests(&self) -> bool {
        !self.alive || (self.run.is_none() && self.at_rest)
    }

    pub(crate) fn dies(&mut self) {
        let (id, skew, life) = (self.id, self.skew, self.life);
        *self = Replica { life: life + 1, ..Replica::new(id, skew) };
    }

    /// Begins to live; `false`: it lives already.
    pub(crate) fn is_born(&mut self) -> bool {
        !std::mem::replace(&mut self.alive, true)
    }

    /// Forgets the run.
    fn drop_run(&mut self) {
        self.run = None;
        self.commit = Commit::default();
        self.deeds.clear();
        self.inbox.clear();
        self.waits = None;
        self.tries = 0;
        self.acts.clear();
        self.by_id.clear();
        self.to_prune.clear();
        self.answered.clear();
        self.told.clear();
        self.telling.clear();
        self.heard = None;
        self.wake = None;
        self.renewing = None;
        self.renew_at = None;
        self.open_until = 0;
    }
}

impl World {
    fn me(&mut self, r: usize) -> Option<&mut Replica> {
        self.replicas.get_mut(r)
    }

    fn ask_for(&mut self, r: usize, op: Op, waits: Waits) {
        match self.send(r, op) {
            Some(call) => {
                if let Some(me) = self.me(r) {
                    me.waits = Some((call, waits));
                }
            }
            None => self.give_up(r),
        }
    }

    /// The run is somebody else's, or nobody's: forget it and look again.
    fn give_up(&mut self, r: usize) {
        self.tell(|| format!("r{r} lets go of the run"));
        // what is on its way may still arrive, and must not meet the next life of this process
        let (mut after, now) = (LOOK, self.now());
        if let Some(me) = self.me(r) {
            // that of actions that were given up before, too
            after = after.max(me.abandoned_until - now);
            if !me.acts.is_empty() || me.waits.is_some() {
                after = ownership::REQUEST;
            }
            me.drop_run();
        }
        if self.has(Bug::MeetsItself) {
            after = LOOK;
        }
        self.look_later(r, after);
    }

    pub(crate) fn look(&mut self, r: usize) {
        if self.me(r).is_some_and(|me| me.run.is_none() && me.waits.is_none()) {
            self.ask_for(r, Op::Look, Waits::Look);
        }
    }

    /// Renews the lease if it is time; a process that writes something does so when it has been written.
    pub(crate) fn renew(&mut self, r: usize) {
        let now = self.now();
        let Some(me) = self.me(r) else { return };
        if me.run.is_none() || me.renew_at.is_none_or(|at| at > now) {
            return;
        }
        if me.waits.is_some() {
            return self.renew_in(r, LONGEST_WAY);
        }
        let renewed = me.clock(now);
        me.renew_at = None;
        match self.send(r, Op::Renew { renewed }) {
            Some(call) => {
                if let Some(me) = self.me(r) {
                    me.renewing = Some((call, now));
                }
            }
            None => self.give_up(r),
        }
    }

    fn renew_in(&mut self, r: usize, after: i64) {
        let at = self.now() + after;
        let Some(me) = self.me(r) else { return };
        me.renew_at = Some(at);
        let life = me.life;
        self.schedule(at, Happening::Renew { to: r, life });
    }

    pub(crate) fn answered(&mut self, r: usize, call: u64, reply: Reply) {
        let busy = matches!(reply, Reply::Busy);
        let Some(me) = self.me(r) else { return };
        if me.renewing.is_some_and(|(c, _)| c == call) {
            let asked = me.renewing.take().map_or(0, |(_, asked)| asked);
            match reply {
                Reply::Version(_) => {
                    me.open_until = asked + ownership::HOLD;
                    let soon = (asked + ownership::RENEW - self.now()).max(1);
                    self.renew_in(r, soon);
                }
                Reply::Conflict => return self.give_up(r),
                _ => self.renew_in(r, RENEW_AGAIN),
            }
            return self.drive(r);
        }
        if me.waits.as_ref().is_some_and(|(c, _)| *c == call) {
            let waits = me.waits.take().map(|(_, waits)| waits);
            if let Some(waits) = waits {
                if busy { self.again(r, waits) } else { self.went_on(r, waits, reply) }
            }
        } else if me.acts.contains_key(&call) {
            self.act_on(r, call, reply);
        }
        self.drive(r);
    }

    pub(crate) fn silent(&mut self, r: usize, call: u64) {
        let Some(me) = self.me(r) else { return };
        if me.renewing.is_some_and(|(c, _)| c == call) {
            me.renewing = None;
            self.renew_in(r, RENEW_AGAIN);
        } else if me.waits.as_ref().is_some_and(|(c, _)| *c == call) {
            if let Some((_, waits)) = me.waits.take() {
                self.again(r, waits);
            }
        } else if me.acts.contains_key(&call) {
            self.act_over(r, call, fault(FaultClass::Transient));
        }
        self.drive(r);
    }

    /// A request was not carried out, or nobody knows: the same again, for some seconds.
    fn again(&mut self, r: usize, waits: Waits) {
        let Some(me) = self.me(r) else { return };
        me.tries += 1;
        if me.tries > 6 {
            return self.give_up(r);
        }
        match waits {
            Waits::Look => {
                me.tries = 0;
                self.look_later(r, LOOK);
            }
            Waits::Take { .. } => {
                me.tries = 0;
                self.give_up(r);
            }
            Waits::Load => self.ask_for(r, Op::Load, Waits::Load),
            Waits::Reload(entries) => self.ask_for(r, Op::Load, Waits::Reload(entries)),
            Waits::Write(deed) => self.write(r, deed),
            Waits::Restatus => self.ask_for(r, Op::StatusVersion, Waits::Restatus),
            Waits::Taken(ids) => self.ask_for(r, Op::Taken(ids.clone()), Waits::Taken(ids)),
            Waits::Prune(key) => self.prune(r, key),
            Waits::Untrack => {}
        }
    }

    /// What was waited for has come.
    fn went_on(&mut self, r: usize, waits: Waits, reply: Reply) {
        if let Some(me) = self.me(r) {
            me.tries = 0;
        }
        match (waits, reply) {
            (Waits::Look, Reply::Look { free_from, holder, version, epoch, at_rest, request, journal }) => {
                self.decide(r, free_from, holder, version, epoch, at_rest && !request, journal);
            }
            (Waits::Take { asked, epoch }, Reply::Version(_)) => {
                if let Some(me) = self.me(r) {
                    me.open_until = asked + ownership::HOLD;
                    me.epoch = epoch;
                }
                self.ask_for(r, Op::Load, Waits::Load);
            }
            (Waits::Take { .. }, _) => self.give_up(r),
            (Waits::Load, Reply::Loaded { status, entries, version, tracked, generation, request }) => {
                if let Some(me) = self.me(r) {
                    me.status_version = status;
                }
                self.begin(r, &entries, version, tracked, generation, request);
            }
            (Waits::Reload(ours), Reply::Loaded { entries, version, .. }) => {
                // the answer was lost, and the entries are ours
                let mine =
                    entries.len() >= ours.len() && entries.iter().rev().zip(ours.iter().rev()).all(|(a, b)| a == b);
                if mine {
                    if let Some(me) = self.me(r) {
                        me.version = version;
                    }
                } else {
                    self.give_up(r);
                }
            }
            (Waits::Write(Deed::WriteJournal(_)), Reply::Version(version)) => {
                let Some(me) = self.replicas.get_mut(r) else { return };
                me.version = version;
                self.servers.settled.extend(me.telling.drain(..));
            }
            (Waits::Write(Deed::WriteJournal(entries)), _) => {
                if self.has(Bug::ConflictIsSuccess) {
                    if let Some(me) = self.me(r) {
                        me.version = u64::MAX;
                    }
                    return;
                }
                self.ask_for(r, Op::Load, Waits::Reload(Rc::new(entries)));
            }
            (Waits::Write(Deed::WriteStatus), Reply::Version(version)) => {
                if let Some(me) = self.me(r) {
                    me.status_version = version;
                }
            }
            (Waits::Write(Deed::WriteStatus), Reply::Conflict) => {
                self.ask_for(r, Op::StatusVersion, Waits::Restatus);
            }
            (Waits::Restatus, Reply::Version(version)) => {
                if let Some(me) = self.me(r) {
                    me.status_version = version;
                    me.deeds.push_front(Deed::WriteStatus);
                }
            }
            (Waits::Prune(key), _) => {
                self.ask_for(r, Op::Untrack { key }, Waits::Untrack);
            }
            _ => {}
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one answer")]
    fn decide(&mut self, r: usize, free_from: i64, holder: usize, version: u64, epoch: u64, rest: bool, journal: u64) {
        let now = self.now();
        let impatient = self.has(Bug::ImpatientTakeOver);
        let nobody = self.has(Bug::NobodyTakesOver);
        let same = self.has(Bug::SameEpoch) && epoch > 0;
        let Some(me) = self.me(r) else { return };
        let clock = me.clock(now);
        let mine = holder == me.id;
        // a holder that was killed on this machine is known to be gone; here every replica is on another one
        let patience = if impatient { ownership::DURATION - 3_000 } else { 0 };
        let free = free_from == i64::MIN || mine || ownership::is_expired(free_from, clock + patience);
        let nothing = rest || me.rested_at == Some(journal);
        me.at_rest = rest;
        if nothing && rest || !free || (nobody && epoch > 0 && free_from != i64::MIN) {
            return self.look_later(r, LOOK);
        }
        let epoch = if same { epoch } else { epoch + 1 };
        let waits = Waits::Take { asked: now, epoch };
        self.ask_for(r, Op::Take { version, epoch, renewed: clock }, waits);
    }

    fn begin(
        &mut self,
        r: usize,
        entries: &[Entry],
        version: u64,
        tracked: Vec<String>,
        generation: usize,
        request: Option<UserOperation>,
    ) {
        let stale = self.has(Bug::StaleJournal);
        let forgets = self.has(Bug::BudgetInMemory);
        let Some(plan) = self.servers.works.get(generation).map(|w| w.plan.clone()) else { return };
        let Some(me) = self.me(r) else { return };
        let identity = Identity {
            uid: format!("uid-{generation}"),
            revision: format!("app-v{}", generation + 1),
            ..Identity::default()
        };
        let policy = Policy { max_retries: 2, wait_cap: 4_000, ..Policy::default() };
        let known =
            if stale && entries.len() > 6 { entries.get(..entries.len() - 4).unwrap_or(entries) } else { entries };
        let run = if known.is_empty() {
            Ok(Run::start(plan, identity, policy, me.epoch))
        } else {
            let kept: Vec<Entry> =
                known.iter().filter(|e| !forgets || !matches!(e.fact, Fact::Retry { .. })).cloned().collect();
            Run::replay(plan, identity, policy, me.epoch, &kept, IndexMap::new())
        };
        let Ok(run) = run else { return self.give_up(r) };
        me.generation = generation;
        me.version = version;
        me.run = Some(run);
        me.tracked = tracked.into_iter().collect();
        me.inbox.push(Event::Tick);
        me.heard = None;
        me.request = request;
        me.rested_at = None;
        self.tell(|| format!("r{r} executes version {} from {} entries", generation + 1, entries.len()));
        // what came before has taken its time already
        let due = self.me(r).map_or(0, |me| me.open_until - ownership::HOLD + ownership::RENEW);
        let soon = (due - self.now()).max(1);
        self.renew_in(r, soon);
        if self.has(Bug::PruneTooEarly) {
            self.find_what_to_prune(r);
        }
    }

    /// Goes on with a run as far as it goes.
    pub(crate) fn drive(&mut self, r: usize) {
        for _ in 0..100_000 {
            let now = self.now();
            let (generation, request) = (self.servers.generation, self.servers.request.clone());
            let Some(me) = self.me(r) else { return };
            if !me.alive || me.stopped_until > now || me.waits.is_some() || me.renewing.is_some() {
                return;
            }
            let clock = me.clock(now);
            let Some(run) = me.run.as_mut() else { return };
            if let Some(deed) = me.deeds.pop_front() {
                self.write(r, deed);
                continue;
            }
            if let Some(key) = me.to_prune.pop_front() {
                self.prune(r, key);
                continue;
            }
            // a watch tells of requests and of a new version
            if me.generation != generation {
                let deeds = me.commit.flush();
                if !me.acts.is_empty() {
                    me.acts.clear();
                    me.abandoned_until = now + ownership::REQUEST;
                }
                if !deeds.is_empty() {
                    me.deeds.extend(deeds);
                } else if me.abandoned_until > now {
                    let at = me.abandoned_until;
                    return self.time(r, at);
                } else {
                    self.let_go(r);
                }
                continue;
            }
            if let Some(request) = request.or(me.request.take())
                && me.heard.as_ref() != Some(&request.id)
            {
                me.heard = Some(request.id.clone());
                me.inbox.push(Event::Operation(request));
            }
            if me.wake.is_some_and(|wake| wake <= clock) {
                me.wake = None;
                me.inbox.push(Event::Tick);
            }
            if !me.inbox.is_empty() {
                let events = std::mem::take(&mut me.inbox);
                let answered = std::mem::take(&mut me.answered);
                me.told.extend(answered);
                let requests = run.handle(Time(clock), events, &Script);
                let deeds = me.commit.take(now, requests);
                me.deeds.extend(deeds);
                self.spoil(r);
                continue;
            }
            let settled = run.settled();
            let over = matches!(settled, Settled::Finished(_) | Settled::Suspended(None));
            if over || me.commit.due().is_some_and(|due| due <= now) {
                let deeds = me.commit.flush();
                if !deeds.is_empty() {
                    me.deeds.extend(deeds);
                    self.spoil(r);
                    continue;
                }
                if over && me.abandoned_until > now {
                    // what was given up may still arrive: whoever comes next must not meet it
                    let at = me.abandoned_until;
                    return self.time(r, at);
                }
                if over {
                    self.conclude(r, settled);
                    if self.me(r).is_some_and(|me| !me.to_prune.is_empty() || !me.deeds.is_empty()) {
                        continue;
                    }
                    return;
                }
            }
            let timer = me.wake.map(|wake| now + (wake - clock).max(1));
            let due = me.commit.due();
            let next = [timer, due, Some(now + LOOK)].into_iter().flatten().min().unwrap_or(now + LOOK);
            return self.time(r, next.max(now + 1));
        }
        self.servers.violated("L-converge: a process turns in circles");
    }

    /// The run has settled: what is left to do, and then the lease goes.
    fn conclude(&mut self, r: usize, settled: Settled) {
        let now = self.now();
        if !self.has(Bug::NoFence) && !self.me(r).is_some_and(|me| me.may_act(now)) {
            // it slept past its lease as it came to its end: what comes after a run is somebody else's
            return self.give_up(r);
        }
        if let Settled::Finished(phase) = settled
            && phase == model::RunPhase::Succeeded
            && self.me(r).is_some_and(|me| me.generation > 0)
            && !self.servers.pruned
        {
            self.find_what_to_prune(r);
            if self.me(r).is_some_and(|me| !me.to_prune.is_empty()) {
                return;
            }
            self.servers.pruned = true;
        } else if matches!(settled, Settled::Finished(_)) {
            self.servers.pruned = true;
        }
        self.let_go(r);
    }

    fn let_go(&mut self, r: usize) {
        let version = self.me(r).map(|me| me.version);
        // nobody waits for the answer
        let _ = self.send(r, Op::Release);
        if let Some(me) = self.me(r) {
            me.drop_run();
            me.rested_at = version;
        }
        self.look_later(r, LOOK);
    }

    fn find_what_to_prune(&mut self, r: usize) {
        let generation = self.servers.generation;
        let mut old: Vec<String> =
            self.servers.tracked.iter().filter(|(_, g)| **g < generation).map(|(k, _)| k.clone()).collect();
        old.sort();
        if let Some(me) = self.me(r) {
            me.to_prune.extend(old);
        }
    }

    fn prune(&mut self, r: usize, key: String) {
        let force = self.has(Bug::PruneForeign);
        let (cluster, name) = key.split_once('/').unwrap_or(("c0", ""));
        let cluster = cluster.trim_start_matches('c').parse().unwrap_or(0);
        let op = Op::Delete { cluster, key: name.to_owned(), force };
        self.ask_for(r, op, Waits::Prune(key));
    }

    /// Puts in the mistakes that are about what is written and when.
    fn spoil(&mut self, r: usize) {
        let Some(bug) = self.options.bug else { return };
        let Some(me) = self.replicas.get_mut(r) else { return };
        let nothing = Fact::Own;
        for deed in &mut me.deeds {
            let Deed::WriteJournal(entries) = deed else { continue };
            for entry in entries {
                let lose = match (bug, &entry.fact) {
                    (Bug::BudgetInMemory, Fact::Retry { .. })
                    | (Bug::EffectDoneInMemory, Fact::Effect { .. })
                    | (Bug::SuspendInMemory, Fact::Suspend { .. }) => true,
                    (Bug::FinishedInMemory, Fact::Step { phase, .. }) => {
                        matches!(phase, model::StepPhase::Succeeded | model::StepPhase::Skipped)
                    }
                    _ => false,
                };
                if lose {
                    entry.fact = nothing.clone();
                }
            }
        }
        match bug {
            Bug::IntentAfterEffect => {
                let (acts, rest): (VecDeque<Deed>, VecDeque<Deed>) =
                    me.deeds.drain(..).partition(|d| matches!(d, Deed::RunAction(_)));
                me.deeds = acts.into_iter().chain(rest).collect();
            }
            Bug::StatusBeforeJournal => {
                let (first, rest): (VecDeque<Deed>, VecDeque<Deed>) =
                    me.deeds.drain(..).partition(|d| matches!(d, Deed::WriteStatus));
                me.deeds = first.into_iter().chain(rest).collect();
            }
            _ => {}
        }
    }

    /// Does one deed.
    fn write(&mut self, r: usize, deed: Deed) {
        let version = self.me(r).map_or(0, |me| me.version);
        match deed {
            Deed::WriteJournal(entries) => {
                if self.has(Bug::TakenBeforeJournal) && entries.iter().any(|e| matches!(e.fact, Fact::Operation { .. }))
                {
                    let ids = operations(&entries);
                    let _ = self.send(r, Op::Taken(ids));
                }
                if let Some(me) = self.me(r) {
                    let told = std::mem::take(&mut me.told);
                    me.telling.extend(told);
                }
                let version = if self.has(Bug::BlindAppend) { u64::MAX } else { version };
                let shared = Rc::new(entries.clone());
                self.ask_for(r, Op::Append { version, entries: shared }, Waits::Write(Deed::WriteJournal(entries)));
            }
            Deed::Acknowledge(ids) => {
                if !self.has(Bug::TakenBeforeJournal) {
                    self.ask_for(r, Op::Taken(ids.clone()), Waits::Taken(ids));
                }
            }
            Deed::StoreSecrets(_) => self.ask_for(r, Op::Secrets, Waits::Write(deed)),
            Deed::WriteOutputs => self.ask_for(r, Op::Context, Waits::Write(deed)),
            Deed::WriteStatus => {
                let loses_request = self.has(Bug::StatusOverwritesRequest);
                let status_version = self.me(r).map_or(0, |me| me.status_version);
                let Some(run) = self.me(r).and_then(|me| me.run.as_ref()) else { return };
                let state = run.state();
                let done: Vec<usize> = state.order.iter().copied().filter(|ix| state.is_finished(*ix)).collect();
                let op = Op::Status {
                    known: state.next_seq,
                    finished: state.ended.is_some(),
                    suspended: matches!(run.settled(), Settled::Suspended(None)),
                    done: Rc::new(done),
                    restarts: state.restarts,
                    loses_request,
                    version: status_version,
                };
                self.ask_for(r, op, Waits::Write(deed));
            }
            Deed::WakeAt(time) => {
                let lost_timer = self.has(Bug::LostTimer);
                if let Some(me) = self.me(r) {
                    me.wake = time.map(|t| t.0).filter(|_| !lost_timer || me.epoch < 2);
                }
            }
            Deed::Cancel(ids) => {
                let until = self.now() + ownership::REQUEST;
                if let Some(me) = self.me(r) {
                    for call in ids.iter().filter_map(|id| me.by_id.remove(id)) {
                        me.acts.remove(&call);
                        me.abandoned_until = until;
                    }
                }
            }
            // nothing is watched here: a step that waits looks again by itself
            Deed::Watch(_) | Deed::Debug(_) => {}
            Deed::RunAction(action) => self.act(r, action),
        }
    }
}

fn operations(entries: &[Entry]) -> Vec<String> {
    let ids = entries.iter().filter_map(|e| match &e.fact {
        Fact::Operation { id, .. } => Some(id.clone()),
        _ => None,
    });
    ids.collect()
}
