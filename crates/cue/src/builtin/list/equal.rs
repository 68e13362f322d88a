//! `list.Contains`, and the validators of lists, which the evaluator judges: a list that is open may get more elements.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, builtins};
use crate::data::{Data, DataValue};

builtins! { "list";
    /// `Contains(a, v)` says whether `v` is an element of `a`. Ints and floats differ; the order of fields does not matter.
    bool Contains(a: LIST, v: TOP) = contains;
    /// `UniqueItems(a)` says whether no two elements are equal.
    check UniqueItems(a: LIST);
    /// `MinItems(list, n)` says whether the list has at least `n` elements. As a validator: `list.MinItems(1)`.
    check MinItems(list: LIST, n: INT);
    /// `MaxItems(list, n)` says whether the list has at most `n` elements. As a validator: `list.MaxItems(9)`.
    check MaxItems(list: LIST, n: INT);
    /// `MatchN(list, n, matchValue)` says whether the number of elements that unify with `matchValue` satisfies `n`.
    check MatchN(list: LIST, n: TOP, matchValue: TOP);
}

fn contains(args: Args<'_>) -> Outcome<bool> {
    let mut wanted = String::new();
    key(&mut wanted, args.data(1)?);
    let mut given = String::new();
    Ok(args.list(0)?.iter().any(|item| {
        given.clear();
        key(&mut given, item);
        given == wanted
    }))
}

/// A text that equal values share and others do not.
fn key(out: &mut String, data: &Data) {
    match &data.value {
        DataValue::Null => out.push('n'),
        DataValue::Bool(b) => out.push(if *b { 't' } else { 'f' }),
        DataValue::Number(n) => {
            out.push(if n.is_int() { 'i' } else { 'd' });
            out.push_str(&n.canonical().to_json());
        }
        DataValue::String(s) => crate::json::quote(out, s),
        DataValue::Bytes(b) => {
            out.push('b');
            b.iter().for_each(|b| out.push_str(&format!("{b:02x}")));
        }
        DataValue::List(items) => {
            out.push('[');
            for item in items {
                key(out, item);
                out.push(',');
            }
            out.push(']');
        }
        DataValue::Struct(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (name, field) in sorted {
                crate::json::quote(out, name);
                key(out, field);
                out.push(',');
            }
            out.push('}');
        }
        DataValue::Unknown(id) => out.push_str(&format!("?{id}")),
    }
}
