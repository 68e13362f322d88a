//! Differences in words and as data.

use super::{Change, Difference, Verdict};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The longest text of a value that stands on its line.
const LONGEST: usize = 60;

/// Lines as `+ …`, `- …`, `~ …`; what is the same is left out.
pub fn text(differences: &[Difference]) -> String {
    let mut out = String::new();
    for Difference { key, verdict } in differences {
        let _ = match verdict {
            Verdict::Created => writeln!(out, "+ {key}"),
            Verdict::Removed => writeln!(out, "- {key}"),
            Verdict::Changed(changes) => {
                let _ = writeln!(out, "~ {key}");
                changes.iter().for_each(|c| change(c, &mut out));
                Ok(())
            }
            Verdict::Failed(why) => writeln!(out, "? {key}: {why}"),
            Verdict::Refused(why) => writeln!(out, "! {key}: {why}"),
            Verdict::Same | Verdict::Unknown => Ok(()),
        };
    }
    out
}

/// One field.
pub(crate) fn change(change: &Change, out: &mut String) {
    let _ = match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let (a, b) = (short(before), short(after));
            if a == b {
                writeln!(out, "    ~ {}: {a} (changed)", change.path)
            } else {
                writeln!(out, "    ~ {}: {a} -> {b}", change.path)
            }
        }
        (None, Some(after)) => writeln!(out, "    + {}: {}", change.path, short(after)),
        (Some(before), None) => writeln!(out, "    - {}: {}", change.path, short(before)),
        (None, None) => Ok(()),
    };
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(s) if s == super::HIDDEN => s.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// `1 to create, 2 to change, 0 to remove, 3 the same`, with the words given.
pub fn counts<'d>(verdicts: impl Iterator<Item = &'d Verdict>) -> String {
    let (mut created, mut changed, mut removed, mut same, mut other, mut refused) = (0, 0, 0, 0, 0, 0);
    for verdict in verdicts {
        match verdict {
            Verdict::Created => created += 1,
            Verdict::Changed(_) => changed += 1,
            Verdict::Removed => removed += 1,
            Verdict::Same => same += 1,
            Verdict::Failed(_) | Verdict::Unknown => other += 1,
            Verdict::Refused(_) => refused += 1,
        }
    }
    let mut out = format!("{created} created, {changed} changed, {removed} removed, {same} the same");
    if refused > 0 {
        let _ = write!(out, ", {refused} refused");
    }
    if other > 0 {
        let _ = write!(out, ", {other} not known");
    }
    out
}

/// For programs.
pub fn value(differences: &[Difference]) -> Value {
    let one = |d: &Difference| {
        let mut value = verdict(&d.verdict);
        if let Some(map) = value.as_object_mut() {
            map.insert("object".to_owned(), json!(d.key));
        }
        value
    };
    Value::Array(differences.iter().map(one).collect())
}

/// `{"change": "changed", "fields": […]}`
pub(crate) fn verdict(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Unknown => json!({"change": "unknown"}),
        Verdict::Created => json!({"change": "created"}),
        Verdict::Removed => json!({"change": "removed"}),
        Verdict::Same => json!({"change": "none"}),
        Verdict::Failed(why) => json!({"change": "unknown", "reason": why}),
        Verdict::Refused(why) => json!({"change": "refused", "reason": why}),
        Verdict::Changed(changes) => {
            let field = |c: &Change| json!({"path": c.path, "before": c.before, "after": c.after});
            json!({"change": "changed", "fields": changes.iter().map(field).collect::<Vec<_>>()})
        }
    }
}
