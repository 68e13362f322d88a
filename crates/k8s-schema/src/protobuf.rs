//! Objects as typed Go clients send them (`kubectl create`, for one): protobuf, read into the JSON that it stands for.
//!
//! The envelope is Kubernetes' own: the bytes `k8s\0` and a `runtime.Unknown` with apiVersion, kind and the object. Field
//! numbers are in `types.txt`. As Go does, a zero is written out only where zero and absent are two things.

use crate::types::{Field, Shape, Type, type_of};
use crate::validate::MAX_DEPTH;
use serde_json::{Map, Number, Value};

/// The content type.
pub const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";

const MAGIC: &[u8] = b"k8s\0";

/// Why bytes are no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The envelope is another format's.
    #[error("the body does not begin as a Kubernetes protobuf object does")]
    Envelope,
    /// Protobuf says otherwise than its own rules.
    #[error("the body is damaged protobuf")]
    Damaged,
    /// Nothing is known about the fields of this kind.
    #[error("no protobuf form of {kind} in {api_version} is known")]
    UnknownKind {
        /// As the envelope says.
        api_version: String,
        /// As the envelope says.
        kind: String,
    },
}

/// The object in an envelope, with `apiVersion` and `kind`.
pub fn decode(bytes: &[u8]) -> Result<Value, Error> {
    let envelope = bytes.strip_prefix(MAGIC).ok_or(Error::Envelope)?;
    let (mut api_version, mut kind, mut raw, mut content_type) = (String::new(), String::new(), &[][..], String::new());
    for field in Reader(envelope) {
        match field? {
            (1, Wire::Bytes(meta)) => {
                for field in Reader(meta) {
                    match field? {
                        (1, Wire::Bytes(text)) => api_version = string(text)?,
                        (2, Wire::Bytes(text)) => kind = string(text)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            (4, Wire::Bytes(text)) => content_type = string(text)?,
            _ => {}
        }
    }
    let mut object = if content_type.ends_with("json") {
        match serde_json::from_slice(raw) {
            Ok(Value::Object(object)) => object,
            _ => return Err(Error::Damaged),
        }
    } else {
        let schema = schema(&api_version, &kind)
            .ok_or_else(|| Error::UnknownKind { api_version: api_version.clone(), kind: kind.clone() })?;
        let mut object = Map::new();
        fields(schema, "", raw, &mut object, 0)?;
        object
    };
    object.insert("apiVersion".to_owned(), api_version.into());
    object.insert("kind".to_owned(), kind.into());
    Ok(Value::Object(object))
}

fn schema(api_version: &str, kind: &str) -> Option<Type> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    if let Some(schema) = type_of(group, version, kind) {
        return Some(schema);
    }
    let group = if group.is_empty() { "core" } else { group.split('.').next().unwrap_or_default() };
    Type::named(&format!("{group}.{version}.{kind}")).or_else(|| Type::named(&format!("meta.v1.{kind}")))
}

/// A value as protobuf has it.
enum Wire<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(&'a [u8]),
}

/// The numbered values of a message.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn field(&mut self) -> Option<(u64, Wire<'a>)> {
        let key = self.varint()?;
        let wire = match key & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => {
                let (bytes, rest) = self.0.split_first_chunk::<8>()?;
                self.0 = rest;
                Wire::Fixed64(*bytes)
            }
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Wire::Bytes(bytes)
            }
            5 => {
                let (bytes, rest) = self.0.split_first_chunk::<4>()?;
                self.0 = rest;
                Wire::Fixed32(*bytes)
            }
            _ => return None,
        };
        Some((key >> 3, wire))
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<(u64, Wire<'a>), Error>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or(Error::Damaged))
    }
}

/// Reads the fields whose numbers begin with `prefix` (a message that JSON has in line) into `object`.
fn fields(
    schema: Type,
    prefix: &str,
    bytes: &[u8],
    object: &mut Map<String, Value>,
    depth: usize,
) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::Damaged);
    }
    for found in Reader(bytes) {
        let (number, wire) = found?;
        let number = format!("{prefix}{number}");
        if let Some(field) = schema.fields().find(|field| field.number() == Some(&number)) {
            put(field, wire, object, depth)?;
        } else if let Wire::Bytes(inner) = wire {
            let inline = format!("{number}.");
            if schema.fields().any(|field| field.number().is_some_and(|number| number.starts_with(&inline))) {
                fields(schema, &inline, inner, object, depth + 1)?;
            }
        }
    }
    Ok(())
}

