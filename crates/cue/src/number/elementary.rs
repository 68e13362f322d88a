//! Exponential, logarithms, powers and cube root to 34 digits.
//!
//! They are computed in binary fixed point with so many bits to spare that the rounded result is right, save where the exact
//! value lies within 10^-100 of a tie. A result that is not exact has all 34 digits, zeros at its end included.

use super::coefficient::power_of_ten;
use super::{ArithmeticError, MAX_EXPONENT, Number, NumberKind, PRECISION};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

/// Bits behind the point.
const BITS: u64 = 512;
/// Digits that an exact power may have before it is computed by logarithms.
const MAX_EXACT_DIGITS: u64 = 20_000;

/// A binary fixed-point number of [`BITS`] bits behind the point.
type Fixed = BigInt;

fn one() -> Fixed {
    BigInt::one() << BITS
}

fn times(a: &Fixed, b: &Fixed) -> Fixed {
    (a * b) >> BITS
}

fn over(a: &Fixed, b: &Fixed) -> Fixed {
    (a << BITS) / b
}

/// 2 artanh(z) for |z| at most one third: the series z + z³/3 + z⁵/5 + …
fn double_artanh(z: &Fixed) -> Fixed {
    let square = times(z, z);
    let (mut power, mut sum) = (z.clone(), BigInt::zero());
    let mut n = 1u32;
    while !power.is_zero() && n < 10_000 {
        sum += &power / n;
        power = times(&power, &square);
        n += 2;
    }
    sum << 1
}

fn ln2() -> Fixed {
    double_artanh(&(one() / 3))
}

/// The natural logarithm of a positive number.
fn ln(x: &Number) -> Fixed {
    let (coefficient, exponent) = x.parts();
    // x as a fraction, then as m times a power of two with m near one.
    let ten = |n: u32| BigInt::from(power_of_ten(n));
    let (top, bottom) = if exponent >= 0 {
        (coefficient * ten(exponent.unsigned_abs()), BigInt::one())
    } else {
        (coefficient, ten(exponent.unsigned_abs()))
    };
    let power = top.bits() as i64 - bottom.bits() as i64;
    let shift = BITS as i64 - power;
    let m = if shift >= 0 { (top << shift) / bottom } else { top / (bottom << -shift) };
    let z = over(&(&m - one()), &(&m + one()));
    double_artanh(&z) + ln2() * power
}

/// e to the power of x, as a fixed-point number between a half and two times a power of two.
fn exp(x: &Fixed) -> (Fixed, i64) {
    let ln2 = ln2();
    let (power, rest) = x.div_mod_floor(&ln2);
    // Halve until the series is short, square as often afterwards.
    const HALVINGS: u32 = 16;
    let small = rest >> HALVINGS;
    let (mut term, mut sum) = (one(), one());
    let mut n = 1u32;
    while !term.is_zero() && n < 1_000 {
        term = times(&term, &small) / n;
        sum += &term;
        n += 1;
    }
    for _ in 0..HALVINGS {
        sum = times(&sum, &sum);
    }
    (sum, i64::try_from(power).unwrap_or(i64::MAX))
}

/// A fixed-point number times a power of two, to 34 digits.
fn decimal(value: &Fixed, power: i64) -> Result<Number, ArithmeticError> {
    if value.is_zero() {
        return Ok(Number::ZERO.with_kind(NumberKind::Float));
    }
    let shift = power - BITS as i64;
    let magnitude = (value.bits() as i64 + shift) as f64 * std::f64::consts::LOG10_2;
    if magnitude.abs() > f64::from(MAX_EXPONENT) + 2.0 {
        return Err(ArithmeticError::ExponentOutOfRange);
    }
    // Enough digits that a few more than are kept stand before the point.
    let scale = i64::from(PRECISION) + 60 - magnitude as i64;
    let ten = BigInt::from(power_of_ten(scale.unsigned_abs() as u32));
    let (mut top, mut bottom) = (value.clone(), BigInt::one());
    if scale >= 0 {
        top *= ten;
    } else {
        bottom *= ten;
    }
    if shift >= 0 {
        top <<= shift;
    } else {
        bottom <<= -shift;
    }
    let digits = top / bottom;
    padded(Number::from_parts(digits, -scale as i32, NumberKind::Float).ok_or(ArithmeticError::ExponentOutOfRange)?)
}

