//! Values as Go prints them.

use super::Value;
use crate::data::{Data, DataValue};
use crate::number::Number;

/// A value as an action prints it.
pub(super) fn plain(out: &mut String, value: &Value) {
    match value {
        None => out.push_str("<no value>"),
        Some(Data { value: DataValue::Null, .. }) => out.push_str("<no value>"),
        Some(data) => inner(out, data),
    }
}

/// A value as `%v` prints it.
pub(super) fn shown(value: &Value) -> String {
    let mut out = String::new();
    match value {
        None => out.push_str("<nil>"),
        Some(data) => inner(&mut out, data),
    }
    out
}

fn inner(out: &mut String, data: &Data) {
    match &data.value {
        DataValue::Null => out.push_str("<nil>"),
        DataValue::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        DataValue::Number(n) => out.push_str(&number(n)),
        DataValue::String(s) => out.push_str(s),
        DataValue::Bytes(b) => {
            let bytes: Vec<String> = b.iter().map(u8::to_string).collect();
            out.push_str(&format!("[{}]", bytes.join(" ")));
        }
        DataValue::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(' ');
                }
                inner(out, item);
            }
            out.push(']');
        }
        DataValue::Struct(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            out.push_str("map[");
            for (i, (name, field)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(' ');
                }
                out.push_str(name);
                out.push(':');
                inner(out, field);
            }
            out.push(']');
        }
        DataValue::Unknown(_) => out.push_str("<no value>"),
    }
}

/// An int by its digits; a float by the shortest digits, with an exponent when it is below 10^-4 or from 10^21 on.
pub(super) fn number(n: &Number) -> String {
    if n.is_int() {
        return n.to_plain(None);
    }
    float(n.to_f64())
}

pub(super) fn float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let power: i32 = exponent.parse().unwrap_or(0);
        return format!("{mantissa}e{}{:02}", if power < 0 { '-' } else { '+' }, power.unsigned_abs());
    }
    format!("{value}")
}
