//! CustomResourceDefinitions: what one adds to the API.

mod definition;
mod node;
pub(crate) mod value;

use std::sync::Arc;

use serde_json::Value;
use smol_str::SmolStr;

pub(crate) use self::definition::{CLEANUP, check_definition, complete_definition, mark_terminating};
pub(crate) use self::node::Node;
use crate::catalog::{Resource, Scale, Version};
use crate::object;
use crate::registry::CRDS;
use crate::store::{Store, Stored};

/// A column of `kubectl get`.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) format: String,
    pub(crate) description: String,
    pub(crate) priority: i64,
    pub(crate) json_path: String,
}

/// What a CRD says about one version.
#[derive(Debug, Clone)]
pub(crate) struct CustomVersion {
    pub(crate) status: bool,
    pub(crate) scale: Option<Scale>,
    /// Fields that a field selector may name.
    pub(crate) selectable: Vec<String>,
    pub(crate) schema: Arc<Node>,
    /// The schema as the CRD states it, for OpenAPI.
    pub(crate) open_api: Arc<Value>,
    pub(crate) columns: Vec<Column>,
}

impl Store {
    /// After opening: serves what the stored CRDs define.
    pub(crate) fn load_custom_resources(&self) {
        let (crds, _) = self.engine().list(CRDS, None, None);
        for crd in &crds {
            self.serve_custom_resource(crd);
        }
    }

    pub(crate) fn serve_custom_resource(&self, crd: &Arc<Stored>) {
        if let Some(resource) = resource_of(&crd.value()) {
            self.catalog().put_custom(resource);
        }
    }

    pub(crate) fn forget_custom_resource(&self, crd: &Arc<Stored>) {
        let value = crd.value();
        let (group, plural) =
            (object::text(&value, &["spec", "group"]), object::text(&value, &["spec", "names", "plural"]));
        self.catalog().remove_custom(group, plural);
    }
}

fn version_of(version: &Value) -> Version {
    let scale = object::at(version, &["subresources", "scale"]).map(|scale| Scale {
        spec: object::text(scale, &["specReplicasPath"]).to_owned(),
        status: object::text(scale, &["statusReplicasPath"]).to_owned(),
        selector: object::at(scale, &["labelSelectorPath"]).and_then(Value::as_str).map(str::to_owned),
    });
    let selectable = object::list(version, &["selectableFields"])
        .iter()
        .map(|field| object::text(field, &["jsonPath"]).to_owned())
        .collect();
    let open_api = object::at(version, &["schema", "openAPIV3Schema"]).cloned().unwrap_or_default();
    let text = |column: &Value, key: &str| object::text(column, &[key]).to_owned();
    let columns = object::list(version, &["additionalPrinterColumns"])
        .iter()
        .map(|column| Column {
            name: text(column, "name"),
            kind: text(column, "type"),
            format: text(column, "format"),
            description: text(column, "description"),
            priority: object::int(column, &["priority"]).unwrap_or(0),
            json_path: text(column, "jsonPath"),
        })
        .collect();
    let custom = CustomVersion {
        status: object::at(version, &["subresources", "status"]).is_some(),
        scale,
        selectable,
        schema: Arc::new(Node::read_root(&open_api)),
        open_api: Arc::new(open_api),
        columns,
    };
    Version {
        name: object::text(version, &["name"]).into(),
        custom: Some(Arc::new(custom)),
        schema: Default::default(),
    }
}

fn resource_of(crd: &Value) -> Option<Resource> {
    let spec = crd.get("spec")?;
    let group = SmolStr::from(object::text(spec, &["group"]));
    let names = spec.get("names")?;
    let plural = SmolStr::from(object::text(names, &["plural"]));
    let kind = SmolStr::from(object::text(names, &["kind"]));
    let words = |key: &str| object::list(names, &[key]).iter().filter_map(Value::as_str).map(SmolStr::from).collect();
    let or = |key: &str, other: String| {
        let text = object::text(names, &[key]);
        if text.is_empty() { SmolStr::from(other) } else { text.into() }
    };
    let mut versions: Vec<Version> = object::list(spec, &["versions"])
        .iter()
        .filter(|version| version.get("served").and_then(Value::as_bool) == Some(true))
        .map(version_of)
        .collect();
    versions.sort_by_key(|v| std::cmp::Reverse(crate::discovery::priority(&v.name)));
    if plural.is_empty() || kind.is_empty() || versions.is_empty() {
        return None;
    }
    Some(Resource {
        table: Arc::from(format!("{group}/{plural}")),
        singular: or("singular", kind.to_lowercase()),
        list_kind: or("listKind", format!("{kind}List")),
        namespaced: object::text(spec, &["scope"]) == "Namespaced",
        short_names: words("shortNames"),
        categories: words("categories"),
        versions,
        status: true,
        scale: None,
        generation: true,
        custom: true,
        virtual_: false,
        group,
        plural,
        kind,
    })
}
