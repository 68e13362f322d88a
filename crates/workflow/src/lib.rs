//! The workflow engine's pure core: graph, run state machine, journal.
//!
//! ```text
//! steps --Plan::new--> Plan            names, edges and cycles are checked before anything runs
//! Run::start / Run::replay --> Run     a run is the fold of its journal
//! run.handle(now, events, steps) --> requests      journal, actions, status, wake-up; no clock, no I/O
//! ```
//!
//! A [`Run`] has two parts. What is *durable* ([`state::State`]) changes only by applying a [`journal::Fact`], so that
//! replaying the journal gives the state by construction. What is *volatile* (the visit of a step that is under way, its
//! observations, its backoff) is lost in a crash, on purpose: reading and converging may be repeated, and an effect's
//! intent is a fact before its request is made.
//!
//! The requests of one [`Run::handle`] are to be performed in order, each journal write before what follows it. Time
//! enters with the events, evaluation through [`evaluate::Steps`].
//!
//! This crate must never know a client, a clock, a file or a thread.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod application;
pub mod approval;
pub mod commit;
pub mod debug;
pub mod deploy;
pub mod evaluate;
pub mod event;
mod hide;
pub mod ident;
pub mod journal;
pub mod ownership;
pub mod plan;
pub mod replay;
pub mod retry;
pub mod run;
pub mod simulate;
pub mod state;
pub mod status;
pub mod step;
pub mod time;

pub use evaluate::{Call, Next, Payload, Scope, Steps};
pub use event::{ActionId, Event, FaultClass, Outcome, Request, RunAction};
pub use journal::{Entry, Fact};
pub use plan::Plan;
pub use run::{Identity, Policy, Run, Settled};
pub use time::Time;
