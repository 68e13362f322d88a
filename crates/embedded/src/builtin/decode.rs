//! Reading an object as its Go type would be read: unknown fields go, nulls are absent, types must fit.

use k8s_schema::Shape;
use serde_json::Value;

use crate::schema::{BuiltIn, Schema};

/// What reading found.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    /// Paths of fields that the kind does not have; they are removed.
    pub(crate) unknown: Vec<String>,
    /// The first value of a wrong type, in words.
    pub(crate) mistyped: Option<String>,
}

/// Deeper values are refused.
const DEPTH: usize = 200;

/// Cleans `value`, which is at `path` of its object, in place.
pub(crate) fn decode(schema: &Schema, value: &mut Value, path: &str) -> Problems {
    let mut problems = Problems::default();
    if let Schema::BuiltIn(built) = schema {
        let place = Place { owner: "", fields: path.to_owned() };
        visit(built, value, path, &place, 0, &mut problems);
    }
    problems
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Where a value stands as Go names it: the type that has the field, and the path of fields without indices and keys.
#[derive(Debug, Clone)]
struct Place<'a> {
    owner: &'a str,
    fields: String,
}

fn object(schema: &BuiltIn, value: &mut Value, path: &str, place: &Place<'_>, depth: usize, problems: &mut Problems) {
    let Some(map) = value.as_object_mut() else { return };
    map.retain(|key, inner| {
        if inner.is_null() {
            return false;
        }
        let here = join(path, key);
        let Some(field) = schema.field(key) else {
            // `apiVersion` and `kind` are in every object, and in the objects embedded in some.
            if ["apiVersion", "kind"].contains(&key.as_str()) {
                return true;
            }
            problems.unknown.push(here);
            return false;
        };
        if let Schema::BuiltIn(field) = field {
            let owner = match schema.shape {
                Shape::Object(found) => found.name().rsplit('.').next().unwrap_or(""),
                _ => place.owner,
            };
            let place = Place { owner, fields: join(&place.fields, key) };
            visit(field, inner, &here, &place, depth + 1, problems);
        }
        true
    });
}

fn visit(schema: &BuiltIn, value: &mut Value, path: &str, place: &Place<'_>, depth: usize, problems: &mut Problems) {
    if depth > DEPTH {
        problems.mistyped.get_or_insert_with(|| format!("{path} is nested too deeply"));
        return;
    }
    match (schema.shape, schema.element()) {
        (Shape::Object(_), _) if value.is_object() => object(schema, value, path, place, depth, problems),
        (Shape::List(_), Some(Schema::BuiltIn(element))) => {
            if let Some(list) = value.as_array_mut() {
                for (index, item) in list.iter_mut().enumerate() {
                    visit(element, item, &format!("{path}[{index}]"), place, depth + 1, problems);
                }
            }
        }
        (Shape::Map(_), Some(Schema::BuiltIn(element))) => {
            if let Some(map) = value.as_object_mut() {
                map.retain(|_, inner| !inner.is_null());
                for (key, inner) in map.iter_mut() {
                    visit(element, inner, &join(path, key), place, depth + 1, problems);
                }
            }
        }
        _ => {}
    }
    if let (Shape::Quantity, Some(text)) = (schema.shape, value.as_str())
        && !k8s_schema::is_quantity(text)
    {
        problems.mistyped.get_or_insert_with(|| {
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'".to_owned()
        });
    }
    if let (Shape::Bytes, Some(text)) = (schema.shape, value.as_str()) {
        use base64::Engine as _;
        if let Err(e) = base64::engine::general_purpose::STANDARD.decode(text) {
            let at = match e {
                base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
                _ => text.len(),
            };
            problems.mistyped.get_or_insert_with(|| format!("illegal base64 data at input byte {at}"));
        }
    }
    if !fits(schema.shape, value) {
        let got = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let wanted = name(schema.shape);
        problems.mistyped.get_or_insert_with(|| {
            format!(
                "json: cannot unmarshal {got} into Go struct field {}.{} of type {wanted}",
                place.owner, place.fields
            )
        });
    }
}

fn fits(shape: Shape, value: &Value) -> bool {
    match shape {
        Shape::String | Shape::Bytes | Shape::Time | Shape::MicroTime => value.is_string(),
        Shape::Quantity => value.is_string() || value.is_number(),
        Shape::IntOrString => value.is_string() || value.is_i64() || value.is_u64(),
        Shape::Int32 => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) || whole(value),
        Shape::Int64 => value.is_i64() || value.is_u64() || whole(value),
        Shape::Number => value.is_number(),
        Shape::Boolean => value.is_boolean(),
        Shape::Object(_) | Shape::Map(_) => value.is_object(),
        Shape::List(_) => value.is_array(),
        Shape::FreeForm | Shape::Any => true,
    }
}

fn whole(value: &Value) -> bool {
    value.is_f64() && value.as_f64().is_some_and(|n| n.fract() == 0.0)
}

fn name(shape: Shape) -> &'static str {
    match shape {
        Shape::String => "string",
        Shape::Bytes => "[]uint8",
        Shape::Time => "v1.Time",
        Shape::MicroTime => "v1.MicroTime",
        Shape::Quantity => "resource.Quantity",
        Shape::IntOrString => "intstr.IntOrString",
        Shape::Int32 => "int32",
        Shape::Int64 => "int64",
        Shape::Number => "float64",
        Shape::Boolean => "bool",
        Shape::Object(_) => "struct",
        Shape::Map(_) => "map[string]string",
        Shape::List(_) => "[]",
        Shape::FreeForm | Shape::Any => "interface {}",
    }
}
