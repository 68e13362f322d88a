//! Steps whose properties are their script: `do: [{provider, name, path, params}]`. No CUE, so that a simulation is fast.

use crate::evaluate::{Call, Next, Outputs, Payload, Results, Scope, Steps};
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::action::lookup;
use model::{StepPhase, StepStatus};
use serde_json::{Value, json};

/// The steps of a simulation.
#[derive(Debug, Clone, Copy)]
pub struct Script;

impl Steps for Script {
    fn next(&self, scope: Scope<'_>, results: &Results) -> Result<Next, Diagnostic> {
        let actions = scope.parameter.value.get("do").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (i, a) in actions.iter().enumerate() {
            let path = a.get("path").and_then(Value::as_str).map_or_else(|| format!("a{i}"), str::to_owned);
            if results.contains_key(&path) {
                continue;
            }
            let text = |key: &str| a.get(key).and_then(Value::as_str).unwrap_or_default();
            let Some(action) = lookup(text("provider"), text("name")) else {
                return Err(Diagnostic::error("workflow/action", format!("no action {}", text("name"))));
            };
            let value = a.get("params").cloned().unwrap_or_else(|| json!({}));
            return Ok(Next::Act(Call { path, action, params: Payload { value, secret: scope.parameter.secret } }));
        }
        Ok(Next::Done)
    }

    fn outputs(&self, scope: Scope<'_>, results: &Results) -> Result<Outputs, Diagnostic> {
        Ok(scope.step.outputs.iter().map(|o| (o.name.clone(), results.get(&o.value_from).cloned())).collect())
    }

    fn condition(&self, scope: Scope<'_>, status: &IndexMap<&str, &StepStatus>) -> Result<bool, Diagnostic> {
        match scope.step.condition.split_once('.') {
            Some((step, "failed")) => Ok(status.get(step).is_some_and(|s| s.phase == StepPhase::Failed)),
            _ => Ok(scope.step.condition == "true"),
        }
    }
}
