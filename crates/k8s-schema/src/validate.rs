//! Whether a manifest fits its kind, told before an apiserver is asked.

use crate::nearest;
use crate::quantity::{is_quantity, meant};
use crate::release::Release;
use crate::resource::{resource_in, resources_in, versions_in};
use crate::types::{Field, ListType, Shape, Type};
use serde_json::Value;
use std::fmt::Write as _;

/// Deeper values are not looked at. Kubernetes' own decoder stops at 10,000; nothing real is deeper than a few dozen.
pub const MAX_DEPTH: usize = 128;

/// What is wrong at one place of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, for example `spec.template.spec.containers[0].imagePullPolicy`.
    pub path: String,
    /// What sort of problem.
    pub kind: ProblemKind,
    /// For a person, one sentence without a full stop.
    pub message: String,
    /// What may have been meant, where that can be guessed.
    pub suggestion: Option<String>,
}

/// The sorts of problems, for those who treat them differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The group is Kubernetes' own and has no such kind, or not in this version.
    UnknownKind,
    /// The type has no such field.
    UnknownField,
    /// The value has another type than the field.
    WrongType,
    /// A required field is missing.
    Missing,
    /// The value is none of those allowed.
    NotAllowed,
    /// Two elements of a keyed list have the same key.
    Duplicate,
}

/// Everything that does not fit, in the order of the manifest's fields. Empty for a fitting manifest, and for a kind
/// that is not Kubernetes' own (nothing is known about it here). `null` counts as absent, as an apiserver reads it.
/// Required fields below `status` are not asked for.
pub fn validate(object: &Value) -> Vec<Problem> {
    validate_in(Release::FULL, object)
}

/// As [`validate`], by the schemas of a version of Kubernetes.
pub fn validate_in(release: Release, object: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
        for name in ["apiVersion", "kind"] {
            if text(name).is_none() {
                problems.push(Problem {
                    path: name.to_owned(),
                    kind: ProblemKind::Missing,
                    message: format!("a manifest needs {name}"),
                    suggestion: None,
                });
            }
        }
        return problems;
    };
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    match resource_in(release, group, version, kind).and_then(|resource| resource.schema_in(release)) {
        Some(schema) => Walk { problems: &mut problems, path: String::new() }.object(object, schema, 0),
        None => problems.extend(unknown_kind(release, group, version, kind)),
    }
    problems
}

/// Groups that existed once and that old manifests still name.
const FORMER_GROUPS: [&str; 1] = ["extensions"];

fn unknown_kind(release: Release, group: &str, version: &str, kind: &str) -> Option<Problem> {
    let known_group = resources_in(release).any(|resource| resource.group == group) || FORMER_GROUPS.contains(&group);
    // `List` and such are no resources and fit anything.
    if !known_group || kind.ends_with("List") {
        return None;
    }
    let shown = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let other_version = versions_in(release, group, kind).next().map(|version| (group, version));
    let other_group = || {
        resources_in(release)
            .filter(|resource| resource.kind == kind && resource.served_by_default())
            .min_by_key(|resource| resource.group.is_empty())
            .map(|resource| (resource.group, resource.version))
    };
    let (path, suggestion) = match other_version.or_else(other_group) {
        Some(("", version)) => ("apiVersion", Some(version.to_owned())),
        Some((group, version)) => ("apiVersion", Some(format!("{group}/{version}"))),
        None => {
            let kinds: Vec<_> = resources_in(release)
                .filter(|resource| resource.group == group)
                .map(|resource| resource.kind)
                .collect();
            ("kind", nearest(kind, kinds).map(str::to_owned))
        }
    };
    Some(Problem {
        path: path.to_owned(),
        kind: ProblemKind::UnknownKind,
        message: format!("Kubernetes {} has no {kind} in {shown}", release.version()),
        suggestion,
    })
}

