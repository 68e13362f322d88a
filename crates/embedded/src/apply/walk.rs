//! Walks over typed values: the fields of one, the difference of two, the merge of two, and removal.

use serde_json::{Map, Value};

use super::path::Step;
use super::set::FieldSet;
use crate::schema::{Listing, Schema};

/// The elements of a mergeable list with the step of each; `None` when the list is atomic (or an element has no key).
fn elements(schema: &Schema, list: &[Value]) -> Option<Vec<Step>> {
    match schema.listing() {
        Listing::Atomic => None,
        Listing::Set => Some(list.iter().map(|v| Step::Value(v.clone())).collect()),
        Listing::Map(keys) => {
            let element = schema.element();
            list.iter().map(|item| Step::of_keys(keys, item, |key| element.key_default(key))).collect()
        }
    }
}

/// Refuses what nobody could own: fields that the schema does not have, and list elements with the same key.
pub(crate) fn check_keys(schema: &Schema, value: &Value, path: &str) -> Result<(), String> {
    match value {
        Value::Object(map) if !schema.is_atomic_map() => {
            for (key, inner) in map {
                let here = format!("{path}.{key}");
                match schema.child(key) {
                    Some(child) => check_keys(&child, inner, &here)?,
                    None if path.is_empty() && ["apiVersion", "kind"].contains(&key.as_str()) => {}
                    None => return Err(format!("{here}: field not declared in schema")),
                }
            }
            Ok(())
        }
        Value::Array(list) => {
            if *schema.listing() == Listing::Atomic {
                return Ok(());
            }
            let Some(steps) = elements(schema, list) else {
                return Err(format!(
                    "{path}: element 0: associative list with keys has an element that omits key field"
                ));
            };
            let mut seen = std::collections::BTreeSet::new();
            for step in &steps {
                if !seen.insert(step) {
                    return Err(format!("{path}: duplicate entries for key {}", step.shown()));
                }
            }
            let element = schema.element();
            for (step, item) in steps.iter().zip(list) {
                check_keys(&element, item, &format!("{path}{}", step.shown()))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The fields that a value states.
pub(crate) fn fields_of(schema: &Schema, value: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    put_fields(schema, value, &mut set);
    set
}

fn put_fields(schema: &Schema, value: &Value, set: &mut FieldSet) {
    match value {
        Value::Object(map) => {
            if schema.is_atomic_map() {
                set.member = true;
                return;
            }
            for (key, inner) in map {
                let node = set.children.entry(Step::Field(key.clone())).or_default();
                let child = schema.child(key).unwrap_or(Schema::Any);
                put_fields(&child, inner, node);
                if inner.is_null() || inner.as_object().is_some_and(Map::is_empty) || !schema.is_field(key) {
                    node.member = true;
                }
            }
        }
        Value::Array(list) => match elements(schema, list) {
            None => set.member = true,
            Some(steps) => {
                let element = schema.element();
                for (step, item) in steps.into_iter().zip(list) {
                    let node = set.children.entry(step).or_default();
                    put_fields(&element, item, node);
                    node.member = true;
                }
            }
        },
        _ => set.member = true,
    }
}

/// What differs between two states of an object.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    pub(crate) added: FieldSet,
    pub(crate) modified: FieldSet,
    pub(crate) removed: FieldSet,
}

pub(crate) fn compare(schema: &Schema, old: &Value, new: &Value) -> Difference {
    let mut difference = Difference::default();
    difference.walk(schema, Some(old), Some(new), &mut Vec::new());
    difference
}

impl Difference {
    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>, path: &[Step]) {
        match (old, new) {
            (None, Some(_)) => self.added.insert(path),
            (Some(_), None) => self.removed.insert(path),
            (Some(old), Some(new)) if old != new => self.modified.insert(path),
            _ => {}
        }
    }

    fn walk(&mut self, schema: &Schema, old: Option<&Value>, new: Option<&Value>, path: &mut Vec<Step>) {
        if old == new {
            return;
        }
        let empty = |v: Option<&Value>| {
            v.is_none_or(|v| match v {
                Value::Object(map) => map.is_empty(),
                Value::Array(list) => list.is_empty(),
                Value::Null => true,
                _ => false,
            })
        };
        let maps = old.or(new).is_some_and(Value::is_object)
            && old.is_none_or(|v| v.is_object() || v.is_null())
            && new.is_none_or(|v| v.is_object() || v.is_null());
        let lists = old.or(new).is_some_and(Value::is_array)
            && old.is_none_or(|v| v.is_array() || v.is_null())
            && new.is_none_or(|v| v.is_array() || v.is_null());
        if maps && !schema.is_atomic_map() && !(empty(old) && empty(new)) {
            let none = Map::new();
            let (a, b) =
                (old.and_then(Value::as_object).unwrap_or(&none), new.and_then(Value::as_object).unwrap_or(&none));
            for key in a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))) {
                let child = schema.child(key).unwrap_or(Schema::Any);
                path.push(Step::Field(key.clone()));
                self.walk(&child, a.get(key), b.get(key), path);
                path.pop();
            }
        } else if lists && *schema.listing() != Listing::Atomic && !(empty(old) && empty(new)) {
            let (a, b) = (
                old.and_then(Value::as_array).map_or(&[][..], Vec::as_slice),
                new.and_then(Value::as_array).map_or(&[][..], Vec::as_slice),
            );
            let (Some(sa), Some(sb)) = (elements(schema, a), elements(schema, b)) else {
                return self.leaf(old, new, path);
            };
            let element = schema.element();
            let find = |steps: &[Step], list: &[Value], step: &Step| {
                steps.iter().position(|s| s == step).and_then(|index| list.get(index).cloned())
            };
            for step in sa.iter().chain(sb.iter().filter(|s| !sa.contains(s))) {
                let (x, y) = (find(&sa, a, step), find(&sb, b, step));
                path.push(step.clone());
                self.walk(&element, x.as_ref(), y.as_ref(), path);
                path.pop();
            }
        } else {
            return self.leaf(old, new, path);
        }
        // A container that came or went is itself a member.
        match (old, new) {
            (None, Some(_)) => self.added.insert(path),
            (Some(_), None) => self.removed.insert(path),
            _ => {}
        }
    }
}

