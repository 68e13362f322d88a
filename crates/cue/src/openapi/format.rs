//! The formats that OpenAPI knows, and the types of CUE that are theirs.

use crate::api::{Constraint, Kinds, View};
use crate::data::{Data, DataValue, Fields};
use crate::number::Number;
use crate::program::Value;
use cue_syntax::ast::Expr;

/// A type's name, its format, and the bounds that the format implies.
const NUMBERS: [(&str, &str, &str, &str); 4] = [
    ("int32", "int32", "-2147483648", "2147483647"),
    ("int64", "int64", "-9223372036854775808", "9223372036854775807"),
    (
        "float32",
        "float",
        "-3.40282346638528859811704183484516925440e+38",
        "3.40282346638528859811704183484516925440e+38",
    ),
    (
        "float64",
        "double",
        "-1.797693134862315708145274237317043567981e+308",
        "1.797693134862315708145274237317043567981e+308",
    ),
];

/// Layouts of `time.Format` that are formats.
const LAYOUTS: [(&str, &str); 2] = [("2006-01-02", "date"), ("2006-01-02T15:04:05.999999999Z07:00", "date-time")];

/// The format of a value; empty when it has none.
pub(super) fn format_of(value: Value<'_>) -> &'static str {
    if value.kind().and(Kinds::NUMBER.or(Kinds::TEXT)).is_empty() {
        return "";
    }
    let View::Constraint(parts) = value.view() else { return "" };
    if let [Constraint::Call(package, function, arguments)] = parts.as_slice() {
        if package != "time" {
            return "";
        }
        return match (function.as_str(), arguments.as_slice()) {
            ("Time", []) => "date-time",
            ("Format", [layout]) => match layout.view() {
                View::Scalar(Data { value: DataValue::String(text), .. }) => {
                    LAYOUTS.iter().find(|(l, _)| *l == text).map_or("", |(_, format)| format)
                }
                _ => "",
            },
            _ => "",
        };
    }
    match crate::export::expression(value, &crate::export::Options::EVAL) {
        Expr::Ident(name) if name.name == "bytes" => "binary",
        Expr::Ident(name) => NUMBERS.iter().find(|(n, ..)| *n == name.name).map_or("", |(_, format, ..)| format),
        _ => "",
    }
}

/// Drops the bounds that a format implies.
pub(super) fn simplify(schema: &mut Fields, format: &str) {
    let Some((_, _, low, high)) = NUMBERS.iter().find(|(_, f, ..)| *f == format) else { return };
    for (key, limit) in [("minimum", low), ("maximum", high)] {
        let implied = match (schema.get(key), number(limit)) {
            (Some(Data { value: DataValue::Number(n), .. }), Some(limit)) => n.same_value(&limit),
            _ => false,
        };
        if implied {
            schema.shift_remove(key);
        }
    }
}

fn number(text: &str) -> Option<Number> {
    match text.strip_prefix('-') {
        Some(rest) => Number::parse_literal(rest).ok().map(|n| n.negated()),
        None => Number::parse_literal(text).ok(),
    }
}
