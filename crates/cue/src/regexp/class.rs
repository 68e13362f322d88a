//! Sets of characters: `[a-z\d[:alpha:]]`, `\w`, `\p{Greek}`, and escaped single characters.

use super::RegexpError;
use super::translate::error;

/// POSIX names that may stand in `[[:name:]]`.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// `[…]`; returns its length.
pub(super) fn bracket(rest: &str, out: &mut String) -> Result<usize, RegexpError> {
    let mut at = 1;
    out.push('[');
    if rest.get(at..).is_some_and(|r| r.starts_with('^')) {
        out.push('^');
        at += 1;
    }
    let mut first = true;
    loop {
        let Some(here) = rest.get(at..).filter(|h| !h.is_empty()) else {
            return error("missing closing ]", rest);
        };
        if here.starts_with(']') && !first {
            out.push(']');
            return Ok(at + 1);
        }
        first = false;
        if let Some(length) = posix(here, out)? {
            at += length;
            continue;
        }
        if here.starts_with('\\')
            && let Some(length) = escaped(here, out)?
        {
            at += length;
            continue;
        }
        let (low, mut length) = class_char(here, rest)?;
        let mut high = low;
        let after = here.get(length..).unwrap_or_default();
        if after.starts_with('-') && after.len() >= 2 && !after.starts_with("-]") {
            let (c, more) = class_char(after.get(1..).unwrap_or_default(), rest)?;
            high = c;
            length += 1 + more;
            if high < low {
                return error("invalid character class range", here.get(..length).unwrap_or_default());
            }
        }
        out.push_str(&format!("\\x{{{:X}}}-\\x{{{:X}}}", u32::from(low), u32::from(high)));
        at += length;
    }
}

/// `[:name:]` or `[:^name:]`; returns its length.
fn posix(here: &str, out: &mut String) -> Result<Option<usize>, RegexpError> {
    let Some(body) = here.strip_prefix("[:") else { return Ok(None) };
    let Some(end) = body.find(":]") else { return Ok(None) };
    let length = end + 4;
    let name = body.get(..end).unwrap_or_default();
    if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
        return error("invalid character class range", here.get(..length).unwrap_or_default());
    }
    out.push_str(here.get(..length).unwrap_or_default());
    Ok(Some(length))
}

fn class_char(here: &str, class: &str) -> Result<(char, usize), RegexpError> {
    match here.chars().next() {
        None => error("missing closing ]", class),
        Some('\\') => escaped_char(here),
        Some(c) => Ok((c, c.len_utf8())),
    }
}

/// `\d \D \s \S \w \W \pN \p{Greek} \P{^Greek}`, written out; returns the length. The sets of letters are those of ASCII.
pub(super) fn escaped(rest: &str, out: &mut String) -> Result<Option<usize>, RegexpError> {
    let text = match rest.get(..2) {
        Some("\\d") => "[0-9]",
        Some("\\D") => "[^0-9]",
        Some("\\s") => "[\\t\\n\\x0C\\r ]",
        Some("\\S") => "[^\\t\\n\\x0C\\r ]",
        Some("\\w") => "[0-9A-Za-z_]",
        Some("\\W") => "[^0-9A-Za-z_]",
        Some("\\p" | "\\P") => return unicode(rest, out).map(Some),
        _ => return Ok(None),
    };
    out.push_str(text);
    Ok(Some(2))
}

fn unicode(rest: &str, out: &mut String) -> Result<usize, RegexpError> {
    let mut negative = rest.starts_with("\\P");
    let body = rest.get(2..).unwrap_or_default();
    let (name, length) = match body.strip_prefix('{') {
        Some(inner) => match inner.find('}') {
            Some(end) => (inner.get(..end).unwrap_or_default(), 2 + end + 2),
            None => return error("invalid character class range", rest),
        },
        None => match body.chars().next() {
            Some(c) => (body.get(..c.len_utf8()).unwrap_or_default(), 2 + c.len_utf8()),
            None => return error("invalid escape sequence", rest),
        },
    };
    let part = rest.get(..length).unwrap_or_default();
    let name = match name.strip_prefix('^') {
        Some(name) => {
            negative = !negative;
            name
        }
        None => name,
    };
    // Categories and scripts only, as they are spelt; the crate would guess and take properties as well.
    let spelt =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    let sign = if negative { 'P' } else { 'p' };
    let forms: &[&str] = if name == "Any" { &[""] } else { &["sc=", "gc="] };
    let known =
        forms.iter().map(|form| format!("\\{sign}{{{form}{name}}}")).find(|text| regex::Regex::new(text).is_ok());
    match known.filter(|_| spelt) {
        Some(text) => out.push_str(&text),
        None => return error("invalid character class range", part),
    }
    Ok(length)
}

/// An escape that stands for one character, with its length.
pub(super) fn escaped_char(rest: &str) -> Result<(char, usize), RegexpError> {
    let mut chars = rest.chars();
    chars.next();
    let Some(c) = chars.next() else {
        return error("trailing backslash at end of expression", "");
    };
    let part = |length: usize| rest.get(..length).unwrap_or(rest);
    let octal = |text: &str| text.bytes().take_while(|b| (b'0'..=b'7').contains(b)).count();
    match c {
        'a' => Ok(('\u{7}', 2)),
        'f' => Ok(('\u{c}', 2)),
        'n' => Ok(('\n', 2)),
        'r' => Ok(('\r', 2)),
        't' => Ok(('\t', 2)),
        'v' => Ok(('\u{b}', 2)),
        // One digit that is not zero would be a reference back, which RE2 has not.
        '0'..='7' => match octal(rest.get(1..).unwrap_or_default()).min(3) {
            1 if c != '0' => error("invalid escape sequence", part(2)),
            digits => {
                let code =
                    u32::from_str_radix(rest.get(1..=digits).unwrap_or_default(), 8).ok().and_then(char::from_u32);
                code.map_or_else(|| error("invalid escape sequence", part(2)), |c| Ok((c, digits + 1)))
            }
        },
        'x' => {
            let body = rest.get(2..).unwrap_or_default();
            let (digits, length) = match body.strip_prefix('{') {
                Some(inner) => {
                    let Some(end) = inner.find('}') else { return error("invalid escape sequence", rest) };
                    (inner.get(..end).unwrap_or_default(), end + 4)
                }
                None => (body.get(..2).unwrap_or_default(), 4),
            };
            let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
            let code = hex.then(|| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)).flatten();
            code.map_or_else(|| error("invalid escape sequence", part(length)), |c| Ok((c, length)))
        }
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok((c, 2)),
        c => error("invalid escape sequence", part(1 + c.len_utf8())),
    }
}