/// With exactly 34 digits.
fn padded(number: Number) -> Result<Number, ArithmeticError> {
    let number = number.rounded()?;
    let missing = i64::from(PRECISION) - number.coefficient.digits() as i64;
    if number.is_zero() || missing <= 0 {
        return Ok(number);
    }
    let exponent = number.exponent - missing as i32;
    Ok(Number { coefficient: number.coefficient.shifted(missing as u32), exponent, ..number })
}

/// A number as fixed point; too large a one is out of range.
fn fixed(x: &Number) -> Result<Fixed, ArithmeticError> {
    let (coefficient, exponent) = x.parts();
    if x.adjusted() > 20 {
        return Err(ArithmeticError::ExponentOutOfRange);
    }
    if x.adjusted() < -200 {
        return Ok(BigInt::zero());
    }
    let ten = BigInt::from(power_of_ten(exponent.unsigned_abs()));
    Ok(if exponent >= 0 { (coefficient * ten) << BITS } else { (coefficient << BITS) / ten })
}

impl Number {
    /// e to the power of the number.
    ///
    /// # Errors
    /// When the result is out of range.
    pub fn exp(&self) -> Result<Number, ArithmeticError> {
        if self.is_zero() {
            return Ok(Number::from(1).with_kind(NumberKind::Float));
        }
        let (value, power) = exp(&fixed(self)?);
        decimal(&value, power)
    }

    /// The natural logarithm.
    ///
    /// # Errors
    /// When the number is not positive.
    pub fn ln(&self) -> Result<Number, ArithmeticError> {
        decimal(&self.positive_ln()?, 0)
    }

    /// The logarithm to base 10.
    ///
    /// # Errors
    /// When the number is not positive.
    pub fn log10(&self) -> Result<Number, ArithmeticError> {
        decimal(&over(&self.positive_ln()?, &ln(&Number::from(10))), 0)
    }

    /// The logarithm to base 2, without zeros at its end.
    ///
    /// # Errors
    /// When the number is not positive.
    pub fn log2(&self) -> Result<Number, ArithmeticError> {
        decimal(&over(&self.positive_ln()?, &ln2()), 0)?.divide(&Number::from(1))
    }

    fn positive_ln(&self) -> Result<Fixed, ArithmeticError> {
        if self.is_zero() || self.is_negative() { Err(ArithmeticError::NotANumber) } else { Ok(ln(self)) }
    }

    /// The number to a power. To a whole power it is exact, rounded once; to any other the number must not be negative.
    ///
    /// # Errors
    /// When there is no result, or it is out of range.
    pub fn pow(&self, power: &Number) -> Result<Number, ArithmeticError> {
        if self.is_zero() {
            return match (power.is_zero(), power.is_negative()) {
                (false, false) => Ok(Number::ZERO),
                _ => Err(ArithmeticError::NotANumber),
            };
        }
        if let Some(whole) = power.to_i64() {
            let digits = self.trimmed().0.digits() as u64;
            if digits.saturating_mul(whole.unsigned_abs()) <= MAX_EXACT_DIGITS
                || digits == 1 && self.trimmed().0 == 1u64.into()
            {
                return self.whole_power(whole);
            }
        }
        let odd = power.to_bigint().map(|n| n.is_odd());
        let negative = match (self.is_negative(), odd) {
            (true, None) => return Err(ArithmeticError::NotANumber),
            (true, Some(odd)) => odd,
            (false, _) => false,
        };
        let size = if self.is_negative() { self.negated() } else { self.clone() };
        let product = times(&ln(&size), &fixed(power)?);
        let (value, shift) = exp(&product);
        let result = decimal(&value, shift)?;
        Ok(if negative { result.negated() } else { result })
    }

