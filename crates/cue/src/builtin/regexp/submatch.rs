//! What the groups of a pattern match: `regexp.FindSubmatch`, `FindNamedSubmatch` and their `All` forms.

use super::{no_match, pattern};
use crate::builtin::args::Outcome;
use crate::builtin::{Args, builtins};
use crate::data::{Data, DataValue};
use crate::regexp::{Groups, Regexp};

builtins! { "regexp";
    /// `FindSubmatch(pattern, s)` is the first match and what its groups matched, `""` for a group that took no part; no match is an error.
    pure FindSubmatch(pattern: STRING, s: STRING) = find_submatch;
    /// `FindAllSubmatch(pattern, s, n)` is a list of the first `n` matches with their groups, of all when `n` is negative.
    pure FindAllSubmatch(pattern: STRING, s: STRING, n: INT) = find_all_submatch;
    /// `FindNamedSubmatch(pattern, s)` is a struct of what the named groups of the first match matched; no match is an error.
    pure FindNamedSubmatch(pattern: STRING, s: STRING) = find_named_submatch;
    /// `FindAllNamedSubmatch(pattern, s, n)` is a list of such structs, of the first `n` matches or of all.
    pure FindAllNamedSubmatch(pattern: STRING, s: STRING, n: INT) = find_all_named_submatch;
}

fn listed(groups: Groups<'_>) -> Data {
    let items: Vec<&str> = groups.into_iter().map(Option::unwrap_or_default).collect();
    items.into()
}

fn named(pattern: &Regexp, groups: Groups<'_>) -> Data {
    let pairs = pattern.names().iter().zip(groups);
    let fields = pairs.filter_map(|(name, text)| Some((name.clone()?, Data::from(text.unwrap_or_default()))));
    DataValue::Struct(fields.collect()).into()
}

fn find_submatch(args: Args<'_>) -> Outcome {
    pattern(args)?.groups(args.string(1)?).map(listed).map_or_else(no_match, Ok)
}

fn find_all_submatch(args: Args<'_>) -> Outcome<Vec<Data>> {
    let all = pattern(args)?.all_groups(args.string(1)?, args.int(2)?);
    if all.is_empty() { no_match() } else { Ok(all.into_iter().map(listed).collect()) }
}

fn find_named_submatch(args: Args<'_>) -> Outcome {
    let pattern = pattern(args)?;
    pattern.groups(args.string(1)?).map(|groups| named(&pattern, groups)).map_or_else(no_match, Ok)
}

fn find_all_named_submatch(args: Args<'_>) -> Outcome<Vec<Data>> {
    let pattern = pattern(args)?;
    let all = pattern.all_groups(args.string(1)?, args.int(2)?);
    if all.is_empty() { no_match() } else { Ok(all.into_iter().map(|groups| named(&pattern, groups)).collect()) }
}
