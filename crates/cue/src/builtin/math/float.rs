//! Functions that compute with 64-bit floats, the same on every platform.

use super::special::{erf_inverse, gamma};
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::number::Number;

builtins! { "math";
    /// `Acos(x)` is the angle, in radians, whose cosine is `x`.
    pure Acos(x: NUMBER) = |a: Args<'_>| one(a, libm::acos);
    /// `Acosh(x)` is the number whose hyperbolic cosine is `x`.
    pure Acosh(x: NUMBER) = |a: Args<'_>| one(a, libm::acosh);
    /// `Asin(x)` is the angle, in radians, whose sine is `x`.
    pure Asin(x: NUMBER) = |a: Args<'_>| one(a, libm::asin);
    /// `Asinh(x)` is the number whose hyperbolic sine is `x`.
    pure Asinh(x: NUMBER) = |a: Args<'_>| one(a, libm::asinh);
    /// `Atan(x)` is the angle, in radians, whose tangent is `x`.
    pure Atan(x: NUMBER) = |a: Args<'_>| one(a, libm::atan);
    /// `Atan2(y, x)` is the angle, in radians, of the point `(x, y)`.
    pure Atan2(y: NUMBER, x: NUMBER) = |a: Args<'_>| two(a, libm::atan2);
    /// `Atanh(x)` is the number whose hyperbolic tangent is `x`.
    pure Atanh(x: NUMBER) = |a: Args<'_>| one(a, libm::atanh);
    /// `Cos(x)` is the cosine of an angle in radians.
    pure Cos(x: NUMBER) = |a: Args<'_>| one(a, libm::cos);
    /// `Cosh(x)` is the hyperbolic cosine.
    pure Cosh(x: NUMBER) = |a: Args<'_>| one(a, libm::cosh);
    /// `Erf(x)` is the error function.
    pure Erf(x: NUMBER) = |a: Args<'_>| one(a, libm::erf);
    /// `Erfc(x)` is 1 less the error function.
    pure Erfc(x: NUMBER) = |a: Args<'_>| one(a, libm::erfc);
    /// `Erfinv(x)` is the number whose error function is `x`.
    pure Erfinv(x: NUMBER) = |a: Args<'_>| one(a, erf_inverse);
    /// `Erfcinv(x)` is the number for which 1 less the error function is `x`.
    pure Erfcinv(x: NUMBER) = |a: Args<'_>| one(a, |x| erf_inverse(1.0 - x));
    /// `Expm1(x)` is e to the power of `x`, less 1, accurate near 0.
    pure Expm1(x: NUMBER) = |a: Args<'_>| one(a, libm::expm1);
    /// `Gamma(x)` is the gamma function: for a whole number the product of all below it.
    pure Gamma(x: NUMBER) = |a: Args<'_>| one(a, gamma);
    /// `Hypot(p, q)` is the length of the longest side of a right triangle with the other sides `p` and `q`.
    pure Hypot(p: NUMBER, q: NUMBER) = |a: Args<'_>| two(a, libm::hypot);
    /// `Ilogb(x)` is the power of two of the first bit of `x`, as an int.
    pure Ilogb(x: NUMBER) = |a: Args<'_>| Ok::<_, Fault>(i64::from(libm::ilogb(a.number(0)?.to_f64())));
    /// `Logb(x)` is the power of two of the first bit of `x`, as a float.
    pure Logb(x: NUMBER) = |a: Args<'_>| number(exponent(a.number(0)?.to_f64())?);
    /// `J0(x)` is the Bessel function of the first kind of order 0.
    pure J0(x: NUMBER) = |a: Args<'_>| one(a, libm::j0);
    /// `J1(x)` is the Bessel function of the first kind of order 1.
    pure J1(x: NUMBER) = |a: Args<'_>| one(a, libm::j1);
    /// `Jn(n, x)` is the Bessel function of the first kind of order `n`.
    pure Jn(n: INT, x: NUMBER) = |a: Args<'_>| number(libm::jn(order(a)?, a.number(1)?.to_f64()));
    /// `Y0(x)` is the Bessel function of the second kind of order 0.
    pure Y0(x: NUMBER) = |a: Args<'_>| one(a, libm::y0);
    /// `Y1(x)` is the Bessel function of the second kind of order 1.
    pure Y1(x: NUMBER) = |a: Args<'_>| one(a, libm::y1);
    /// `Yn(n, x)` is the Bessel function of the second kind of order `n`.
    pure Yn(n: INT, x: NUMBER) = |a: Args<'_>| number(libm::yn(order(a)?, a.number(1)?.to_f64()));
    /// `Ldexp(frac, exp)` is `frac` times 2 to the power of `exp`.
    pure Ldexp(frac: NUMBER, exp: INT) = |a: Args<'_>| number(libm::ldexp(a.number(0)?.to_f64(), a.int(1)?.clamp(-10_000, 10_000) as i32));
    /// `Log1p(x)` is the natural logarithm of 1 and `x`, accurate near 0.
    pure Log1p(x: NUMBER) = |a: Args<'_>| one(a, libm::log1p);
    /// `Mod(x, y)` is the remainder of `x` divided by `y`, with the sign of `x`.
    pure Mod(x: NUMBER, y: NUMBER) = |a: Args<'_>| two(a, libm::fmod);
    /// `Remainder(x, y)` is `x` less the multiple of `y` that is nearest to it.
    pure Remainder(x: NUMBER, y: NUMBER) = |a: Args<'_>| two(a, libm::remainder);
    /// `Sin(x)` is the sine of an angle in radians.
    pure Sin(x: NUMBER) = |a: Args<'_>| one(a, libm::sin);
    /// `Sinh(x)` is the hyperbolic sine.
    pure Sinh(x: NUMBER) = |a: Args<'_>| one(a, libm::sinh);
    /// `Sqrt(x)` is the square root of `x`, which must not be negative.
    pure Sqrt(x: NUMBER) = |a: Args<'_>| one(a, libm::sqrt);
    /// `Tan(x)` is the tangent of an angle in radians.
    pure Tan(x: NUMBER) = |a: Args<'_>| one(a, libm::tan);
    /// `Tanh(x)` is the hyperbolic tangent.
    pure Tanh(x: NUMBER) = |a: Args<'_>| one(a, libm::tanh);
}

fn number(value: f64) -> Outcome<Number> {
    let why = if value.is_nan() { "the result is not a number" } else { "the result is infinite" };
    Number::from_f64(value).map_or_else(|| Fault::error(why), Ok)
}

fn one(args: Args<'_>, f: fn(f64) -> f64) -> Outcome<Number> {
    number(f(args.number(0)?.to_f64()))
}

fn two(args: Args<'_>, f: fn(f64, f64) -> f64) -> Outcome<Number> {
    number(f(args.number(0)?.to_f64(), args.number(1)?.to_f64()))
}

/// The order of a Bessel function; the cost grows with it.
fn order(args: Args<'_>) -> Outcome<i32> {
    match args.int(0)? {
        n @ -10_000..=10_000 => Ok(n as i32),
        n => Fault::error(format!("order {n} is too large")),
    }
}

fn exponent(value: f64) -> Outcome<f64> {
    if value == 0.0 || !value.is_finite() {
        Fault::error("the result is infinite")
    } else {
        Ok(f64::from(libm::ilogb(value)))
    }
}
