//! `math.Jacobi`.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

builtins! { "math";
    /// `Jacobi(x, y)` is the Jacobi symbol of `x` and the odd int `y`: -1, 0 or 1.
    pure Jacobi(x: INT, y: INT) = jacobi;
}

fn jacobi(args: Args<'_>) -> Outcome<i64> {
    let (Some(mut a), Some(mut b)) = (args.number(0)?.to_bigint(), args.number(1)?.to_bigint()) else {
        return Fault::error("not an int");
    };
    if b.is_even() {
        return Fault::error(format!("big: invalid 2nd argument to Int.Jacobi: need odd integer but got {b}"));
    }
    let low = |n: &BigInt, m: u32| n.mod_floor(&BigInt::from(m)).to_u32().unwrap_or(0);
    let mut sign = if b.is_negative() && a.is_negative() { -1 } else { 1 };
    b = b.abs();
    loop {
        a = a.mod_floor(&b);
        if b.is_one() {
            return Ok(sign);
        }
        if a.is_zero() {
            return Ok(0);
        }
        let twos = a.trailing_zeros().unwrap_or(0);
        if twos % 2 == 1 && matches!(low(&b, 8), 3 | 5) {
            sign = -sign;
        }
        a >>= twos;
        if low(&a, 4) == 3 && low(&b, 4) == 3 {
            sign = -sign;
        }
        std::mem::swap(&mut a, &mut b);
    }
}
