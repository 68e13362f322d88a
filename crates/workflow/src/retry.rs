//! `retry` of a step: what is tried again, how often, after which pause.

use crate::time::duration;
use cue_syntax::Diagnostic;
use model::Retry;
use model::action::nearest;

/// A step's own rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryRule {
    /// How often; `None`: as often as the policy of the run says.
    pub limit: Option<u32>,
    /// The first pause in milliseconds; each one after it is twice as long, up to five minutes.
    pub backoff: Option<i64>,
    /// An action that was refused, or could not be evaluated, is tried again.
    pub error: bool,
    /// A step that said of itself that it failed begins again; what it has sent is sent again, with other keys.
    pub fail: bool,
    /// A step whose time was over begins again.
    pub timeout: bool,
}

/// The longest pause of a step with a rule of its own, in milliseconds.
pub const LONGEST: i64 = 300_000;

const CAUSES: [&str; 3] = ["error", "fail", "timeout"];

impl RetryRule {
    /// Reads a rule.
    ///
    /// # Errors
    /// A cause that there is not, a pause that is no duration; the path begins with `retry`.
    pub fn of(retry: &Retry) -> Result<RetryRule, Diagnostic> {
        for (i, cause) in retry.on.iter().enumerate() {
            if !CAUSES.contains(&cause.as_str()) {
                let mut d =
                    Diagnostic::error("workflow/retry", format!("\"{cause}\" is nothing that can be tried again"))
                        .path(format!("retry.on[{i}]"));
                let near = nearest(cause, CAUSES).map(|n| format!("did you mean \"{n}\"?"));
                d.help = near.or_else(|| Some(format!("known are {}", CAUSES.join(", "))));
                return Err(d);
            }
        }
        let backoff = match retry.backoff.as_str() {
            "" => None,
            text => Some(duration(text).map_err(|e| Diagnostic::error("workflow/retry", e).path("retry.backoff"))?),
        };
        let on = |cause: &str| retry.on.iter().any(|c| c == cause);
        Ok(RetryRule {
            limit: retry.limit,
            backoff: backoff.map(|b| b.clamp(1, LONGEST)),
            error: retry.on.is_empty() || on("error"),
            fail: on("fail"),
            timeout: on("timeout"),
        })
    }
}
