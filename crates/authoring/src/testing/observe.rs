//! What became of a case.

use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// What a definition made of a case's input. What does not apply to its kind is empty.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The parameters with what the definition adds to them.
    pub parameter: Value,
    /// The workload.
    pub output: Value,
    /// Other objects by name.
    pub outputs: Map<String, Value>,
    /// Objects of a whole Application: `cluster`, `namespace`, `component`, `step`, `origin`, `object`.
    pub objects: Vec<Value>,
    /// Health, where it was asked for.
    pub healthy: Option<bool>,
    /// The status message, or the step's.
    pub message: Option<String>,
    /// Details of the health, by name.
    pub details: IndexMap<String, String>,
    /// The step's phase.
    pub phase: Option<String>,
    /// What the step asked for: `path`, `do`, `params`.
    pub calls: Vec<Value>,
    /// What the step's `outputs` gave.
    pub values: Map<String, Value>,
    /// Errors.
    pub problems: Vec<Diagnostic>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Labels that every object gets; they are compared only where a case names them.
const ADDED: [&str; 3] = ["app.oam.dev/", "workload.oam.dev/", "trait.oam.dev/"];

/// Whether Lateen adds this label to objects.
pub(super) fn is_added(label: &str) -> bool {
    ADDED.iter().any(|prefix| label.starts_with(prefix))
}

/// An object without the labels that every object gets.
pub(super) fn plain(object: &Value) -> Value {
    let mut object = object.clone();
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return object };
    if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
        labels.retain(|key, _| !is_added(key));
        if labels.is_empty() {
            metadata.remove("labels");
        }
    }
    object
}

impl Observed {
    /// Everything by the names that assertions use; for snapshots, what is empty is left out.
    pub fn json(&self) -> Map<String, Value> {
        let outputs: Map<String, Value> = self.outputs.iter().map(|(k, v)| (k.clone(), plain(v))).collect();
        let objects: Vec<Value> = self
            .objects
            .iter()
            .map(|o| {
                let mut o = o.clone();
                if let Some(object) = o.get_mut("object") {
                    *object = plain(object);
                }
                o
            })
            .collect();
        let problem = |p: &Diagnostic| json!({"code": p.code, "message": p.message, "path": p.path.clone().unwrap_or_default(), "help": p.help.clone().unwrap_or_default()});
        let all = json!({
            "parameter": self.parameter,
            "output": plain(&self.output),
            "outputs": outputs,
            "objects": objects,
            "healthy": self.healthy,
            "message": self.message,
            "details": self.details,
            "phase": self.phase,
            "calls": self.calls,
            "values": self.values,
            "errors": self.problems.iter().map(problem).collect::<Vec<_>>(),
        });
        match all {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    /// What a snapshot keeps: everything that is there, without the parameters.
    pub(super) fn kept(&self) -> Value {
        let mut map = self.json();
        map.remove("parameter");
        map.retain(|_, v| match v {
            Value::Null => false,
            Value::Array(a) => !a.is_empty(),
            Value::Object(o) => !o.is_empty(),
            _ => true,
        });
        Value::Object(map)
    }
}
