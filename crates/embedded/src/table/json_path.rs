//! The simple JSON paths that printer columns use: fields, indices, and filters on one field.

use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Field(String),
    Index(i64),
    All,
    /// `[?(@.type=="Ready")]`
    Filter(Vec<String>, String, bool),
}

/// A parsed path.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JsonPath(Vec<Part>);

impl JsonPath {
    /// `None` for what is not understood: the column stays empty.
    pub(super) fn parse(text: &str) -> Option<JsonPath> {
        let text = text.trim().trim_start_matches('{').trim_end_matches('}');
        let mut parts = Vec::new();
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let end = closing(inner)?;
                parts.push(bracket(inner.get(..end)?)?);
                rest = inner.get(end + 1..)?;
                continue;
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let mut name = String::new();
            let mut chars = rest.char_indices();
            let mut end = rest.len();
            while let Some((index, c)) = chars.next() {
                match c {
                    '\\' => name.extend(chars.next().map(|(_, c)| c)),
                    '.' | '[' => {
                        end = index;
                        break;
                    }
                    c => name.push(c),
                }
            }
            rest = rest.get(end..)?;
            if name == "*" {
                parts.push(Part::All);
            } else if !name.is_empty() {
                parts.push(Part::Field(name));
            } else if !rest.starts_with('[') {
                return None;
            }
        }
        Some(JsonPath(parts))
    }

    /// The first value at the path.
    pub(super) fn first<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        let mut found = vec![value];
        for part in &self.0 {
            found = found.into_iter().flat_map(|value| step(part, value)).collect();
        }
        found.into_iter().next()
    }
}

/// Where the bracket ends, outside of quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quote: Option<char> = None;
    for (index, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ']') => return Some(index),
            _ => {}
        }
    }
    None
}

fn unquote(text: &str) -> &str {
    let text = text.trim();
    let inner = |q: char| text.strip_prefix(q).and_then(|t| t.strip_suffix(q));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn bracket(text: &str) -> Option<Part> {
    let text = text.trim();
    if text == "*" {
        return Some(Part::All);
    }
    if let Some(filter) = text.strip_prefix("?(").and_then(|t| t.strip_suffix(')')) {
        let (left, right, equal) = match filter.split_once("==") {
            Some((left, right)) => (left, right, true),
            None => {
                let (left, right) = filter.split_once("!=")?;
                (left, right, false)
            }
        };
        let path = left.trim().strip_prefix('@')?.trim_start_matches('.').split('.').map(str::to_owned).collect();
        return Some(Part::Filter(path, unquote(right).to_owned(), equal));
    }
    match text.parse() {
        Ok(index) => Some(Part::Index(index)),
        Err(_) => Some(Part::Field(unquote(text).to_owned())),
    }
}

fn step<'a>(part: &Part, value: &'a Value) -> Vec<&'a Value> {
    match part {
        Part::Field(name) => value.get(name).into_iter().collect(),
        Part::Index(index) => {
            let Some(list) = value.as_array() else { return Vec::new() };
            let index = if *index < 0 { list.len() as i64 + index } else { *index };
            usize::try_from(index).ok().and_then(|index| list.get(index)).into_iter().collect()
        }
        Part::All => match value {
            Value::Array(list) => list.iter().collect(),
            Value::Object(map) => map.values().collect(),
            _ => Vec::new(),
        },
        Part::Filter(path, wanted, equal) => {
            let Some(list) = value.as_array() else { return Vec::new() };
            list.iter()
                .filter(|item| {
                    let found = path.iter().try_fold(*item, |value, key| value.get(key));
                    let same =
                        found.is_some_and(|v| v.as_str().map_or_else(|| &v.to_string() == wanted, |t| t == wanted));
                    same == *equal
                })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_of_printer_columns() {
        let value = json!({
            "spec": {"image": "a", "list": [1, 2]},
            "metadata": {"labels": {"app.io/x": "y"}},
            "status": {"conditions": [{"type": "Good", "status": "False"}, {"type": "Ready", "status": "True"}]},
        });
        for (path, expected) in [
            (".spec.image", Some(json!("a"))),
            (".spec.list[1]", Some(json!(2))),
            (".spec.list[-1]", Some(json!(2))),
            (".metadata.labels['app.io/x']", Some(json!("y"))),
            (".metadata.labels.app\\.io/x", Some(json!("y"))),
            (".status.conditions[?(@.type==\"Ready\")].status", Some(json!("True"))),
            (".status.conditions[?(@.type=='Nothing')].status", None),
            ("{.spec.list[*]}", Some(json!(1))),
            (".nothing", None),
        ] {
            assert_eq!(JsonPath::parse(path).and_then(|p| p.first(&value).cloned()), expected, "{path}");
        }
    }
}
