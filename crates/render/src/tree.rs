//! Reading and changing [`Data`] by name and by path.

use cue::{Data, DataValue, Fields};
use smol_str::SmolStr;

/// A field of a struct.
pub(crate) fn get<'a>(data: &'a Data, name: &str) -> Option<&'a Data> {
    match &data.value {
        DataValue::Struct(fields) => fields.get(name),
        _ => None,
    }
}

/// A field below fields.
pub(crate) fn at<'a>(data: &'a Data, path: &[&str]) -> Option<&'a Data> {
    path.iter().try_fold(data, |d, name| get(d, name))
}

/// The text of a string.
pub(crate) fn text(data: &Data) -> Option<&str> {
    match &data.value {
        DataValue::String(s) => Some(s),
        _ => None,
    }
}

/// The text of a string field below fields; empty when there is none.
pub(crate) fn text_at<'a>(data: &'a Data, path: &[&str]) -> &'a str {
    at(data, path).and_then(text).unwrap_or_default()
}

/// The elements of a list; none for anything else.
pub(crate) fn items(data: &Data) -> &[Data] {
    match &data.value {
        DataValue::List(items) => items,
        _ => &[],
    }
}

/// An empty struct.
pub(crate) fn empty() -> Data {
    DataValue::Struct(Fields::default()).into()
}

/// A struct of these fields.
pub(crate) fn object<K: Into<SmolStr>>(fields: impl IntoIterator<Item = (K, Data)>) -> Data {
    DataValue::Struct(fields.into_iter().map(|(k, v)| (k.into(), v)).collect()).into()
}

/// The fields of a struct, for changing; anything else becomes an empty struct first.
pub(crate) fn fields_mut(data: &mut Data) -> Option<&mut Fields> {
    if !matches!(data.value, DataValue::Struct(_)) {
        data.value = DataValue::Struct(Fields::default());
    }
    match &mut data.value {
        DataValue::Struct(fields) => Some(fields),
        _ => None,
    }
}

/// Sets a field below fields; what is missing on the way is made.
pub(crate) fn set(data: &mut Data, path: &[&str], value: Data) {
    let Some((name, rest)) = path.split_first() else {
        *data = value;
        return;
    };
    if let Some(fields) = fields_mut(data) {
        set(fields.entry(SmolStr::new(name)).or_insert_with(empty), rest, value);
    }
}

/// One step of a path as users write it: `env[0].value`, `metadata.labels["a.b/c"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A field.
    Field(SmolStr),
    /// An element.
    Index(usize),
}

/// The steps of a path; text that cannot be one is a field of its own.
pub(crate) fn parts(path: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[')
            && let Some((index, after)) = inner.split_once(']')
        {
            let quoted = index.strip_prefix('"').and_then(|i| i.strip_suffix('"'));
            parts.push(match (quoted, index.parse()) {
                (None, Ok(n)) => Part::Index(n),
                (name, _) => Part::Field(SmolStr::new(name.unwrap_or(index))),
            });
            rest = after.strip_prefix('.').unwrap_or(after);
            continue;
        }
        if let Some((name, after)) = rest.strip_prefix('"').and_then(|inner| inner.split_once('"'))
            && (after.is_empty() || after.starts_with(['.', '[']))
        {
            parts.push(Part::Field(SmolStr::new(name)));
            rest = after.strip_prefix('.').unwrap_or(after);
            continue;
        }
        let end = rest.find(['.', '[']).filter(|e| *e > 0).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        parts.push(Part::Field(SmolStr::new(name.trim_matches('"'))));
        rest = after.strip_prefix('.').unwrap_or(after);
        if rest.len() == path.len() {
            break;
        }
    }
    parts
}

/// What stands at a path of fields and elements.
pub(crate) fn find<'a>(data: &'a Data, path: &[Part]) -> Option<&'a Data> {
    path.iter().try_fold(data, |d, part| match part {
        Part::Field(name) => get(d, name),
        Part::Index(i) => items(d).get(*i),
    })
}

/// Sets what stands at a path of fields and elements; a list is made as long as it needs to be.
pub(crate) fn set_parts(data: &mut Data, path: &[Part], value: Data) {
    /// Longer lists are a mistake, not a wish.
    const LONGEST: usize = 10_000;
    match path.split_first() {
        None => *data = value,
        Some((Part::Field(name), rest)) => {
            if let Some(fields) = fields_mut(data) {
                set_parts(fields.entry(name.clone()).or_insert_with(empty), rest, value);
            }
        }
        Some((Part::Index(index), rest)) => {
            if !matches!(data.value, DataValue::List(_)) {
                data.value = DataValue::List(Vec::new());
            }
            if let DataValue::List(items) = &mut data.value
                && *index < LONGEST
            {
                while items.len() <= *index {
                    items.push(empty());
                }
                if let Some(item) = items.get_mut(*index) {
                    set_parts(item, rest, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_users_have_fields_and_elements() {
        let field = |s: &str| Part::Field(s.into());
        assert_eq!(parts("env[0].value"), [field("env"), Part::Index(0), field("value")]);
        assert_eq!(parts("a[\"b.c/d\"].e"), [field("a"), field("b.c/d"), field("e")]);
        assert_eq!(parts("x"), [field("x")]);
        assert_eq!(parts("a.\"b.c/d\".e"), [field("a"), field("b.c/d"), field("e")]);
        assert_eq!(parts("\"b.c\"[0]"), [field("b.c"), Part::Index(0)]);
        assert_eq!(parts(""), []);
        assert!(!parts("..[[").is_empty());
    }

    #[test]
    fn setting_makes_what_is_missing() {
        let mut data = empty();
        set_parts(&mut data, &parts("env[1].value"), Data::string("v"));
        let json = cue::json::to_value(&data).unwrap();
        assert_eq!(json.to_string(), r#"{"env":[{},{"value":"v"}]}"#);
    }
}
