//! The CUE language: compile, evaluate, export, and the builtin packages.
//!
//! This crate is a CUE implementation for its own sake. It knows nothing of Kubernetes, of Applications, of files, of
//! clocks or of the network: what it needs of the outside enters through [`World`]. What leaves an evaluation is
//! [`Data`], owned and ordered, or a list of diagnostics. User input never panics; every evaluation has a budget.

pub mod builtin;
pub mod data;
pub mod number;
pub mod world;

pub use data::{Data, DataValue, Fields, Labels, Origin};
pub use world::World;
