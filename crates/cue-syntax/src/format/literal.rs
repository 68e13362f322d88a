//! Numbers, strings and bytes as text.

use crate::ast::Text;

/// A number literal in canonical form: no bare dots, a lower-case exponent.
pub(crate) fn number(text: &str) -> String {
    let mut s = text.to_owned();
    if s.starts_with("0x") || s.starts_with("0X") {
        return s;
    }
    if let Some(p) = s.find('.') {
        if !s.get(p + 1..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit())) {
            s.insert(p + 1, '0');
        }
        if p == 0 && !s.ends_with(['K', 'M', 'G', 'T', 'P', 'i']) {
            s.insert(0, '0');
        }
    }
    if s.contains('E') { s.to_ascii_lowercase() } else { s }
}

/// Moves a multiline literal of the source to another indent. Others are returned as they are.
pub(crate) fn reindent(literal: &str, indent: usize) -> String {
    let marks = literal.trim_start_matches('#');
    if !(marks.starts_with("\"\"\"") || marks.starts_with("'''")) || !literal.contains('\n') {
        return literal.to_owned();
    }
    let literal = &literal.replace('\r', "");
    let Some((_, close)) = literal.rsplit_once('\n') else { return literal.to_owned() };
    let old: String = close.chars().take_while(|c| matches!(c, ' ' | '\t' | '\r')).collect();
    let new = "\t".repeat(indent);
    if old == new {
        return literal.to_owned();
    }
    let mut out = String::with_capacity(literal.len() + 16);
    for (i, line) in literal.split('\n').enumerate() {
        if i == 0 {
            out.push_str(line);
            continue;
        }
        out.push('\n');
        match line.strip_prefix(old.as_str()) {
            Some(rest) if !(rest.is_empty() && old.is_empty()) => {
                out.push_str(&new);
                out.push_str(rest);
            }
            _ => out.push_str(line),
        }
    }
    out
}

/// A string or bytes literal for decoded content.
pub(crate) fn quote(text: &Text, multiline: bool, indent: usize) -> String {
    match text {
        Text::String(s) if multiline => lines(s, indent),
        Text::String(s) => format!("\"{}\"", escape(s, '"', false)),
        Text::Bytes(b) => {
            let mut out = String::from("'");
            for chunk in b.utf8_chunks() {
                out.push_str(&escape(chunk.valid(), '\'', true));
                for byte in chunk.invalid() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
            }
            out.push('\'');
            out
        }
    }
}

/// The escaped text between quotes.
pub(crate) fn escape(text: &str, mark: char, bytes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == mark {
            out.push('\\');
            out.push(c);
        } else {
            escape_char(c, bytes, &mut out);
        }
    }
    out
}

fn escape_char(c: char, bytes: bool, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if (c as u32) < 0x20 && bytes => out.push_str(&format!("\\x{:02x}", c as u32)),
        c if is_print(c) => out.push(c),
        c if (c as u32) < 0x10000 => out.push_str(&format!("\\u{:04x}", c as u32)),
        c => out.push_str(&format!("\\U{:08x}", c as u32)),
    }
}

/// Whether a character is shown as it is: not a control, format or private character, and no space but the plain one.
fn is_print(c: char) -> bool {
    !(c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c as u32,
            0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F
            | 0xD800..=0xF8FF | 0xFEFF | 0xFFF0..=0xFFFB | 0xFFFE | 0xFFFF | 0x1D173..=0x1D17A | 0xE0000..=0x10FFFF))
}

/// A multiline literal.
fn lines(text: &str, indent: usize) -> String {
    let tabs = "\t".repeat(indent);
    // As many marks as keep `"""` in the text from ending it.
    let mut hashes = 0;
    let mut rest = text;
    while let Some(p) = rest.find("\"\"\"") {
        rest = rest.get(p..).unwrap_or_default().trim_start_matches('"');
        hashes = hashes.max(rest.chars().take_while(|c| *c == '#').count() + 1);
    }
    let marks = "#".repeat(hashes);
    let mut out = format!("{marks}\"\"\"\n");
    for line in text.split('\n') {
        if !line.is_empty() {
            out.push_str(&tabs);
        }
        for c in line.chars() {
            if c == '\\' || !is_print(c) {
                let mut e = String::new();
                escape_char(c, false, &mut e);
                out.push('\\');
                out.push_str(&marks);
                out.push_str(e.get(1..).unwrap_or_default());
            } else {
                out.push(c);
            }
        }
        out.push('\n');
    }
    out.push_str(&tabs);
    out.push_str("\"\"\"");
    out.push_str(&marks);
    out
}
