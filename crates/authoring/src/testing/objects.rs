//! Objects of a whole Application, in any order.

use super::compare;
use crate::data::{field, items, text};
use cue::Data;
use cue_syntax::Diagnostic;
use serde_json::Value;

/// Every expected object has to be among those that came out, as far as it is written; with `exact`, no other may be there. An entry has the object's place
/// beside it: `cluster`, `namespace`, `component`, `step`, `origin`, `object`.
pub(super) fn compare_objects(expected: &Data, got: &[Value], exact: bool, out: &mut Vec<Diagnostic>) {
    let mut used = vec![false; got.len()];
    for (i, wanted) in items(expected).iter().enumerate() {
        let path = format!("objects[{i}]");
        let mut nearest: Option<(usize, Vec<Diagnostic>)> = None;
        for (n, found) in got.iter().enumerate() {
            if used.get(n).copied().unwrap_or(true) {
                continue;
            }
            let mut differs = Vec::new();
            differences(wanted, found, &path, &mut differs);
            // What has another name or kind is further off than what differs in fields.
            let weight = differs.len() + 100 * usize::from(!same_object(wanted, found));
            if nearest.as_ref().is_none_or(|(_, d)| d.is_empty() || weight < d.len()) {
                let done = differs.is_empty();
                if !done {
                    differs.resize(weight.max(differs.len()), Diagnostic::error("", ""));
                }
                nearest = Some((n, differs));
                if done {
                    break;
                }
            }
        }
        match nearest {
            Some((n, differs)) => {
                if let Some(used) = used.get_mut(n) {
                    *used = true;
                }
                out.extend(differs.into_iter().filter(|d| !d.code.is_empty()));
            }
            None => {
                out.push(compare::difference(wanted, &path, format!("is not there: {} came out", count(got.len()))));
            }
        }
    }
    if exact {
        for (found, _) in got.iter().zip(used).filter(|(_, used)| !used) {
            let text = |p: &str| found.pointer(p).and_then(Value::as_str).unwrap_or_default();
            let (kind, name, cluster) = (text("/object/kind"), text("/object/metadata/name"), text("/cluster"));
            let message = format!("{kind} {name} for cluster {cluster} is not expected");
            out.push(compare::difference(expected, "objects", message));
        }
    }
}

fn count(n: usize) -> String {
    match n {
        1 => "1 object".to_owned(),
        n => format!("{n} objects"),
    }
}

fn differences(wanted: &Data, found: &Value, path: &str, out: &mut Vec<Diagnostic>) {
    for key in ["cluster", "namespace", "component", "step", "origin"] {
        if let Some(wanted) = field(wanted, key) {
            compare::differences(wanted, found.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}"), false, out);
        }
    }
    if let Some(object) = field(wanted, "object") {
        let found = found.get("object").unwrap_or(&Value::Null);
        compare::differences(object, found, &format!("{path}.object"), false, out);
    }
}

fn same_object(wanted: &Data, found: &Value) -> bool {
    let Some(object) = field(wanted, "object") else { return true };
    let fits = |wanted: Option<&Data>, pointer: &str| {
        wanted.and_then(text).is_none_or(|w| found.pointer(pointer).and_then(Value::as_str) == Some(w))
    };
    fits(field(object, "kind"), "/object/kind")
        && fits(field(object, "metadata").and_then(|m| field(m, "name")), "/object/metadata/name")
}
