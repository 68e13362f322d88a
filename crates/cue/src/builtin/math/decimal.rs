//! Functions that compute with decimals of 34 digits. A whole result is an int.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::number::{ArithmeticError, Number};

builtins! { "math";
    /// `Cbrt(x)` is the number whose cube is `x`.
    pure Cbrt(x: NUMBER) = |a: Args<'_>| result(a.number(0)?.cbrt());
    /// `Exp(x)` is e to the power of `x`.
    pure Exp(x: NUMBER) = |a: Args<'_>| result(a.number(0)?.exp());
    /// `Exp2(x)` is 2 to the power of `x`.
    pure Exp2(x: NUMBER) = |a: Args<'_>| result(Number::from(2).pow(a.number(0)?));
    /// `Log(x)` is the natural logarithm of `x`, which must be above 0.
    pure Log(x: NUMBER) = |a: Args<'_>| result(a.number(0)?.ln());
    /// `Log10(x)` is the logarithm of `x` to base 10; `x` must be above 0.
    pure Log10(x: NUMBER) = |a: Args<'_>| result(a.number(0)?.log10());
    /// `Log2(x)` is the logarithm of `x` to base 2; `x` must be above 0.
    pure Log2(x: NUMBER) = |a: Args<'_>| result(a.number(0)?.log2());
    /// `Pow(x, y)` is `x` to the power of `y`.
    pure Pow(x: NUMBER, y: NUMBER) = |a: Args<'_>| result(a.number(0)?.pow(a.number(1)?));
    /// `Pow10(n)` is 10 to the power of `n`, exactly.
    pure Pow10(n: INT) = pow10;
}

fn result(number: Result<Number, ArithmeticError>) -> Outcome<Number> {
    number.map(Number::as_result).map_err(|e| Fault::Error(e.to_string()))
}

fn pow10(args: Args<'_>) -> Outcome<Number> {
    let power = i32::try_from(args.int(0)?).ok();
    let number = power.and_then(|n| Number::from_parts(1.into(), n, crate::number::NumberKind::Float));
    result(number.ok_or(ArithmeticError::ExponentOutOfRange))
}
