//! Clusters by name: which one is the hub, how the others are joined, with what credentials they are reached, how they
//! fare, and which of them a placement means.
//!
//! Enter at [`Fleet`]. Every `kube::Client` of the program is built here, with kube's own retries off and a [`Lane`] in
//! front: a limit of requests in flight, a deadline, and a breaker that turns a dead cluster into an immediate error.
//! A cluster is stored on the hub as KubeVela stores it, a Secret in `vela-system`, so each sees what the other joined.
//!
//! This crate must never know: what is delivered to a cluster, definitions, workflows, the command line's output.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod api;
mod breaker;
mod certificate;
mod client;
mod cluster;
mod credential;
mod error;
mod exec_trust;
mod fleet;
mod health;
mod home;
mod hub;
mod impersonate;
mod join;
mod kubeconfig;
mod lane;
mod local;
mod namespace;
mod ocm;
mod outgoing;
mod placement;
mod proxy;
mod record;
mod serve;
mod usage;

pub use breaker::BreakerState;
pub use cluster::Cluster;
pub use credential::Credential;
pub use error::{Error, ErrorKind};
pub use fleet::Fleet;
pub use health::Health;
pub use home::Home;
pub use hub::{HubChoice, HubSource};
pub use impersonate::Identity;
pub use join::JoinOptions;
pub use kubeconfig::{KubeconfigSource, Target};
pub use lane::{Lane, LaneHealth, LaneLimits, VERBS};
pub use local::CreateOptions;
pub use ocm::Unreached;
pub use placement::{Placement, Topology};
pub use record::ClusterInfo;
pub use serve::Serving;
pub use usage::Usage;
