//! The builtin packages: one folder a package, one file a function (close kin may share one).
//!
//! A builtin is a pure function from data to data. What needs the evaluator itself (`len`, `close`, `and`, `or`,
//! `matchN`, comparators of `list.Sort`, `json.Validate`) is marked [`Run::Evaluator`] and lives with the evaluator.

use crate::data::Data;

/// Kinds that a parameter takes, as a bit set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(pub u16);

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// As documented: `elems`.
    pub name: &'static str,
    /// What it takes; another kind is an error that names both.
    pub kinds: Kinds,
    /// The value when left out, as CUE text (`*"unix"` of `path.Base` is `"unix"`).
    pub default: Option<&'static str>,
}

/// A failure of a builtin.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Permanent, with the text that follows `error in call to strings.Repeat: `.
    Error(String),
    /// More has to be known first.
    Incomplete(String),
}

/// How it runs.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// A pure function; the arguments are concrete, of the right kinds, and as many as there are parameters.
    Pure(fn(&[Data]) -> Result<Data, Fault>),
    /// Done by the evaluator, which knows it by package and name.
    Evaluator,
    /// A constant (`math.Pi`), as CUE text.
    Constant(&'static str),
}

/// One function or constant of a package.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// The import path: `encoding/json`.
    pub package: &'static str,
    /// The name: `Marshal`.
    pub name: &'static str,
    /// In order.
    pub params: &'static [Param],
    /// Returns a bool, so that a call with the first argument left out is a validator.
    pub validator: bool,
    /// How it runs.
    pub run: Run,
    /// What a user reads in `lateen cue help`, Markdown.
    pub doc: &'static str,
}