    fn whole_power(&self, power: i64) -> Result<Number, ArithmeticError> {
        let n = u32::try_from(power.unsigned_abs()).map_err(|_| ArithmeticError::ExponentOutOfRange)?;
        let digits = self.coefficient.digits() as u64;
        if digits.saturating_mul(u64::from(n)) > MAX_EXACT_DIGITS {
            // A power of ten, whose own digits would be as many as its exponent says.
            let scale = i64::from(self.trimmed().1) * i64::from(n);
            let scale = i32::try_from(scale).map_err(|_| ArithmeticError::ExponentOutOfRange)?;
            let exact = Number::from_parts(BigInt::one(), scale, NumberKind::Float);
            let exact = exact.ok_or(ArithmeticError::ExponentOutOfRange)?.in_range()?;
            return padded(if power >= 0 { exact } else { Number::from(1).divide(&exact)? });
        }
        let (coefficient, exponent) = if self.exponent > 0 { self.canonical().parts() } else { self.parts() };
        let scale = i64::from(exponent) * i64::from(n);
        let scale = i32::try_from(scale).map_err(|_| ArithmeticError::ExponentOutOfRange)?;
        let exact = Number::from_parts(coefficient.pow(n), scale, NumberKind::Float);
        let exact = exact.ok_or(ArithmeticError::ExponentOutOfRange)?;
        if power >= 0 {
            return exact.rounded();
        }
        padded(Number::from(1).divide(&exact)?)
    }

    /// The number whose cube it is.
    ///
    /// # Errors
    /// When the result is out of range.
    pub fn cbrt(&self) -> Result<Number, ArithmeticError> {
        if self.is_zero() {
            return Ok(Number::ZERO);
        }
        let (coefficient, exponent) = self.parts();
        // Three times as many digits as the root shall have, and an exponent that three divides.
        let wanted = 3 * (i64::from(PRECISION) + 6);
        let mut shift = (wanted - self.coefficient.digits() as i64).max(0);
        shift += (i64::from(exponent) - shift).rem_euclid(3);
        let scaled = coefficient.abs() * BigInt::from(power_of_ten(shift as u32));
        let root = scaled.cbrt();
        let exponent = (i64::from(exponent) - shift) / 3;
        let root = if coefficient.sign() == Sign::Minus { -root } else { root };
        let root = Number::from_parts(root, exponent as i32, NumberKind::Float);
        padded(root.ok_or(ArithmeticError::ExponentOutOfRange)?)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn known_digits() {
        let n = |text: &str| Number::parse_literal(text).unwrap();
        for (result, expected) in [
            (n("1").exp(), "2.718281828459045235360287471352662"),
            (n("10").ln(), "2.302585092994045684017991454684364"),
            (n("1.0000001").ln(), "9.999999500000033333330833333533333e-8"),
            (n("2").log10(), "0.3010299956639811952137388947244930"),
            (n("10").log2(), "3.32192809488736234787031942948939"),
            (n("2").pow(&n("0.5")), "1.414213562373095048801688724209698"),
            (n("2").pow(&n("3").negated()), "0.1250000000000000000000000000000000"),
            (n("10").cbrt(), "2.154434690031883721759293566519350"),
        ] {
            assert_eq!(result.unwrap().to_cue(), expected);
        }
        assert_eq!(n("1e9").exp(), Err(ArithmeticError::ExponentOutOfRange));
        assert_eq!(n("0").ln(), Err(ArithmeticError::NotANumber));
        assert_eq!(n("2").negated().pow(&n("0.5")), Err(ArithmeticError::NotANumber));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn logarithm_and_exponential_are_inverse(n in 1u64..1_000_000_000, e in 0u32..8) {
            let x = Number::from_parts(BigInt::from(n), -(e as i32), NumberKind::Float).unwrap();
            let back = x.ln().unwrap().exp().unwrap();
            let difference = back.subtract(&x).unwrap().divide(&x).unwrap();
            proptest::prop_assert!(difference.to_f64().abs() < 1e-31, "{x:?} {back:?}");
        }
    }
}
