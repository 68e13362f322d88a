//! Definition, parameters and context to objects: a pure function.
//!
//! Given an Application, definitions, policies, a context and live state as data, this crate says which objects go where
//! ([`Renderer`]), what runs there says of itself ([`health`]), and what is wrong in the words of the person who can mend it.
//! Offline `render`, `plan` and the running engine call the same function, so that what is shown is what is applied.
//!
//! It must never know how an object is sent, when a step runs, or what a file system is: the built-in definitions and the
//! packages that definitions import are texts inside the binary ([`builtin`]), everything else is handed in.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod application;
mod applies;
pub mod builtin;
pub mod component;
mod conflicts;
mod conform;
pub mod context;
pub mod definition;
pub mod documents;
mod each;
mod error;
mod given;
pub mod health;
pub mod object;
pub mod output;
mod outputs;
mod overlap;
pub mod patch;
pub mod placement;
pub mod plan;
pub mod policy;
mod renderer;
mod schema;
mod step;
mod template;
mod tree;

pub use application::{AppInput, AppView, ComponentInput, TraitInput};
pub use component::{Live, RenderedComponent, RenderedObject, Stage};
pub use context::{ClusterVersion, RenderContext};
pub use definition::{DefinitionSource, Layers, Loaded, Provenance};
pub use documents::Documents;
pub use health::{Health, TraitHealth};
pub use object::Origin;
pub use placement::{Cluster, Clusters, Placement};
pub use renderer::{Rendered, RenderedPart, Renderer};
pub use step::Applied;
