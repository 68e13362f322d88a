//! What a name means: a definition and its parameters, a field of a Kubernetes kind, a diagnostic's code.
//!
//! Everything here is read from what is there anyway: the comments and types of a definition's `parameter`, the schemas of
//! `k8s-schema`, and one Markdown file with a section a code ([`codes`]). Commands and the language server print it.

pub mod codes;
pub mod context;
pub mod example;
pub mod kinds;
pub mod parameters;
pub mod usage;

pub use parameters::{Arm, Parameter, Parameters};
pub use usage::Usage;
