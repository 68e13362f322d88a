//! `html`: text in HTML.

use super::args::Outcome;
use super::{Args, Package, builtins};

pub(super) const PACKAGE: Package = Package { path: "html", functions: &[ALL], cue: None };

builtins! { "html";
    /// `Escape(s)` is text with `<`, `>`, `&`, `'` and `"` escaped, so that it can stand in HTML.
    pure Escape(s: STRING) = |a: Args<'_>| a.string(0).map(escape);
    /// `Unescape(s)` is text with `&lt;`, `&#65;`, `&eacute;` and all the other escapes of HTML replaced by what they stand for.
    pure Unescape(s: STRING) = unescape;
}

/// The named characters of HTML: a name (with `;` unless it may be left out) and code points, sorted by name.
const ENTITIES: &str = include_str!("entities.txt");

/// The longest name, with its `;`.
const LONGEST: usize = 32;

/// What `&#128;` to `&#159;` stand for: the characters of Windows' code page 1252.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

pub(in crate::builtin) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            c => out.push(c),
        }
    }
    out
}

fn unescape(args: Args<'_>) -> Outcome<String> {
    let mut rest = args.string(0)?;
    let mut out = String::with_capacity(rest.len());
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let length = numeric(rest, &mut out).or_else(|| named(rest, &mut out));
        let length = length.unwrap_or_else(|| {
            out.push('&');
            1
        });
        rest = rest.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

/// `&#65;`, `&#x41`; the semicolon may be missing.
fn numeric(text: &str, out: &mut String) -> Option<usize> {
    let body = text.strip_prefix("&#")?;
    let (digits, radix, prefix) = match body.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 3),
        None => (body, 10, 2),
    };
    let count = digits.chars().take_while(|c| c.is_digit(radix)).count();
    if count == 0 && !(radix == 16 && digits.starts_with(';')) {
        return None;
    }
    let code = digits
        .get(..count)?
        .chars()
        .fold(0u32, |n, c| n.saturating_mul(radix).saturating_add(c.to_digit(radix).unwrap_or(0)));
    let windows = code.checked_sub(0x80).and_then(|i| WINDOWS.get(i as usize));
    let c = match (windows, code) {
        (Some(c), _) => *c,
        (None, 0) => char::REPLACEMENT_CHARACTER,
        (None, code) => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    out.push(c);
    Some(prefix + count + usize::from(digits.get(count..)?.starts_with(';')))
}

/// `&eacute;`; the longest name counts, and old names may go without the semicolon.
fn named(text: &str, out: &mut String) -> Option<usize> {
    let body = text.get(1..)?;
    let letters = body.bytes().take(LONGEST).take_while(u8::is_ascii_alphanumeric).count();
    let with_semicolon = letters + usize::from(body.get(letters..)?.starts_with(';'));
    for length in (1..=with_semicolon).rev() {
        if let Some(codes) = lookup(body.get(..length)?) {
            out.extend(codes.split(' ').filter_map(|c| u32::from_str_radix(c, 16).ok().and_then(char::from_u32)));
            return Some(length + 1);
        }
    }
    None
}

/// By halves on the text itself.
fn lookup(name: &str) -> Option<&'static str> {
    let (mut low, mut high) = (0, ENTITIES.len());
    while low < high {
        let middle = (low + high) / 2;
        let start = ENTITIES.get(..middle)?.rfind('\n').map_or(0, |i| i + 1);
        let line = ENTITIES.get(start..)?.lines().next()?;
        let (key, codes) = line.split_once(' ')?;
        match key.cmp(name) {
            std::cmp::Ordering::Equal => return Some(codes),
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}
