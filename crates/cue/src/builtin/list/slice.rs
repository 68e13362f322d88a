//! Parts of a list: `list.Slice`, `Take`, `Drop`.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::data::Data;

builtins! { "list";
    /// `Drop(x, n)` is the list without its first `n` elements.
    parts Drop(x: LIST, n: INT) = drop;
    /// `Slice(x, i, j)` is the elements from number `i` (from 0) up to but not including number `j`.
    parts Slice(x: LIST, i: INT, j: INT) = slice;
    /// `Take(x, n)` is the first `n` elements of the list.
    parts Take(x: LIST, n: INT) = take;
}

fn count(args: Args<'_>, at: usize) -> Outcome<usize> {
    usize::try_from(args.int(at)?).or_else(|_| Fault::error("negative index"))
}

fn drop(args: Args<'_>) -> Outcome<Vec<Data>> {
    let n = count(args, 1)?;
    Ok(args.list(0)?.iter().skip(n).cloned().collect())
}

fn take(args: Args<'_>) -> Outcome<Vec<Data>> {
    let n = count(args, 1)?;
    Ok(args.list(0)?.iter().take(n).cloned().collect())
}

fn slice(args: Args<'_>) -> Outcome<Vec<Data>> {
    let (from, to) = (count(args, 1)?, count(args, 2)?);
    if from > to {
        return Fault::error(format!("invalid index: {from} > {to}"));
    }
    match args.list(0)?.get(from..to) {
        Some(items) => Ok(items.to_vec()),
        None => Fault::error("slice bounds out of range"),
    }
}
