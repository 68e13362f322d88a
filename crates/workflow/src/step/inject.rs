//! How results, known or not, get into a step's value.

use super::sites::Site;
use super::taint;
use crate::evaluate::Payload;
use cue::Selector;
use cue::{Data, DataValue, Labels};
use serde_json::{Map, Value};

/// How an action is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `$params` and `$returns`.
    Params,
    /// Everything flat, as old definitions have it.
    Flat,
}

/// What is put into the value for an action.
pub(super) fn injections(site: &Site, result: Option<&Payload>) -> Vec<(Vec<Selector>, Data)> {
    if site.action.returns.is_empty() {
        return Vec::new();
    }
    let at = |field: &str| {
        let mut path = site.selectors.clone();
        path.push(Selector::new(field));
        path
    };
    match (site.form, result, site.id) {
        (Form::Params, Some(result), _) => vec![(at("$returns"), data(result))],
        (Form::Params, None, Some(id)) => vec![(at("$returns"), unknown(id))],
        (Form::Flat, Some(result), _) => {
            let fields = flat(site.action.provider, site.action.name, &result.value);
            let part = |name: &String, value: &Value| {
                let value = site.given.get(name).map_or_else(|| value.clone(), |given| under(given, value));
                (at(name), data(&Payload { value, secret: result.secret }))
            };
            fields.iter().map(|(name, value)| part(name, value)).collect()
        }
        (Form::Flat, None, Some(id)) => {
            let given = |name: &str| site.action.params.iter().any(|p| p.name == name);
            let names = flat_names(site);
            names.into_iter().filter(|n| !given(n)).map(|n| (at(n), unknown(id))).collect()
        }
        (_, None, None) => Vec::new(),
    }
}

fn data(result: &Payload) -> Data {
    let mut data = cue::json::from_value(&result.value);
    if result.secret {
        taint(&mut data);
    }
    data
}

fn unknown(id: u32) -> Data {
    Data { value: DataValue::Unknown(id), labels: Labels::NONE, origin: None }
}

/// The fields in which the flat spelling expects results: an HTTP response is one field, a list is called `list`.
fn flat(provider: &str, name: &str, result: &Value) -> Map<String, Value> {
    let mut fields = result.as_object().cloned().unwrap_or_default();
    match (provider, name) {
        ("http", "do") => [("response".to_owned(), Value::Object(fields))].into_iter().collect(),
        ("kube", "list") => {
            if let Some(values) = fields.remove("values") {
                fields.insert("list".to_owned(), values);
            }
            fields
        }
        _ => fields,
    }
}

fn flat_names(site: &Site) -> Vec<&'static str> {
    match (site.action.provider, site.action.name) {
        ("http", "do") => vec!["response"],
        ("kube", "list") => vec!["list", "err"],
        _ => site.action.returns.iter().map(|f| f.name).collect(),
    }
}

/// A result laid under what was given: where both have a scalar, or lists of different lengths, what was given stays.
fn under(given: &Value, result: &Value) -> Value {
    match (given, result) {
        (Value::Object(given), Value::Object(result)) => {
            let mut merged = result.clone();
            for (key, value) in given {
                let inner = result.get(key).map_or_else(|| value.clone(), |r| under(value, r));
                merged.insert(key.clone(), inner);
            }
            Value::Object(merged)
        }
        (Value::Array(given), Value::Array(result)) if given.len() == result.len() => {
            Value::Array(given.iter().zip(result).map(|(g, r)| under(g, r)).collect())
        }
        _ => given.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_given_wins_and_what_was_added_is_added() {
        let given = json!({"spec": {"replicas": 2, "list": [{"a": 1}], "short": [1]}});
        let live =
            json!({"spec": {"replicas": 5, "list": [{"a": 3, "b": 2}], "short": [1, 2]}, "status": {"ready": 1}});
        assert_eq!(
            under(&given, &live),
            json!({"spec": {"replicas": 2, "list": [{"a": 1, "b": 2}], "short": [1]}, "status": {"ready": 1}})
        );
    }

    #[test]
    fn old_spellings_get_results_where_they_look_for_them() {
        assert_eq!(
            Value::Object(flat("http", "do", &json!({"statusCode": 200}))),
            json!({"response": {"statusCode": 200}})
        );
        assert_eq!(
            Value::Object(flat("kube", "list", &json!({"values": {"items": []}}))),
            json!({"list": {"items": []}})
        );
        assert_eq!(Value::Object(flat("kube", "read", &json!({"value": 1}))), json!({"value": 1}));
    }
}
