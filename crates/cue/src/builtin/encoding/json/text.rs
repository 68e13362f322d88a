//! JSON text to JSON text: `json.Compact`, `Indent`, `HTMLEscape`. What stands in strings and numbers stays as written.

use super::unmarshal::utf8;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::json;

builtins! { "encoding/json";
    /// `Compact(src)` is JSON text without the space between its parts.
    pure Compact(src: TEXT) = compact;
    /// `HTMLEscape(src)` is JSON text with `<`, `>`, `&`, U+2028 and U+2029 in strings escaped, so that it can stand in HTML.
    pure HTMLEscape(src: TEXT) = html_escape;
    /// `Indent(src, prefix, indent)` is JSON text with each part on a line that begins with `prefix` and as many `indent` as it is deep.
    pure Indent(src: TEXT, prefix: STRING, indent: STRING) = indent;
}

fn checked(args: Args<'_>) -> Outcome<&str> {
    let text = utf8(args)?;
    match json::parse(text) {
        Ok(_) => Ok(text),
        Err(e) => Fault::error(format!("json: invalid JSON: {e}")),
    }
}

/// The tokens of valid JSON text: punctuation, strings, and words.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let length = match first {
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            '"' => {
                let mut escaped = false;
                let end = rest.char_indices().skip(1).find(|(_, c)| {
                    let closes = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    closes
                });
                end.map_or(rest.len(), |(i, _)| i + 1)
            }
            _ => rest.find(|c: char| c.is_whitespace() || "{}[],:\"".contains(c)).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

fn compact(args: Args<'_>) -> Outcome<String> {
    Ok(tokens(checked(args)?).collect())
}

fn html_escape(args: Args<'_>) -> Outcome<String> {
    let mut out = String::new();
    for c in String::from_utf8_lossy(args.bytes(0)?).chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    Ok(out)
}

fn indent(args: Args<'_>) -> Outcome<String> {
    let (text, prefix, step) = (checked(args)?, args.string(1)?, args.string(2)?);
    let mut out = String::new();
    let mut depth = 0usize;
    let mut opened = false;
    for token in tokens(text) {
        let closes = matches!(token, "}" | "]");
        depth -= usize::from(closes && depth > 0);
        if opened != closes {
            out.push('\n');
            out.push_str(prefix);
            out.extend(std::iter::repeat_n(step, depth));
        }
        // Written when the next token is known: nothing stands between the brackets of an empty one.
        out.push_str(token);
        opened = matches!(token, "{" | "[");
        depth += usize::from(opened);
        match token {
            "," => {
                out.push('\n');
                out.push_str(prefix);
                out.extend(std::iter::repeat_n(step, depth));
            }
            ":" => out.push(' '),
            _ => {}
        }
    }
    // Behind the value there may be space, which stays.
    out.push_str(text.get(text.trim_end().len()..).unwrap_or_default());
    Ok(out)
}
