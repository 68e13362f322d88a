//! Says what is wrong at a place where the grammar stopped.

use super::Rule;
use super::cut::label_of;
use crate::{Diagnostic, Source};
use pest::error::{Error, ErrorVariant, InputLocation};
use std::sync::Arc;

/// Turns the parser's error for one piece into a diagnostic.
pub(crate) fn explain(source: &Arc<Source>, base: usize, piece: &str, error: &Error<Rule>) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(p) => p,
        InputLocation::Span((p, _)) => p,
    };
    if matches!(error.variant, ErrorVariant::CustomError { .. }) {
        let mut d = Diagnostic::error("cue/nesting", "nested too deeply to be parsed");
        d.labels.push(label_of(source, (base, base + 1), "in this declaration"));
        return d;
    }
    let place = Place::find(piece, at);
    let (message, label, help) = place.say();
    let mut d = Diagnostic::error("cue/syntax", message);
    d.labels.push(label_of(source, (base + place.at, base + place.end), &label));
    d.help = help;
    d
}

/// What stands around the place where parsing stopped.
struct Place<'a> {
    text: &'a str,
    /// The token that was not expected.
    at: usize,
    end: usize,
    /// The token before it; empty at the start.
    before: &'a str,
    /// A new line stands between the two.
    new_line: bool,
    /// The innermost open bracket, if any.
    open: Option<char>,
    /// The first token of the line of the token before.
    line_start: &'a str,
}

impl<'a> Place<'a> {
    fn find(text: &'a str, at: usize) -> Self {
        let tokens = tokens(text);
        // The token that holds the place, or the first one behind it.
        let i = tokens.iter().position(|t| t.1 > at).unwrap_or(tokens.len());
        let (start, end) = tokens.get(i).copied().unwrap_or((text.trim_end().len(), text.trim_end().len()));
        let previous = i.checked_sub(1).and_then(|p| tokens.get(p)).copied();
        let before = previous.and_then(|(s, e)| text.get(s..e)).unwrap_or_default();
        let between = text.get(previous.map_or(0, |p| p.1)..start).unwrap_or_default();
        let line = previous.and_then(|(s, _)| text.get(..s)).map_or(0, |t| t.rfind('\n').map_or(0, |p| p + 1));
        let line_start = tokens.iter().find(|t| t.0 >= line).and_then(|t| text.get(t.0..t.1)).unwrap_or_default();
        let mut open = Vec::new();
        for (s, e) in tokens.iter().take(i) {
            match text.get(*s..*e) {
                Some("(") => open.push('('),
                Some("[") => open.push('['),
                Some("{") => open.push('{'),
                Some(")" | "]" | "}") => {
                    open.pop();
                }
                _ => {}
            }
        }
        Place { text, at: start, end, before, new_line: between.contains('\n'), open: open.pop(), line_start }
    }

