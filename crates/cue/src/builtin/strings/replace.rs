//! `strings.Replace`.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, builtins};

builtins! { "strings";
    /// `Replace(s, old, new, n)` is `s` with the first `n` occurrences of `old` replaced by `new`, all when `n` is negative.
    /// An empty `old` stands at the start and behind each character.
    pure Replace(s: STRING, old: STRING, new: STRING, n: INT) = replace;
}

fn replace(args: Args<'_>) -> Outcome<String> {
    let limit = usize::try_from(args.int(3)?).unwrap_or(usize::MAX);
    Ok(args.string(0)?.replacen(args.string(1)?, args.string(2)?, limit))
}
