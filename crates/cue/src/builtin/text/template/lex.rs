//! A template cut into text and actions, and an action into tokens.

use super::Failure;

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    /// What stands between the braces, and the line where it begins.
    Action(Vec<Token<'t>>, usize),
}

/// A part of an action.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    /// `if`, `len`, `true`
    Word(&'t str),
    /// `.name`; alone a dot.
    Field(&'t str),
    /// `$x`; alone the data.
    Variable(&'t str),
    Number(&'t str),
    Text(String),
    Char(char),
    /// `( ) | , = :=`
    Mark(&'static str),
    Space,
}

pub(super) fn pieces(template: &str) -> Result<Vec<Piece<'_>>, Failure> {
    let mut all = Vec::new();
    let (mut rest, mut line, mut trim) = (template, 1, false);
    loop {
        let (text, after) = match rest.split_once("{{") {
            Some((text, after)) => (text, Some(after)),
            None => (rest, None),
        };
        let trims_left = after.is_some_and(|a| a.starts_with('-') && a.chars().nth(1).is_some_and(char::is_whitespace));
        let mut shown = if trim { text.trim_start() } else { text };
        if trims_left {
            shown = shown.trim_end();
        }
        if !shown.is_empty() {
            all.push(Piece::Text(shown));
        }
        line += text.matches('\n').count();
        let Some(after) = after else { return Ok(all) };
        let body = if trims_left { after.get(1..).unwrap_or_default() } else { after };
        let fail = |message: &str| Failure { line, message: message.to_owned() };
        let (tokens, length, trims_right) = match body.trim_start().strip_prefix("/*") {
            Some(comment) => {
                let end = comment.find("*/").ok_or_else(|| fail("unclosed comment"))?;
                let behind = comment.get(end + 2..).unwrap_or_default();
                let dash = behind.trim_start().strip_prefix("-}}").filter(|_| behind.starts_with(char::is_whitespace));
                let close = dash
                    .or_else(|| behind.strip_prefix("}}"))
                    .ok_or_else(|| fail("comment ends before closing delimiter"))?;
                (None, body.len() - close.len(), dash.is_some())
            }
            None => {
                let (tokens, length, dash) = action(body).map_err(fail)?;
                (Some(tokens), length, dash)
            }
        };
        if let Some(tokens) = tokens {
            all.push(Piece::Action(tokens, line));
        }
        line += body.get(..length).unwrap_or_default().matches('\n').count();
        rest = body.get(length..).unwrap_or_default();
        trim = trims_right;
    }
}

/// The tokens up to `}}`, their length with it, and whether ` -}}` closes the action.
fn action(body: &str) -> Result<(Vec<Token<'_>>, usize, bool), &'static str> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = body.get(at..).unwrap_or_default();
        let Some(c) = rest.chars().next() else { return Err("unclosed action") };
        if rest.starts_with("}}") {
            return Ok((tokens, at + 2, false));
        }
        if rest.starts_with("-}}") && tokens.last() == Some(&Token::Space) {
            return Ok((tokens, at + 3, true));
        }
        let word = |text: &str| -> usize {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum()
        };
        let (token, length) = match c {
            c if c.is_whitespace() => (Token::Space, rest.len() - rest.trim_start().len()),
            '(' => (Token::Mark("("), 1),
            ')' => (Token::Mark(")"), 1),
            '|' => (Token::Mark("|"), 1),
            ',' => (Token::Mark(","), 1),
            '=' => (Token::Mark("="), 1),
            ':' if rest.starts_with(":=") => (Token::Mark(":="), 2),
            '"' => {
                let (text, length) = quoted(rest, '"').ok_or("unterminated quoted string")?;
                (Token::Text(text), length)
            }
            '`' => {
                let end = rest.get(1..).and_then(|r| r.find('`')).ok_or("unterminated raw quoted string")?;
                (Token::Text(rest.get(1..=end).unwrap_or_default().to_owned()), end + 2)
            }
            '\'' => {
                let (text, length) = quoted(rest, '\'').ok_or("unterminated character constant")?;
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => (Token::Char(c), length),
                    _ => return Err("malformed character constant"),
                }
            }
            '.' if !rest.chars().nth(1).is_some_and(|d| d.is_ascii_digit()) => {
                let length = 1 + word(rest.get(1..).unwrap_or_default());
                (Token::Field(rest.get(1..length).unwrap_or_default()), length)
            }
            '$' => {
                let length = 1 + word(rest.get(1..).unwrap_or_default());
                (Token::Variable(rest.get(..length).unwrap_or_default()), length)
            }
            '0'..='9' | '+' | '-' | '.' => {
                let digits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
                let length = 1 + rest.get(1..).unwrap_or_default().chars().take_while(|c| digits(*c)).count();
                (Token::Number(rest.get(..length).unwrap_or_default()), length)
            }
            c if c.is_alphabetic() || c == '_' => (Token::Word(rest.get(..word(rest)).unwrap_or_default()), word(rest)),
            _ => return Err("unexpected character in action"),
        };
        tokens.push(token);
        at += length;
    }
}

/// A literal with escapes, and its length.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        match c {
            '\n' => return None,
            c if c == quote => return Some((out, i + 1)),
            '\\' => {
                let (_, escape) = chars.next()?;
                let mut hex = |n: usize| {
                    let digits: String = chars.by_ref().take(n).map(|(_, c)| c).collect();
                    u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == n).and_then(char::from_u32)
                };
                out.push(match escape {
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'v' => '\u{b}',
                    'x' => hex(2)?,
                    'u' => hex(4)?,
                    'U' => hex(8)?,
                    '\\' | '\'' | '"' => escape,
                    _ => return None,
                });
            }
            c => out.push(c),
        }
    }
    None
}
