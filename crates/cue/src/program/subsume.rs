//! Whether one value admits everything that another does.

use super::Value;
use crate::api::{ArcType, Constraint, FieldOptions, Kinds, View};
use crate::data::{Data, DataValue};
use cue_syntax::ast::UnaryOp;
use std::cmp::Ordering;

/// Values inside values are compared this deep; what lies deeper counts as different.
const MAX_DEPTH: usize = 40;

impl<'e> Value<'e> {
    /// Whether everything that `other` admits is admitted by this value too. Closedness does not count; where it cannot be
    /// told, the answer is no.
    pub fn subsumes(&self, other: &Value<'e>) -> bool {
        subsumes(*self, *other, 0)
    }
}

fn subsumes(v: Value<'_>, w: Value<'_>, depth: usize) -> bool {
    if v.node == w.node {
        return true;
    }
    if depth > MAX_DEPTH {
        return false;
    }
    let (above, below) = (v.view(), w.view());
    if let View::Disjunction(alternatives) = &below {
        return alternatives.iter().all(|(a, _)| subsumes(v, *a, depth + 1));
    }
    match above {
        View::Disjunction(alternatives) => alternatives.iter().any(|(a, _)| subsumes(*a, w, depth + 1)),
        View::Constraint(parts) => parts.iter().all(|part| admits(part, w, &below, depth)),
        View::Scalar(a) => matches!(&below, View::Scalar(b) if same(&a, b)),
        View::Struct { patterns, .. } => matches!(below, View::Struct { .. }) && structs(v, &patterns, w, depth),
        View::List { rest } => match below {
            View::List { rest: other } => lists((v, rest), (w, other), depth),
            _ => false,
        },
        View::Bottom(..) | View::Unknown(_) | View::Unresolved(_) => false,
    }
}

fn same(a: &Data, b: &Data) -> bool {
    match (&a.value, &b.value) {
        (DataValue::Number(x), DataValue::Number(y)) => x.kind() == y.kind() && x.same_value(y),
        (x, y) => x == y,
    }
}

fn structs(v: Value<'_>, patterns: &[(Value<'_>, Value<'_>)], w: Value<'_>, depth: usize) -> bool {
    let options = FieldOptions { optional: true, hidden: true, definitions: true };
    let have = w.fields(&options);
    let find = |label: &str| have.iter().find(|f| f.label == label);
    for field in v.fields(&options) {
        match (field.arc, find(&field.label)) {
            (ArcType::Optional, None) => {}
            (_, None) => return false,
            (ArcType::Regular, Some(f)) if f.arc != ArcType::Regular => return false,
            (ArcType::Required, Some(f)) if f.arc == ArcType::Optional => return false,
            (_, Some(f)) => {
                if !subsumes(field.value, f.value, depth + 1) {
                    return false;
                }
            }
        }
    }
    // A pattern that is not for all names: only the same one is known to say as much.
    let View::Struct { patterns: others, .. } = w.view() else { return false };
    patterns.iter().all(|(label, value)| {
        let held = others.iter().any(|(l, o)| subsumes(*l, *label, depth + 1) && subsumes(*value, *o, depth + 1));
        let fields = || have.iter().filter(|f| !f.value.is_special());
        held || (others.is_empty() && fields().all(|f| subsumes(*value, f.value, depth + 1)))
    })
}

fn lists<'e>(
    (v, rest): (Value<'e>, Option<Value<'e>>),
    (w, other): (Value<'e>, Option<Value<'e>>),
    depth: usize,
) -> bool {
    let (mine, theirs) = (v.items(), w.items());
    if theirs.len() < mine.len() || (rest.is_none() && (other.is_some() || theirs.len() > mine.len())) {
        return false;
    }
    let each = theirs.iter().enumerate().all(|(i, item)| match mine.get(i).or(rest.as_ref()) {
        Some(schema) => subsumes(*schema, *item, depth + 1),
        None => false,
    });
    each && match (rest, other) {
        (Some(schema), Some(items)) => subsumes(schema, items, depth + 1),
        _ => true,
    }
}

