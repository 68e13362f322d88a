//! Each kind against a receiver that answers as that chat does.

use super::*;
use crate::Egress;
use crate::testing::Receiver;

async fn send_to(receiver: &Receiver, params: Value) -> Value {
    let outside = Outside::new(Egress::parse("127.0.0.1").unwrap(), Vec::new());
    let mut params = params;
    params["url"] = format!("{}/robot/hidden-token", receiver.url()).into();
    let call = Call { params: &params, key: Some("key-1"), namespace: "default", secret: false };
    send(&call, &outside, false).await.unwrap()
}

#[tokio::test]
async fn a_message_is_delivered_with_the_key() {
    let receiver = Receiver::answering(&[(200, "ok")]).await;
    let result = send_to(&receiver, json!({"kind": "slack", "message": {"text": "hi"}})).await;
    assert_eq!(result, json!({"delivered": true, "status": 200, "message": "delivered"}));
    let got = receiver.got();
    assert_eq!(got.len(), 1);
    assert_eq!((got[0].body.as_str(), got[0].header("idempotency-key")), (r#"{"text":"hi"}"#, "key-1"));
}

#[tokio::test]
async fn a_refusal_in_the_body_is_no_delivery() {
    let receiver = Receiver::answering(&[(200, r#"{"errcode":310000,"errmsg":"sign not match"}"#)]).await;
    for kind in ["dingtalk", "wecom"] {
        let result = send_to(&receiver, json!({"kind": kind, "message": {"msgtype": "text"}})).await;
        assert_eq!(result, json!({"delivered": false, "status": 200, "message": "errcode 310000: sign not match"}));
    }
    let receiver = Receiver::answering(&[(404, "no_service")]).await;
    let result = send_to(&receiver, json!({"kind": "slack", "message": {}})).await;
    assert_eq!(result["message"], "status 404 Not Found: no_service");
}

#[tokio::test]
async fn a_signed_message_carries_what_the_robot_checks() {
    let receiver = Receiver::answering(&[(200, r#"{"errcode":0,"errmsg":"ok"}"#)]).await;
    let result = send_to(&receiver, json!({"kind": "dingtalk", "secret": "SEC1", "message": {}})).await;
    assert_eq!(result["delivered"], true);
    let request = receiver.got().remove(0);
    let url: Url = format!("http://x{}", request.path).parse().unwrap();
    let pairs: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let expected = hmac(b"SEC1", format!("{}\nSEC1", pairs["timestamp"]).as_bytes()).unwrap();
    assert_eq!(pairs["sign"], expected);
}

#[tokio::test]
async fn what_passes_is_tried_again_and_a_dead_chat_is_an_answer_without_its_token() {
    let receiver = Receiver::answering(&[(503, ""), (200, "ok")]).await;
    let result = send_to(&receiver, json!({"kind": "slack", "message": {}})).await;
    assert_eq!((result["delivered"].clone(), receiver.got().len()), (json!(true), 2));

    let gone = Receiver::gone().await;
    let result = send_to(&gone, json!({"kind": "lark", "message": {}})).await;
    assert_eq!(result["delivered"], false);
    let told = result["message"].as_str().unwrap();
    assert!(told.contains("Connection refused") && !told.contains("hidden-token"), "{told}");
}

#[tokio::test]
async fn a_kind_that_does_not_exist_is_a_mistake() {
    let params = json!({"kind": "irc", "url": "http://x", "message": {}});
    let call = Call { params: &params, key: None, namespace: "default", secret: false };
    let fault = send(&call, &Outside::default(), false).await.unwrap_err();
    insta::assert_snapshot!(fault, @r#"there is no chat of kind "irc"; there are dingtalk, lark, slack, webhook, wecom"#);
}
