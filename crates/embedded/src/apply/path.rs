//! Steps of a path in an object, in the text form that `managedFields` uses.

use std::cmp::Ordering;

use serde_json::{Map, Value};

/// One step: a field, an element of a keyed list, an element of a set, or an index.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Field(String),
    /// The key fields and their values, sorted by field.
    Key(Vec<(String, Value)>),
    Value(Value),
    Index(usize),
}

impl Step {
    /// The step of an element of a keyed list. `None`: the element states none of the keys.
    pub(crate) fn of_keys(keys: &[String], element: &Value, default: impl Fn(&str) -> Option<Value>) -> Option<Step> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            match element.get(key) {
                Some(value) if !value.is_null() => found.push((key.clone(), value.clone())),
                _ => {
                    if let Some(value) = default(key) {
                        found.push((key.clone(), value));
                    }
                }
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        (!found.is_empty()).then_some(Step::Key(found))
    }

    /// `f:name`, `k:{"name":"a"}`, `v:1`, `i:0`.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Step::Field(name) => format!("f:{name}"),
            Step::Key(keys) => {
                let map: Map<String, Value> = keys.iter().cloned().collect();
                format!("k:{}", Value::Object(map))
            }
            Step::Value(value) => format!("v:{value}"),
            Step::Index(index) => format!("i:{index}"),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Step> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(Step::Field(rest.to_owned())),
            "v" => serde_json::from_str(rest).ok().map(Step::Value),
            "i" => rest.parse().ok().map(Step::Index),
            "k" => {
                let map: Map<String, Value> = serde_json::from_str(rest).ok()?;
                let mut keys: Vec<(String, Value)> = map.into_iter().collect();
                keys.sort_by(|a, b| a.0.cmp(&b.0));
                Some(Step::Key(keys))
            }
            _ => None,
        }
    }

    /// How a conflict message writes the step: `.spec`, `[name="a"]`, `[=1]`, `[0]`.
    pub(crate) fn shown(&self) -> String {
        match self {
            Step::Field(name) => format!(".{name}"),
            Step::Key(keys) => {
                let list: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("[{}]", list.join(","))
            }
            Step::Value(value) => format!("[={value}]"),
            Step::Index(index) => format!("[{index}]"),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Step::Field(_) => 0,
            Step::Key(_) => 1,
            Step::Value(_) => 2,
            Step::Index(_) => 3,
        }
    }
}

impl Eq for Step {}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Step::Field(a), Step::Field(b)) => a.cmp(b),
            (Step::Index(a), Step::Index(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()).then_with(|| self.to_text().cmp(&other.to_text())),
        }
    }
}
