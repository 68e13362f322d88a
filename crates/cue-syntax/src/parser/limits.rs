//! What bounds a parse, so that no input can exhaust the stack.

/// How many brackets (and interpolations) may be open at once.
pub(crate) const MAX_NESTING: usize = 500;
/// How high a syntax tree may be; brackets, chained labels, operators and postfix operators all count.
pub(crate) const MAX_HEIGHT: u32 = 1000;
/// How many problems of one source are reported.
pub(crate) const MAX_PROBLEMS: usize = 50;
/// From this many operands on, a run of one associative operator becomes a balanced tree.
pub(crate) const BALANCE_FROM: usize = 64;
