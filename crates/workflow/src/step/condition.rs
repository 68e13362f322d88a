//! `if`: a CUE boolean over `status`, `inputs`, `context` and `parameter`.

use super::sites::{Read, read_field};
use super::taint;
use crate::evaluate::Scope;
use cue::DataValue;
use cue::Program;
use cue::World;
use cue::{Inputs, Instance, Limits, Selector};
use cue_syntax::ast::{Expr, Label};
use cue_syntax::{Diagnostic, Source, SourceId};
use indexmap::IndexMap;
use model::{StepPhase, StepReason, StepStatus};
use serde_json::{Map, Value, json};

/// A program that gives conditions their names.
pub(super) fn program(world: &dyn World) -> Result<Program, Vec<Diagnostic>> {
    let scope = Source::new("if", "status: _\ninputs: _\ncontext: _\nparameter: _\n");
    cue::compile(world, Instance::of(scope)?)
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
        Read::Unknown(_) => Ok(false),
        Read::Missing(_) => match roots(text).into_iter().find(|r| !NAMES.contains(r)) {
            // a name that there is not will not come; a value of a step that was skipped is only absent
            Some(name) => Err(unknown(name)),
            None => Ok(false),
        },
        Read::Wrong(problem) => Err(*problem),
    }
}

/// What is wrong with a condition before anything runs: it is no expression, or reads the status of a step whose name is
/// nearly one of `steps`. Anything else may still come to hold.
pub(crate) fn check(text: &str, steps: &[&str]) -> Option<Diagnostic> {
    let parsed = cue_syntax::parse_expr(&Source::new("if", text), SourceId(u32::MAX));
    if let Some(problem) = parsed.diagnostics.into_iter().next() {
        let message = format!("`{text}` is no condition: {}", problem.message);
        let help = "write a CUE expression over status, inputs, context and parameter: status.build.succeeded";
        return Some(Diagnostic::error("workflow/if", message).help(help));
    }
    let mut slip = None;
    render::definition::visit::expr(&parsed.tree?, &mut |expr| {
        let Some(name) = status_of(expr).filter(|name| !steps.contains(&name.as_str())) else { return };
        if let Some(near) = model::action::nearest(&name, steps.iter().copied()) {
            let text = format!("the condition reads the status of \"{name}\", and there is no such step");
            slip.get_or_insert(Diagnostic::error("workflow/if", text).help(format!("did you mean \"{near}\"?")));
        }
    });
    slip
}

/// `status.build`, `status["build-1"]`: the name of the step.
fn status_of(expr: &Expr) -> Option<String> {
    let of_status = |e: &Expr| matches!(e, Expr::Ident(id) if id.name == "status");
    match expr {
        Expr::Selector { operand, label, .. } if of_status(operand) => match &**label {
            Label::Ident(id) => Some(id.name.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// What a condition can name.
const NAMES: [&str; 7] = ["status", "inputs", "context", "parameter", "true", "false", "null"];

fn unknown(name: &str) -> Diagnostic {
    let mut d = Diagnostic::error(
        "workflow/if",
        format!("\"{name}\" is not known; conditions read status, inputs, context and parameter"),
    );
    d.help = model::action::nearest(name, NAMES).map(|n| format!("did you mean \"{n}\"?"));
    d
}

/// The names that an expression begins its paths with, without those of calls of packages (`strings.HasPrefix`).
fn roots(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    let mut after_dot = false;
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            let end = rest.get(1..).and_then(|r| r.find('"')).map_or(rest.len(), |i| i + 2);
            rest = rest.get(end..).unwrap_or("");
            after_dot = false;
        } else if c.is_alphabetic() || c == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (name, tail) = rest.split_at(end);
            let package = tail.strip_prefix('.').is_some_and(|t| t.starts_with(char::is_uppercase));
            if !after_dot && !package {
                names.push(name);
            }
            rest = tail;
            after_dot = false;
        } else {
            after_dot = c == '.';
            rest = rest.get(c.len_utf8()..).unwrap_or("");
        }
    }
    names
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

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn slips_are_told_before_anything_runs() {
        let told = |text: &str| {
            check(text, &["build", "tell-all"]).map(|d| format!("{} | {}", d.message, d.help.unwrap_or_default()))
        };
        insta::assert_snapshot!(told("status.biuld.failed || status.tell.failed").unwrap_or_default(), @r#"the condition reads the status of "biuld", and there is no such step | did you mean "build"?"#);
        assert!(
            told("status.build.failed &&").is_some_and(|t| t.starts_with("`status.build.failed &&` is no condition: "))
        );
        for right in [
            "always",
            "status.build.succeeded",
            "status[\"tell-all\"].failed",
            "status.elsewhere.failed",
            "inputs.go == \"yes\"",
        ] {
            assert_eq!(told(right), None, "{right}");
        }
    }
}
