//! The part of the simulation that acts: it follows a store's changes and a clock, and performs what controllers ask for.
//!
//! It sleeps until something changes or is due, so an idle cluster costs nothing. Writes carry the version that was read;
//! one that conflicts is computed anew from what is there now. A controller whose writes change nothing (because the
//! server turns them back) is slowed down instead of spinning.

use super::{
    fingerprint,
    kind::Kind,
    object::Json,
    registry,
    scene::{Scene, Timing, Write, after, time},
    view::{Key, View},
};
use futures::{StreamExt, future::BoxFuture, stream};
use jiff::{SignedDuration, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// One change of an object.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its kind.
    pub kind: Kind,
    /// Its state; of a deleted one the last.
    pub object: Value,
    /// Whether it is gone.
    pub deleted: bool,
}

/// What happened since a version.
#[derive(Debug)]
pub enum Feed {
    /// These changes, up to this version.
    Changes(Vec<Change>, u64),
    /// Too much: list again.
    Lost,
    /// The store is closed.
    Closed,
}

/// Why a write did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else was faster.
    Conflict,
    /// It exists already.
    Exists,
    /// It is gone, or its namespace is.
    Gone,
    /// Anything else, in words.
    Other(String),
}

/// The cluster that is simulated, as the driver needs it.
pub trait Upstream: Send + Sync + 'static {
    /// The time of the cluster's clock.
    fn now(&self) -> Timestamp;
    /// Waits on the cluster's clock.
    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()>;
    /// All objects of [`registry::KINDS`] and the version at which they are the truth.
    fn list(&self) -> (Vec<(Kind, Value)>, u64);
    /// Waits for changes after a version.
    fn changes(&self, since: u64) -> BoxFuture<'_, Feed>;
    /// Creates an object.
    fn create(&self, kind: Kind, object: Value) -> BoxFuture<'_, Result<Value, Refusal>>;
    /// Replaces everything but the status.
    fn update(&self, kind: Kind, object: Value) -> BoxFuture<'_, Result<Value, Refusal>>;
    /// Replaces the status.
    fn update_status(&self, kind: Kind, object: Value) -> BoxFuture<'_, Result<Value, Refusal>>;
    /// Deletes an object of this uid, without grace.
    fn delete<'a>(
        &'a self,
        kind: Kind,
        namespace: &'a str,
        name: &'a str,
        uid: &'a str,
    ) -> BoxFuture<'a, Result<(), Refusal>>;
    /// Deletes what a namespace contains. `true` when it is empty and the namespace finished.
    fn empty<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, Result<bool, Refusal>>;
}

/// How many objects are written side by side.
const SIDE_BY_SIDE: usize = 64;
/// How often a controller may ask for the same again before it is slowed down.
const PATIENCE: u32 = 3;
/// The longest pause after a write that was refused: a disk that was full has room again, and what was gone is there again,
/// without any change that would be seen here.
const REFUSED: SignedDuration = SignedDuration::from_secs(5);
/// How often it may write at all within [`WINDOW`].
const MOST_WRITES: u32 = 500;
/// The time in which writes are counted, and the pause when they were too many.
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// Simulates until the store is closed.
pub async fn run(upstream: Arc<dyn Upstream>, timing: Timing) {
    let mut driver = Driver {
        upstream,
        timing,
        view: View::default(),
        queue: VecDeque::new(),
        queued: FxHashSet::default(),
        timers: BTreeMap::new(),
        due: FxHashMap::default(),
        repeats: FxHashMap::default(),
        version: 0,
    };
    driver.found().await;
    driver.list();
    while driver.turn().await {}
}

struct Driver {
    upstream: Arc<dyn Upstream>,
    timing: Timing,
    view: View,
    queue: VecDeque<Key>,
    queued: FxHashSet<Key>,
    timers: BTreeMap<Timestamp, FxHashSet<Key>>,
    due: FxHashMap<Key, Timestamp>,
    repeats: FxHashMap<Key, Repeat>,
    version: u64,
}

