//! `strconv.FormatFloat`: floats of 32 and 64 bits in Go's notations.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::data::DataValue;

builtins! { "strconv";
    /// `FormatFloat(f, fmt, prec, bitSize)` is `f` as a float of 32 or 64 bits in a notation: `f` (no exponent), `e` or `E` (with exponent),
    /// `g` or `G` (with one where it is large), `b` (binary exponent), `x` or `X` (hexadecimal). `prec` is the digits behind the point, or all of
    /// them for `g`; -1 is as many as identify the float.
    pure FormatFloat(f: NUMBER, fmtVal: TOP, prec: INT, bitSize: INT) = format_float;
}

/// Digits that are written at most.
const MAX_DIGITS: i64 = 10_000;

fn format_float(args: Args<'_>) -> Outcome<String> {
    let format = match &args.data(1)?.value {
        DataValue::String(s) if s.len() == 1 => s.chars().next().unwrap_or_default(),
        DataValue::String(_) => return Fault::error("expected single character string"),
        DataValue::Number(n) if n.is_int() => match n.to_u64().and_then(|n| u8::try_from(n).ok()) {
            Some(byte) => char::from(byte),
            None => return Fault::error(format!("format value {} out of range [0, 255]", n.to_json())),
        },
        DataValue::Number(_) => return Fault::error("unexpected kind float"),
        _ => return Fault::error("expected a string or an int for the notation"),
    };
    let precision = args.int(2)?;
    if precision > MAX_DIGITS {
        return Fault::error(format!("precision {precision} exceeds limit of {MAX_DIGITS}"));
    }
    let precision = usize::try_from(precision).ok();
    let value = args.number(0)?.to_f64();
    let single = match args.int(3)? {
        32 => true,
        64 => false,
        _ => return Fault::error("strconv: illegal AppendFloat/FormatFloat bitSize"),
    };
    let value = if single { f64::from(value as f32) } else { value };
    if !value.is_finite() {
        return Ok(if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned());
    }
    Ok(match format {
        'f' => fixed(value, precision, single),
        'e' | 'E' => scientific(value, precision, single, format),
        'g' | 'G' => general(value, precision, single, format),
        'b' => binary(value, single),
        'x' | 'X' => hexadecimal(value, precision, format),
        other => format!("%{other}"),
    })
}

/// The digits that identify the float, or as many as asked for, and the power of ten of the first.
fn decimal(value: f64, digits: Option<usize>, single: bool) -> (String, i32) {
    let text = match digits {
        Some(n) => format!("{:.*e}", n.saturating_sub(1), value.abs()),
        None if single => format!("{:e}", (value as f32).abs()),
        None => format!("{:e}", value.abs()),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn sign(value: f64) -> &'static str {
    if value.is_sign_negative() { "-" } else { "" }
}

fn fixed(value: f64, precision: Option<usize>, single: bool) -> String {
    match precision {
        Some(n) => format!("{value:.n$}"),
        None if single => format!("{}", value as f32),
        None => format!("{value}"),
    }
}

fn exponent(e: char, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{e}{sign}{:02}", exponent.unsigned_abs())
}

fn with_point(digits: &str) -> String {
    match digits.split_at_checked(1) {
        Some((first, rest)) if !rest.is_empty() => format!("{first}.{rest}"),
        _ => digits.to_owned(),
    }
}

fn scientific(value: f64, precision: Option<usize>, single: bool, e: char) -> String {
    let (digits, power) = decimal(value, precision.map(|p| p + 1), single);
    format!("{}{}{}", sign(value), with_point(&digits), exponent(e, power))
}

fn general(value: f64, precision: Option<usize>, single: bool, format: char) -> String {
    let (digits, power) = decimal(value, precision.map(|p| p.max(1)), single);
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    let limit = match precision {
        // Printed with as many digits as needed, numbers from a million on get an exponent.
        None => 6,
        Some(p) if p > digits.len() && digits.len() as i32 > power => digits.len() as i32,
        Some(p) => i32::try_from(p.max(1)).unwrap_or(i32::MAX),
    };
    if power < -4 || power >= limit {
        let e = if format == 'G' { 'E' } else { 'e' };
        return format!("{}{}{}", sign(value), with_point(digits), exponent(e, power));
    }
    let places = (digits.len() as i32 - 1 - power).max(0) as usize;
    match power {
        0.. => {
            let padded = format!("{digits:0<width$}", width = power as usize + 1);
            let (whole, fraction) = padded.split_at(power as usize + 1);
            let point = if places > 0 { "." } else { "" };
            format!("{}{whole}{point}{fraction}", sign(value))
        }
        _ => format!("{}0.{}{digits}", sign(value), "0".repeat(power.unsigned_abs() as usize - 1)),
    }
}

/// The mantissa as a whole number and the power of two.
fn binary(value: f64, single: bool) -> String {
    let (mantissa, power) = if single {
        let bits = (value as f32).to_bits();
        let exponent = (bits >> 23 & 0xff) as i32;
        let fraction = u64::from(bits & 0x7f_ffff);
        if exponent == 0 { (fraction, -149) } else { (fraction | 1 << 23, exponent - 150) }
    } else {
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
    };
    format!("{}{mantissa}p{power:+}", sign(value))
}

/// `0x1.8p+00`; with `precision` the hexadecimal digits behind the point.
fn hexadecimal(value: f64, precision: Option<usize>, format: char) -> String {
    let bits = value.abs().to_bits();
    let (mut mantissa, mut power) = ((bits & ((1 << 52) - 1)) << 8, (bits >> 52) as i32 - 1023);
    // The leading 1 stands at bit 60.
    if power == -1023 {
        power = if mantissa == 0 { 0 } else { -1022 };
        while mantissa != 0 && mantissa & 1 << 60 == 0 {
            mantissa <<= 1;
            power -= 1;
        }
    } else {
        mantissa |= 1 << 60;
    }
    if let Some(precision) = precision.filter(|p| *p < 15) {
        let shift = 60 - 4 * precision as u32;
        let rest = mantissa & ((1u64 << shift) - 1);
        mantissa >>= shift;
        let half = 1u64 << (shift - 1);
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= shift;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            power += 1;
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let digits = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(n) => format!("{digits:0<n$}").get(..n).unwrap_or_default().to_owned(),
    };
    let point = if digits.is_empty() { "" } else { "." };
    let text = format!("{}0x{}{point}{digits}p{}", sign(value), mantissa >> 60, exponent(' ', power).trim_start());
    if format == 'X' { text.to_uppercase() } else { text }
}
