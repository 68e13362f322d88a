//! Looking for text in text. Positions are offsets in bytes, -1 when there is none.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "strings";
    /// `Compare(a, b)` is -1, 0 or 1: whether `a` stands before, with or after `b`, compared byte by byte.
    pure Compare(a: STRING, b: STRING) = |a: Args<'_>| Ok::<_, Fault>(a.string(0)?.cmp(a.string(1)?) as i64);
    /// `Contains(s, substr)` says whether `substr` is in `s`.
    bool Contains(s: STRING, substr: STRING) = |a: Args<'_>| Ok::<_, Fault>(a.string(0)?.contains(a.string(1)?));
    /// `ContainsAny(s, chars)` says whether any of the characters of `chars` is in `s`.
    bool ContainsAny(s: STRING, chars: STRING) = |a: Args<'_>| Ok::<_, Fault>(a.string(0)?.contains(set(a)?));
    /// `Count(s, substr)` is how often `substr` is in `s` without overlap; for an empty `substr` the characters and one.
    pure Count(s: STRING, substr: STRING) = count;
    /// `HasPrefix(s, prefix)` says whether `s` begins with `prefix`.
    bool HasPrefix(s: STRING, prefix: STRING) = |a: Args<'_>| Ok::<_, Fault>(a.string(0)?.starts_with(a.string(1)?));
    /// `HasSuffix(s, suffix)` says whether `s` ends with `suffix`.
    bool HasSuffix(s: STRING, suffix: STRING) = |a: Args<'_>| Ok::<_, Fault>(a.string(0)?.ends_with(a.string(1)?));
    /// `Index(s, substr)` is where `substr` first stands in `s`.
    pure Index(s: STRING, substr: STRING) = |a: Args<'_>| offset(a.string(0)?.find(a.string(1)?));
    /// `IndexAny(s, chars)` is where the first of the characters of `chars` stands in `s`.
    pure IndexAny(s: STRING, chars: STRING) = |a: Args<'_>| offset(a.string(0)?.find(set(a)?));
    /// `LastIndex(s, substr)` is where `substr` last stands in `s`.
    pure LastIndex(s: STRING, substr: STRING) = |a: Args<'_>| offset(a.string(0)?.rfind(a.string(1)?));
    /// `LastIndexAny(s, chars)` is where the last of the characters of `chars` stands in `s`.
    pure LastIndexAny(s: STRING, chars: STRING) = |a: Args<'_>| offset(a.string(0)?.rfind(set(a)?));
}

/// The characters of the second argument as a pattern.
fn set<'a>(args: Args<'a>) -> Outcome<impl Fn(char) -> bool + 'a> {
    let characters = args.string(1)?;
    Ok(move |c| characters.contains(c))
}

fn offset(at: Option<usize>) -> Outcome<i64> {
    Ok(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
}

fn count(args: Args<'_>) -> Outcome<usize> {
    Ok(args.string(0)?.matches(args.string(1)?).count())
}
