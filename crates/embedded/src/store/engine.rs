//! The collections, their history and their indices: what is true now, and what changed recently.
//!
//! Reads take a shared lock for the time of a lookup. Writes are serialised: compare with what is there, take the next
//! resource version, append to the journal, then publish. A reader therefore never sees what a crash could take back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use rustc_hash::FxHashMap;
use serde_json::Value;
use smol_str::SmolStr;
use tokio::sync::watch;

use super::disk::Disk;
use super::stored::{Key, Stored};
use crate::object;

/// The largest object that etcd takes with its defaults: what fits here fits on a real cluster.
const OBJECT_MAX: usize = 3 << 19;
/// Less than what serde_json reads: what is stored can be read again.
const DEPTH: usize = 120;
/// How many changes watchers may lag behind before they must list again, at least and in bytes at most.
const HISTORY_MIN: usize = 512;
const HISTORY_MAX: usize = 20_000;
const HISTORY_BYTES: usize = 8 << 20;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It came to be.
    Added,
    /// It was changed.
    Modified,
    /// It is gone; the change carries its last state.
    Deleted,
}

/// One change. `object` of a deletion is the last state, with the version of the deletion.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) kind: ChangeKind,
    pub(crate) object: Arc<Stored>,
    pub(crate) previous: Option<Arc<Stored>>,
}

/// What a write expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    Absent,
    Version(u64),
}

/// Why a write did not happen.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Something else is there than was expected.
    Changed,
    /// The object is larger than etcd would take; carries its size.
    TooLarge(usize),
    /// The object is nested deeper than JSON is read.
    TooDeep,
    /// The journal could not be written.
    Disk(std::io::Error),
    /// The cluster was closed.
    Closed,
}

type Names = BTreeMap<(SmolStr, SmolStr), Arc<Stored>>;

#[derive(Debug, Default)]
struct State {
    version: u64,
    /// Changes up to and including this version are forgotten.
    floor: u64,
    tables: FxHashMap<Arc<str>, Names>,
    dependents: FxHashMap<SmolStr, BTreeSet<Key>>,
    uids: FxHashMap<SmolStr, Key>,
    history: VecDeque<Arc<Change>>,
    history_bytes: usize,
    bytes: usize,
}

impl State {
    fn insert(&mut self, stored: &Arc<Stored>) -> Option<Arc<Stored>> {
        let key = &stored.key;
        let table = self.tables.entry(Arc::clone(&key.resource)).or_default();
        let previous = table.insert((key.namespace.clone(), key.name.clone()), Arc::clone(stored));
        if let Some(previous) = &previous {
            self.unindex(previous);
        }
        self.bytes += stored.bytes.len();
        self.uids.insert(stored.uid.clone(), key.clone());
        for owner in &stored.owners {
            self.dependents.entry(owner.clone()).or_default().insert(key.clone());
        }
        previous
    }

    fn remove(&mut self, key: &Key) -> Option<Arc<Stored>> {
        let table = self.tables.get_mut(&key.resource)?;
        let previous = table.remove(&(key.namespace.clone(), key.name.clone()))?;
        self.unindex(&previous);
        Some(previous)
    }

    fn unindex(&mut self, stored: &Stored) {
        self.bytes = self.bytes.saturating_sub(stored.bytes.len());
        self.uids.remove(&stored.uid);
        for owner in &stored.owners {
            if let Some(set) = self.dependents.get_mut(owner) {
                set.remove(&stored.key);
                if set.is_empty() {
                    self.dependents.remove(owner);
                }
            }
        }
    }

    fn record(&mut self, change: Arc<Change>) {
        self.version = change.version;
        self.history_bytes += change.object.bytes.len();
        self.history.push_back(change);
        while self.history.len() > HISTORY_MAX
            || (self.history.len() > HISTORY_MIN && self.history_bytes > HISTORY_BYTES)
        {
            let Some(old) = self.history.pop_front() else { break };
            self.history_bytes = self.history_bytes.saturating_sub(old.object.bytes.len());
            self.floor = old.version;
        }
    }
}

/// The store below the API: it knows keys, versions and bytes, nothing of Kubernetes' rules.
#[derive(Debug)]
pub(crate) struct Engine {
    state: RwLock<State>,
    writer: Mutex<Option<Disk>>,
    in_memory: bool,
    closed: std::sync::atomic::AtomicBool,
    notify: watch::Sender<u64>,
}

