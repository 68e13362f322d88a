//! `strconv`: numbers and booleans to text and back, and Go's string literals.

mod float;
mod format;
mod integer;
mod parse;
mod quote;
mod unquote;

use super::Package;

pub(super) const PACKAGE: Package = Package {
    path: "strconv",
    functions: &[float::ALL, format::ALL, integer::ALL, parse::ALL, quote::ALL, unquote::ALL],
    cue: None,
};

/// What all parsing functions say of a text that they cannot read.
fn invalid<T>(function: &str, text: &str, why: &str) -> Result<T, super::Fault> {
    super::Fault::error(format!(
        "strconv.{function}: parsing {}: {why}",
        quote::quoted(text, '"', quote::Keep::Printable)
    ))
}

/// Text as a Go string literal.
pub(super) fn quoted(text: &str) -> String {
    quote::quoted(text, '"', quote::Keep::Printable)
}
