//! Types and their fields, read from their line when asked for.

use crate::bundle::line_name;
use crate::release::Release;

/// An object type, for example `apps.v1.DeploymentSpec`. Copying it copies a reference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Type(&'static str, Release);

impl std::fmt::Debug for Type {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Type({})", self.name())
    }
}

/// One field of a [`Type`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in a manifest.
    pub name: &'static str,
    /// Whether an apiserver refuses an object without it.
    pub required: bool,
    text: &'static str,
    marks: &'static str,
    release: Release,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    String,
    /// Base64 text.
    Bytes,
    /// RFC 3339 to the second.
    Time,
    /// RFC 3339 to the microsecond.
    MicroTime,
    /// A resource quantity such as `500m` or `1Gi`; a number is taken too.
    Quantity,
    /// A number or a name, as ports are.
    IntOrString,
    /// 32 bits, signed.
    Int32,
    /// 64 bits, signed.
    Int64,
    /// A floating-point number.
    Number,
    /// True or false.
    Boolean,
    /// An object whose fields are free and kept as they are (`RawExtension`, `FieldsV1`).
    FreeForm,
    /// Any JSON value.
    Any,
    /// An object of a type.
    Object(Type),
    /// A list of elements.
    List(Element),
    /// A map from text to elements.
    Map(Element),
}

/// What a list or a map holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element(&'static str, Release);

impl Element {
    /// Its shape.
    pub fn shape(self) -> Shape {
        shape(self.0, self.1)
    }
}

/// How apply merges a list (`x-kubernetes-list-type`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListType {
    /// One owner, replaced as a whole. What a list is when nothing else is said.
    Atomic,
    /// Scalars, each owned on its own.
    Set,
    /// Objects, each identified by these fields.
    Map(Vec<&'static str>),
}

/// The fields of a type, sorted by name.
#[derive(Debug, Clone)]
pub struct Fields(std::str::Split<'static, char>, Release);

impl Iterator for Fields {
    type Item = Field;
    fn next(&mut self) -> Option<Field> {
        let release = self.1;
        self.0.by_ref().find_map(|word| Field::parse(word, release))
    }
}

/// The type of the built-in resource of a group (empty for core), version and kind.
pub fn type_of(group: &str, version: &str, kind: &str) -> Option<Type> {
    crate::resource::resource(group, version, kind)?.schema()
}

impl Type {
    /// The type of this name, as [`Type::name`] writes it.
    pub fn named(name: &str) -> Option<Type> {
        Self::in_release(name, Release::FULL)
    }

    /// The type of this name in a version of Kubernetes.
    pub fn in_release(name: &str, release: Release) -> Option<Type> {
        release.type_line(name).map(|line| Type(line, release))
    }

    /// For example `core.v1.PodSpec` or `meta.v1.ObjectMeta`.
    pub fn name(self) -> &'static str {
        line_name(self.0)
    }

    /// Whether apply owns and replaces the whole struct (`x-kubernetes-map-type: atomic`).
    pub fn atomic(self) -> bool {
        self.0.get(self.name().len()..).is_some_and(|rest| rest.starts_with('%'))
    }

    /// All fields.
    pub fn fields(self) -> Fields {
        let mut words = self.0.split(' ');
        words.next();
        Fields(words, self.1)
    }

    /// The names of the fields that an apiserver wants to be there.
    pub(crate) fn required(self) -> impl Iterator<Item = &'static str> {
        // `!:` stands behind the name of a required field and nowhere else.
        self.0.match_indices("!:").filter_map(|(end, _)| {
            let before = self.0.get(..end)?;
            before.get(before.rfind(' ')? + 1..)
        })
    }

    /// The field of this name.
    pub fn field(self, name: &str) -> Option<Field> {
        // A word that starts with the name and has nothing else before its type.
        let is_end = |rest: &str| rest.starts_with(':') || rest.starts_with("!:");
        let mut rest = self.0;
        while let Some(at) = rest.find(' ') {
            rest = rest.get(at + 1..)?;
            if rest.strip_prefix(name).is_some_and(is_end) {
                return Field::parse(rest.split(' ').next()?, self.1);
            }
        }
        None
    }

    /// Follows field names; lists and maps are entered by any step, so `["spec", "containers", "0", "env"]` works.
    /// `None` where a name is unknown or the shape has nothing inside.
    pub fn at<'a>(self, path: impl IntoIterator<Item = &'a str>) -> Option<Field> {
        let mut current = None;
        let mut shape = Shape::Object(self);
        for step in path {
            shape = match shape {
                Shape::Object(inner) => {
                    let field = inner.field(step)?;
                    current = Some(field);
                    field.shape()
                }
                Shape::List(element) | Shape::Map(element) => element.shape(),
                _ => return None,
            };
        }
        current
    }
}

const MARKS: [char; 7] = ['|', '=', '%', '~', '^', '+', '#'];

impl Field {
    fn parse(word: &'static str, release: Release) -> Option<Field> {
        let (name, rest) = word.split_once(':')?;
        let end = rest.find(MARKS).unwrap_or(rest.len());
        let (text, marks) = rest.split_at_checked(end)?;
        Some(match name.strip_suffix('!') {
            Some(name) => Field { name, required: true, text, marks, release },
            None => Field { name, required: false, text, marks, release },
        })
    }

