//! `strings.ToUpper` and its kin: letters one by one, so that the number of characters never changes.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, builtins};

builtins! { "strings";
    /// `ToLower(s)` is `s` with all letters in lower case.
    pure ToLower(s: STRING) = to_lower;
    /// `ToUpper(s)` is `s` with all letters in upper case.
    pure ToUpper(s: STRING) = to_upper;
    /// `ToTitle(s)` is `s` with the first letter of each word in title case; the others stay as they are.
    pure ToTitle(s: STRING) = to_title;
    /// `ToCamel(s)` is `s` with the first letter of each word in lower case; the others stay as they are.
    pure ToCamel(s: STRING) = to_camel;
}

fn to_lower(args: Args<'_>) -> Outcome<String> {
    Ok(args.string(0)?.chars().map(lower).collect())
}

fn to_upper(args: Args<'_>) -> Outcome<String> {
    Ok(args.string(0)?.chars().map(upper).collect())
}

fn to_title(args: Args<'_>) -> Outcome<String> {
    Ok(first_letters(args.string(0)?, title))
}

fn to_camel(args: Args<'_>) -> Outcome<String> {
    Ok(first_letters(args.string(0)?, lower))
}

fn first_letters(text: &str, change: fn(char) -> char) -> String {
    let mut after_space = true;
    let letter = |c: char| {
        let changed = if after_space { change(c) } else { c };
        after_space = c.is_whitespace();
        changed
    };
    text.chars().map(letter).collect()
}

/// The mapping of one letter to one letter; a letter whose other case is several letters stays.
fn single(mut mapped: impl Iterator<Item = char>, c: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn lower(c: char) -> char {
    if c == 'İ' { 'i' } else { single(c.to_lowercase(), c) }
}

fn upper(c: char) -> char {
    single(c.to_uppercase(), c)
}

/// Title case differs from upper case for the letters that look like two, and Georgian has none.
fn title(c: char) -> char {
    match c {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        'ა'..='ჺ' | 'ჽ'..='ჿ' => c,
        c => upper(c),
    }
}
