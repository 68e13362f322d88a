//! Data: the only thing that leaves an evaluation, and what JSON, YAML and the engine put into one.
//!
//! It is owned, ordered, and keeps number text. Every node can know where it comes from ([`Origin`]) and carries label
//! bits ([`Labels`]): a value that was computed from a secret is secret.

pub(crate) mod join;
mod path;

pub use path::steps;

use crate::number::Number;
use cue_syntax::{Source, Span};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smol_str::SmolStr;
use std::sync::Arc;

/// Fields in order.
pub type Fields = IndexMap<SmolStr, Data, FxBuildHasher>;

/// A concrete value with where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// What it is.
    pub value: DataValue,
    /// Taint; joined by every operator and builtin.
    pub labels: Labels,
    /// Where it comes from; `None` for computed values and for bulk data.
    pub origin: Option<Arc<Origin>>,
}

/// The kinds of concrete values.
#[derive(Debug, Clone, PartialEq)]
pub enum DataValue {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An int or a float; the number knows which.
    Number(Number),
    /// Text.
    String(SmolStr),
    /// Any bytes; base64 in JSON.
    Bytes(Arc<[u8]>),
    /// Elements.
    List(Vec<Data>),
    /// Regular fields only.
    Struct(Fields),
    /// The result of an action that has not run: neither a value nor an error. The id is the engine's.
    Unknown(u32),
}

/// Label bits. They only ever grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Labels(pub u8);

impl Labels {
    /// Nothing to hide.
    pub const NONE: Labels = Labels(0);
    /// Came from a secret; prints as `***`.
    pub const SECRET: Labels = Labels(1);

    /// Both.
    #[must_use]
    pub fn join(self, other: Labels) -> Labels {
        Labels(self.0 | other.0)
    }

    /// Whether a secret went into it.
    pub fn is_secret(self) -> bool {
        self.0 & Self::SECRET.0 != 0
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The text.
    pub source: Arc<Source>,
    /// The place in it.
    pub span: Span,
    /// The user's own property path, when the value was given by the user: `spec.components[0].properties.image`.
    pub path: Option<String>,
    /// `+key=value` markers and other comments of the declaration, without `//`, in order.
    pub doc: Vec<SmolStr>,
}

impl From<DataValue> for Data {
    fn from(value: DataValue) -> Self {
        Data { value, labels: Labels::NONE, origin: None }
    }
}

impl Data {
    /// A string.
    pub fn string(text: impl Into<SmolStr>) -> Data {
        DataValue::String(text.into()).into()
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        const EACH: usize = 96;
        let mut bytes: usize = 0;
        let mut todo = vec![self];
        while let Some(data) = todo.pop() {
            bytes += EACH;
            match &data.value {
                DataValue::String(s) => bytes += s.len(),
                DataValue::Bytes(b) => bytes += b.len(),
                DataValue::List(items) => todo.extend(items),
                DataValue::Struct(fields) => {
                    bytes += fields.keys().map(|k| k.len() + EACH).sum::<usize>();
                    todo.extend(fields.values());
                }
                _ => {}
            }
        }
        bytes
    }
}

/// A part of the data is the result of an action that has not run, so there is no text of it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a part of the value is not known yet")]
pub struct Unknown(pub u32);

impl From<Number> for Data {
    fn from(n: Number) -> Self {
        DataValue::Number(n).into()
    }
}

impl From<bool> for Data {
    fn from(b: bool) -> Self {
        DataValue::Bool(b).into()
    }
}
