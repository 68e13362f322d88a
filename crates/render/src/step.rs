//! What the actions of a step apply, as far as it is known before the step runs.
//!
//! The template of the step is evaluated with its properties; what loads the application's components is answered, because
//! that is known. Of the actions that then stand there, those that apply something complete are taken. What needs the
//! result of another action is left to the run.

use crate::definition::Loaded;
use crate::renderer::Renderer;
use crate::{template, tree};
use cue::{Data, DataOptions, DataValue, Evaluation, FieldOptions, Inputs, Selector, Value};
use model::Step;
use serde_json::Value as Json;
use smol_str::SmolStr;

/// How deep actions are looked for in a template.
const DEPTH: u32 = 8;

/// An object that a step applies by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The step.
    pub step: String,
    /// The cluster; `local` is the hub.
    pub cluster: String,
    /// The object.
    pub object: Json,
}

/// Something that a step delivers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Delivery {
    /// An object, to a cluster.
    Object { cluster: String, object: Json, data: Data },
    /// A component by its name, to a cluster and a namespace; each may be empty.
    Component { name: String, cluster: String, namespace: String },
}

/// What a step's actions deliver. `components` are those of the application, by name.
pub(crate) fn deliveries(
    renderer: &Renderer,
    loaded: &Loaded,
    step: &Step,
    properties: &Data,
    context: &Data,
    components: &Data,
) -> Vec<Delivery> {
    let Ok(template) = renderer.programs.template(loaded, false) else { return Vec::new() };
    let mut properties = properties.clone();
    for (id, input) in step.inputs.iter().enumerate().filter(|(_, i)| !i.parameter_key.is_empty()) {
        let unknown = DataValue::Unknown(u32::try_from(id).unwrap_or(u32::MAX)).into();
        tree::set_parts(&mut properties, &tree::parts(&input.parameter_key), unknown);
    }
    let data = vec![
        (template::field("context").to_vec(), context.clone()),
        (template::field("parameter").to_vec(), properties),
    ];
    let evaluate = |results| template.program.evaluate(Inputs { data: data.clone(), results }, &template::limits());
    let mut evaluation: Evaluation = evaluate(Vec::new());
    let loads = calls(&evaluation).into_iter().filter(|c| c.provider == "oam" && c.name.starts_with("load"));
    let loads: Vec<Vec<Selector>> = loads.filter(|c| c.name != "load-policies").map(|c| c.path).collect();
    if !loads.is_empty() {
        let answer = tree::object([("value", components.clone())]);
        let results = loads.into_iter().map(|mut path| {
            path.push(Selector::Field("$returns".into()));
            (path, answer.clone())
        });
        evaluation = evaluate(results.collect());
    }
    calls(&evaluation).iter().flat_map(|call| call.deliveries(&evaluation)).collect()
}

/// An action that stands in an evaluated template.
struct Call {
    path: Vec<Selector>,
    provider: &'static str,
    name: &'static str,
}

fn text(value: &Value<'_>, name: &str) -> String {
    let found = value.lookup(&[Selector::new(name)]);
    match found.data(&DataOptions::default()).map(|d| d.value) {
        Ok(DataValue::String(text)) => text.to_string(),
        _ => String::new(),
    }
}

fn calls(evaluation: &Evaluation) -> Vec<Call> {
    let mut out = Vec::new();
    visit(&evaluation.root(), &mut Vec::new(), 0, &mut out);
    out
}

fn visit(value: &Value<'_>, path: &mut Vec<Selector>, depth: u32, out: &mut Vec<Call>) {
    if depth > DEPTH {
        return;
    }
    let action = text(value, "#do");
    if !action.is_empty() {
        if let Some(found) = model::action::lookup(&text(value, "#provider"), &action) {
            out.push(Call { path: path.clone(), provider: found.provider, name: found.name });
            // `op.#Steps` only groups: the actions are in it.
            if found.name != "steps" {
                return;
            }
        } else {
            return;
        }
    }
    for field in value.fields(&FieldOptions { hidden: true, ..FieldOptions::default() }) {
        // What the step is given is no action of it.
        if depth == 0 && matches!(field.label.as_str(), "parameter" | "context") {
            continue;
        }
        let step = if field.label.starts_with('_') {
            Selector::Ident(field.label.clone())
        } else {
            Selector::Field(field.label.clone())
        };
        path.push(step);
        visit(&field.value, path, depth + 1, out);
        path.pop();
    }
    for (index, item) in value.items().iter().enumerate() {
        path.push(Selector::Index(index));
        visit(item, path, depth + 1, out);
        path.pop();
    }
}

impl Call {
    fn deliveries(&self, evaluation: &Evaluation) -> Vec<Delivery> {
        let call = evaluation.lookup(&self.path);
        let params = call.lookup(&[Selector::Field(SmolStr::new("$params"))]);
        // Older spellings have the parameters beside `#do`.
        let params = if params.exists() { params } else { call };
        let value = params.lookup(&template::field("value"));
        let options = DataOptions { origins: true, ..DataOptions::default() };
        let Ok(data) = value.data(&options) else { return Vec::new() };
        let Ok(json) = cue::json::to_value(&data) else { return Vec::new() };
        let cluster = text(&params, "cluster");
        match (self.provider, self.name) {
            ("kube", "apply") => object(&cluster, json, &data).into_iter().collect(),
            ("kube", "apply-in-parallel") => match json {
                Json::Array(all) => all
                    .into_iter()
                    .zip(tree::items(&data))
                    .filter_map(|(one, data)| object(&cluster, one, data))
                    .collect(),
                _ => Vec::new(),
            },
            // What is rendered so is applied by another action of the step, most likely on the hub.
            ("oam", "component-apply" | "component-render") => match json.get("name").and_then(Json::as_str) {
                Some(name) => {
                    vec![Delivery::Component { name: name.to_owned(), cluster, namespace: text(&params, "namespace") }]
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

/// An object that says what it is.
fn object(cluster: &str, object: Json, data: &Data) -> Option<Delivery> {
    let has = |pointer: &str| object.pointer(pointer).and_then(Json::as_str).is_some_and(|t| !t.is_empty());
    let named = has("/metadata/name") || has("/metadata/generateName");
    let whole = has("/apiVersion") && has("/kind") && named;
    let cluster = if cluster.is_empty() { crate::placement::LOCAL } else { cluster };
    whole.then(|| Delivery::Object { cluster: cluster.to_owned(), object, data: data.clone() })
}
