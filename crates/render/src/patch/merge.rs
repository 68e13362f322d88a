//! Rules 2 to 7: the merge of a patch into a base.

use super::marker::{Keys, Markers, Strategy};
use super::open::is_open;
use super::{json_merge, json_patch};
use crate::tree;
use cue::{Data, DataValue};
use cue_syntax::{Diagnostic, Label};
use smol_str::SmolStr;
use std::fmt::Write as _;

/// How deep values may lie inside values.
const DEPTH: u32 = 512;

/// One merge: where it is, and what went wrong so far.
#[derive(Default)]
pub(super) struct Merge {
    path: String,
    depth: u32,
    problems: Vec<Diagnostic>,
}

impl Merge {
    pub(super) fn run(mut self, base: &Data, patch: &Data) -> Result<Data, Vec<Diagnostic>> {
        let merged = self.value(base, patch, None);
        if self.problems.is_empty() { Ok(merged) } else { Err(self.problems) }
    }

    fn value(&mut self, base: &Data, patch: &Data, inherited: Option<&Keys>) -> Data {
        let markers = match Markers::of(patch, &self.path) {
            Ok(markers) => markers,
            Err(problems) => {
                self.problems.extend(problems);
                return base.clone();
            }
        };
        if self.depth >= DEPTH {
            self.problems.push(Diagnostic::error("render/patch-too-deep", "the patch is nested too deeply"));
            return base.clone();
        }
        self.depth += 1;
        let own = markers.keys.is_some();
        let keys = markers.keys.as_ref().or(inherited);
        let merged = match (&base.value, &patch.value) {
            // What a patch leaves open says what has to be there, and it is.
            _ if is_open(patch) => base.clone(),
            _ if markers.strategy == Some(Strategy::JsonMergePatch) => json_merge::apply(base, patch),
            _ if markers.strategy == Some(Strategy::JsonPatch) => {
                match json_patch::apply(base, super::operations(patch)) {
                    Ok(patched) => patched,
                    Err(problems) => {
                        let at = |mut p: Diagnostic| {
                            p.message = format!("{}: {}", self.path, p.message);
                            p
                        };
                        self.problems.extend(problems.into_iter().map(at));
                        base.clone()
                    }
                }
            }
            (DataValue::List(old), DataValue::List(new)) => match (markers.strategy, keys) {
                (Some(Strategy::Replace), _) | (Some(Strategy::RetainKeys), None) => patch.clone(),
                (strategy, Some(keys)) if own || new.iter().all(|e| key_of(e, keys).is_some()) => {
                    let whole = strategy == Some(Strategy::RetainKeys);
                    self.keyed(base, old, new, keys, whole)
                }
                _ => self.by_position(base, old, new, keys),
            },
            _ if markers.strategy == Some(Strategy::RetainKeys) => patch.clone(),
            (DataValue::Struct(_), DataValue::Struct(new)) => self.fields(base, new, keys),
            _ if markers.strategy == Some(Strategy::Replace) => patch.clone(),
            (DataValue::Null, _) => patch.clone(),
            (DataValue::Unknown(_), _) | (_, DataValue::Unknown(_)) => patch.clone(),
            _ if same(base, patch) => base.clone(),
            _ => {
                self.conflict(base, patch);
                base.clone()
            }
        };
        self.depth -= 1;
        merged
    }

    fn fields(&mut self, base: &Data, new: &cue::Fields, keys: Option<&Keys>) -> Data {
        let mut merged = base.clone();
        for (name, value) in new {
            let mark = self.path.len();
            let dot = if mark == 0 { "" } else { "." };
            let _ = write!(self.path, "{dot}{name}");
            let value = match tree::get(base, name) {
                Some(old) => self.value(old, value, keys),
                None if is_json_merge(value) => json_merge::apply(&tree::empty(), value),
                None => value.clone(),
            };
            self.path.truncate(mark);
            if let Some(fields) = tree::fields_mut(&mut merged) {
                fields.insert(name.clone(), value);
            }
        }
        merged
    }

