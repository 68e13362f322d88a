//! Package `vela/kube`: objects of any cluster.

mod apply;
mod delete;
mod list;
mod patch;
mod read;

pub use apply::{apply, apply_in_parallel};
pub use delete::delete;
pub use list::list;
pub use patch::patch;
pub use read::{get, read};

use crate::call::Call;
use crate::fault::Fault;
use crate::object::Filter;
use serde_json::Value;

/// The object under a parameter, with the call's namespace where it names none.
fn object(call: &Call<'_>, name: &str) -> Result<Value, Fault> {
    let mut object = call.need(name)?.clone();
    let Some(map) = object.as_object_mut() else {
        return Err(Fault::permanent(format!("the parameter \"{name}\" must be an object")));
    };
    let metadata = map.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Some(metadata) = metadata.as_object_mut() {
        let namespace = metadata.entry("namespace").or_insert(Value::Null);
        if namespace.as_str().unwrap_or_default().is_empty() {
            *namespace = call.namespace.into();
        }
    }
    Ok(object)
}

/// `filter: {namespace?, matchingLabels?}`.
fn filter(call: &Call<'_>) -> Filter {
    let Some(filter) = call.params.get("filter") else { return Filter::default() };
    let labels = filter.get("matchingLabels").and_then(Value::as_object);
    let pairs = labels.into_iter().flatten().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default()));
    Filter {
        namespace: filter.get("namespace").and_then(Value::as_str).unwrap_or_default().to_owned(),
        label_selector: pairs.collect::<Vec<_>>().join(","),
        field_selector: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_becomes_a_selector() {
        let params = json!({"filter": {"namespace": "a", "matchingLabels": {"x": "1", "y": "2"}}});
        let found = filter(&Call { params: &params, key: None, namespace: "default", secret: false });
        assert_eq!((found.namespace.as_str(), found.label_selector.as_str()), ("a", "x=1,y=2"));
    }

    #[test]
    fn an_object_without_a_namespace_gets_that_of_the_call() {
        let params = json!({"value": {"kind": "ConfigMap"}});
        let found = object(&Call { params: &params, key: None, namespace: "default", secret: false }, "value").unwrap();
        assert_eq!(found["metadata"]["namespace"], "default");
        let params = json!({"value": {"kind": "ConfigMap", "metadata": {"namespace": "b"}}});
        let found = object(&Call { params: &params, key: None, namespace: "default", secret: false }, "value").unwrap();
        assert_eq!(found["metadata"]["namespace"], "b");
    }
}