/// The last writes that an object's controller asked for.
#[derive(Clone, Copy)]
struct Repeat {
    /// Their fingerprint.
    print: u64,
    /// How often in a row.
    times: u32,
    /// Not again before.
    hold: Timestamp,
    /// Writes of any content since `since`.
    count: u32,
    since: Timestamp,
}

/// What became of the writes of one object.
struct Outcome {
    key: Key,
    written: Vec<(Kind, Value)>,
    deleted: Vec<Key>,
    /// Look again although nothing changed.
    retry: bool,
}

impl Driver {
    async fn found(&self) {
        for object in registry::founding() {
            let Some(kind) = registry::kind(object.text("/apiVersion"), object.text("/kind")) else { continue };
            if let Err(Refusal::Other(why)) = self.upstream.create(kind, object).await {
                tracing::warn!(kind = kind.kind, why, "cannot make what every simulated cluster has");
            }
        }
    }

    fn list(&mut self) {
        let (objects, version) = self.upstream.list();
        let now = self.upstream.now();
        let mut view = View::default();
        std::mem::swap(&mut view, &mut self.view);
        for (kind, object) in objects {
            if let Some(object) = registry::kept(kind, object) {
                // What was there before is as old as it can be: what has come of it must not be taken back because this
                // process sees it for the first time.
                let seen = view.seen(object.uid()).or_else(|| time(object.text("/metadata/creationTimestamp")));
                self.view.insert(kind, Arc::new(object), seen.unwrap_or(now));
            }
        }
        self.version = version;
        for key in self.view.keys().cloned().collect::<Vec<_>>() {
            self.enqueue(key);
        }
        for key in view.keys().filter(|key| self.view.get(key).is_none()) {
            if let Some(gone) = view.get(key) {
                for other in registry::concerned(key.kind, Some(gone), None, &self.view) {
                    if self.queued.insert(other.clone()) {
                        self.queue.push_back(other);
                    }
                }
            }
        }
    }

