//! A CustomResourceDefinition as an object of its own: what the server fills in and what it refuses.

use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::error::Cause;
use crate::object;

/// Holds a definition until its objects are deleted.
pub(crate) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Sets defaults and, as the controllers of kube-apiserver do a moment after creation, the status.
pub(crate) fn complete_definition(crd: &mut Value, now: jiff::Timestamp) {
    let kind = object::text(crd, &["spec", "names", "kind"]).to_owned();
    object::default(crd, &["spec", "names", "singular"], kind.to_lowercase());
    object::default(crd, &["spec", "names", "listKind"], format!("{kind}List"));
    object::default(crd, &["spec", "conversion"], json!({"strategy": "None"}));
    let names = object::at(crd, &["spec", "names"]).cloned().unwrap_or_default();
    object::set(crd, &["status", "acceptedNames"], names);
    let storage = object::list(crd, &["spec", "versions"])
        .iter()
        .find(|v| v.get("storage").and_then(Value::as_bool) == Some(true))
        .map(|v| object::text(v, &["name"]).to_owned());
    let mut stored: Vec<Value> = object::list(crd, &["status", "storedVersions"]).to_vec();
    if let Some(storage) = storage
        && !stored.iter().any(|v| *v == storage)
    {
        stored.push(storage.into());
    }
    object::set(crd, &["status", "storedVersions"], stored);
    if object::list(crd, &["status", "conditions"]).is_empty() {
        let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": rfc3339(now)});
        let conditions = json!([
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ]);
        object::set(crd, &["status", "conditions"], conditions);
    }
}

/// Marks a definition whose deletion was asked for.
pub(crate) fn mark_terminating(crd: &mut Value, now: jiff::Timestamp) {
    let mut conditions = object::list(crd, &["status", "conditions"]).to_vec();
    conditions.push(json!({
        "type": "Terminating", "status": "True", "reason": "InstanceDeletionPending", "lastTransitionTime": rfc3339(now),
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    }));
    object::set(crd, &["status", "conditions"], conditions);
}

/// What is wrong with a definition.
pub(crate) fn check_definition(crd: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let text = |path: &[&str]| object::text(crd, path).to_owned();
    for path in [&["spec", "group"][..], &["spec", "scope"], &["spec", "names", "plural"], &["spec", "names", "kind"]] {
        if text(path).is_empty() {
            causes.push(Cause::required(path.join("."), ""));
        }
    }
    let expected = format!("{}.{}", text(&["spec", "names", "plural"]), text(&["spec", "group"]));
    if object::name(crd) != expected {
        let why = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::invalid("metadata.name", &Value::from(object::name(crd)), why));
    }
    let scope = text(&["spec", "scope"]);
    if !scope.is_empty() && scope != "Namespaced" && scope != "Cluster" {
        let allowed = ["Cluster".to_owned(), "Namespaced".to_owned()];
        causes.push(Cause::unsupported("spec.scope", &Value::from(scope.as_str()), &allowed));
    }
    let versions = object::list(crd, &["spec", "versions"]);
    if versions.is_empty() {
        causes.push(Cause::required("spec.versions", ""));
    }
    let storage = versions.iter().filter(|v| v.get("storage").and_then(Value::as_bool) == Some(true)).count();
    if !versions.is_empty() && storage != 1 {
        let why = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid("spec.versions", &Value::Array(versions.to_vec()), why));
    }
    for (index, version) in versions.iter().enumerate() {
        let field = format!("spec.versions[{index}]");
        if object::text(version, &["name"]).is_empty() {
            causes.push(Cause::required(format!("{field}.name"), ""));
        }
        let schema = format!("{field}.schema.openAPIV3Schema");
        match object::at(version, &["schema", "openAPIV3Schema"]) {
            None | Some(Value::Null) => causes.push(Cause::required(schema, "schemas are required")),
            Some(root) => {
                let kind = object::text(root, &["type"]);
                let preserve = root.get("x-kubernetes-preserve-unknown-fields").and_then(Value::as_bool) == Some(true);
                if kind.is_empty() && !preserve {
                    causes.push(Cause::required(format!("{schema}.type"), "must not be empty at the root"));
                } else if kind != "object" && !kind.is_empty() {
                    let why = "must be object at the root";
                    causes.push(Cause::invalid(format!("{schema}.type"), &Value::from(kind), why));
                }
            }
        }
    }
    if let Some(old) = old {
        for path in
            [&["spec", "group"][..], &["spec", "scope"], &["spec", "names", "plural"], &["spec", "names", "kind"]]
        {
            if object::text(old, path) != object::text(crd, path) {
                causes.push(Cause::invalid(
                    path.join("."),
                    &Value::from(object::text(crd, path)),
                    "field is immutable",
                ));
            }
        }
    }
    causes
}
