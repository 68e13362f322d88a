//! RFC 6902: JSON patch.

use super::merge::same;
use crate::tree;
use cue::{Data, DataValue};
use cue_syntax::Diagnostic;

/// Applies operations in order; the first that is impossible ends it.
pub(super) fn apply(base: &Data, operations: &[Data]) -> Result<Data, Vec<Diagnostic>> {
    let mut data = base.clone();
    for (i, operation) in operations.iter().enumerate() {
        step(&mut data, operation).map_err(|why| {
            let shown = cue::json::to_value(operation).map(|v| v.to_string()).unwrap_or_default();
            vec![
                Diagnostic::error("render/json-patch", format!("operation {i} of the JSON patch: {why}"))
                    .help(format!("the operation is {shown}")),
            ]
        })?;
    }
    Ok(data)
}

fn step(data: &mut Data, operation: &Data) -> Result<(), String> {
    let path = pointer(operation, "path")?;
    let value = || tree::get(operation, "value").cloned().ok_or("it has no `value`".to_owned());
    match tree::text_at(operation, &["op"]) {
        "add" => add(data, &path, value()?),
        "remove" => remove(data, &path).map(drop),
        "replace" => replace(data, &path, value()?),
        "move" => {
            let moved = remove(data, &pointer(operation, "from")?)?;
            add(data, &path, moved)
        }
        "copy" => {
            let from = pointer(operation, "from")?;
            let copied = find(data, &from).cloned().ok_or_else(|| absent(&from))?;
            add(data, &path, copied)
        }
        "test" => {
            let value = value()?;
            match find(data, &path) {
                Some(found) if same(found, &value) => Ok(()),
                Some(_) => Err(format!("the value at {} is another", shown(&path))),
                None => Err(absent(&path)),
            }
        }
        other => Err(format!("there is no operation \"{other}\"")),
    }
}

fn pointer(operation: &Data, field: &str) -> Result<Vec<String>, String> {
    let text = tree::get(operation, field).and_then(tree::text).ok_or_else(|| format!("it has no `{field}`"))?;
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let rest = text.strip_prefix('/').ok_or_else(|| format!("`{field}` does not start with `/`"))?;
    Ok(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

fn shown(path: &[String]) -> String {
    format!("/{}", path.join("/"))
}

fn absent(path: &[String]) -> String {
    format!("there is nothing at {}", shown(path))
}

fn child<'a>(data: &'a Data, part: &str) -> Option<&'a Data> {
    match &data.value {
        DataValue::Struct(fields) => fields.get(part),
        DataValue::List(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    }
}

fn find<'a>(data: &'a Data, path: &[String]) -> Option<&'a Data> {
    path.iter().try_fold(data, |d, part| child(d, part))
}

fn parent<'a>(data: &'a mut Data, path: &[String]) -> Result<&'a mut Data, String> {
    let mut here = data;
    for (i, part) in path.iter().enumerate() {
        let next = match &mut here.value {
            DataValue::Struct(fields) => fields.get_mut(part.as_str()),
            DataValue::List(items) => part.parse::<usize>().ok().and_then(|n| items.get_mut(n)),
            _ => None,
        };
        here = next.ok_or_else(|| absent(path.get(..=i).unwrap_or(path)))?;
    }
    Ok(here)
}

fn add(data: &mut Data, path: &[String], value: Data) -> Result<(), String> {
    let Some((last, before)) = path.split_last() else {
        *data = value;
        return Ok(());
    };
    let parent = parent(data, before)?;
    match &mut parent.value {
        DataValue::Struct(fields) => {
            fields.insert(last.as_str().into(), value);
            Ok(())
        }
        DataValue::List(items) if last == "-" => {
            items.push(value);
            Ok(())
        }
        DataValue::List(items) => match last.parse::<usize>() {
            Ok(at) if at <= items.len() => {
                items.insert(at, value);
                Ok(())
            }
            _ => Err(absent(path)),
        },
        _ => Err(absent(path)),
    }
}

fn remove(data: &mut Data, path: &[String]) -> Result<Data, String> {
    let Some((last, before)) = path.split_last() else { return Err("the whole object cannot be removed".to_owned()) };
    let parent = parent(data, before)?;
    let removed = match &mut parent.value {
        DataValue::Struct(fields) => fields.shift_remove(last.as_str()),
        DataValue::List(items) => last.parse::<usize>().ok().filter(|at| *at < items.len()).map(|at| items.remove(at)),
        _ => None,
    };
    removed.ok_or_else(|| absent(path))
}

fn replace(data: &mut Data, path: &[String], value: Data) -> Result<(), String> {
    if find(data, path).is_none() {
        return Err(absent(path));
    }
    let Some((last, before)) = path.split_last() else {
        *data = value;
        return Ok(());
    };
    let parent = parent(data, before)?;
    match &mut parent.value {
        DataValue::Struct(fields) => {
            fields.insert(last.as_str().into(), value);
        }
        DataValue::List(items) => {
            if let Some(slot) = last.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
                *slot = value;
            }
        }
        _ => {}
    }
    Ok(())
}
