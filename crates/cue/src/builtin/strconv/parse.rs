//! `strconv.ParseBool`, `ParseFloat`, `ParseNumber`.

use super::invalid;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::number::{LiteralError, Number};

builtins! { "strconv";
    /// `ParseBool(str)` reads `1`, `t`, `T`, `true`, `TRUE`, `True` and their counterparts.
    pure ParseBool(str: STRING) = parse_bool;
    /// `ParseFloat(s, bitSize)` is the float of 32 or 64 bits that is nearest to what `s` stands for, decimal or hexadecimal.
    pure ParseFloat(s: STRING, bitSize: INT) = parse_float;
    /// `ParseNumber(s)` is the number that a CUE literal stands for: `1.5`, `0x1F`, `10Ki`, with or without sign. Exact.
    pure ParseNumber(s: STRING) = parse_number;
}

fn parse_bool(args: Args<'_>) -> Outcome<bool> {
    match args.string(0)? {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        text => invalid("ParseBool", text, "invalid syntax"),
    }
}

fn parse_float(args: Args<'_>) -> Outcome<Number> {
    let text = args.string(0)?;
    let plain = match text.contains('_') {
        true if text.starts_with('_') || text.ends_with('_') || text.contains("__") => {
            return invalid("ParseFloat", text, "invalid syntax");
        }
        true => text.replace('_', ""),
        false => text.to_owned(),
    };
    let word = plain.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if matches!(word.as_str(), "inf" | "infinity" | "nan") {
        return Fault::error(format!("{text} is not a number in CUE"));
    }
    let value = if word.starts_with("0x") { hexadecimal(&plain) } else { plain.parse().ok() };
    let Some(value) = value else { return invalid("ParseFloat", text, "invalid syntax") };
    // A float of 32 bits is rounded once more.
    let value = if args.int(1)? == 32 { f64::from(value as f32) } else { value };
    match Number::from_f64(value) {
        Some(number) => Ok(number),
        None => invalid("ParseFloat", text, "value out of range"),
    }
}

/// `0x1.8p-3`; the exponent is required.
fn hexadecimal(text: &str) -> Option<f64> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = body.get(2..)?.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) || digits.len() > 256 {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    // Exact: the digits as a whole number times a power of two, as a decimal, rounded once by the parser of floats.
    let coefficient = num_bigint::BigInt::parse_bytes(digits.as_bytes(), 16)?;
    let shift = exponent.checked_sub(4 * fraction.len() as i32)?.clamp(-2000, 2000);
    let number = if shift >= 0 {
        Number::from(coefficient << shift.unsigned_abs())
    } else {
        // n / 2^k = n * 5^k / 10^k
        let k = shift.unsigned_abs();
        Number::from_parts(
            coefficient * num_bigint::BigInt::from(5u32).pow(k),
            shift,
            crate::number::NumberKind::Float,
        )?
    };
    let value = number.to_f64();
    Some(if negative { -value } else { value })
}

fn parse_number(args: Args<'_>) -> Outcome<Number> {
    let text = args.string(0)?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    match Number::parse_literal(digits) {
        Ok(number) => Ok(if negative { number.negated() } else { number }),
        Err(LiteralError::Malformed) if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            invalid("ParseNumber", text, &format!("illegal number start {digits:?}"))
        }
        Err(why) => invalid("ParseNumber", text, &why.to_string()),
    }
}