/// Whether a part of a constraint admits a value.
fn admits(part: &Constraint<'_>, w: Value<'_>, below: &View<'_>, depth: usize) -> bool {
    match part {
        Constraint::Type(kinds) => kinds.contains(w.kind()),
        Constraint::Bound(op, limit) => {
            let Some(limit) = scalar(*limit) else { return false };
            match below {
                View::Scalar(data) => compare(data, &limit).is_some_and(|o| holds(*op, o)),
                View::Constraint(parts) => parts.iter().any(|p| match p {
                    Constraint::Bound(other, l) => scalar(*l).is_some_and(|l| implies((*other, &l), (*op, &limit))),
                    _ => false,
                }),
                _ => *op == UnaryOp::NotEqual && w.kind().and(kind_of(&limit)).is_empty(),
            }
        }
        Constraint::Call(package, name, arguments) => match below {
            View::Constraint(parts) => parts.iter().any(|p| match p {
                Constraint::Call(other, function, given) => {
                    package == other
                        && name == function
                        && arguments.len() == given.len()
                        && arguments
                            .iter()
                            .zip(given)
                            .all(|(a, b)| subsumes(*a, *b, depth + 1) && subsumes(*b, *a, depth + 1))
                }
                _ => false,
            }),
            _ => false,
        },
    }
}

fn scalar(value: Value<'_>) -> Option<Data> {
    match value.view() {
        View::Scalar(data) => Some(data),
        _ => None,
    }
}

fn kind_of(data: &Data) -> Kinds {
    match &data.value {
        DataValue::Null => Kinds::NULL,
        DataValue::Bool(_) => Kinds::BOOL,
        DataValue::Number(_) => Kinds::NUMBER,
        DataValue::String(_) => Kinds::STRING,
        DataValue::Bytes(_) => Kinds::BYTES,
        DataValue::List(_) => Kinds::LIST,
        DataValue::Struct(_) | DataValue::Unknown(_) => Kinds::TOP,
    }
}

fn compare(a: &Data, b: &Data) -> Option<Ordering> {
    match (&a.value, &b.value) {
        (DataValue::Number(x), DataValue::Number(y)) => Some(x.compare(y)),
        (DataValue::String(x), DataValue::String(y)) => Some(x.as_bytes().cmp(y.as_bytes())),
        (DataValue::Bytes(x), DataValue::Bytes(y)) => Some(x.cmp(y)),
        _ => None,
    }
}

/// Whether `value op limit` holds for a value that compares so with the limit.
fn holds(op: UnaryOp, order: Ordering) -> bool {
    match op {
        UnaryOp::Less => order.is_lt(),
        UnaryOp::LessEqual => order.is_le(),
        UnaryOp::Greater => order.is_gt(),
        UnaryOp::GreaterEqual => order.is_ge(),
        UnaryOp::NotEqual => order.is_ne(),
        UnaryOp::Equal => order.is_eq(),
        _ => false,
    }
}

/// Whether all values within the first bound are within the second.
fn implies(inner: (UnaryOp, &Data), outer: (UnaryOp, &Data)) -> bool {
    if inner.0 == outer.0 && same(inner.1, outer.1) {
        return true;
    }
    let Some(order) = compare(inner.1, outer.1) else { return false };
    match (inner.0, outer.0) {
        (UnaryOp::Less | UnaryOp::LessEqual, UnaryOp::LessEqual) => order.is_le(),
        (UnaryOp::Less, UnaryOp::Less) => order.is_le(),
        (UnaryOp::LessEqual, UnaryOp::Less | UnaryOp::NotEqual) => order.is_lt(),
        (UnaryOp::Less, UnaryOp::NotEqual) => order.is_le(),
        (UnaryOp::Greater | UnaryOp::GreaterEqual, UnaryOp::GreaterEqual) => order.is_ge(),
        (UnaryOp::Greater, UnaryOp::Greater) => order.is_ge(),
        (UnaryOp::GreaterEqual, UnaryOp::Greater | UnaryOp::NotEqual) => order.is_gt(),
        (UnaryOp::Greater, UnaryOp::NotEqual) => order.is_ge(),
        (UnaryOp::Equal, op) => holds(op, order),
        _ => false,
    }
}
