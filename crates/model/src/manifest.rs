//! Files of objects (YAML or JSON, one or many documents) with the place of every property.

mod place;

pub use self::place::locate;

use crate::action::nearest;
use crate::fields::Field;
use cue::{Data, DataValue};
use cue_syntax::{Diagnostic, Source};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// One object of a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file.
    pub source: Arc<Source>,
    /// The object.
    pub value: Value,
    data: Data,
}

/// Reads a file. Empty documents are left out; a `List` object is its items.
///
/// # Errors
/// It is neither YAML nor JSON, or a document is no object with `apiVersion` and `kind`.
pub fn read(source: &Arc<Source>) -> Result<Vec<Document>, Vec<Diagnostic>> {
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    for data in cue::yaml::read(source)? {
        if !matches!(data.value, DataValue::Null) {
            take(source, data, &mut documents, &mut problems);
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

fn take(source: &Arc<Source>, data: Data, documents: &mut Vec<Document>, problems: &mut Vec<Diagnostic>) {
    // what comes from a file has no unknown parts
    let value = cue::json::to_value(&data).unwrap_or(Value::Null);
    let document = Document { source: source.clone(), value, data };
    if !document.value.is_object() {
        problems.push(
            document
                .locate(Diagnostic::error("manifest/no-object", "this document is no Kubernetes object").path(""))
                .help("it needs the fields `apiVersion`, `kind` and `metadata`"),
        );
        return;
    }
    if document.kind() == "List"
        && let DataValue::Struct(fields) = &document.data.value
        && let Some(Data { value: DataValue::List(items), .. }) = fields.get("items")
    {
        for item in items.clone() {
            take(source, item, documents, problems);
        }
        return;
    }
    for field in ["apiVersion", "kind"] {
        if document.text(field).is_empty() {
            let given = document.value.as_object().into_iter().flat_map(|o| o.keys().map(String::as_str));
            let near = nearest(field, given);
            let d =
                Diagnostic::error("manifest/no-kind", format!("the object has no `{field}`")).path(near.unwrap_or(""));
            problems.push(match near {
                Some(near) => document.locate(d).help(format!("did you mean `{field}` instead of `{near}`?")),
                None => document.locate(d),
            });
            return;
        }
    }
    documents.push(document);
}

impl Document {
    /// `apiVersion`
    pub fn api_version(&self) -> &str {
        self.text("apiVersion")
    }

    /// `kind`
    pub fn kind(&self) -> &str {
        self.text("kind")
    }

    /// `metadata.name`
    pub fn name(&self) -> &str {
        self.metadata("name")
    }

    /// `metadata.namespace`; empty when not given.
    pub fn namespace(&self) -> &str {
        self.metadata("namespace")
    }

    /// The object with the origins of its parts.
    pub fn data(&self) -> &Data {
        &self.data
    }

    fn text(&self, field: &str) -> &str {
        self.value.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    fn metadata(&self, field: &str) -> &str {
        self.value.get("metadata").and_then(|m| m.get(field)).and_then(Value::as_str).unwrap_or_default()
    }

    /// Gives a diagnostic that has a path and no place in this file its place.
    #[must_use]
    pub fn locate(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        place::locate(&mut diagnostic, &self.data);
        if diagnostic.path.as_deref() == Some("") {
            diagnostic.path = None;
        }
        diagnostic
    }

    /// The object as a type.
    ///
    /// # Errors
    /// A property has another type than it must have; says which and where.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        serde_path_to_error::deserialize(&self.value).map_err(|e| {
            let path = e.path().to_string();
            let what = e.inner().to_string();
            self.locate(
                Diagnostic::error("manifest/type", format!("{} \"{}\": {what}", self.kind(), self.name())).path(path),
            )
        })
    }

    /// Fields that mean nothing where they stand, of the kinds that people write ([`crate::fields`]). A slip of the pen is an
    /// error; what is only unknown is a warning, because a hub would drop it silently.
    pub fn unknown_fields(&self) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        if let Some(kind) = crate::fields::kind(self.api_version(), self.kind()) {
            self.only("", &self.value, &kind.fields, &mut problems);
        }
        problems
    }

    /// Holds one struct to its fields, then what is inside.
    fn only(&self, path: &str, value: &Value, known: &[&'static Field], problems: &mut Vec<Diagnostic>) {
        let Some(given) = value.as_object() else { return };
        let below = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        for name in given.keys().filter(|name| known.iter().all(|f| f.name != name.as_str())) {
            let names = known.iter().map(|f| f.name);
            let message = format!("field \"{name}\" is not known here");
            problems.push(
                self.locate(match nearest(name, names.clone()) {
                    Some(near) => Diagnostic::error("manifest/unknown-field", message)
                        .path(below(name))
                        .about_name()
                        .help(format!("did you mean \"{near}\"?")),
                    None => Diagnostic::warning("manifest/unknown-field", message)
                        .path(below(name))
                        .about_name()
                        .help(format!("known are {}", names.collect::<Vec<_>>().join(", "))),
                }),
            );
        }
        for field in known.iter().filter(|f| !f.inside.is_empty()) {
            let inside: Vec<&'static Field> = field.inside.iter().collect();
            match given.get(field.name) {
                Some(Value::Array(list)) => list.iter().enumerate().for_each(|(i, element)| {
                    self.only(&format!("{}[{i}]", below(field.name)), element, &inside, problems);
                }),
                Some(value) => self.only(&below(field.name), value, &inside, problems),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Application;

    fn tell(d: &Diagnostic) -> String {
        let place = d.labels.first().map_or(String::new(), |l| {
            let (line, column) = l.source.line_column(l.start);
            format!(
                "{}:{line}:{column} `{}`",
                l.source.name,
                l.source.text.get(l.start as usize..l.end as usize).unwrap_or("")
            )
        });
        format!(
            "{:?} {} {place} {} [{}] ({})",
            d.severity,
            d.code,
            d.message,
            d.path.as_deref().unwrap_or(""),
            d.help.as_deref().unwrap_or("")
        )
    }

    const TEXT: &str = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop}
spec:
  components:
    - name: web
      type: webservice
      propeties:
        image: nginx
      traits:
        - type: [scaler]
  polices: []
  owner: me
";

    #[test]
    fn slips_and_wrong_types_point_into_the_file() {
        let documents = read(&Source::new("app.yaml", TEXT)).unwrap();
        let mut lines: Vec<String> = documents[0].unknown_fields().iter().map(tell).collect();
        lines.push(tell(&documents[0].parse::<Application>().unwrap_err()));
        lines.extend(
            read(&Source::new("b.yaml", "a: 1\n---\n- x\n---\napiversion: v1\nkind: X\n"))
                .unwrap_err()
                .iter()
                .map(tell),
        );
        lines.extend(read(&Source::new("c.yaml", "a: [1\n")).unwrap_err().iter().map(tell));
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn documents_and_lists_are_taken_apart() {
        let text = "---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: a, namespace: n}}\n- {apiVersion: v1, kind: B, metadata: {name: b}}\n---\n{\"apiVersion\": \"v1\", \"kind\": \"C\"}\n";
        let documents = read(&Source::new("x", text)).unwrap();
        let names: Vec<String> =
            documents.iter().map(|d| format!("{} {}/{}", d.kind(), d.namespace(), d.name())).collect();
        assert_eq!(names, ["A n/a", "B /b", "C /"]);
        let problem = documents[1].locate(Diagnostic::error("manifest/type", "").path("metadata.name.x"));
        let (start, end) = (problem.labels[0].start, problem.labels[0].end);
        assert_eq!(&text[start as usize..end as usize], "b");
    }
}
