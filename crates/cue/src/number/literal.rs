//! Number literals of CUE source and of JSON, exact.
//!
//! `0x1F`, `0b101`, `0o17`, `1_000`, `.5`, `072.40`, `1.`, `1e3`, and the SI and IEC suffixes `1.5K`, `2Gi`, which must
//! give a whole number (cue-language §1.1).

use super::coefficient::Coefficient;
use super::{MAX_EXPONENT, Number, NumberKind};
use num_bigint::BigUint;

/// Why a literal is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LiteralError {
    /// No digits, a letter too many, …
    #[error("illegal number")]
    Malformed,
    /// `08`
    #[error("illegal integer number: leading zeros are not allowed")]
    LeadingZero,
    /// `1__0`, `1_`
    #[error("illegal '_' in number")]
    Underscore,
    /// `1.3Ki`
    #[error("number cannot be represented as int")]
    NotIntegral,
    /// Past ±100000.
    #[error("exponent out of range")]
    ExponentOutOfRange,
}

/// `K` to `P`, as powers of 1000 or 1024.
const SUFFIXES: &[u8] = b"KMGTP";

impl Number {
    /// The value of a CUE number literal, without a sign.
    ///
    /// # Errors
    /// When the text is not a literal, or its value has no place: `1.3Ki`, `1e200000`.
    pub fn parse_literal(text: &str) -> Result<Number, LiteralError> {
        // Nearly all literals are a few digits.
        if text.len() < 19 && !text.starts_with('0') && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            let value = text.bytes().fold(0u64, |n, b| n * 10 + u64::from(b - b'0'));
            return Ok(Number::from(value));
        }
        let radix = match text.get(..2) {
            Some("0x" | "0X") => 16,
            Some("0o") => 8,
            Some("0b") => 2,
            _ => 10,
        };
        let body = if radix == 10 { text } else { text.get(2..).unwrap_or_default() };
        let digits = plain_digits(body, radix == 16)?;
        if radix != 10 {
            let value = BigUint::parse_bytes(digits.as_bytes(), radix).ok_or(LiteralError::Malformed)?;
            return Ok(Number::from(value));
        }
        let (mantissa, multiplier) = split_suffix(&digits);
        if let Some(multiplier) = multiplier {
            if mantissa.contains(['e', 'E']) {
                return Err(LiteralError::Malformed);
            }
            return scaled(mantissa, multiplier);
        }
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            if digits.len() > 1 && digits.starts_with('0') {
                return Err(LiteralError::LeadingZero);
            }
            return Number::parse_decimal(&digits, NumberKind::Int).ok_or(LiteralError::Malformed);
        }
        let number = Number::parse_decimal(&digits, NumberKind::Float);
        number.ok_or_else(|| {
            let exponent = digits.rsplit(['e', 'E']).next().unwrap_or_default();
            let well_formed = exponent.len() < digits.len() && exponent.trim_start_matches(['+', '-']).len() > 5;
            if well_formed { LiteralError::ExponentOutOfRange } else { LiteralError::Malformed }
        })
    }

    /// The value of a JSON number: an int unless it has a point or an exponent. `None` when it is not one.
    pub fn parse_json(text: &str) -> Option<Number> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let bytes = digits.as_bytes();
        let whole = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
        let leading_zero = whole > 1 && bytes.first() == Some(&b'0');
        let bare_point =
            bytes.iter().position(|b| *b == b'.').is_some_and(|p| !bytes.get(p + 1).is_some_and(u8::is_ascii_digit));
        if whole == 0 || leading_zero || bare_point {
            return None;
        }
        let kind = if whole == bytes.len() { NumberKind::Int } else { NumberKind::Float };
        let number = Number::parse_decimal(digits, kind)?;
        Some(Number { negative: negative && !number.is_zero(), ..number })
    }

    /// Digits, point and exponent, without sign: `1`, `1.`, `.5`, `1.5e-3`. `None` when malformed or out of range.
    pub(crate) fn parse_decimal(text: &str, kind: NumberKind) -> Option<Number> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (text.get(..at)?, parse_exponent(text.get(at + 1..)?)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let coefficient = match (whole.len() + fraction.len()) < 19 {
            true => {
                let mut value = 0u64;
                for b in whole.bytes().chain(fraction.bytes()) {
                    value = value * 10 + u64::from(if b.is_ascii_digit() { b - b'0' } else { return None });
                }
                Coefficient::Small(value)
            }
            false => {
                let digits = format!("{whole}{fraction}");
                if !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                Coefficient::from(BigUint::parse_bytes(digits.as_bytes(), 10)?)
            }
        };
        let exponent = i32::try_from(exponent - fraction.len() as i64).ok()?;
        Number { coefficient, exponent, negative: false, kind }.in_range().ok()
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i64 = digits.parse().ok()?;
    let signed = if text.starts_with('-') { -value } else { value };
    (value <= i64::from(MAX_EXPONENT) * 4).then_some(signed)
}

