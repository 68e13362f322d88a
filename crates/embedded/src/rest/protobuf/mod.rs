//! Bodies in protobuf, which kubectl's typed commands (`kubectl create namespace`, `kubectl auth can-i`) send and cannot
//! be talked out of. Answers are always JSON, which they accept.
//!
//! `numbers.txt` has a line per message: `GROUP.VERSION.NAME FIELD[:MESSAGE]=NUMBER …`, written by
//! `examples/protobuf_numbers.rs` from Kubernetes' own definitions. The JSON shape of a field comes from k8s-schema;
//! the message's name is used where JSON inlines a message's fields.

use base64::Engine as _;
use k8s_schema::{Shape, Type};
use serde_json::{Map, Value};

use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::object;

/// The media type.
pub(super) const MEDIA: &str = "application/vnd.kubernetes.protobuf";
const NUMBERS: &str = include_str!("numbers.txt");
/// Deeper messages are refused.
const DEPTH: usize = 64;
/// Numbers and booleans whose zero is a statement, because Go keeps them behind a pointer. Any other zero is what an
/// absent field looks like on the wire.
const POINTERS: &[&str] = &[
    "allocateLoadBalancerNodePorts", "allowPrivilegeEscalation", "automountServiceAccountToken", "backoffLimit",
    "blockOwnerDeletion", "completions", "controller", "enableServiceLinks", "failedJobsHistoryLimit",
    "gracePeriodSeconds", "immutable", "minReplicas", "parallelism", "readOnlyRootFilesystem", "replicas",
    "revisionHistoryLimit", "runAsNonRoot", "runAsUser", "successfulJobsHistoryLimit", "suspend",
    "terminationGracePeriodSeconds", "ttlSecondsAfterFinished", "privileged",
];

fn broken() -> ApiError {
    ApiError::bad_request("the body of the request is not a Kubernetes protobuf message")
}

/// The object in a body.
pub(super) fn decode(body: &[u8]) -> Result<Value, ApiError> {
    let mut envelope = body.strip_prefix(b"k8s\0").ok_or_else(broken)?;
    let (mut api_version, mut kind, mut raw): (String, String, &[u8]) = Default::default();
    while let Some(field) = Field::next(&mut envelope)? {
        match (field.number, field.data) {
            (1, Data::Bytes(mut meta)) => {
                while let Some(field) = Field::next(&mut meta)? {
                    if let Data::Bytes(text) = field.data {
                        let text = String::from_utf8_lossy(text).into_owned();
                        match field.number {
                            1 => api_version = text,
                            2 => kind = text,
                            _ => {}
                        }
                    }
                }
            }
            (2, Data::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    // The options of a request have the group of the resource they are about.
    let found = match k8s_schema::type_of(group, version, &kind) {
        Some(found) => Some(found),
        None => Type::named(&format!("meta.v1.{kind}")),
    };
    let found = found.ok_or_else(|| {
        ApiError::bad_request(format!("no kind {kind:?} is registered for version {api_version:?}"))
    })?;
    let mut value = Value::Object(message(found.name(), found, raw, 0)?);
    object::set(&mut value, &["apiVersion"], api_version);
    object::set(&mut value, &["kind"], kind);
    Ok(value)
}

enum Data<'a> {
    Number(u64),
    Double(f64),
    Bytes(&'a [u8]),
}

struct Field<'a> {
    number: u64,
    data: Data<'a>,
}

fn varint(bytes: &mut &[u8]) -> Result<u64, ApiError> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or_else(broken)?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(broken())
}

fn take<'a>(bytes: &mut &'a [u8], count: u64) -> Result<&'a [u8], ApiError> {
    let count = usize::try_from(count).map_err(|_| broken())?;
    let (head, rest) = bytes.split_at_checked(count).ok_or_else(broken)?;
    *bytes = rest;
    Ok(head)
}

