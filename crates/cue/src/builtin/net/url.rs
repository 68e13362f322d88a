//! `net.URL`, `net.AbsURL`: what can be a URL.

use super::escape::bad_escape;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "net";
    /// `URL(s)` is true for a URL, absolute or relative; anything else is an error. As a validator: `net.URL`.
    bool URL(s: STRING) = |a: Args<'_>| check(a.string(0)?).map(|_| true);
    /// `AbsURL(s)` is true for a URL with a scheme; anything else is an error. As a validator: `net.AbsURL`.
    bool AbsURL(s: STRING) = absolute;
}

fn absolute(args: Args<'_>) -> Outcome<bool> {
    if check(args.string(0)?)? { Ok(true) } else { Fault::error("URL is not absolute") }
}

/// Whether the URL has a scheme.
fn check(text: &str) -> Outcome<bool> {
    let bad = |why: String| Fault::error(format!("parse {text:?}: {why}"));
    if text.chars().any(|c| c < ' ' || c == '\u{7f}') {
        return bad("net/url: invalid control character in URL".to_owned());
    }
    let (body, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (scheme, rest) = match scheme(body) {
        Ok(found) => found,
        Err(why) => return bad(why.to_owned()),
    };
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    let path = match rest.strip_prefix("//") {
        Some(after) => {
            let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
            if let Err(why) = host(authority) {
                return bad(why);
            }
            path
        }
        None if scheme && !rest.starts_with('/') => "",
        None => {
            let first = rest.split('/').next().unwrap_or_default();
            if !scheme && first.contains(':') {
                return bad("first path segment in URL cannot contain colon".to_owned());
            }
            rest
        }
    };
    match bad_escape(path).or_else(|| bad_escape(fragment)) {
        Some(part) => bad(format!("invalid URL escape {part:?}")),
        None => Ok(scheme),
    }
}

fn scheme(text: &str) -> Result<(bool, &str), &'static str> {
    for (i, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if i > 0 => {}
            ':' if i == 0 => return Err("missing protocol scheme"),
            ':' => return Ok((true, text.get(i + 1..).unwrap_or_default())),
            _ => break,
        }
    }
    Ok((false, text))
}

fn host(authority: &str) -> Result<(), String> {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = if let Some(inner) = host.strip_prefix('[') {
        match inner.split_once(']') {
            Some((_, port)) => port,
            None => return Err("missing ']' in host".to_owned()),
        }
    } else {
        host.find(':').and_then(|at| host.get(at..)).unwrap_or_default()
    };
    let digits = port.strip_prefix(':').map(|p| p.bytes().all(|b| b.is_ascii_digit()));
    if digits == Some(false) || (digits.is_none() && !port.is_empty()) {
        return Err(format!("invalid port {port:?} after host"));
    }
    if let Some(c) = host.chars().find(|c| matches!(c, ' ' | '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '|' | '}')) {
        return Err(format!("invalid character {:?} in host name", c.to_string()));
    }
    match bad_escape(host) {
        Some(part) => Err(format!("invalid URL escape {part:?}")),
        None => Ok(()),
    }
}
