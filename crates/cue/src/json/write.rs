//! Data to JSON text.

use crate::data::{Data, DataValue, Unknown};
use base64::Engine;

/// How it is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without space, as `json.Marshal` prints.
    Compact,
    /// One field or element a line, indented by four, as `cue export` prints.
    Indented,
}

impl Style {
    /// What stands behind a name.
    pub(crate) fn colon(self) -> &'static str {
        if self == Style::Compact { ":" } else { ": " }
    }
}

/// JSON text, without a newline at the end.
///
/// # Errors
/// When a part is not known yet.
pub fn write(data: &Data, style: Style) -> Result<String, Unknown> {
    let mut out = String::new();
    value(&mut out, data, style, 0)?;
    Ok(out)
}

fn value(out: &mut String, data: &Data, style: Style, depth: usize) -> Result<(), Unknown> {
    match &data.value {
        DataValue::Null => out.push_str("null"),
        DataValue::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        DataValue::Number(n) => n.put_json(out),
        DataValue::String(s) => quote(out, s),
        DataValue::Bytes(b) => bytes(out, b),
        DataValue::List(items) if items.is_empty() => out.push_str("[]"),
        DataValue::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                separate(out, style, depth + 1, i > 0);
                value(out, item, style, depth + 1)?;
            }
            separate(out, style, depth, false);
            out.push(']');
        }
        DataValue::Struct(fields) if fields.is_empty() => out.push_str("{}"),
        DataValue::Struct(fields) => {
            out.push('{');
            for (i, (name, field)) in fields.iter().enumerate() {
                separate(out, style, depth + 1, i > 0);
                quote(out, name);
                out.push_str(style.colon());
                value(out, field, style, depth + 1)?;
            }
            separate(out, style, depth, false);
            out.push('}');
        }
        DataValue::Unknown(id) => return Err(Unknown(*id)),
    }
    Ok(())
}

/// Bytes are a string in base64.
pub(crate) fn bytes(out: &mut String, bytes: &[u8]) {
    out.push('"');
    base64::engine::general_purpose::STANDARD.encode_string(bytes, out);
    out.push('"');
}

/// What stands before an entry, and before the end.
pub(crate) fn separate(out: &mut String, style: Style, depth: usize, comma: bool) {
    if comma {
        out.push(',');
    }
    if style == Style::Indented {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    }
}

/// Appends a JSON string literal: control characters and U+2028, U+2029 are escaped, nothing else is.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    // U+2028 and U+2029 begin with 0xe2.
    if !text.bytes().any(|b| b < 0x20 || matches!(b, b'"' | b'\\' | 0xe2)) {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut start = 0;
    for (i, c) in text.char_indices() {
        let escape = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            '\0'..='\u{1f}' => "",
            _ => continue,
        };
        out.push_str(text.get(start..i).unwrap_or_default());
        if escape.is_empty() {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push_str(escape);
        }
        start = i + c.len_utf8();
    }
    out.push_str(text.get(start..).unwrap_or_default());
    out.push('"');
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::json::parse;
    use std::sync::Arc;

    #[test]
    fn indents_by_four_and_leaves_empty_ones_on_their_line() {
        let data = parse(r#"{"a":[1,[],{}],"b":{"c":[{"d":"<&>\u2028\u0007"}]}}"#).unwrap();
        insta::assert_snapshot!(write(&data, Style::Indented).unwrap());
    }

    #[test]
    fn bytes_are_base64_and_unknown_values_are_not_written() {
        let bytes: Data = DataValue::Bytes(Arc::from(&b"hello\xff"[..])).into();
        assert_eq!(write(&bytes, Style::Compact).unwrap(), "\"aGVsbG//\"");
        let unknown: Data = DataValue::List(vec![DataValue::Unknown(7).into()]).into();
        assert_eq!(write(&unknown, Style::Compact), Err(Unknown(7)));
    }
}
