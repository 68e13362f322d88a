//! A Kubernetes API in this process: a store, the REST server on top of it, and simulated controllers.
//!
//! [`Cluster`] is one embedded cluster. Its [`Cluster::client`] is an ordinary `kube::Client` that speaks HTTP to the
//! server through an in-process pipe, so that callers cannot tell it from a real cluster's; [`Cluster::store`] is the
//! same API without HTTP. Semantics are those of kube-apiserver 1.32, with simulation labelled as such.
//!
//! [`simulate`] makes workloads become ready though nothing runs; [`owner`] lets several processes share a cluster.
//!
//! What a client of kube-apiserver may miss: admission and conversion webhooks, CEL rules (`x-kubernetes-validations`),
//! quotas and limit ranges, users and their rights (whoever reaches a cluster may do everything), aggregated APIs,
//! answers in protobuf, OpenAPI v2 definitions and descriptions of built-in fields.
//!
//! This crate must never know: Lateen's own kinds (an Application is a custom resource like any other), what a cluster is
//! used for, the command line, or any clock but [`Clock`].
#![cfg_attr(
    test,
    allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")
)]

mod apply;
mod builtin;
mod catalog;
mod clock;
mod cluster;
mod crd;
mod discovery;
mod error;
mod object;
mod openapi;
pub mod owner;
mod patch;
mod registry;
mod rest;
mod schema;
pub mod simulate;
mod store;
mod table;

pub use self::catalog::Gvr;
pub use self::clock::{Clock, SystemClock, TestClock};
pub use self::cluster::{Cluster, Options, ServeError, Server};
pub use self::error::{ApiError, Cause, OpenError};
pub use self::rest::{Body, PodHandler, PodRequest, PodSubresource};
pub use self::store::{
    ChangeKind, DeleteOptions, Deleted, Event, FieldValidation, List, Patch, Propagation, Selector, Store, Subresource,
    Watch, WriteOptions, Written, from_label_selector,
};