impl Engine {
    /// `disk` is `None` for a store that forgets everything when it is dropped.
    pub(crate) fn new(disk: Option<Disk>, objects: Vec<Stored>, version: u64) -> Self {
        let mut state = State { version, floor: version, ..State::default() };
        for stored in objects {
            state.insert(&Arc::new(stored));
        }
        Engine {
            state: RwLock::new(state),
            in_memory: disk.is_none(),
            writer: Mutex::new(disk),
            closed: false.into(),
            notify: watch::Sender::new(version),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_writer(&self) -> MutexGuard<'_, Option<Disk>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The version of the last change.
    pub(crate) fn version(&self) -> u64 {
        self.read().version
    }

    /// Wakes at every change, with its version.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.notify.subscribe()
    }

    pub(crate) fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Stored>> {
        self.read().tables.get(resource)?.get(&(namespace.into(), name.into())).cloned()
    }

    /// Objects of a resource in key order, starting after `after`, with the version at which this is the truth.
    /// `namespace` `None` means all of them.
    pub(crate) fn list(
        &self,
        resource: &str,
        namespace: Option<&str>,
        after: Option<(&str, &str)>,
    ) -> (Vec<Arc<Stored>>, u64) {
        let state = self.read();
        let Some(table) = state.tables.get(resource) else { return (Vec::new(), state.version) };
        let low = match (after, namespace) {
            (Some((ns, name)), _) => Bound::Excluded((ns.into(), name.into())),
            (None, Some(ns)) => Bound::Included((ns.into(), SmolStr::default())),
            (None, None) => Bound::Unbounded,
        };
        let items = table
            .range((low, Bound::Unbounded))
            .take_while(|((ns, _), _)| namespace.is_none_or(|wanted| ns == wanted))
            .map(|(_, stored)| Arc::clone(stored))
            .collect();
        (items, state.version)
    }

    /// Every object of every resource, in no particular order.
    pub(crate) fn everything(&self) -> (Vec<Arc<Stored>>, u64) {
        let state = self.read();
        (state.tables.values().flat_map(|t| t.values().cloned()).collect(), state.version)
    }

    /// Changes after `version`, or `Err(floor)` when history does not reach back so far.
    pub(crate) fn changes_after(&self, version: u64) -> Result<(Vec<Arc<Change>>, u64), u64> {
        let state = self.read();
        if version < state.floor {
            return Err(state.floor);
        }
        let start = state.history.partition_point(|change| change.version <= version);
        Ok((state.history.range(start..).cloned().collect(), state.version))
    }

    pub(crate) fn dependents(&self, uid: &str) -> Vec<Key> {
        self.read().dependents.get(uid).map(|set| set.iter().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn by_uid(&self, uid: &str) -> Option<Key> {
        self.read().uids.get(uid).cloned()
    }

    /// Bytes of all objects, as stored.
    pub(crate) fn bytes(&self) -> usize {
        self.read().bytes
    }

    /// Writes `value` under `key` if `expect` holds; sets its `metadata.resourceVersion`.
    pub(crate) fn put(&self, key: Key, expect: Expect, mut value: Value) -> Result<Arc<Stored>, Refused> {
        let mut writer = self.lock_writer();
        let version = self.admit(&key, expect)?;
        object::set(&mut value, &["metadata", "resourceVersion"], version.to_string());
        if object::is_deeper_than(&value, DEPTH) {
            return Err(Refused::TooDeep);
        }
        let stored = Arc::new(Stored::new(key, version, value));
        if stored.bytes.len() > OBJECT_MAX {
            return Err(Refused::TooLarge(stored.bytes.len()));
        }
        if let Some(disk) = writer.as_mut() {
            disk.put(&stored).map_err(Refused::Disk)?;
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let previous = state.insert(&stored);
        let kind = if previous.is_some() { ChangeKind::Modified } else { ChangeKind::Added };
        state.record(Arc::new(Change { version, kind, object: Arc::clone(&stored), previous }));
        drop(state);
        self.notify.send_replace(version);
        drop(writer);
        Ok(stored)
    }

    /// Removes `key` if it still has `version`. Returns the last state with the version of the deletion.
    pub(crate) fn remove(&self, key: &Key, expected: u64) -> Result<Arc<Stored>, Refused> {
        let mut writer = self.lock_writer();
        let version = self.admit(key, Expect::Version(expected))?;
        let Some(last) = self.get(&key.resource, &key.namespace, &key.name) else { return Err(Refused::Changed) };
        let mut value = last.value();
        object::set(&mut value, &["metadata", "resourceVersion"], version.to_string());
        if let Some(disk) = writer.as_mut() {
            disk.remove(key, version).map_err(Refused::Disk)?;
        }
        let object = Arc::new(Stored::new(key.clone(), version, value));
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let previous = state.remove(key);
        state.record(Arc::new(Change { version, kind: ChangeKind::Deleted, object: Arc::clone(&object), previous }));
        drop(state);
        self.notify.send_replace(version);
        drop(writer);
        Ok(object)
    }

    /// Checks the expectation and gives the version that the write will have. The writer's lock is held.
    fn admit(&self, key: &Key, expect: Expect) -> Result<u64, Refused> {
        if self.closed.load(std::sync::atomic::Ordering::Acquire) {
            return Err(Refused::Closed);
        }
        let state = self.read();
        let current = state
            .tables
            .get(&key.resource)
            .and_then(|table| table.get(&(key.namespace.clone(), key.name.clone())))
            .map(|stored| stored.version);
        let holds = match expect {
            Expect::Absent => current.is_none(),
            Expect::Version(version) => current == Some(version),
        };
        if holds { Ok(state.version + 1) } else { Err(Refused::Changed) }
    }

    /// Refuses all further writes and brings the database file up to date. Safe to call twice.
    pub(crate) fn close(&self) {
        self.closed.store(true, std::sync::atomic::Ordering::Release);
        let disk = self.lock_writer().take();
        drop(disk);
        // Wake the watchers, so that they notice.
        self.notify.send_modify(|_| {});
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(std::sync::atomic::Ordering::Acquire)
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.in_memory
    }
}
