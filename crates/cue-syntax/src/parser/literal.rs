//! Decodes string and bytes literals: escapes, and the indent of multiline literals.

use crate::ast::Text;

/// What is wrong in a literal and where (byte offsets in the text of the literal's source).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) at: (usize, usize),
    pub(crate) message: String,
    pub(crate) help: Option<&'static str>,
}

/// How a literal is quoted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quoting {
    pub(crate) bytes: bool,
    pub(crate) multiline: bool,
    pub(crate) hashes: usize,
}

impl Quoting {
    /// Reads the opening marks of a literal; `.1` is how long they are, a multiline literal's new line not counted.
    pub(crate) fn of(literal: &str) -> (Quoting, usize) {
        let b = literal.as_bytes();
        let hashes = b.iter().take_while(|b| **b == b'#').count();
        let mark = b.get(hashes).copied().unwrap_or(b'"');
        let rest = b.get(hashes..).unwrap_or_default();
        let three = rest.len() > 3 && rest.iter().take(3).all(|b| *b == mark);
        let multiline = three && matches!(rest.get(3), Some(b'\n' | b'\r'));
        (Quoting { bytes: mark == b'\'', multiline, hashes }, hashes + if multiline { 3 } else { 1 })
    }

    /// How long the closing marks are.
    pub(crate) fn close_len(self) -> usize {
        self.hashes + if self.multiline { 3 } else { 1 }
    }
}

/// Decodes one stretch of literal text between quotes or interpolations.
///
/// `text` starts at byte `base` of the source. For multiline literals `indent` is the blank space before the closing
/// quotes, `first` says that the text begins with the
/// new line after the opening quotes, `last` that the closing quotes follow it.
pub(crate) fn decode(
    text: &str,
    base: usize,
    q: Quoting,
    indent: &str,
    first: bool,
    last: bool,
    faults: &mut Vec<Fault>,
) -> Text {
    let bytes = text.as_bytes();
    let plain = !bytes.contains(&b'\\') && !bytes.contains(&b'\r');
    if plain && !q.multiline {
        return if q.bytes { Text::Bytes(bytes.into()) } else { Text::String(text.into()) };
    }
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut at = 0;
    if q.multiline && first {
        // The first new line is not part of the text.
        at = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |p| p + 1);
        at = skip_indent(text, at, base, indent, last, faults);
    }
    while let Some(b) = bytes.get(at).copied() {
        match b {
            b'\\' if hashes_follow(bytes, at + 1, q.hashes) => {
                at = escape(text, at, base, q, &mut out, faults);
            }
            b'\n' if q.multiline => {
                out.push(b);
                at = skip_indent(text, at + 1, base, indent, last, faults);
            }
            b'\r' if q.multiline => at += 1,
            _ => {
                out.push(b);
                at += 1;
            }
        }
    }
    if q.bytes {
        Text::Bytes(out.into())
    } else {
        match String::from_utf8(out) {
            Ok(s) => Text::String(s.into()),
            Err(e) => Text::String(String::from_utf8_lossy(e.as_bytes()).into_owned().into()),
        }
    }
}

fn hashes_follow(bytes: &[u8], at: usize, hashes: usize) -> bool {
    (0..hashes).all(|i| bytes.get(at + i) == Some(&b'#'))
}

fn skip_indent(text: &str, at: usize, base: usize, indent: &str, last: bool, faults: &mut Vec<Fault>) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    if rest.starts_with(indent) {
        return at + indent.len();
    }
    if (rest.is_empty() && last) || rest.starts_with('\n') || rest.starts_with("\r\n") {
        return at;
    }
    let blank = rest.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let line = rest.find('\n').unwrap_or(rest.len());
    faults.push(Fault {
        at: (base + at, base + at + blank.max(1).min(line.max(1))),
        message: "this line is not indented like the closing quotes".into(),
        help: Some(
            "every line that is not empty must begin with the same spaces and tabs as the line of the closing quotes",
        ),
    });
    at + blank
}

