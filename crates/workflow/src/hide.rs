//! What is secret in what is said: a conflict shows both values, a server repeats what it was sent. The values that a step
//! knows as secret are taken out of such texts wherever they stand, as they are or in the forms in which they travel.

use crate::evaluate::{Results, Scope};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use cue_syntax::Diagnostic;
use serde_json::Value;
use std::fmt::Write as _;

/// What stands in the place of a secret.
const MASK: &str = "***";
/// A value this short would be found in words that are none.
const SHORTEST: usize = 4;
/// Of results every text is meant, names among them, and of addresses every part: what is shorter than this is rather one
/// of those.
const SHORTEST_PART: usize = 8;
/// A text that a problem has cut off is known by so many letters.
const KNOWN_BY: usize = 8;
/// What says what an object is, not what it holds.
const OUTSIDE: [&str; 4] = ["apiVersion", "kind", "metadata", "type"];

/// Texts that must not be shown.
#[derive(Debug, Default)]
pub(crate) struct Known(Vec<String>);

impl Known {
    /// Values that a user gave as secret, one by one.
    pub(crate) fn values<'a>(&mut self, values: impl Iterator<Item = &'a Value>) {
        for value in values {
            self.add(value, SHORTEST);
        }
    }

    /// What actions gave back as secret.
    pub(crate) fn results(&mut self, results: &Results) {
        for result in results.values().filter(|result| result.secret) {
            self.add(&result.value, SHORTEST_PART);
        }
    }

    fn add(&mut self, value: &Value, shortest: usize) {
        match value {
            Value::String(text) => self.text(text, shortest),
            Value::Number(number) => {
                let text = number.to_string();
                if text.len() >= shortest {
                    self.0.push(text);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item, shortest)),
            Value::Object(fields) => {
                let object = fields.contains_key("kind") && fields.contains_key("metadata");
                let inside = fields.iter().filter(|(name, _)| !object || !OUTSIDE.contains(&name.as_str()));
                inside.for_each(|(_, field)| self.add(field, shortest));
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, text: &str, shortest: usize) {
        self.forms(text, shortest);
        // what Secrets hold is base64
        let inner = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(inner) = inner.filter(|inner| !inner.contains(|c: char| c.is_control() && !c.is_whitespace())) {
            self.forms(&inner, shortest.max(SHORTEST));
        }
    }

    /// As it is, as it is quoted, each of its lines, as base64 wherever it begins, as a part of an address; of an address
    /// its parts.
    fn forms(&mut self, text: &str, shortest: usize) {
        if text.len() < shortest {
            return;
        }
        let quoted = Value::from(text).to_string();
        let lines = text.lines().map(str::trim).filter(|line| line.len() >= shortest);
        self.0.extend([text, quoted.trim_matches('"')].into_iter().chain(lines).map(str::to_owned));
        self.0.extend([percent(text, "%20"), percent(text, "+")]);
        if text.len() >= SHORTEST_PART {
            self.0.push(URL_SAFE_NO_PAD.encode(text));
            // three bytes are four letters: where it begins in the middle of them, the first letters are not its own
            let inner = (0..3).filter_map(|skip| text.as_bytes().get(skip..));
            self.0.extend(
                inner.map(|bytes| STANDARD_NO_PAD.encode(bytes.get(..bytes.len() / 3 * 3).unwrap_or_default())),
            );
        }
        if let Some((_, rest)) = text.trim().split_once("://") {
            let parts =
                rest.split(['/', '?', '&', '#', '=', '@', ':']).skip(1).filter(|part| part.len() >= SHORTEST_PART);
            self.0.extend(parts.map(str::to_owned));
        }
    }

    /// A text with `***` where one of them stands, whole or cut off.
    pub(crate) fn hidden(&mut self, text: &str) -> String {
        self.0.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.0.dedup();
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
            let begin: String = secret.chars().take(KNOWN_BY).collect();
            if begin.len() < secret.len() && text.contains(&begin) {
                text = cut_off(&text, &begin, secret);
            }
        }
        text
    }

    /// The same in every text of a value.
    pub(crate) fn hide_in(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.hidden(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_in(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.hide_in(field)),
            _ => {}
        }
    }

    fn within(&mut self, problem: &mut Diagnostic) {
        problem.message = self.hidden(&problem.message);
        problem.help = problem.help.take().map(|help| self.hidden(&help));
        for label in &mut problem.labels {
            label.text = self.hidden(&label.text);
        }
        for other in &mut problem.related {
            self.within(other);
        }
    }
}

/// A problem without the secrets that the step was given.
pub(crate) fn secrets(mut problem: Diagnostic, scope: Scope<'_>, results: &Results) -> Diagnostic {
    let mut known = Known::default();
    known.values(scope.inputs.values().filter(|input| input.secret).map(|input| &input.value));
    known.results(results);
    if !known.0.is_empty() {
        known.within(&mut problem);
    }
    problem
}

/// As it stands in an address, or in a form (where a space is a plus).
fn percent(text: &str, space: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push_str(space),
            _ => {
                // writing to a text does not fail
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn cut_off(text: &str, begin: &str, secret: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        let (before, found) = rest.split_at(at);
        let same = found.chars().zip(secret.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        out.push_str(before);
        out.push_str(MASK);
        rest = found.get(same..).unwrap_or_default();
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hidden(secret: Value, text: &str) -> String {
        let mut known = Known::default();
        known.values([secret].iter());
        known.hidden(text)
    }

    #[test]
    fn secrets_are_hidden_whole_quoted_and_cut_off() {
        let known = json!({"a": "hunter2-hunter2", "b": ["line one\nline two"], "c": 12345, "d": "ab"});
        for (text, wanted) in [
            ("conflicting values int and \"hunter2-hunter2\"", "conflicting values int and \"***\""),
            ("conflicting values int and \"hunter2-hun…\"", "conflicting values int and \"***…\""),
            ("a \"line one\\nline two\" b", "a \"***\" b"),
            ("12345 is not ab", "*** is not ab"),
            ("nothing of it", "nothing of it"),
        ] {
            assert_eq!(hidden(known.clone(), text), wanted);
        }
    }

    #[test]
    fn secrets_are_hidden_in_the_forms_in_which_they_travel() {
        let basic = STANDARD.encode("me:pass word/7xyz");
        for (secret, text, wanted) in [
            (json!("pass word/7xyz"), format!("401 for Basic {basic}"), "401 for Basic bWU6***="),
            (json!("pass word/7xyz"), "no pass%20word%2F7xyz".to_owned(), "no ***"),
            (json!("pass word/7xyz"), "no pass+word%2F7xyz".to_owned(), "no ***"),
            (
                json!("https://h.example/hooks/T0/abcdefgh1"),
                "404: no hook /hooks/T0/abcdefgh1".to_owned(),
                "404: no hook /hooks/T0/***",
            ),
            (json!("https://h.example/x?key=abcdefgh1&a=b"), "bad key abcdefgh1".to_owned(), "bad key ***"),
            // what a Secret holds, read from it
            (
                json!({"kind": "Secret", "metadata": {"name": "the-vault"}, "data": {"t": STANDARD.encode("hush-hush")}}),
                "the-vault: hush-hush is wrong".to_owned(),
                "the-vault: *** is wrong",
            ),
        ] {
            assert_eq!(hidden(secret, &text), wanted);
        }
    }
}