    fn mark(self, mark: char) -> Option<&'static str> {
        let (_, rest) = self.marks.split_once(mark)?;
        rest.split(MARKS).next()
    }

    /// What its value looks like.
    pub fn shape(self) -> Shape {
        shape(self.text, self.release)
    }

    /// The values it may have; empty when any will do.
    pub fn allowed(self) -> impl Iterator<Item = &'static str> + Clone {
        let known = self.release.knows_values();
        let end = self.marks.find(['=', '%', '~', '^', '+', '#']).unwrap_or(self.marks.len());
        self.marks.get(..end).unwrap_or_default().split('|').filter(move |value| known && !value.is_empty())
    }

    /// The value that an apiserver sets when it is missing, where the schema says it. Always text.
    pub fn default(self) -> Option<&'static str> {
        self.mark('=')
    }

    /// Whether apply owns and replaces this map or struct as a whole.
    pub fn atomic(self) -> bool {
        self.marks.contains('%') || matches!(self.shape(), Shape::Object(inner) if inner.atomic())
    }

    /// How apply merges it. [`ListType::Atomic`] for what is no list, too.
    pub fn list_type(self) -> ListType {
        match self.mark('~') {
            Some("set") => ListType::Set,
            Some(text) => match text.strip_prefix("map:") {
                Some(keys) => ListType::Map(keys.split(',').collect()),
                None => ListType::Atomic,
            },
            None => ListType::Atomic,
        }
    }

    /// Its number in protobuf; `OUTER.INNER` where protobuf has a message between that JSON has not.
    pub(crate) fn number(self) -> Option<&'static str> {
        self.mark('#').map(|number| number.trim_start_matches('*'))
    }

    /// Whether absent and zero are two things, so that a zero is kept.
    pub(crate) fn optional_zero(self) -> bool {
        self.mark('#').is_some_and(|number| number.starts_with('*'))
    }

    /// The key by which a strategic merge patch finds an element (`x-kubernetes-patch-merge-key`).
    pub fn merge_key(self) -> Option<&'static str> {
        self.mark('^')
    }

    /// What a strategic merge patch does (`x-kubernetes-patch-strategy`): `merge`, `replace`, `retainKeys`, or several.
    pub fn patch_strategies(self) -> impl Iterator<Item = &'static str> + Clone {
        self.mark('+').unwrap_or_default().split(',').filter(|strategy| !strategy.is_empty())
    }
}

fn shape(text: &'static str, release: Release) -> Shape {
    let inner = || text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    match text.as_bytes().first() {
        Some(b's') => Shape::String,
        Some(b'y') => Shape::Bytes,
        Some(b't') => Shape::Time,
        Some(b'u') => Shape::MicroTime,
        Some(b'q') => Shape::Quantity,
        Some(b'x') => Shape::IntOrString,
        Some(b'i') => Shape::Int32,
        Some(b'l') => Shape::Int64,
        Some(b'n') => Shape::Number,
        Some(b'b') => Shape::Boolean,
        Some(b'o') => Shape::FreeForm,
        Some(b'[') => Shape::List(Element(inner(), release)),
        Some(b'{') => Shape::Map(Element(inner(), release)),
        Some(b'@') => {
            let named = text.get(1..).and_then(|name| Type::in_release(name, release));
            named.map_or(Shape::FreeForm, Shape::Object)
        }
        _ => Shape::Any,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::bundle::TYPES;

    #[test]
    fn every_field_can_be_read_and_every_reference_leads_to_a_type() {
        fn check(text: &'static str, of: &str) {
            match shape(text, Release::FULL) {
                Shape::List(element) | Shape::Map(element) => check(element.0, of),
                Shape::FreeForm => assert_eq!(text, "o", "{of}"),
                Shape::Any => assert_eq!(text, "a", "{of}"),
                _ => {}
            }
        }
        let mut count = 0;
        for line in TYPES.lines() {
            let found = Type::named(line_name(line)).unwrap();
            assert_eq!(found.fields().count(), line.split(' ').count() - 1, "{line}");
            let required: Vec<_> = found.fields().filter(|f| f.required).map(|f| f.name).collect();
            assert_eq!(found.required().collect::<Vec<_>>(), required, "{line}");
            for field in found.fields() {
                assert_eq!(found.field(field.name), Some(field));
                check(field.text, line);
                count += 1;
            }
        }
        assert!(count > 2_500, "{count}");
    }

    #[test]
    fn list_keys_and_merge_keys_by_path() {
        let deployment = type_of("apps", "v1", "Deployment").unwrap();
        let at = |path: &str| deployment.at(path.split('.')).unwrap();
        let containers = at("spec.template.spec.containers");
        assert_eq!(containers.list_type(), ListType::Map(vec!["name"]));
        assert_eq!(containers.merge_key(), Some("name"));
        assert!(containers.required);
        let ports = at("spec.template.spec.containers.0.ports");
        assert_eq!(ports.list_type(), ListType::Map(vec!["containerPort", "protocol"]));
        assert_eq!(ports.merge_key(), Some("containerPort"));
        assert_eq!(at("spec.template.spec.containers.0.ports.0.protocol").default(), Some("TCP"));
        assert_eq!(at("spec.template.spec.containers.0.args").list_type(), ListType::Atomic);
        assert_eq!(at("spec.template.spec.volumes").patch_strategies().collect::<Vec<_>>(), ["merge", "retainKeys"]);
        assert_eq!(at("metadata.finalizers").list_type(), ListType::Set);
        assert!(at("spec.selector").atomic());
        assert!(at("spec.template.spec.nodeSelector").atomic());
        assert!(!at("metadata.labels").atomic());
        assert_eq!(at("spec.replicas").shape(), Shape::Int32);
        assert_eq!(deployment.at(["spec", "nothing"]), None);
        assert_eq!(deployment.at(["spec", "replicas", "deeper"]), None);
    }
}
