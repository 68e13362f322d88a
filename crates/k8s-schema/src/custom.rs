//! Custom resources by the schemas of their CustomResourceDefinitions (`openAPIV3Schema`, the structural subset that
//! apiextensions.k8s.io/v1 allows). What only an apiserver can judge (CEL rules, patterns, formats) is left to it.

use crate::types::Type;
use crate::validate::{MAX_DEPTH, Problem, ProblemKind, Walk, child};
use crate::{nearest, release::Release};
use serde_json::{Map, Value};

/// Kinds that CustomResourceDefinitions describe.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomTypes(Vec<Custom>);

#[derive(Debug, Clone, PartialEq)]
struct Custom {
    group: String,
    kind: String,
    /// Version and schema; none when the version has no schema.
    versions: Vec<(String, Option<Value>)>,
}

fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    path.iter().try_fold(value, |v, name| v.get(name)).and_then(Value::as_str).unwrap_or_default()
}

impl CustomTypes {
    /// Takes in a CustomResourceDefinition (v1, or v1beta1 with one schema for all versions), or a list of them as a server
    /// gives it; says whether it was one.
    pub fn add(&mut self, object: &Value) -> bool {
        if text(object, &["kind"]) == "CustomResourceDefinitionList" {
            let items = object.get("items").and_then(Value::as_array);
            items.into_iter().flatten().for_each(|item| self.add_one(item));
            return true;
        }
        let is_one = text(object, &["kind"]) == "CustomResourceDefinition"
            && ["group", "names"].iter().all(|name| object.get("spec").is_some_and(|spec| spec.get(name).is_some()));
        if is_one {
            self.add_one(object);
        }
        is_one
    }

    /// What a server lists does not say what it is.
    fn add_one(&mut self, object: &Value) {
        let (group, kind) = (text(object, &["spec", "group"]), text(object, &["spec", "names", "kind"]));
        if group.is_empty() || kind.is_empty() {
            return;
        }
        let schema_of = |holder: &Value, name: &str| holder.get(name).and_then(|s| s.get("openAPIV3Schema")).cloned();
        let shared = object.get("spec").and_then(|spec| schema_of(spec, "validation"));
        let listed = object.get("spec").and_then(|spec| spec.get("versions")).and_then(Value::as_array);
        let mut versions: Vec<(String, Option<Value>)> = listed
            .into_iter()
            .flatten()
            .map(|v| (text(v, &["name"]).to_owned(), schema_of(v, "schema").or_else(|| shared.clone())))
            .collect();
        let single = text(object, &["spec", "version"]);
        if versions.is_empty() && !single.is_empty() {
            versions.push((single.to_owned(), shared));
        }
        self.0.push(Custom { group: group.to_owned(), kind: kind.to_owned(), versions });
    }

    /// Takes in what others know; of what both describe, theirs counts.
    pub fn extend(&mut self, others: &CustomTypes) {
        self.0.extend(others.0.iter().cloned());
    }

    /// How many kinds are described.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a definition that was taken in is about this kind, in whichever version.
    pub fn describes(&self, api_version: &str, kind: &str) -> bool {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        self.0.iter().any(|c| c.group == group && c.kind == kind)
    }

    /// Whether nothing was taken in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What does not fit; `None` when no definition that was taken in is about the object's kind.
    pub fn validate(&self, object: &Value) -> Option<Vec<Problem>> {
        let api_version = text(object, &["apiVersion"]);
        let (group, version) = api_version.split_once('/')?;
        let kind = text(object, &["kind"]);
        let custom = self.0.iter().rev().find(|c| c.group == group && c.kind == kind)?;
        let mut problems = Vec::new();
        let Some((_, schema)) = custom.versions.iter().find(|(name, _)| name == version) else {
            let names: Vec<&str> = custom.versions.iter().map(|(name, _)| name.as_str()).collect();
            problems.push(Problem {
                path: "apiVersion".to_owned(),
                kind: ProblemKind::UnknownKind,
                message: format!("the CustomResourceDefinition of {kind} in {group} has no version {version}"),
                suggestion: nearest(version, names.clone())
                    .or(names.first().copied())
                    .map(|name| format!("{group}/{name}")),
            });
            return Some(problems);
        };
        let (Some(schema), Some(fields)) = (schema, object.as_object()) else { return Some(problems) };
        let mut walk = Structural { problems: &mut problems };
        for (name, value) in fields {
            match name.as_str() {
                "apiVersion" | "kind" => {}
                "metadata" => {
                    if let Some(meta) = Type::in_release("meta.v1.ObjectMeta", Release::FULL) {
                        Walk { problems: walk.problems, path: name.clone() }.object(value, meta, 0);
                    }
                }
                _ => walk.property(name, value, schema, kind, String::new(), 0),
            }
        }
        walk.required(fields, schema, "", kind);
        Some(problems)
    }
}

