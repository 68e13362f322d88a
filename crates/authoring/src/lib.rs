//! What a platform engineer does with definitions: check them, test them, document them, compare and mend them.
//!
//! Definitions come in as text or as [`render::Loaded`], answers go out as values and [`cue_syntax::Diagnostic`]s. One
//! module a feature; the commands `lateen def …`, `show`, `explain`, `plan` and the language server print what they return.
//!
//! This crate must never know a file system, a cluster, a clock or a terminal: who calls it reads the files, watches them,
//! measures the time and prints. What a definition means is decided in `render` and `workflow`; nothing here has rules of
//! its own about that, so that a test of a definition tests what will run.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod compat;
pub mod convert;
mod data;
pub mod diff;
pub mod doc;
pub mod explain;
pub mod fix;
pub mod init;
pub mod lines;
pub mod lsp;
pub mod plan;
pub mod tell;
pub mod testing;
pub mod vet;