    /// One turn: take in what happened, do what is due, or sleep. `false` when the store is closed.
    async fn turn(&mut self) -> bool {
        self.collect_due();
        if self.queue.is_empty() {
            let upstream = Arc::clone(&self.upstream);
            let next = self.timers.keys().next().copied();
            let timer = async {
                match next {
                    Some(moment) => upstream.sleep_until(moment).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                feed = upstream.changes(self.version) => return self.take_in(feed),
                () = timer => return true,
            }
        }
        let batch: Vec<Key> = std::mem::take(&mut self.queue).into();
        self.queued.clear();
        let now = self.upstream.now();
        let mut work = Vec::new();
        for key in batch {
            let Some(object) = self.view.get(&key).cloned() else {
                self.repeats.remove(&key);
                continue;
            };
            let settled = registry::settle(key.kind, &object, &Scene { view: &self.view, now, timing: &self.timing });
            self.set_timer(&key, settled.again);
            if settled.writes.is_empty() {
                if let Some(repeat) = self.repeats.get_mut(&key) {
                    repeat.times = 0;
                }
            } else if self.may_write(&key, &settled.writes, now) {
                work.push((key, settled.writes));
            }
        }
        let upstream = &self.upstream;
        let outcomes: Vec<Outcome> = stream::iter(work)
            .map(|(key, writes)| perform(upstream.as_ref(), key, writes))
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        for outcome in outcomes {
            self.learn(outcome, now);
        }
        // What others did meanwhile comes in before the next turn decides anything.
        match futures::FutureExt::now_or_never(self.upstream.changes(self.version)) {
            Some(feed) => self.take_in(feed),
            None => true,
        }
    }

    fn collect_due(&mut self) {
        let now = self.upstream.now();
        while let Some(entry) = self.timers.first_entry() {
            if *entry.key() > now {
                break;
            }
            for key in entry.remove() {
                self.due.remove(&key);
                self.enqueue(key);
            }
        }
    }

    fn enqueue(&mut self, key: Key) {
        if self.queued.insert(key.clone()) {
            self.queue.push_back(key);
        }
    }

    fn set_timer(&mut self, key: &Key, again: Option<Timestamp>) {
        if let Some(old) = self.due.remove(key)
            && let Some(keys) = self.timers.get_mut(&old)
        {
            keys.remove(key);
            if keys.is_empty() {
                self.timers.remove(&old);
            }
        }
        if let Some(moment) = again {
            self.due.insert(key.clone(), moment);
            self.timers.entry(moment).or_default().insert(key.clone());
        }
    }

    /// Whether these writes may be tried, or are the same as before and have to wait.
    fn may_write(&mut self, key: &Key, writes: &[Write], now: Timestamp) -> bool {
        let print = print_of(writes);
        let mut repeat =
            self.repeats.get(key).copied().unwrap_or(Repeat { print, times: 0, hold: now, count: 0, since: now });
        if repeat.print != print {
            repeat =
                Repeat { print, times: 0, hold: if repeat.count < MOST_WRITES { now } else { repeat.hold }, ..repeat };
        }
        if now >= after(repeat.since, WINDOW) {
            repeat = Repeat { count: 0, since: now, ..repeat };
        }
        if repeat.hold > now {
            self.set_timer(key, Some(repeat.hold));
            return false;
        }
        repeat.times = repeat.times.saturating_add(1);
        if repeat.times > PATIENCE {
            let doublings = repeat.times - PATIENCE;
            // Whether a namespace is empty is not announced, so it is asked more often.
            let most = if matches!(writes, [.., Write::Empty { .. }]) { 4 } else { 11 };
            let pause = SignedDuration::from_millis(100).saturating_mul(1 << doublings.min(most));
            repeat.hold = after(now, pause);
        }
        repeat.count = repeat.count.saturating_add(1);
        if repeat.count == MOST_WRITES {
            repeat.hold = after(now, WINDOW);
        }
        if repeat.times == PATIENCE + 2 || repeat.count == MOST_WRITES {
            tracing::warn!(
                kind = key.kind.kind,
                namespace = key.namespace,
                name = key.name,
                "the same change is asked for again and again"
            );
        }
        self.repeats.insert(key.clone(), repeat);
        true
    }

    fn learn(&mut self, outcome: Outcome, now: Timestamp) {
        for (kind, object) in outcome.written {
            self.see(kind, object, false, now);
        }
        for key in outcome.deleted {
            if let Some(gone) = self.view.remove(&key) {
                self.spread(key.kind, Some(&gone), None);
            }
        }
        if outcome.retry {
            let latest = after(now, REFUSED);
            if let Some(repeat) = self.repeats.get_mut(&outcome.key).filter(|repeat| repeat.count < MOST_WRITES) {
                repeat.hold = repeat.hold.min(latest);
            }
            let moment = after(now, SignedDuration::from_millis(20));
            let moment = self.due.get(&outcome.key).map_or(moment, |known| moment.min(*known));
            self.set_timer(&outcome.key, Some(moment));
        }
    }

    fn take_in(&mut self, feed: Feed) -> bool {
        match feed {
            Feed::Closed => false,
            Feed::Lost => {
                self.list();
                true
            }
            Feed::Changes(changes, version) => {
                let now = self.upstream.now();
                self.version = version;
                for change in changes {
                    self.see(change.kind, change.object, change.deleted, now);
                }
                true
            }
        }
    }

    fn see(&mut self, kind: Kind, object: Value, deleted: bool, now: Timestamp) {
        let Some(object) = registry::kept(kind, object) else { return };
        let key = Key::of(kind, &object);
        if deleted {
            // A successor of the same name may have been seen already.
            if self.view.get(&key).is_some_and(|known| known.uid() == object.uid()) {
                let gone = self.view.remove(&key);
                self.set_timer(&key, None);
                self.spread(kind, gone.as_deref(), None);
            }
            return;
        }
        let object = Arc::new(object);
        let before = self.view.insert(kind, Arc::clone(&object), now);
        if before
            .as_ref()
            .is_some_and(|before| before.text("/metadata/resourceVersion") == object.text("/metadata/resourceVersion"))
        {
            return;
        }
        self.enqueue(key);
        self.spread(kind, before.as_deref(), Some(&object));
    }

    fn spread(&mut self, kind: Kind, before: Option<&Value>, after: Option<&Value>) {
        for key in registry::concerned(kind, before, after, &self.view) {
            self.enqueue(key);
        }
    }
}

/// Fields that differ each time the same is asked for.
const PASSING: [&str; 9] = [
    "resourceVersion",
    "managedFields",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastProbeTime",
    "firstTimestamp",
    "lastTimestamp",
    "startTime",
    "completionTime",
];

/// A fingerprint of what is asked for, whatever version it is based on and whenever.
fn print_of(writes: &[Write]) -> u64 {
    let print = |write: &Write| match write {
        Write::Create(object) | Write::Update(object) | Write::Status(object) => {
            fingerprint::of_object(object, &PASSING)
        }
        Write::Delete { kind, namespace, name, uid } => fingerprint::hash(&[kind.kind, namespace, name, uid]),
        Write::Empty { namespace } => fingerprint::hash(&[namespace]),
    };
    writes.iter().fold(0, |state, write| u64::rotate_left(state, 5) ^ print(write))
}

/// Performs the writes of one object, in order, until one does not go through.
async fn perform(upstream: &dyn Upstream, key: Key, writes: Vec<Write>) -> Outcome {
    let mut outcome = Outcome { key, written: Vec::new(), deleted: Vec::new(), retry: false };
    for write in writes {
        let refused = match write {
            Write::Create(object) => write_one(upstream, &mut outcome, object, Verb::Create).await,
            Write::Update(object) => write_one(upstream, &mut outcome, object, Verb::Update).await,
            Write::Status(object) => write_one(upstream, &mut outcome, object, Verb::Status).await,
            Write::Delete { kind, namespace, name, uid } => {
                let result = upstream.delete(kind, &namespace, &name, &uid).await;
                result.map(|()| drop((namespace, name))).err()
            }
            Write::Empty { namespace } => match upstream.empty(&namespace).await {
                Ok(done) => {
                    outcome.retry |= !done;
                    None
                }
                Err(refusal) => Some(refusal),
            },
        };
        match refused {
            None | Some(Refusal::Exists) => {}
            // What is gone is told by a change, and then nothing is asked for any more.
            Some(Refusal::Gone) => outcome.retry = true,
            Some(Refusal::Conflict) => {
                outcome.retry = true;
                break;
            }
            Some(Refusal::Other(why)) => {
                tracing::warn!(
                    kind = outcome.key.kind.kind,
                    namespace = outcome.key.namespace,
                    name = outcome.key.name,
                    why,
                    "a simulated change was refused"
                );
                outcome.retry = true;
                break;
            }
        }
    }
    outcome
}

#[derive(Clone, Copy)]
enum Verb {
    Create,
    Update,
    Status,
}

async fn write_one(upstream: &dyn Upstream, outcome: &mut Outcome, mut object: Value, verb: Verb) -> Option<Refusal> {
    let kind = registry::kind(object.text("/apiVersion"), object.text("/kind"))?;
    // An earlier write of this turn gave the object a newer version.
    if let Some((_, newer)) =
        outcome.written.iter().rev().find(|(_, written)| !written.uid().is_empty() && written.uid() == object.uid())
        && let Some(version) = newer.pointer("/metadata/resourceVersion").cloned()
    {
        super::object::put(&mut object, &["metadata", "resourceVersion"], version);
    }
    let result = match verb {
        Verb::Create => upstream.create(kind, object).await,
        Verb::Update => upstream.update(kind, object).await,
        Verb::Status => upstream.update_status(kind, object).await,
    };
    match result {
        Ok(written) => {
            outcome.written.push((kind, written));
            None
        }
        Err(refusal) => Some(refusal),
    }
}

#[cfg(test)]
mod tests;
