//! Against a mail server of the tests.

use super::*;
use crate::testing::{Mail, OneCluster, Sink};
use crate::{Egress, FaultClass};

fn params(sink: &Sink, password: &str) -> Value {
    json!({
        "from": {"address": "robot@example.org", "alias": "The Robot", "password": password, "host": "localhost", "port": sink.port()},
        "to": ["one@example.org", "two@example.org"],
        "content": {"subject": "Grüße", "body": "deployed\n.\nreally"},
        "tls_config": {"secret": "mail-ca"},
    })
}

async fn run(sink: &Sink, params: &Value) -> Result<Value, Fault> {
    let outside = Outside::new(Egress::parse("localhost").unwrap(), Vec::new());
    let cluster = OneCluster::with_secret("mail-ca", &[("ca.crt", &sink.authority)]).await;
    let call = Call { params, key: Some("0123456789abcdef"), namespace: "default", secret: false };
    send(&call, &outside, &cluster).await
}

fn ids(mails: &[Mail]) -> Vec<&str> {
    mails.iter().map(|m| m.header("Message-ID")).collect()
}

#[tokio::test]
async fn a_mail_goes_encrypted_and_with_the_account() {
    let sink = Sink::start(true).await;
    let result = run(&sink, &params(&sink, "pass")).await.unwrap();
    assert_eq!(
        result,
        json!({"delivered": true, "message": "250 taken", "messageID": "<0123456789abcdef@example.org>"})
    );
    let mail = sink.mails().remove(0);
    assert!(mail.encrypted);
    assert_eq!(mail.account, "|robot@example.org|pass");
    assert_eq!((mail.from.as_str(), mail.to.len()), ("<robot@example.org>", 2));
    assert_eq!(mail.header("From"), "\"The Robot\" <robot@example.org>");
    assert_eq!(mail.header("Subject"), "=?utf-8?b?R3LDvMOfZQ==?=");
    assert!(mail.text.ends_with("deployed\n..\nreally\n"), "{}", mail.text);
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_message() {
    let sink = Sink::losing_an_answer().await;
    let params = params(&sink, "pass");
    assert_eq!(run(&sink, &params).await.unwrap_err().class, FaultClass::Transient);
    run(&sink, &params).await.unwrap();
    assert_eq!(ids(&sink.mails()), ["<0123456789abcdef@example.org>"; 2]);
}

#[tokio::test]
async fn a_password_is_not_sent_in_the_clear() {
    let sink = Sink::start(false).await;
    let fault = run(&sink, &params(&sink, "pass")).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Permanent);
    assert!(fault.message.contains("STARTTLS"), "{fault}");
    assert!(sink.mails().is_empty());
    // without one there is nothing to protect
    run(&sink, &params(&sink, "")).await.unwrap();
    assert!(!sink.mails()[0].encrypted);
}

#[tokio::test]
async fn what_the_server_refuses_is_told_without_the_password() {
    let sink = Sink::start(true).await;
    let fault = run(&sink, &params(&sink, "guess")).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Permanent);
    assert!(fault.message.contains("535") && !fault.message.contains("guess"), "{fault}");

    let mut tolerant = params(&sink, "pass");
    tolerant["to"] = json!(["nobody@example.org"]);
    tolerant["mayFail"] = json!(true);
    let result = run(&sink, &tolerant).await.unwrap();
    assert_eq!(result["delivered"], false);
    assert!(result["message"].as_str().unwrap().contains("no such mailbox"), "{result}");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_refused() {
    let sink = Sink::start(true).await;
    let mut params = params(&sink, "pass");
    params.as_object_mut().unwrap().remove("tls_config");
    let fault = run(&sink, &params).await.unwrap_err();
    assert!(fault.message.contains("UnknownIssuer"), "{fault}");
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn an_inner_mail_server_needs_the_operator() {
    let sink = Sink::start(true).await;
    let (params, cluster) = (params(&sink, "pass"), OneCluster::new());
    let call = Call { params: &params, key: None, namespace: "default", secret: false };
    let fault = send(&call, &Outside::default(), &cluster).await.unwrap_err();
    assert!(fault.message.contains("loopback") && fault.message.contains("LATEEN_EGRESS_ALLOW"), "{fault}");
}
