//! Exact functions on decimals: rounding, absolute value, `math.MultipleOf`.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::number::{ArithmeticError, Number, NumberKind};
use num_bigint::BigInt;
use std::cmp::Ordering;

builtins! { "math";
    /// `Abs(x)` is `x` without its sign.
    pure Abs(x: NUMBER) = abs;
    /// `Ceil(x)` is the smallest int that is not below `x`.
    pure Ceil(x: NUMBER) = |a: Args<'_>| whole(a, |up, _, negative| up && !negative);
    /// `Floor(x)` is the largest int that is not above `x`.
    pure Floor(x: NUMBER) = |a: Args<'_>| whole(a, |up, _, negative| up && negative);
    /// `Trunc(x)` is `x` without what stands behind its point.
    pure Trunc(x: NUMBER) = |a: Args<'_>| whole(a, |_, _, _| false);
    /// `Round(x)` is the int nearest to `x`; ties go away from zero.
    pure Round(x: NUMBER) = |a: Args<'_>| whole(a, |_, half, _| half.is_ge());
    /// `RoundToEven(x)` is the int nearest to `x`; ties go to the even one.
    pure RoundToEven(x: NUMBER) = round_to_even;
    /// `MultipleOf(x, y)` says whether `x` is a whole number of `y`.
    bool MultipleOf(x: NUMBER, y: NUMBER) = multiple_of;
    /// `Signbit(x)` says whether `x` has a minus sign.
    bool Signbit(x: NUMBER) = |a: Args<'_>| Ok::<_, Fault>(a.number(0)?.has_minus());
    /// `Copysign(x, y)` is `x` with the sign of `y`.
    pure Copysign(x: NUMBER, y: NUMBER) = copysign;
    /// `Dim(x, y)` is `x - y`, or 0 when that is negative.
    pure Dim(x: NUMBER, y: NUMBER) = dim;
}

fn abs(args: Args<'_>) -> Outcome<Number> {
    let x = args.number(0)?;
    Ok(if x.has_minus() { x.negated() } else { x.clone() }.as_result())
}

/// The whole part, one further from zero when `further` says so of: is there a fraction, how it compares with one half, is `x` negative.
fn whole(args: Args<'_>, further: fn(bool, Ordering, bool) -> bool) -> Outcome<Number> {
    let (part, fraction, half, negative) = split(args.number(0)?)?;
    let step = if further(fraction, half, negative) { if negative { -1 } else { 1 } } else { 0 };
    Ok(Number::from(part + step))
}

fn round_to_even(args: Args<'_>) -> Outcome<Number> {
    let (part, _, half, negative) = split(args.number(0)?)?;
    let up = half.is_gt() || (half.is_eq() && part.bit(0));
    let step = if up { if negative { -1 } else { 1 } } else { 0 };
    Ok(Number::from(part + step))
}

/// The whole part, whether there is a fraction, how it compares with one half, and whether the number is negative.
fn split(x: &Number) -> Outcome<(BigInt, bool, Ordering, bool)> {
    let part = x.truncated();
    if x.is_integral() {
        return Ok((part, false, Ordering::Less, x.is_negative()));
    }
    // The digits behind the point, as a number below one of any length: exact.
    let plain = x.to_plain(None);
    let digits = plain.split_once('.').map_or("", |(_, d)| d);
    let half = match digits.split_at_checked(1) {
        Some(("5", rest)) => {
            if rest.bytes().all(|b| b == b'0') {
                Ordering::Equal
            } else {
                Ordering::Greater
            }
        }
        Some((first, _)) => first.cmp("5"),
        None => Ordering::Less,
    };
    Ok((part, true, half, x.is_negative()))
}

fn multiple_of(args: Args<'_>) -> Outcome<bool> {
    let (x, y) = (args.number(0)?, args.number(1)?);
    if y.is_zero() {
        return Fault::error(ArithmeticError::DivisionByZero.to_string());
    }
    let ((mut a, m), (mut b, n)) = (x.parts(), y.parts());
    let low = m.min(n);
    // Numbers of ordinary size only: the digits are written out.
    if m.abs_diff(n) > 10_000 {
        return Fault::error("the numbers are too far apart");
    }
    let ten = BigInt::from(10u32);
    a *= ten.pow((m - low).unsigned_abs());
    b *= ten.pow((n - low).unsigned_abs());
    Ok(a % b == BigInt::ZERO)
}

fn copysign(args: Args<'_>) -> Outcome<Number> {
    let (x, y) = (args.number(0)?, args.number(1)?);
    Ok(if x.has_minus() == y.has_minus() { x.clone() } else { x.negated() }.as_result())
}

fn dim(args: Args<'_>) -> Outcome<Number> {
    let (x, y) = (args.number(0)?, args.number(1)?);
    let difference = x.subtract(y).map_err(|e| Fault::Error(e.to_string()))?;
    if difference.is_negative() {
        return Ok(Number::ZERO);
    }
    let kind = if difference.is_int() { NumberKind::Int } else { NumberKind::Float };
    Ok(difference.with_kind(kind).as_result())
}
