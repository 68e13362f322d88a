//! Reaching into what an application runs: its pods, on whatever cluster they are.

pub(crate) mod forward;
pub(crate) mod logs;
mod pods;
