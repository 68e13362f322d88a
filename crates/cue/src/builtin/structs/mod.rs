//! `struct`: the number of fields.

use super::args::Outcome;
use super::{Args, Fault, Package, builtins};
use crate::data::DataValue;
use crate::number::Number;

pub(super) const PACKAGE: Package = Package { path: "struct", functions: &[ALL], cue: None };

builtins! { "struct";
    /// `MaxFields(object, n)` says whether the struct has at most `n` regular fields. As a validator: `struct.MaxFields(3)`.
    bool MaxFields(object: STRUCT, n: INT) = |a: Args<'_>| Ok::<_, Fault>(a.number(1)?.compare(&count(a)?).is_ge());
    /// `MinFields(object, n)` says whether the struct has at least `n` regular fields. As a validator: `struct.MinFields(1)`.
    bool MinFields(object: STRUCT, n: INT) = |a: Args<'_>| Ok::<_, Fault>(a.number(1)?.compare(&count(a)?).is_le());
}

fn count(args: Args<'_>) -> Outcome<Number> {
    match &args.data(0)?.value {
        DataValue::Struct(fields) => Ok(Number::from(fields.len())),
        _ => Fault::error("not a struct"),
    }
}
