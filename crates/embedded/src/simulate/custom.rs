//! CustomResourceDefinitions of simulated operators: they accept what the real ones accept and check little of it.

use super::kind::Kind;
use serde_json::{Value, json};

/// A column of `kubectl get`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    /// Its type.
    pub(super) kind: &'static str,
    pub(super) path: &'static str,
}

/// The definition of a kind in these versions, the stored one first; `part_of` names the operator.
pub(super) fn custom(kind: &Kind, versions: &[&str], columns: &[Column], part_of: &str) -> Value {
    let mut shown: Vec<Value> =
        columns.iter().map(|c| json!({"name": c.name, "type": c.kind, "jsonPath": c.path})).collect();
    shown.push(json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}));
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let versions: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(index, name)| {
            json!({
                "name": name, "served": true, "storage": index == 0,
                "subresources": {"status": {}},
                "additionalPrinterColumns": shown,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
                    "spec": open, "status": open,
                }}},
            })
        })
        .collect();
    let singular = kind.kind.to_lowercase();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {
            "name": format!("{}.{}", kind.plural, kind.group),
            "labels": {"app.kubernetes.io/part-of": part_of, "lateen.dev/simulated": "true"},
        },
        "spec": {
            "group": kind.group, "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
            "names": {"kind": kind.kind, "listKind": format!("{}List", kind.kind), "plural": kind.plural, "singular": singular},
            "versions": versions,
        },
    })
}
