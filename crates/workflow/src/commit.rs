//! What was decided, made durable in groups: one write for many facts, one status for many changes.
//!
//! A journal entry must stand before an effect is sent, before a status tells of it, and before the run is left. Reading
//! and converging need not wait for it: after a crash they are done again. So facts are kept for a moment, and written
//! together when there are many of them, when the moment is over, or when something must not go without them.
//!
//! Whoever drives a [`crate::Run`] does the [`Deed`]s in order, and does not go on before a write has succeeded.

use crate::debug::Seen;
use crate::event::{ActionId, Request, RunAction};
use crate::journal::Entry;
use crate::time::Time;
use indexmap::IndexMap;
use model::action::Class;
use serde_json::Value;

/// So many facts are written at once at the latest.
const ENTRIES: usize = 64;
/// So long a fact may wait, in milliseconds.
pub const MOMENT: i64 = 200;

/// Something to do, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Store values in the run's Secret.
    StoreSecrets(IndexMap<String, Value>),
    /// Append to the journal.
    WriteJournal(Vec<Entry>),
    /// The journal and the status have these user operations; not to be done when the status could not be written.
    Acknowledge(Vec<String>),
    /// Start an action.
    RunAction(RunAction),
    /// Stop actions that were started.
    Cancel(Vec<ActionId>),
    /// Watch what this step, which waits, has looked at.
    Watch(String),
    /// Write [`crate::Run::outputs`].
    WriteOutputs,
    /// Write [`crate::Run::status`].
    WriteStatus,
    /// Keep this for whoever looks for a mistake, beside everything else.
    Debug(Seen),
    /// Tick then; replaces every earlier one.
    WakeAt(Option<Time>),
}

/// What is decided and not yet written.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    entries: Vec<Entry>,
    acknowledged: Vec<String>,
    outputs: bool,
    status: bool,
    since: Option<i64>,
}

impl Commit {
    /// Takes requests; answers what is to be done now. `clock` counts milliseconds and never jumps.
    pub fn take(&mut self, clock: i64, requests: Vec<Request>) -> Vec<Deed> {
        let mut deeds = Vec::new();
        for request in requests {
            match request {
                Request::StoreSecrets(values) => deeds.push(Deed::StoreSecrets(values)),
                Request::WriteJournal(entries) => {
                    self.entries.extend(entries);
                    self.touch(clock);
                }
                Request::Acknowledge(ids) => {
                    // whoever asked waits for it, and what follows must not be done by a run that does not know of it
                    self.journal(&mut deeds);
                    self.acknowledged.extend(ids);
                    self.since = Some(clock.saturating_sub(MOMENT));
                }
                Request::RunAction(action) => {
                    if action.class == Class::Effect {
                        self.journal(&mut deeds);
                    }
                    deeds.push(Deed::RunAction(action));
                }
                Request::Cancel(ids) => deeds.push(Deed::Cancel(ids)),
                Request::Watch(step) => deeds.push(Deed::Watch(step)),
                Request::OutputsChanged => {
                    self.outputs = true;
                    self.touch(clock);
                }
                Request::StatusChanged => {
                    self.status = true;
                    self.touch(clock);
                }
                Request::Debug(seen) => deeds.push(Deed::Debug(seen)),
                Request::WakeAt(time) => deeds.push(Deed::WakeAt(time)),
            }
        }
        deeds
    }

    fn touch(&mut self, clock: i64) {
        self.since.get_or_insert(clock);
    }

    /// When it has to be written, on the clock that [`Commit::take`] was given; `None`: there is nothing.
    pub fn due(&self) -> Option<i64> {
        match self.since {
            Some(since) if self.entries.len() >= ENTRIES => Some(since),
            since => since.map(|since| since.saturating_add(MOMENT)),
        }
    }

    /// Everything that is left: the journal, then what tells of it.
    pub fn flush(&mut self) -> Vec<Deed> {
        let mut deeds = Vec::new();
        self.since = None;
        self.journal(&mut deeds);
        if std::mem::take(&mut self.outputs) {
            deeds.push(Deed::WriteOutputs);
        }
        if std::mem::take(&mut self.status) {
            deeds.push(Deed::WriteStatus);
        }
        // last: a run that was over and goes on again must look like it before the request for that goes away
        if !self.acknowledged.is_empty() {
            deeds.push(Deed::Acknowledge(std::mem::take(&mut self.acknowledged)));
        }
        deeds
    }

    fn journal(&mut self, deeds: &mut Vec<Deed>) {
        if !self.entries.is_empty() {
            deeds.push(Deed::WriteJournal(std::mem::take(&mut self.entries)));
        }
    }
}
