//! `if`: a CUE boolean over `status`, `inputs`, `context` and `parameter`.

use super::sites::{Read, read_field};
use super::taint;
use crate::evaluate::Scope;
use cue::DataValue;
use cue::Program;
use cue::World;
use cue::{Inputs, Instance, Limits, Selector};
use cue_syntax::ast::{BinaryOp, Expr, Label, StringLit, Text};
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

/// What is wrong with a condition before anything runs: it is no expression, reads the status of a step whose name is nearly
/// one of `steps`, a field that no status has, a name with a dash without brackets, or something that is nearly a name it
/// could read. Anything else may still come to hold.
pub(crate) fn check(text: &str, steps: &[&str]) -> Option<Diagnostic> {
    let parsed = cue_syntax::parse_expr(&Source::new("if", text), SourceId(u32::MAX));
    if let Some(problem) = parsed.diagnostics.into_iter().next() {
        let message = format!("`{text}` is no condition: {}", problem.message);
        let help = "write a CUE expression over status, inputs, context and parameter: status.build.succeeded";
        return Some(Diagnostic::error("workflow/if", message).help(help));
    }
    let mut slip = None;
    render::definition::visit::expr(&parsed.tree?, &mut |expr| {
        if slip.is_none() {
            slip = dash(expr, steps).or_else(|| step(expr, steps)).or_else(|| field(expr, steps));
        }
    });
    slip.or_else(|| {
        let names = roots(text).into_iter().filter(|r| !NAMES.contains(r));
        names.map(unknown).find(|problem| problem.help.is_some())
    })
}

/// `status.to-staging.failed`, which takes one value from another.
fn dash(expr: &Expr, steps: &[&str]) -> Option<Diagnostic> {
    let Expr::Binary { op: BinaryOp::Subtract, left, right, .. } = expr else { return None };
    let (begin, rest) = (step_of(left)?, root(right)?);
    let name = steps.iter().find(|s| s.starts_with(&format!("{begin}-{rest}")))?;
    let text = format!("`status.{begin}-{rest}` is a difference, and no step's status");
    Some(Diagnostic::error("workflow/if", text).help(format!("write status[\"{name}\"]: the name has a dash")))
}

/// The status of a step that there is not, where one has nearly its name.
fn step(expr: &Expr, steps: &[&str]) -> Option<Diagnostic> {
    let name = step_of(expr).filter(|name| !steps.contains(name))?;
    let near = model::action::nearest(name, steps.iter().copied())?;
    let text = format!("the condition reads the status of \"{name}\", and there is no such step");
    Some(Diagnostic::error("workflow/if", text).help(format!("did you mean \"{near}\"?")))
}

/// A field that the status of a step never has: the condition would be false for ever.
fn field(expr: &Expr, steps: &[&str]) -> Option<Diagnostic> {
    let Expr::Selector { operand, label, .. } = expr else { return None };
    let of = step_of(operand).filter(|name| steps.contains(name))?;
    let name = named(label)?;
    let known = || DERIVED.into_iter().chain(PLAIN);
    if known().any(|k| k == name) {
        return None;
    }
    let d = Diagnostic::error("workflow/if", format!("the status of step \"{of}\" has no \"{name}\""));
    Some(match model::action::nearest(name, known()) {
        Some(near) => d.help(format!("did you mean \"{near}\"?")),
        None => d.help(format!("it has {}", known().collect::<Vec<_>>().join(", "))),
    })
}

/// `status.build`, `status["build-1"]`: the name of the step.
fn step_of(expr: &Expr) -> Option<&str> {
    let of_status = |e: &Expr| matches!(e, Expr::Ident(id) if id.name == "status");
    match expr {
        Expr::Selector { operand, label, .. } if of_status(operand) => named(label),
        Expr::Index { operand, index, .. } if of_status(operand) => match &**index {
            Expr::String(StringLit { value: Text::String(name), .. }) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

fn named(label: &Label) -> Option<&str> {
    match label {
        Label::Ident(id) => Some(&id.name),
        Label::String(StringLit { value: Text::String(name), .. }) => Some(name),
        _ => None,
    }
}

/// The name that a path begins with: of `a.b[0].c`, `a`.
fn root(expr: &Expr) -> Option<&str> {
    let mut expr = expr;
    loop {
        match expr {
            Expr::Ident(id) => return Some(&id.name),
            Expr::Selector { operand, .. } | Expr::Index { operand, .. } => expr = operand,
            _ => return None,
        }
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

/// What conditions are told of a step in the form of a boolean.
const DERIVED: [&str; 6] = ["failed", "succeeded", "skipped", "timeout", "failedAfterRetries", "terminate"];
/// What else a step's status has.
const PLAIN: [&str; 9] =
    ["phase", "reason", "message", "id", "name", "type", "firstExecuteTime", "lastExecuteTime", "subSteps"];

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
    use super::*;

    #[test]
    fn what_conditions_may_read_of_a_step_is_what_they_are_given() {
        let status = StepStatus {
            reason: StepReason::Timeout,
            message: "m".to_owned(),
            first_execute_time: Some("t".to_owned()),
            last_execute_time: Some("t".to_owned()),
            sub_steps: vec![StepStatus::default()],
            ..StepStatus::default()
        };
        let given = of_step(&status);
        let mut given: Vec<&str> = given.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known: Vec<&str> = DERIVED.into_iter().chain(PLAIN).collect();
        given.sort_unstable();
        known.sort_unstable();
        assert_eq!(given, known);
    }

    #[test]
    fn slips_are_told_before_anything_runs() {
        let told = |text: &str| {
            check(text, &["build", "tell-all"]).map(|d| format!("{} | {}", d.message, d.help.unwrap_or_default()))
        };
        insta::assert_snapshot!(told("status.biuld.failed || status.tell.failed").unwrap_or_default(), @r#"the condition reads the status of "biuld", and there is no such step | did you mean "build"?"#);
        assert!(
            told("status.build.failed &&").is_some_and(|t| t.starts_with("`status.build.failed &&` is no condition: "))
        );
        insta::assert_snapshot!(
            [
                told("status.build.fialed"),
                told("status[\"tell-all\"].isGood"),
                told("inputs.a == 1 && status.tell-all.failed"),
                told("contxt.appName == \"shop\""),
            ]
            .map(Option::unwrap_or_default)
            .join("\n"),
            @r#"
        the status of step "build" has no "fialed" | did you mean "failed"?
        the status of step "tell-all" has no "isGood" | it has failed, succeeded, skipped, timeout, failedAfterRetries, terminate, phase, reason, message, id, name, type, firstExecuteTime, lastExecuteTime, subSteps
        `status.tell-all` is a difference, and no step's status | write status["tell-all"]: the name has a dash
        "contxt" is not known; conditions read status, inputs, context and parameter | did you mean "context"?
        "#
        );
        for right in [
            "status[\"tell-all\"].subSteps[0].phase == \"failed\" && len(inputs.a) > inputs.b - inputs.c",
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
