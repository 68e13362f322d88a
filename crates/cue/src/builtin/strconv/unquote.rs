//! `strconv.Unquote`: a CUE string or bytes literal to what it stands for.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "strconv";
    /// `Unquote(s)` is what the CUE literal `s` stands for; quotes are `"` or `'`.
    pure Unquote(s: STRING) = unquote;
}

fn unquote(args: Args<'_>) -> Outcome<String> {
    let text = args.string(0)?;
    let inner = ['"', '\''].iter().find_map(|q| {
        let inner = text.strip_prefix(*q)?.strip_suffix(*q)?;
        Some((inner, *q))
    });
    match inner.and_then(|(inner, quote)| unescape(inner, quote)) {
        Some(text) => Ok(text),
        None => Fault::error("invalid syntax"),
    }
}

/// `None` where an escape or a quote is wrong.
fn unescape(text: &str, quote: char) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..)?;
        if c == quote || c == '\n' {
            return None;
        }
        if c != '\\' {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = rest.chars().next()?;
        rest = rest.get(escape.len_utf8()..)?;
        let hex = |rest: &str, n: usize| {
            let digits = rest.get(..n).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u32::from_str_radix(digits, 16).ok()
        };
        let c = match escape {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '/' => escape,
            '"' | '\'' if escape == quote => escape,
            'u' | 'U' => {
                let length = if escape == 'u' { 4 } else { 8 };
                let mut code = hex(rest, length)?;
                rest = rest.get(length..)?;
                if (0xd800..0xdc00).contains(&code) {
                    let low = hex(rest.strip_prefix("\\u")?, 4).filter(|c| (0xdc00..0xe000).contains(c))?;
                    rest = rest.get(6..)?;
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                }
                char::from_u32(code)?
            }
            'x' if quote == '\'' => {
                out.push(u8::try_from(hex(rest, 2)?).ok()?);
                rest = rest.get(2..)?;
                continue;
            }
            '0'..='3' if quote == '\'' => {
                let digits = rest.get(..2).filter(|d| d.bytes().all(|b| (b'0'..=b'7').contains(&b)))?;
                let code = (u32::from(escape) - 48) * 64 + u32::from_str_radix(digits, 8).ok()?;
                out.push(u8::try_from(code).ok()?);
                rest = rest.get(2..)?;
                continue;
            }
            _ => return None,
        };
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}
