//! Numbers as text: as CUE prints them and as JSON has them.

use super::{Number, NumberKind};

/// Zeros with fewer places than this behind the point are written out: `0.000` and not `0E-3`.
const LONGEST_ZERO: i32 = 2000;

impl Number {
    /// As JSON, string interpolation and `strconv` have it: `1E+3`, `1000`, `0.001`.
    pub fn to_json(&self) -> String {
        self.format('E')
    }

    /// As CUE source: an exponent is `e`, and a float can be told from an int: `1e+3`, `1000.0`.
    pub fn to_cue(&self) -> String {
        let mut text = self.format('e');
        if self.kind == NumberKind::Float && !text.contains(['e', '.']) {
            text.push_str(".0");
        }
        text
    }

    /// As YAML output has it: a float without point or exponent ends in a point: `1000.`.
    pub fn to_yaml(&self) -> String {
        if self.kind == NumberKind::Int {
            return self.format('e');
        }
        let mut text = self.format('E');
        if !text.contains(['E', '.']) {
            text.push('.');
        }
        text
    }

    /// Scientific form where the exponent is positive or the value is small, else plain: the general decimal
    /// arithmetic's to-scientific-string.
    fn format(&self, e: char) -> String {
        let mut out = String::new();
        self.put(e, &mut out);
        out
    }

    /// Appends what [`Number::to_json`] gives.
    pub(crate) fn put_json(&self, out: &mut String) {
        self.put('E', out);
    }

    fn put(&self, e: char, out: &mut String) {
        let mut room = [0; 20];
        let long;
        let digits = match self.coefficient.as_small() {
            Some(n) => decimal(n, &mut room),
            None => {
                long = self.coefficient.to_text();
                &long
            }
        };
        if self.negative {
            out.push('-');
        }
        let adjusted = self.adjusted();
        let plain_zero = self.is_zero() && self.exponent < 0 && self.exponent >= -LONGEST_ZERO;
        if self.exponent == 0 {
            out.push_str(digits);
        } else if self.exponent < 0 && (adjusted >= -6 || plain_zero) {
            let places = self.exponent.unsigned_abs() as usize;
            if digits.len() <= places {
                out.push_str("0.");
                out.extend(std::iter::repeat_n('0', places - digits.len()));
                out.push_str(digits);
            } else {
                let (whole, fraction) = digits.split_at(digits.len() - places);
                out.push_str(whole);
                out.push('.');
                out.push_str(fraction);
            }
        } else {
            let (first, rest) = digits.split_at(1);
            out.push_str(first);
            if !rest.is_empty() {
                out.push('.');
                out.push_str(rest);
            }
            out.push(e);
            out.push(if adjusted < 0 { '-' } else { '+' });
            out.push_str(&adjusted.unsigned_abs().to_string());
        }
    }

    /// All digits written out, never an exponent; with `places` the value is rounded half up to that many places behind
    /// the point (`strconv.FormatFloat` with `f`).
    pub fn to_plain(&self, places: Option<u32>) -> String {
        let (mut coefficient, mut exponent) = (self.coefficient.clone(), self.exponent);
        if let Some(places) = places {
            let surplus = -i64::from(exponent) - i64::from(places);
            if surplus > 0 {
                let surplus = surplus.min(i64::from(u32::MAX)) as u32;
                coefficient = if surplus as usize > coefficient.digits() {
                    0u64.into()
                } else {
                    coefficient.rounded_off(surplus)
                };
            } else {
                coefficient = coefficient.shifted(surplus.unsigned_abs() as u32);
            }
            exponent = -(places as i32);
        } else if exponent > 0 {
            coefficient = coefficient.shifted(exponent as u32);
            exponent = 0;
        }
        let digits = coefficient.to_text();
        let mut out = String::with_capacity(digits.len() + 3);
        if self.negative {
            out.push('-');
        }
        let places = exponent.unsigned_abs() as usize;
        if digits.len() <= places {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', places - digits.len()));
            out.push_str(&digits);
        } else {
            let (whole, fraction) = digits.split_at(digits.len() - places);
            out.push_str(whole);
            if !fraction.is_empty() {
                out.push('.');
                out.push_str(fraction);
            }
        }
        out
    }
}

/// The decimal digits of a machine word.
fn decimal(mut n: u64, room: &mut [u8; 20]) -> &str {
    let mut start = room.len();
    for (i, digit) in room.iter_mut().enumerate().rev() {
        *digit = b'0' + (n % 10) as u8;
        start = i;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    room.get(start..).and_then(|d| std::str::from_utf8(d).ok()).unwrap_or_default()
}

/// As JSON.
impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_json())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn plain_text_rounds_half_up_at_the_place_asked_for() {
        for (text, places, expected) in [
            ("1e3", None, "1000"),
            ("1.25e-3", None, "0.00125"),
            ("2.345", Some(2), "2.35"),
            ("2.3", Some(3), "2.300"),
            ("0.004", Some(2), "0.00"),
            ("0.005", Some(2), "0.01"),
            ("1e-500", Some(1), "0.0"),
            ("12", Some(0), "12"),
            ("12.5", Some(0), "13"),
        ] {
            assert_eq!(Number::parse_literal(text).unwrap().to_plain(places), expected, "{text} {places:?}");
        }
    }

    #[test]
    fn yaml_marks_floats_with_a_point() {
        for (text, expected) in [("1e3", "1E+3"), ("3.", "3."), ("2.50", "2.50"), ("7", "7")] {
            assert_eq!(Number::parse_literal(text).unwrap().to_yaml(), expected);
        }
    }
}
