//! What a case gives, in the terms of rendering: the Application, the component, the place, the context.

use super::Input;
use crate::data::{field, fields, items, kind, text};
use cue::{Data, DataValue};
use cue_syntax::{Diagnostic, Source};
use model::{Component, DefinitionKind, labels};
use render::{
    AppView, Cluster, ClusterVersion, Clusters, ComponentInput, DefinitionSource, Loaded, Placement, Provenance,
    RenderContext,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The surroundings of a case.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) app: AppView,
    pub(super) placement: Placement,
    pub(super) render: RenderContext,
    /// `context.name`, where the case gives one.
    pub(super) name: Option<String>,
}

/// Keys of the context that follow from others.
const DERIVED: [(&str, &str); 3] = [
    ("appRevisionNum", "it follows from `appRevision`"),
    ("components", "it follows from the components; write `application:`"),
    ("output", "write `workload:` for what a trait is put on, `observed:` for what runs"),
];

/// Reads `context`.
pub(super) fn surroundings(input: &Input) -> Result<Given, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut given = Given {
        app: AppView {
            // A case gives of a workload what matters to it.
            partial: input.workload.is_some(),
            name: "app".into(),
            namespace: "default".into(),
            labels: Default::default(),
            annotations: Default::default(),
            components: DataValue::List(Vec::new()).into(),
        },
        placement: Placement::hub("default"),
        render: RenderContext { allow_unknown: input.allow_unknown, ..RenderContext::default() },
        name: None,
    };
    for (key, value) in &input.context {
        let mut wrong = |message: String, help: &str| {
            let mut problem = Diagnostic::error("test/context", message).path(format!("context.{key}")).help(help);
            problem.labels.extend(super::read::place(value, ""));
            problems.push(problem);
        };
        if let Some((_, help)) = DERIVED.iter().find(|(name, _)| name == key) {
            wrong(format!("`context.{key}` cannot be given"), help);
            continue;
        }
        if key == "clusterVersion" {
            match version(value) {
                Some(version) => given.render.cluster_version = version,
                None => wrong("`context.clusterVersion` is no version".into(), "write it as \"1.30\""),
            }
            continue;
        }
        if let "appLabels" | "appAnnotations" = key.as_str() {
            let into = if key == "appLabels" { &mut given.app.labels } else { &mut given.app.annotations };
            for (name, value) in fields(value).into_iter().flatten() {
                if let Some(text) = text(value) {
                    into.insert(name.to_string(), text.to_owned());
                }
            }
            continue;
        }
        let known = ["name", "namespace", "appName", "appRevision", "cluster", "publishVersion", "workflowName"];
        let Some(word) = text(value).map(str::to_owned) else {
            if known.contains(&key.as_str()) {
                wrong(format!("`context.{key}` is {}, not text", kind(value)), "write text");
            } else {
                given.render.custom.insert(key.to_string(), value.clone());
            }
            continue;
        };
        match key.as_str() {
            "name" => given.name = Some(word),
            "namespace" => {
                given.app.namespace.clone_from(&word);
                given.placement.namespace = word;
            }
            "appName" => given.app.name = word,
            "appRevision" => given.render.app_revision = word,
            "cluster" => given.placement.cluster = word,
            "publishVersion" => {
                given.app.annotations.insert(labels::PUBLISH_VERSION.to_owned(), word);
            }
            "workflowName" => {
                given.app.annotations.insert(labels::WORKFLOW_NAME.to_owned(), word);
            }
            _ => {
                given.render.custom.insert(key.to_string(), value.clone());
            }
        }
    }
    if problems.is_empty() { Ok(given) } else { Err(problems) }
}

fn version(data: &Data) -> Option<ClusterVersion> {
    match &data.value {
        DataValue::String(text) => ClusterVersion::parse(text),
        DataValue::Number(_) => ClusterVersion::parse(&json(data).to_string()),
        DataValue::Struct(_) => {
            let value = json(data);
            let part = |name: &str| value.get(name).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
            ClusterVersion::parse(
                &part("gitVersion").or_else(|| Some(format!("{}.{}", part("major")?, part("minor")?)))?,
            )
        }
        _ => None,
    }
}

