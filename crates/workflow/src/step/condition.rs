//! `if`: a CUE boolean over `status`, `inputs`, `context` and `parameter`.

use super::sites::{Read, read_field};
use super::{compile, taint};
use crate::evaluate::Scope;
use cue::DataValue;
use cue::Program;
use cue::World;
use cue::api::{Inputs, Limits, Selector};
use cue_syntax::{Diagnostic, Source, SourceId};
use indexmap::IndexMap;
use model::{StepPhase, StepReason, StepStatus};
use serde_json::{Map, Value, json};

/// A program that gives conditions their names.
pub(super) fn program(world: &dyn World) -> Result<Program, Vec<Diagnostic>> {
    compile(world, &Source::new("if", "status: _\ninputs: _\n"), super::BASE)
}

/// Whether a condition holds. What refers to a value that never came is false.
///
/// # Errors
/// It is no expression, conflicts with itself, or gives something else than a boolean.
pub(super) fn holds(
    program: &Program,
    limits: &Limits,
    scope: Scope<'_>,
    status: &IndexMap<&str, &StepStatus>,
) -> Result<bool, Diagnostic> {
    let text = scope.step.condition.as_str();
    match text {
        "true" => return Ok(true),
        "false" => return Ok(false),
        _ => {}
    }
    let parsed = cue_syntax::parse_expr(&Source::new("if", text), SourceId(u32::MAX));
    if let Some(problem) = parsed.diagnostics.into_iter().next() {
        return Err(problem);
    }
    let Some(expression) = parsed.tree else { return Ok(false) };
    let statuses: Map<String, Value> = status.iter().map(|(n, s)| ((*n).to_owned(), of_step(s))).collect();
    let mut inputs = cue::Fields::default();
    for (name, input) in scope.inputs {
        let mut data = cue::json::from_value(&input.value);
        if input.secret {
            taint(&mut data);
        }
        inputs.insert(name.as_str().into(), data);
    }
    let at = |name: &str| vec![Selector::new(name)];
    let data = vec![
        (at("status"), cue::json::from_value(&Value::Object(statuses))),
        (at("inputs"), DataValue::Struct(inputs).into()),
        (at("context"), cue::json::from_value(&Value::Object(scope.context.clone()))),
        (at("parameter"), cue::json::from_value(&scope.parameter.value)),
    ];
    let evaluation = program.evaluate(Inputs { data, results: Vec::new() }, limits);
    match read_field(evaluation.expression(&expression)) {
        Read::Value(data) => match data.value {
            DataValue::Bool(holds) => Ok(holds),
            _ => Err(Diagnostic::error("workflow/if", format!("`{text}` is no boolean"))),
        },
        Read::Unknown(_) | Read::Missing(_) => Ok(false),
        Read::Wrong(problem) => Err(*problem),
    }
}

/// A step's status as conditions see it.
fn of_step(status: &StepStatus) -> Value {
    let failed = status.phase == StepPhase::Failed;
    let mut value = json!({
        "failed": failed,
        "succeeded": status.phase == StepPhase::Succeeded,
        "skipped": status.phase == StepPhase::Skipped,
        "timeout": failed && status.reason == StepReason::Timeout,
        "failedAfterRetries": failed && status.reason == StepReason::FailedAfterRetries,
        "terminate": failed && status.reason == StepReason::Terminate,
    });
    let plain = serde_json::to_value(status).unwrap_or(Value::Null);
    if let (Some(map), Value::Object(fields)) = (value.as_object_mut(), plain) {
        map.extend(fields);
        // always there, so that a condition on them is false rather than undecided
        for name in ["message", "reason"] {
            map.entry(name.to_owned()).or_insert_with(|| Value::String(String::new()));
        }
    }
    value
}