/// Without its underscores, each of which must stand between two digits.
fn plain_digits(text: &str, hex: bool) -> Result<String, LiteralError> {
    let is_digit = |b: Option<&u8>| b.is_some_and(|b| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() });
    let bytes = text.as_bytes();
    let mut plain = String::with_capacity(text.len());
    for (i, c) in text.char_indices() {
        if c != '_' {
            plain.push(c);
        } else if !is_digit(i.checked_sub(1).and_then(|j| bytes.get(j))) || !is_digit(bytes.get(i + 1)) {
            return Err(LiteralError::Underscore);
        }
    }
    if plain.is_empty() { Err(LiteralError::Malformed) } else { Ok(plain) }
}

fn split_suffix(text: &str) -> (&str, Option<BigUint>) {
    let (body, base) = match text.strip_suffix('i') {
        Some(body) => (body, 1024u32),
        None => (text, 1000u32),
    };
    let power = body.bytes().last().and_then(|last| SUFFIXES.iter().position(|s| *s == last));
    match (power, body.len().checked_sub(1).and_then(|n| body.get(..n))) {
        (Some(power), Some(mantissa)) => (mantissa, Some(BigUint::from(base).pow(power as u32 + 1))),
        _ => (text, None),
    }
}

fn scaled(mantissa: &str, multiplier: BigUint) -> Result<Number, LiteralError> {
    let whole = mantissa.bytes().all(|b| b.is_ascii_digit());
    if whole && mantissa.len() > 1 && mantissa.starts_with('0') {
        return Err(LiteralError::LeadingZero);
    }
    let number = Number::parse_decimal(mantissa, NumberKind::Int).ok_or(LiteralError::Malformed)?;
    let coefficient = Coefficient::from(number.coefficient.to_big() * multiplier);
    let product = Number { coefficient, ..number };
    product.to_bigint().map(Number::from).ok_or(LiteralError::NotIntegral)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn literals_are_exact() {
        for (text, cue, json) in [
            ("0", "0", "0"),
            ("3.", "3.0", "3"),
            (".5", "0.5", "0.5"),
            ("072.40", "72.40", "72.40"),
            ("1e3", "1e+3", "1E+3"),
            ("1.0e3", "1.0e+3", "1.0E+3"),
            ("1.e3", "1e+3", "1E+3"),
            ("0.1e-6", "1e-7", "1E-7"),
            ("1e-3", "0.001", "0.001"),
            ("0x1F", "31", "31"),
            ("0XfF", "255", "255"),
            ("0b101", "5", "5"),
            ("0o17", "15", "15"),
            ("1_000", "1000", "1000"),
            ("0x1_F", "31", "31"),
            ("1.5K", "1500", "1500"),
            ("2Gi", "2147483648", "2147483648"),
            (".5Ki", "512", "512"),
            ("1.K", "1000", "1000"),
            ("0.1K", "100", "100"),
            ("0K", "0", "0"),
            ("0e5", "0e+5", "0E+5"),
            ("0.0e-9", "0.0000000000", "0.0000000000"),
            (
                "12345678901234567890123456789012345678901234567890",
                "12345678901234567890123456789012345678901234567890",
                "12345678901234567890123456789012345678901234567890",
            ),
        ] {
            let number = Number::parse_literal(text).unwrap();
            assert_eq!((number.to_cue().as_str(), number.to_json().as_str()), (cue, json), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_literal_says_why() {
        for (text, expected) in [
            ("01", LiteralError::LeadingZero),
            ("1__0", LiteralError::Underscore),
            ("1_", LiteralError::Underscore),
            ("_1", LiteralError::Underscore),
            ("1_.5", LiteralError::Underscore),
            ("0x", LiteralError::Malformed),
            ("0b12", LiteralError::Malformed),
            ("", LiteralError::Malformed),
            (".", LiteralError::Malformed),
            ("1.2.3", LiteralError::Malformed),
            ("1e", LiteralError::Malformed),
            ("1e5K", LiteralError::Malformed),
            ("K", LiteralError::Malformed),
            ("1.3Ki", LiteralError::NotIntegral),
            ("1.0001K", LiteralError::NotIntegral),
            ("1e1000000", LiteralError::ExponentOutOfRange),
            ("1e99999999999999999999", LiteralError::ExponentOutOfRange),
        ] {
            assert_eq!(Number::parse_literal(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn json_numbers_keep_their_scale() {
        for (text, expected) in [("-1.50", "-1.50"), ("1e3", "1E+3"), ("10", "10"), ("-0", "0"), ("-0.0", "0.0")] {
            assert_eq!(Number::parse_json(text).unwrap().to_json(), expected);
        }
        for text in ["", "-", "+1", "01", "1.", ".5", "1e", "0x1", "1_0", "1.e3", "NaN"] {
            assert_eq!(Number::parse_json(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_number_or_an_error(text in "[0-9_.eExXKMGi+-]{0,24}") {
            if let Ok(number) = Number::parse_literal(&text) {
                let again = Number::parse_literal(&number.to_cue()).unwrap();
                proptest::prop_assert_eq!(again.to_cue(), number.to_cue());
                proptest::prop_assert_eq!(again.kind(), number.kind());
            }
        }
    }
}
