//! Delivery performed: objects recorded, checked for their owner, applied, watched, pruned.

mod keeper;
mod remove;

pub use keeper::Keeper;
pub use remove::{Removed, remove};
