//! What the rest of Lateen sees of the language: compile a package once, evaluate it many times.
//!
//! ```text
//! files --compile--> Program --evaluate(Inputs, Limits)--> Evaluation --root/lookup/expression--> Value --data--> Data
//! ```
//!
//! A [`Program`] is immutable and cheap to clone; cache it by content. An [`Evaluation`] owns everything that evaluating
//! made and is freed whole. A [`Value`] borrows from its evaluation.

use crate::data::Data;
use cue_syntax::{Diagnostic, File, Source, Sources, ast, parse_file};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The files of one package with their sources, ready to be compiled.
#[derive(Debug, Clone, Default)]
pub struct Instance {
    /// The import path; hidden names of two packages with different paths differ. Empty for files named on a command line.
    pub path: String,
    /// The sources that the files' spans point into, for this package and everything in `imports`.
    pub sources: Sources,
    /// The parsed files, all of one package.
    pub files: Vec<File>,
    /// Packages that a loader has already found (those of a module), by import path without the qualifier. What is not here
    /// is looked up among the builtin packages, then with [`crate::World::package`].
    pub imports: FxHashMap<String, Vec<File>>,
    /// `language.version` of the module as (major, minor); `None` is the newest. Imported packages use it too.
    pub language: Option<(u32, u32)>,
}

impl Instance {
    /// An instance of one file.
    ///
    /// # Errors
    /// What is wrong with its syntax.
    pub fn of(source: Arc<Source>) -> Result<Instance, Vec<Diagnostic>> {
        let mut instance = Instance::default();
        instance.add(source)?;
        Ok(instance)
    }

    /// Reads one more file. Its source is added in any case, because the problems point into it.
    ///
    /// # Errors
    /// What is wrong with its syntax; the file is not added then.
    pub fn add(&mut self, source: Arc<Source>) -> Result<(), Vec<Diagnostic>> {
        let id = self.sources.add(source.clone());
        let parsed = parse_file(&source, id);
        if !parsed.diagnostics.is_empty() {
            return Err(parsed.diagnostics);
        }
        self.files.extend(parsed.tree);
        Ok(())
    }
}

/// One step of a path to a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Selector {
    /// A regular field by its text: `a`, `a-b`.
    Field(SmolStr),
    /// A definition (`#D`) or a hidden field (`_h`, `_#D`) of the program's own package, as written.
    Ident(SmolStr),
    /// An element of a list.
    Index(usize),
}

impl Selector {
    /// `#D` and `_h` become [`Selector::Ident`], everything else a field.
    pub fn new(text: &str) -> Selector {
        if text.starts_with('#') || text.starts_with('_') {
            Selector::Ident(text.into())
        } else {
            Selector::Field(text.into())
        }
    }

    /// The steps of a dotted path without quotes: `spec.containers.0` (a number is an index).
    pub fn path(dotted: &str) -> Vec<Selector> {
        let step = |s: &str| s.parse().map_or_else(|_| Selector::new(s), Selector::Index);
        dotted.split('.').filter(|s| !s.is_empty()).map(step).collect()
    }
}

/// What an evaluation is given beside the program: data unified at paths.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// `(path, data)`: the data become part of the program's value as if they were written there (`parameter`, `context`).
    /// Leaves with [`crate::DataValue::Unknown`] are results that are not known yet.
    pub data: Vec<(Vec<Selector>, Data)>,
    /// `(path, data)`: results of actions (`$returns`), known or [`crate::DataValue::Unknown`]; the same mechanism, kept
    /// apart so that a caller can replace them between evaluations.
    pub results: Vec<(Vec<Selector>, Data)>,
}

/// How much an evaluation may use. Running out is a diagnostic at the expression that took most. Steps and memory grow with
/// what is read (sources and inputs): a large program may do more than a small one.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Steps: expressions evaluated, conjuncts split, values compared, values put out.
    pub steps: u64,
    /// Steps more for each byte that is read.
    pub steps_per_byte: u64,
    /// Bytes of values, scopes, texts and data made, as estimated from their numbers.
    pub memory: u64,
    /// Bytes more for each byte that is read.
    pub memory_per_byte: u64,
    /// Nodes made.
    pub nodes: u32,
    /// Values inside values.
    pub depth: u32,
    /// Set it from another thread to stop.
    pub cancel: Option<Arc<AtomicBool>>,
    /// Takes down which guards are passed.
    pub coverage: Option<Arc<crate::Coverage>>,
}

