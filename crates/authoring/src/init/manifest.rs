//! From a manifest: the objects become `output` and `outputs`, the values in them parameters whose defaults are what the
//! manifest says. Rendered without parameters, the definition gives the manifest again.

use super::{About, Files, head};
use crate::convert::{label, write};
use crate::data::{empty, field, text};
use cue::{Data, DataValue, Fields};
use model::DefinitionKind;
use serde_json::{Value, json};

/// Values below these are how an object is found and not what a user sets.
const STRUCTURE: [&str; 8] =
    ["apiVersion", "kind", "metadata", "selector", "matchLabels", "labels", "status", "ownerReferences"];

/// A parameter that a value became.
struct Parameter {
    name: String,
    value: Data,
    /// Where it stood: `spec.replicas`.
    path: String,
}

struct Work {
    parameters: Vec<Parameter>,
    /// The name of the workload: it becomes `context.name` wherever it stands.
    name: String,
}

/// A definition that renders these objects. The first is the workload (of a component), or stands beside it (of a trait).
pub fn from_objects(about: &About, objects: &[Data]) -> Files {
    let name = objects.first().and_then(|o| field(field(o, "metadata")?, "name")).and_then(text).unwrap_or_default();
    let mut work = Work { parameters: Vec::new(), name: name.to_owned() };
    let mut body = String::new();
    let mut names: Vec<String> = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        let object = bare(object);
        let is_workload = i == 0 && about.kind == DefinitionKind::Component;
        let key = if is_workload { "output".to_owned() } else { free(&object, &mut names) };
        body.push_str(if is_workload { "\toutput: " } else { "\toutputs: " });
        if !is_workload {
            body.push_str(&format!("{}: ", label(&key)));
        }
        work.value(&object, &mut Vec::new(), "", &mut body, 1);
        body.push('\n');
    }
    body.push_str("\tparameter: {\n");
    for parameter in &work.parameters {
        let default = literal(&parameter.value);
        let kind = match json_of(&parameter.value) {
            Value::Bool(_) => "bool",
            Value::Number(n) if n.is_f64() => "number",
            Value::Number(_) => "int",
            _ => "string",
        };
        let words = parameter.path.replace('.', " ");
        body.push_str(&format!("\t\t// +usage={}\n", sentence(&words)));
        body.push_str(&format!("\t\t{}: *{default} | {kind}\n", label(&parameter.name)));
    }
    body.push_str("\t}\n");
    let workload = objects.first().filter(|_| about.kind == DefinitionKind::Component);
    let attributes = match workload {
        Some(o) => {
            let word = |key: &str| field(o, key).and_then(text).unwrap_or_default();
            json!({"workload": {"definition": {"apiVersion": word("apiVersion"), "kind": word("kind")}}})
        }
        None => json!({"podDisruptive": false}),
    };
    let definition = format!("{}\ntemplate: {{\n{body}}}\n", head(about, &attributes));
    let formatted = cue_syntax::format(&cue_syntax::Source::new(about.name.clone(), definition.clone()));
    Files { definition: formatted.unwrap_or(definition), cases: cases(about, objects, name, &work) }
}

fn json_of(data: &Data) -> Value {
    // What comes from a file has no unknown parts.
    cue::json::to_value(data).unwrap_or(Value::Null)
}

/// A map in this order.
fn map<const N: usize>(fields: [(&str, Data); N]) -> Data {
    let fields: Fields = fields.into_iter().map(|(k, v)| (k.into(), v)).collect();
    DataValue::Struct(fields).into()
}

