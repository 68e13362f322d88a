//! `regexp.Match`, `Find`, `FindAll`, `Valid`.

use super::{no_match, pattern};
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "regexp";
    /// `Find(pattern, s)` is the first part of `s` that matches; no match is an error.
    pure Find(pattern: STRING, s: STRING) = find;
    /// `FindAll(pattern, s, n)` is the first `n` parts of `s` that match, all when `n` is negative; no match is an error.
    pure FindAll(pattern: STRING, s: STRING, n: INT) = find_all;
    /// `Match(pattern, s)` says whether the pattern matches anywhere in `s`.
    bool Match(pattern: STRING, s: STRING) = |a: Args<'_>| Ok::<_, Fault>(pattern(a)?.is_match(a.string(1)?));
    /// `Valid(pattern)` is true for a pattern; anything else is an error that says why.
    bool Valid(pattern: STRING) = |a: Args<'_>| pattern(a).map(|_| true);
}

fn find(args: Args<'_>) -> Outcome<&str> {
    pattern(args)?.find(args.string(1)?).map_or_else(no_match, Ok)
}

fn find_all(args: Args<'_>) -> Outcome<Vec<&str>> {
    let all = pattern(args)?.find_all(args.string(1)?, args.int(2)?);
    if all.is_empty() { no_match() } else { Ok(all) }
}
