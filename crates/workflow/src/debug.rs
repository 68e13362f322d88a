//! Debug output: what a step's value came to in a visit, as CUE text, for who looks for a mistake in a template.
//!
//! It is no part of the run: nothing is decided by it, and losing it loses nothing. What is secret does not stand in it.

use crate::evaluate::{Results, Scope};
use crate::hide::Known;
use crate::run::tell;
use cue::{Completeness, Data, DataOptions, DataValue, FieldOptions, Value};
use cue_syntax::Diagnostic;
use std::fmt::Write as _;

/// Bytes of one step's text; an object of a cluster holds about a million.
const LONGEST: usize = 512 * 1024;
/// How deep a value is looked into for the parts of it that are right.
const DEPTH: usize = 32;
/// Problems that are told of one value.
const PROBLEMS: usize = 20;
/// What stands in the place of a secret.
const MASK: &str = "***";

/// What a step's value came to at the end of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The step.
    pub step: String,
    /// Its id.
    pub step_id: String,
    /// CUE text, at most half a mebibyte: longer ones are cut, and say so.
    pub text: String,
}

/// A value as far as it goes, with what is wrong or missing in it, a line each.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What is concrete.
    pub value: Data,
    /// `path: message`
    pub problems: Vec<String>,
}

impl Shown {
    /// What can be said without a template: what the step was given, and what its actions have returned, by path.
    pub fn given(scope: Scope<'_>, results: &Results) -> Shown {
        let data = |payload: &crate::evaluate::Payload| match payload.secret {
            true => Data::string(MASK),
            false => cue::json::from_value(&payload.value),
        };
        let returned = results.iter().map(|(path, result)| (path.as_str().into(), data(result))).collect();
        let fields = [("parameter", data(scope.parameter)), ("results", DataValue::Struct(returned).into())];
        let fields = fields.into_iter().map(|(name, data)| (name.into(), data)).collect();
        Shown { value: DataValue::Struct(fields).into(), problems: Vec::new() }
    }

    /// The same of a value that could not be made.
    #[must_use]
    pub(crate) fn with_problem(mut self, problem: &Diagnostic) -> Shown {
        self.problems.push(tell(problem));
        self
    }

    /// The fields of an evaluated template, without the engine's `context`.
    pub(crate) fn of(root: Value<'_>) -> Shown {
        let mut problems: Vec<String> = root.errors().iter().chain(&root.incomplete()).map(tell).collect();
        problems.dedup();
        let more = problems.len().saturating_sub(PROBLEMS);
        problems.truncate(PROBLEMS);
        if more > 0 {
            problems.push(format!("and {more} more"));
        }
        let mut fields = cue::Fields::default();
        for field in root.fields(&FieldOptions { optional: false, hidden: false, definitions: false }) {
            if field.label != "context"
                && let Some(data) = right(field.value, 0)
            {
                fields.insert(field.label, data);
            }
        }
        Shown { value: DataValue::Struct(fields).into(), problems }
    }

    /// As CUE text: the problems are comments at its end.
    pub(crate) fn text(self, known: &mut Known) -> String {
        let value = masked(self.value, known).unwrap_or_else(|| DataValue::Struct(cue::Fields::default()).into());
        let mut text = cue::export::data_text(&value, None);
        for problem in self.problems {
            // writing to a text does not fail
            let _ = writeln!(text, "// {}", problem.replace('\n', "\n// "));
        }
        let mut text = known.hidden(&text);
        let long = text.len();
        if long > LONGEST {
            text.truncate(text.floor_char_boundary(LONGEST));
            let _ = write!(text, "\n// cut off here: {long} bytes in all\n");
        }
        text
    }
}

/// The parts of a value that are no errors.
fn right(value: Value<'_>, depth: usize) -> Option<Data> {
    let options = DataOptions { completeness: Completeness::Partial, origins: false };
    if let Ok(data) = value.data(&options) {
        return Some(data);
    }
    let inside = value.fields(&FieldOptions { optional: false, hidden: false, definitions: false });
    if inside.is_empty() || depth >= DEPTH {
        return None;
    }
    let fields = inside.into_iter().filter_map(|field| Some((field.label, right(field.value, depth + 1)?)));
    Some(DataValue::Struct(fields.collect()).into())
}

/// Without what is secret and without what is not known yet.
fn masked(mut data: Data, known: &mut Known) -> Option<Data> {
    if data.labels.is_secret() {
        return Some(Data::string(MASK));
    }
    match &mut data.value {
        DataValue::Unknown(_) => return None,
        DataValue::String(text) => *text = known.hidden(text).into(),
        DataValue::Bytes(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let hidden = known.hidden(&text);
            if hidden != text {
                return Some(Data::string(hidden));
            }
        }
        DataValue::List(items) => *items = items.drain(..).filter_map(|item| masked(item, known)).collect(),
        DataValue::Struct(fields) => {
            let inner = std::mem::take(fields);
            // who set which field of an object is bookkeeping, and longer than the rest
            let inner = inner.into_iter().filter(|(name, _)| name != "managedFields");
            *fields = inner.filter_map(|(name, field)| Some((name, masked(field, known)?))).collect();
        }
        DataValue::Null | DataValue::Bool(_) | DataValue::Number(_) => {}
    }
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::Source;
    use serde_json::json;

    fn shown(text: &str, secret: &str) -> String {
        let source = Source::new("step.cue", text);
        let instance = cue::Instance::of(source).unwrap();
        let program = cue::compile(&render::builtin::Packages, instance).unwrap();
        let evaluation = program.evaluate(cue::Inputs::default(), &cue::Limits::trusted());
        let mut known = Known::default();
        known.values([json!(secret)].iter());
        Shown::of(evaluation.root()).text(&mut known)
    }

    #[test]
    fn what_is_right_is_shown_and_the_rest_is_named() {
        let text = "context: {a: 1}\nparameter: {image: \"nginx\", port: int}\nout: {good: 1, bad: 1 & 2}\n#D: 1";
        insta::assert_snapshot!(shown(text, "none").replace('\t', "  "), @r#"
        parameter: {
          image: "nginx"
        }
        out: {
          good: 1
        }
        // out.bad: conflicting values 1 and 2
        // parameter.port: non-concrete value int
        "#);
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let text = shown(
            "a: \"Bearer hunter2-hunter2\"\n\"hunter2-hunter2\": 1\nb: '''\n\thunter2-hunter2\n\t'''",
            "hunter2-hunter2",
        );
        assert!(!text.contains("hunter2") && text.contains("Bearer ***"), "{text}");
    }

    #[test]
    fn what_is_too_long_says_so() {
        let text = shown(&format!("a: \"{}\"", "é".repeat(LONGEST)), "none");
        assert!(text.len() < LONGEST + 100 && text.ends_with("bytes in all\n"), "{}", text.len());
    }
}
