//! DingTalk: the signature stands in the address; the body's `errcode` says how it went.

use super::{Chat, coded, hmac};
use crate::fault::Fault;
use jiff::Timestamp;
use reqwest::Url;
use serde_json::Value;

pub(super) const CHAT: Chat =
    Chat { name: "dingtalk", sign: Some(sign), refusal: |body| coded(body, "errcode", "errmsg") };

/// `timestamp` in milliseconds and `sign`: the HMAC of timestamp, a line feed and the secret, keyed with the secret.
fn sign(url: &mut Url, _: &mut Value, secret: &str, now: Timestamp) -> Result<(), Fault> {
    let millis = now.as_millisecond();
    let sign = hmac(secret.as_bytes(), format!("{millis}\n{secret}").as_bytes())?;
    url.query_pairs_mut().append_pair("timestamp", &millis.to_string()).append_pair("sign", &sign);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_stands_in_the_address() {
        let mut url: Url = "https://oapi.example/robot/send?access_token=t".parse().unwrap();
        sign(&mut url, &mut Value::Null, "SECexample", Timestamp::from_millisecond(1_700_000_000_000).unwrap())
            .unwrap();
        // printf '1700000000000\nSECexample' | openssl dgst -sha256 -hmac SECexample -binary | base64
        insta::assert_snapshot!(url, @"https://oapi.example/robot/send?access_token=t&timestamp=1700000000000&sign=uroalHrWHORz59talE1o26b8HuX2kOp8WlAN91F9Pj0%3D");
    }
}
