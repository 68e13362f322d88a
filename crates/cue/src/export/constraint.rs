//! Types and bounds: the names of types, and of ranges of numbers.

use super::literal::name;
use crate::api::Kinds;
use crate::number::Number;
use cue_syntax::ast::{Expr, UnaryOp};

/// The names of the kinds, in the order in which CUE prints them.
const NAMES: [(Kinds, &str); 8] = [
    (Kinds::NULL, "null"),
    (Kinds::BOOL, "bool"),
    (Kinds::INT, "int"),
    (Kinds::FLOAT, "float"),
    (Kinds::STRING, "string"),
    (Kinds::BYTES, "bytes"),
    (Kinds::LIST, "[...]"),
    (Kinds::STRUCT, "{...}"),
];

/// The types as expressions, alternatives of each other.
pub(super) fn types(kinds: Kinds) -> Vec<Expr> {
    let all = Kinds(Kinds::TOP.0 & !Kinds::FUNC.0);
    if kinds.contains(all) {
        return vec![name("_")];
    }
    let number = kinds.contains(Kinds::NUMBER);
    let mut out: Vec<Expr> = Vec::new();
    for (kind, text) in NAMES {
        if !kinds.contains(kind) {
            continue;
        }
        match kind {
            Kinds::INT | Kinds::FLOAT if number => {
                if kind == Kinds::INT {
                    out.push(name("number"));
                }
            }
            Kinds::NULL => out.push(Expr::Null(super::literal::NOWHERE)),
            _ => out.push(name(text)),
        }
    }
    out
}

/// Ranges of ints with a name.
const INT_RANGES: [(&str, i32, bool); 10] = [
    ("uint8", 8, false),
    ("int8", 8, true),
    ("uint16", 16, false),
    ("int16", 16, true),
    ("uint32", 32, false),
    ("int32", 32, true),
    ("uint64", 64, false),
    ("int64", 64, true),
    ("uint128", 128, false),
    ("int128", 128, true),
];

/// Ranges of floats with a name, and the largest value.
const FLOAT_RANGES: [(&str, &str); 2] = [
    ("float32", "3.40282346638528859811704183484516925440e+38"),
    ("float64", "1.797693134862315708145274237317043567981e+308"),
];

/// What is left of an int or float type with a lower and an upper bound: names, and whether each bound still has to be printed.
pub(super) fn range(int: bool, low: (UnaryOp, &Number), high: (UnaryOp, &Number)) -> (Vec<Expr>, bool, bool) {
    let inclusive = low.0 == UnaryOp::GreaterEqual && high.0 == UnaryOp::LessEqual;
    if int {
        for (text, bits, signed) in INT_RANGES {
            let limit = num_bigint::BigInt::from(1) << (bits - i32::from(signed));
            let lowest = if signed { -limit.clone() } else { num_bigint::BigInt::ZERO };
            let fits = Number::from(lowest).same_value(low.1) && Number::from(limit - 1).same_value(high.1);
            if inclusive && fits {
                return (vec![name(text)], false, false);
            }
        }
        if low.1.is_negative() {
            return (vec![name("int")], true, true);
        }
        let implied = low.1.is_zero() && low.0 == UnaryOp::GreaterEqual;
        return (vec![name("uint")], !implied, true);
    }
    for (text, digits) in FLOAT_RANGES {
        let Ok(limit) = Number::parse_literal(digits) else { continue };
        if inclusive && limit.same_value(high.1) && limit.negated().same_value(low.1) {
            return (vec![name(text)], false, false);
        }
    }
    (Vec::new(), true, true)
}
