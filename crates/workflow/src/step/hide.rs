//! What is secret in what a problem says: a conflict shows both values, and one of them may have come from a Secret.

use crate::evaluate::{Results, Scope};
use cue_syntax::Diagnostic;
use serde_json::Value;

/// An input this short would be found in words that are none.
const SHORTEST: usize = 4;
/// Of results every text is meant, names and kinds among them: what is shorter than this is rather one of those.
const SHORTEST_RESULT: usize = 8;
/// A text that a problem has cut off is known by so many letters.
const KNOWN_BY: usize = 8;

/// A problem without the secrets that the step was given.
pub(super) fn secrets(mut problem: Diagnostic, scope: Scope<'_>, results: &Results) -> Diagnostic {
    let mut known = Vec::new();
    for input in scope.inputs.values().filter(|input| input.secret) {
        texts(&input.value, SHORTEST, &mut known);
    }
    for result in results.values().filter(|result| result.secret) {
        texts(&result.value, SHORTEST_RESULT, &mut known);
    }
    if !known.is_empty() {
        known.sort_by_key(|text| std::cmp::Reverse(text.len()));
        known.dedup();
        within(&mut problem, &known);
    }
    problem
}

fn texts(value: &Value, shortest: usize, into: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            // as it is, as it is quoted, and each of its lines
            let quoted = value.to_string();
            let forms = [text.as_str(), quoted.trim_matches('"')];
            let all = forms.into_iter().chain(text.lines().map(str::trim));
            into.extend(all.filter(|form| form.len() >= shortest).map(str::to_owned));
        }
        Value::Number(number) => {
            let text = number.to_string();
            if text.len() >= shortest {
                into.push(text);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, shortest, into)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, shortest, into)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn within(problem: &mut Diagnostic, known: &[String]) {
    problem.message = hidden(&problem.message, known);
    problem.help = problem.help.take().map(|help| hidden(&help, known));
    for label in &mut problem.labels {
        label.text = hidden(&label.text, known);
    }
    for other in &mut problem.related {
        within(other, known);
    }
}

/// A text with `***` where one of these stands, whole or cut off.
fn hidden(text: &str, known: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in known {
        text = text.replace(secret.as_str(), "***");
        let begin: String = secret.chars().take(KNOWN_BY).collect();
        if begin.len() < secret.len() && text.contains(&begin) {
            text = cut_off(&text, &begin, secret);
        }
    }
    text
}

fn cut_off(text: &str, begin: &str, secret: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        let (before, found) = rest.split_at(at);
        let same = found.chars().zip(secret.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        out.push_str(before);
        out.push_str("***");
        rest = found.get(same..).unwrap_or_default();
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_whole_quoted_and_cut_off() {
        let mut known = Vec::new();
        texts(
            &serde_json::json!({"a": "hunter2-hunter2", "b": ["line one\nline two"], "c": 12345, "d": "ab"}),
            4,
            &mut known,
        );
        known.sort_by_key(|text| std::cmp::Reverse(text.len()));
        for (text, wanted) in [
            ("conflicting values int and \"hunter2-hunter2\"", "conflicting values int and \"***\""),
            ("conflicting values int and \"hunter2-hun…\"", "conflicting values int and \"***…\""),
            ("a \"line one\\nline two\" b", "a \"***\" b"),
            ("12345 is not ab", "*** is not ab"),
            ("nothing of it", "nothing of it"),
        ] {
            assert_eq!(hidden(text, &known), wanted);
        }
    }
}
