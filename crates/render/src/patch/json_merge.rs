//! RFC 7396: JSON merge patch.

use crate::tree;
use cue::{Data, DataValue};

/// Applies a merge patch: structs merge, `null` takes away, anything else takes the place.
pub(super) fn apply(base: &Data, patch: &Data) -> Data {
    let DataValue::Struct(changes) = &patch.value else { return patch.clone() };
    let mut merged = match &base.value {
        DataValue::Struct(_) => base.clone(),
        _ => tree::empty(),
    };
    let Some(fields) = tree::fields_mut(&mut merged) else { return merged };
    for (name, change) in changes {
        if matches!(change.value, DataValue::Null) {
            fields.shift_remove(name);
            continue;
        }
        let changed = match fields.get(name) {
            Some(old) => apply(old, change),
            None => apply(&tree::empty(), change),
        };
        fields.insert(name.clone(), changed);
    }
    merged
}
