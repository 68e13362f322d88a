//! Packages against a receiver and against programs of the tests.

use super::*;
use crate::Egress;
use crate::testing::Receiver;
use serde_json::json;

fn package(protocol: &str, endpoint: &str) -> Value {
    json!({"metadata": {"name": "tickets"}, "spec": {
        "path": "ext/tickets", "provider": {"protocol": protocol, "endpoint": endpoint, "header": {"X-Team": ["ops"]}}}})
}

async fn run(package: &Value, outside: &Outside, provider: &str) -> Result<Value, Fault> {
    let providers = Providers::of(std::slice::from_ref(package))?;
    let params = json!({"provider": provider, "do": "open", "params": {"title": "t"}});
    call(&Call { params: &params, key: Some("key-1"), namespace: "default", secret: false }, outside, &providers, false)
        .await
}

fn loopback() -> Outside {
    Outside::new(Egress::parse("127.0.0.1").unwrap(), Vec::new())
}

#[tokio::test]
async fn a_service_is_asked_by_the_name_of_the_action() {
    let receiver = Receiver::answering(&[(200, r#"{"id": 7}"#), (200, ""), (422, "no title"), (200, "seven")]).await;
    let package = package("http", &format!("{}/api/", receiver.url()));
    assert_eq!(run(&package, &loopback(), "ext/tickets").await.unwrap(), json!({"id": 7}));
    assert_eq!(run(&package, &loopback(), "tickets").await.unwrap(), json!({}));
    let got = receiver.got().remove(0);
    assert_eq!((got.method.as_str(), got.path.as_str(), got.body.as_str()), ("POST", "/api/open", r#"{"title":"t"}"#));
    assert_eq!([got.header("idempotency-key"), got.header("x-team")], ["key-1", "ops"]);
    let refused = run(&package, &loopback(), "tickets").await.unwrap_err();
    assert!(refused.message.starts_with("tickets.open: POST "), "{refused}");
    assert!(refused.message.ends_with("422 Unprocessable Entity: no title"), "{refused}");
    let wrong = run(&package, &loopback(), "tickets").await.unwrap_err();
    assert!(wrong.message.starts_with("the answer of tickets.open is no JSON"), "{wrong}");
    let inner = run(&package, &Outside::default(), "tickets").await.unwrap_err();
    assert_eq!((inner.class, receiver.got().len()), (crate::FaultClass::Permanent, 4), "{inner}");
}

#[cfg(unix)]
fn program(folder: &std::path::Path, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("tickets");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_reads_and_writes_json_when_the_operator_allows_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = program(
        folder.path(),
        r#"printf '{"did": "%s", "key": "%s", "given": %s, "home": "%s"}' "$1" "$LATEEN_IDEMPOTENCY_KEY" "$(cat)" "$LATEEN_HOME""#,
    );
    let package = package("exec", &path);
    let refused = run(&package, &Outside::default(), "tickets").await.unwrap_err();
    assert_eq!(
        refused.message,
        format!(
            "tickets.open: steps may not start {path} on this machine; its operator allows it with LATEEN_EXEC_ALLOW={path}"
        )
    );
    let outside = Outside::default().allow_programs(vec![path]);
    let answer = run(&package, &outside, "ext/tickets").await.unwrap();
    assert_eq!(answer, json!({"did": "open", "key": "key-1", "given": {"title": "t"}, "home": ""}));
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_fails_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = program(folder.path(), "echo working >&2; echo the queue is full >&2; exit 3");
    let outside = Outside::default().allow_programs(vec![path.clone()]);
    let fault = run(&package("exec", &path), &outside, "tickets").await.unwrap_err();
    assert_eq!(fault.message, format!("tickets.open: {path} has failed (exit status: 3): the queue is full"));
}

#[test]
fn a_package_that_cannot_answer_is_told() {
    let fault = Providers::of(&[package("grpc", "x")]).unwrap_err();
    assert_eq!(fault.message, "Package tickets: spec.provider.protocol is \"grpc\"; there are http, https and exec");
    assert!(
        Providers::of(&[json!({"metadata": {"name": "m"}, "spec": {"path": "ext/m"}})])
            .unwrap()
            .names()
            .next()
            .is_none()
    );
}
