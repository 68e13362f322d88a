//! `math`.

pub(super) mod bits;
mod constants;
mod round;

use super::Package;

pub(super) const PACKAGE: Package = Package { path: "math", functions: &[constants::ALL, round::ALL], cue: None };