/// Two cases: the manifest comes out again, and the first parameter has a type.
fn cases(about: &About, objects: &[Data], name: &str, work: &Work) -> String {
    let mut expect = Fields::default();
    let mut outputs = Fields::default();
    let mut names = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        let object = bare(object);
        if i == 0 && about.kind == DefinitionKind::Component {
            expect.insert("exact".into(), true.into());
            expect.insert("output".into(), object);
        } else {
            outputs.insert(free(&object, &mut names).into(), object);
        }
    }
    if !outputs.is_empty() {
        expect.insert("outputs".into(), DataValue::Struct(outputs).into());
    }
    let mut list = vec![map([
        ("name", Data::string("without parameters, the manifest")),
        ("parameter", empty()),
        ("expect", DataValue::Struct(expect).into()),
    ])];
    if let Some(first) = work.parameters.first() {
        let is_text = matches!(first.value.value, DataValue::String(_));
        let wrong = if is_text { false.into() } else { Data::string("not a number") };
        let error =
            map([("code", Data::string("render/mistyped-parameter")), ("path", Data::string(first.name.as_str()))]);
        list.push(map([
            ("name", Data::string(format!("{} has a type", first.name))),
            ("parameter", map([(first.name.as_str(), wrong)])),
            ("expect", map([("error", error)])),
        ]));
    }
    let mut suite = Fields::default();
    if !name.is_empty() {
        suite.insert("context".into(), map([("name", Data::string(name))]));
    }
    suite.insert("cases".into(), DataValue::List(list).into());
    cue::yaml::write(&DataValue::Struct(suite).into()).unwrap_or_default()
}

/// Without what a cluster has added.
fn bare(object: &Data) -> Data {
    let mut object = object.clone();
    if let DataValue::Struct(fields) = &mut object.value {
        fields.shift_remove("status");
        if let Some(Data { value: DataValue::Struct(metadata), .. }) = fields.get_mut("metadata") {
            for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "namespace"] {
                metadata.shift_remove(field);
            }
        }
    }
    object
}

/// A name for an object beside the workload, that no other has: its kind, else with its name.
fn free(object: &Data, taken: &mut Vec<String>) -> String {
    let kind = field(object, "kind").and_then(text).unwrap_or("object").to_lowercase();
    let own = field(object, "metadata").and_then(|m| field(m, "name")).and_then(text).unwrap_or_default();
    let mut name = kind.clone();
    if taken.contains(&name) {
        name = format!("{kind}-{own}");
    }
    let mut n = 2;
    while taken.contains(&name) {
        name = format!("{kind}-{n}");
        n += 1;
    }
    taken.push(name.clone());
    name
}

impl Work {
    /// `named` is the `name` of the element of a list that the value stands in: `env: [{name: …, value: …}]`.
    fn value(&mut self, value: &Data, path: &mut Vec<String>, named: &str, out: &mut String, depth: usize) {
        let tabs = |n: usize| "\t".repeat(n);
        match &value.value {
            DataValue::Struct(map) if map.len() == 1 && depth > 1 && out.ends_with(": ") => {
                for (key, value) in map {
                    out.push_str(&format!("{}: ", label(key)));
                    path.push(key.to_string());
                    self.value(value, path, named, out, depth);
                    path.pop();
                }
            }
            DataValue::Struct(map) if !map.is_empty() => {
                let named = field(value, "name").and_then(text).unwrap_or_default().to_owned();
                out.push_str("{\n");
                for (key, value) in map {
                    out.push_str(&format!("{}{}: ", tabs(depth + 1), label(key)));
                    path.push(key.to_string());
                    self.value(value, path, &named, out, depth + 1);
                    path.pop();
                    out.push('\n');
                }
                out.push_str(&format!("{}}}", tabs(depth)));
            }
            DataValue::List(list) if !list.is_empty() => {
                let all = list.iter().all(|d| matches!(d.value, DataValue::Struct(_)));
                out.push('[');
                for (i, value) in list.iter().enumerate() {
                    // Structs hang together: `}, {`.
                    match (all, i) {
                        (true, 0) => {}
                        (true, _) => out.push_str(", "),
                        (false, 0) => out.push_str(&format!("\n{}", tabs(depth + 1))),
                        (false, _) => out.push_str(&format!(",\n{}", tabs(depth + 1))),
                    }
                    path.push(i.to_string());
                    self.value(value, path, "", out, if all { depth } else { depth + 1 });
                    path.pop();
                }
                out.push_str(&if all { "]".to_owned() } else { format!(",\n{}]", tabs(depth)) });
            }
            DataValue::String(text) if !self.name.is_empty() && *text == self.name && !path.is_empty() => {
                out.push_str("context.name");
            }
            DataValue::Null | DataValue::Struct(_) | DataValue::List(_) => write(out, &json_of(value), depth),
            _ if path.iter().any(|p| STRUCTURE.contains(&p.as_str())) || is_name(path) => {
                write(out, &json_of(value), depth);
            }
            _ => {
                let name = self.parameter(path, named, value);
                let plain = label(&name);
                let selector = if plain == name { format!(".{name}") } else { format!("[{plain}]") };
                out.push_str(&format!("parameter{selector}"));
            }
        }
    }

