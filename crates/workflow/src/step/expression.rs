//! Outputs: CUE expressions over a step's final value.

use super::payload;
use super::sites::{Read, read_field};
use crate::evaluate::Payload;
use cue::Evaluation;
use cue_syntax::{Diagnostic, Source, SourceId};

/// The value of `valueFrom`; `None` when it is not there. A path that leads nowhere is tried once more with `$returns`
/// inside, because results stood flat beside the parameters in old definitions.
///
/// # Errors
/// It is no expression.
pub(super) fn output(evaluation: &Evaluation, text: &str) -> Result<Option<Payload>, Diagnostic> {
    if let Some(found) = evaluate(evaluation, text)? {
        return Ok(Some(found));
    }
    for other in with_returns(text) {
        if let Ok(Some(found)) = evaluate(evaluation, &other) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn evaluate(evaluation: &Evaluation, text: &str) -> Result<Option<Payload>, Diagnostic> {
    let source = Source::new("valueFrom", text);
    let parsed = cue_syntax::parse_expr(&source, SourceId(u32::MAX));
    if let Some(problem) = parsed.diagnostics.into_iter().next() {
        return Err(problem);
    }
    let Some(expression) = parsed.tree else { return Ok(None) };
    let value = evaluation.expression(&expression);
    Ok(match read_field(value) {
        Read::Value(data) => payload(&data).ok(),
        Read::Unknown(_) | Read::Missing(_) | Read::Wrong(_) => None,
    })
}

/// `a.b.c` with `$returns` after each of its parts.
fn with_returns(text: &str) -> Vec<String> {
    let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '"' | '[' | ']'));
    if !plain {
        return Vec::new();
    }
    let mut all: Vec<String> = text
        .match_indices('.')
        .map(|(i, _)| {
            let (before, after) = text.split_at(i);
            format!("{before}.$returns{after}")
        })
        .collect();
    all.push(format!("{text}.$returns"));
    all
}

#[cfg(test)]
mod tests {
    use super::with_returns;

    #[test]
    fn results_are_looked_for_below_every_part_of_a_path() {
        assert_eq!(with_returns("a.b"), ["a.$returns.b", "a.b.$returns"]);
        assert_eq!(with_returns("x"), ["x.$returns"]);
        assert!(with_returns("\"a\" + b").is_empty());
    }
}
