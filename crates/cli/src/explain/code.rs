//! The code of a diagnostic.

use crate::output::{self, Format};
use crate::session::Outcome;
use authoring::explain::codes;
use cue_syntax::Diagnostic;
use serde_json::{Value, json};

/// Explains one.
pub(super) fn one(code: &str, format: Option<Format>) -> Outcome<String> {
    let Some(found) = codes::find(code) else {
        let d = Diagnostic::error("explain/unknown", format!("there is no diagnostic \"{code}\""));
        return Err(d
            .help(match codes::near(code) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "`lateen explain --codes` lists all".to_owned(),
            })
            .into());
    };
    match format {
        Some(format) => output::text(&json!({"code": found.code, "text": found.text}), format),
        None => Ok(format!("{}\n\n{}\n", found.code, found.text)),
    }
}

/// Lists all, each with its first sentence.
pub(super) fn list(format: Option<Format>) -> Outcome<String> {
    if let Some(format) = format {
        let all: Vec<Value> = codes::all().map(|c| json!({"code": c.code, "text": c.text})).collect();
        return output::text(&Value::Array(all), format);
    }
    let first = |text: &str| {
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        joined.split_once(". ").map_or(joined.clone(), |(first, _)| format!("{first}."))
    };
    let rows: Vec<Vec<String>> = codes::all().map(|c| vec![c.code.to_owned(), first(c.text)]).collect();
    Ok(crate::table::draw(&["CODE", "MEANING"], &rows))
}
