//! Templates of configs: CUE with a `parameter`, an `output` (what the Secret holds beside) and `outputs` (other objects).

use super::{encode, terraform};
use crate::fault::Fault;
use crate::object::{ObjectRef, Objects};
use cue::{DataOptions, Inputs, Instance, Limits, Selector};
use cue_syntax::{Diagnostic, Source};
use serde_json::{Map, Value, json};

/// What a template makes of properties.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Made {
    /// What the Secret holds beside the properties; values in base64.
    pub(super) data: Map<String, Value>,
    /// Other objects.
    pub(super) objects: Vec<Value>,
    /// `system` or `project`.
    pub(super) scope: String,
}

/// Finds a template (`name`, in vela-system, or `namespace/name`) and fills it in.
pub(super) async fn make(
    hub: &Objects,
    template: &str,
    name: &str,
    namespace: &str,
    properties: &Value,
) -> Result<Made, Fault> {
    let (space, short) = template.split_once('/').unwrap_or((model::SYSTEM_NAMESPACE, template));
    let target = ObjectRef {
        api_version: "v1".into(),
        kind: "ConfigMap".into(),
        namespace: space.into(),
        name: format!("config-template-{short}"),
    };
    if let Some(stored) = hub.read(&target).await? {
        let text = stored.pointer("/data/template").and_then(Value::as_str).unwrap_or_default();
        let context = json!({"name": name, "namespace": namespace});
        return fill(&target.to_string(), text, properties, &context)
            .map_err(|d| Fault::permanent(format!("config {name} by template {template}: {}", d.message)));
    }
    let cloud = short.strip_prefix("terraform-").unwrap_or_default();
    match terraform::objects(cloud, namespace, properties) {
        Some(objects) => Ok(Made { objects: objects?, scope: "system".into(), ..Made::default() }),
        None => Err(Fault::permanent(format!("there is no config template {short}: {target} is not there"))),
    }
}

fn fill(origin: &str, text: &str, properties: &Value, context: &Value) -> Result<Made, Diagnostic> {
    let first = |found: Vec<Diagnostic>| {
        found.into_iter().next().unwrap_or_else(|| Diagnostic::error("config/template", "the template is broken"))
    };
    let source = Source::new(origin, format!("{text}\ncontext: {{...}}\n"));
    let instance = Instance::of(source).map_err(first)?;
    let program = cue::compile(&render::builtin::Packages, instance).map_err(first)?;
    let data = vec![
        (vec![Selector::new("template"), Selector::new("parameter")], cue::json::from_value(properties)),
        (vec![Selector::new("context")], cue::json::from_value(context)),
    ];
    let evaluation = program.evaluate(Inputs { data, results: Vec::new() }, &Limits::trusted());
    let at = |name: &str| -> Result<Option<Value>, Diagnostic> {
        let value = evaluation.lookup(&Selector::path(name));
        if !value.exists() {
            return Ok(None);
        }
        let data = value.data(&DataOptions::default()).map_err(first)?;
        cue::json::to_value(&data).map(Some).map_err(|e| Diagnostic::error("config/template", format!("{name}: {e:?}")))
    };
    let mut made = Made {
        scope: at("metadata.scope")?.and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default(),
        ..Made::default()
    };
    at("template.parameter")?;
    if let Some(output) = at("template.output")? {
        for (key, value) in output.get("stringData").and_then(Value::as_object).into_iter().flatten() {
            made.data.insert(key.clone(), encode(value.as_str().unwrap_or_default().as_bytes()).into());
        }
        for (key, value) in output.get("data").and_then(Value::as_object).into_iter().flatten() {
            made.data.insert(key.clone(), value.clone());
        }
    }
    if let Some(Value::Object(outputs)) = at("template.outputs")? {
        made.objects.extend(outputs.into_iter().map(|(_, object)| object));
    }
    Ok(made)
}
