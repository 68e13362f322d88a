//! What a step's parameters must satisfy before its first action.

use cue::{Evaluation, Selector};
use cue_syntax::Diagnostic;

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
