//! CUE's numbers: decimals of 34 significant digits, rounded half up, scale kept.
//!
//! A number is a sign, a coefficient and a power of ten, and it knows whether it is an int or a float: `1`, `1.0` and
//! `1.00` are three numbers of one value. Literals and conversions are exact, whatever their length; only arithmetic
//! rounds, and it rounds ints too (cue-language §1.2: a 45-digit literal is exact, the same literal `+ 1` is not).
//! Zero keeps its sign, as in the decimal arithmetic that CUE uses.
//!
//! `==` on [`Number`] is identity (same kind, same digits, same scale: what prints alike); [`Number::compare`] compares
//! values.

mod arithmetic;
mod coefficient;
mod convert;
mod elementary;
mod integer;
mod literal;
mod text;

pub use arithmetic::{ArithmeticError, PRECISION};
pub use literal::LiteralError;

use coefficient::Coefficient;
use std::cmp::Ordering;

/// The largest and, negated, the smallest exponent of a number in scientific form.
pub const MAX_EXPONENT: i32 = 100_000;

/// Whether a number is an int or a float; `1` and `1.0` do not unify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// `1`, `0x1F`, `1K`
    Int,
    /// `1.0`, `1e3`
    Float,
}

/// An int or a float.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number {
    coefficient: Coefficient,
    exponent: i32,
    negative: bool,
    kind: NumberKind,
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_cue())
    }
}

impl Number {
    /// The int zero.
    pub const ZERO: Number =
        Number { coefficient: Coefficient::Small(0), exponent: 0, negative: false, kind: NumberKind::Int };

    /// Int or float.
    pub fn kind(&self) -> NumberKind {
        self.kind
    }

    /// Whether the kind is int; `1.0` is not.
    pub fn is_int(&self) -> bool {
        self.kind == NumberKind::Int
    }

    /// The same digits with another kind. An int with digits behind the point is the caller's mistake; see
    /// [`Number::is_integral`].
    #[must_use]
    pub fn with_kind(mut self, kind: NumberKind) -> Number {
        self.kind = kind;
        self
    }

    /// Whether it is zero, of either sign.
    pub fn is_zero(&self) -> bool {
        self.coefficient.is_zero()
    }

    /// Below zero; `-0` is not.
    pub fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    /// Has the minus sign; `-0` has it too.
    pub fn has_minus(&self) -> bool {
        self.negative
    }

    /// Whether the value is a whole number, whatever the kind.
    pub fn is_integral(&self) -> bool {
        self.exponent >= 0 || self.is_zero() || self.trimmed().1 >= 0
    }

    /// The power of ten of the last digit of the coefficient: -2 for `1.50`.
    pub fn exponent(&self) -> i32 {
        self.exponent
    }

    /// The power of ten of the first digit: 3 for `1234.5`. For zero the exponent itself.
    fn adjusted(&self) -> i64 {
        i64::from(self.exponent) + self.coefficient.digits() as i64 - 1
    }

    /// Coefficient and exponent without trailing zeros; (0, 0) for zero.
    fn trimmed(&self) -> (Coefficient, i32) {
        if self.is_zero() {
            return (Coefficient::Small(0), 0);
        }
        let (coefficient, zeros) = self.coefficient.without_trailing_zeros();
        (coefficient, self.exponent.saturating_add(zeros as i32))
    }

    /// The form that all numbers of one value share: no trailing zeros, no sign on zero, kind int.
    /// Two numbers of equal value have equal canonical forms, so it is the key for hashing by value.
    #[must_use]
    pub fn canonical(&self) -> Number {
        let (coefficient, exponent) = self.trimmed();
        let negative = self.is_negative();
        Number { coefficient, exponent, negative, kind: NumberKind::Int }
    }

    /// Compares values across kinds and scales: `1`, `1.0` and `1.00` are equal.
    pub fn compare(&self, other: &Number) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
        }
    }

    /// Whether the values are equal across kinds and scales.
    pub fn same_value(&self, other: &Number) -> bool {
        self.compare(other) == Ordering::Equal
    }

    fn compare_magnitude(&self, other: &Number) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        if self.exponent == other.exponent {
            return self.coefficient.cmp(&other.coefficient);
        }
        self.adjusted().cmp(&other.adjusted()).then_with(|| {
            // Of one magnitude, so the exponents differ by no more than the digits do.
            let low = self.exponent.min(other.exponent);
            let left = self.coefficient.shifted((self.exponent - low) as u32);
            let right = other.coefficient.shifted((other.exponent - low) as u32);
            left.cmp(&right)
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn values_compare_across_kinds_and_scales() {
        let n = |text: &str| Number::parse_literal(text).unwrap();
        for (left, right, expected) in [
            ("1", "1.0", Ordering::Equal),
            ("1e2", "100.00", Ordering::Equal),
            ("0", "0.00", Ordering::Equal),
            ("1.5", "1", Ordering::Greater),
            ("999999999999999999999", "1e21", Ordering::Less),
            ("1234567890123456789012345678901234567890", "1234567890123456789012345678901234567891", Ordering::Less),
            ("1e90000", "1e-90000", Ordering::Greater),
        ] {
            assert_eq!(n(left).compare(&n(right)), expected, "{left} against {right}");
            assert_eq!(n(left).negated().compare(&n(right).negated()), expected.reverse(), "-{left} against -{right}");
            assert_eq!(n(left).canonical() == n(right).canonical(), expected == Ordering::Equal);
        }
    }

    #[test]
    fn identity_sees_kind_and_scale() {
        let n = |text: &str| Number::parse_literal(text).unwrap();
        assert_ne!(n("1"), n("1.0"));
        assert_ne!(n("1.0"), n("1.00"));
        assert_eq!(n("1_000"), n("1000"));
    }
}
