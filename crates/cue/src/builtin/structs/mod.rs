//! `struct`: the number of fields, which the evaluator counts: a struct that lacks some may get them yet.

use super::{Package, builtins};

pub(super) const PACKAGE: Package = Package { path: "struct", functions: &[ALL], cue: None };

builtins! { "struct";
    /// `MaxFields(object, n)` says whether the struct has at most `n` regular fields. As a validator: `struct.MaxFields(3)`.
    check MaxFields(object: STRUCT, n: INT);
    /// `MinFields(object, n)` says whether the struct has at least `n` regular fields. As a validator: `struct.MinFields(1)`.
    check MinFields(object: STRUCT, n: INT);
}
