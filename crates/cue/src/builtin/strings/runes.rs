//! Characters (Unicode code points) of a string: `strings.Runes`, `SliceRunes`, `MinRunes`, `MaxRunes`.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::number::Number;

builtins! { "strings";
    /// `Runes(s)` is the code points of `s` as ints.
    pure Runes(s: STRING) = runes;
    /// `MinRunes(s, min)` says whether `s` has at least `min` characters. As a validator: `strings.MinRunes(3)`.
    bool MinRunes(s: STRING, min: INT) = |a: Args<'_>| Ok::<_, Fault>(a.number(1)?.compare(&count(a)?).is_le());
    /// `MaxRunes(s, max)` says whether `s` has at most `max` characters. As a validator: `strings.MaxRunes(3)`.
    bool MaxRunes(s: STRING, max: INT) = |a: Args<'_>| Ok::<_, Fault>(a.number(1)?.compare(&count(a)?).is_ge());
    /// `SliceRunes(s, start, end)` is the characters from number `start` (from 0) up to but not including number `end`.
    pure SliceRunes(s: STRING, start: INT, end: INT) = slice_runes;
}

fn runes(args: Args<'_>) -> Outcome<Vec<i64>> {
    Ok(args.string(0)?.chars().map(|c| i64::from(u32::from(c))).collect())
}

fn count(args: Args<'_>) -> Outcome<Number> {
    Ok(Number::from(args.string(0)?.chars().count()))
}

fn slice_runes(args: Args<'_>) -> Outcome<&str> {
    let text = args.string(0)?;
    let offset = |characters: i64| -> Option<usize> {
        let characters = usize::try_from(characters).ok()?;
        text.char_indices().map(|(i, _)| i).chain([text.len()]).nth(characters)
    };
    let slice = match (offset(args.int(1)?), offset(args.int(2)?)) {
        (Some(start), Some(end)) => text.get(start..end),
        _ => None,
    };
    slice.map_or_else(|| Fault::error("index out of range"), Ok)
}
