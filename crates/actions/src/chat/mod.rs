//! Package `vela/chat`: messages to the robots of chats, and to any webhook.
//!
//! Most chats answer 200 whatever happened and say in the body how it went; each kind knows how to read that. A message
//! that was not taken is an answer (`delivered: false`), so that one dead chat does not keep a notification from the others.

mod dingtalk;
mod lark;
mod slack;
mod webhook;
mod wecom;

use crate::call::Call;
use crate::fault::Fault;
use crate::http::Sending;
use crate::outside::Outside;
use reqwest::Url;
use serde_json::{Value, json};

/// Signs (address, message) with a secret at a time.
type Sign = fn(&mut Url, &mut Value, &str, jiff::Timestamp) -> Result<(), Fault>;

/// One kind of chat.
struct Chat {
    name: &'static str,
    /// Signs a message with the robot's secret: changes the address or the message. `None`: it knows no signatures.
    sign: Option<Sign>,
    /// Why the chat did not take a message that it answered with 200; `None` when it did.
    refusal: fn(&str) -> Option<String>,
}

const CHATS: [Chat; 5] = [dingtalk::CHAT, lark::CHAT, slack::CHAT, webhook::CHAT, wecom::CHAT];

/// `chat.#Send`: sends `message` to the robot at `url`; answers `{delivered, status, message}`.
///
/// # Errors
/// A kind of chat that does not exist, an address that is none, a signature where there is none to make. That a chat does
/// not answer, or refuses, is no fault.
pub async fn send(call: &Call<'_>, outside: &Outside, secret: bool) -> Result<Value, Fault> {
    let kind = call.text("kind");
    let chat = CHATS.iter().find(|c| c.name == kind).ok_or_else(|| {
        let known: Vec<&str> = CHATS.iter().map(|c| c.name).collect();
        Fault::permanent(format!("there is no chat of kind {kind:?}; there are {}", known.join(", ")))
    })?;
    let mut url: Url = call
        .text("url")
        .trim()
        .parse()
        .map_err(|e| Fault::permanent(format!("the address of the {kind} robot is none: {e}")))?;
    let mut message = call.need("message")?.clone();
    let signature = call.text("secret").trim();
    if !signature.is_empty() {
        let sign = chat.sign.ok_or_else(|| Fault::permanent(format!("{kind} has no signatures")))?;
        sign(&mut url, &mut message, signature, jiff::Timestamp::now())?;
    }
    // The last part of a robot's address is its password, given by reference or not.
    let sending = Sending::post(url, &message, call.key, secret || chat.name != "webhook");
    let client = outside.client().await?;
    let (status, refusal) = match sending.send(&client, outside).await {
        Err(fault) => (None, Some(fault.message)),
        Ok(answer) if !answer.status.is_success() => {
            let words = answer.words();
            let words = if words.is_empty() { words } else { format!(": {words}") };
            (Some(answer.status.as_u16()), Some(format!("status {}{words}", answer.status)))
        }
        Ok(answer) => (Some(answer.status.as_u16()), (chat.refusal)(&answer.body)),
    };
    Ok(json!({
        "delivered": refusal.is_none(),
        "status": status,
        "message": refusal.unwrap_or_else(|| "delivered".to_owned()),
    }))
}

/// A refusal in a body like `{"errcode": 310000, "errmsg": "…"}`.
fn coded(body: &str, code: &str, text: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(body).ok()?;
    let number = answer.get(code).and_then(Value::as_i64)?;
    let words = answer.get(text).and_then(Value::as_str).unwrap_or_default();
    (number != 0).then(|| format!("{code} {number}: {words}"))
}

/// HMAC-SHA256, in base64.
fn hmac(key: &[u8], message: &[u8]) -> Result<String, Fault> {
    use base64::Engine as _;
    use hmac::{KeyInit, Mac};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key)
        .map_err(|_| Fault::permanent("the robot's secret cannot be used as a key"))?;
    mac.update(message);
    Ok(base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests;
