//! Sorting: with a comparator by the evaluator, strings here.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "list";
    /// `Sort(list, cmp)` is the list sorted by a comparator: a struct with `x`, `y` and `less`, for instance `list.Ascending`.
    evaluator Sort(list: LIST, cmp: TOP);
    /// `SortStable(list, cmp)` is `Sort` that keeps the order of equal elements.
    evaluator SortStable(list: LIST, cmp: TOP);
    /// `IsSorted(list, cmp)` says whether the list is sorted by a comparator.
    check IsSorted(list: LIST, cmp: TOP);
    /// `SortStrings(a)` is the strings in ascending order, compared byte by byte.
    pure SortStrings(a: LIST) = sort_strings;
    /// `IsSortedStrings(a)` says whether the strings stand in ascending order.
    bool IsSortedStrings(a: LIST) = |a: Args<'_>| Ok::<_, Fault>(a.strings(0)?.is_sorted());
}

fn sort_strings(args: Args<'_>) -> Outcome<Vec<&str>> {
    let mut all = args.strings(0)?;
    all.sort_unstable();
    Ok(all)
}
