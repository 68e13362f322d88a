//! Handlers of the actions that steps request: they do what the engine decided, on any cluster, and report what came.
//!
//! This is the only crate that may send mail or speak HTTP to the world. It must never decide whether an action should
//! run, in which order, or how often: that is the engine's. It must never build a client: that is fleet's.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod call;
pub mod chat;
pub mod command;
pub mod config;
pub mod egress;
pub mod external;
pub mod fault;
pub mod http;
pub mod kube;
pub mod mail;
pub mod metrics;
pub mod object;
pub mod outside;
pub mod query;
#[cfg(test)]
mod testing;

pub use call::{Call, Clusters, Dispatch, Manifest};
pub use command::Commands;
pub use egress::Egress;
pub use fault::{Fault, FaultClass};
pub use object::{Filter, ObjectRef, Objects, PatchType, Written};
pub use outside::Outside;
