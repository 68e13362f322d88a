//! What a YAML scalar means: the tag, or for plain text its look, decides.

use crate::data::DataValue;
use crate::number::{Number, NumberKind};
use base64::Engine;
use smol_str::SmolStr;
use std::sync::Arc;

/// A plain scalar without a tag.
///
/// # Errors
/// When it looks like a number but has no value in CUE.
pub(super) fn plain(text: &str) -> Result<DataValue, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(DataValue::Null),
        "true" | "True" | "TRUE" => return Ok(DataValue::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(DataValue::Bool(false)),
        _ => {}
    }
    match number(text) {
        Some(result) => result.map(DataValue::Number),
        None => Ok(DataValue::String(SmolStr::new(text))),
    }
}

/// Whether plain text of this look is read back as something else than a string.
pub(super) fn looks_like_something_else(text: &str) -> bool {
    !matches!(plain(text), Ok(DataValue::String(_)))
}

/// A scalar with a tag of the YAML namespace, by its last part: `int`, `str`, `binary`, …
///
/// # Errors
/// When the text does not fit the tag, or the tag is not known.
pub(super) fn tagged(tag: &str, text: &str) -> Result<DataValue, String> {
    let mismatch = |what: &str| format!("cannot decode {text:?} as !!{tag}: {what}");
    match tag {
        "str" | "timestamp" => Ok(DataValue::String(SmolStr::new(text))),
        "null" => Ok(DataValue::Null),
        "bool" => match text {
            "true" | "True" | "TRUE" => Ok(DataValue::Bool(true)),
            "false" | "False" | "FALSE" => Ok(DataValue::Bool(false)),
            _ => Err(mismatch("neither true nor false")),
        },
        "int" => match number(text) {
            Some(Ok(n)) if n.is_int() => Ok(DataValue::Number(n)),
            Some(Err(why)) => Err(mismatch(&why)),
            _ => Err(mismatch("not an integer")),
        },
        "float" => match number(text) {
            Some(Ok(n)) => Ok(DataValue::Number(n)),
            Some(Err(why)) => Err(mismatch(&why)),
            None => Err(mismatch("not a number")),
        },
        "binary" => {
            let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            match base64::engine::general_purpose::STANDARD.decode(compact) {
                Ok(bytes) => Ok(DataValue::Bytes(Arc::from(bytes))),
                Err(_) => Err(mismatch("not base64")),
            }
        }
        _ => Err(format!("unknown tag !!{tag}")),
    }
}

/// `None` when it does not look like a number.
fn number(text: &str) -> Option<Result<Number, String>> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    match body {
        ".inf" | ".Inf" | ".INF" => {
            return Some(Err(format!("{text} has no value in CUE: quote it to make it a string")));
        }
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => {
            return Some(Err(format!("{text} has no value in CUE: quote it to make it a string")));
        }
        _ => {}
    }
    if !body.starts_with(|c: char| c == '.' || c.is_ascii_digit()) {
        return None;
    }
    let signed = |n: Number| if negative { n.negated() } else { n };
    let radix = match body.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0b" | "0B") => 2,
        Some("0o" | "0O") => 8,
        _ => 10,
    };
    if radix != 10 {
        let digits = body.get(2..)?.replace('_', "");
        return parse_radix(&digits, radix).map(|n| Ok(signed(n)));
    }
    let digits = body.replace('_', "");
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        if digits.len() > 1 && digits.starts_with('0') {
            // Octal as in YAML 1.1; `08` is text.
            return parse_radix(&digits, 8).map(|n| Ok(signed(n)));
        }
        if body.contains('_') && Number::parse_literal(body).is_err() {
            return Some(Err(format!("{text} has a misplaced `_`: quote it to make it a string")));
        }
        return Number::parse_literal(&digits).ok().map(|n| Ok(signed(n)));
    }
    if !is_float(&digits) {
        return None;
    }
    // Where a 64-bit float overflows, YAML readers see text.
    digits.parse::<f64>().ok().filter(|f| f.is_finite())?;
    let number = Number::parse_decimal(&digits, NumberKind::Float)?;
    Some(Ok(signed(number)))
}

fn parse_radix(digits: &str, radix: u32) -> Option<Number> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    num_bigint::BigUint::parse_bytes(digits.as_bytes(), radix).map(Number::from)
}

/// Digits with at most one point and at most one exponent, at least one digit in front of the exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(result: Result<DataValue, String>) -> String {
        match result {
            Ok(DataValue::Number(n)) => n.to_cue(),
            Ok(DataValue::String(s)) => format!("{s:?}"),
            Ok(DataValue::Bytes(b)) => format!("bytes {b:?}"),
            Ok(DataValue::Bool(b)) => b.to_string(),
            Ok(_) => "null".to_owned(),
            Err(e) => format!("error: {e}"),
        }
    }

    #[test]
    fn plain_scalars() {
        let lines: Vec<String> = [
            "yes",
            "True",
            "tRue",
            "~",
            "NULL",
            "nULL",
            "0x1F",
            "0X_1f",
            "0o17",
            "0o8",
            "017",
            "08",
            "09.5",
            "0b101",
            "0b2",
            "0x",
            "1_000",
            "1__0",
            "1_",
            "1.5",
            ".5",
            "5.",
            "1e3",
            "1e+3",
            "1e",
            "e1",
            ".e1",
            "+5",
            "-5.50",
            "-0",
            "+-5",
            ".inf",
            "-.INF",
            ".NaN",
            "inf",
            "2001-12-14",
            "190:20:30",
            "1e400",
            "1.2.3",
            "1K",
            "-",
            ".",
            "-0x1F",
            "-017",
            "12345678901234567890123456789",
            "1_000.5",
        ]
        .iter()
        .map(|text| format!("{text}: {}", show(plain(text))))
        .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn tagged_scalars() {
        let lines: Vec<String> = [
            ("str", "5"),
            ("int", "0x1F"),
            ("int", "5.0"),
            ("int", "x"),
            ("float", "5"),
            ("float", "x"),
            ("bool", "true"),
            ("bool", "yes"),
            ("null", "x"),
            ("binary", "aGVs\n bG8="),
            ("binary", "_"),
            ("timestamp", "2001-01-01"),
            ("color", "x"),
        ]
        .iter()
        .map(|(tag, text)| format!("!!{tag} {text:?}: {}", show(tagged(tag, text))))
        .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