fn put(field: Field, wire: Wire<'_>, object: &mut Map<String, Value>, depth: usize) -> Result<(), Error> {
    match field.shape() {
        Shape::List(element) => {
            let list = object.entry(field.name).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(value(element.shape(), wire, depth)?);
            }
        }
        Shape::Map(element) => {
            let Wire::Bytes(entry) = wire else { return Err(Error::Damaged) };
            let (mut key, mut content) = (String::new(), None);
            for part in Reader(entry) {
                match part? {
                    (1, Wire::Bytes(text)) => key = string(text)?,
                    (2, wire) => content = Some(value(element.shape(), wire, depth)?),
                    _ => {}
                }
            }
            let map = object.entry(field.name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(map) = map {
                map.insert(key, content.unwrap_or_else(|| zero(element.shape())));
            }
        }
        shape => {
            let content = value(shape, wire, depth)?;
            let absent = content.is_null() || (!field.required && !field.optional_zero() && is_zero(&content));
            if !absent {
                object.insert(field.name.to_owned(), content);
            }
        }
    }
    Ok(())
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// What a map's entry holds whose value was left out.
fn zero(shape: Shape) -> Value {
    match shape {
        Shape::String | Shape::Bytes => Value::String(String::new()),
        Shape::Int32 | Shape::Int64 | Shape::Number => Value::from(0),
        Shape::Boolean => Value::Bool(false),
        _ => Value::Null,
    }
}

fn value(shape: Shape, wire: Wire<'_>, depth: usize) -> Result<Value, Error> {
    Ok(match (shape, wire) {
        (Shape::String, Wire::Bytes(text)) => string(text)?.into(),
        (Shape::Bytes, Wire::Bytes(bytes)) => base64(bytes).into(),
        // A number of 64 bits holds a negative one of 32 bits, sign extended.
        (Shape::Int32 | Shape::Int64, Wire::Varint(number)) => number.cast_signed().into(),
        (Shape::Boolean, Wire::Varint(number)) => (number != 0).into(),
        (Shape::Number, Wire::Fixed64(bytes)) => number(f64::from_le_bytes(bytes)),
        (Shape::Number, Wire::Fixed32(bytes)) => number(f64::from(f32::from_le_bytes(bytes))),
        (Shape::Object(schema), Wire::Bytes(bytes)) => {
            let mut object = Map::new();
            fields(schema, "", bytes, &mut object, depth + 1)?;
            Value::Object(object)
        }
        (Shape::Quantity, Wire::Bytes(bytes)) => match only(bytes, 1)? {
            Some(Wire::Bytes(text)) => string(text)?.into(),
            _ => "0".into(),
        },
        (Shape::Time | Shape::MicroTime, Wire::Bytes(bytes)) => time(bytes, shape == Shape::MicroTime)?,
        (Shape::IntOrString, Wire::Bytes(bytes)) => match only(bytes, 1)? {
            Some(Wire::Varint(1)) => match only(bytes, 3)? {
                Some(Wire::Bytes(text)) => string(text)?.into(),
                _ => "".into(),
            },
            _ => match only(bytes, 2)? {
                Some(Wire::Varint(number)) => number.cast_signed().into(),
                _ => 0.into(),
            },
        },
        // RawExtension, FieldsV1 and apiextensions' JSON: the text itself.
        (Shape::FreeForm | Shape::Any, Wire::Bytes(bytes)) => match only(bytes, 1)? {
            Some(Wire::Bytes(text)) => serde_json::from_slice(text).map_err(|_| Error::Damaged)?,
            _ => Value::Null,
        },
        // Lists of lists and maps of lists (`extra` of a user's attributes) are a message with one list.
        (Shape::List(element), Wire::Bytes(bytes)) => {
            let mut list = Vec::new();
            for part in Reader(bytes) {
                if let (1, wire) = part? {
                    list.push(value(element.shape(), wire, depth + 1)?);
                }
            }
            Value::Array(list)
        }
        _ => return Err(Error::Damaged),
    })
}

/// The last field of this number.
fn only(bytes: &[u8], wanted: u64) -> Result<Option<Wire<'_>>, Error> {
    let mut last = None;
    for field in Reader(bytes) {
        if let (number, wire) = field?
            && number == wanted
        {
            last = Some(wire);
        }
    }
    Ok(last)
}

fn string(bytes: &[u8]) -> Result<String, Error> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Error::Damaged)
}

