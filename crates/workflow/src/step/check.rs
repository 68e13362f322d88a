//! What a step's parameters must satisfy before its first action.

use super::Templates;
use crate::plan::Plan;
use cue::Evaluation;
use cue::api::{FieldOptions, Inputs, Selector, View};
use cue_syntax::Diagnostic;
use model::action::nearest;
use serde_json::Value;

/// Everything that `parameter` declares must be there and fit.
///
/// # Errors
/// The first thing that does not fit or is missing.
pub(super) fn parameter(evaluation: &Evaluation) -> Result<(), Diagnostic> {
    let parameter = evaluation.lookup(&[Selector::new("parameter")]);
    if let Some(problem) = parameter.errors().into_iter().next() {
        return Err(problem);
    }
    match parameter.incomplete().into_iter().next() {
        None => Ok(()),
        Some(missing) => Err(self::missing(missing)),
    }
}

fn missing(found: Diagnostic) -> Diagnostic {
    let path = found.path.clone().unwrap_or_else(|| "parameter".to_owned());
    let name = path.strip_prefix("parameter.").unwrap_or(&path);
    // what is said of it ends with what it must be: `… value string`
    let kind = found.message.split_once(" value ").map(|(_, kind)| format!(", it must be: {kind}")).unwrap_or_default();
    Diagnostic {
        code: "workflow/missing-parameter",
        message: format!("parameter \"{name}\" is missing{kind}"),
        ..found
    }
}

impl Templates {
    /// Checks the properties of all steps before anything runs: unknown step types, unknown, missing and mistyped
    /// parameters. Paths point into the Application.
    pub fn check(&self, plan: &Plan) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        for node in plan.nodes.iter().filter(|n| !n.is_group) {
            let template = match self.template(&node.step.kind) {
                Ok(template) => template,
                Err(d) => {
                    problems.push(d.path(format!("{}.type", node.path)));
                    continue;
                }
            };
            let properties = node.step.properties.clone().unwrap_or(Value::Null);
            let at = format!("{}.properties", node.path);
            let schema = template.program.evaluate(Inputs::default(), &self.limits);
            problems.extend(unknown_fields(&schema, &properties, &at));
            if !node.step.inputs.is_empty() {
                continue; // more is to come
            }
            let given = if properties.is_null() { Value::Object(serde_json::Map::new()) } else { properties };
            let data = vec![(vec![Selector::new("parameter")], cue::json::from_value(&given))];
            let evaluation = template.program.evaluate(Inputs { data, results: Vec::new() }, &self.limits);
            if let Err(mut d) = parameter(&evaluation) {
                d.path = Some(in_application(d.path.as_deref(), &at));
                problems.push(d);
            }
        }
        problems
    }
}

/// `parameter.x` becomes `….properties.x`.
fn in_application(path: Option<&str>, at: &str) -> String {
    match path.and_then(|p| p.strip_prefix("parameter")) {
        Some(rest) => format!("{at}{rest}"),
        None => at.to_owned(),
    }
}

/// Top-level properties that the template's `parameter` does not declare.
fn unknown_fields(schema: &Evaluation, properties: &Value, at: &str) -> Vec<Diagnostic> {
    let parameter = schema.lookup(&[Selector::new("parameter")]);
    if !parameter.exists() {
        return Vec::new();
    }
    match parameter.view() {
        View::Struct { open: false, patterns } if patterns.is_empty() => {}
        _ => return Vec::new(),
    }
    let declared = parameter.fields(&FieldOptions { optional: true, ..FieldOptions::default() });
    let names: Vec<&str> = declared.iter().map(|f| f.label.as_str()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let given = properties.as_object().into_iter().flat_map(|o| o.keys());
    let unknown = given.filter(|k| !names.contains(&k.as_str()));
    unknown
        .map(|key| {
            let d = Diagnostic::error("workflow/unknown-parameter", format!("the step has no parameter \"{key}\""));
            let help = match nearest(key, names.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("it has {}", names.join(", ")),
            };
            d.path(format!("{at}.{key}")).help(help)
        })
        .collect()
}
