//! Label and field selectors, as a list or watch request states them.

use serde_json::Value;

use super::stored::Stored;
use crate::error::ApiError;
use crate::object;

/// What a list or a watch is limited to. The default selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
    Greater(String, i64),
    Less(String, i64),
}

impl Selector {
    /// Parses the texts of the query parameters `labelSelector` and `fieldSelector`.
    pub fn parse(labels: &str, fields: &str) -> Result<Self, ApiError> {
        Ok(Selector { labels: parse_labels(labels)?, fields: parse_fields(fields)? })
    }

    /// Objects that carry the label `key` with this value.
    pub fn label(key: &str, value: &str) -> Self {
        Selector { labels: vec![Requirement::In(key.into(), vec![value.into()])], fields: Vec::new() }
    }

    /// Whether everything is selected.
    pub fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(crate) fn field_paths(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(path, ..)| path.as_str())
    }

    /// The name, where the fields ask for exactly one.
    pub(crate) fn single_name(&self) -> Option<&str> {
        self.fields.iter().find(|(path, equal, _)| *equal && path == "metadata.name").map(|(.., name)| name.as_str())
    }

    pub(crate) fn matches(&self, stored: &Stored) -> bool {
        if !self.labels.iter().all(|r| r.matches(|key| stored.label(key))) {
            return false;
        }
        let mut parsed: Option<Value> = None;
        self.fields.iter().all(|(path, equal, wanted)| {
            let same = match path.as_str() {
                "metadata.name" => stored.key.name == wanted.as_str(),
                "metadata.namespace" => stored.key.namespace == wanted.as_str(),
                _ => field_text(parsed.get_or_insert_with(|| stored.value()), path) == *wanted,
            };
            same == *equal
        })
    }

    /// Whether a label map satisfies the label half of this selector.
    pub fn matches_labels(&self, labels: &Value) -> bool {
        self.labels.iter().all(|r| r.matches(|key| labels.get(key).and_then(Value::as_str)))
    }
}

fn field_text(value: &Value, path: &str) -> String {
    let parts: Vec<&str> = path.trim_start_matches('.').split('.').collect();
    match object::at(value, &parts) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) if path == "spec.unschedulable" => "false".into(),
        None | Some(Value::Null) if path == "status.successful" || path == "status.replicas" => "0".into(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

impl Requirement {
    fn matches<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        match self {
            Requirement::In(key, values) => get(key).is_some_and(|v| values.iter().any(|w| w == v)),
            Requirement::NotIn(key, values) => get(key).is_none_or(|v| !values.iter().any(|w| w == v)),
            Requirement::Exists(key) => get(key).is_some(),
            Requirement::Absent(key) => get(key).is_none(),
            Requirement::Greater(key, n) => get(key).and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v > *n),
            Requirement::Less(key, n) => get(key).and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v < *n),
        }
    }
}

fn parse_fields(text: &str) -> Result<Vec<(String, bool, String)>, ApiError> {
    let mut fields = Vec::new();
    for term in text.split(',').map(str::trim).filter(|t| !t.is_empty()) {
        let (path, equal, value) = if let Some((path, value)) = term.split_once("!=") {
            (path, false, value)
        } else if let Some((path, value)) = term.split_once("==") {
            (path, true, value)
        } else if let Some((path, value)) = term.split_once('=') {
            (path, true, value)
        } else {
            return Err(ApiError::bad_request(format!("invalid field selector: {text:?}; can't understand {term:?}")));
        };
        fields.push((path.trim().to_owned(), equal, value.trim().replace("\\,", ",")));
    }
    Ok(fields)
}

/// Splits at commas outside of parentheses.
fn terms(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0usize, 0usize, Vec::new());
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(text.get(start..index).unwrap_or(""));
                start = index + 1;
            }
            _ => {}
        }
    }
    found.push(text.get(start..).unwrap_or(""));
    found.into_iter().map(str::trim).filter(|t| !t.is_empty()).collect()
}

fn parse_labels(text: &str) -> Result<Vec<Requirement>, ApiError> {
    let bad = |term: &str| {
        ApiError::bad_request(format!(
            "unable to parse requirement: found {term:?}, expected: a key, or a key with one of in, notin, =, ==, !=, gt, lt"
        ))
    };
    let set = |term: &str, rest: &str| -> Result<Vec<String>, ApiError> {
        let inner = rest.trim().strip_prefix('(').and_then(|r| r.strip_suffix(')')).ok_or_else(|| bad(term))?;
        Ok(inner.split(',').map(|v| v.trim().to_owned()).collect())
    };
    let mut requirements = Vec::new();
    for term in terms(text) {
        let requirement = if let Some(key) = term.strip_prefix('!').filter(|k| !k.contains('=')) {
            Requirement::Absent(key.trim().into())
        } else if let Some((key, value)) = term.split_once("!=") {
            Requirement::NotIn(key.trim().into(), vec![value.trim().into()])
        } else if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
            Requirement::In(key.trim().into(), vec![value.trim().into()])
        } else if let Some((key, value)) = term.split_once('>') {
            Requirement::Greater(key.trim().into(), value.trim().parse().map_err(|_| bad(term))?)
        } else if let Some((key, value)) = term.split_once('<') {
            Requirement::Less(key.trim().into(), value.trim().parse().map_err(|_| bad(term))?)
        } else {
            let mut words = term.splitn(2, char::is_whitespace);
            let key = words.next().unwrap_or("").to_owned();
            let rest = words.next().unwrap_or("").trim();
            if rest.is_empty() {
                if key.contains('(') {
                    return Err(bad(term));
                }
                Requirement::Exists(key)
            } else if let Some(values) = rest.strip_prefix("notin") {
                Requirement::NotIn(key, set(term, values)?)
            } else if let Some(values) = rest.strip_prefix("in") {
                Requirement::In(key, set(term, values)?)
            } else {
                return Err(bad(term));
            }
        };
        requirements.push(requirement);
    }
    Ok(requirements)
}

/// The selector that a `metav1.LabelSelector` value states; an empty one selects everything.
pub fn from_label_selector(value: &Value) -> Selector {
    let mut labels = Vec::new();
    if let Some(map) = value.get("matchLabels").and_then(Value::as_object) {
        for (key, wanted) in map {
            labels.push(Requirement::In(key.clone(), vec![wanted.as_str().unwrap_or("").to_owned()]));
        }
    }
    for expression in object::list(value, &["matchExpressions"]) {
        let key = object::text(expression, &["key"]).to_owned();
        let values =
            object::list(expression, &["values"]).iter().filter_map(Value::as_str).map(str::to_owned).collect();
        labels.push(match object::text(expression, &["operator"]) {
            "NotIn" => Requirement::NotIn(key, values),
            "Exists" => Requirement::Exists(key),
            "DoesNotExist" => Requirement::Absent(key),
            _ => Requirement::In(key, values),
        });
    }
    Selector { labels, fields: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn label_selectors_select_as_kubernetes_documents() {
        let labels = json!({"app": "web", "tier": "front", "size": "5"});
        for (text, expected) in [
            ("", true),
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app!=web", false),
            ("missing!=x", true),
            ("app in (web, api),tier notin (back)", true),
            ("app notin (web)", false),
            ("app", true),
            ("!app", false),
            ("!missing", true),
            ("size>4", true),
            ("size<5", false),
        ] {
            let selector = Selector::parse(text, "").map(|s| s.matches_labels(&labels));
            assert_eq!(selector, Ok(expected), "{text}");
        }
        assert!(Selector::parse("app like web", "").is_err());
        assert!(Selector::parse("", "metadata.name").is_err());
    }
}
