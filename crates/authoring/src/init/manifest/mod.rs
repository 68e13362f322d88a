//! From a manifest: the objects become `output` and `outputs`, the values in them parameters whose defaults are what the
//! manifest says. Rendered without parameters, the definition gives the manifest again. What is secret gets no default:
//! it has to be given, and stands neither in the definition nor in its cases.

mod bare;
mod words;

use super::{About, Files, head, health};
use crate::convert::{label, write};
use crate::data::{empty, field, text};
use bare::{bare, json_of, map};
use cue::{Data, DataValue, Fields};
use model::DefinitionKind;
use serde_json::{Value, json};
use words::Place;

/// A parameter that a value became.
struct Parameter {
    name: String,
    value: Data,
    usage: String,
    /// The field that it was.
    leaf: String,
    /// It has no default.
    secret: bool,
}

struct Work {
    parameters: Vec<Parameter>,
    /// The name of the workload: it becomes `context.name` wherever it stands.
    name: String,
    /// The names of all objects: where one begins with the workload's, it goes on doing so.
    names: Vec<String>,
    place: Place,
}

fn name_of(object: &Data) -> &str {
    field(object, "metadata").and_then(|m| field(m, "name")).and_then(text).unwrap_or_default()
}

/// A definition that renders these objects. The first is the workload (of a component), or stands beside it (of a trait); a
/// step applies them all.
pub fn from_objects(about: &About, objects: &[Data]) -> Files {
    let objects: Vec<Data> = objects.iter().flat_map(bare::unrolled).map(bare).collect();
    let is_step = about.kind == DefinitionKind::WorkflowStep;
    // A step applies what the manifest names; there is no component whose name it could take.
    let name = objects.first().filter(|_| !is_step).map_or("", name_of).to_owned();
    let names = objects.iter().map(|o| name_of(o).to_owned()).collect();
    let mut work = Work { parameters: Vec::new(), name: name.clone(), names, place: Place::default() };
    if is_step {
        work.parameters.push(Parameter {
            name: "cluster".to_owned(),
            value: Data::string(""),
            usage: "Name of the cluster; empty is the hub".to_owned(),
            leaf: String::new(),
            secret: false,
        });
    }
    let mut body = String::new();
    let mut keys: Vec<String> = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        let is_workload = i == 0 && about.kind == DefinitionKind::Component;
        let kind = field(object, "kind").and_then(text).unwrap_or_default().to_owned();
        work.place = Place { kind, ..Place::default() };
        if is_step {
            let action = format!("apply-{}", free(object, &mut keys));
            body.push_str(&format!("\t{}: kube.#Apply & {{\n\t\t$params: {{\n", label(&action)));
            body.push_str("\t\t\tcluster: parameter.cluster\n\t\t\tvalue: ");
            work.value(object, &mut body, 3);
            body.push_str("\n\t\t}\n\t}\n");
            continue;
        }
        if is_workload {
            body.push_str("\toutput: ");
        } else {
            body.push_str(&format!("\toutputs: {}: ", label(&free(object, &mut keys))));
        }
        work.value(object, &mut body, 1);
        body.push('\n');
    }
    body.push_str("\tparameter: {\n");
    for parameter in &work.parameters {
        let value = json_of(&parameter.value);
        let kind = match &value {
            Value::Bool(_) => "bool",
            Value::Number(n) if n.is_f64() => "number",
            Value::Number(_) => "int",
            Value::Array(list) if list.iter().all(Value::is_i64) => "[...int]",
            Value::Array(_) => "[...string]",
            _ => "string",
        };
        body.push_str(&format!("\t\t// +usage={}\n\t\t{}: ", parameter.usage, label(&parameter.name)));
        if !parameter.secret {
            body.push('*');
            write(&mut body, &value, 2);
            body.push_str(" | ");
        }
        body.push_str(&format!("{kind}\n"));
    }
    body.push_str("\t}\n");
    let imports = if is_step { "import \"vela/kube\"\n\n" } else { "" };
    let definition = format!("{imports}{}\ntemplate: {{\n{body}}}\n", head(about, &attributes(about, objects.first())));
    let formatted = cue_syntax::format(&cue_syntax::Source::new(about.name.clone(), definition.clone()));
    Files { definition: formatted.unwrap_or(definition), cases: cases(about, &objects, &name, &work) }
}

fn attributes(about: &About, first: Option<&Data>) -> Value {
    if about.kind == DefinitionKind::WorkflowStep {
        return json!({});
    }
    let Some(workload) = first.filter(|_| about.kind == DefinitionKind::Component) else {
        return json!({"podDisruptive": false});
    };
    let word = |key: &str| field(workload, key).and_then(text).unwrap_or_default();
    let mut attributes = json!({"workload": {"definition": {"apiVersion": word("apiVersion"), "kind": word("kind")}}});
    if let (true, Some(map)) = (matches!(word("kind"), "Deployment" | "StatefulSet"), attributes.as_object_mut()) {
        map.insert("status".to_owned(), health());
    }
    attributes
}