impl Limits {
    /// For what is installed by the people who run the process, such as definitions: some seconds and a gibibyte at worst.
    #[must_use]
    pub fn trusted() -> Limits {
        Limits { steps: 20_000_000, nodes: 2_000_000, memory: 1 << 30, ..Limits::generous() }
    }

    /// For a person who evaluates files of their own and waits for the result: four hundred times the steps and more than a
    /// hundred times the memory of the default, which is meant for what others send.
    #[must_use]
    pub fn generous() -> Limits {
        Limits {
            steps: 200_000_000,
            steps_per_byte: 500,
            memory: 4 << 30,
            memory_per_byte: 4 << 10,
            ..Limits::default()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            steps: 500_000,
            steps_per_byte: 50,
            memory: 28 << 20,
            memory_per_byte: 1 << 10,
            nodes: 20_000_000,
            depth: 1_500,
            cancel: None,
            coverage: None,
        }
    }
}

/// What an evaluation has used of its [`Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Steps.
    pub steps: u64,
    /// Bytes, as estimated.
    pub memory: u64,
    /// Nodes.
    pub nodes: u32,
}

/// Why a value cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// More has to be known first.
    Incomplete,
    /// It will not become right by adding to it.
    Error,
}

/// What a value must satisfy to become [`Data`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Completeness {
    /// Everything concrete (`cue export`).
    #[default]
    Concrete,
    /// What is incomplete is left out, and reported with [`Value::incomplete`]; errors still fail.
    Partial,
}

/// How a value becomes [`Data`].
#[derive(Debug, Clone, Copy, Default)]
pub struct DataOptions {
    /// What is required of it.
    pub completeness: Completeness,
    /// Record [`crate::Origin`] on every node (needed for comments such as `+patchKey=name`, and for diagnostics).
    pub origins: bool,
}

/// Which fields [`Value::fields`] yields beside the regular ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct FieldOptions {
    /// `a?:` and `a!:` that nothing has made regular.
    pub optional: bool,
    /// `_h`.
    pub hidden: bool,
    /// `#D`.
    pub definitions: bool,
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArcType {
    /// `a:`
    Regular,
    /// `a!:`, not yet given.
    Required,
    /// `a?:`, not given.
    Optional,
}

/// Kinds as a bit set; the bits are those of [`crate::builtin::Kinds`].
pub use crate::builtin::Kinds;

/// The result of compiling.
pub type Compiled = Result<super::Program, Vec<Diagnostic>>;

/// One field of a struct, in output order.
#[derive(Debug, Clone)]
pub struct FieldView<'e> {
    /// The label as text: `a-b`, `#D`, `_h`.
    pub label: SmolStr,
    /// Regular, required or optional.
    pub arc: ArcType,
    /// Its value.
    pub value: super::Value<'e>,
}

/// A look at a value as a schema, for printing and for documentation of parameters.
#[derive(Debug, Clone)]
pub enum View<'e> {
    /// An error, also an incomplete one that is nothing but an error.
    Bottom(ErrorClass, Vec<Diagnostic>),
    /// A concrete scalar.
    Scalar(Data),
    /// A result that is not known yet.
    Unknown(u32),
    /// A conjunction of types, bounds and validators; empty is `_`.
    Constraint(Vec<Constraint<'e>>),
    /// Alternatives with their default marks.
    Disjunction(Vec<(super::Value<'e>, bool)>),
    /// See [`super::Value::fields`]; `open` when written `...`; pattern constraints beside it.
    Struct {
        /// Fields beyond those written are allowed although the struct stems from a definition.
        open: bool,
        /// `[pattern]: value`.
        patterns: Vec<(super::Value<'e>, super::Value<'e>)>,
    },
    /// See [`super::Value::items`].
    List {
        /// The type of further elements, when the list is open.
        rest: Option<super::Value<'e>>,
    },
    /// An expression that cannot be evaluated yet, as it was written.
    Unresolved(ast::Expr),
}

/// A part of a [`View::Constraint`].
#[derive(Debug, Clone)]
pub enum Constraint<'e> {
    /// `string`, `int`, `number`, …
    Type(Kinds),
    /// `<5`, `=~"x"`.
    Bound(ast::UnaryOp, super::Value<'e>),
    /// `strings.MinRunes(3)`: package, name, arguments.
    Call(SmolStr, SmolStr, Vec<super::Value<'e>>),
}
