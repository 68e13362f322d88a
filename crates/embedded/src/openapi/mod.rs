//! OpenAPI v3, one document a group version: what kubectl validates, merges and explains with.
//!
//! Shapes and merge keys only; for what a field means, Kubernetes' own documentation is the place. Version 2 of OpenAPI
//! is one large document that kubectl falls back to; here it names no definitions.

use std::collections::{BTreeMap, BTreeSet};

use http::Response;
use k8s_schema::{Element, Field, ListType, Shape, Type};
use serde_json::{Map, Value, json};

use crate::catalog::{Resource, Version};
use crate::crd::CustomVersion;
use crate::discovery::MINOR;
use crate::object;
use crate::rest::{Body, Call, respond};

const REF: &str = "#/components/schemas/";

/// Answers `/openapi/v3` and the documents below it.
pub(crate) fn v3(call: &Call<'_>, rest: &[&str]) -> Response<Body> {
    let table = call.store().catalog().snapshot();
    match rest {
        [] => {
            let mut paths = Map::new();
            for resource in table.values() {
                for version in &resource.versions {
                    let key = document(&resource.group, &version.name);
                    // The hash lets a client keep a document; it changes with whatever may change it.
                    let url = format!("/openapi/v3/{key}?hash={}", call.store().resource_version());
                    paths.insert(key, json!({ "serverRelativeURL": url }));
                }
            }
            respond::value(200, &json!({ "paths": paths }))
        }
        ["api", version] => version_document(&table.values().cloned().collect::<Vec<_>>(), "", version),
        ["apis", group, version] => version_document(&table.values().cloned().collect::<Vec<_>>(), group, version),
        _ => respond::not_a_page(),
    }
}

/// Answers `/openapi/v2`.
pub(crate) fn v2(call: &Call<'_>) -> Response<Body> {
    if call.accept.text.contains("protobuf") && !call.accept.text.contains("json") {
        return respond::error(&crate::ApiError::new(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json",
        ));
    }
    let body = json!({"swagger": "2.0", "info": {"title": "Kubernetes", "version": format!("v1.{MINOR}.0")}, "paths": {}, "definitions": {}});
    respond::value(200, &body)
}

fn document(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

fn version_document(all: &[std::sync::Arc<Resource>], group: &str, version: &str) -> Response<Body> {
    let mut paths = Map::new();
    let mut schemas = Schemas::default();
    for resource in all.iter().filter(|r| r.group == group) {
        let Some(at) = resource.version(version) else { continue };
        let name = schemas.root(resource, at);
        add_paths(&mut paths, resource, at, &name);
    }
    if paths.is_empty() {
        return respond::not_a_page();
    }
    schemas.finish();
    let body = json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": format!("1.{MINOR}")},
        "paths": paths,
        "components": {"schemas": schemas.done},
    });
    respond::value(200, &body)
}

