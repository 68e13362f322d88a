//! `regexp.ReplaceAll`, `ReplaceAllLiteral`, `QuoteMeta`.

use super::pattern;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "regexp";
    /// `QuoteMeta(s)` is a pattern that matches `s` and nothing else.
    pure QuoteMeta(s: STRING) = |a: Args<'_>| Ok::<_, Fault>(crate::regexp::quote_meta(a.string(0)?));
    /// `ReplaceAll(pattern, src, repl)` is `src` with all matches replaced; in `repl`, `$1` or `${name}` stands for a group.
    pure ReplaceAll(pattern: STRING, src: STRING, repl: STRING) = replace_all;
    /// `ReplaceAllLiteral(pattern, src, repl)` is `src` with all matches replaced by `repl` as it is.
    pure ReplaceAllLiteral(pattern: STRING, src: STRING, repl: STRING) = replace_all_literal;
}

fn replace_all(args: Args<'_>) -> Outcome<String> {
    Ok(pattern(args)?.replace_all(args.string(1)?, args.string(2)?))
}

fn replace_all_literal(args: Args<'_>) -> Outcome<String> {
    Ok(pattern(args)?.replace_all_literal(args.string(1)?, args.string(2)?))
}
