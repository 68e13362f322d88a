//! `path.Match`: patterns of file names.

use super::os::Os;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "path";
    /// `Match(pattern, name, os)` says whether the whole name matches: `*` is any text without a separator, `?` one character, `[a-z]` one of
    /// a set, `[^a-z]` one that is not; `\` makes the next character ordinary, except on Windows.
    bool Match(pattern: STRING, name: STRING, os: STRING ["\"unix\""]) = matches;
}

enum Part {
    Star,
    Any,
    Char(char),
    Set { negative: bool, ranges: Vec<(char, char)> },
}

fn matches(args: Args<'_>) -> Outcome<bool> {
    let (pattern, name, os) = (args.string(0)?, args.string(1)?, Os::of(args, 2)?);
    if pattern.contains("**") {
        return Fault::error("'**' is not supported in patterns as of yet");
    }
    let Some(parts) = parse(pattern, os != Os::Windows) else {
        return Fault::error("syntax error in pattern");
    };
    let name: Vec<char> = name.chars().collect();
    Ok(walk(&parts, &name, os))
}

fn parse(pattern: &str, escapes: bool) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Star,
            '?' => Part::Any,
            '\\' if escapes => Part::Char(chars.next()?),
            '[' => {
                let negative = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let mut member = || match chars.next()? {
                        '-' | ']' => None,
                        '\\' if escapes => chars.next(),
                        c => Some(c),
                    };
                    let low = member()?;
                    let high = if chars.next_if_eq(&'-').is_some() {
                        match chars.next()? {
                            '-' | ']' => return None,
                            '\\' if escapes => chars.next()?,
                            c => c,
                        }
                    } else {
                        low
                    };
                    ranges.push((low, high));
                }
                Part::Set { negative, ranges }
            }
            c => Part::Char(c),
        });
    }
    Some(parts)
}

/// One pass with a way back to the last star, so the time is at most the product of the lengths.
fn walk(parts: &[Part], name: &[char], os: Os) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match (parts.get(p), name.get(n)) {
            (Some(Part::Star), _) => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            (None, None) => return true,
            (Some(Part::Any), Some(c)) => !os.is_separator(*c),
            (Some(Part::Char(want)), Some(c)) => want == c,
            (Some(Part::Set { negative, ranges }), Some(c)) => {
                ranges.iter().any(|(low, high)| low <= c && c <= high) != *negative
            }
            (None, Some(_)) | (Some(_), None) => false,
        };
        if step {
            (p, n) = (p + 1, n + 1);
            continue;
        }
        // The last star takes one character more.
        match star {
            Some((at, taken)) if name.get(taken).is_some_and(|c| !os.is_separator(*c)) => {
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
            _ => return false,
        }
    }
}
