//! Lark (Feishu): the signature stands in the message; the body's `code` says how it went.

use super::{Chat, coded, hmac};
use crate::fault::Fault;
use jiff::Timestamp;
use reqwest::Url;
use serde_json::Value;

pub(super) const CHAT: Chat = Chat { name: "lark", sign: Some(sign), refusal };

/// Today's robots say `code`, older ones `StatusCode`.
fn refusal(body: &str) -> Option<String> {
    coded(body, "code", "msg").or_else(|| coded(body, "StatusCode", "StatusMessage"))
}

/// `timestamp` in seconds and `sign`: the HMAC of nothing, keyed with timestamp, a line feed and the secret.
fn sign(_: &mut Url, message: &mut Value, secret: &str, now: Timestamp) -> Result<(), Fault> {
    let seconds = now.as_second();
    let sign = hmac(format!("{seconds}\n{secret}").as_bytes(), b"")?;
    let Some(map) = message.as_object_mut() else {
        return Err(Fault::permanent("the message to lark is no object"));
    };
    map.insert("timestamp".into(), seconds.to_string().into());
    map.insert("sign".into(), sign.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_signature_stands_in_the_message() {
        let mut url: Url = "https://open.example/hook".parse().unwrap();
        let mut message = json!({"msg_type": "text"});
        sign(&mut url, &mut message, "example", Timestamp::from_second(1_700_000_000).unwrap()).unwrap();
        // printf '' | openssl dgst -sha256 -mac HMAC -macopt "key:$(printf '1700000000\nexample')" -binary | base64
        insta::assert_snapshot!(message, @r#"{"msg_type":"text","sign":"IDYtqgwsyU5irwQ/8nvd4ncBjc/KPCpVGkxbLfWDsyg=","timestamp":"1700000000"}"#);
    }

    #[test]
    fn both_generations_of_robots_are_understood() {
        assert_eq!(refusal(r#"{"code":0,"msg":"success"}"#), None);
        assert_eq!(refusal(r#"{"StatusCode":0,"StatusMessage":"success"}"#), None);
        assert_eq!(refusal(r#"{"code":19021,"msg":"sign match fail"}"#), Some("code 19021: sign match fail".into()));
    }
}
