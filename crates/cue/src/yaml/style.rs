//! How a string can be written in YAML: plain, quoted, or as a block.

use super::scalar;

/// The notations that CUE's output uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `text`
    Plain,
    /// `'text'`
    Single,
    /// `"text"`
    Double,
    /// `|`
    Literal,
}

/// What the text allows.
struct Analysis {
    plain: bool,
    single: bool,
    block: bool,
}

/// The notation for a string. A key that can stand on one line is never a block.
pub(super) fn choose(text: &str, simple_key: bool) -> Style {
    let analysis = analyse(text);
    if text.contains('\n') {
        return if analysis.block && !simple_key { Style::Literal } else { Style::Double };
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    // `<<` would merge maps when it is read back.
    if digits || text == "<<" || is_legacy(text) || looks_like_time(text) || scalar::looks_like_something_else(text) {
        return Style::Double;
    }
    if analysis.plain {
        Style::Plain
    } else if analysis.single {
        Style::Single
    } else {
        Style::Double
    }
}

/// Words that older readers take for something else than text; always quoted.
fn is_legacy(text: &str) -> bool {
    const WORDS: [&str; 12] = ["y", "n", "t", "f", "yes", "no", "on", "off", "true", "false", "null", "~"];
    if text.len() > 5 {
        return false;
    }
    let capitals = text.chars().filter(char::is_ascii_uppercase).count();
    let first = text.starts_with(|c: char| c.is_ascii_uppercase());
    let one_case = capitals == 0 || capitals == text.len() || (capitals == 1 && first);
    one_case && WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Dates, times and numbers to base 60, seen generously: characters of those with a `-`, `:` or `T` inside.
fn looks_like_time(text: &str) -> bool {
    let body = text.strip_suffix(['z', 'Z']).unwrap_or(text).as_bytes();
    let ordinary = |b: &u8| matches!(b, b'-' | b'+' | b'0'..=b'9' | b':' | b'.' | b' ' | b'\t');
    let letters = body.iter().filter(|b| !ordinary(b)).count();
    let Some(inner) = body.len().checked_sub(1).and_then(|last| body.get(1..last)) else { return false };
    match letters {
        0 => inner.iter().any(|b| matches!(b, b'-' | b':')),
        1 => inner.iter().any(|b| matches!(b, b't' | b'T')),
        _ => false,
    }
}

/// Whether the character can stand in the output as it is.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// What ends a line.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether it can be the key of a map without `? `: one line of at most 128 bytes.
pub(super) fn fits_simple_key(text: &str) -> bool {
    text.len() <= 128 && !text.contains(is_break)
}

fn analyse(text: &str) -> Analysis {
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut breaks, mut special, mut tabs) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let (mut previous_space, mut previous_break, mut after_blank) = (false, false, true);
    let mut chars = text.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        let before_blank = chars.peek().is_none_or(|n| is_blank(*n));
        indicators |= match c {
            '#' if !first => after_blank,
            ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => first,
            '?' | '-' => first && before_blank,
            ':' => before_blank,
            _ => false,
        };
        if c == '\t' {
            tabs = true;
        } else if !is_printable(c) {
            special = true;
        }
        if c == ' ' {
            break_space |= previous_break;
            (previous_space, previous_break) = (true, false);
        } else if is_break(c) {
            breaks = true;
            space_break |= previous_space;
            (previous_space, previous_break) = (false, true);
        } else {
            (previous_space, previous_break) = (false, false);
        }
        after_blank = is_blank(c);
        first = false;
    }
    let edge = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
    let edges = edge(text.chars().next()) || edge(text.chars().next_back());
    let single = !break_space && !space_break && !tabs && !special;
    Analysis {
        plain: single && !indicators && !breaks && !edges,
        single,
        block: !space_break && !special && !text.ends_with(' ') && !text.is_empty(),
    }
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t' || c == '\0' || is_break(c)
}
