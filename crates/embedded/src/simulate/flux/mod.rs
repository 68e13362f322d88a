//! Flux's Helm half, simulated: sources become ready, releases become a Deployment and a Service that show the chart's values.

pub(super) mod chart;
pub mod crds;
pub(super) mod release;
pub(super) mod source;

pub use crds::crds;
