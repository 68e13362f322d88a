//! What goes into the core and what comes out of it.

use crate::debug::Seen;
use crate::evaluate::Payload;
use crate::journal::Entry;
use crate::time::Time;
use indexmap::IndexMap;
use model::action::Class;
use model::operation::UserOperation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names one performance of an action: the epoch of the owner and a count. An answer with an old one is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActionId(pub u64, pub u64);

/// Something that happened outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Nothing but the time has changed.
    Tick,
    /// An action is over.
    Action {
        /// Which performance.
        id: ActionId,
        /// How it went.
        outcome: Outcome,
    },
    /// A user asks for something.
    Operation(UserOperation),
    /// Everything that this waiting step has looked at is watched: it need not be looked at again so soon.
    Watched {
        /// The step.
        step: String,
    },
    /// An object that a waiting step may be interested in has changed: look again now. Absent: every waiting step.
    Changed {
        /// The step.
        step: Option<String>,
    },
}

/// How an action went.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Done; the value appears at `$returns` (or flat, in the legacy spelling).
    Done(Payload),
    /// Not there yet; the step waits, and the action runs again at its next visit.
    Wait {
        /// What it waits for.
        message: String,
    },
    /// It went wrong.
    Failed {
        /// What to do about it.
        class: FaultClass,
        /// For people.
        message: String,
    },
}

/// What an error asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultClass {
    /// Trying again will not help by itself; counted against the retry budget.
    Permanent,
    /// Somebody else was faster: read again, do again.
    Conflict,
    /// The network or the server; tried again under the step's timeout, uses no budget.
    Transient,
}

/// Something to do, in order: nothing may be done before the journal write that stands in front of it has succeeded.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Store values that came from secrets in the run's Secret, by variable name. Comes before the journal entry that names them.
    StoreSecrets(IndexMap<String, Value>),
    /// Append to the journal.
    WriteJournal(Vec<Entry>),
    /// The journal has these user operations: nobody needs to leave them any longer.
    Acknowledge(Vec<String>),
    /// Perform an action and answer with [`Event::Action`].
    RunAction(RunAction),
    /// Nobody wants to hear of these actions any more; give up what can be given up.
    Cancel(Vec<ActionId>),
    /// The variables have changed: write the context ConfigMap with [`crate::Run::outputs`]. Several may be written as one.
    OutputsChanged,
    /// The status has changed: write [`crate::Run::status`], after the journal. Several may be written as one.
    StatusChanged,
    /// The step waits: watch what its actions have looked at, and answer with [`Event::Watched`] if all of it is watched.
    Watch(String),
    /// Keep this for whoever looks for a mistake, when there is time for it. It waits for nothing, and nothing waits for it.
    Debug(Seen),
    /// Send [`Event::Tick`] at this time; replaces every earlier one. `None`: nothing waits for a time.
    WakeAt(Option<Time>),
}

/// An action to perform.
#[derive(Debug, Clone, PartialEq)]
pub struct RunAction {
    /// To be given back.
    pub id: ActionId,
    /// Name of the step.
    pub step: String,
    /// The step's id.
    pub step_id: String,
    /// Path of the action in the step's value.
    pub path: String,
    /// `#provider`
    pub provider: String,
    /// `#do`
    pub name: String,
    /// Its parameters.
    pub params: Payload,
    /// How it may be repeated.
    pub class: Class,
    /// For effects: send it as `Idempotency-Key`, put it on what is created.
    pub key: Option<String>,
    /// When the step's time is over, or that of its wait; give up then.
    pub deadline: Option<Time>,
}
