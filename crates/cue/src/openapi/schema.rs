//! One schema while it is being built: keywords that stand once, and groups of keywords that become `allOf` where one of them
//! would stand twice.

use crate::data::{Data, DataValue, Fields};
use crate::number::Number;

/// The order of keywords; the others follow by name.
const ORDER: [&str; 18] = [
    "description",
    "type",
    "format",
    "required",
    "properties",
    "minProperties",
    "maxProperties",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "items",
    "enum",
    "default",
];

pub(super) fn sort(schema: &mut Fields) {
    let rank = |key: &str| ORDER.iter().position(|k| *k == key).unwrap_or(ORDER.len());
    schema.sort_by(|a, _, b, _| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
}

pub(super) fn object(fields: Fields) -> Data {
    DataValue::Struct(fields).into()
}

pub(super) fn single(key: &str, value: impl Into<Data>) -> Fields {
    let mut fields = Fields::default();
    fields.insert(key.into(), value.into());
    fields
}

pub(super) fn list(items: Vec<Data>) -> Data {
    DataValue::List(items).into()
}

/// The type and format that a schema says, or that the schema around an alternative has said already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Typed {
    pub(super) kind: &'static str,
    pub(super) format: &'static str,
}

/// A schema.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) typed: Typed,
    /// What the schema around this alternative has said; an alternative says neither defaults nor single values.
    pub(super) around: Option<Typed>,
    pub(super) deprecated: bool,
    once: Fields,
    groups: Vec<Fields>,
    /// The group that keywords are added to.
    current: Option<usize>,
}

impl Schema {
    /// An alternative within this schema.
    pub(super) fn alternative(&self) -> Schema {
        Schema { typed: self.typed, around: Some(self.around.unwrap_or(self.typed)), ..Schema::default() }
    }

    pub(super) fn is_alternative(&self) -> bool {
        self.around.is_some()
    }

    pub(super) fn set_type(&mut self, kind: &'static str) {
        if self.typed.kind.is_empty() {
            self.typed.kind = kind;
        }
    }

    /// A keyword of which there is one.
    pub(super) fn set_once(&mut self, key: &str, value: impl Into<Data>) {
        self.once.insert(key.into(), value.into());
    }

    /// The properties so far.
    pub(super) fn properties(&mut self) -> Fields {
        match self.once.get("properties") {
            Some(Data { value: DataValue::Struct(fields), .. }) => fields.clone(),
            _ => Fields::default(),
        }
    }

    /// A keyword; a second one of the name begins another member of `allOf`.
    pub(super) fn set(&mut self, key: &str, value: impl Into<Data>) {
        let group = self.current.and_then(|i| self.groups.get_mut(i)).filter(|g| !g.contains_key(key));
        match group {
            Some(group) => {
                group.insert(key.into(), value.into());
            }
            None => {
                self.current = Some(self.groups.len());
                self.groups.push(single(key, value));
            }
        }
    }

    pub(super) fn set_int(&mut self, key: &str, n: u64) {
        self.set(key, Number::from(n));
    }

    /// `not: {key: value}`
    pub(super) fn set_not(&mut self, key: &str, value: impl Into<Data>) {
        self.groups.push(single("not", object(single(key, value))));
    }

    pub(super) fn add_reference(&mut self, name: &str) {
        self.groups.push(single("$ref", Data::string(format!("#/components/schemas/{name}"))));
    }

    pub(super) fn finish(mut self) -> Fields {
        let mut out = std::mem::take(&mut self.once);
        match self.groups.as_slice() {
            [] => {}
            [one] if out.is_empty() || !one.contains_key("$ref") => out.extend(one.clone()),
            several => {
                out.insert("allOf".into(), list(several.iter().cloned().map(object).collect()));
            }
        }
        if self.deprecated {
            out.insert("deprecated".into(), true.into());
        }
        let Typed { kind, format } = self.typed;
        if !kind.is_empty() && self.around.is_none_or(|a| a.kind != kind) && !out.contains_key("type") {
            out.insert("type".into(), Data::string(kind));
        }
        if !format.is_empty() && self.around.is_none_or(|a| a.format != format) {
            out.insert("format".into(), Data::string(format));
        }
        sort(&mut out);
        out
    }
}
