//! `status.conditions`: set without touching what did not change.

use super::scene::Scene;
use serde_json::{Value, json};

/// What a condition says now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition<'a> {
    /// `type`.
    pub(super) kind: &'a str,
    /// `True`, `False` or `Unknown`.
    pub(super) status: &'a str,
    /// One word; may be empty.
    pub(super) reason: &'a str,
    /// A sentence; may be empty.
    pub(super) message: &'a str,
}

/// Sets a condition; the time of its last transition changes only with its status.
pub(super) fn set(conditions: &mut Vec<Value>, condition: Condition<'_>, scene: &Scene<'_>) {
    let mut fresh = json!({"type": condition.kind, "status": condition.status});
    if let Some(map) = fresh.as_object_mut() {
        for (field, text) in [("reason", condition.reason), ("message", condition.message)] {
            if !text.is_empty() {
                map.insert(field.to_owned(), text.into());
            }
        }
        map.insert("lastTransitionTime".to_owned(), scene.stamp().into());
    }
    insert(conditions, fresh);
}

/// As [`set`], with the observed generation that newer APIs carry.
pub(super) fn set_observed(conditions: &mut Vec<Value>, condition: Condition<'_>, generation: i64, scene: &Scene<'_>) {
    set(conditions, condition, scene);
    if let Some(Value::Object(map)) = conditions.iter_mut().find(|known| kind_of(known) == condition.kind) {
        map.insert("observedGeneration".to_owned(), generation.into());
    }
}

/// As [`set`], with the `lastUpdateTime` that Deployments have, which changes whenever reason or message do.
pub(super) fn set_updated(conditions: &mut Vec<Value>, condition: Condition<'_>, scene: &Scene<'_>) {
    let known = conditions.iter().find(|known| kind_of(known) == condition.kind);
    let same = known.is_some_and(|known| {
        let text = |field: &str| known.get(field).and_then(Value::as_str).unwrap_or("");
        text("status") == condition.status && text("reason") == condition.reason
    });
    if same {
        return;
    }
    set(conditions, condition, scene);
    touch(conditions, condition.kind, scene);
}

/// Renews the `lastUpdateTime` of a condition.
pub(super) fn touch(conditions: &mut [Value], kind: &str, scene: &Scene<'_>) {
    if let Some(Value::Object(map)) = conditions.iter_mut().find(|known| kind_of(known) == kind) {
        map.insert("lastUpdateTime".to_owned(), scene.stamp().into());
    }
}

fn insert(conditions: &mut Vec<Value>, mut fresh: Value) {
    let kind = kind_of(&fresh).to_owned();
    match conditions.iter_mut().find(|known| kind_of(known) == kind) {
        Some(known) => {
            if known.get("status") == fresh.get("status")
                && let (Some(time), Some(map)) = (known.get("lastTransitionTime"), fresh.as_object_mut())
            {
                map.insert("lastTransitionTime".to_owned(), time.clone());
            }
            *known = fresh;
        }
        None => conditions.push(fresh),
    }
}

/// The `type` of a condition.
pub(super) fn kind_of(condition: &Value) -> &str {
    condition.get("type").and_then(Value::as_str).unwrap_or("")
}

/// The condition of a type.
pub(super) fn find<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a Value> {
    conditions.iter().find(|known| kind_of(known) == kind)
}
