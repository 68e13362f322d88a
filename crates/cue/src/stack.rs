//! Room for nesting: values in values become calls in calls.
//!
//! Nesting is bounded by [`crate::Limits::depth`], not by the stack of the thread that happens to call us. What is shallow,
//! nearly everything, runs on the caller's stack and costs a comparison; where little of it is left, the work goes on in a
//! segment of its own.

/// What must be left on the stack where a recursion goes one level down.
const LEFT: usize = 1 << 20;

/// What must be left where compiling or evaluating begins.
const FRESH: usize = 4 << 20;

/// Begins something that recurses.
pub(crate) fn deep<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(FRESH, 4 * FRESH, f)
}

/// Goes a level down.
#[inline]
pub(crate) fn down<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(LEFT, 16 * LEFT, f)
}