/// Data from a file as JSON.
pub(super) fn json(data: &Data) -> Value {
    // What comes from a file has no unknown parts.
    cue::json::to_value(data).unwrap_or(Value::Null)
}

/// The component that a trait or a policy is tried on: the one that the case gives, else a bare workload.
pub(super) fn component(input: &Input, name: Option<&str>) -> Result<ComponentInput, Vec<Diagnostic>> {
    let path = "spec.components[0]".to_owned();
    if let Some(data) = &input.component {
        let mut component: Component = read(data, "component")?;
        if component.name.is_empty() {
            component.name = name.unwrap_or("web").to_owned();
        }
        return Ok(ComponentInput::new(&component, Some(data), path));
    }
    let name = name.unwrap_or("web");
    let workload = input.workload.clone().unwrap_or_else(|| cue::json::from_value(&usual_workload(name)));
    let word = |key: &str| field(&workload, key).and_then(text).unwrap_or_default();
    let kind = format!("{BARE}{}:{}", word("apiVersion"), word("kind"));
    let mut properties = cue::Fields::default();
    properties.insert("output".into(), workload);
    if let Some(outputs) = &input.workload_outputs {
        properties.insert("outputs".into(), outputs.clone());
    }
    Ok(ComponentInput {
        name: name.to_owned(),
        kind,
        path,
        properties: DataValue::Struct(properties).into(),
        traits: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        depends_on: Vec::new(),
        replica_key: String::new(),
    })
}

/// A part of a case as a type of the model.
pub(super) fn read<T: for<'de> Deserialize<'de>>(data: &Data, what: &str) -> Result<T, Vec<Diagnostic>> {
    T::deserialize(json(data)).map_err(|e| {
        let mut problem = Diagnostic::error("test/file", format!("`{what}` cannot be read: {e}"));
        problem.labels.extend(super::read::place(data, ""));
        vec![problem]
    })
}

/// What a trait is put on when the case says nothing.
fn usual_workload(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": name, "image": "example/web:1.0"}]},
            },
        },
    })
}

/// `clusters:` of a case.
pub(super) fn clusters(input: &Input) -> Clusters {
    let Some(list) = &input.clusters else { return Clusters::Unknown };
    let one = |d: &Data| Cluster {
        name: field(d, "name").or(Some(d)).and_then(text).unwrap_or_default().to_owned(),
        labels: field(d, "labels")
            .and_then(fields)
            .into_iter()
            .flatten()
            .filter_map(|(k, v)| Some((k.to_string(), text(v)?.to_owned())))
            .collect(),
    };
    Clusters::Known(items(list).iter().map(one).collect())
}

/// How the types of [`BareWorkloads`] begin: `bare:apps/v1:Deployment`.
const BARE: &str = "bare:";

/// Component types that render what they are given, one for each kind of object.
#[derive(Debug)]
pub(super) struct BareWorkloads;

impl DefinitionSource for BareWorkloads {
    fn find(&self, kind: DefinitionKind, name: &str) -> Option<Result<Arc<Loaded>, Vec<Diagnostic>>> {
        let (api_version, object) = name.strip_prefix(BARE)?.rsplit_once(':')?;
        if kind != DefinitionKind::Component {
            return None;
        }
        let mut quoted = [String::new(), String::new(), String::new()];
        for (out, text) in quoted.iter_mut().zip([name, api_version, object]) {
            cue::json::quote(out, text);
        }
        let [name, api_version, object] = quoted;
        let text = format!(
            "{name}: {{\n\ttype: \"component\"\n\tattributes: {{workload: {{definition: {{apiVersion: {api_version}, kind: {object}}}}}}}\n}}\n{TEMPLATE}"
        );
        Some(Loaded::from_cue(Source::new("test:workload.cue", text), Provenance::Builtin).map(Arc::new))
    }

    fn names(&self, _: DefinitionKind) -> Vec<String> {
        Vec::new()
    }
}

const TEMPLATE: &str = "template: {
	output: parameter.output
	if parameter.outputs != _|_ {
		outputs: parameter.outputs
	}
	parameter: {
		output: {...}
		outputs?: {...}
	}
}
";
