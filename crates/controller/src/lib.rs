//! The tokio runtime of the pure core: runs an Application's workflow in the foreground of a command,
//! or those of a whole hub for as long as the process lives.
//!
//! It takes the run's lease, feeds events to the engine, performs its requests in order (the journal first), applies what
//! delivery decides and writes status. It must never decide: what runs next, what may be pruned, what a phase is called
//! belongs to `workflow` and `delivery`; how an object is rendered belongs to `render`. It must never build a client.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod catalogue;
pub mod clusters;
pub mod daemon;
pub mod deliver;
pub mod error;
pub mod follow;
pub mod hub;
pub mod lease;
pub mod packages;
pub mod perform;
pub mod prepare;
pub mod requester;
pub mod run;
pub mod runtime;
pub mod status;
pub mod subject;
mod together;
mod told;
pub mod webhook;

pub use catalogue::Catalogue;
pub use error::Error;
pub use hub::Hub;
pub use perform::is_cloud;
pub use run::{Finished, Runner, Serving};
