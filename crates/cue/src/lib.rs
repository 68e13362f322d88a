//! The CUE language: compile, evaluate, export, and the builtin packages.
//!
//! This crate is a CUE implementation for its own sake. It knows nothing of Kubernetes, of Applications, of files, of
//! clocks or of the network: what it needs of the outside enters through [`World`]. What leaves an evaluation is
//! [`Data`], owned and ordered, or a list of diagnostics. User input never panics; every evaluation has a budget.

pub mod api;
pub mod builtin;
mod compile;
mod coverage;
pub mod csv;
pub mod data;
pub mod define;
mod eval;
pub mod export;
mod ir;
pub mod json;
pub mod jsonschema;
pub mod load;
pub mod number;
pub mod openapi;
mod operands;
mod program;
pub mod regexp;
mod stack;
pub mod toml;
pub mod trim;
pub mod world;
pub mod yaml;

pub use api::{
    ArcType, Completeness, Constraint, DataOptions, ErrorClass, FieldOptions, FieldView, Inputs, Instance, Limits,
    Selector, Usage, View,
};
pub use coverage::Coverage;
pub use data::{Data, DataValue, Fields, Labels, Origin, Unknown};
pub use program::{Evaluation, Parts, Program, Value, compile};
pub use world::World;

/// The text of a label at the struct, in a schema or in data, in which something has to be given.
pub const EXPECTED_HERE: &str = "expected in here";
