//! `strconv.Atoi`, `ParseInt`, `ParseUint`: text to int, of any size.

use super::invalid;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::number::Number;
use num_bigint::{BigInt, BigUint};

builtins! { "strconv";
    /// `Atoi(s)` is the int that the decimal digits of `s`, with or without sign, stand for.
    pure Atoi(s: STRING) = atoi;
    /// `ParseInt(s, base, bitSize)` is the int that `s` stands for in a base from 2 to 62; base 0 goes by the prefix (`0x`, `0o`, `0`,
    /// `0b`) and allows `_` between digits. It must fit `bitSize` bits; 0 is no limit.
    pure ParseInt(s: STRING, base: INT, bitSize: INT) = parse_int;
    /// `ParseUint(s, base, bitSize)` is `ParseInt` without a sign.
    pure ParseUint(s: STRING, base: INT, bitSize: INT) = parse_uint;
    /// The size of an int in bits, for programs that ask; CUE's ints have no limit.
    constant IntSize = "64";
}

fn atoi(args: Args<'_>) -> Outcome<Number> {
    signed("Atoi", args.string(0)?, 10, 0)
}

fn parse_int(args: Args<'_>) -> Outcome<Number> {
    signed("ParseInt", args.string(0)?, args.int(1)?, args.int(2)?)
}

fn parse_uint(args: Args<'_>) -> Outcome<Number> {
    let (text, base, bits) = (args.string(0)?, args.int(1)?, args.int(2)?);
    if text.starts_with('-') && magnitude("ParseUint", text, text.trim_start_matches('-'), base).is_ok() {
        return invalid("ParseUint", text, "value out of range");
    }
    let value = magnitude("ParseUint", text, text.strip_prefix('+').unwrap_or(text), base)?;
    match u64::try_from(bits) {
        Ok(bits) if bits == 0 || value.bits() <= bits => Ok(Number::from(value)),
        _ => invalid("ParseUint", text, "value out of range"),
    }
}

fn signed(function: &str, text: &str, base: i64, bits: i64) -> Outcome<Number> {
    let negative = text.starts_with('-');
    let value = BigInt::from(magnitude(function, text, text.strip_prefix(['+', '-']).unwrap_or(text), base)?);
    let value = if negative { -value } else { value };
    // -2^(bits-1) needs one bit more than its magnitude says.
    let needed = if negative { (&value + 1u32).bits() } else { value.bits() };
    match u64::try_from(bits) {
        Ok(bits) if bits == 0 || needed < bits => Ok(Number::from(value)),
        _ => invalid(function, text, "value out of range"),
    }
}

fn magnitude(function: &str, text: &str, digits: &str, base: i64) -> Outcome<BigUint> {
    let (digits, base, underscores) = match (base, digits.get(..2)) {
        (0, Some("0x" | "0X")) => (digits.get(2..).unwrap_or_default(), 16, true),
        (0, Some("0b" | "0B")) => (digits.get(2..).unwrap_or_default(), 2, true),
        (0, Some("0o" | "0O")) => (digits.get(2..).unwrap_or_default(), 8, true),
        (0, _) if digits.len() > 1 && digits.starts_with('0') => (digits.get(1..).unwrap_or_default(), 8, true),
        (0, _) => (digits, 10, true),
        (2..=62, _) => (digits, base as u32, false),
        _ => return Fault::error(format!("invalid number base {base}")),
    };
    let misplaced = digits.starts_with('_') && base == 10 || digits.ends_with('_') || digits.contains("__");
    if digits.is_empty() || (digits.contains('_') && (!underscores || misplaced)) {
        return invalid(function, text, "invalid syntax");
    }
    let mut values = Vec::with_capacity(digits.len());
    for b in digits.bytes().filter(|b| *b != b'_') {
        match digit(b, base) {
            Some(value) => values.push(value),
            None => return invalid(function, text, "invalid syntax"),
        }
    }
    match BigUint::from_radix_be(&values, base) {
        Some(value) => Ok(value),
        None => invalid(function, text, "invalid syntax"),
    }
}

/// Lower case letters are 10 to 35, upper case the same up to base 36, 36 to 61 above.
fn digit(b: u8, base: u32) -> Option<u8> {
    let value = match b {
        b'0'..=b'9' => b - b'0',
        b'a'..=b'z' => b - b'a' + 10,
        b'A'..=b'Z' if base <= 36 => b - b'A' + 10,
        b'A'..=b'Z' => b - b'A' + 36,
        _ => return None,
    };
    (u32::from(value) < base).then_some(value)
}