impl<'a> Field<'a> {
    fn next(bytes: &mut &'a [u8]) -> Result<Option<Field<'a>>, ApiError> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let tag = varint(bytes)?;
        let data = match tag & 7 {
            0 => Data::Number(varint(bytes)?),
            1 => {
                let raw: [u8; 8] = take(bytes, 8)?.try_into().map_err(|_| broken())?;
                Data::Double(f64::from_le_bytes(raw))
            }
            2 => {
                let length = varint(bytes)?;
                Data::Bytes(take(bytes, length)?)
            }
            5 => {
                let raw: [u8; 4] = take(bytes, 4)?.try_into().map_err(|_| broken())?;
                Data::Number(u64::from(u32::from_le_bytes(raw)))
            }
            _ => return Err(broken()),
        };
        Ok(Some(Field { number: tag >> 3, data }))
    }
}

/// The field of a message: its name and, for a message, that message's name.
fn field_of(name: &str, number: u64) -> Option<(&'static str, &'static str)> {
    let line = NUMBERS.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.split(' ').skip(1).find_map(|word| {
        let (field, found) = word.split_once('=')?;
        (found.parse::<u64>().ok()? == number).then(|| field.split_once(':').unwrap_or((field, "")))
    })
}

/// Decodes a message named `name` whose fields appear in JSON as fields of `schema`.
fn message(name: &str, schema: Type, mut bytes: &[u8], depth: usize) -> Result<Map<String, Value>, ApiError> {
    if depth > DEPTH {
        return Err(broken());
    }
    let mut map = Map::new();
    while let Some(field) = Field::next(&mut bytes)? {
        let Some((key, inner)) = field_of(name, field.number) else { continue };
        match schema.field(key) {
            Some(found) => put(&mut map, key, found.shape(), field.data, depth)?,
            None => {
                // JSON has this message's fields in place of the message.
                let package = name.rsplit_once('.').map_or("", |(package, _)| package);
                if let Data::Bytes(raw) = field.data {
                    map.extend(message(&format!("{package}.{inner}"), schema, raw, depth + 1)?);
                }
            }
        }
    }
    Ok(map)
}

fn put(map: &mut Map<String, Value>, key: &str, shape: Shape, data: Data<'_>, depth: usize) -> Result<(), ApiError> {
    match shape {
        Shape::List(element) => {
            if let Some(value) = one(element.shape(), data, depth)? {
                match map.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
                    Value::Array(list) => list.push(value),
                    other => *other = Value::Array(vec![value]),
                }
            }
        }
        Shape::Map(element) => {
            let Data::Bytes(mut entry) = data else { return Err(broken()) };
            let (mut name, mut value) = (String::new(), Value::from(""));
            while let Some(field) = Field::next(&mut entry)? {
                match (field.number, field.data) {
                    (1, Data::Bytes(text)) => name = String::from_utf8_lossy(text).into_owned(),
                    (2, data) => value = map_value(element.shape(), data, depth)?,
                    _ => {}
                }
            }
            if let Value::Object(inner) = map.entry(key).or_insert_with(|| Value::Object(Map::new())) {
                inner.insert(name, value);
            }
        }
        _ => {
            if let Some(value) = one(shape, data, depth)? {
                let zero = value == 0 || value == false || value == "";
                if !zero || (POINTERS.contains(&key) && value != "") {
                    map.insert(key.to_owned(), value);
                }
            }
        }
    }
    Ok(())
}

/// A list as the value of a map is a message with the list as its first field.
fn map_value(shape: Shape, data: Data<'_>, depth: usize) -> Result<Value, ApiError> {
    if let (Shape::List(element), Data::Bytes(bytes)) = (shape, &data) {
        let mut bytes: &[u8] = bytes;
        let mut list = Vec::new();
        while let Some(field) = Field::next(&mut bytes)? {
            list.extend(one(element.shape(), field.data, depth + 1)?);
        }
        return Ok(Value::Array(list));
    }
    Ok(one(shape, data, depth)?.unwrap_or_default())
}

/// The first and second numbers, and the third text, of a small message.
fn parts(mut bytes: &[u8]) -> Result<(i64, i64, String), ApiError> {
    let mut found = (0, 0, String::new());
    while let Some(field) = Field::next(&mut bytes)? {
        match (field.number, field.data) {
            (1, Data::Number(n)) => found.0 = n as i64,
            (2, Data::Number(n)) => found.1 = n as i64,
            (_, Data::Bytes(text)) => found.2 = String::from_utf8_lossy(text).into_owned(),
            _ => {}
        }
    }
    Ok(found)
}

