//! `list`: lists as values.

mod equal;
mod make;
mod numbers;
mod order;
mod slice;

use super::Package;

/// What `list.Sort` takes: a struct that says whether `x` stands before `y`.
const CUE: &str = r"
Comparer: {
	T:    _
	x:    T
	y:    T
	less: bool
}
Ascending: {
	T:    number | string
	x:    T
	y:    T
	less: x < y
}
Descending: {
	T:    number | string
	x:    T
	y:    T
	less: x > y
}
";

pub(super) const PACKAGE: Package =
    Package { path: "list", functions: &[equal::ALL, make::ALL, numbers::ALL, order::ALL, slice::ALL], cue: Some(CUE) };
