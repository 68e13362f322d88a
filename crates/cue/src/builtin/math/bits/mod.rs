//! `math/bits`: ints as bits, of any length; negative ones in two's complement.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, Package, builtins};
use crate::number::Number;
use num_bigint::BigInt;
use num_traits::Signed;

pub(in crate::builtin) const PACKAGE: Package = Package { path: "math/bits", functions: &[ALL], cue: None };

builtins! { "math/bits";
    /// `And(a, b)` has the bits that both have.
    pure And(a: INT, b: INT) = |a: Args<'_>| Ok::<_, Fault>(Number::from(int(a, 0)? & int(a, 1)?));
    /// `Or(a, b)` has the bits that either has.
    pure Or(a: INT, b: INT) = |a: Args<'_>| Ok::<_, Fault>(Number::from(int(a, 0)? | int(a, 1)?));
    /// `Xor(a, b)` has the bits that exactly one of them has.
    pure Xor(a: INT, b: INT) = |a: Args<'_>| Ok::<_, Fault>(Number::from(int(a, 0)? ^ int(a, 1)?));
    /// `Clear(a, b)` has the bits of `a` that `b` has not.
    pure Clear(a: INT, b: INT) = |a: Args<'_>| Ok::<_, Fault>(Number::from(int(a, 0)? & !int(a, 1)?));
    /// `Lsh(x, n)` is `x` with its bits moved `n` places up: `x` times 2 to the power of `n`.
    pure Lsh(x: INT, n: INT) = lsh;
    /// `Rsh(x, n)` is `x` with its bits moved `n` places down.
    pure Rsh(x: INT, n: INT) = rsh;
    /// `At(x, i)` is bit `i` of `x`, 0 or 1.
    pure At(x: INT, i: INT) = at;
    /// `Set(x, i, bit)` is `x` with bit `i` made 0 or 1.
    pure Set(x: INT, i: INT, bit: INT) = set;
    /// `Len(x)` is how many bits the absolute value of `x` needs; 0 for 0.
    pure Len(x: INT) = |a: Args<'_>| Ok::<_, Fault>(Number::from(int(a, 0)?.bits()));
    /// `OnesCount(x)` is how many bits of the absolute value of `x` are 1.
    pure OnesCount(x: INT) = |a: Args<'_>| Ok::<_, Fault>(Number::from(int(a, 0)?.abs().magnitude().count_ones()));
}

/// Bits of a result at most.
const MAX_BITS: u64 = 1_000_000;

fn int(args: Args<'_>, at: usize) -> Outcome<BigInt> {
    args.number(at)?.to_bigint().map_or_else(|| Fault::error("not an int"), Ok)
}

/// A place: not negative.
fn place(args: Args<'_>, at: usize) -> Outcome<u64> {
    let number = args.number(at)?;
    let text = number.to_json();
    number.to_u64().map_or_else(|| Fault::error(format!("cannot use {text} (type int) as uint64 in argument {at}")), Ok)
}

fn bounded(bits: u64) -> Outcome<u64> {
    if bits > MAX_BITS { Fault::error(format!("more than {MAX_BITS} bits")) } else { Ok(bits) }
}

fn lsh(args: Args<'_>) -> Outcome<Number> {
    Ok(Number::from(int(args, 0)? << bounded(place(args, 1)?)?))
}

fn rsh(args: Args<'_>) -> Outcome<Number> {
    let (x, n) = (int(args, 0)?, place(args, 1)?);
    Ok(Number::from(x >> n))
}

fn at(args: Args<'_>) -> Outcome<i64> {
    let (x, i) = (int(args, 0)?, place(args, 1)?);
    Ok(i64::from(x.bit(i)))
}

fn set(args: Args<'_>) -> Outcome<Number> {
    let (mut x, bit) = (int(args, 0)?, args.int(2)?);
    let Ok(i) = u64::try_from(args.int(1)?) else { return Fault::error("negative bit index") };
    if !matches!(bit, 0 | 1) {
        return Fault::error("set bit is not 0 or 1");
    }
    x.set_bit(bounded(i)?, bit == 1);
    Ok(Number::from(x))
}
