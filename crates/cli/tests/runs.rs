//! Runs told, explained and watched; and the controller, which runs what is on a hub.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test reports by panicking")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        for (name, text) in files {
            std::fs::write(place.0.path().join(name), text).unwrap();
        }
        place
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
        command
            .args(args)
            .env_clear()
            .env("LATEEN_HOME", self.0.path().join("state"))
            .env("LATEEN_HUB", "embedded")
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a command that must succeed prints.
    fn says(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// What a command that must fail complains of.
    fn complains(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(!out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stdout));
        String::from_utf8(out.stderr).unwrap()
    }

    /// The status, once it is as it has to be.
    fn status(&self, name: &str, wanted: &str) -> Value {
        let mut last = Value::Null;
        for _ in 0..400 {
            let out = self.run(&["status", name, "-o", "json"]);
            last = serde_json::from_slice::<Value>(&out.stdout).unwrap_or_default()["status"].clone();
            if last["status"] == wanted {
                return last;
            }
        }
        panic!("{name} never is {wanted}: {last}");
    }
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
    place.says(&["up", "-f", "app.yaml"]);
    let told = place.says(&["workflow", "explain", "shop"]);
    assert!(told.starts_with("Run shop-v1 of shop: step gate (suspend) is suspended since "), "{told}");
    assert!(told.trim_end().ends_with("waits for approval, 0 of 2, by nobody-is-in-this-one."), "{told}");

    let story = place.says(&["workflow", "replay", "shop"]);
    for line in ["the run of shop-v1 begins", "gives made", r#"{"made":"settings"}"#, "waits for approval, 0 of 2"] {
        assert!(story.contains(line), "{line} in {story}");
    }
    let events: Value = serde_json::from_str(&place.says(&["workflow", "replay", "shop", "-o", "json"])).unwrap();
    let given = events.as_array().unwrap().iter().find(|e| e["values"]["made"] == "settings").unwrap();
    let n = given["n"].as_u64().unwrap();
    let at = |n: u64| -> Value {
        serde_json::from_str(&place.says(&["workflow", "replay", "shop", "--at", &n.to_string(), "-o", "json"]))
            .unwrap()
    };
    assert_eq!((&at(n - 1)["values"], &at(n)["values"]["made"]), (&serde_json::json!({}), &"settings".into()));
    assert_eq!(at(n + 50)["steps"]["gate"]["phase"], "suspending");
    let step = place.says(&["workflow", "replay", "shop", "--step", "gate"]);
    assert!(!step.contains("settings") && step.contains("suspending"), "{step}");
    let problem = place.complains(&["workflow", "replay", "shop", "--step", "gat"]);
    assert!(problem.contains("did you mean \"gate\"?"), "{problem}");

    let refused = place.complains(&["workflow", "approve", "shop", "-m", "looks well"]);
    assert!(refused.contains("in none of the groups that may approve: nobody-is-in-this-one"), "{refused}");
    place.says(&["workflow", "terminate", "shop"]);
    let told = place.says(&["workflow", "explain", "shop"]);
    assert!(told.contains("somebody ended it in step gate (suspend)"), "{told}");
    let watched = place.says(&["workflow", "watch", "shop"]);
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
    place.says(&["up", "-f", "app.yaml"]);
    let logs = place.says(&["workflow", "logs", "talker", "--step", "second"]);
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
    place.says(&["up", "-f", "app.yaml", "--no-wait"]);
    place.status("shop", "workflowSuspending");
    place.says(&["workflow", "resume", "shop", "--no-wait"]);
    let status = place.status("shop", "running");
    assert_eq!(status["workflow"]["steps"][2]["phase"], "succeeded");
    assert_eq!(status["services"][0]["healthy"], true);
    assert!(controller.get("/healthz").starts_with("HTTP/1.1 200"));
    let metrics = controller.get("/metrics");
    assert!(metrics.contains("\nlateen_applications 1\n"), "{metrics}");

    // a new specification is run without being asked for
    let changed = gate.replace("a: b", "a: c");
    std::fs::write(place.0.path().join("app.yaml"), changed).unwrap();
    place.says(&["up", "-f", "app.yaml", "--no-wait"]);
    let status = place.status("shop", "workflowSuspending");
    assert_eq!(status["latestRevision"]["name"], "shop-v2");
    assert_eq!(controller.ended(), Some(0), "a controller that is told to stop ends well");

    let again = Controller::start(&place);
    place.says(&["workflow", "resume", "shop", "--no-wait"]);
    place.status("shop", "running");
    assert_eq!(again.ended(), Some(0));
}