/// Two cases: the manifest comes out again, and the first parameter has a type.
fn cases(about: &About, objects: &[Data], name: &str, work: &Work) -> String {
    let mut expect = Fields::default();
    let mut outputs = Fields::default();
    let mut calls: Vec<Data> = Vec::new();
    let is_step = about.kind == DefinitionKind::WorkflowStep;
    let mut keys = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        if is_step {
            let call = map([("value", object.clone())]);
            calls.push(map([("do", Data::string("kube.apply")), ("params", call)]));
        } else if i == 0 && about.kind == DefinitionKind::Component {
            expect.insert("exact".into(), true.into());
            expect.insert("output".into(), object.clone());
        } else {
            outputs.insert(free(object, &mut keys).into(), object.clone());
        }
    }
    if !outputs.is_empty() {
        expect.insert("outputs".into(), DataValue::Struct(outputs).into());
    }
    if is_step {
        expect.insert("phase".into(), Data::string("succeeded"));
        expect.insert("calls".into(), DataValue::List(calls).into());
    }
    let secrets: Fields =
        work.parameters.iter().filter(|p| p.secret).map(|p| (p.name.as_str().into(), p.value.clone())).collect();
    let title = if secrets.is_empty() { "without parameters" } else { "with nothing but what is secret" };
    let given = if secrets.is_empty() { empty() } else { DataValue::Struct(secrets).into() };
    let mut list = vec![map([
        ("name", Data::string(format!("{title}, the manifest"))),
        ("parameter", given),
        ("expect", DataValue::Struct(expect).into()),
    ])];
    if let Some(first) = work.parameters.first().filter(|_| !is_step) {
        let is_text = matches!(first.value.value, DataValue::String(_));
        let wrong = if is_text { false.into() } else { Data::string("something else") };
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

/// A name for an object beside the workload, that no other has: its kind, else with its name.
fn free(object: &Data, taken: &mut Vec<String>) -> String {
    let kind = field(object, "kind").and_then(text).unwrap_or("object").to_lowercase();
    let mut name = kind.clone();
    if taken.contains(&name) {
        name = format!("{kind}-{}", name_of(object));
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
    fn value(&mut self, value: &Data, out: &mut String, depth: usize) {
        match &value.value {
            DataValue::Struct(map) if map.len() == 1 && depth > 1 && out.ends_with(": ") => {
                for (key, value) in map {
                    out.push_str(&format!("{}: ", label(key)));
                    self.below(key, value, out, depth);
                }
            }
            DataValue::Struct(map) if !map.is_empty() => {
                out.push_str("{\n");
                for (key, value) in map {
                    out.push_str(&format!("{}{}: ", "\t".repeat(depth + 1), label(key)));
                    self.below(key, value, out, depth + 1);
                    out.push('\n');
                }
                out.push_str(&format!("{}}}", "\t".repeat(depth)));
            }
            DataValue::List(list) if !list.is_empty() => self.list(value, list, out, depth),
            DataValue::String(text) => match self.name_in(text) {
                Some(name) => out.push_str(&name),
                None => self.scalar(value, out, depth),
            },
            DataValue::Null | DataValue::Struct(_) | DataValue::List(_) => write(out, &json_of(value), depth),
            _ => self.scalar(value, out, depth),
        }
    }

    fn below(&mut self, key: &str, value: &Data, out: &mut String, depth: usize) {
        self.place.path.push(key.to_owned());
        self.value(value, out, depth);
        self.place.path.pop();
    }

    fn list(&mut self, whole: &Data, list: &[Data], out: &mut String, depth: usize) {
        let all = |is: fn(&Data) -> bool| list.iter().all(is);
        let texts = all(|d| matches!(d.value, DataValue::String(_)));
        let plain = texts && !list.iter().filter_map(text).any(|t| self.name_in(t).is_some());
        if plain || all(|d| matches!(d.value, DataValue::Number(_))) {
            return self.scalar(whole, out, depth);
        }
        let structs = all(|d| matches!(d.value, DataValue::Struct(_)));
        out.push('[');
        for (i, value) in list.iter().enumerate() {
            // Structs hang together: `}, {`.
            match (structs, i) {
                (true, 0) => {}
                (true, _) => out.push_str(", "),
                (false, 0) => out.push_str(&format!("\n{}", "\t".repeat(depth + 1))),
                (false, _) => out.push_str(&format!(",\n{}", "\t".repeat(depth + 1))),
            }
            let name = field(value, "name").and_then(text).unwrap_or_default();
            self.place.owners.push((self.place.leaf().to_owned(), name.to_owned()));
            self.below(&i.to_string(), value, out, if structs { depth } else { depth + 1 });
            self.place.owners.pop();
        }
        out.push_str(&if structs { "]".to_owned() } else { format!(",\n{}]", "\t".repeat(depth)) });
    }

    /// The name of the workload, and of an object beside it whose name begins with that, follow the component.
    fn name_in(&self, text: &str) -> Option<String> {
        if self.name.is_empty() || self.place.path.is_empty() {
            return None;
        }
        if text == self.name {
            return Some("context.name".to_owned());
        }
        let rest = text.strip_prefix(&self.name).filter(|r| r.starts_with('-'))?;
        self.names.iter().any(|n| n == text).then(|| format!("\"\\(context.name){rest}\""))
    }

    fn scalar(&mut self, value: &Data, out: &mut String, depth: usize) {
        if self.place.is_structure() && !self.place.is_content() {
            return write(out, &json_of(value), depth);
        }
        let name = self.parameter(value);
        let plain = label(&name);
        let selector = if plain == name { format!(".{name}") } else { format!("[{plain}]") };
        out.push_str(&format!("parameter{selector}"));
    }

    /// The parameter of a value: one that is there already when it is the same port, else a new one.
    fn parameter(&mut self, value: &Data) -> String {
        let place = &self.place;
        let leaf = place.leaf().to_owned();
        let probe = ["livenessProbe", "readinessProbe", "startupProbe"].iter().any(|p| place.has(p));
        let same = match leaf.as_str() {
            "targetPort" => "containerPort",
            "port" if probe => "containerPort",
            "number" if place.has("backend") => "port",
            _ => "",
        };
        if let Some(known) =
            self.parameters.iter().find(|p| !same.is_empty() && p.leaf == same && p.value.value == value.value)
        {
            return known.name.clone();
        }
        let taken = |name: &String| self.parameters.iter().any(|p| p.name == *name);
        let names = place.names(&self.name);
        let last = names.last().cloned().unwrap_or_default();
        let numbered = (2..).map(|n| format!("{last}{n}"));
        let name = names.into_iter().chain(numbered).find(|n| !taken(n)).unwrap_or(last);
        let secret = if place.is_content() {
            place.kind == "Secret"
        } else {
            place.is_variable() && bare::is_secret_name(place.named())
        };
        let usage = place.usage(&self.name);
        self.parameters.push(Parameter { name: name.clone(), value: value.clone(), usage, leaf, secret });
        name
    }
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
        env: [{name: LOG_LEVEL, value: "1"}, {name: DB_PASSWORD, value: hunter2}]
        args: [serve, --all]
        ports: [{containerPort: 80}]
        resources: {limits: {cpu: 500m}, requests: {cpu: 100m}}
        volumeMounts: [{name: conf, mountPath: /etc/web}]
      - {name: side, image: envoy:1}
      volumes: [{name: conf, configMap: {name: web-conf}}]
status: {replicas: 3}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 8080, targetPort: 80}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web-conf}
data: {web.conf: "a\nb\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: web-key}
stringData: {key: hunter3}
"#,
        );
        super::super::tests::holds(&files);
        let all = format!("{}-----\n{}", files.definition, files.cases);
        assert!(!all.contains("hunter"), "no secret is copied");
        insta::assert_snapshot!(all);
    }

    #[test]
    fn a_port_is_one_parameter_wherever_it_stood_in_the_file() {
        let yaml = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 8080}]}]}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}\n";
        // As the command reads it: each value knows its place.
        let documents = model::manifest::read(&cue_syntax::Source::new("m.yaml", yaml)).unwrap();
        let objects: Vec<Data> = documents.iter().map(|d| d.data().clone()).collect();
        let about = About {
            name: "shop".into(),
            kind: DefinitionKind::Component,
            description: "A shop".into(),
            alias: String::new(),
        };
        let files = from_objects(&about, &objects);
        super::super::tests::holds(&files);
        let parameters = files.definition.split("parameter: {").nth(1).unwrap();
        assert_eq!(parameters.matches("| int").count(), 2, "{parameters}");
    }

    #[test]
    fn a_step_applies_the_objects() {
        let files = files(
            DefinitionKind::WorkflowStep,
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {colour: blue}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: load}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: load, image: 'load:1'}]}}}\n",
        );
        super::super::tests::holds(&files);
        insta::assert_snapshot!(format!("{}-----\n{}", files.definition, files.cases));
    }

    #[test]
    fn what_a_cluster_has_added_is_left_out() {
        let files = files(
            DefinitionKind::Component,
            r#"
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: web
    uid: 7b1c
    resourceVersion: "12"
    annotations: {deployment.kubernetes.io/revision: "3"}
    managedFields: [{manager: kubectl}]
  spec:
    replicas: 1
    progressDeadlineSeconds: 600
    revisionHistoryLimit: 5
    selector: {matchLabels: {app: web}}
    strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}
    template:
      metadata: {creationTimestamp: null, labels: {app: web}}
      spec:
        containers: [{name: web, image: nginx, terminationMessagePolicy: File, ports: [{containerPort: 80, protocol: TCP}]}]
        dnsPolicy: ClusterFirst
        securityContext: {}
- apiVersion: v1
  kind: Service
  metadata: {name: web, uid: 7b1d}
  spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, targetPort: 80}], selector: {app: web}}
"#,
        );
        super::super::tests::holds(&files);
        for gone in
            ["25%", "ClusterFirst", "securityContext", "clusterIP", "TCP", "File", "revision\"", "managed", "600"]
        {
            assert!(!files.definition.contains(gone), "{gone}:\n{}", files.definition);
        }
        assert!(files.definition.contains("revisionHistoryLimit: *5 | int"), "what differs from a default is kept");
        assert!(files.definition.contains("outputs: service: {"), "{}", files.definition);
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
