//! `lateen workflow terminate` in every state that a run can be in: with somebody executing it and with nobody, whatever its
//! steps are doing. What is in flight is cut off, not waited for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod place;

use place::Place;
use serde_json::Value;
use std::io::Read;
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// A server that reads and never answers; it says when a client has come, and when it has gone.
fn silent() -> (u16, Receiver<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, told) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let _ = sender.send(true);
                while matches!(stream.read(&mut [0; 1024]), Ok(1..)) {}
                let _ = sender.send(false);
            });
        }
    });
    (port, told)
}

/// A step that asks and is ready to wait for ten minutes.
const ASK: &str = "apiVersion: core.oam.dev/v1beta1
kind: WorkflowStepDefinition
metadata: {name: ask, namespace: default}
spec:
  schematic:
    cue:
      template: |
        import \"vela/http\"
        ask: http.#HTTPDo & {$params: {url: parameter.url, method: \"POST\", request: timeout: \"10m\"}}
        parameter: url: string
---
";

/// The states: a name, the phase of the first step when it is reached, and the steps.
fn states(port: u16) -> Vec<(&'static str, &'static str, String)> {
    let ask = format!("{{name: ask, type: ask, properties: {{url: \"http://127.0.0.1:{port}/\"}}}}");
    vec![
        ("asks", "running", ask.clone()),
        ("waits", "running", "{name: front, type: apply-component, properties: {component: front}}".into()),
        ("gate", "suspending", "{name: gate, type: suspend}".into()),
        ("nap", "suspending", "{name: nap, type: suspend, properties: {duration: 1h}}".into()),
        (
            "fails",
            "failed",
            "{name: wrong, type: apply-object, retry: {limit: 100, backoff: 5m}, properties: {value: {apiVersion: v1, \
             kind: Service, metadata: {name: wrong}, spec: {ports: [{port: 99999999}]}}}}"
                .into(),
        ),
        (
            "group",
            "suspending",
            format!("{{name: both, type: step-group, subSteps: [{ask}, {{name: gate, type: suspend}}]}}"),
        ),
        (
            "pends",
            "suspending",
            "{name: gate, type: suspend, outputs: [{name: v, valueFrom: parameter.none, optional: true}]}, {name: last, type: \
             suspend, inputs: [{from: v}]}"
                .into(),
        ),
    ]
}

fn status(place: &Place, name: &str) -> Value {
    let out = place.run(&["status", name, "-o", "json"]);
    serde_json::from_slice::<Value>(&out.stdout).map_or(Value::Null, |app| app["status"].clone())
}

#[test]
fn a_run_is_ended_in_every_state_with_what_is_in_flight() {
    let (port, told) = silent();
    for executed in [true, false] {
        let place = Place::new(&[]);
        for (name, phase, steps) in states(port) {
            // what differs without somebody who executes is in the first of them
            if !executed && matches!(name, "nap" | "group" | "pends") {
                continue;
            }
            let app = format!(
                "{ASK}apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: {name}}}
spec:
  components:
    - name: front
      type: worker
      properties: {{image: busybox}}
      traits: [{{type: annotations, properties: {{simulate.lateen.dev/stall: \"true\"}}}}]
  workflow: {{steps: [{steps}]}}
"
            );
            place.write("app.yaml", &app);
            let mut up = place.command(&["up", "-f", "app.yaml", "--timeout", "1h"]);
            up.env("LATEEN_EGRESS_ALLOW", "127.0.0.1").stdout(Stdio::null()).stderr(Stdio::null());
            let mut up = up.spawn().unwrap();
            if steps.contains("type: ask") {
                assert!(told.recv().unwrap(), "somebody asks");
            }
            // until the state is reached
            while status(&place, name)["workflow"]["steps"][0]["phase"] != phase {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            if !executed {
                up.kill().unwrap();
            }
            let asked = Instant::now();
            let said = place.told(&["workflow", "terminate", name]);
            let took = asked.elapsed();
            let after = status(&place, name);
            assert_eq!(after["status"], "workflowTerminated", "{name}: {said}{after:#}");
            assert_eq!(after["workflow"]["finished"], true, "{name}: {after:#}");
            let steps = after["workflow"]["steps"].as_array().unwrap();
            assert!(steps.iter().all(|s| s["phase"] != "running" && s["phase"] != "pending"), "{name}: {after:#}");
            if steps.iter().any(|s| s["type"] == "ask") || name == "group" {
                assert!(!told.recv().unwrap(), "{name}: the request is cut off");
            }
            // who executes it ends by itself
            let code = up.wait().unwrap().code();
            assert!(code.is_some() || !executed, "{name}");
            println!("{name}, executed by {}: {} ms", if executed { "another" } else { "nobody" }, took.as_millis());
        }
    }
}
