//! `strconv.FormatInt`, `FormatUint`, `FormatBool`.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use num_bigint::Sign;

builtins! { "strconv";
    /// `FormatBool(b)` is `true` or `false`.
    pure FormatBool(b: BOOL) = |a: Args<'_>| Ok::<_, Fault>(a.bool(0)?.to_string());
    /// `FormatInt(i, base)` is `i` in a base from 2 to 62, with the digits `0-9a-zA-Z`.
    pure FormatInt(i: INT, base: INT) = format_int;
    /// `FormatUint(i, base)` is `i` in a base from 2 to 62.
    pure FormatUint(i: INT, base: INT) = format_int;
}

const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn format_int(args: Args<'_>) -> Outcome<String> {
    let Some(value) = args.number(0)?.to_bigint() else {
        return Fault::error("not an int");
    };
    let base = match args.int(1)? {
        base @ 2..=62 => base as u32,
        _ => return Fault::error("invalid base"),
    };
    if base == 10 {
        return Ok(value.to_string());
    }
    let (sign, digits) = value.to_radix_be(base);
    let text = digits.iter().filter_map(|d| DIGITS.get(usize::from(*d))).map(|b| char::from(*b));
    Ok((sign == Sign::Minus).then_some('-').into_iter().chain(text).collect())
}
