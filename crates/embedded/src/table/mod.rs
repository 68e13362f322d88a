//! Objects as rows for people: the `Table` form of `kubectl get`.

use serde_json::{Value, json};

use crate::catalog::Served;
use crate::object;
use crate::rest::Query;
use crate::store::Store;

/// The Table of `objects`.
pub(crate) fn table(store: &Store, served: &Served, objects: &[Value], meta: &Value, query: &Query) -> Value {
    let _ = (store, served, query);
    let rows: Vec<Value> = objects
        .iter()
        .map(|o| json!({"cells": [object::name(o)], "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": o.get("metadata")}}))
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta,
        "columnDefinitions": [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}],
        "rows": rows,
    })
}
