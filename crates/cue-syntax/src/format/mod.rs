//! Canonical text: `format` for a source, with its comments and line breaks kept; `print` for a tree of any origin.
//!
//! As `cue fmt` (v0.17) does, the formatter keeps where the author broke lines and left an empty line, and decides all
//! the rest: indentation, spaces, commas, columns of values and of comments.

mod gap;
mod layout;
mod literal;
mod operators;
mod printer;
mod tree;

use crate::ast::{Expr, File};
use crate::span::SourceId;
use crate::{Diagnostic, Source, parse_file};
use printer::{Original, Printer};
use std::sync::Arc;

/// Formats a file. Formatting the result again changes nothing.
///
/// # Errors
/// The problems of a source that cannot be parsed; it is never formatted in part.
pub fn format(source: &Arc<Source>) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse_file(source, SourceId(0));
    match parsed.tree {
        Some(file) if parsed.diagnostics.is_empty() => Ok(format_file(source, &file)),
        _ => Err(parsed.diagnostics),
    }
}

/// Formats a tree that was read from `source`.
pub fn format_file(source: &Source, file: &File) -> String {
    let mut p = Printer::new(Some(Original { text: &source.text, comments: &file.comments }));
    p.file(file);
    let text = p.finish();
    // A file of nothing is one empty line, as `cue fmt` has it.
    if text.is_empty() { "\n".to_owned() } else { text }
}

/// Prints a file that was made by a program: spans and the file's comments are not looked at, doc comments are printed.
pub fn print_file(file: &File) -> String {
    let mut p = Printer::new(None);
    p.file(file);
    p.finish()
}

/// Prints an expression that was made by a program, without a new line at its end. Parts below the first line are
/// indented by `indent` tabs.
pub fn print_expr(expr: &Expr, indent: usize) -> String {
    let mut p = Printer::new(None);
    p.indent = indent;
    p.expr(expr);
    let text = p.finish();
    let text = text.strip_suffix('\n').unwrap_or(&text);
    text.trim_start_matches('\t').to_owned()
}
