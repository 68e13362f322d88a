//! Simulated controllers: what makes workloads of an embedded cluster become ready though nothing runs.
//!
//! Every kind is a pure function `settle(object, scene) -> Settled`: it looks at one object, at the others of the cluster
//! and at the time, and says which writes bring the cluster to what a control plane with a kubelet would show by now, and
//! when to look again. Nothing else is remembered, so a cluster that was closed for a week catches up when it is opened.
//! [`driver`] is the only part that touches a store or a clock.
//!
//! Semantics are those of kube-controller-manager 1.32 with a kubelet whose containers start at once and jobs succeed;
//! [`rehearsal`] lists the annotations by which a user rehearses trouble. What the simulation creates carries
//! `lateen.dev/simulated: "true"`.
//!
//! One kind is one file. To add one: write its `settle`, name it in [`registry`].

pub mod answer;
pub mod cloud;
mod condition;
mod cronjob;
mod custom;
mod daemonset;
mod deployment;
pub mod driver;
mod event;
mod fingerprint;
pub mod flux;
mod hpa;
mod ingress;
mod job;
pub mod kind;
mod namespace;
mod node;
mod object;
pub mod ocm;
mod pod;
mod pod_status;
mod pvc;
pub mod registry;
pub mod rehearsal;
mod replicaset;
mod scene;
mod service;
mod statefulset;
mod upstream;
mod view;

#[cfg(test)]
mod stage;

pub use kind::Kind;
pub use scene::{Scene, Settled, Timing, Write};
pub use view::View;

use crate::Store;
use std::sync::Arc;

/// Simulates a store's cluster until it is closed or dropped. Must be called within a tokio runtime.
pub(crate) fn start(store: &Store, timing: Timing) {
    tokio::spawn(driver::run(Arc::new(upstream::Weakly::new(store)), timing));
}
