//! What readers of data share: a field given twice, and property paths.

use super::{Data, DataValue, Fields};
use smol_str::SmolStr;
use std::fmt::Write;

/// Adds a field. Given twice, it must agree with itself, as in CUE: structs are joined, anything else must be equal.
///
/// # Errors
/// A sentence that names the field and both values.
pub(crate) fn insert(fields: &mut Fields, name: SmolStr, value: Data) -> Result<(), String> {
    match fields.get_mut(&name) {
        None => {
            fields.insert(name, value);
            Ok(())
        }
        Some(present) => join(present, value)
            .map_err(|(path, left, right)| format!("{name}{path}: conflicting values {right} and {left}")),
    }
}

fn join(present: &mut Data, given: Data) -> Result<(), (String, String, String)> {
    match (&mut present.value, given.value) {
        (DataValue::Struct(fields), DataValue::Struct(more)) => {
            for (name, value) in more {
                match fields.get_mut(&name) {
                    None => {
                        fields.insert(name, value);
                    }
                    Some(present) => {
                        join(present, value).map_err(|(path, l, r)| (format!(".{name}{path}"), l, r))?;
                    }
                }
            }
            Ok(())
        }
        (DataValue::List(items), DataValue::List(more)) if items.len() == more.len() => {
            for (i, (present, value)) in items.iter_mut().zip(more).enumerate() {
                join(present, value).map_err(|(path, l, r)| (format!(".{i}{path}"), l, r))?;
            }
            Ok(())
        }
        (DataValue::Number(a), DataValue::Number(b)) if a.kind() == b.kind() && a.same_value(&b) => Ok(()),
        (a, b) if *a == b => Ok(()),
        (a, b) => Err((String::new(), brief(a), brief(&b))),
    }
}

/// A value in a few words, for messages.
fn brief(value: &DataValue) -> String {
    match value {
        DataValue::Null => "null".to_owned(),
        DataValue::Bool(b) => b.to_string(),
        DataValue::Number(n) => n.to_cue(),
        DataValue::String(s) => {
            let mut text = String::new();
            crate::json::quote(&mut text, s);
            text
        }
        DataValue::Bytes(_) => "bytes".to_owned(),
        DataValue::List(items) => format!("a list of {}", items.len()),
        DataValue::Struct(_) => "{…}".to_owned(),
        DataValue::Unknown(_) => "an unknown value".to_owned(),
    }
}

/// Appends `.name`, or `["na.me"]` where the name is not a word.
pub(crate) fn push_name(path: &mut String, name: &str) {
    let word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    if word {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    } else {
        path.push('[');
        crate::json::quote(path, name);
        path.push(']');
    }
}

/// Appends `[index]`.
pub(crate) fn push_index(path: &mut String, index: usize) {
    // Writing to a string cannot fail.
    let _ = write!(path, "[{index}]");
}