/// At a `\`; appends what it stands for and returns where the text goes on.
fn escape(text: &str, at: usize, base: usize, q: Quoting, out: &mut Vec<u8>, faults: &mut Vec<Fault>) -> usize {
    let bytes = text.as_bytes();
    let mark = at + 1 + q.hashes;
    let simple = |out: &mut Vec<u8>, b: u8| {
        out.push(b);
        mark + 1
    };
    let Some(c) = text.get(mark..).and_then(|s| s.chars().next()) else {
        faults.push(Fault {
            at: (base + at, base + bytes.len()),
            message: "a `\\` with nothing behind it".into(),
            help: None,
        });
        return bytes.len();
    };
    let next = mark + c.len_utf8();
    let mut fault = |end: usize, message: String, help: Option<&'static str>| {
        faults.push(Fault { at: (base + at, base + end), message, help });
        end
    };
    match c {
        'a' => simple(out, 7),
        'b' => simple(out, 8),
        'f' => simple(out, 12),
        'n' => simple(out, b'\n'),
        'r' => simple(out, b'\r'),
        't' => simple(out, b'\t'),
        'v' => simple(out, 11),
        '\\' => simple(out, b'\\'),
        '/' => simple(out, b'/'),
        '"' if !q.bytes => simple(out, b'"'),
        '\'' if q.bytes => simple(out, b'\''),
        '\n' | '\r' => fault(
            mark,
            "a `\\` at the end of a line".into(),
            Some("CUE (v0.17) does not join lines; write the text on one line, or join strings with `+`"),
        ),
        'u' | 'U' => {
            let len = if c == 'u' { 4 } else { 8 };
            let Some(code) = digits(bytes, next, len, 16) else {
                return fault((next + len).min(bytes.len()), format!("`\\{c}` takes {len} hexadecimal digits"), None);
            };
            let mut end = next + len;
            let mut code = code;
            if (0xD800..0xDC00).contains(&code) {
                // The first half of a surrogate pair.
                let low = bytes.get(end) == Some(&b'\\') && hashes_follow(bytes, end + 1, q.hashes);
                let low_at = end + 1 + q.hashes;
                let low = if low && bytes.get(low_at) == Some(&b'u') { digits(bytes, low_at + 1, 4, 16) } else { None };
                match low {
                    Some(low) if (0xDC00..0xE000).contains(&low) => {
                        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                        end = low_at + 5;
                    }
                    _ => {
                        return fault(
                            end,
                            "half of a surrogate pair".into(),
                            Some("write both halves, as in `\\ud83d\\ude00`, or `\\U0001f600`"),
                        );
                    }
                }
            }
            match char::from_u32(code) {
                Some(ch) => {
                    let mut buf = [0; 4];
                    out.extend_from_slice(ch.encode_utf8(&mut buf).as_bytes());
                    end
                }
                None if (0xDC00..0xE000).contains(&code) => fault(
                    end,
                    "half of a surrogate pair".into(),
                    Some("write both halves, as in `\\ud83d\\ude00`, or `\\U0001f600`"),
                ),
                None => fault(end, "not a Unicode code point".into(), None),
            }
        }
        'x' if q.bytes => match digits(bytes, next, 2, 16) {
            Some(code) => {
                out.push(code as u8);
                next + 2
            }
            None => fault((next + 2).min(bytes.len()), "`\\x` takes two hexadecimal digits".into(), None),
        },
        '0'..='7' if q.bytes => match digits(bytes, mark, 3, 8) {
            Some(code) if code < 256 => {
                out.push(code as u8);
                mark + 3
            }
            _ => fault(next, "an octal escape takes three digits, at most `\\377`".into(), None),
        },
        'x' | '0'..='7' => fault(
            next,
            format!("`\\{c}` stands for a byte, and a string holds text"),
            Some("use `\\u00ff` for a character, or quote bytes with `'…'`"),
        ),
        _ => fault(
            next,
            format!("unknown escape `\\{}`", c.escape_debug()),
            Some("for a backslash write `\\\\`, or use a raw string: `#\"…\"#`"),
        ),
    }
}

fn digits(bytes: &[u8], at: usize, n: usize, radix: u32) -> Option<u32> {
    let mut x: u32 = 0;
    for i in 0..n {
        let d = (*bytes.get(at + i)? as char).to_digit(radix)?;
        x = x.checked_mul(radix)?.checked_add(d)?;
    }
    Some(x)
}
