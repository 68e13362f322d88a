//! Fields of Kubernetes' own kinds, from the bundled schemas: `deployment.spec.template.spec.containers`.

use cue_syntax::Diagnostic;
use k8s_schema::{Element, Field, ListType, Resource, Shape, Type, nearest};

/// A kind or a field of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// `apps/v1`
    pub api_version: String,
    /// `Deployment`
    pub kind: String,
    /// `spec.template`; empty for the kind itself.
    pub path: String,
    /// `PodTemplateSpec`, `[]Container`, `string`.
    pub shape: String,
    /// An apiserver refuses an object without it.
    pub required: bool,
    /// The values that it may have; empty when any will do.
    pub choices: Vec<String>,
    /// What an apiserver sets when it is missing.
    pub default: Option<String>,
    /// How apply merges it: `atomic`, `set`, `map by name`; empty for what is no list.
    pub merge: String,
    /// The fields inside, sorted: name, shape, required.
    pub fields: Vec<(String, String, bool)>,
}

/// The kind that a word names: `deploy`, `Deployment`, `deployments.apps`; with a version where one is wanted (`apps/v1`).
pub fn kind(word: &str, api_version: Option<&str>) -> Option<Resource> {
    let found = k8s_schema::resource_by_word(word)?;
    match api_version {
        None => Some(found),
        Some(wanted) => {
            let (group, version) = wanted.rsplit_once('/').unwrap_or(("", wanted));
            k8s_schema::resource(group, version, found.kind)
        }
    }
}

/// Explains a field of a kind; `path` is without the kind, its steps through lists are left out or written as `[]`.
///
/// # Errors
/// A name that the kind does not have, with the nearest one.
pub fn explain(resource: &Resource, path: &[&str]) -> Result<Explained, Diagnostic> {
    let whole = resource.schema().map_or(Shape::FreeForm, Shape::Object);
    let mut explained = Explained {
        api_version: resource.api_version(),
        kind: resource.kind.to_owned(),
        path: String::new(),
        shape: text(whole),
        required: false,
        choices: Vec::new(),
        default: None,
        merge: String::new(),
        fields: fields(whole),
    };
    let mut shape = whole;
    for step in path.iter().filter(|s| !matches!(**s, "[]" | "*" | "") && !s.chars().all(|c| c.is_ascii_digit())) {
        let Some(field) = object(shape).and_then(|t| t.field(step)) else {
            return Err(unknown(&explained, shape, step));
        };
        if !explained.path.is_empty() {
            explained.path.push('.');
        }
        explained.path.push_str(field.name);
        shape = field.shape();
        explained.shape = text(shape);
        explained.required = field.required;
        explained.choices = field.allowed().map(str::to_owned).collect();
        explained.default = field.default().map(str::to_owned);
        explained.merge = merge(field);
        explained.fields = fields(shape);
    }
    Ok(explained)
}

fn unknown(so_far: &Explained, shape: Shape, step: &str) -> Diagnostic {
    let names: Vec<&str> = object(shape).into_iter().flat_map(Type::fields).map(|f| f.name).collect();
    let place = if so_far.path.is_empty() { so_far.kind.clone() } else { format!("{}.{}", so_far.kind, so_far.path) };
    let d = Diagnostic::error("explain/unknown-field", format!("{place} has no field \"{step}\""));
    match nearest(step, names.iter().copied()) {
        Some(near) => d.help(format!("did you mean \"{near}\"?")),
        None if names.is_empty() => d.help(format!("it is {} and has nothing inside", so_far.shape)),
        None => d.help(format!("it has {}", names.join(", "))),
    }
}

/// The struct behind a shape, through lists and maps.
fn object(shape: Shape) -> Option<Type> {
    let mut shape = shape;
    loop {
        shape = match shape {
            Shape::Object(t) => return Some(t),
            Shape::List(e) | Shape::Map(e) => Element::shape(e),
            _ => return None,
        };
    }
}

fn fields(shape: Shape) -> Vec<(String, String, bool)> {
    let all = object(shape).into_iter().flat_map(Type::fields);
    all.map(|f| (f.name.to_owned(), text(f.shape()), f.required)).collect()
}

fn merge(field: Field) -> String {
    match (field.shape(), field.list_type()) {
        (Shape::List(_), ListType::Atomic) => "atomic".to_owned(),
        (Shape::List(_), ListType::Set) => "set".to_owned(),
        (Shape::List(_), ListType::Map(keys)) => format!("map by {}", keys.join(", ")),
        _ => String::new(),
    }
}

pub(crate) fn text(shape: Shape) -> String {
    match shape {
        Shape::String => "string".to_owned(),
        Shape::Bytes => "base64 string".to_owned(),
        Shape::Time | Shape::MicroTime => "time".to_owned(),
        Shape::Quantity => "quantity".to_owned(),
        Shape::IntOrString => "int or string".to_owned(),
        Shape::Int32 | Shape::Int64 => "int".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Boolean => "bool".to_owned(),
        Shape::FreeForm => "object".to_owned(),
        Shape::Any => "any".to_owned(),
        Shape::Object(t) => t.name().rsplit('.').next().unwrap_or_default().to_owned(),
        Shape::List(e) => format!("[]{}", text(e.shape())),
        Shape::Map(e) => format!("map[string]{}", text(e.shape())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(word: &str, path: &[&str]) -> Result<Explained, Diagnostic> {
        explain(&kind(word, None).unwrap(), path)
    }

    #[test]
    fn fields_are_followed_through_lists() {
        let found = of("deploy", &["spec", "template", "spec", "containers", "ports", "protocol"]).unwrap();
        assert_eq!(
            (found.shape.as_str(), found.default.as_deref(), found.choices.join(" ")),
            ("string", Some("TCP"), "SCTP TCP UDP".to_owned())
        );
        let found = of("deployment", &["spec", "template", "spec", "containers", "[]"]).unwrap();
        assert_eq!((found.shape.as_str(), found.merge.as_str(), found.required), ("[]Container", "map by name", true));
        assert!(found.fields.iter().any(|(name, shape, needed)| name == "name" && shape == "string" && *needed));
    }

    #[test]
    fn a_misspelt_field_names_the_nearest() {
        let problem = of("Deployment", &["spec", "replicaz"]).unwrap_err();
        assert_eq!(problem.message, "Deployment.spec has no field \"replicaz\"");
        assert_eq!(problem.help.as_deref(), Some("did you mean \"replicas\"?"));
        let problem = of("cm", &["data", "x", "y"]).unwrap_err();
        assert_eq!(problem.help.as_deref(), Some("it is map[string]string and has nothing inside"));
    }

    #[test]
    fn versions_can_be_chosen() {
        assert_eq!(kind("hpa", Some("autoscaling/v1")).unwrap().api_version(), "autoscaling/v1");
        assert_eq!(kind("hpa", Some("autoscaling/v9")), None);
    }
}
