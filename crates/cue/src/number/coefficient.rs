//! The digits of a number: inline while they fit a machine word, as nearly all do.

use num_bigint::BigUint;
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};
use std::cmp::Ordering;

/// A natural number. Whatever fits is `Small`, so derived equality and hashing are by value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Coefficient {
    Small(u64),
    Big(Box<BigUint>),
}

/// 10^n as a machine word, when it fits.
fn small_power(n: u32) -> Option<u64> {
    10u64.checked_pow(n)
}

/// 10^n.
pub(super) fn power_of_ten(n: u32) -> BigUint {
    match small_power(n) {
        Some(p) => BigUint::from(p),
        None => BigUint::from(10u32).pow(n),
    }
}

impl From<u64> for Coefficient {
    fn from(n: u64) -> Self {
        Coefficient::Small(n)
    }
}

impl From<u128> for Coefficient {
    fn from(n: u128) -> Self {
        match u64::try_from(n) {
            Ok(n) => Coefficient::Small(n),
            Err(_) => Coefficient::Big(Box::new(BigUint::from(n))),
        }
    }
}

impl From<BigUint> for Coefficient {
    fn from(n: BigUint) -> Self {
        match n.to_u64() {
            Some(n) => Coefficient::Small(n),
            None => Coefficient::Big(Box::new(n)),
        }
    }
}

impl Coefficient {
    pub(super) fn is_zero(&self) -> bool {
        matches!(self, Coefficient::Small(0))
    }

    pub(super) fn to_big(&self) -> BigUint {
        match self {
            Coefficient::Small(n) => BigUint::from(*n),
            Coefficient::Big(n) => (**n).clone(),
        }
    }

    pub(super) fn as_small(&self) -> Option<u64> {
        match self {
            Coefficient::Small(n) => Some(*n),
            Coefficient::Big(_) => None,
        }
    }

    /// How many decimal digits; 1 for zero.
    pub(super) fn digits(&self) -> usize {
        match self {
            Coefficient::Small(0) => 1,
            Coefficient::Small(n) => n.ilog10() as usize + 1,
            Coefficient::Big(n) => big_digits(n),
        }
    }

    pub(super) fn to_text(&self) -> String {
        match self {
            Coefficient::Small(n) => n.to_string(),
            Coefficient::Big(n) => n.to_string(),
        }
    }

    /// Times 10^n.
    pub(super) fn shifted(&self, n: u32) -> Coefficient {
        if n == 0 || self.is_zero() {
            return self.clone();
        }
        match (self, small_power(n)) {
            (Coefficient::Small(c), Some(p)) => Coefficient::from(u128::from(*c) * u128::from(p)),
            _ => Coefficient::from(self.to_big() * power_of_ten(n)),
        }
    }

    /// Divided by 10^n, with the remainder's relation to half of 10^n: rounds half up.
    pub(super) fn rounded_off(&self, n: u32) -> Coefficient {
        if n == 0 {
            return self.clone();
        }
        if let (Coefficient::Small(c), Some(p)) = (self, small_power(n)) {
            let (quotient, rest) = (c / p, c % p);
            return Coefficient::Small(quotient + u64::from(rest >= p - rest));
        }
        let power = power_of_ten(n);
        let (mut quotient, rest) = self.to_big().div_rem(&power);
        if rest << 1u32 >= power {
            quotient += 1u32;
        }
        Coefficient::from(quotient)
    }

    /// Without its trailing zeros, and how many there were. Zero has none.
    pub(super) fn without_trailing_zeros(&self) -> (Coefficient, u32) {
        match self {
            Coefficient::Small(0) => (Coefficient::Small(0), 0),
            Coefficient::Small(n) => {
                let (mut n, mut zeros) = (*n, 0);
                while n % 10 == 0 {
                    n /= 10;
                    zeros += 1;
                }
                (Coefficient::Small(n), zeros)
            }
            Coefficient::Big(n) => {
                // By halves: the largest power of ten that divides it.
                let (mut n, mut zeros) = ((**n).clone(), 0u32);
                let mut step = 1u32;
                while step < 1 << 20 {
                    let (quotient, rest) = n.div_rem(&power_of_ten(step));
                    if !rest.is_zero() {
                        break;
                    }
                    n = quotient;
                    zeros += step;
                    step *= 2;
                }
                while step > 0 {
                    let (quotient, rest) = n.div_rem(&power_of_ten(step));
                    if rest.is_zero() {
                        n = quotient;
                        zeros += step;
                    } else {
                        step /= 2;
                    }
                }
                (Coefficient::from(n), zeros)
            }
        }
    }
}

fn big_digits(n: &BigUint) -> usize {
    // log10(2) from below; the estimate is short by one at most for every 10^5 digits, so correct it by comparing.
    let mut digits = ((n.bits().saturating_sub(1)) as f64 * std::f64::consts::LOG10_2) as usize;
    while n >= &power_of_ten(digits as u32) {
        digits += 1;
    }
    digits
}

impl Ord for Coefficient {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Coefficient::Small(a), Coefficient::Small(b)) => a.cmp(b),
            (Coefficient::Small(_), Coefficient::Big(_)) => Ordering::Less,
            (Coefficient::Big(_), Coefficient::Small(_)) => Ordering::Greater,
            (Coefficient::Big(a), Coefficient::Big(b)) => a.cmp(b),
        }
    }
}

impl PartialOrd for Coefficient {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Debug for Coefficient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_exactly_at_powers_of_ten() {
        for n in [0u32, 1, 18, 19, 20, 21, 33, 34, 35, 100, 999] {
            let power = power_of_ten(n);
            assert_eq!(Coefficient::from(power.clone()).digits(), n as usize + 1);
            if n > 0 {
                assert_eq!(Coefficient::from(power.clone() - 1u32).digits(), n as usize);
            }
            assert_eq!(Coefficient::from(power * 7u32).without_trailing_zeros(), (Coefficient::Small(7), n));
        }
    }
}
