//! `strings.Trim` and its kin.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "strings";
    /// `Trim(s, cutset)` is `s` without the characters of `cutset` at its start and end.
    pure Trim(s: STRING, cutset: STRING) = |a: Args<'_>| Ok::<_, Fault>(a.string(0)?.trim_matches(set(a)?).to_owned());
    /// `TrimLeft(s, cutset)` is `s` without the characters of `cutset` at its start.
    pure TrimLeft(s: STRING, cutset: STRING) = |a: Args<'_>| Ok::<_, Fault>(a.string(0)?.trim_start_matches(set(a)?).to_owned());
    /// `TrimRight(s, cutset)` is `s` without the characters of `cutset` at its end.
    pure TrimRight(s: STRING, cutset: STRING) = |a: Args<'_>| Ok::<_, Fault>(a.string(0)?.trim_end_matches(set(a)?).to_owned());
    /// `TrimSpace(s)` is `s` without white space at its start and end.
    pure TrimSpace(s: STRING) = |a: Args<'_>| Ok::<_, Fault>(a.string(0)?.trim().to_owned());
    /// `TrimPrefix(s, prefix)` is `s` without `prefix` at its start; `s` itself when it does not begin with it.
    pure TrimPrefix(s: STRING, prefix: STRING) = trim_prefix;
    /// `TrimSuffix(s, suffix)` is `s` without `suffix` at its end; `s` itself when it does not end with it.
    pure TrimSuffix(s: STRING, suffix: STRING) = trim_suffix;
}

/// The characters of the second argument as a pattern.
fn set<'a>(args: Args<'a>) -> Outcome<impl Fn(char) -> bool + 'a> {
    let characters = args.string(1)?;
    Ok(move |c| characters.contains(c))
}

fn trim_prefix(args: Args<'_>) -> Outcome<&str> {
    let text = args.string(0)?;
    Ok(text.strip_prefix(args.string(1)?).unwrap_or(text))
}

fn trim_suffix(args: Args<'_>) -> Outcome<&str> {
    let text = args.string(0)?;
    Ok(text.strip_suffix(args.string(1)?).unwrap_or(text))
}
