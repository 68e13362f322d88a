//! The arguments of a call, by position and type.

use super::Fault;
use crate::data::{Data, DataValue};
use crate::number::Number;
use smol_str::SmolStr;
use std::sync::Arc;

/// The result of a builtin.
pub(crate) type Outcome<T = Data> = Result<T, Fault>;

impl Fault {
    /// A permanent failure.
    pub(crate) fn error<T>(message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault::Error(message.into()))
    }
}

/// The arguments of a call. The evaluator has checked their number and kinds, so a mismatch is reported, not expected.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a>(pub(crate) &'a [Data]);

impl<'a> Args<'a> {
    fn wrong<T>(at: usize, wanted: &str) -> Outcome<T> {
        Fault::error(format!("cannot use argument {} as {wanted}", at + 1))
    }

    pub(crate) fn data(self, at: usize) -> Outcome<&'a Data> {
        match self.0.get(at) {
            Some(Data { value: DataValue::Unknown(_), .. }) => Err(Fault::Incomplete("not known yet".to_owned())),
            Some(data) => Ok(data),
            None => Self::wrong(at, "a value"),
        }
    }

    pub(crate) fn string(self, at: usize) -> Outcome<&'a str> {
        match &self.data(at)?.value {
            DataValue::String(s) => Ok(s),
            _ => Self::wrong(at, "string"),
        }
    }

    /// Bytes, or a string as its UTF-8.
    pub(crate) fn bytes(self, at: usize) -> Outcome<&'a [u8]> {
        match &self.data(at)?.value {
            DataValue::String(s) => Ok(s.as_bytes()),
            DataValue::Bytes(b) => Ok(b),
            _ => Self::wrong(at, "bytes"),
        }
    }

    pub(crate) fn bool(self, at: usize) -> Outcome<bool> {
        match &self.data(at)?.value {
            DataValue::Bool(b) => Ok(*b),
            _ => Self::wrong(at, "bool"),
        }
    }

    pub(crate) fn number(self, at: usize) -> Outcome<&'a Number> {
        match &self.data(at)?.value {
            DataValue::Number(n) => Ok(n),
            _ => Self::wrong(at, "number"),
        }
    }

    pub(crate) fn int(self, at: usize) -> Outcome<i64> {
        let number = self.number(at)?;
        match number.to_i64() {
            Some(n) => Ok(n),
            None => Fault::error(format!("int {} overflows int64 in argument {at}", number.to_json())),
        }
    }

    pub(crate) fn list(self, at: usize) -> Outcome<&'a [Data]> {
        match &self.data(at)?.value {
            DataValue::List(items) => Ok(items),
            _ => Self::wrong(at, "list"),
        }
    }

    /// A list of strings.
    pub(crate) fn strings(self, at: usize) -> Outcome<Vec<&'a str>> {
        let element = |(i, item): (usize, &'a Data)| match &item.value {
            DataValue::String(s) => Ok(s.as_str()),
            other => Fault::error(format!(
                "invalid list element {i} in argument {at} to call: cannot use value {} ({}) as string",
                show(item),
                kind_name(other)
            )),
        };
        self.list(at)?.iter().enumerate().map(element).collect()
    }

    /// A list of numbers.
    pub(crate) fn numbers(self, at: usize) -> Outcome<Vec<&'a Number>> {
        let element = |(i, item): (usize, &'a Data)| match &item.value {
            DataValue::Number(n) => Ok(n),
            other => Fault::error(format!(
                "invalid list element {i} in argument {at} to call: cannot use value {} ({}) as number",
                show(item),
                kind_name(other)
            )),
        };
        self.list(at)?.iter().enumerate().map(element).collect()
    }
}

/// A value in a message; a secret stays one.
pub(crate) fn show(data: &Data) -> String {
    if data.labels.is_secret() {
        return "***".to_owned();
    }
    crate::json::write(data, crate::json::Style::Compact).unwrap_or_else(|unknown| unknown.to_string())
}

/// The name of a value's kind.
pub(crate) fn kind_name(value: &DataValue) -> &'static str {
    match value {
        DataValue::Null => "null",
        DataValue::Bool(_) => "bool",
        DataValue::Number(n) if n.is_int() => "int",
        DataValue::Number(_) => "float",
        DataValue::String(_) => "string",
        DataValue::Bytes(_) => "bytes",
        DataValue::List(_) => "list",
        DataValue::Struct(_) => "struct",
        DataValue::Unknown(_) => "unknown",
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Data::string(text)
    }
}

impl From<String> for Data {
    fn from(text: String) -> Self {
        Data::string(text)
    }
}

impl From<SmolStr> for Data {
    fn from(text: SmolStr) -> Self {
        Data::string(text)
    }
}

impl From<i64> for Data {
    fn from(n: i64) -> Self {
        Number::from(n).into()
    }
}

impl From<usize> for Data {
    fn from(n: usize) -> Self {
        Number::from(n).into()
    }
}

impl From<Vec<u8>> for Data {
    fn from(bytes: Vec<u8>) -> Self {
        DataValue::Bytes(Arc::from(bytes)).into()
    }
}

impl<T: Into<Data>> From<Vec<T>> for Data
where
    T: NotByte,
{
    fn from(items: Vec<T>) -> Self {
        DataValue::List(items.into_iter().map(Into::into).collect()).into()
    }
}

/// What a list is made of; a vector of bytes is bytes.
pub trait NotByte {}
impl NotByte for Data {}
impl NotByte for &str {}
impl NotByte for String {}
impl NotByte for i64 {}
impl NotByte for Number {}
