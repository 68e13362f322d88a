//! Where schemas stand: JSON pointers, addresses, and which of them something refers to.

use super::Language;
use crate::data::{Data, DataValue};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

/// Names by pointer or address, in order.
pub(super) type Map<T> = IndexMap<String, T, FxBuildHasher>;

/// How deep schemas are read.
pub(super) const DEPTH: usize = 200;

/// One step further.
pub(super) fn below(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The value at a pointer.
pub(super) fn at<'d>(root: &'d Data, pointer: &str) -> Option<&'d Data> {
    pointer.split('/').skip(1).try_fold(root, |data, step| match &data.value {
        DataValue::Struct(fields) => fields.get(unescape(step).as_str()),
        DataValue::List(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The name of a definition of the document: the last step of `/definitions/NAME` and `/$defs/NAME`, or of
/// `/components/schemas/NAME`.
pub(super) fn definition(language: Language, pointer: &str) -> Option<String> {
    let rest = match language {
        Language::JsonSchema => pointer.strip_prefix("/definitions/").or_else(|| pointer.strip_prefix("/$defs/"))?,
        Language::OpenApi => pointer.strip_prefix("/components/schemas/")?,
    };
    (!rest.is_empty() && !rest.contains('/')).then(|| unescape(rest))
}

/// What `%41` stands for.
pub(super) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(code) if b == b'%' => {
                out.push(code);
                i += 3;
            }
            _ => {
                out.push(b);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An address in the light of the one around it.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    if reference.is_empty() {
        return base.to_owned();
    }
    if reference.contains("://") || reference.starts_with("urn:") || base.is_empty() {
        return reference.to_owned();
    }
    let host =
        base.find("://").map_or(0, |i| base.get(i + 3..).and_then(|r| r.find('/')).map_or(base.len(), |j| i + 3 + j));
    if reference.starts_with('/') {
        return format!("{}{reference}", base.get(..host).unwrap_or_default());
    }
    match base.rfind('/') {
        Some(i) if i >= host => format!("{}{reference}", base.get(..=i).unwrap_or_default()),
        _ => format!("{base}/{reference}"),
    }
}

/// What stands where in a document.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Pointers of schemas with an address of their own, by address.
    pub(super) addresses: Map<String>,
    /// Pointers that something refers to, and those of schemas with an address.
    pub(super) targets: Map<()>,
}

impl Places {
    /// Walks a document. `id` is the keyword that gives an address.
    pub(super) fn of(root: &Data, id: &str) -> Places {
        let mut places = Places::default();
        let mut references = Vec::new();
        places.walk(root, id, "", "", 0, &mut references);
        for (address, pointer) in references {
            if let Some(target) = places.pointer(&address, &pointer) {
                places.targets.insert(target, ());
            }
        }
        places
    }

    fn walk(
        &mut self,
        data: &Data,
        id: &str,
        pointer: &str,
        base: &str,
        depth: usize,
        references: &mut Vec<(String, String)>,
    ) {
        if depth > DEPTH * 2 {
            return;
        }
        match &data.value {
            DataValue::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.walk(item, id, &below(pointer, &i.to_string()), base, depth + 1, references);
                }
            }
            DataValue::Struct(fields) => {
                let text = |key: &str| match fields.get(key).map(|d| &d.value) {
                    Some(DataValue::String(s)) => Some(s.as_str()),
                    _ => None,
                };
                let mut base = base.to_owned();
                if let Some(own) = text(id).filter(|own| !own.contains('#')) {
                    base = resolve(&base, own);
                    self.addresses.insert(base.clone(), pointer.to_owned());
                    self.targets.insert(pointer.to_owned(), ());
                }
                if let Some(reference) = text("$ref") {
                    let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
                    references.push((resolve(&base, address), percent_decoded(fragment)));
                }
                for (key, value) in fields {
                    if !matches!(key.as_str(), "enum" | "const" | "default" | "examples") {
                        self.walk(value, id, &below(pointer, key), &base, depth + 1, references);
                    }
                }
            }
            _ => {}
        }
    }

    /// Where an address with a fragment leads in this document.
    pub(super) fn pointer(&self, address: &str, fragment: &str) -> Option<String> {
        let root = if address.is_empty() { "" } else { self.addresses.get(address)? };
        Some(format!("{root}{fragment}"))
    }
}