/// `live` with what `applied` states: maps and keyed lists merge, everything else is replaced.
pub(crate) fn merge(schema: &Schema, live: &Value, applied: &Value) -> Value {
    match (live, applied) {
        (Value::Object(live), Value::Object(applied)) if !schema.is_atomic_map() => {
            let mut result = live.clone();
            for (key, value) in applied {
                let child = schema.child(key).unwrap_or(Schema::Any);
                let merged = match live.get(key) {
                    Some(old) => merge(&child, old, value),
                    None => value.clone(),
                };
                result.insert(key.clone(), merged);
            }
            Value::Object(result)
        }
        (Value::Array(live), Value::Array(applied)) => {
            let (Some(old), Some(new)) = (elements(schema, live), elements(schema, applied)) else {
                return Value::Array(applied.clone());
            };
            if *schema.listing() == Listing::Atomic {
                return Value::Array(applied.clone());
            }
            Value::Array(merge_lists(schema, live, &old, applied, &new))
        }
        _ => applied.clone(),
    }
}

/// Keeps both orders where they agree: elements that only the live list has stand where they stood, those that were
/// applied come in the order applied.
fn merge_lists(schema: &Schema, live: &[Value], old: &[Step], applied: &[Value], new: &[Step]) -> Vec<Value> {
    let element = schema.element();
    let take = |step: &Step, value: &Value| {
        let before = old.iter().position(|s| s == step).and_then(|index| live.get(index));
        before.map_or_else(|| value.clone(), |before| merge(&element, before, value))
    };
    let mut shared = new.iter().filter(|step| old.contains(step));
    let mut next_shared = shared.next();
    let mut result = Vec::with_capacity(live.len() + applied.len());
    let mut done: Vec<&Step> = Vec::new();
    let mut left = old.iter().zip(live).peekable();
    let mut right = new.iter().zip(applied).peekable();
    loop {
        match (left.peek().copied(), right.peek().copied()) {
            (None, None) => return result,
            (Some((ours, _)), Some((theirs, value))) if ours == theirs => {
                done.push(theirs);
                result.push(take(theirs, value));
                left.next();
                right.next();
                next_shared = shared.next();
                continue;
            }
            // A shared element whose turn is later.
            (Some((ours, _)), Some(_)) if new.contains(ours) && next_shared.is_some_and(|step| step != ours) => {
                left.next();
                continue;
            }
            _ => {}
        }
        if let Some((ours, item)) = left.peek().copied() {
            if !new.contains(ours) {
                result.push(item.clone());
                left.next();
                continue;
            }
            if done.contains(&ours) {
                left.next();
            }
        }
        if let Some((theirs, value)) = right.next() {
            done.push(theirs);
            result.push(take(theirs, value));
            if next_shared == Some(theirs) {
                next_shared = shared.next();
            }
        }
    }
}

/// Removes what the last apply stated, this one does not, and nobody else owns.
pub(crate) fn prune(schema: &Schema, value: &mut Value, last: &FieldSet, owned: &FieldSet) {
    match value {
        Value::Object(map) => {
            if schema.is_atomic_map() {
                return;
            }
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                let step = Step::Field(key.clone());
                let Some(ours) = last.children.get(&step).filter(|set| !set.is_empty()) else { continue };
                if !owned.has(&step) {
                    map.remove(&key);
                } else if let (Some(inner), Some(theirs)) = (map.get_mut(&key), owned.children.get(&step)) {
                    let child = schema.child(&key).unwrap_or(Schema::Any);
                    prune(&child, inner, ours, theirs);
                }
            }
        }
        Value::Array(list) => {
            let Some(steps) = elements(schema, list) else { return };
            let element = schema.element();
            let mut kept = Vec::with_capacity(list.len());
            for (step, mut item) in steps.into_iter().zip(std::mem::take(list)) {
                if let Some(ours) = last.children.get(&step).filter(|set| !set.is_empty()) {
                    match owned.children.get(&step).filter(|set| !set.is_empty()) {
                        None => continue,
                        Some(theirs) => prune(&element, &mut item, ours, theirs),
                    }
                }
                kept.push(item);
            }
            *list = kept;
        }
        _ => {}
    }
}
