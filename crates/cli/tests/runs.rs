//! Runs told, explained and watched; and the controller, which runs what is on a hub.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test reports by panicking")]

mod place;

use place::Place;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};

/// The status, once it is as it has to be.
fn status(place: &Place, name: &str, wanted: &str) -> Value {
    let mut last = Value::Null;
    for _ in 0..400 {
        let out = place.run(&["status", name, "-o", "json"]);
        last = serde_json::from_slice::<Value>(&out.stdout).unwrap_or_default()["status"].clone();
        if last["status"] == wanted {
            return last;
        }
    }
    panic!("{name} never is {wanted}: {last}");
}

const GATE: &str = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop}
spec:
  components:
    - {name: web, type: webservice, properties: {image: nginx}}
  workflow:
    steps:
      - name: settings
        type: apply-object
        properties: {value: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}}
        outputs: [{name: made, valueFrom: apply.$returns.value.metadata.name}]
      - {name: gate, type: suspend, properties: {approval: {groups: [nobody-is-in-this-one], quorum: 2}}}
      - {name: web, type: apply-component, properties: {component: web}}
";

#[test]
fn a_run_is_replayed_and_explained() {
    let place = Place::new(&[("app.yaml", GATE)]);
    place.prints(&["up", "-f", "app.yaml"]);
    let told = place.prints(&["workflow", "explain", "shop"]);
    assert!(told.starts_with("Run shop-v1 of shop: step gate (suspend) is suspended since "), "{told}");
    assert!(told.trim_end().ends_with("waits for approval, 0 of 2, by nobody-is-in-this-one."), "{told}");

    let story = place.prints(&["workflow", "replay", "shop"]);
    for line in ["the run of shop-v1 begins", "gives made", r#"{"made":"settings"}"#, "waits for approval, 0 of 2"] {
        assert!(story.contains(line), "{line} in {story}");
    }
    let events: Value = serde_json::from_str(&place.prints(&["workflow", "replay", "shop", "-o", "json"])).unwrap();
    let given = events.as_array().unwrap().iter().find(|e| e["values"]["made"] == "settings").unwrap();
    let n = given["n"].as_u64().unwrap();
    let at = |n: u64| -> Value {
        serde_json::from_str(&place.prints(&["workflow", "replay", "shop", "--at", &n.to_string(), "-o", "json"]))
            .unwrap()
    };
    assert_eq!((&at(n - 1)["values"], &at(n)["values"]["made"]), (&serde_json::json!({}), &"settings".into()));
    assert_eq!(at(n + 50)["steps"]["gate"]["phase"], "suspending");
    let step = place.prints(&["workflow", "replay", "shop", "--step", "gate"]);
    assert!(!step.contains("settings") && step.contains("suspending"), "{step}");
    let problem = place.refused(&["workflow", "replay", "shop", "--step", "gat"]);
    assert!(problem.contains("did you mean \"gate\"?"), "{problem}");

    let refused = place.refused(&["workflow", "approve", "shop", "-m", "looks well"]);
    assert!(refused.contains("in none of the groups that may approve: nobody-is-in-this-one"), "{refused}");
    place.prints(&["workflow", "terminate", "shop"]);
    let told = place.prints(&["workflow", "explain", "shop"]);
    assert!(told.contains("somebody ended it in step gate (suspend)"), "{told}");
    let watched = place.prints(&["workflow", "watch", "shop"]);
    assert!(watched.ends_with("Application shop: workflowTerminated.\n"), "{watched}");
}

const SAYS: &str = "apiVersion: core.oam.dev/v1beta1
kind: WorkflowStepDefinition
metadata: {name: talk}
spec:
  schematic:
    cue:
      template: |
        import \"vela/util\"
        log: util.#Log & {$params: data: \"hello \\(parameter.who)\"}
        parameter: who: string
---
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: talker}
spec:
  components: []
  workflow: {steps: [{name: first, type: talk, properties: {who: you}}, {name: second, type: talk, properties: {who: all}}]}
";

#[test]
fn what_a_step_says_is_kept() {
    let place = Place::new(&[("app.yaml", SAYS)]);
    place.prints(&["up", "-f", "app.yaml"]);
    let logs = place.prints(&["workflow", "logs", "talker", "--step", "second"]);
    assert!(logs.contains(" second hello all\n") && !logs.contains("you"), "{logs}");
}

/// A controller, ended when it is let go of.
struct Controller {
    child: Child,
    probes: String,
}

impl Controller {
    fn start(place: &Place) -> Controller {
        let mut child = place.command(&["controller", "--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let probes = lines.find_map(|line| line.strip_prefix("probes: http://").map(str::to_owned)).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Controller { child, probes }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.probes).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Ends it as Kubernetes does, and answers its exit status.
    fn ended(mut self) -> Option<i32> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // most often it has ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_controller_runs_what_is_stored_and_lets_go_when_it_is_told_to_stop() {
    let gate = GATE.replace("{approval: {groups: [nobody-is-in-this-one], quorum: 2}}", "{}");
    let place = Place::new(&[("app.yaml", &gate)]);
    let controller = Controller::start(&place);
    place.prints(&["up", "-f", "app.yaml", "--no-wait"]);
    status(&place, "shop", "workflowSuspending");
    place.prints(&["workflow", "resume", "shop", "--no-wait"]);
    let now = status(&place, "shop", "running");
    assert_eq!(now["workflow"]["steps"][2]["phase"], "succeeded");
    assert_eq!(now["services"][0]["healthy"], true);
    assert!(controller.get("/healthz").starts_with("HTTP/1.1 200"));
    let metrics = controller.get("/metrics");
    assert!(metrics.contains("\nlateen_applications 1\n"), "{metrics}");

    // a new specification is run without being asked for
    let changed = gate.replace("a: b", "a: c");
    place.write("app.yaml", &changed);
    place.prints(&["up", "-f", "app.yaml", "--no-wait"]);
    let now = status(&place, "shop", "workflowSuspending");
    assert_eq!(now["latestRevision"]["name"], "shop-v2");
    assert_eq!(controller.ended(), Some(0), "a controller that is told to stop ends well");

    let again = Controller::start(&place);
    place.prints(&["workflow", "resume", "shop", "--no-wait"]);
    status(&place, "shop", "running");
    assert_eq!(again.ended(), Some(0));
}
