//! Data as TOML.

use crate::data::{Data, DataValue, Fields};
use std::fmt::Write as _;

/// A struct as a document: its plain values first, then its tables.
///
/// # Errors
/// In words, what TOML has no form for.
pub fn write(data: &Data) -> Result<String, String> {
    let DataValue::Struct(fields) = &data.value else { return Err("a TOML document is a struct".to_owned()) };
    let mut out = String::new();
    table(&mut out, "", fields)?;
    Ok(out)
}

/// Whether it is written as a table of its own, or as several.
fn is_table(data: &Data) -> bool {
    match &data.value {
        DataValue::Struct(_) => true,
        DataValue::List(items) => !items.is_empty() && items.iter().all(|d| matches!(d.value, DataValue::Struct(_))),
        _ => false,
    }
}

fn table(out: &mut String, path: &str, fields: &Fields) -> Result<(), String> {
    for (name, data) in fields.iter().filter(|(_, d)| !is_table(d)) {
        let _ = write!(out, "{} = ", key(name));
        inline(out, data)?;
        out.push('\n');
    }
    for (name, data) in fields.iter().filter(|(_, d)| is_table(d)) {
        let path = if path.is_empty() { key(name) } else { format!("{path}.{}", key(name)) };
        let head = |out: &mut String, open: &str, close: &str| {
            if !out.is_empty() {
                out.push('\n');
            }
            let _ = writeln!(out, "{open}{path}{close}");
        };
        match &data.value {
            DataValue::Struct(inner) => {
                head(out, "[", "]");
                cue_syntax::with_stack(|| table(out, &path, inner))?;
            }
            DataValue::List(items) => {
                for item in items {
                    if let DataValue::Struct(inner) = &item.value {
                        head(out, "[[", "]]");
                        cue_syntax::with_stack(|| table(out, &path, inner))?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if is_bare { name.to_owned() } else { string(name) }
}

/// In single quotes where nothing in it has to be escaped.
fn string(text: &str) -> String {
    if !text.contains('\'') && !text.chars().any(|c| c.is_control() && c != '\t') {
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn inline(out: &mut String, data: &Data) -> Result<(), String> {
    if data.labels.is_secret() {
        out.push_str("'***'");
        return Ok(());
    }
    match &data.value {
        DataValue::Null => return Err("TOML has no null".to_owned()),
        DataValue::Unknown(_) => return Err("a part of the value is not known yet".to_owned()),
        DataValue::Bool(b) => {
            let _ = write!(out, "{b}");
        }
        DataValue::Number(n) => {
            if n.is_int() && n.to_i64().is_none() {
                return Err(format!("TOML has no integer as large as {}", n.to_json()));
            }
            out.push_str(&n.to_json());
        }
        DataValue::String(s) => out.push_str(&string(s)),
        // As the reference writes them: TOML has no bytes, and base64 would not be read back as such either.
        DataValue::Bytes(bytes) => {
            let all: Vec<String> = bytes.iter().map(u8::to_string).collect();
            let _ = write!(out, "[{}]", all.join(", "));
        }
        DataValue::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                cue_syntax::with_stack(|| inline(out, item))?;
            }
            out.push(']');
        }
        DataValue::Struct(fields) => {
            out.push('{');
            for (i, (name, item)) in fields.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                let _ = write!(out, "{} = ", key(name));
                cue_syntax::with_stack(|| inline(out, item))?;
            }
            out.push('}');
        }
    }
    Ok(())
}
