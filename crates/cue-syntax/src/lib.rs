//! CUE source text to a syntax tree with positions and comments, and back to formatted text.
//!
//! This crate knows the grammar and nothing else: no names are resolved, nothing is evaluated, no file is read and no
//! cluster exists. Its entry points take text and return a tree together with all the problems found, because broken
//! input is normal. It never panics on input and its recursion is bounded.

// The generated parser names it, because pest is used without its `std` feature.
extern crate alloc;

pub mod ast;
pub mod diag;
pub mod fix;
mod format;
mod parser;
mod rare;
pub mod span;

pub use ast::File;
pub use diag::{Diagnostic, Label, Severity};
pub use format::{format, format_file, print_expr, print_file};
pub use parser::{parse_expr, parse_file, parse_file_by_grammar};
pub use span::{Source, SourceId, Sources, Span};

/// A tree and the problems found on the way; the tree holds what could be read.
#[derive(Debug, Clone)]
pub struct Parsed<T> {
    /// The tree. `None` only when nothing at all could be read.
    pub tree: Option<T>,
    /// In order of position; empty for well-formed input.
    pub diagnostics: Vec<Diagnostic>,
}

/// Runs a step of a recursion whose depth is bounded (1000 levels of a tree) with enough stack for it, so that small
/// stacks (threads of 2 MiB, unoptimised builds) are no reason for a lower bound.
pub fn with_stack<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(128 * 1024, 1024 * 1024, step)
}