/// A walk over a manifest beside its schema. The path is one text that grows and shrinks, because it is only read where
/// something does not fit.
pub(crate) struct Walk<'a> {
    pub(crate) problems: &'a mut Vec<Problem>,
    pub(crate) path: String,
}

pub(crate) fn child(path: &str, name: &str) -> String {
    let mut path = path.to_owned();
    step(&mut path, name);
    path
}

/// Lengthens a path by a field.
fn step(path: &mut String, name: &str) {
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if !plain {
        // Writing to a string cannot fail.
        let _ = write!(path, "[{name:?}]");
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

impl Walk<'_> {
    /// Does something one step further down.
    fn at(&mut self, lengthen: impl FnOnce(&mut String), then: impl FnOnce(&mut Self)) {
        let mark = self.path.len();
        lengthen(&mut self.path);
        then(self);
        self.path.truncate(mark);
    }

    fn at_field(&mut self, name: &str, then: impl FnOnce(&mut Self)) {
        self.at(|path| step(path, name), then);
    }

    fn at_index(&mut self, index: usize, then: impl FnOnce(&mut Self)) {
        self.at(|path| _ = write!(path, "[{index}]"), then);
    }

    fn push(&mut self, kind: ProblemKind, message: String, suggestion: Option<String>) {
        self.problems.push(Problem { path: self.path.clone(), kind, message, suggestion });
    }

    pub(crate) fn object(&mut self, value: &Value, schema: Type, depth: usize) {
        let Some(fields) = value.as_object() else {
            return self.wrong_type(value, "an object", None);
        };
        if depth > MAX_DEPTH {
            return;
        }
        for (name, value) in fields {
            self.at_field(name, |walk| match schema.field(name) {
                Some(field) => walk.field(value, field, depth + 1),
                None => {
                    let suggestion = nearest(name, schema.fields().map(|field| field.name)).map(str::to_owned);
                    let message = format!("{} has no field {name:?}", schema.name());
                    walk.push(ProblemKind::UnknownField, message, suggestion);
                }
            });
        }
        for name in schema.required() {
            if fields.get(name).is_none_or(Value::is_null) {
                let message = format!("{} needs {name}", schema.name());
                self.at_field(name, |walk| walk.push(ProblemKind::Missing, message, None));
            }
        }
    }

    fn field(&mut self, value: &Value, field: Field, depth: usize) {
        if let Some(text) = value.as_str() {
            self.allowed(text, field);
        }
        if let Some(list) = value.as_array() {
            if field.allowed().next().is_some() {
                for (index, text) in list.iter().enumerate() {
                    if let Some(text) = text.as_str() {
                        self.at_index(index, |walk| walk.allowed(text, field));
                    }
                }
            }
            if REFUSES_DUPLICATES.contains(&field.name)
                && let ListType::Map(keys) = field.list_type()
            {
                self.duplicates(list, &keys);
            }
        }
        self.shape(value, field.shape(), depth);
    }

    fn allowed(&mut self, text: &str, field: Field) {
        let mut allowed = field.allowed();
        if text.is_empty() || allowed.clone().next().is_none() || allowed.clone().any(|one| one == text) {
            return;
        }
        let suggestion = nearest(text, allowed.clone()).map(str::to_owned);
        let first = allowed.next().unwrap_or_default().to_owned();
        let values = allowed.fold(first, |all, one| all + ", " + one);
        self.push(ProblemKind::NotAllowed, format!("{text:?} is none of {values}"), suggestion);
    }

    fn duplicates(&mut self, list: &[Value], keys: &[&str]) {
        let mut seen: Vec<Vec<Option<&Value>>> = Vec::new();
        for (index, element) in list.iter().enumerate() {
            let key: Vec<_> = keys.iter().map(|key| element.get(*key)).collect();
            if key.iter().all(Option::is_none) {
                continue;
            }
            if seen.contains(&key) {
                let shown: Vec<_> = keys
                    .iter()
                    .zip(&key)
                    .filter_map(|(name, value)| value.map(|value| format!("{name} {value}")))
                    .collect();
                let message = format!("an element with {} is there already", shown.join(", "));
                self.at_index(index, |walk| walk.push(ProblemKind::Duplicate, message, None));
            }
            seen.push(key);
        }
    }

    fn shape(&mut self, value: &Value, shape: Shape, depth: usize) {
        if value.is_null() || depth > MAX_DEPTH {
            return;
        }
        let (fits, wanted, help) = match shape {
            Shape::Object(schema) => return self.object(value, schema, depth),
            Shape::List(element) => {
                let Some(list) = value.as_array() else {
                    return self.wrong_type(value, "a list", None);
                };
                for (index, value) in list.iter().enumerate() {
                    self.at_index(index, |walk| walk.shape(value, element.shape(), depth + 1));
                }
                return;
            }
            Shape::Map(element) => {
                let Some(map) = value.as_object() else {
                    return self.wrong_type(value, "an object", None);
                };
                for (name, value) in map {
                    self.at_field(name, |walk| walk.shape(value, element.shape(), depth + 1));
                }
                return;
            }
            // what a Secret holds is not shown
            Shape::Bytes => {
                if !value.as_str().is_some_and(is_base64) {
                    let message = "must be text in base64; a Secret takes plain text in `stringData`".to_owned();
                    self.push(ProblemKind::WrongType, message, None);
                }
                return;
            }
            Shape::String | Shape::Time | Shape::MicroTime => {
                let scalar = value.is_number() || value.is_boolean();
                (value.is_string(), "a string", scalar.then(|| format!("\"{value}\"")))
            }
            Shape::Quantity => match value.as_str() {
                Some(text) => (is_quantity(text), "a quantity such as 500m or 1Gi", meant(text)),
                None => (value.is_number(), "a quantity such as 500m or 1Gi", None),
            },
            Shape::IntOrString => (value.is_string() || value.is_i64(), "an integer or a string", None),
            Shape::Int32 => (
                value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
                "a 32-bit integer",
                unquoted(value),
            ),
            Shape::Int64 => (value.is_i64(), "an integer", unquoted(value)),
            Shape::Number => (value.is_number(), "a number", unquoted(value)),
            Shape::Boolean => (value.is_boolean(), "true or false", unquoted(value)),
            Shape::FreeForm => (value.is_object(), "an object", None),
            Shape::Any => (true, "", None),
        };
        if !fits {
            self.wrong_type(value, wanted, help);
        }
    }

    pub(crate) fn wrong_type(&mut self, value: &Value, wanted: &str, suggestion: Option<String>) {
        let shown = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::String(text) if text.chars().count() <= 40 => format!("the string {text:?}"),
            Value::String(_) => "a string".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        };
        self.push(ProblemKind::WrongType, format!("must be {wanted}, not {shown}"), suggestion);
    }
}

