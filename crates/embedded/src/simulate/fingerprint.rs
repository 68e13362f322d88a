//! Names and addresses that follow from content, so that the same cluster always gets the same ones.

use serde_json::Value;

/// The letters and digits of Kubernetes' generated names: no vowels, nothing that reads as another.
const SAFE: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// FNV-1a, 64 bits.
pub(super) fn hash(parts: &[&str]) -> u64 {
    parts.iter().fold(START, |state, part| feed(state, part.as_bytes()))
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

fn feed(state: u64, bytes: &[u8]) -> u64 {
    // 0xff is in no text: it keeps neighbours apart.
    bytes
        .iter()
        .chain(&[0xff])
        .fold(state, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// A number for the content of an object, without the fields of these names. Field order counts.
pub(super) fn of_object(value: &Value, without: &[&str]) -> u64 {
    fn walk(state: u64, value: &Value, without: &[&str]) -> u64 {
        match value {
            Value::Object(map) => {
                let fields = map.iter().filter(|(key, _)| !without.contains(&key.as_str()));
                let inside = fields
                    .fold(feed(state, b"{"), |state, (key, field)| walk(feed(state, key.as_bytes()), field, without));
                feed(inside, b"}")
            }
            Value::Array(items) => {
                feed(items.iter().fold(feed(state, b"["), |state, item| walk(state, item, without)), b"]")
            }
            Value::String(text) => feed(feed(state, b"\""), text.as_bytes()),
            other => feed(state, other.to_string().as_bytes()),
        }
    }
    walk(START, value, without)
}

/// `length` safe letters that stand for a number.
pub(super) fn letters(mut number: u64, length: usize) -> String {
    let mut text = String::with_capacity(length);
    for _ in 0..length {
        let digit = usize::try_from(number % 27).unwrap_or(0);
        text.push(char::from(SAFE.get(digit).copied().unwrap_or(b'x')));
        number /= 27;
    }
    text
}

/// The name part that stands for the content of a pod template. Field order does not count.
pub(super) fn of_template(template: &Value) -> String {
    letters(hash(&[&canonical(template)]), 10)
}

/// JSON with sorted fields.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (key, field) in fields {
                text.push_str(key);
                text.push(':');
                write_canonical(field, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// An address of a network for something with this identity. `prefix` holds the network's first two bytes.
pub(super) fn address(prefix: [u8; 2], uid: &str) -> String {
    let number = hash(&[uid]) % (256 * 254);
    format!("{}.{}.{}.{}", prefix[0], prefix[1], number / 254, number % 254 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn field_order_does_not_change_a_templates_name() {
        let one = json!({"spec": {"a": 1, "b": [true, null]}});
        let other = json!({"spec": {"b": [true, null], "a": 1}});
        assert_eq!(of_template(&one), of_template(&other));
        assert_ne!(of_template(&one), of_template(&json!({"spec": {"a": 2, "b": [true, null]}})));
        assert_eq!(of_template(&one).len(), 10);
    }
}
