//! What steps tell the world: real receivers on loopback, the binary, and nothing secret in what it writes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod place;

use place::{Place, text};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Output;
use std::sync::{Arc, Mutex};

/// A robot that answers so to every message.
struct Robot {
    url: String,
    got: Arc<Mutex<Vec<String>>>,
}

fn robot(status: &'static str, body: &'static str) -> Robot {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/robot/token-in-the-address", listener.local_addr().unwrap());
    let got: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = got.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut bytes = [0u8; 4096];
            while let Ok(n) = stream.read(&mut bytes) {
                request.extend_from_slice(&bytes[..n]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let length =
                    text.to_lowercase().split("content-length: ").nth(1).and_then(|l| l.lines().next()?.parse().ok());
                let body_at = text.find("\r\n\r\n").map(|at| at + 4);
                if n == 0 || body_at.is_some_and(|at| text.len() >= at + length.unwrap_or(0)) {
                    break;
                }
            }
            seen.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    Robot { url, got }
}

fn lateen(place: &Place, allow: &str, args: &[&str]) -> Output {
    let mut command = place.command(args);
    if !allow.is_empty() {
        command.env("LATEEN_EGRESS_ALLOW", allow);
    }
    command.output().unwrap()
}

fn app(slack: &Robot, dingtalk: &Robot) -> String {
    format!(
        r#"apiVersion: v1
kind: Secret
metadata: {{name: robots}}
stringData: {{slack: "{}", dingtalk: "{}", key: SEC-signing-key}}
---
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: told}}
spec:
  components:
    - {{name: settings, type: k8s-objects, properties: {{objects: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: settings}}}}]}}}}
  workflow:
    steps:
      - {{name: settings, type: apply-component, properties: {{component: settings}}}}
      - name: tell
        type: notification
        properties:
          slack: {{url: {{secretRef: {{name: robots, key: slack}}}}, message: {{text: done}}}}
          dingding:
            url: {{secretRef: {{name: robots, key: dingtalk}}}}
            secret: {{secretRef: {{name: robots, key: key}}}}
            message: {{msgtype: text, text: {{content: done}}}}
"#,
        slack.url, dingtalk.url
    )
}

#[test]
fn several_are_told_and_nothing_secret_is_written() {
    let (slack, dingtalk) = (robot("200 OK", "ok"), robot("200 OK", r#"{"errcode":0,"errmsg":"ok"}"#));
    let place = Place::new(&[("app.yaml", &app(&slack, &dingtalk))]);
    let up = lateen(&place, "127.0.0.1", &["up", "-f", "app.yaml"]);
    assert!(up.status.success(), "{}", text(&up));
    let (to_slack, to_dingtalk) = (slack.got.lock().unwrap().clone(), dingtalk.got.lock().unwrap().clone());
    assert_eq!((to_slack.len(), to_dingtalk.len()), (1, 1));
    assert!(
        to_slack[0].to_lowercase().contains("\r\nidempotency-key: ")
            && to_slack[0].ends_with(r#"{"mrkdwn":true,"text":"done"}"#)
    );
    assert!(to_dingtalk[0].contains("?timestamp=") && to_dingtalk[0].contains("&sign="));

    let status = text(&lateen(&place, "", &["status", "told", "-o", "yaml"]));
    assert!(status.contains("dingding: delivered; slack: delivered"), "{status}");
    let revisions = text(&lateen(&place, "", &["revision", "list", "told", "-o", "yaml"]));
    for told in [text(&up), status, revisions] {
        for secret in ["token-in-the-address", "SEC-signing-key"] {
            assert!(!told.contains(secret), "{secret} is in {told}");
        }
    }
}

#[test]
fn one_that_refuses_fails_the_step_after_all_were_told() {
    let (slack, dingtalk) = (robot("200 OK", "ok"), robot("200 OK", r#"{"errcode":310000,"errmsg":"sign not match"}"#));
    let place = Place::new(&[("app.yaml", &app(&slack, &dingtalk))]);
    let up = lateen(&place, "127.0.0.1", &["up", "-f", "app.yaml"]);
    assert!(!up.status.success());
    assert_eq!((slack.got.lock().unwrap().len(), dingtalk.got.lock().unwrap().len()), (1, 1));
    let status = text(&lateen(&place, "", &["status", "told"]));
    assert!(status.contains("dingding: errcode 310000: sign not match; slack: delivered"), "{status}");
}

#[test]
fn loopback_is_refused_unless_the_operator_allows_it() {
    let (slack, dingtalk) = (robot("200 OK", "ok"), robot("200 OK", "{}"));
    let place = Place::new(&[("app.yaml", &app(&slack, &dingtalk))]);
    assert!(!lateen(&place, "", &["up", "-f", "app.yaml"]).status.success());
    assert!(slack.got.lock().unwrap().is_empty() && dingtalk.got.lock().unwrap().is_empty());
    let status = text(&lateen(&place, "", &["status", "told"]));
    assert!(status.contains("a loopback address") && status.contains("LATEEN_EGRESS_ALLOW"), "{status}");
}
