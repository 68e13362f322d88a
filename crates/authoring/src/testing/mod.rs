//! `lateen def test`: cases beside a definition, and what became of them.
//!
//! ```text
//! NAME_test.yaml --Suite::read--> Suite --Runner::new--> Runner --run(case)--> Verdict --> Report
//! ```
//!
//! A case is run by the functions that deliver for real: `render` for components, traits and policies, the state machine of
//! `workflow` for steps, with the case's own answers in place of the actions' handlers. The form of a case is described in
//! `docs/def-test.md`.

mod assertion;
mod compare;
mod coverage;
mod given;
mod objects;
mod observe;
mod read;
mod report;
mod run;
mod snapshot;
mod step;
mod unset;

pub use compare::differences;
pub use coverage::{FileCoverage, Missed};
use objects::compare_objects;
pub use observe::Observed;
pub use report::{Report, SuiteReport};
pub use run::{Runner, Verdict};
pub use snapshot::Snapshots;
pub use unset::unset;

use cue::{Data, Fields, Origin};
use cue_syntax::Source;
use std::sync::Arc;

/// A file of cases.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The file.
    pub source: Arc<Source>,
    /// The definition's file, where the suite names one (`definition:`), relative to its own.
    pub definition: Option<String>,
    /// In order.
    pub cases: Vec<Case>,
}

/// A case: what goes in, and what has to come out.
#[derive(Debug, Clone)]
pub struct Case {
    /// Unique in its file.
    pub name: String,
    /// Where it stands.
    pub origin: Option<Arc<Origin>>,
    /// What goes in.
    pub input: Input,
    /// What has to come out.
    pub expect: Expect,
}

/// What goes into a case.
#[derive(Debug, Clone)]
pub struct Input {
    /// The properties that a user writes; an empty struct where the case has none.
    pub parameter: Data,
    /// What differs from the usual context.
    pub context: Fields,
    /// For a trait: the object that it is put on.
    pub workload: Option<Data>,
    /// For a trait: the other objects of that component, by name.
    pub workload_outputs: Option<Data>,
    /// For a trait or a policy: the component (`type`, `properties`, `traits`) instead of a bare workload.
    pub component: Option<Data>,
    /// A whole Application (or its `spec`) instead of one component.
    pub application: Option<Data>,
    /// The clusters that there are: `name`, `labels`.
    pub clusters: Option<Data>,
    /// What runs: `output` and `outputs`, laid over what was rendered.
    pub observed: Option<Data>,
    /// For a step: fields of the step beside `type` and `properties` (`if`, `timeout`, `outputs`).
    pub step: Option<Data>,
    /// For a step: what its actions bring.
    pub actions: Vec<Answer>,
    /// For a step: how much time may pass, in milliseconds.
    pub time: i64,
    /// Properties that the definition does not name are accepted.
    pub allow_unknown: bool,
}

/// What an action brings, in a case of a step.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The action's place in the step's value: `apply`, `l[0]`.
    pub path: Option<String>,
    /// `provider.name`: `kube.apply`.
    pub action: Option<String>,
    /// What it brings.
    pub result: AnswerResult,
}

/// How an action goes.
#[derive(Debug, Clone)]
pub enum AnswerResult {
    /// `returns:`
    Returns(Data),
    /// `waits:` with what it waits for.
    Waits(String),
    /// `fails:` with the message.
    Fails(String),
}

/// What has to come out.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// The parameters with what the definition adds to them.
    pub parameter: Option<Data>,
    /// The workload.
    pub output: Option<Data>,
    /// Other objects by name.
    pub outputs: Option<Data>,
    /// Objects of a whole Application, with where they go.
    pub objects: Option<Data>,
    /// Objects are compared whole, and no other objects may come out.
    pub exact: bool,
    /// Conditions, or a text that the result has to satisfy.
    pub assertions: Vec<Assertion>,
    /// Health.
    pub healthy: Option<Data>,
    /// The status message; for a step, the step's.
    pub message: Option<Data>,
    /// Details of the health, by name.
    pub details: Option<Data>,
    /// For a step: its phase.
    pub phase: Option<Data>,
    /// For a step: the actions that were asked for, in order.
    pub calls: Option<Data>,
    /// For a step: what its `outputs` gave, by name.
    pub values: Option<Data>,
    /// Problems that have to be among those told.
    pub error: Option<Wanted>,
    /// All problems that have to be told, and no other.
    pub errors: Option<Vec<Wanted>>,
    /// Warnings that have to be among those told.
    pub warnings: Vec<Wanted>,
    /// The whole result is compared with the one that was kept.
    pub snapshot: bool,
}

/// A condition on the result.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// CUE.
    pub text: String,
    /// A boolean expression, else a text that is unified with the result.
    pub is_condition: bool,
    /// Where it stands.
    pub origin: Option<Arc<Origin>>,
}

/// A problem that is expected. What is absent is not looked at.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Stands in the message, in the help or in the code.
    pub contains: Option<String>,
    /// The code, whole.
    pub code: Option<String>,
    /// The property, whole or from below `properties`.
    pub path: Option<String>,
    /// Stands in the help.
    pub help: Option<String>,
    /// Where it stands.
    pub origin: Option<Arc<Origin>>,
}
