//! `math`.

pub(super) mod bits;
mod constants;
mod decimal;
mod float;
mod jacobi;
mod round;
mod special;

use super::Package;

pub(super) const PACKAGE: Package = Package {
    path: "math",
    functions: &[constants::ALL, decimal::ALL, float::ALL, jacobi::ALL, round::ALL],
    cue: None,
};
