//! Sets of fields: who owns what.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::path::Step;

/// A set of paths, as a tree. A node says whether the path to it is itself a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    /// Whether the path that leads here is a member.
    pub(crate) member: bool,
    pub(crate) children: BTreeMap<Step, FieldSet>,
}

/// Deeper sets are cut; objects nest a tenth of this.
const DEPTH: usize = 200;

impl FieldSet {
    /// Reads `fieldsV1`.
    pub(crate) fn from_v1(fields: &Value) -> FieldSet {
        let mut set = FieldSet::read(fields, 0);
        set.member = false;
        set
    }

    fn read(fields: &Value, depth: usize) -> FieldSet {
        let mut set = FieldSet::default();
        let Some(map) = fields.as_object() else {
            set.member = true;
            return set;
        };
        if map.is_empty() || depth > DEPTH {
            set.member = true;
            return set;
        }
        for (key, inner) in map {
            if key == "." {
                set.member = true;
            } else if let Some(step) = Step::parse(key) {
                set.children.insert(step, FieldSet::read(inner, depth + 1));
            }
        }
        set
    }

    /// Writes `fieldsV1`.
    pub(crate) fn to_v1(&self) -> Value {
        let mut map = Map::new();
        for (step, inner) in &self.children {
            if inner.is_empty() {
                continue;
            }
            let mut fields = inner.to_v1();
            if inner.member
                && !inner.children.is_empty()
                && let Some(map) = fields.as_object_mut()
            {
                map.insert(".".into(), Value::Object(Map::new()));
            }
            map.insert(step.to_text(), fields);
        }
        Value::Object(map)
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(FieldSet::is_empty)
    }

    pub(crate) fn insert(&mut self, path: &[Step]) {
        match path.split_first() {
            None => self.member = true,
            Some((first, rest)) => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    pub(crate) fn union(&self, other: &FieldSet) -> FieldSet {
        let mut result = self.clone();
        result.add(other);
        result
    }

    fn add(&mut self, other: &FieldSet) {
        self.member |= other.member;
        for (step, inner) in &other.children {
            self.children.entry(step.clone()).or_default().add(inner);
        }
    }

    pub(crate) fn intersection(&self, other: &FieldSet) -> FieldSet {
        let mut result = FieldSet { member: self.member && other.member, ..FieldSet::default() };
        for (step, inner) in &self.children {
            if let Some(theirs) = other.children.get(step) {
                let both = inner.intersection(theirs);
                if !both.is_empty() {
                    result.children.insert(step.clone(), both);
                }
            }
        }
        result
    }

    /// Members of this set that are not members of `other`.
    pub(crate) fn difference(&self, other: &FieldSet) -> FieldSet {
        let mut result = FieldSet { member: self.member && !other.member, ..FieldSet::default() };
        for (step, inner) in &self.children {
            let left = other.children.get(step).map_or_else(|| inner.clone(), |theirs| inner.difference(theirs));
            if !left.is_empty() {
                result.children.insert(step.clone(), left);
            }
        }
        result
    }

    /// The same without the subtrees whose root is a member of `other`.
    pub(crate) fn without_subtrees(&self, other: &FieldSet) -> FieldSet {
        let mut result = FieldSet { member: self.member, ..FieldSet::default() };
        for (step, inner) in &self.children {
            match other.children.get(step) {
                Some(theirs) if theirs.member => {}
                Some(theirs) => {
                    let left = inner.without_subtrees(theirs);
                    if !left.is_empty() {
                        result.children.insert(step.clone(), left);
                    }
                }
                None => {
                    result.children.insert(step.clone(), inner.clone());
                }
            }
        }
        result
    }

    /// Whether anything at or below a child is a member.
    pub(crate) fn has(&self, step: &Step) -> bool {
        self.children.get(step).is_some_and(|inner| !inner.is_empty())
    }

    /// All members as texts, `.spec.replicas`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(&mut String::new(), &mut found);
        found
    }

    fn collect(&self, path: &mut String, found: &mut Vec<String>) {
        if self.member && !path.is_empty() {
            found.push(path.clone());
        }
        for (step, inner) in &self.children {
            let length = path.len();
            path.push_str(&step.shown());
            inner.collect(path, found);
            path.truncate(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_text_form_is_read_and_written_alike() {
        let text = json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {
                "f:replicas": {},
                "f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}}}}},
                "f:finalizers": {"v:\"a\"": {}},
            },
        });
        let set = FieldSet::from_v1(&text);
        assert_eq!(set.to_v1(), text);
        assert_eq!(
            set.paths(),
            [
                ".metadata.labels",
                ".metadata.labels.app",
                ".spec.finalizers[=\"a\"]",
                ".spec.replicas",
                ".spec.template.spec.containers[name=\"web\"]",
                ".spec.template.spec.containers[name=\"web\"].image",
            ]
        );
    }

    #[test]
    fn sets_are_sets() {
        let a = FieldSet::from_v1(&json!({"f:a": {}, "f:b": {"f:c": {}, "f:d": {}}}));
        let b = FieldSet::from_v1(&json!({"f:b": {"f:c": {}}, "f:e": {}}));
        assert_eq!(a.union(&b).to_v1(), json!({"f:a": {}, "f:b": {"f:c": {}, "f:d": {}}, "f:e": {}}));
        assert_eq!(a.intersection(&b).to_v1(), json!({"f:b": {"f:c": {}}}));
        assert_eq!(a.difference(&b).to_v1(), json!({"f:a": {}, "f:b": {"f:d": {}}}));
    }
}
