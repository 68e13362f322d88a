//! Lists of numbers: `list.Sum`, `Product`, `Avg`, `Min`, `Max`. A whole result is an int.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::number::{ArithmeticError, Number};

builtins! { "list";
    /// `Avg(xs)` is the average of the numbers; of none it is an error.
    pure Avg(xs: LIST) = avg;
    /// `Max(xs)` is the largest number; of none it is an error.
    pure Max(xs: LIST) = max;
    /// `Min(xs)` is the smallest number; of none it is an error.
    pure Min(xs: LIST) = min;
    /// `Product(xs)` is the product of the numbers, 1 for none.
    pure Product(xs: LIST) = |a: Args<'_>| fold(a, Number::from(1), Number::multiply);
    /// `Sum(xs)` is the sum of the numbers, 0 for none.
    pure Sum(xs: LIST) = |a: Args<'_>| fold(a, Number::ZERO, Number::add);
}

fn fold(args: Args<'_>, first: Number, f: fn(&Number, &Number) -> Result<Number, ArithmeticError>) -> Outcome<Number> {
    let result = args.numbers(0)?.into_iter().try_fold(first, |all, n| f(&all, n));
    result.map(Number::as_result).map_err(|e| Fault::Error(e.to_string()))
}

fn avg(args: Args<'_>) -> Outcome<Number> {
    let count = args.list(0)?.len();
    if count == 0 {
        return Fault::error("empty list");
    }
    let sum = fold(args, Number::ZERO, Number::add)?;
    sum.divide(&Number::from(count)).map(Number::as_result).map_err(|e| Fault::Error(e.to_string()))
}

fn max(args: Args<'_>) -> Outcome<Number> {
    best(args, |a, b| a.compare(b).is_gt())
}

fn min(args: Args<'_>) -> Outcome<Number> {
    best(args, |a, b| a.compare(b).is_lt())
}

fn best(args: Args<'_>, better: fn(&Number, &Number) -> bool) -> Outcome<Number> {
    match args.numbers(0)?.into_iter().reduce(|best, n| if better(n, best) { n } else { best }) {
        Some(n) => Ok(n.clone().as_result()),
        None => Fault::error("empty list"),
    }
}
