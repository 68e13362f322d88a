//! One view of the two kinds of schemas: those of Kubernetes' own types and those of CustomResourceDefinitions.

use std::sync::Arc;

use k8s_schema::{Field, Shape, Type};

use crate::catalog::Served;
use crate::crd::Node;

/// How apply and patches merge a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listing {
    /// Replaced as a whole.
    Atomic,
    /// Scalars, each on its own.
    Set,
    /// Objects, each identified by these fields.
    Map(Vec<String>),
}

/// The schema of a value. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum Schema {
    /// Nothing is known: maps are granular, lists atomic.
    Any,
    BuiltIn(Shape, Option<Field>),
    Custom(Arc<Node>),
}

impl Schema {
    /// The schema of a resource's objects.
    pub(crate) fn of(served: &Served) -> Schema {
        if let Some(custom) = served.custom() {
            return Schema::Custom(Arc::clone(&custom.schema));
        }
        k8s_schema::type_of(&served.group, &served.version, &served.kind)
            .map_or(Schema::Any, |found| Schema::BuiltIn(Shape::Object(found), None))
    }

    /// The schema of `ObjectMeta`.
    pub(crate) fn metadata() -> Schema {
        Type::named("meta.v1.ObjectMeta").map_or(Schema::Any, |found| Schema::BuiltIn(Shape::Object(found), None))
    }

    /// The schema of a field of a struct, or of a value of a map. `None`: a struct has no such field.
    pub(crate) fn child(&self, key: &str) -> Option<Schema> {
        match self {
            Schema::Any => Some(Schema::Any),
            Schema::BuiltIn(Shape::Object(found), _) => {
                found.field(key).map(|field| Schema::BuiltIn(field.shape(), Some(field)))
            }
            Schema::BuiltIn(Shape::Map(element), _) => Some(Schema::BuiltIn(element.shape(), None)),
            Schema::BuiltIn(..) => Some(Schema::Any),
            Schema::Custom(node) => node.child(key),
        }
    }

    /// Whether `key` is a declared field (and not an entry of a map).
    pub(crate) fn is_field(&self, key: &str) -> bool {
        match self {
            Schema::BuiltIn(Shape::Object(found), _) => found.field(key).is_some(),
            Schema::Custom(node) => node.is_field(key),
            _ => false,
        }
    }

    /// The schema of a list's elements.
    pub(crate) fn element(&self) -> Schema {
        match self {
            Schema::BuiltIn(Shape::List(element), _) => Schema::BuiltIn(element.shape(), None),
            Schema::Custom(node) => node.items.as_ref().map_or(Schema::Any, |items| Schema::Custom(Arc::clone(items))),
            _ => Schema::Any,
        }
    }

    pub(crate) fn listing(&self) -> Listing {
        match self {
            Schema::BuiltIn(Shape::List(_), Some(field)) => match field.list_type() {
                k8s_schema::ListType::Atomic => Listing::Atomic,
                k8s_schema::ListType::Set => Listing::Set,
                k8s_schema::ListType::Map(keys) => Listing::Map(keys.into_iter().map(str::to_owned).collect()),
            },
            Schema::Custom(node) => node.listing.clone(),
            _ => Listing::Atomic,
        }
    }

    /// Whether an object here is owned and replaced as a whole.
    pub(crate) fn is_atomic_map(&self) -> bool {
        match self {
            Schema::BuiltIn(shape, field) => {
                field.is_some_and(Field::atomic)
                    || matches!(shape, Shape::Object(found) if found.atomic())
                    || matches!(shape, Shape::Quantity)
            }
            Schema::Custom(node) => node.map_atomic,
            Schema::Any => false,
        }
    }

    /// What a list-map key is when an element does not state it.
    pub(crate) fn key_default(&self, key: &str) -> Option<serde_json::Value> {
        match self.child(key)? {
            Schema::BuiltIn(_, Some(field)) => field.default().map(serde_json::Value::from),
            Schema::Custom(node) => node.default.clone(),
            _ => None,
        }
    }

    /// The key by which a strategic merge patch finds an element of this list.
    pub(crate) fn merge_key(&self) -> Option<&'static str> {
        match self {
            Schema::BuiltIn(_, Some(field)) => field.merge_key(),
            _ => None,
        }
    }

    /// Whether a strategic merge patch has this strategy for the value: `merge`, `replace`, `retainKeys`.
    pub(crate) fn has_strategy(&self, strategy: &str) -> bool {
        match self {
            Schema::BuiltIn(_, Some(field)) => field.patch_strategies().any(|s| s == strategy),
            _ => false,
        }
    }
}
