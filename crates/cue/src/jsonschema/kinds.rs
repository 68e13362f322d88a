//! The kinds that a schema lets through.

use crate::data::{Data, DataValue};

/// A set of kinds. JSON Schema's `number` is two of them, because `integer` is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const NONE: Kinds = Kinds(0);
    pub(super) const NULL: Kinds = Kinds(1);
    pub(super) const BOOL: Kinds = Kinds(2);
    pub(super) const INT: Kinds = Kinds(4);
    pub(super) const NUMBER: Kinds = Kinds(4 | 8);
    pub(super) const STRING: Kinds = Kinds(16);
    pub(super) const LIST: Kinds = Kinds(32);
    pub(super) const STRUCT: Kinds = Kinds(64);
    pub(super) const ALL: Kinds = Kinds(127);

    /// What both let through.
    pub(super) fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    /// What either lets through.
    pub(super) fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// Whether a kind is in both.
    pub(super) fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// The kind of a value.
    pub(super) fn of(value: &Data) -> Kinds {
        match &value.value {
            DataValue::Null => Kinds::NULL,
            DataValue::Bool(_) => Kinds::BOOL,
            DataValue::Number(n) if !n.is_int() => Kinds(8),
            DataValue::Number(_) => Kinds::INT,
            DataValue::String(_) | DataValue::Bytes(_) => Kinds::STRING,
            DataValue::List(_) => Kinds::LIST,
            DataValue::Struct(_) => Kinds::STRUCT,
            DataValue::Unknown(_) => Kinds::ALL,
        }
    }
}

/// What constraints are about, in the order in which alternatives are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Core {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Core {
    pub(super) const ALL: [Core; 6] = [Core::Null, Core::Bool, Core::Number, Core::String, Core::Array, Core::Object];

    pub(super) fn kinds(self) -> Kinds {
        match self {
            Core::Null => Kinds::NULL,
            Core::Bool => Kinds::BOOL,
            Core::Number => Kinds::NUMBER,
            Core::String => Kinds::STRING,
            Core::Array => Kinds::LIST,
            Core::Object => Kinds::STRUCT,
        }
    }
}
