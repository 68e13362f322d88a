//! `eq`, `lt` and their kin: values of one basic kind.

use super::Value;
use crate::data::{Data, DataValue};
use std::cmp::Ordering;

/// The kinds that Go's templates compare.
fn kind(value: &DataValue) -> Option<&'static str> {
    Some(match value {
        DataValue::Bool(_) => "bool",
        DataValue::Number(n) if n.is_int() => "int64",
        DataValue::Number(_) => "float64",
        DataValue::String(_) => "string",
        _ => return None,
    })
}

/// Whether two values are equal.
///
/// # Errors
/// When they cannot be compared.
pub(super) fn equal(a: &Value, b: &Value) -> Result<bool, String> {
    let (a, b) = match (a, b) {
        (None | Some(Data { value: DataValue::Null, .. }), None | Some(Data { value: DataValue::Null, .. })) => {
            return Ok(true);
        }
        (None | Some(Data { value: DataValue::Null, .. }), _)
        | (_, None | Some(Data { value: DataValue::Null, .. })) => {
            return Ok(false);
        }
        (Some(a), Some(b)) => (a, b),
    };
    match (kind(&a.value), kind(&b.value)) {
        (Some(x), Some(y)) if x == y => Ok(order(a, b).is_eq()),
        (Some(x), Some(y)) => Err(format!("incompatible types for comparison: {x} and {y}")),
        _ => Err("non-comparable type".to_owned()),
    }
}

/// Whether the first stands before the second.
///
/// # Errors
/// When they have no order.
pub(super) fn less(a: &Value, b: &Value) -> Result<bool, String> {
    let (Some(a), Some(b)) = (a, b) else { return Err("invalid type for comparison".to_owned()) };
    match (kind(&a.value), kind(&b.value)) {
        (Some("bool"), _) | (_, Some("bool")) | (None, _) | (_, None) => Err("invalid type for comparison".to_owned()),
        (Some(x), Some(y)) if x == y => Ok(order(a, b).is_lt()),
        (Some(x), Some(y)) => Err(format!("incompatible types for comparison: {x} and {y}")),
    }
}

/// The order of two values of one kind.
pub(super) fn order(a: &Data, b: &Data) -> Ordering {
    match (&a.value, &b.value) {
        (DataValue::Number(x), DataValue::Number(y)) => x.compare(y),
        (DataValue::String(x), DataValue::String(y)) => x.cmp(y),
        (DataValue::Bool(x), DataValue::Bool(y)) => x.cmp(y),
        _ => Ordering::Equal,
    }
}
