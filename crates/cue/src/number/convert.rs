//! Numbers to and from the machine's and from big integers.

use super::coefficient::{Coefficient, power_of_ten};
use super::{MAX_EXPONENT, Number, NumberKind};
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        let coefficient = Coefficient::Small(n.unsigned_abs());
        Number { coefficient, exponent: 0, negative: n < 0, kind: NumberKind::Int }
    }
}

impl From<i32> for Number {
    fn from(n: i32) -> Self {
        Number::from(i64::from(n))
    }
}

impl From<u64> for Number {
    fn from(n: u64) -> Self {
        Number { coefficient: Coefficient::Small(n), exponent: 0, negative: false, kind: NumberKind::Int }
    }
}

impl From<usize> for Number {
    fn from(n: usize) -> Self {
        Number::from(n as u64)
    }
}

impl From<BigInt> for Number {
    fn from(n: BigInt) -> Self {
        let negative = n.sign() == Sign::Minus;
        Number { coefficient: n.into_parts().1.into(), exponent: 0, negative, kind: NumberKind::Int }
    }
}

impl From<BigUint> for Number {
    fn from(n: BigUint) -> Self {
        Number { coefficient: n.into(), exponent: 0, negative: false, kind: NumberKind::Int }
    }
}

impl Number {
    /// Of a 64-bit float: the shortest digits that give it back; `None` for NaN and infinities.
    pub fn from_f64(value: f64) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        // `{:e}` prints the shortest digits: 1.5e-7.
        let text = format!("{value:e}");
        let number = Number::parse_decimal(text.strip_prefix('-').unwrap_or(&text), NumberKind::Float)?;
        Some(Number { negative: value.is_sign_negative(), ..number })
    }

    /// Of digits and a power of ten: `(-150, -2)` is `-1.50`.
    pub fn from_parts(coefficient: BigInt, exponent: i32, kind: NumberKind) -> Option<Number> {
        Number { exponent, ..Number::from(coefficient) }.with_kind(kind).in_range().ok()
    }

    /// Digits and power of ten: `-1.50` is `(-150, -2)`.
    pub fn parts(&self) -> (BigInt, i32) {
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        (BigInt::from_biguint(sign, self.coefficient.to_big()), self.exponent)
    }

    /// The value as a whole number, when it is one; `2.0` is.
    pub fn to_bigint(&self) -> Option<BigInt> {
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        if self.exponent == 0 {
            return Some(BigInt::from_biguint(sign, self.coefficient.to_big()));
        }
        let (coefficient, exponent) = self.trimmed();
        let exponent = u32::try_from(exponent).ok().filter(|e| *e <= MAX_EXPONENT.unsigned_abs())?;
        Some(BigInt::from_biguint(sign, coefficient.shifted(exponent).to_big()))
    }

    /// The whole part, cut towards zero.
    pub fn truncated(&self) -> BigInt {
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        if let Some(whole) = self.to_bigint() {
            return whole;
        }
        if self.adjusted() < 0 {
            return BigInt::zero();
        }
        let digits = power_of_ten(self.exponent.unsigned_abs());
        BigInt::from_biguint(sign, self.coefficient.to_big().div_rem(&digits).0)
    }

    /// The form in which builtins that compute with decimals return a number: a whole value is an int with all its digits
    /// written out, anything else a float (`list.Sum([1.5, 1.5])` is `3`).
    #[must_use]
    pub fn as_result(self) -> Number {
        match self.to_bigint() {
            Some(whole) => Number::from(whole),
            None => self.with_kind(NumberKind::Float),
        }
    }

    /// The value as a 64-bit signed integer, when it is one.
    pub fn to_i64(&self) -> Option<i64> {
        match (self.exponent, self.coefficient.as_small()) {
            (0, Some(n)) if self.negative => 0i64.checked_sub_unsigned(n),
            (0, Some(n)) => i64::try_from(n).ok(),
            _ if self.adjusted() > 20 => None,
            _ => self.to_bigint()?.to_i64(),
        }
    }

    /// The value as a 64-bit unsigned integer, when it is one.
    pub fn to_u64(&self) -> Option<u64> {
        match (self.exponent, self.coefficient.as_small()) {
            (0, Some(n)) if !self.negative => Some(n),
            _ if self.adjusted() > 20 => None,
            _ => self.to_bigint()?.to_u64(),
        }
    }

    /// The nearest 64-bit float; infinite when it is too large.
    pub fn to_f64(&self) -> f64 {
        self.to_json().parse().unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn floats_become_their_shortest_digits() {
        for (value, expected) in [
            (2.5, "2.5"),
            (100.0, "1e+2"),
            (1e-7, "1e-7"),
            (std::f64::consts::SQRT_2, "1.4142135623730951"),
            (-0.5, "-0.5"),
        ] {
            assert_eq!(Number::from_f64(value).unwrap().to_cue(), expected);
        }
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(Number::from_f64(f64::INFINITY), None);
    }

    #[test]
    fn whole_values_convert_whatever_their_scale() {
        let n = |text: &str| Number::parse_literal(text).unwrap();
        assert_eq!(n("2.00").to_i64(), Some(2));
        assert_eq!(n("1e3").to_u64(), Some(1000));
        assert_eq!(n("1.5").to_i64(), None);
        assert_eq!(n("9223372036854775808").to_i64(), None);
        assert_eq!(n("9223372036854775808").negated().to_i64(), Some(i64::MIN));
        assert_eq!(n("18446744073709551615").to_u64(), Some(u64::MAX));
        assert_eq!(n("1e90000").to_i64(), None);
        assert_eq!(n("-1".trim_start_matches('-')).negated().to_u64(), None);
        assert_eq!(n("1234.567").truncated(), BigInt::from(1234));
        assert_eq!(n("1e-90000").truncated(), BigInt::zero());
    }

    proptest::proptest! {
        #[test]
        fn every_float_survives(value in proptest::num::f64::NORMAL) {
            proptest::prop_assert_eq!(Number::from_f64(value).unwrap().to_f64(), value);
        }
    }
}
