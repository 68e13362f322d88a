//! Percent escapes: `net.PathEscape`, `QueryEscape` and back.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "net";
    /// `PathEscape(s)` is text escaped so that it can be one part of the path of a URL.
    pure PathEscape(s: STRING) = |a: Args<'_>| Ok::<_, Fault>(escape(a.string(0)?, "-_.~$&+=:@", false));
    /// `PathUnescape(s)` is what a part of the path of a URL stands for.
    pure PathUnescape(s: STRING) = |a: Args<'_>| unescape(a.string(0)?, false);
    /// `QueryEscape(s)` is text escaped so that it can stand in the query of a URL; a space becomes `+`.
    pure QueryEscape(s: STRING) = |a: Args<'_>| Ok::<_, Fault>(escape(a.string(0)?, "-_.~", true));
    /// `QueryUnescape(s)` is what a part of the query of a URL stands for.
    pure QueryUnescape(s: STRING) = |a: Args<'_>| unescape(a.string(0)?, true);
}

fn escape(text: &str, safe: &str, query: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b' ' if query => out.push('+'),
            b if b.is_ascii_alphanumeric() || safe.as_bytes().contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// The first escape that is none.
pub(super) fn bad_escape(text: &str) -> Option<&str> {
    text.match_indices('%').find_map(|(at, _)| {
        let digits = text.get(at + 1..at + 3).is_some_and(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let end = text.get(at..).map_or(0, |rest| rest.char_indices().nth(3).map_or(rest.len(), |(i, _)| i));
        if digits { None } else { text.get(at..at + end) }
    })
}

fn unescape(text: &str, query: bool) -> Outcome<String> {
    if let Some(part) = bad_escape(text) {
        return Fault::error(format!("invalid URL escape {part:?}"));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        out.push(match b {
            b'%' => {
                let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).unwrap_or(0) as u8;
                digit(bytes.next()) << 4 | digit(bytes.next())
            }
            b'+' if query => b' ',
            b => b,
        });
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}