    fn found(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn say(&self) -> (String, String, Option<String>) {
        let found = self.found();
        let first = found.chars().next().unwrap_or('\n');
        let shown = shown(found);
        let none = None;
        let numeric = first.is_ascii_digit() || (first == '.' && found.len() > 1 && found != "...");
        if let Some((message, help)) = numeric.then(|| number(found)).flatten() {
            return (message, "here".into(), help.map(str::to_owned));
        }
        let quoted = matches!(first, '"' | '\'') || (first == '#' && found.contains(['"', '\'']));
        if quoted && self.before == "." {
            return (format!("{shown} cannot be selected"), "expected a name or a plain string after `.`".into(), none);
        }
        match found {
            ";" => {
                return (
                    "unexpected `;`".into(),
                    "expected `,` or a new line".into(),
                    Some("declarations are separated by new lines or `,`".into()),
                );
            }
            "<-" => {
                return (
                    "`<-` is not an operator".into(),
                    "here".into(),
                    Some("for less than a negative number, put a space between: `< -1`".into()),
                );
            }
            "=" => {
                return (
                    "unexpected `=`".into(),
                    "expected `:` or an operator".into(),
                    Some("a field is written `name: value`; `let name = value` names an intermediate value; equality is `==`".into()),
                );
            }
            _ => {}
        }
        if !found.is_empty() && matches!(first, '^' | '%' | '`' | '\\') || (!first.is_ascii() && !first.is_alphabetic())
        {
            return (format!("unexpected character {shown}"), "CUE has no use for it here".into(), none);
        }
        let ends = ends_expression(self.before);
        let operator = matches!(
            found,
            "+" | "*" | "/" | "|" | "||" | "&" | "&&" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "=~" | "!~" | "-" | "."
        );
        if ends && operator && self.new_line {
            return (
                format!("{shown} at the start of a line"),
                "the expression ended with the line before".into(),
                Some(format!("put the {shown} at the end of the line before, so that the expression goes on")),
            );
        }
        let close = match self.open {
            Some('(') => Some(')'),
            Some('[') => Some(']'),
            Some(_) => Some('}'),
            None => None,
        };
        if ends {
            let expected = match (self.open, close) {
                (Some('('), _) => "`,` or `)`".to_owned(),
                (_, Some(c)) => format!("`,`, a new line or `{c}`"),
                _ => "`,` or a new line".to_owned(),
            };
            if matches!(self.before, "import" | "package") {
                let message = format!("`{}` after other declarations", self.before);
                return (message, "expected before this: nothing but the package clause and imports".into(), None);
            }
            let starts_value = first.is_ascii_digit() || matches!(first, '{' | '[' | '\'');
            let clause = matches!(self.line_start, "for" | "if" | "let" | "try");
            let help = if clause && (self.new_line || self.open != Some('[')) && found != "{" {
                Some(form_of(self.line_start).to_owned())
            } else if matches!(found, "div" | "mod" | "quo" | "rem") && !self.new_line {
                Some(format!("{shown} is a function: `{found}(a, b)`"))
            } else if !self.new_line && !operator && (is_name(found) || first == '"') && is_name(self.before) {
                Some(format!("did you mean `{}: …`?", self.before))
            } else if !self.new_line && starts_value && self.before == self.line_start && is_name(self.before) {
                Some(format!("a field is written `{}: value`", self.before))
            } else {
                None
            };
            return (format!("unexpected {shown}"), format!("expected {expected} before this"), help);
        }
        let what = match self.before {
            "" | "{" | "," if self.open != Some('[') && self.open != Some('(') => "a field or a value".to_owned(),
            "[" | "," if self.open == Some('[') => "an element or `]`".to_owned(),
            "(" if self.open == Some('(') => "an expression".to_owned(),
            "" => "an expression".to_owned(),
            "." => "a name after `.`".to_owned(),
            before => format!("a value after `{before}`"),
        };
        (format!("expected {what}, found {shown}"), "here".into(), none)
    }
}

fn form_of(word: &str) -> &'static str {
    match word {
        "for" => "a loop is written `for k, v in x { … }`",
        "if" => "a condition is written `if x { … }`",
        "let" => "a let clause is written `let x = …`",
        _ => "it is written `try { … }` or `try x = … { … }`",
    }
}

fn shown(found: &str) -> String {
    if found.is_empty() {
        return "the end".into();
    }
    let line = found.lines().next().unwrap_or_default();
    if line.chars().count() > 24 || line.len() < found.len() {
        let short: String = line.chars().take(20).collect();
        return format!("`{short}…`");
    }
    format!("`{line}`")
}

fn is_name(token: &str) -> bool {
    token.chars().next().is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '$' | '#'))
}

fn ends_expression(token: &str) -> bool {
    match token.chars().last() {
        None => false,
        Some(')' | ']' | '}' | '?' | '"' | '\'' | '#') => true,
        Some('.') => token == "..." || token.len() > 1,
        Some('|') => token == "_|_",
        Some(c) => c.is_alphanumeric() || matches!(c, '_' | '$'),
    }
}

