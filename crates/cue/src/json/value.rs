//! Data from and to `serde_json::Value`, for the parts of the engine that hold Kubernetes objects.

use crate::data::{Data, DataValue, Unknown};
use crate::number::{Number, NumberKind};
use base64::Engine;
use serde_json::Value;
use smol_str::SmolStr;

/// Data of a JSON value: fields in the value's own order, numbers with the shortest digits.
pub fn from_value(value: &Value) -> Data {
    match value {
        Value::Null => DataValue::Null.into(),
        Value::Bool(b) => DataValue::Bool(*b).into(),
        Value::Number(n) => {
            let number = match (n.as_i64(), n.as_u64()) {
                (Some(i), _) => Number::from(i),
                (None, Some(u)) => Number::from(u),
                // serde_json holds finite floats only.
                (None, None) => n.as_f64().and_then(Number::from_f64).unwrap_or(Number::ZERO),
            };
            DataValue::Number(number).into()
        }
        Value::String(s) => Data::string(s.as_str()),
        Value::Array(items) => DataValue::List(items.iter().map(from_value).collect()).into(),
        Value::Object(fields) => {
            DataValue::Struct(fields.iter().map(|(k, v)| (SmolStr::new(k), from_value(v))).collect()).into()
        }
    }
}

/// A JSON value of data. Whole numbers that fit 64 bits stay exact whatever their scale; others become floats, and a
/// number past the range of floats becomes a string of its digits. Bytes are base64.
///
/// # Errors
/// When a part is not known yet.
pub fn to_value(data: &Data) -> Result<Value, Unknown> {
    Ok(match &data.value {
        DataValue::Null => Value::Null,
        DataValue::Bool(b) => Value::Bool(*b),
        DataValue::Number(n) => number(n),
        DataValue::String(s) => Value::String(s.to_string()),
        DataValue::Bytes(b) => Value::String(base64::engine::general_purpose::STANDARD.encode(b)),
        DataValue::List(items) => Value::Array(items.iter().map(to_value).collect::<Result<_, _>>()?),
        DataValue::Struct(fields) => {
            let fields = fields.iter().map(|(k, v)| Ok((k.to_string(), to_value(v)?)));
            Value::Object(fields.collect::<Result<_, _>>()?)
        }
        DataValue::Unknown(id) => return Err(Unknown(*id)),
    })
}

fn number(n: &Number) -> Value {
    if n.kind() == NumberKind::Int || n.is_integral() {
        if let Some(i) = n.to_i64() {
            return Value::from(i);
        }
        if let Some(u) = n.to_u64() {
            return Value::from(u);
        }
    }
    match serde_json::Number::from_f64(n.to_f64()) {
        Some(number) => Value::Number(number),
        None => Value::String(n.to_json()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_way_there_and_back() {
        let value =
            serde_json::json!({"a": [1, -2, 1.5, 18_446_744_073_709_551_615u64, "x", null, true], "b": {"c": {}}});
        assert_eq!(to_value(&from_value(&value)).unwrap(), value);
    }

    #[test]
    fn whole_floats_are_integers_and_what_does_not_fit_is_text() {
        let data = crate::json::parse("[1.0, 1e3, 1e400, 0.1]").unwrap();
        assert_eq!(to_value(&data).unwrap(), serde_json::json!([1, 1000, "1E+400", 0.1]));
    }
}