/// One value; `None` for what stands for nothing.
fn one(shape: Shape, data: Data<'_>, depth: usize) -> Result<Option<Value>, ApiError> {
    Ok(match (shape, data) {
        (Shape::String, Data::Bytes(text)) => Some(String::from_utf8(text.to_vec()).map_err(|_| broken())?.into()),
        (Shape::Bytes, Data::Bytes(raw)) => Some(base64::engine::general_purpose::STANDARD.encode(raw).into()),
        (Shape::Time | Shape::MicroTime, Data::Bytes(raw)) => {
            let (seconds, nanos, _) = parts(raw)?;
            let at = jiff::Timestamp::new(seconds, i32::try_from(nanos).unwrap_or(0)).map_err(|_| broken())?;
            (!raw.is_empty()).then(|| rfc3339(at).into())
        }
        (Shape::Quantity, Data::Bytes(raw)) => Some(parts(raw)?.2.into()),
        (Shape::IntOrString, Data::Bytes(raw)) => {
            let (kind, number, text) = parts(raw)?;
            match kind {
                0 => (number != 0).then(|| number.into()),
                _ => Some(text.into()),
            }
        }
        (Shape::Int32 | Shape::Int64, Data::Number(n)) => Some((n as i64).into()),
        (Shape::Number, Data::Double(n)) => Some(n.into()),
        (Shape::Boolean, Data::Number(n)) => Some((n != 0).into()),
        (Shape::FreeForm | Shape::Any, Data::Bytes(raw)) => {
            let (_, _, text) = parts(raw)?;
            serde_json::from_str(&text).ok()
        }
        (Shape::Object(found), Data::Bytes(raw)) => Some(Value::Object(message(found.name(), found, raw, depth + 1)?)),
        _ => return Err(broken()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A field that holds bytes.
    fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, content.len() as u8][..], content].concat()
    }

    fn number(field: u8, value: u8) -> Vec<u8> {
        vec![field << 3, value]
    }

    fn body(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let meta = [bytes(1, api_version.as_bytes()), bytes(2, kind.as_bytes())].concat();
        [b"k8s\0".to_vec(), bytes(1, &meta), bytes(2, raw)].concat()
    }

    #[test]
    fn a_deployment_is_read() {
        let port = [number(3, 80), bytes(1, b"")].concat();
        let container = [bytes(1, b"web"), bytes(2, b"web:1"), bytes(6, &port)].concat();
        // A volume whose source JSON has in place: name, volumeSource { emptyDir {} }.
        let volume = [bytes(1, b"tmp"), bytes(2, &bytes(2, b""))].concat();
        let pod = [bytes(1, &volume), bytes(2, &container)].concat();
        let label = bytes(11, &[bytes(1, b"app"), bytes(2, b"web")].concat());
        let template = [bytes(1, &label), bytes(2, &pod)].concat();
        let spec = [number(1, 0), bytes(3, &template)].concat();
        let deployment = [bytes(1, &bytes(1, b"a")), bytes(2, &spec)].concat();
        let value = decode(&body("apps/v1", "Deployment", &deployment)).map_err(|e| e.message);
        let expected = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
            "spec": {"replicas": 0, "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "volumes": [{"name": "tmp", "emptyDir": {}}],
                    "containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]}],
                },
            }},
        });
        assert_eq!(value, Ok(expected));
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        let whole = body("v1", "Namespace", &bytes(1, &bytes(1, b"a")));
        assert!(decode(&whole).is_ok());
        for end in 0..whole.len() {
            // No panic; most cuts are errors, some are shorter messages.
            drop(decode(whole.get(..end).unwrap_or_default()));
        }
        assert!(decode(b"k8s\0\x0a\x7f").is_err());
        assert!(decode(b"{}").is_err());
    }

    #[test]
    fn every_message_has_a_json_type_or_is_inlined() {
        let known = NUMBERS.lines().filter(|l| l.split(' ').next().is_some_and(|n| Type::named(n).is_some())).count();
        assert!(known > 400, "{known}");
    }
}