fn add_paths(paths: &mut Map<String, Value>, resource: &Resource, version: &Version, schema: &str) {
    let root = format!("/{}", document(&resource.group, &version.name));
    let collection = if resource.namespaced {
        format!("{root}/namespaces/{{namespace}}/{}", resource.plural)
    } else {
        format!("{root}/{}", resource.plural)
    };
    let gvk = json!({"group": resource.group, "version": version.name, "kind": resource.kind});
    let parameter =
        |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let operation = |action: &str, code: &str| {
        let mut operation = json!({
            "responses": {code: {
                "description": "OK", "content": {"application/json": {"schema": {"$ref": format!("{REF}{schema}")}}},
            }},
            "x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvk,
        });
        if ["post", "put", "patch"].contains(&action) {
            let parameters = json!([parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation")]);
            object::set(&mut operation, &["parameters"], parameters);
        }
        operation
    };
    if resource.virtual_ {
        paths.insert(collection, json!({"post": operation("post", "201")}));
        return;
    }
    paths.insert(
        format!("{collection}/{{name}}"),
        json!({
            "get": operation("get", "200"), "put": operation("put", "200"), "patch": operation("patch", "200"),
            "delete": operation("delete", "200"),
        }),
    );
    paths.insert(collection, json!({"get": operation("list", "200"), "post": operation("post", "201")}));
}

/// The schemas of a document: those written and those still to be written.
#[derive(Default)]
struct Schemas {
    done: BTreeMap<String, Value>,
    wanted: BTreeSet<&'static str>,
}

fn component(name: &str) -> String {
    match name.strip_prefix("meta.v1.") {
        Some(rest) => format!("io.k8s.apimachinery.pkg.apis.meta.v1.{rest}"),
        None => format!("io.k8s.api.{name}"),
    }
}

impl Schemas {
    /// Writes the schema of a kind; returns its name.
    fn root(&mut self, resource: &Resource, version: &Version) -> String {
        let gvk = json!([{"group": resource.group, "version": version.name, "kind": resource.kind}]);
        if let Some(custom) = &version.custom {
            let reversed: Vec<&str> = resource.group.rsplit('.').collect();
            let name = format!("{}.{}.{}", reversed.join("."), version.name, resource.kind);
            let schema = self.custom(custom, gvk);
            self.done.insert(name.clone(), schema);
            return name;
        }
        let Some(found) = k8s_schema::type_of(&resource.group, &version.name, &resource.kind) else {
            let name = format!("io.k8s.api.{}.{}", version.name, resource.kind);
            self.done.insert(name.clone(), json!({"type": "object", "x-kubernetes-group-version-kind": gvk}));
            return name;
        };
        let name = component(found.name());
        let mut schema = self.object(found);
        object::set(&mut schema, &["x-kubernetes-group-version-kind"], gvk);
        self.done.insert(name.clone(), schema);
        name
    }

    fn custom(&mut self, custom: &CustomVersion, gvk: Value) -> Value {
        let mut schema = (*custom.open_api).clone();
        if !schema.is_object() {
            schema = json!({ "type": "object" });
        }
        self.wanted.insert("meta.v1.ObjectMeta");
        let metadata = json!({"allOf": [{"$ref": format!("{REF}{}", component("meta.v1.ObjectMeta"))}]});
        object::set(&mut schema, &["properties", "metadata"], metadata);
        object::set(&mut schema, &["properties", "apiVersion"], json!({"type": "string"}));
        object::set(&mut schema, &["properties", "kind"], json!({"type": "string"}));
        object::set(&mut schema, &["x-kubernetes-group-version-kind"], gvk);
        schema
    }

    /// Writes what was referred to, and what that refers to.
    fn finish(&mut self) {
        while let Some(name) = self.wanted.pop_first() {
            let key = component(name);
            if self.done.contains_key(&key) {
                continue;
            }
            let schema = Type::named(name).map_or_else(|| json!({"type": "object"}), |found| self.object(found));
            self.done.insert(key, schema);
        }
    }

    fn object(&mut self, found: Type) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in found.fields() {
            properties.insert(field.name.to_owned(), self.field(field));
            if field.required {
                required.push(field.name);
            }
        }
        let mut schema = json!({"type": "object"});
        if !properties.is_empty() {
            object::set(&mut schema, &["properties"], properties);
        }
        if !required.is_empty() {
            object::set(&mut schema, &["required"], required);
        }
        if found.atomic() {
            object::set(&mut schema, &["x-kubernetes-map-type"], "atomic");
        }
        schema
    }

    fn field(&mut self, field: Field) -> Value {
        let mut schema = self.shape(field.shape());
        let allowed: Vec<&str> = field.allowed().collect();
        if !allowed.is_empty() {
            object::set(&mut schema, &["enum"], allowed);
        }
        match field.list_type() {
            ListType::Map(keys) => {
                object::set(&mut schema, &["x-kubernetes-list-type"], "map");
                object::set(&mut schema, &["x-kubernetes-list-map-keys"], keys);
            }
            ListType::Set => object::set(&mut schema, &["x-kubernetes-list-type"], "set"),
            ListType::Atomic if matches!(field.shape(), Shape::List(_)) => {
                object::set(&mut schema, &["x-kubernetes-list-type"], "atomic");
            }
            ListType::Atomic => {}
        }
        if let Some(key) = field.merge_key() {
            object::set(&mut schema, &["x-kubernetes-patch-merge-key"], key);
        }
        let strategies: Vec<&str> = field.patch_strategies().collect();
        if !strategies.is_empty() {
            object::set(&mut schema, &["x-kubernetes-patch-strategy"], strategies.join(","));
        }
        schema
    }

    fn element(&mut self, element: Element) -> Value {
        self.shape(element.shape())
    }

    fn shape(&mut self, shape: Shape) -> Value {
        match shape {
            Shape::String => json!({"type": "string"}),
            Shape::Bytes => json!({"type": "string", "format": "byte"}),
            Shape::Time | Shape::MicroTime => json!({"type": "string", "format": "date-time"}),
            Shape::Quantity => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            Shape::IntOrString => {
                json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
            }
            Shape::Int32 => json!({"type": "integer", "format": "int32"}),
            Shape::Int64 => json!({"type": "integer", "format": "int64"}),
            Shape::Number => json!({"type": "number", "format": "double"}),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::FreeForm => json!({"type": "object"}),
            Shape::Any => json!({}),
            Shape::Object(found) => {
                self.wanted.insert(found.name());
                json!({"allOf": [{"$ref": format!("{REF}{}", component(found.name()))}], "default": {}})
            }
            Shape::List(element) => json!({"type": "array", "items": self.element(element)}),
            Shape::Map(element) => json!({"type": "object", "additionalProperties": self.element(element)}),
        }
    }
}
