//! `+ - * /` on decimals: 34 significant digits, rounded half up, ints too.

use super::coefficient::{Coefficient, power_of_ten};
use super::{MAX_EXPONENT, Number, NumberKind};
use num_bigint::BigUint;
use num_integer::Integer;
use num_traits::Zero;
use std::cmp::Ordering;

/// Significant digits of a result.
pub const PRECISION: u32 = 34;

/// Why there is no result. The text is CUE's, which follows `failed arithmetic: `.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArithmeticError {
    /// `1/0`, `div(1, 0)`
    #[error("division by zero")]
    DivisionByZero,
    /// `0/0`
    #[error("division undefined")]
    DivisionUndefined,
    /// Past ±100000.
    #[error("exponent out of range")]
    ExponentOutOfRange,
    /// The square root of -1, the logarithm of 0.
    #[error("invalid operation")]
    NotANumber,
    /// An int was needed.
    #[error("not an integer")]
    NotAnInteger,
}

impl Number {
    /// The other sign; zero loses its sign. Exact.
    #[must_use]
    pub fn negated(&self) -> Number {
        Number { negative: !self.negative && !self.is_zero(), ..self.clone() }
    }

    /// `self + other`
    ///
    /// # Errors
    /// When the exponent of the result is out of range.
    pub fn add(&self, other: &Number) -> Result<Number, ArithmeticError> {
        self.sum(other, other.negative)
    }

    /// `self - other`
    ///
    /// # Errors
    /// When the exponent of the result is out of range.
    pub fn subtract(&self, other: &Number) -> Result<Number, ArithmeticError> {
        self.sum(other, !other.negative)
    }

    fn sum(&self, other: &Number, other_negative: bool) -> Result<Number, ArithmeticError> {
        let kind = self.joint_kind(other);
        let low = self.exponent.min(other.exponent);
        if let (Some(a), Some(b)) = (self.coefficient.as_small(), other.coefficient.as_small())
            && self.exponent == other.exponent
        {
            let (a, b) = (u128::from(a), u128::from(b));
            let (coefficient, negative) = if self.negative == other_negative {
                (a + b, self.negative)
            } else {
                (a.abs_diff(b), if a > b { self.negative } else { a != b && other_negative })
            };
            return Number { coefficient: coefficient.into(), exponent: low, negative, kind }.rounded();
        }
        // Where one is so much smaller that it only decides which way the other rounds, a single digit far behind the
        // point stands for it, so the cost does not depend on the exponents.
        let gap = i64::from(PRECISION) + 3;
        let (mut left, mut right) = (self.clone(), Number { negative: other_negative, ..other.clone() });
        for (big, small) in [(&self, &mut right), (&other, &mut left)] {
            let reach = big.adjusted().min(i64::from(big.exponent)) - gap;
            if !big.is_zero() && small.adjusted() < reach {
                small.exponent = reach as i32;
                small.coefficient = Coefficient::Small(u64::from(!small.is_zero()));
            }
        }
        let low = left.exponent.min(right.exponent);
        let shift = |n: &Number| {
            if n.is_zero() { BigUint::zero() } else { n.coefficient.shifted((n.exponent - low) as u32).to_big() }
        };
        let (a, b) = (shift(&left), shift(&right));
        let (coefficient, negative) = if left.negative == right.negative {
            (a + b, left.negative)
        } else {
            match a.cmp(&b) {
                Ordering::Greater => (a - b, left.negative),
                Ordering::Less => (b - a, right.negative),
                Ordering::Equal => (BigUint::zero(), false),
            }
        };
        Number { coefficient: coefficient.into(), exponent: low, negative, kind }.rounded()
    }

    /// `self * other`
    ///
    /// # Errors
    /// When the exponent of the result is out of range.
    pub fn multiply(&self, other: &Number) -> Result<Number, ArithmeticError> {
        let coefficient = match (self.coefficient.as_small(), other.coefficient.as_small()) {
            (Some(a), Some(b)) => Coefficient::from(u128::from(a) * u128::from(b)),
            _ => {
                let (a, b) = (self.coefficient.to_big(), other.coefficient.to_big());
                // A product that is out of range is not worked out: its digits are at least as many as these.
                let digits = (a.bits() + b.bits()).saturating_sub(2) as i64 * 30_102 / 100_000;
                let exponents = i64::from(self.exponent) + i64::from(other.exponent);
                if digits + exponents > i64::from(MAX_EXPONENT) && !self.is_zero() && !other.is_zero() {
                    return Err(ArithmeticError::ExponentOutOfRange);
                }
                Coefficient::from(a * b)
            }
        };
        let exponent = self.exponent.checked_add(other.exponent).ok_or(ArithmeticError::ExponentOutOfRange)?;
        let negative = self.negative != other.negative;
        Number { coefficient, exponent, negative, kind: self.joint_kind(other) }.rounded()
    }

