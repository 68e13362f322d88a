//! What a component gives to others: `outputs[].valueFrom` over its live objects.

use super::expression;
use cue::{Inputs, Instance, Limits, Selector, World};
use cue_syntax::{Diagnostic, Source};
use indexmap::IndexMap;
use model::Output;
use serde_json::{Value, json};

/// The names that an expression may use.
const SCOPE: &str = "output: _\noutputs: _\ncontext: {output: _, outputs: _, ...}\n";

/// The values of a component's outputs, by name. The expressions see `output` (the live workload), `outputs` (the other
/// live objects by name) and both below `context`. A value that is not there yet is left out.
///
/// # Errors
/// An expression that is none.
pub fn component_outputs(
    world: &dyn World,
    outputs: &[Output],
    workload: Option<&Value>,
    others: &IndexMap<String, Value>,
) -> Result<IndexMap<String, Value>, Diagnostic> {
    let first = |problems: Vec<Diagnostic>| {
        problems.into_iter().next().unwrap_or_else(|| Diagnostic::error("workflow/output", "no expression"))
    };
    let instance = Instance::of(Source::new("outputs", SCOPE)).map_err(first)?;
    let program = cue::compile(world, instance).map_err(first)?;
    let output = cue::json::from_value(workload.unwrap_or(&Value::Null));
    let outputs_data = cue::json::from_value(&json!(others));
    let at = |path: &[&str]| path.iter().map(|p| Selector::new(p)).collect::<Vec<_>>();
    let data = vec![
        (at(&["output"]), output.clone()),
        (at(&["outputs"]), outputs_data.clone()),
        (at(&["context", "output"]), output),
        (at(&["context", "outputs"]), outputs_data),
    ];
    let evaluation = program.evaluate(Inputs { data, results: Vec::new() }, &Limits::trusted());
    let mut values = IndexMap::new();
    for one in outputs {
        if let Some(found) = expression::output(&evaluation, &one.value_from)? {
            values.insert(one.name.clone(), found.value);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_left_out() {
        let outputs: Vec<Output> = serde_json::from_value(json!([
            {"name": "ip", "valueFrom": "output.status.podIP"},
            {"name": "url", "valueFrom": "\"http://\" + context.outputs.service.spec.clusterIP"},
            {"name": "late", "valueFrom": "output.status.not.there"},
        ]))
        .unwrap();
        let workload = json!({"status": {"podIP": "10.0.0.7"}});
        let others = IndexMap::from([("service".to_owned(), json!({"spec": {"clusterIP": "10.1.1.1"}}))]);
        let found = component_outputs(&cue::world::Nothing, &outputs, Some(&workload), &others).unwrap();
        assert_eq!(json!(found), json!({"ip": "10.0.0.7", "url": "http://10.1.1.1"}));
    }
}
