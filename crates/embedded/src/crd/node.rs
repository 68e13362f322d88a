//! The structural schema of a custom resource: read from `openAPIV3Schema`, used to prune, default, check and merge.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;

use crate::object;
use crate::schema::{Listing, Schema};

/// Deeper schemas are cut: what lies below is accepted as it is.
const DEPTH: usize = 64;

/// The JSON type that a node asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    IntOrString,
    Any,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Object => "object",
            Kind::Array => "array",
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::IntOrString => "integer,string",
            Kind::Any => "any",
        }
    }
}

/// One node of a structural schema.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) properties: BTreeMap<String, Arc<Node>>,
    pub(crate) additional: Option<Arc<Node>>,
    pub(crate) items: Option<Arc<Node>>,
    /// Fields that the schema does not name are kept.
    pub(crate) preserve: bool,
    /// A whole Kubernetes object: `apiVersion`, `kind` and `metadata` are kept.
    pub(crate) embedded: bool,
    pub(crate) nullable: bool,
    pub(crate) default: Option<Value>,
    pub(crate) required: Vec<String>,
    pub(crate) listing: Listing,
    pub(crate) map_atomic: bool,
    pub(crate) checks: Checks,
    /// The root of an object: `metadata` has Kubernetes' own schema.
    pub(crate) root: bool,
    metadata: std::sync::OnceLock<Schema>,
}

/// What a value must satisfy besides its type. Also the form of the schemas inside of `allOf`, `anyOf`, `oneOf`, `not`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checks {
    pub(crate) allowed: Vec<Value>,
    pub(crate) pattern: Option<(String, Option<Regex>)>,
    pub(crate) minimum: Option<(f64, bool)>,
    pub(crate) maximum: Option<(f64, bool)>,
    pub(crate) multiple_of: Option<f64>,
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) min_items: Option<usize>,
    pub(crate) max_items: Option<usize>,
    pub(crate) min_properties: Option<usize>,
    pub(crate) max_properties: Option<usize>,
    pub(crate) unique: bool,
    pub(crate) format: String,
    pub(crate) all_of: Vec<Arc<Node>>,
    pub(crate) any_of: Vec<Arc<Node>>,
    pub(crate) one_of: Vec<Arc<Node>>,
    pub(crate) not: Option<Arc<Node>>,
}

impl Node {
    /// A node that accepts and keeps everything.
    pub(crate) fn anything() -> Node {
        Node {
            kind: Kind::Any,
            properties: BTreeMap::new(),
            additional: None,
            items: None,
            preserve: true,
            embedded: false,
            nullable: true,
            default: None,
            required: Vec::new(),
            listing: Listing::Atomic,
            map_atomic: false,
            checks: Checks::default(),
            root: false,
            metadata: Default::default(),
        }
    }

    /// Reads the root schema of a version.
    pub(crate) fn read_root(schema: &Value) -> Node {
        let mut node = Node::read(schema, 0);
        node.root = true;
        node
    }

    fn read(schema: &Value, depth: usize) -> Node {
        if depth > DEPTH {
            return Node::anything();
        }
        let flag = |key: &str| schema.get(key).and_then(Value::as_bool).unwrap_or(false);
        let size = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let read_list =
            |key: &str| object::list(schema, &[key]).iter().map(|s| Arc::new(Node::read(s, depth + 1))).collect();
        let kind = if flag("x-kubernetes-int-or-string") || object::text(schema, &["format"]) == "int-or-string" {
            Kind::IntOrString
        } else {
            match object::text(schema, &["type"]) {
                "object" => Kind::Object,
                "array" => Kind::Array,
                "string" => Kind::String,
                "integer" => Kind::Integer,
                "number" => Kind::Number,
                "boolean" => Kind::Boolean,
                _ => Kind::Any,
            }
        };
        let properties = schema
            .get("properties")
            .and_then(Value::as_object)
            .map(|map| map.iter().map(|(k, v)| (k.clone(), Arc::new(Node::read(v, depth + 1)))).collect())
            .unwrap_or_default();
        let (additional, mut preserve) = match schema.get("additionalProperties") {
            Some(Value::Bool(true)) => (Some(Arc::new(Node::anything())), false),
            Some(Value::Object(_)) => {
                let inner = schema.get("additionalProperties").unwrap_or(&Value::Null);
                (Some(Arc::new(Node::read(inner, depth + 1))), false)
            }
            _ => (None, false),
        };
        preserve |= flag("x-kubernetes-preserve-unknown-fields");
        let listing = match object::text(schema, &["x-kubernetes-list-type"]) {
            "set" => Listing::Set,
            "map" => Listing::Map(
                object::list(schema, &["x-kubernetes-list-map-keys"])
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            ),
            _ => Listing::Atomic,
        };
        let bound =
            |key: &str, exclusive: &str| schema.get(key).and_then(Value::as_f64).map(|limit| (limit, flag(exclusive)));
        let pattern = schema.get("pattern").and_then(Value::as_str);
        Node {
            kind,
            properties,
            additional,
            items: schema.get("items").map(|items| Arc::new(Node::read(items, depth + 1))),
            preserve,
            embedded: flag("x-kubernetes-embedded-resource"),
            nullable: flag("nullable"),
            default: schema.get("default").cloned(),
            required: object::list(schema, &["required"]).iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            listing,
            map_atomic: object::text(schema, &["x-kubernetes-map-type"]) == "atomic",
            checks: Checks {
                allowed: object::list(schema, &["enum"]).to_vec(),
                pattern: pattern.map(|text| (text.to_owned(), Regex::new(text).ok())),
                minimum: bound("minimum", "exclusiveMinimum"),
                maximum: bound("maximum", "exclusiveMaximum"),
                multiple_of: schema.get("multipleOf").and_then(Value::as_f64),
                min_length: size("minLength"),
                max_length: size("maxLength"),
                min_items: size("minItems"),
                max_items: size("maxItems"),
                min_properties: size("minProperties"),
                max_properties: size("maxProperties"),
                unique: flag("uniqueItems"),
                format: object::text(schema, &["format"]).to_owned(),
                all_of: read_list("allOf"),
                any_of: read_list("anyOf"),
                one_of: read_list("oneOf"),
                not: schema.get("not").map(|s| Arc::new(Node::read(s, depth + 1))),
            },
            root: false,
            metadata: Default::default(),
        }
    }

    /// Whether this node holds a whole Kubernetes object.
    pub(crate) fn is_object_root(&self) -> bool {
        self.root || self.embedded
    }

    pub(crate) fn is_field(&self, key: &str) -> bool {
        self.properties.contains_key(key)
            || (self.is_object_root() && ["apiVersion", "kind", "metadata"].contains(&key))
    }

    pub(crate) fn child(&self, key: &str) -> Option<Schema> {
        if self.is_object_root() && key == "metadata" {
            return Some(self.metadata.get_or_init(Schema::metadata).clone());
        }
        if let Some(node) = self.properties.get(key) {
            return Some(Schema::Custom(Arc::clone(node)));
        }
        if let Some(node) = &self.additional {
            return Some(Schema::Custom(Arc::clone(node)));
        }
        let open = self.preserve || self.kind == Kind::Any || (self.is_object_root() && self.is_field(key));
        open.then_some(Schema::Any)
    }
}
