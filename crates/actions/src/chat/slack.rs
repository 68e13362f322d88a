//! Slack: answers `ok`, or a status and a word that says what is wrong.

use super::Chat;

pub(super) const CHAT: Chat = Chat { name: "slack", sign: None, refusal };

/// The Web API, other than webhooks, answers 200 with `{"ok": false, "error": …}`.
fn refusal(body: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_str(body).ok()?;
    let failed = answer.get("ok").and_then(serde_json::Value::as_bool) == Some(false);
    failed.then(|| answer.get("error").and_then(serde_json::Value::as_str).unwrap_or("refused").to_owned())
}
