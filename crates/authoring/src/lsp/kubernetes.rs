//! Objects of Kubernetes inside a template: which kind a struct is, and what can stand in it.

use super::scope::{Around, Unit, label_text};
use super::{Item, ItemKind};
use cue_syntax::ast::{Decl, Element, Expr, Field, StructLit, Text};
use k8s_schema::{Field as SchemaField, Resource, Shape, Type};

/// How deep `if` inside an object is looked into for its kind.
const DEPTH: u32 = 8;

/// The text of a string literal, also behind a default mark.
pub(super) fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::String(s) => match &s.value {
            Text::String(text) => Some(text),
            Text::Bytes(_) => None,
        },
        Expr::Paren(e, _) => literal(e),
        _ => None,
    }
}

fn text_of<'a>(decls: &'a [Decl], name: &str, depth: u32) -> Option<&'a str> {
    decls.iter().find_map(|d| match d {
        Decl::Field(f) if label_text(&f.label) == Some(name) => literal(&f.value),
        Decl::Comprehension(c) if depth < DEPTH => text_of(&c.body.decls, name, depth + 1),
        _ => None,
    })
}

/// The kind of the object that a struct literal is.
fn kind_of(s: &StructLit) -> Option<Resource> {
    let (api_version, kind) = (text_of(&s.decls, "apiVersion", 0)?, text_of(&s.decls, "kind", 0)?);
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    k8s_schema::resource(group, version, kind)
}

/// The struct in which a place is, as a part of an object: its type and the path to it.
pub(super) struct Inside {
    shape: Shape,
    path: String,
}

/// The object around a place. `structs` and `fields` are those that it is in.
pub(super) fn inside(unit: &Unit, around: &Around<'_>) -> Option<Inside> {
    for s in around.structs.iter().rev() {
        if let Some(resource) = kind_of(s) {
            let below = |f: &&&Field| s.span.start <= f.label.span().start && f.label.span().end <= s.span.end;
            let path: Vec<&str> = around.fields.iter().filter(below).filter_map(|f| label_text(&f.label)).collect();
            return follow(&resource, &path);
        }
    }
    let labels: Vec<&str> = around.fields.iter().filter_map(|f| label_text(&f.label)).collect();
    match labels.split_first() {
        Some((&"patch", rest)) => follow(&workload(unit)?, rest),
        _ => None,
    }
}

/// The first kind that the definition is for: of `appliesToWorkloads`, or the component's own workload.
pub(super) fn workload(unit: &Unit) -> Option<Resource> {
    let metadata = unit.metadata()?;
    let attributes = field(&metadata.value, "attributes")?;
    if let Some(Expr::List(list)) = field(attributes, "appliesToWorkloads") {
        let words = list.elements.iter().filter_map(|e| match e {
            Element::Value(e) => literal(e),
            _ => None,
        });
        return words.filter(|w| !w.contains('*')).find_map(k8s_schema::resource_by_word);
    }
    let definition = field(field(attributes, "workload")?, "definition")?;
    match definition {
        Expr::Struct(s) => kind_of(s),
        _ => None,
    }
}

fn field<'a>(expr: &'a Expr, name: &str) -> Option<&'a Expr> {
    let Expr::Struct(s) = expr else { return None };
    s.decls.iter().find_map(|d| match d {
        Decl::Field(f) if label_text(&f.label) == Some(name) => Some(&f.value),
        _ => None,
    })
}

/// Follows names into an object; lists and maps are passed through.
pub(super) fn follow(resource: &Resource, path: &[&str]) -> Option<Inside> {
    let mut shape = Shape::Object(resource.schema()?);
    let mut text = resource.kind.to_owned();
    for step in path {
        shape = match through_lists(shape) {
            Shape::Object(t) => t.field(step)?.shape(),
            Shape::Map(e) => e.shape(),
            _ => return None,
        };
        text.push('.');
        text.push_str(step);
    }
    Some(Inside { shape, path: text })
}

fn through_lists(mut shape: Shape) -> Shape {
    while let Shape::List(e) = shape {
        shape = e.shape();
    }
    shape
}

impl Inside {
    fn object(&self) -> Option<Type> {
        match through_lists(self.shape) {
            Shape::Object(t) => Some(t),
            _ => None,
        }
    }

    /// The fields that can stand here.
    pub(super) fn items(&self) -> Vec<Item> {
        let fields = self.object().into_iter().flat_map(Type::fields);
        fields
            .map(|f| Item {
                label: f.name.to_owned(),
                kind: ItemKind::Field,
                detail: text(f),
                usage: format!("{}.{}", self.path, f.name),
                required: f.required,
                insert: format!("{}: ", f.name),
            })
            .collect()
    }

    /// The values that a field here may have.
    pub(super) fn choices(&self, name: &str) -> Vec<&'static str> {
        let found = self.object().and_then(|t| t.field(name));
        found.into_iter().flat_map(SchemaField::allowed).collect()
    }

    /// What a field here is, as Markdown.
    pub(super) fn describe(&self, name: &str) -> Option<String> {
        let found = self.object()?.field(name)?;
        let mut out = format!("`{}.{name}`: {}", self.path, text(found));
        if found.required {
            out.push_str("\n\nRequired.");
        }
        if let Some(default) = found.default() {
            out.push_str(&format!("\n\nDefault: `{default}`"));
        }
        let choices: Vec<&str> = found.allowed().collect();
        if !choices.is_empty() {
            out.push_str(&format!("\n\nOne of: {}", choices.join(", ")));
        }
        Some(out)
    }
}

fn text(field: SchemaField) -> String {
    crate::explain::kinds::text(field.shape())
}
