//! The integer divisions: `div`/`mod` (Euclidean: the remainder is never negative) and `quo`/`rem` (truncated). Exact.

use super::{ArithmeticError, Number};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

impl Number {
    /// `div(self, other)`: the Euclidean quotient.
    ///
    /// # Errors
    /// When either is not an integer or the divisor is zero.
    pub fn div(&self, other: &Number) -> Result<Number, ArithmeticError> {
        self.divided(other, |a, b| euclid(a, b).0)
    }

    /// `mod(self, other)`: the Euclidean remainder.
    ///
    /// # Errors
    /// When either is not an integer or the divisor is zero.
    pub fn modulo(&self, other: &Number) -> Result<Number, ArithmeticError> {
        self.divided(other, |a, b| euclid(a, b).1)
    }

    /// `quo(self, other)`: the quotient, cut towards zero.
    ///
    /// # Errors
    /// When either is not an integer or the divisor is zero.
    pub fn quo(&self, other: &Number) -> Result<Number, ArithmeticError> {
        self.divided(other, |a, b| a / b)
    }

    /// `rem(self, other)`: the remainder with the sign of the dividend.
    ///
    /// # Errors
    /// When either is not an integer or the divisor is zero.
    pub fn rem(&self, other: &Number) -> Result<Number, ArithmeticError> {
        self.divided(other, |a, b| a % b)
    }

    fn divided(&self, other: &Number, f: impl FnOnce(&BigInt, &BigInt) -> BigInt) -> Result<Number, ArithmeticError> {
        let a = self.to_bigint().ok_or(ArithmeticError::NotAnInteger)?;
        let b = other.to_bigint().ok_or(ArithmeticError::NotAnInteger)?;
        if b.is_zero() {
            return Err(ArithmeticError::DivisionByZero);
        }
        Ok(Number::from(f(&a, &b)))
    }
}

fn euclid(a: &BigInt, b: &BigInt) -> (BigInt, BigInt) {
    let (mut quotient, mut rest) = a.div_rem(b);
    if rest.is_negative() {
        if b.is_negative() {
            quotient += 1;
            rest -= b;
        } else {
            quotient -= 1;
            rest += b;
        }
    }
    (quotient, rest)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn remainders_have_the_signs_that_cue_gives_them() {
        for (a, b, div, modulo, quo, rem) in [
            (7, 2, 3, 1, 3, 1),
            (7, -2, -3, 1, -3, 1),
            (-7, 2, -4, 1, -3, -1),
            (-7, -2, 4, 1, 3, -1),
            (-1, 3, -1, 2, 0, -1),
            (0, 5, 0, 0, 0, 0),
        ] {
            let (x, y) = (Number::from(a), Number::from(b));
            assert_eq!(x.div(&y).unwrap(), Number::from(div), "div({a}, {b})");
            assert_eq!(x.modulo(&y).unwrap(), Number::from(modulo), "mod({a}, {b})");
            assert_eq!(x.quo(&y).unwrap(), Number::from(quo), "quo({a}, {b})");
            assert_eq!(x.rem(&y).unwrap(), Number::from(rem), "rem({a}, {b})");
        }
        assert_eq!(Number::from(1).div(&Number::ZERO), Err(ArithmeticError::DivisionByZero));
    }
}