struct Structural<'a> {
    problems: &'a mut Vec<Problem>,
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool) == Some(true)
}

impl Structural<'_> {
    fn push(&mut self, path: String, kind: ProblemKind, message: String, suggestion: Option<String>) {
        self.problems.push(Problem { path, kind, message, suggestion });
    }

    fn property(&mut self, name: &str, value: &Value, schema: &Value, of: &str, path: String, depth: usize) {
        let at = child(&path, name);
        let properties = schema.get("properties").and_then(Value::as_object);
        if let Some(found) = properties.and_then(|p| p.get(name)) {
            return self.value(value, found, of, at, depth + 1);
        }
        match schema.get("additionalProperties") {
            Some(Value::Bool(true)) => {}
            Some(inner @ Value::Object(_)) => self.value(value, inner, of, at, depth + 1),
            _ if flag(schema, "x-kubernetes-preserve-unknown-fields") => {}
            // A schema without properties says nothing about them.
            _ if properties.is_none() => {}
            _ => {
                let names = properties.into_iter().flatten().map(|(name, _)| name.as_str());
                let suggestion = nearest(name, names).map(str::to_owned);
                self.push(at, ProblemKind::UnknownField, format!("{of} has no field {name:?} here"), suggestion);
            }
        }
    }

    fn required(&mut self, fields: &Map<String, Value>, schema: &Value, path: &str, of: &str) {
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            let meta = path.is_empty() && matches!(name, "apiVersion" | "kind" | "metadata" | "status");
            if !meta && fields.get(name).is_none_or(Value::is_null) {
                self.push(child(path, name), ProblemKind::Missing, format!("{of} needs {name} here"), None);
            }
        }
    }

    fn value(&mut self, value: &Value, schema: &Value, of: &str, path: String, depth: usize) {
        if depth > MAX_DEPTH || value.is_null() {
            return;
        }
        if flag(schema, "x-kubernetes-int-or-string") {
            if !value.is_string() && !value.is_i64() {
                self.wrong(value, "an integer or a string", path);
            }
            return;
        }
        let (fits, wanted) = match schema.get("type").and_then(Value::as_str) {
            Some("object") => (value.is_object(), "an object"),
            Some("array") => (value.is_array(), "a list"),
            Some("string") => (value.is_string(), "a string"),
            Some("integer") => (value.as_f64().is_some_and(|n| n.fract() == 0.0), "an integer"),
            Some("number") => (value.is_number(), "a number"),
            Some("boolean") => (value.is_boolean(), "true or false"),
            _ => (true, ""),
        };
        if !fits {
            return self.wrong(value, wanted, path);
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            let texts = allowed.iter().filter_map(Value::as_str);
            let near = value.as_str().and_then(|text| nearest(text, texts)).map(str::to_owned);
            let all: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            let message = format!("{value} is none of {}", all.join(", "));
            self.push(path.clone(), ProblemKind::NotAllowed, message, near);
        }
        for (limit, low) in [("minimum", true), ("maximum", false)] {
            if let (Some(limit), Some(number)) = (schema.get(limit).and_then(Value::as_f64), value.as_f64())
                && (if low { number < limit } else { number > limit })
            {
                let word = if low { "less" } else { "more" };
                let message = format!("{number} is {word} than {limit}");
                self.push(path.clone(), ProblemKind::NotAllowed, message, None);
            }
        }
        if let (Some(items), Some(inner)) = (value.as_array(), schema.get("items")) {
            for (index, item) in items.iter().enumerate() {
                self.value(item, inner, of, format!("{path}[{index}]"), depth + 1);
            }
        }
        if let Some(fields) = value.as_object() {
            // An embedded object has metadata of its own.
            let embedded = flag(schema, "x-kubernetes-embedded-resource");
            for (name, value) in fields {
                if !(embedded && matches!(name.as_str(), "apiVersion" | "kind" | "metadata")) {
                    self.property(name, value, schema, of, path.clone(), depth + 1);
                }
            }
            self.required(fields, schema, &path, of);
        }
    }

    fn wrong(&mut self, value: &Value, wanted: &str, path: String) {
        Walk { problems: self.problems, path }.wrong_type(value, wanted, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn types() -> CustomTypes {
        let schema = json!({"type": "object", "required": ["spec"], "properties": {
            "spec": {"type": "object", "required": ["queue"], "properties": {
                "queue": {"type": "string"},
                "size": {"type": "integer", "minimum": 1, "maximum": 9},
                "mode": {"type": "string", "enum": ["fast", "safe"]},
                "port": {"x-kubernetes-int-or-string": true},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                "items": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
            }},
            "status": {"type": "object"},
        }});
        let mut types = CustomTypes::default();
        assert!(types.add(&json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "spec": {"group": "example.com", "names": {"kind": "Worker"}, "versions": [
                {"name": "v1", "schema": {"openAPIV3Schema": schema}}]}})));
        assert!(!types.add(&json!({"kind": "Deployment"})));
        types
    }

    #[test]
    fn a_list_as_a_server_gives_it_is_taken_in() {
        let mut types = CustomTypes::default();
        let spec = json!({"group": "example.com", "names": {"kind": "Queue"}, "versions": [{"name": "v1"}]});
        assert!(types.add(&json!({"kind": "CustomResourceDefinitionList", "items": [{"spec": spec}, {"spec": {}}]})));
        assert_eq!((types.len(), types.is_empty()), (1, false));
        assert!(types.describes("example.com/v2", "Queue") && !types.describes("v1", "Queue"));
        let mut more = self::types();
        more.extend(&types);
        assert!(more.describes("example.com/v1", "Queue") && more.describes("example.com/v1", "Worker"));
    }

    fn shown(object: &Value) -> String {
        let Some(problems) = types().validate(object) else { return "not known".to_owned() };
        problems
            .into_iter()
            .map(|p| {
                let help = p.suggestion.map(|text| format!(" (did you mean {text}?)")).unwrap_or_default();
                format!("{}: {}{help}\n", p.path, p.message)
            })
            .collect()
    }

    #[test]
    fn a_custom_object_is_held_to_its_definition() {
        let worker = |spec: Value| json!({"apiVersion": "example.com/v1", "kind": "Worker", "metadata": {"name": "a"}, "spec": spec});
        assert_eq!(shown(&worker(json!({"queue": "q", "port": "http", "free": {"x": 1}, "labels": {"a": "b"}}))), "");
        assert_eq!(shown(&json!({"apiVersion": "other.com/v1", "kind": "Worker"})), "not known");
        insta::assert_snapshot!(
            [
                shown(&worker(json!({"items": [{"nam": "x"}, 3], "labels": {"a": 1}, "mode": "saef", "port": true, "queu": 1, "size": 12}))),
                shown(&json!({"apiVersion": "example.com/v2", "kind": "Worker"})),
                shown(&json!({"apiVersion": "example.com/v1", "kind": "Worker", "metadata": {"nam": "x"}})),
            ]
            .join("---\n"),
            @r#"
        spec.items[0].nam: Worker has no field "nam" here (did you mean name?)
        spec.items[1]: must be an object, not 3
        spec.labels.a: must be a string, not 1
        spec.mode: "saef" is none of "fast", "safe" (did you mean safe?)
        spec.port: must be an integer or a string, not true
        spec.queu: Worker has no field "queu" here (did you mean queue?)
        spec.size: 12 is more than 9
        spec.queue: Worker needs queue here
        ---
        apiVersion: the CustomResourceDefinition of Worker in example.com has no version v2 (did you mean example.com/v1?)
        ---
        metadata.nam: meta.v1.ObjectMeta has no field "nam" (did you mean name?)
        spec: Worker needs spec here
        "#
        );
    }
}
