//! Two sets of objects against each other.

use super::{Change, changes, essential};
use serde_json::Value;

/// An object with what it is matched by.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// `cluster/namespace Kind/name`, or less where environments are compared.
    pub key: String,
    /// It.
    pub object: Value,
}

/// What has become of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nobody was asked.
    Unknown,
    /// It is new.
    Created,
    /// It is gone.
    Removed,
    /// It is the same.
    Same,
    /// These fields differ.
    Changed(Vec<Change>),
    /// It could not be found out.
    Failed(String),
    /// A run would not get it there: its cluster, or its owner, refuses it.
    Refused(String),
}

/// One object's difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// See [`Named::key`].
    pub key: String,
    /// What has become of it.
    pub verdict: Verdict,
}

impl Verdict {
    /// From one object to another.
    pub fn between(before: &Value, after: &Value) -> Verdict {
        let found = changes(&essential(before), &essential(after));
        if found.is_empty() { Verdict::Same } else { Verdict::Changed(found) }
    }

    /// There is something to tell a script about.
    pub fn is_change(&self) -> bool {
        matches!(self, Verdict::Created | Verdict::Removed | Verdict::Changed(_))
    }
}

/// All differences, those of `before` in its order, then what is new.
pub fn objects(before: &[Named], after: &[Named]) -> Vec<Difference> {
    let mut out: Vec<Difference> = Vec::new();
    for old in before {
        let verdict = match after.iter().find(|new| new.key == old.key) {
            Some(new) => Verdict::between(&old.object, &new.object),
            None => Verdict::Removed,
        };
        out.push(Difference { key: old.key.clone(), verdict });
    }
    for new in after.iter().filter(|new| before.iter().all(|old| old.key != new.key)) {
        out.push(Difference { key: new.key.clone(), verdict: Verdict::Created });
    }
    out
}