    /// The parameter of a value: named after its field, after the fields above it too where that is taken.
    fn parameter(&mut self, path: &[String], named: &str, value: &Data) -> String {
        let steps: Vec<&str> = path.iter().map(String::as_str).filter(|p| p.parse::<usize>().is_err()).collect();
        let mut name = String::new();
        if steps.last() == Some(&"value") && !named.is_empty() {
            // `LOG_LEVEL` is the parameter `logLevel`.
            name = camel(&[named.to_lowercase().as_str()]);
        }
        if name.is_empty() || self.parameters.iter().any(|p| p.name == name) {
            for n in 1..=steps.len() {
                name = camel(steps.get(steps.len() - n..).unwrap_or_default());
                if self.parameters.iter().all(|p| p.name != name) {
                    break;
                }
            }
        }
        let mut n = 2;
        let base = name.clone();
        while self.parameters.iter().any(|p| p.name == name) {
            name = format!("{base}{n}");
            n += 1;
        }
        let mut path = steps.join(".");
        if !named.is_empty() {
            path = format!("{path} of {named}");
        }
        self.parameters.push(Parameter { name: name.clone(), value: value.clone(), path });
        name
    }
}

/// Names that tie parts together (`containers[0].name`, `volumeMounts[0].name`) stay.
fn is_name(path: &[String]) -> bool {
    path.last().is_some_and(|p| p == "name") && path.len() > 1
}

fn camel(steps: &[&str]) -> String {
    let mut out = String::new();
    for (i, step) in steps.iter().enumerate() {
        for (j, word) in step.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).enumerate() {
            let mut chars = word.chars();
            match chars.next() {
                Some(first) if i + j > 0 => out.extend(first.to_uppercase()),
                Some(first) => out.push(first),
                None => {}
            }
            out.extend(chars);
        }
    }
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) { format!("value{out}") } else { out }
}

fn literal(value: &Data) -> String {
    let mut out = String::new();
    write(&mut out, &json_of(value), 2);
    out
}

fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(kind: DefinitionKind, yaml: &str) -> Files {
        let about = About { name: "shop".into(), kind, description: "A shop".into(), alias: String::new() };
        from_objects(&about, &cue::yaml::parse_stream(yaml).unwrap())
    }

    #[test]
    fn a_manifest_comes_out_again() {
        let files = files(
            DefinitionKind::Component,
            r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: prod, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        env: [{name: LOG_LEVEL, value: "1"}, {name: B, value: two}]
        args: [serve, --all]
        ports: [{containerPort: 80}]
status: {replicas: 3}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 80}]
"#,
        );
        super::super::tests::holds(&files);
        insta::assert_snapshot!(format!("{}-----\n{}", files.definition, files.cases));
    }

    #[test]
    fn a_trait_puts_the_objects_beside_the_workload() {
        let files = files(
            DefinitionKind::Trait,
            "
apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data: {a-b: 'yes', file.txt: \"one\\ntwo\\n\"}
",
        );
        super::super::tests::holds(&files);
        assert!(files.definition.contains("outputs: configmap: {"), "{}", files.definition);
        assert!(files.definition.contains("parameter.aB") && files.definition.contains("parameter.fileTxt"));
    }
}
