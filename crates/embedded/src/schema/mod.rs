//! One view of the two kinds of schemas: those of Kubernetes' own types and those of CustomResourceDefinitions.

use std::sync::{Arc, OnceLock};

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
    BuiltIn(Arc<BuiltIn>),
    Custom(Arc<Node>),
}

/// The schema of a value of a built-in type. What lies below is read from Kubernetes' schemas when it is first asked
/// for, and kept: every write walks it.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    pub(crate) shape: Shape,
    field: Option<Field>,
    listing: Listing,
    /// Fields by name, sorted.
    fields: OnceLock<Vec<(&'static str, Schema)>>,
    element: OnceLock<Schema>,
}

impl BuiltIn {
    fn schema(shape: Shape, field: Option<Field>) -> Schema {
        let listing = match (shape, field.map(Field::list_type)) {
            (Shape::List(_), Some(k8s_schema::ListType::Set)) => Listing::Set,
            (Shape::List(_), Some(k8s_schema::ListType::Map(keys))) => {
                Listing::Map(keys.into_iter().map(str::to_owned).collect())
            }
            _ => Listing::Atomic,
        };
        Schema::BuiltIn(Arc::new(BuiltIn { shape, field, listing, fields: OnceLock::new(), element: OnceLock::new() }))
    }

    /// The schema of a field of a struct.
    pub(crate) fn field(&self, key: &str) -> Option<&Schema> {
        let Shape::Object(found) = self.shape else { return None };
        let fields = self.fields.get_or_init(|| {
            let mut fields: Vec<_> = found.fields().map(|f| (f.name, BuiltIn::schema(f.shape(), Some(f)))).collect();
            fields.sort_by_key(|(name, _)| *name);
            fields
        });
        let index = fields.binary_search_by_key(&key, |(name, _)| name).ok()?;
        fields.get(index).map(|(_, schema)| schema)
    }

    /// The schema of the elements of a list, and of the values of a map.
    pub(crate) fn element(&self) -> Option<&Schema> {
        match self.shape {
            Shape::List(element) | Shape::Map(element) => {
                Some(self.element.get_or_init(|| BuiltIn::schema(element.shape(), None)))
            }
            _ => None,
        }
    }
}

impl Schema {
    /// The schema of a resource's objects.
    pub(crate) fn of(served: &Served) -> Schema {
        if let Some(custom) = served.custom() {
            return Schema::Custom(Arc::clone(&custom.schema));
        }
        let find = || {
            k8s_schema::type_of(&served.group, &served.version, &served.kind)
                .map_or(Schema::Any, |found| BuiltIn::schema(Shape::Object(found), None))
        };
        served.at_version().map_or(Schema::Any, |version| version.schema.get_or_init(find).clone())
    }

    /// The schema of `ObjectMeta`.
    pub(crate) fn metadata() -> Schema {
        Type::named("meta.v1.ObjectMeta").map_or(Schema::Any, |found| BuiltIn::schema(Shape::Object(found), None))
    }

    /// The schema of a field of a struct, or of a value of a map. `None`: a struct has no such field.
    pub(crate) fn child(&self, key: &str) -> Option<Schema> {
        match self {
            Schema::Any => Some(Schema::Any),
            Schema::BuiltIn(built) => match built.shape {
                Shape::Object(_) => built.field(key).cloned(),
                Shape::Map(_) => built.element().cloned(),
                _ => Some(Schema::Any),
            },
            Schema::Custom(node) => node.child(key),
        }
    }

    /// Whether `key` is a declared field (and not an entry of a map).
    pub(crate) fn is_field(&self, key: &str) -> bool {
        match self {
            Schema::BuiltIn(built) => built.field(key).is_some(),
            Schema::Custom(node) => node.is_field(key),
            Schema::Any => false,
        }
    }

    /// The schema of a list's elements.
    pub(crate) fn element(&self) -> Schema {
        match self {
            Schema::BuiltIn(built) => built.element().cloned().unwrap_or(Schema::Any),
            Schema::Custom(node) => node.items.as_ref().map_or(Schema::Any, |items| Schema::Custom(Arc::clone(items))),
            Schema::Any => Schema::Any,
        }
    }

    pub(crate) fn listing(&self) -> &Listing {
        match self {
            Schema::BuiltIn(built) => &built.listing,
            Schema::Custom(node) => &node.listing,
            Schema::Any => &Listing::Atomic,
        }
    }

    /// Whether an object here is owned and replaced as a whole.
    pub(crate) fn is_atomic_map(&self) -> bool {
        match self {
            Schema::BuiltIn(built) => {
                built.field.is_some_and(Field::atomic)
                    || matches!(built.shape, Shape::Object(found) if found.atomic())
                    || built.shape == Shape::Quantity
            }
            Schema::Custom(node) => node.map_atomic,
            Schema::Any => false,
        }
    }

    /// What a list-map key is when an element does not state it.
    pub(crate) fn key_default(&self, key: &str) -> Option<serde_json::Value> {
        match self.child(key)? {
            // A text that is not stated is the empty text.
            Schema::BuiltIn(built) => match built.field.and_then(Field::default) {
                Some(text) => Some(text.into()),
                None => (built.shape == Shape::String).then(|| "".into()),
            },
            Schema::Custom(node) => node.default.clone(),
            Schema::Any => None,
        }
    }

    /// The key by which a strategic merge patch finds an element of this list.
    pub(crate) fn merge_key(&self) -> Option<&'static str> {
        match self {
            Schema::BuiltIn(built) => built.field.and_then(Field::merge_key),
            _ => None,
        }
    }

    /// Whether a strategic merge patch has this strategy for the value: `merge`, `replace`, `retainKeys`.
    pub(crate) fn has_strategy(&self, strategy: &str) -> bool {
        match self {
            Schema::BuiltIn(built) => built.field.is_some_and(|f| f.patch_strategies().any(|s| s == strategy)),
            _ => false,
        }
    }
}