    /// `self / other`, always a float. Trailing zeros go, and a whole quotient keeps one digit behind the point.
    ///
    /// # Errors
    /// When the divisor is zero or the exponent of the result is out of range.
    pub fn divide(&self, other: &Number) -> Result<Number, ArithmeticError> {
        let kind = NumberKind::Float;
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Err(ArithmeticError::DivisionUndefined),
            (false, true) => return Err(ArithmeticError::DivisionByZero),
            (true, false) => {
                let exponent = if self.exponent < other.exponent { -1 } else { 0 };
                return Ok(Number { coefficient: Coefficient::Small(0), exponent, negative: false, kind });
            }
            (false, false) => {}
        }
        // Enough digits that the quotient has at least one more than are kept.
        let have = self.coefficient.digits() as i64 - other.coefficient.digits() as i64;
        let shift = (i64::from(PRECISION) + 2 - have).max(0) as u32;
        let (mut quotient, rest) =
            (self.coefficient.to_big() * power_of_ten(shift)).div_rem(&other.coefficient.to_big());
        let mut exponent = i64::from(self.exponent) - i64::from(other.exponent) - i64::from(shift);
        if !rest.is_zero() {
            // What is left only matters for a tie: one digit more says that there is something.
            quotient = quotient * 10u32 + 1u32;
            exponent -= 1;
        }
        let exponent = i32::try_from(exponent).map_err(|_| ArithmeticError::ExponentOutOfRange)?;
        let negative = self.negative != other.negative;
        let mut result = Number { coefficient: quotient.into(), exponent, negative, kind }.rounded()?;
        (result.coefficient, result.exponent) = result.trimmed();
        if result.exponent >= 0 && result.adjusted() + 1 < i64::from(PRECISION) {
            result.coefficient = result.coefficient.shifted(1);
            result.exponent -= 1;
        }
        Ok(result)
    }

    pub(super) fn joint_kind(&self, other: &Number) -> NumberKind {
        if self.is_int() && other.is_int() { NumberKind::Int } else { NumberKind::Float }
    }

    /// Rounded to [`PRECISION`] digits, half up.
    ///
    /// # Errors
    /// When the exponent is out of range.
    pub fn rounded(mut self) -> Result<Number, ArithmeticError> {
        let digits = self.coefficient.digits() as u32;
        if digits > PRECISION {
            let surplus = digits - PRECISION;
            self.coefficient = self.coefficient.rounded_off(surplus);
            self.exponent = self.exponent.saturating_add_unsigned(surplus);
            if self.coefficient.digits() as u32 > PRECISION {
                // 99…9.5 became a power of ten.
                self.coefficient = self.coefficient.rounded_off(1);
                self.exponent = self.exponent.saturating_add(1);
            }
        }
        self.in_range()
    }

    pub(super) fn in_range(self) -> Result<Number, ArithmeticError> {
        let limit = i64::from(MAX_EXPONENT);
        let adjusted = self.adjusted();
        if adjusted > limit || adjusted < -limit { Err(ArithmeticError::ExponentOutOfRange) } else { Ok(self) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        match text.strip_prefix('-') {
            Some(rest) => Number::parse_literal(rest).unwrap().negated(),
            None => Number::parse_literal(text).unwrap(),
        }
    }

    fn result(left: &str, op: char, right: &str) -> String {
        let (a, b) = (n(left), n(right));
        let result = match op {
            '+' => a.add(&b),
            '-' => a.subtract(&b),
            '*' => a.multiply(&b),
            _ => a.divide(&b),
        };
        result.map_or_else(|e| e.to_string(), |n| n.to_cue())
    }

    #[test]
    fn sums_keep_the_longer_scale() {
        for (left, op, right, expected) in [
            ("1.10", '+', "2.2", "3.30"),
            ("5", '-', "5.00", "0.00"),
            ("1e5", '+', "1e3", "1.01e+5"),
            ("1e5", '-', "1e5", "0e+5"),
            ("1.0e3", '+', "0", "1000.0"),
            ("1e40", '+', "1", "1.000000000000000000000000000000000e+40"),
            ("1e40", '-', "1", "1.000000000000000000000000000000000e+40"),
            ("1e40", '+', "0", "1.000000000000000000000000000000000e+40"),
            ("1e-40", '+', "1", "1.000000000000000000000000000000000"),
            ("1e90000", '-', "1e-90000", "1.000000000000000000000000000000000e+90000"),
            ("9999999999999999999999999999999999", '+', "1", "1.000000000000000000000000000000000e+34"),
            ("1234567890123456789012345678901234.5", '+', "0", "1234567890123456789012345678901235.0"),
            ("123456789012345678901234567890123456789012345678", '+', "1", "1.234567890123456789012345678901235e+47"),
            ("-1", '+', "1", "0"),
            ("1", '+', "-3", "-2"),
        ] {
            assert_eq!(result(left, op, right), expected, "{left} {op} {right}");
        }
    }

    #[test]
    fn products_add_scales() {
        for (left, right, expected) in [
            ("5.00", "2", "10.00"),
            ("1.50", "2", "3.00"),
            ("1e3", "1e3", "1e+6"),
            ("1e2", "10.0", "1.00e+3"),
            ("1234567890123456789012345678901234567890", "1", "1.234567890123456789012345678901235e+39"),
            ("1e99999", "100", "exponent out of range"),
            ("1e-99999", "1e-99999", "exponent out of range"),
        ] {
            assert_eq!(result(left, '*', right), expected, "{left} * {right}");
        }
        assert_eq!(n("0").multiply(&n("-1")).unwrap().to_json(), "-0");
    }

    #[test]
    fn quotients_are_floats_without_trailing_zeros() {
        for (left, right, expected) in [
            ("10", "4", "2.5"),
            ("6", "3", "2.0"),
            ("1000", "1", "1.0e+3"),
            ("3e3", "2e1", "150.0"),
            ("1e32", "1", "1.0e+32"),
            ("1e33", "1", "1e+33"),
            ("123e30", "1", "1.230e+32"),
            ("123e31", "1", "1.23e+33"),
            ("5.00", "1", "5.0"),
            ("1", "3", "0.3333333333333333333333333333333333"),
            ("2", "3", "0.6666666666666666666666666666666667"),
            ("1e-10", "3", "3.333333333333333333333333333333333e-11"),
            ("0", "-5", "0.0"),
            ("1", "0", "division by zero"),
            ("0", "0", "division undefined"),
        ] {
            assert_eq!(result(left, '/', right), expected, "{left} / {right}");
        }
        assert_eq!(n("0").divide(&n("5")).unwrap().to_json(), "0");
        assert_eq!(n("0.000").divide(&n("5")).unwrap().to_json(), "0.0");
    }

    proptest::proptest! {
        #[test]
        fn small_integers_agree_with_the_machine(a in -1_000_000_000i64..1_000_000_000, b in -1_000_000_000i64..1_000_000_000) {
            let (x, y) = (Number::from(a), Number::from(b));
            proptest::prop_assert_eq!(x.add(&y).unwrap().to_i64(), Some(a + b));
            proptest::prop_assert_eq!(x.subtract(&y).unwrap().to_i64(), Some(a - b));
            proptest::prop_assert_eq!(x.multiply(&y).unwrap().to_i64(), Some(a * b));
            proptest::prop_assert_eq!(x.compare(&y), a.cmp(&b));
        }

        #[test]
        fn a_far_smaller_term_rounds_as_its_exact_sum_would(c in 1u64..u64::MAX, d in 1u64..1_000_000, e in 60i32..120) {
            // The exact sum by whole numbers of the same scale, against the shortcut.
            let big = Number::from(c).multiply(&n(&format!("1e{e}"))).unwrap();
            let exact = Number { coefficient: Coefficient::from(c).shifted(e as u32), exponent: 0, negative: false, kind: NumberKind::Float };
            let exact = Number { coefficient: Coefficient::from(exact.coefficient.to_big() + d), ..exact }.rounded().unwrap();
            proptest::prop_assert_eq!(big.add(&Number::from(d)).unwrap(), exact);
        }
    }
}
