//! An RE2 pattern, checked and printed as a pattern of the `regex` crate.

use super::RegexpError;
use super::class;
use smol_str::SmolStr;

/// Groups may be nested this deep.
pub(super) const MAX_NESTING: u32 = 250;
/// The largest count in `{n,m}`.
const MAX_REPEAT: u32 = 1000;

/// The result.
pub(super) struct Translated {
    /// With unnamed groups only.
    pub(super) pattern: String,
    /// Of each group, the whole match first.
    pub(super) names: Vec<Option<SmolStr>>,
}

pub(super) fn error<T>(what: &str, part: &str) -> Result<T, RegexpError> {
    Err(RegexpError { message: format!("{what}: `{part}`") })
}

/// Parses and prints in one pass: the `regex` crate's syntax has the same structure, so only the parts change.
pub(super) fn translate(pattern: &str) -> Result<Translated, RegexpError> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut names = vec![None];
    let mut open = 0u32;
    // Where the operand of a repetition ended, when there is one; and where a repetition just ended began.
    let mut operand = false;
    let mut last_repeat: Option<usize> = None;
    let mut at = 0;
    while let Some(rest) = pattern.get(at..).filter(|rest| !rest.is_empty()) {
        let c = rest.chars().next().unwrap_or_default();
        let start = at;
        let mut repeated = false;
        match c {
            '(' => {
                if open >= MAX_NESTING {
                    return error("expression nests too deeply", pattern);
                }
                let group = group(rest, &mut names)?;
                out.push_str(&group.text);
                at += group.length;
                open += u32::from(group.opens);
                operand = false;
            }
            ')' => {
                if open == 0 {
                    return error("unexpected )", pattern);
                }
                open -= 1;
                out.push(')');
                at += 1;
                operand = true;
            }
            '|' => {
                out.push('|');
                at += 1;
                operand = false;
            }
            '[' => {
                at += class::bracket(rest, &mut out)?;
                operand = true;
            }
            '.' | '^' | '$' => {
                out.push(c);
                at += 1;
                operand = true;
            }
            '*' | '+' | '?' | '{' => match repetition(rest)? {
                None => {
                    literal(&mut out, c);
                    at += 1;
                    operand = true;
                }
                Some(length) => {
                    let text = rest.get(..length).unwrap_or_default();
                    let lazy = rest.get(length..).is_some_and(|r| r.starts_with('?'));
                    at += length + usize::from(lazy);
                    if let Some(first) = last_repeat {
                        return error("invalid nested repetition operator", pattern.get(first..at).unwrap_or_default());
                    }
                    if !operand {
                        return error("missing argument to repetition operator", text);
                    }
                    out.push_str(text);
                    if lazy {
                        out.push('?');
                    }
                    repeated = true;
                }
            },
            '\\' => {
                at += escape(rest, &mut out)?;
                // `\Q\E` adds nothing that could be repeated.
                operand |= !rest.starts_with("\\Q\\E");
            }
            c => {
                literal(&mut out, c);
                at += c.len_utf8();
                operand = true;
            }
        }
        last_repeat = repeated.then_some(start);
    }
    if open > 0 {
        return error("missing closing )", pattern);
    }
    Ok(Translated { pattern: out, names })
}

struct Group {
    text: String,
    length: usize,
    opens: bool,
}

/// `(`, `(?:`, `(?flags)`, `(?flags:`, `(?P<name>`, `(?<name>`.
fn group(rest: &str, names: &mut Vec<Option<SmolStr>>) -> Result<Group, RegexpError> {
    let Some(body) = rest.strip_prefix("(?") else {
        names.push(None);
        return Ok(Group { text: "(".to_owned(), length: 1, opens: true });
    };
    let named = body.strip_prefix("P<").map(|n| (n, 4)).or_else(|| body.strip_prefix('<').map(|n| (n, 3)));
    if let Some((after, prefix)) = named {
        let Some(end) = after.find('>') else {
            return error("invalid named capture", rest);
        };
        let name = after.get(..end).unwrap_or_default();
        let length = prefix + end + 1;
        if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
            return error("invalid named capture", rest.get(..length).unwrap_or_default());
        }
        names.push(Some(SmolStr::new(name)));
        return Ok(Group { text: "(".to_owned(), length, opens: true });
    }
    let (mut minus, mut after_minus) = (false, false);
    for (i, c) in body.char_indices() {
        let length = i + 3;
        let part = rest.get(..length.min(rest.len())).unwrap_or(rest);
        match c {
            'i' | 'm' | 's' | 'U' => after_minus = true,
            '-' if !minus => (minus, after_minus) = (true, false),
            ')' | ':' if minus && !after_minus => return error("invalid or unsupported Perl syntax", part),
            // `(?)` does nothing, and the crate has no word for it.
            ')' if i == 0 => return Ok(Group { text: String::new(), length, opens: false }),
            ')' | ':' => return Ok(Group { text: part.to_owned(), length, opens: c == ':' }),
            _ => return error("invalid or unsupported Perl syntax", rest.get(..2 + i + c.len_utf8()).unwrap_or(rest)),
        }
    }
    error("missing closing )", rest)
}

/// The length of a repetition operator without its `?`; `None` when a `{` is just text.
fn repetition(rest: &str) -> Result<Option<usize>, RegexpError> {
    let Some(body) = rest.strip_prefix('{') else { return Ok(Some(1)) };
    let Some(end) = body.find('}') else { return Ok(None) };
    let inner = body.get(..end).unwrap_or_default();
    let count = |text: &str| -> Option<u32> {
        let plain =
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
        plain.then(|| text.parse().unwrap_or(u32::MAX))
    };
    let (low, high) = match inner.split_once(',') {
        None => (count(inner), count(inner)),
        Some((low, "")) => (count(low), Some(count(low).unwrap_or_default())),
        Some((low, high)) => (count(low), count(high)),
    };
    let (Some(low), Some(high)) = (low, high) else { return Ok(None) };
    let length = end + 2;
    if low > MAX_REPEAT || high > MAX_REPEAT || low > high {
        return error("invalid repeat count", rest.get(..length).unwrap_or_default());
    }
    Ok(Some(length))
}

/// An escape outside brackets; returns its length.
fn escape(rest: &str, out: &mut String) -> Result<usize, RegexpError> {
    if let Some(quoted) = rest.strip_prefix("\\Q") {
        let (text, length) = match quoted.find("\\E") {
            Some(end) => (quoted.get(..end).unwrap_or_default(), end + 4),
            None => (quoted, rest.len()),
        };
        text.chars().for_each(|c| literal(out, c));
        return Ok(length);
    }
    let ascii_only = match rest.get(..2) {
        Some("\\A") => "\\A",
        Some("\\z") => "\\z",
        Some("\\b") => "(?-u:\\b)",
        Some("\\B") => "(?-u:\\B)",
        _ => "",
    };
    if !ascii_only.is_empty() {
        out.push_str(ascii_only);
        return Ok(2);
    }
    if let Some(length) = class::escaped(rest, out)? {
        return Ok(length);
    }
    let (c, length) = class::escaped_char(rest)?;
    literal(out, c);
    Ok(length)
}

/// A character that stands for itself.
pub(super) fn literal(out: &mut String, c: char) {
    if matches!(
        c,
        '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' | '#' | '&' | '-' | '~'
    ) {
        out.push('\\');
    }
    out.push(c);
}
