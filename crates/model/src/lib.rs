//! The API types of Lateen and KubeVela: what a user writes, what the hub stores, and the table of all actions.
//!
//! Types here are what the files and the hub's objects look like, no more: they read as tolerantly as KubeVela reads
//! (absent and `null` lists are empty, unknown fields are kept or ignored) and write what KubeVela's tools can read
//! back. Free-form parts (`properties`) are [`serde_json::Value`], whose objects are sorted by key: a Kubernetes API
//! server stores them so, and a file must render the same whether it came from a disk or from a hub.
//!
//! This crate must never know how anything is rendered, decided or sent: no evaluator calls (it reads YAML with `cue`, nothing more), no client, no clock.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod action;
pub mod application;
pub mod cluster;
pub mod component;
pub mod crd;
pub mod definition;
pub mod environment;
pub mod fields;
pub mod generate;
pub mod journal;
pub mod labels;
pub mod manifest;
pub mod meta;
pub mod operation;
pub mod phase;
pub mod revision;
pub mod status;
pub mod tracker;
pub mod workflow;

mod lenient;

pub use application::{Application, ApplicationSpec, WorkflowRef};
pub use component::{AppPolicy, Component, Policy, Trait};
pub use definition::{Definition, DefinitionKind};
pub use environment::{Environment, Project, Target};
pub use meta::{ObjectMeta, ObjectReference, OwnerReference};
pub use phase::{AppPhase, Mode, RunPhase, StepPhase, StepReason};
pub use revision::ApplicationRevision;
pub use status::{ApplicationStatus, AppliedResource, Condition, ServiceStatus, StepStatus, WorkflowStatus};
pub use tracker::{ManagedResource, ResourceTracker, TrackerType};
pub use workflow::{ExecutionMode, ForEach, Input, Output, Retry, Step, WORKFLOW_RUN, Workflow, WorkflowRun};

/// Group and version of most kinds.
pub const CORE_V1BETA1: &str = "core.oam.dev/v1beta1";
/// Group and version of the reusable Policy and Workflow, and of WorkflowRun.
pub const CORE_V1ALPHA1: &str = "core.oam.dev/v1alpha1";
/// Group and version of our own kinds.
pub const LATEEN_V1ALPHA1: &str = "lateen.dev/v1alpha1";
/// The namespace in which shared definitions, cluster Secrets and addons live.
pub const SYSTEM_NAMESPACE: &str = "vela-system";
