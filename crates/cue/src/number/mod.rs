//! CUE's numbers: decimals of 34 significant digits, rounded half up, scale kept (rust-ecosystem §3.1).

/// An int or a float. (To be replaced by the decimal.)
#[derive(Debug, Clone, PartialEq)]
pub struct Number;
