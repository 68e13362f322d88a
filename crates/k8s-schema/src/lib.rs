//! What Kubernetes' own schemas say, offline: the built-in resources (names, scope, subresources), the fields of their
//! types, which lists are keyed and by what, what may be patched how, and whether a manifest fits its kind.
//!
//! Everything comes from Kubernetes v1.32.3, in two sorted text files that `examples/generate.rs` writes and the binary
//! carries as they are (100 kB together). What other versions have different stands in `data/v1.XX/`, in the same form, for
//! offline validation ([`Release`]). Nothing is decoded at start-up: a look-up is a binary search for a line, a
//! field is read from the line when it is asked for, and nothing is cached.
//!
//! Custom resources are held to the CustomResourceDefinitions that a user gives ([`CustomTypes`]).
//!
//! This crate must never know: a cluster, a file, the OAM kinds.
//!
//! # The files
//!
//! `data/resources.txt`, one resource a line, sorted:
//!
//! ```text
//! GROUP/VERSION KIND PLURAL SINGULAR SCOPE SHORT,NAMES CATEGORIES VERBS TYPE [SUBRESOURCE=GROUP/VERSION/KIND=VERBS ...]
//! ```
//!
//! (`core` stands for the empty group and `-` for an empty list.)
//!
//! `data/types.txt`, one type a line, sorted by name: `NAME[%] FIELD...` with each field
//! `name[!]:SHAPE[|enum|values][=default][%][~set|~map:key,key][^mergeKey][+patch,strategy][#number]`, where `!` is
//! required, `%` is a struct or map that is owned and replaced as a whole, and the number is protobuf's (`*` before it: zero
//! is not absent). Shapes are `s` string, `y` base64 bytes, `t` time,
//! `u` time with microseconds, `q` quantity, `x` integer or string, `i` int32, `l` int64, `n` number, `b` boolean,
//! `o` object of any fields, `a` any value, `@NAME` a type, `[..]` list and `{..}` map.

mod bundle;
mod custom;
mod nearest;
pub mod protobuf;
mod quantity;
mod release;
mod resource;
mod types;
mod validate;

pub use custom::CustomTypes;
pub use nearest::nearest;
pub use quantity::{billionths, is_quantity};
pub use release::Release;
pub use resource::{
    Resource, Subresource, resource, resource_by_plural, resource_by_word, resource_in, resources, resources_in,
    versions_of_group,
};
pub use types::{Element, Field, Fields, ListType, Shape, Type, type_of};
pub use validate::{MAX_DEPTH, Problem, ProblemKind, validate, validate_in};

/// The version of Kubernetes whose schemas these are, as `gitVersion` of `/version` writes it.
pub const KUBERNETES_VERSION: &str = "v1.32.3";
