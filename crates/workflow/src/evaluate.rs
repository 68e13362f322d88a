//! What the run asks of the language: which action is next, whether a condition holds, what comes out.
//!
//! The run owns order, memory and time; an implementation of [`Steps`] owns templates. [`crate::step::Templates`] is the
//! one that evaluates CUE; tests bring their own.

use crate::debug::Shown;
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::action::Action;
use model::{Step, StepStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A value with whether a secret went into it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// The value.
    pub value: Value,
    /// Must not be shown, logged or stored outside a Secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Payload { value, secret: false }
    }
}

/// Everything that a step's template may read beside its own text.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The step.
    pub step: &'a Step,
    /// Its properties with the inputs put in.
    pub parameter: &'a Payload,
    /// CUE's `context`, the step's own keys included.
    pub context: &'a Map<String, Value>,
    /// Inputs by the name after `from`; values that never came are `null`.
    pub inputs: &'a IndexMap<String, Payload>,
}

/// Results of the actions of this visit, by path.
pub type Results = IndexMap<String, Payload>;

/// An action that is next.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Where it stands in the step's value: `apply`, `l[0]`, `s.x`.
    pub path: String,
    /// Which one.
    pub action: &'static Action,
    /// What it is given.
    pub params: Payload,
}

/// What a step wants to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Perform this action; then ask again with its result.
    Act(Call),
    /// An action that only computes; this is its result.
    Computed {
        /// Where it stands.
        path: String,
        /// What it returns.
        result: Payload,
    },
    /// Nothing can be done until something outside has changed.
    Wait {
        /// What it waits for.
        message: String,
    },
    /// Every action has run.
    Done,
}

/// A step's outputs by name; `None`: the value never came.
pub type Outputs = IndexMap<String, Option<Payload>>;

/// Evaluates templates, conditions and outputs. Pure: the same arguments give the same answer.
pub trait Steps {
    /// The first action of the step that has no result yet.
    ///
    /// # Errors
    /// The template, the parameters or a result do not fit; trying again will not help.
    fn next(&self, scope: Scope<'_>, results: &Results) -> Result<Next, Diagnostic>;

    /// The step's outputs, as far as its value goes; also asked of steps that failed.
    ///
    /// # Errors
    /// An expression is wrong.
    fn outputs(&self, scope: Scope<'_>, results: &Results) -> Result<Outputs, Diagnostic>;

    /// Whether an `if` holds. `status` has the steps that have one, by name.
    ///
    /// # Errors
    /// The expression is wrong, or no boolean. A reference to a value that never came is `false`, not an error.
    fn condition(&self, scope: Scope<'_>, status: &IndexMap<&str, &StepStatus>) -> Result<bool, Diagnostic>;

    /// The step's value as far as it goes, for people.
    fn value(&self, scope: Scope<'_>, results: &Results) -> Shown {
        Shown::given(scope, results)
    }
}
