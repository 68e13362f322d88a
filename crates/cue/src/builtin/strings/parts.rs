//! `strings.Split` and its kin, and `strings.Join`.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "strings";
    /// `Fields(s)` is the words of `s`: what stands between runs of white space.
    pure Fields(s: STRING) = fields;
    /// `Join(elems, sep)` is the strings of `elems`, one behind the other with `sep` between them.
    pure Join(elems: LIST, sep: STRING) = join;
    /// `Split(s, sep)` is what stands between the occurrences of `sep`; an empty `sep` splits into characters.
    pure Split(s: STRING, sep: STRING) = split;
    /// `SplitN(s, sep, n)` splits into at most `n` pieces, the last with the rest; all of them when `n` is negative.
    pure SplitN(s: STRING, sep: STRING, n: INT) = split_n;
    /// `SplitAfter(s, sep)` splits behind each `sep`, which stays at the end of its piece.
    pure SplitAfter(s: STRING, sep: STRING) = split_after;
    /// `SplitAfterN(s, sep, n)` splits behind `sep` into at most `n` pieces; all of them when `n` is negative.
    pure SplitAfterN(s: STRING, sep: STRING, n: INT) = split_after_n;
    /// `Repeat(s, count)` is `count` times `s`; more than 1 000 000 times is an error.
    pure Repeat(s: STRING, count: INT) = repeat;
}

/// Repetitions that `strings.Repeat` makes at most, and bytes of the result.
const MAX_REPEAT: i64 = 1_000_000;
const MAX_REPEAT_BYTES: usize = 1 << 24;

fn fields(args: Args<'_>) -> Outcome<Vec<&str>> {
    Ok(args.string(0)?.split_whitespace().collect())
}

fn join(args: Args<'_>) -> Outcome<String> {
    Ok(args.strings(0)?.join(args.string(1)?))
}

fn split(args: Args<'_>) -> Outcome<Vec<&str>> {
    pieces(args, -1, false)
}

fn split_n(args: Args<'_>) -> Outcome<Vec<&str>> {
    pieces(args, args.int(2)?, false)
}

fn split_after(args: Args<'_>) -> Outcome<Vec<&str>> {
    pieces(args, -1, true)
}

fn split_after_n(args: Args<'_>) -> Outcome<Vec<&str>> {
    pieces(args, args.int(2)?, true)
}

fn pieces(args: Args<'_>, limit: i64, keep: bool) -> Outcome<Vec<&str>> {
    let (text, separator) = (args.string(0)?, args.string(1)?);
    let limit = match usize::try_from(limit) {
        Ok(0) => return Ok(Vec::new()),
        Ok(limit) => limit,
        Err(_) => usize::MAX,
    };
    let mut all = Vec::new();
    let mut rest = text;
    if separator.is_empty() {
        while let Some(c) = rest.chars().next() {
            if all.len() + 1 == limit {
                all.push(rest);
                break;
            }
            let (first, others) = rest.split_at(c.len_utf8());
            all.push(first);
            rest = others;
        }
        return Ok(all);
    }
    while all.len() + 1 < limit
        && let Some(at) = rest.find(separator)
    {
        let behind = at + separator.len();
        all.push(rest.get(..if keep { behind } else { at }).unwrap_or_default());
        rest = rest.get(behind..).unwrap_or_default();
    }
    all.push(rest);
    Ok(all)
}

fn repeat(args: Args<'_>) -> Outcome<String> {
    let (text, count) = (args.string(0)?, args.int(1)?);
    if count > MAX_REPEAT {
        return Fault::error(format!("count {count} exceeds limit of {MAX_REPEAT}"));
    }
    match usize::try_from(count) {
        Err(_) => Fault::error("negative count"),
        Ok(count) if text.len().saturating_mul(count) > MAX_REPEAT_BYTES => {
            Fault::error(format!("the result would be longer than {MAX_REPEAT_BYTES} bytes"))
        }
        Ok(count) => Ok(text.repeat(count)),
    }
}
