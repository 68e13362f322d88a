//! `regexp`: RE2 patterns. A pattern that is none is an error of the call.

mod find;
mod replace;
mod submatch;

use super::{Args, Fault, Package};
use crate::regexp::Regexp;

pub(super) const PACKAGE: Package =
    Package { path: "regexp", functions: &[find::ALL, replace::ALL, submatch::ALL], cue: None };

/// The pattern in the first argument.
fn pattern(args: Args<'_>) -> Result<Regexp, Fault> {
    Regexp::new(args.string(0)?).map_err(|e| Fault::Error(e.to_string()))
}

/// What all `Find` functions say when there is nothing.
fn no_match<T>() -> Result<T, Fault> {
    Fault::error("no match")
}