/// Keyed lists whose duplicates an apiserver refuses when an object is created; of others (`env`, `ports`) it takes them.
const REFUSES_DUPLICATES: [&str; 5] =
    ["containers", "initContainers", "ephemeralContainers", "volumes", "volumeMounts"];

/// Standard base64 with its padding; line ends do not count, as in Go's decoder.
fn is_base64(text: &str) -> bool {
    let bytes = || text.bytes().filter(|b| !matches!(b, b'\r' | b'\n'));
    let padding = bytes().filter(|b| *b == b'=').count();
    let data = bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
    padding <= 2 && data + padding == bytes().count() && (data + padding) % 4 == 0
}

/// A string that would fit without its quotes.
fn unquoted(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let inner: Value = serde_json::from_str(text).ok()?;
    (inner.is_number() || inner.is_boolean()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(object: &Value) -> String {
        validate(object)
            .into_iter()
            .map(|problem| {
                let help = problem.suggestion.map(|text| format!(" (did you mean {text}?)")).unwrap_or_default();
                format!("{}: {}{help}\n", problem.path, problem.message)
            })
            .collect()
    }

    #[test]
    fn a_fitting_manifest_has_no_problem() {
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "labels": {"app": "web"}, "creationTimestamp": null},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{
                        "name": "web", "image": "nginx",
                        "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
                        "ports": [{"containerPort": 80}],
                        "livenessProbe": {"httpGet": {"port": "http", "path": "/"}},
                    }]},
                },
            },
        });
        assert_eq!(shown(&deployment), "");
        assert_eq!(shown(&json!({"apiVersion": "example.org/v1", "kind": "Thing", "spec": 1})), "");
        assert_eq!(shown(&json!({"apiVersion": "v1", "kind": "List", "items": []})), "");
    }

    #[test]
    fn quantities_and_base64() {
        let pod = |cpu: &str| {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [
                {"name": "a", "resources": {"limits": {"cpu": cpu}}}]}})
        };
        assert_eq!(shown(&pod("0.5")), "");
        insta::assert_snapshot!([shown(&pod("zero")), shown(&pod("512mb"))].concat(), @r#"
        spec.containers[0].resources.limits.cpu: must be a quantity such as 500m or 1Gi, not the string "zero"
        spec.containers[0].resources.limits.cpu: must be a quantity such as 500m or 1Gi, not the string "512mb" (did you mean "512M"?)
        "#);
        let secret =
            |data: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"k": data}});
        assert_eq!(shown(&secret("aHVudGVy\nMg==")), "");
        assert_eq!(shown(&secret("")), "");
        insta::assert_snapshot!([shown(&secret("hunter2")), shown(&secret("a=bc"))].concat(), @"
        data.k: must be text in base64; a Secret takes plain text in `stringData`
        data.k: must be text in base64; a Secret takes plain text in `stringData`
        ");
    }

    #[test]
    fn each_problem_names_its_place() {
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "labels": {"app": 1, "example.org/b": true}},
            "spec": {
                "replica": 2,
                "paused": "true",
                "minReadySeconds": 3_000_000_000_u64,
                "template": {"spec": {
                    "containers": [
                        {"name": "web", "image": "nginx", "imagePullpolicy": "Always"},
                        {"name": "web", "env": {"A": "b"}},
                        "web",
                    ],
                    "hostNetwork": [],
                }},
            },
        });
        insta::assert_snapshot!(shown(&deployment));
    }

    #[test]
    fn a_value_that_is_none_of_those_allowed() {
        let service = json!({"apiVersion": "v1", "kind": "Service", "spec": {
            "type": "NodePorts", "externalTrafficPolicy": "Everywhere", "sessionAffinity": "",
            "ports": [{"port": 80, "protocol": "TCP"}],
        }});
        assert_eq!(
            shown(&service),
            "spec.externalTrafficPolicy: \"Everywhere\" is none of Cluster, Local\n\
             spec.type: \"NodePorts\" is none of ClusterIP, ExternalName, LoadBalancer, NodePort (did you mean NodePort?)\n"
        );
    }

    #[test]
    fn kinds_that_moved_or_are_misspelt() {
        let mut all = String::new();
        for (api_version, kind) in [
            ("extensions/v1beta1", "Ingress"),
            ("apps/v1beta2", "Deployment"),
            ("v1", "Deployment"),
            ("apps/v1", "Deploymnet"),
            ("apps/v1", "Service"),
            ("batch/v1beta1", "CronJob"),
        ] {
            all += &shown(&json!({"apiVersion": api_version, "kind": kind}));
        }
        all += &shown(&json!({"kind": 3}));
        insta::assert_snapshot!(all);
    }

    #[test]
    fn bounded_on_deep_input() {
        let mut schema = json!({"type": "object"});
        for _ in 0..2 * MAX_DEPTH {
            schema = json!({"properties": {"a": schema}});
        }
        let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {
            "group": "example.org", "scope": "Namespaced", "names": {"kind": "Deep", "plural": "deeps"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        }});
        assert_eq!(shown(&crd), "");
    }
}
