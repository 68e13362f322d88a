//! Dotted paths into objects, as policies write them: `spec.replicas`, `spec.template.spec.containers[0].image`.

use serde_json::{Value, json};

/// The parts of a path: names, and places in lists as they are written in brackets.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[', ']']).filter(|part| !part.is_empty())
}

fn below<'v>(value: &'v Value, part: &str) -> Option<&'v Value> {
    match value {
        Value::Array(list) => list.get(part.parse::<usize>().ok()?),
        value => value.get(part.trim_matches(['"', '\''])),
    }
}

/// The value at a path.
pub fn get<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    parts(path).try_fold(object, below)
}

/// Sets the value at a path, making the maps on the way. A list is not made longer.
pub fn set(object: &mut Value, path: &str, value: Value) {
    let mut here = object;
    for part in parts(path) {
        let next = match here {
            Value::Array(list) => part.parse::<usize>().ok().and_then(|index| list.get_mut(index)),
            Value::Object(map) => {
                Some(map.entry(part.trim_matches(['"', '\'']).to_owned()).or_insert_with(|| json!({})))
            }
            _ => None,
        };
        let Some(next) = next else { return };
        here = next;
    }
    *here = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_made_on_the_way_and_places_in_lists_are_found() {
        let mut object = json!({"spec": {"a": 1, "list": [{"x": 1}, {"x": 2}]}});
        set(&mut object, "spec.b.c", 2.into());
        set(&mut object, "spec.list[1].x", 3.into());
        set(&mut object, "spec.list[7].x", 4.into());
        assert_eq!(object, json!({"spec": {"a": 1, "b": {"c": 2}, "list": [{"x": 1}, {"x": 3}]}}));
        assert_eq!(get(&object, "spec.list[0].x"), Some(&json!(1)));
        assert_eq!(get(&object, "spec.none.x"), None);
    }
}
