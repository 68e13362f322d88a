//! Small looks into [`Data`].

use cue::{Data, DataValue, Fields};

/// A field of a struct.
pub(crate) fn field<'a>(data: &'a Data, name: &str) -> Option<&'a Data> {
    fields(data).and_then(|f| f.get(name))
}

/// The fields of a struct.
pub(crate) fn fields(data: &Data) -> Option<&Fields> {
    match &data.value {
        DataValue::Struct(fields) => Some(fields),
        _ => None,
    }
}

/// The elements of a list; none of anything else.
pub(crate) fn items(data: &Data) -> &[Data] {
    match &data.value {
        DataValue::List(items) => items,
        _ => &[],
    }
}

/// Text.
pub(crate) fn text(data: &Data) -> Option<&str> {
    match &data.value {
        DataValue::String(text) => Some(text),
        _ => None,
    }
}

/// True or false.
pub(crate) fn boolean(data: &Data) -> Option<bool> {
    match data.value {
        DataValue::Bool(b) => Some(b),
        _ => None,
    }
}

/// What it is, in a sentence: `a list`.
pub(crate) fn kind(data: &Data) -> &'static str {
    match &data.value {
        DataValue::Null => "null",
        DataValue::Bool(_) => "true or false",
        DataValue::Number(_) => "a number",
        DataValue::String(_) => "text",
        DataValue::Bytes(_) => "bytes",
        DataValue::List(_) => "a list",
        DataValue::Struct(_) => "a map",
        DataValue::Unknown(_) => "not known yet",
    }
}

/// A struct without fields.
pub(crate) fn empty() -> Data {
    DataValue::Struct(Fields::default()).into()
}
