//! Names: what Kubernetes accepts, and names it makes up.

use crate::error::Cause;
use serde_json::Value;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

fn is_label(text: &str) -> bool {
    let ok = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|c| ok(*c))
        && bytes.last().is_some_and(|c| ok(*c))
        && bytes.iter().all(|c| ok(*c) || *c == b'-')
}

fn is_qualified_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
}

/// What is wrong with an object's name, by the rule of its resource.
pub(crate) fn check_name(group: &str, resource: &str, name: &str, field: &str) -> Vec<Cause> {
    let invalid = |why: &str| Cause::invalid(field, &Value::from(name), why);
    let too_long = |max: usize| format!("must be no more than {max} characters");
    let mut causes = Vec::new();
    match (group, resource) {
        ("rbac.authorization.k8s.io", _) => {
            if name == "." || name == ".." || name.contains('/') || name.contains('%') {
                causes.push(invalid("may not be '.', '..', or contain '/' or '%'"));
            }
        }
        ("", "namespaces") => {
            if name.len() > 63 {
                causes.push(invalid(&too_long(63)));
            }
            if !is_label(name) {
                causes.push(invalid(LABEL));
            }
        }
        ("", "services") => {
            if name.len() > 63 {
                causes.push(invalid(&too_long(63)));
            }
            if !is_label(name) || name.starts_with(|c: char| c.is_ascii_digit()) {
                causes.push(invalid(LABEL_1035));
            }
        }
        _ => {
            if name.len() > 253 {
                causes.push(invalid(&too_long(253)));
            }
            if !name.split('.').all(is_label) {
                causes.push(invalid(SUBDOMAIN));
            }
        }
    }
    causes
}

/// What is wrong with the labels or the keys of the annotations of `metadata`.
pub(crate) fn check_metadata(metadata: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (field, values) in [("labels", true), ("annotations", false)] {
        let path = format!("metadata.{field}");
        let Some(map) = metadata.get(field).and_then(Value::as_object) else { continue };
        let mut total = 0;
        for (key, value) in map {
            total += key.len() + value.as_str().map_or(0, str::len);
            let (prefix, name) = key.split_once('/').map_or((None, key.as_str()), |(p, n)| (Some(p), n));
            if prefix.is_some_and(|p| p.is_empty() || !p.split('.').all(is_label)) {
                causes.push(Cause::invalid(&path, &Value::from(key.as_str()), &format!("prefix part {SUBDOMAIN}")));
            }
            if name.len() > 63 {
                causes.push(Cause::invalid(
                    &path,
                    &Value::from(key.as_str()),
                    "name part must be no more than 63 characters",
                ));
            }
            if !is_qualified_part(&if values { name.to_owned() } else { name.to_ascii_lowercase() }) {
                causes.push(Cause::invalid(&path, &Value::from(key.as_str()), QUALIFIED));
            }
            if values && let Some(text) = value.as_str() {
                if text.len() > 63 {
                    causes.push(Cause::invalid(&path, value, "must be no more than 63 characters"));
                }
                if !text.is_empty() && !is_qualified_part(text) {
                    causes.push(Cause::invalid(&path, value, LABEL_VALUE));
                }
            }
        }
        if !values && total > 256 * 1024 {
            causes.push(Cause {
                reason: "FieldValueTooLong",
                message: "Too long: may not be more than 262144 bytes".into(),
                field: path,
            });
        }
    }
    causes
}

/// What is wrong with finalizers and owner references.
pub(crate) fn check_references(metadata: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, finalizer) in crate::object::list(metadata, &["finalizers"]).iter().enumerate() {
        let name = finalizer.as_str().unwrap_or("");
        let standard = ["orphan", "foregroundDeletion", "kubernetes"].contains(&name);
        if !standard && !name.contains('/') {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(Cause::invalid(format!("metadata.finalizers[{index}]"), finalizer, why));
        }
    }
    let mut controllers: Vec<String> = Vec::new();
    for owner in crate::object::list(metadata, &["ownerReferences"]) {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if crate::object::text(owner, &[field]).is_empty() {
                let field_path = format!("metadata.ownerReferences.{field}");
                let why = if field == "apiVersion" {
                    "version must not be empty".into()
                } else {
                    format!("{field} must not be empty")
                };
                causes.push(Cause::invalid(field_path, &Value::from(""), &why));
            }
        }
        if owner.get("controller").and_then(Value::as_bool) == Some(true) {
            let text = |field: &str| crate::object::text(owner, &[field]).to_owned();
            controllers.push(format!("{}/{}", text("kind"), text("name")));
        }
    }
    if let [first, second, ..] = controllers.as_slice() {
        let why = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {second}"
        );
        let list = metadata.get("ownerReferences").cloned().unwrap_or_default();
        causes.push(Cause::invalid("metadata.ownerReferences", &list, &why));
    }
    causes
}

/// A name from `generateName`: the prefix, cut so that the whole is at most 63 characters, and five random characters
/// of Kubernetes' alphabet (no vowels, no lookalikes).
pub(crate) fn generate(prefix: &str) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut cut = prefix.len().min(58);
    while !prefix.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut name = prefix.get(..cut).unwrap_or("").to_owned();
    for byte in uuid::Uuid::new_v4().as_bytes().iter().take(5) {
        name.push(char::from(ALPHABET.get(usize::from(*byte) % ALPHABET.len()).copied().unwrap_or(b'x')));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_of_their_resource() {
        for (group, resource, name, good) in [
            ("", "configmaps", "a.b-c.d", true),
            ("", "configmaps", "A", false),
            ("", "configmaps", "-a", false),
            ("", "namespaces", "a.b", false),
            ("", "services", "1a", false),
            ("apps", "deployments", "1a", true),
            ("rbac.authorization.k8s.io", "roles", "system:node", true),
            ("rbac.authorization.k8s.io", "roles", "a/b", false),
        ] {
            assert_eq!(check_name(group, resource, name, "metadata.name").is_empty(), good, "{resource} {name}");
        }
    }

    #[test]
    fn generated_names_fit() {
        let name = generate(&"x".repeat(80));
        assert_eq!(name.len(), 63);
        assert_ne!(generate("a-"), generate("a-"));
    }
}
