//! What a delivery should do, as decisions: which objects to record, apply, leave alone, hand over and delete, in which
//! order, and why; which revision an Application is at; what its status says.
//!
//! Everything here is a function from what was read to what should be done. This crate must never apply anything: it knows
//! no client, no clock and no file. The order of its decisions is what keeps a delivery safe:
//!
//! 1. [`inventory`]: an object is recorded in a tracker before it is created anywhere;
//! 2. [`admit`]: an object that belongs to somebody else is never touched;
//! 3. [`prune`]: what a *completed* newer run provably dropped may go, storage never by default;
//! 4. [`prune::teardown`]: deletion in reverse order of recording, finished only when verified.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod admit;
pub mod drift;
pub mod inventory;
pub mod path;
pub mod prune;
pub mod revision;
pub mod rules;
pub mod status;

pub use admit::{Admission, admit};
pub use inventory::Inventory;
pub use revision::Revision;
pub use rules::Rules;