/// Why a text that begins like a number is none.
fn number(text: &str) -> Option<(String, Option<&'static str>)> {
    let lower = text.to_ascii_lowercase();
    if text.contains("__") || text.ends_with('_') || text.contains("_.") || text.contains("._") {
        return Some((format!("`{text}`: in a number, `_` stands between two digits"), None));
    }
    for (prefix, name, radix) in [("0x", "hexadecimal", 16), ("0b", "binary", 2), ("0o", "octal", 8)] {
        if let Some(rest) = lower.strip_prefix(prefix) {
            if rest.is_empty() {
                return Some((format!("`{text}`: a {name} number needs digits"), None));
            }
            if let Some(c) = rest.chars().find(|c| *c != '_' && !c.is_digit(radix)) {
                return Some((format!("`{text}`: `{c}` is not a {name} digit"), None));
            }
            return Some((format!("`{text}` is not a number"), Some("the prefix is lower case: `0b`, `0o`, `0x`")));
        }
    }
    if let Some((_, exponent)) = lower.split_once('e')
        && lower.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && !exponent.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
    {
        return Some((format!("`{text}`: an exponent needs digits"), None));
    }
    if text.chars().any(|c| c.is_alphabetic()) {
        return Some((
            format!("`{text}` is not a number"),
            Some("text goes between quotes; multipliers are K, M, G, T, P, Ki, Mi, Gi, Ti, Pi"),
        ));
    }
    if text.matches('.').count() > 1 {
        return Some((format!("`{text}` is not a number"), Some("a version or an address goes between quotes")));
    }
    None
}

/// Of an integer such as `0644`: what to say and what to do.
pub(crate) fn leading_zeros(text: &str) -> (String, &'static str) {
    (format!("`{text}`: an integer has no leading zeros"), "octal numbers are written `0o17`; text goes between quotes")
}

/// A coarse split into tokens: names, numbers, whole simple strings, operators. Good enough to show.
fn tokens(text: &str) -> Vec<(usize, usize)> {
    let b = text.as_bytes();
    let byte = |i: usize| b.get(i).copied().unwrap_or(0);
    let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'$' || c >= 0x80;
    let mut out = Vec::new();
    let mut i = 0;
    while i < b.len() {
        let start = i;
        match byte(i) {
            b' ' | b'\t' | b'\r' | b'\n' => {
                i += 1;
                continue;
            }
            b'/' if byte(i + 1) == b'/' => {
                while i < b.len() && byte(i) != b'\n' {
                    i += 1;
                }
                continue;
            }
            b'_' if text.get(i..).is_some_and(|t| t.starts_with("_|_")) => i += 3,
            b'"' | b'\'' => i = string_end(b, i, 0),
            b'#' => {
                while byte(i) == b'#' {
                    i += 1;
                }
                if matches!(byte(i), b'"' | b'\'') {
                    i = string_end(b, i, i - start);
                } else {
                    while word(byte(i)) {
                        i += 1;
                    }
                }
            }
            c if c.is_ascii_digit() || (c == b'.' && byte(i + 1).is_ascii_digit()) => {
                i += 1;
                while word(byte(i))
                    || (byte(i) == b'.' && byte(i + 1) != b'.')
                    || (matches!(byte(i), b'+' | b'-') && matches!(byte(i - 1), b'e' | b'E'))
                {
                    i += 1;
                }
            }
            c if word(c) => {
                while word(byte(i)) || (i == start + 1 && byte(start) == b'_' && byte(i) == b'#') {
                    i += 1;
                }
            }
            b'.' if byte(i + 1) == b'.' && byte(i + 2) == b'.' => i += 3,
            c @ (b'<' | b'>' | b'=' | b'!' | b'&' | b'|') => {
                i += 1;
                let two = byte(i);
                if (two == b'=' && c != b'&' && c != b'|')
                    || (two == b'~' && (c == b'=' || c == b'!'))
                    || (two == c && (c == b'&' || c == b'|'))
                    || (two == b'-' && c == b'<')
                {
                    i += 1;
                }
            }
            _ => i += 1,
        }
        out.push((start, i.min(b.len())));
    }
    out
}

/// Where a literal ends whose quote stands at `i`; interpolations are walked over as text.
fn string_end(b: &[u8], i: usize, hashes: usize) -> usize {
    let byte = |i: usize| b.get(i).copied().unwrap_or(0);
    let mark = byte(i);
    let triple = byte(i + 1) == mark && byte(i + 2) == mark;
    let width = if triple { 3 } else { 1 };
    let mut p = i + width;
    while p < b.len() {
        if byte(p) == b'\\' && hashes == 0 {
            p += 2;
            continue;
        }
        let close = (0..width).all(|k| byte(p + k) == mark) && (0..hashes).all(|k| byte(p + width + k) == b'#');
        if close {
            return p + width + hashes;
        }
        if !triple && byte(p) == b'\n' {
            return p;
        }
        p += 1;
    }
    b.len()
}