    fn keyed(&mut self, base: &Data, old: &[Data], new: &[Data], keys: &Keys, whole: bool) -> Data {
        let mut merged: Vec<Data> = old.to_vec();
        for element in new {
            let wanted = key_of(element, keys);
            let at = wanted.and_then(|wanted| {
                merged
                    .iter()
                    .position(|e| key_of(e, keys).is_some_and(|has| has.iter().zip(&wanted).all(|(a, b)| same(a, b))))
            });
            let Some((at, present)) = at.and_then(|at| merged.get(at).cloned().map(|e| (at, e))) else {
                merged.push(element.clone());
                continue;
            };
            let mark = self.path.len();
            let _ = write!(self.path, "[{at}]");
            let changed = if whole { element.clone() } else { self.value(&present, element, Some(keys)) };
            self.path.truncate(mark);
            if let Some(slot) = merged.get_mut(at) {
                *slot = changed;
            }
        }
        Data { value: DataValue::List(merged), labels: base.labels, origin: base.origin.clone() }
    }

    fn by_position(&mut self, base: &Data, old: &[Data], new: &[Data], keys: Option<&Keys>) -> Data {
        let mut merged: Vec<Data> = old.to_vec();
        for (at, element) in new.iter().enumerate() {
            let Some(present) = old.get(at) else {
                merged.push(element.clone());
                continue;
            };
            let mark = self.path.len();
            let _ = write!(self.path, "[{at}]");
            let changed = self.value(present, element, keys);
            self.path.truncate(mark);
            if let Some(slot) = merged.get_mut(at) {
                *slot = changed;
            }
        }
        Data { value: DataValue::List(merged), labels: base.labels, origin: base.origin.clone() }
    }

    fn conflict(&mut self, base: &Data, patch: &Data) {
        let mut diagnostic = Diagnostic::error(
            "render/patch-conflict",
            format!("{}: the patch sets {} where {} stands", self.path, shown(patch), shown(base)),
        )
        .help("mark the field with `// +patchStrategy=retainKeys` when the patch is meant to win");
        for (data, text) in [(patch, "what the patch sets"), (base, "what stands there")] {
            if let Some(origin) = &data.origin {
                diagnostic.labels.push(Label {
                    source: origin.source.clone(),
                    start: origin.span.start,
                    end: origin.span.end,
                    text: text.to_owned(),
                });
            }
        }
        self.problems.push(diagnostic);
    }
}

/// Whether a value is a JSON merge patch, whose nulls are no values.
fn is_json_merge(data: &Data) -> bool {
    Markers::of(data, "").is_ok_and(|m| m.strategy == Some(Strategy::JsonMergePatch))
}

/// What the keys say of an element; `None` when it lacks one.
fn key_of<'a>(element: &'a Data, keys: &[Vec<SmolStr>]) -> Option<Vec<&'a Data>> {
    keys.iter().map(|path| path.iter().try_fold(element, |d, name| tree::get(d, name))).collect()
}

/// Equal as values; where they come from does not count.
pub(super) fn same(a: &Data, b: &Data) -> bool {
    match (&a.value, &b.value) {
        (DataValue::Number(x), DataValue::Number(y)) => x.same_value(y),
        (DataValue::List(x), DataValue::List(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (DataValue::Struct(x), DataValue::Struct(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| same(v, w)))
        }
        (x, y) => x == y,
    }
}

fn shown(data: &Data) -> String {
    if data.labels.is_secret() {
        return "***".to_owned();
    }
    match &data.value {
        DataValue::Struct(_) => "a struct".to_owned(),
        DataValue::List(_) => "a list".to_owned(),
        _ => cue::json::to_value(data).map_or_else(|_| "what is not known yet".to_owned(), |v| v.to_string()),
    }
}
