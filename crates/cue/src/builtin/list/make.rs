//! Lists made of lists: `list.Concat`, `Repeat`, `Reverse`, `FlattenN`, and `list.Range`.

use crate::builtin::args::{Outcome, kind_name, show};
use crate::builtin::{Args, Fault, builtins};
use crate::data::{Data, DataValue};
use crate::number::Number;
use std::cmp::Ordering;

builtins! { "list";
    /// `Concat(a)` is one list of the elements of the lists in `a`.
    parts Concat(a: LIST) = concat;
    /// `FlattenN(xs, depth)` is `xs` with the lists in it replaced by their elements, `depth` levels deep, all levels when negative.
    parts FlattenN(xs: TOP, depth: INT) = flatten_n;
    /// `Repeat(x, count)` is `count` times the elements of `x`; more than 1 000 000 times is an error.
    parts Repeat(x: LIST, count: INT) = repeat;
    /// `Reverse(x)` is the elements of `x`, the last first.
    parts Reverse(x: LIST) = |a: Args<'_>| Ok::<_, Fault>(a.list(0)?.iter().rev().cloned().collect::<Vec<_>>());
    /// `Range(start, limit, step)` is `start`, `start + step`, … up to but not including `limit`.
    pure Range(start: NUMBER, limit: NUMBER, step: NUMBER) = range;
}

/// Repetitions at most, and elements of a list that is made here.
const MAX_REPEAT: i64 = 1_000_000;
const MAX_ITEMS: usize = 1 << 18;

fn concat(args: Args<'_>) -> Outcome<Vec<Data>> {
    let mut all = Vec::new();
    for item in args.list(0)? {
        match &item.value {
            DataValue::List(items) => all.extend(items.iter().cloned()),
            DataValue::Unknown(_) => return Err(Fault::Incomplete("not known yet".to_owned())),
            other => {
                return Fault::error(format!("cannot use value {} (type {}) as list", show(item), kind_name(other)));
            }
        }
    }
    Ok(all)
}

fn flatten_n(args: Args<'_>) -> Outcome<Vec<Data>> {
    let data = args.data(0)?;
    let DataValue::List(items) = &data.value else {
        return Fault::error(format!("cannot use value {} (type {}) as list", show(data), kind_name(&data.value)));
    };
    let mut all = Vec::new();
    flatten(&mut all, items, args.int(1)?);
    Ok(all)
}

fn flatten(all: &mut Vec<Data>, items: &[Data], depth: i64) {
    for item in items {
        match &item.value {
            DataValue::List(inner) if depth != 0 => flatten(all, inner, depth.saturating_sub(1)),
            _ => all.push(item.clone()),
        }
    }
}

fn repeat(args: Args<'_>) -> Outcome<Vec<Data>> {
    let (items, count) = (args.list(0)?, args.int(1)?);
    if count > MAX_REPEAT {
        return Fault::error(format!("count {count} exceeds limit of {MAX_REPEAT}"));
    }
    let Ok(count) = usize::try_from(count) else {
        return Fault::error("negative count");
    };
    if items.len().saturating_mul(count) > MAX_ITEMS {
        return Fault::error(format!("the result would have more than {MAX_ITEMS} elements"));
    }
    Ok(std::iter::repeat_n(items, count).flatten().cloned().collect())
}

fn range(args: Args<'_>) -> Outcome<Vec<Data>> {
    let (start, limit, step) = (args.number(0)?, args.number(1)?, args.number(2)?);
    let end = match step.compare(&Number::ZERO) {
        Ordering::Equal => return Fault::error("step must be non zero"),
        Ordering::Greater if start.compare(limit).is_gt() => {
            return Fault::error("end must be greater than start when step is positive");
        }
        Ordering::Less if start.compare(limit).is_lt() => {
            return Fault::error("end must be less than start when step is negative");
        }
        Ordering::Greater => Ordering::Less,
        Ordering::Less => Ordering::Greater,
    };
    let mut all = Vec::new();
    let mut next = start.clone();
    while next.compare(limit) == end {
        if all.len() >= MAX_ITEMS {
            return Fault::error(format!("the result would have more than {MAX_ITEMS} elements"));
        }
        all.push(Data::from(next.clone().as_result()));
        next = next.add(step).map_err(|e| Fault::Error(e.to_string()))?;
    }
    Ok(all)
}