fn number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// RFC 3339 of seconds since 1970 and nanoseconds; null for an empty message, which is no time.
fn time(bytes: &[u8], micro: bool) -> Result<Value, Error> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let part = |number| -> Result<i64, Error> {
        Ok(match only(bytes, number)? {
            Some(Wire::Varint(value)) => value.cast_signed(),
            _ => 0,
        })
    };
    let (seconds, nanoseconds) = (part(1)?, part(2)?);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years of 1 to 9999 are what RFC 3339 can write.
    if !(-719_162..=2_932_896).contains(&days) {
        return Err(Error::Damaged);
    }
    // Howard Hinnant's civil_from_days: eras of 400 years that begin in March.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let fraction = if micro { format!(".{:06}", nanoseconds.rem_euclid(1_000_000_000) / 1_000) } else { String::new() };
    Ok(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z").into())
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS.get((word >> (18 - 6 * at) & 63) as usize).copied().unwrap_or(b'=');
            text.push(char::from(if at <= chunk.len() { letter } else { b'=' }));
        }
    }
    text
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        bytes.extend(content);
        bytes
    }

    fn varint(number: u8, value: u8) -> Vec<u8> {
        vec![number << 3, value]
    }

    fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &meta), field(2, raw)].concat()
    }

    #[test]
    fn a_pod_with_what_is_special() {
        let port = [varint(3, 80), field(4, b"TCP")].concat();
        let probe_port = field(2, &[varint(1, 1), field(3, b"http")].concat());
        // Probe and Volume hold their sources in a message that JSON has in line.
        let probe = [field(1, &field(2, &[field(1, b"/"), probe_port].concat())), varint(2, 0)].concat();
        let limits = field(1, &[field(1, b"cpu"), field(2, &field(1, b"500m"))].concat());
        let container =
            [field(1, b"web"), field(2, b"nginx"), field(6, &port), field(8, &limits), field(10, &probe)].concat();
        let volume = [field(1, b"data"), field(2, &field(2, &[]))].concat();
        let spec = [field(1, &volume), field(2, &container), varint(4, 0), varint(11, 0)].concat();
        let label = [field(1, b"app"), field(2, b"web")].concat();
        let time = field(8, &[vec![1 << 3], vec![0x80, 0xe2, 0xcf, 0xaa, 0x06], varint(2, 0)].concat());
        let meta = [field(1, b"web"), field(2, b""), field(11, &label), time].concat();
        let pod = envelope("v1", "Pod", &[field(1, &meta), field(2, &spec)].concat());
        assert_eq!(
            decode(&pod).unwrap(),
            json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": "web", "labels": {"app": "web"}, "creationTimestamp": "2023-11-14T22:13:20Z"},
                "spec": {
                    "volumes": [{"name": "data", "emptyDir": {}}],
                    "containers": [{
                        "name": "web", "image": "nginx",
                        "ports": [{"containerPort": 80, "protocol": "TCP"}],
                        "resources": {"limits": {"cpu": "500m"}},
                        "livenessProbe": {"httpGet": {"path": "/", "port": "http"}},
                    }],
                    // A pointer in Go: zero was said. hostNetwork is none: false was not.
                    "terminationGracePeriodSeconds": 0,
                },
            })
        );
    }

    #[test]
    fn bytes_and_options() {
        for (bytes, text) in [(&b"a"[..], "YQ=="), (b"ab", "YWI="), (b"abc", "YWJj"), (b"", "")] {
            let data = field(2, &[field(1, b"k"), field(2, bytes)].concat());
            assert_eq!(decode(&envelope("v1", "Secret", &data)).unwrap()["data"]["k"], json!(text));
        }
        let options = envelope("v1", "DeleteOptions", &[varint(1, 0), field(4, b"Background")].concat());
        let expected = json!({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "propagationPolicy": "Background"});
        assert_eq!(decode(&options).unwrap(), expected);
    }

    #[test]
    fn nearly_every_field_has_a_number() {
        let without: Vec<_> = crate::bundle::TYPES
            .lines()
            .filter_map(|line| Type::named(crate::bundle::line_name(line)))
            .flat_map(|schema| schema.fields().map(move |field| (schema.name(), field)))
            .filter(|(_, field)| field.number().is_none() && !matches!(field.name, "apiVersion" | "kind"))
            .map(|(name, field)| format!("{name}.{}", field.name))
            .collect();
        insta::assert_snapshot!(without.join("\n"));
    }

    #[test]
    fn what_is_no_object() {
        assert_eq!(decode(b"{}"), Err(Error::Envelope));
        assert_eq!(decode(&envelope("v1", "Pod", &[0x0a, 0xff])), Err(Error::Damaged));
        assert!(matches!(decode(&envelope("example.org/v1", "Gadget", &[])), Err(Error::UnknownKind { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for kind in ["Pod", "DeleteOptions", "Event"] {
                let mut body = envelope("v1", kind, &[]);
                body.truncate(body.len() - 2);
                body.push(2 << 3 | 2);
                body.push(u8::try_from(bytes.len().min(127)).unwrap_or_default());
                body.extend(bytes.iter().take(127));
                let _ = decode(&body);
            }
            let _ = decode(&bytes);
        }
    }
}
