//! Delivery performed: objects recorded, checked for their owner, applied, watched, pruned.

mod delivery;
pub mod drift;
mod keep;
mod keeper;
mod remove;

pub(crate) use delivery::mistakes;
pub use delivery::{Delivery, Manner, Target, Visit, Waits};
pub use keep::{Found, Looked};
pub use keeper::Keeper;
pub use remove::{Removed, remove};
