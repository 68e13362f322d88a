//! Delivery performed: objects recorded, checked for their owner, applied, watched, pruned.

mod delivery;
mod keeper;
mod remove;

pub(crate) use delivery::mistakes;
pub use delivery::{Delivery, Manner, Target, Visit, Waits};
pub use keeper::Keeper;
pub use remove::{Removed, remove};
