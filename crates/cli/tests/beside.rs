//! A second command beside a running `up`: both work on the one embedded hub, the second through the first's socket.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot run the command has failed")]

mod place;

use place::Place;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Child;

fn app(stalled: bool) -> String {
    format!(
        "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: shop}}
spec:
  components:
    - name: front
      type: worker
      properties: {{image: busybox}}
      traits:
        - type: annotations
          properties: {{simulate.lateen.dev/stall: \"{stalled}\"}}
  workflow:
    steps:
      - {{name: front, type: apply-component, properties: {{component: front}}}}
"
    )
}

/// With an application in two versions: one that never becomes ready, and one that does.
fn place() -> Place {
    Place::new(&[("stalled.yaml", &app(true)), ("ready.yaml", &app(false))])
}

/// Starts a command and waits until it has said that the step runs.
fn started(place: &Place, args: &[&str]) -> Running {
    let mut child = place.command(args).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("front (apply-component) running")), "the step is told as it runs");
    // Read on, so that the command never waits for a reader.
    let rest = std::thread::spawn(move || lines.collect::<Vec<String>>().join("\n"));
    Running { child, rest }
}

/// The status, once there is one: it is written a moment after the command has told of it.
fn status(place: &Place) -> Value {
    for _ in 0..200 {
        let out = place.run(&["status", "shop", "-o", "json"]);
        let app: Value = serde_json::from_slice(&out.stdout).unwrap();
        if !app["status"]["workflow"].is_null() {
            return app["status"].clone();
        }
    }
    Value::Null
}

struct Running {
    child: Child,
    rest: std::thread::JoinHandle<String>,
}

impl Running {
    /// What it printed at its end, and its exit status.
    fn ended(self) -> (String, Option<i32>) {
        let out = self.child.wait_with_output().unwrap();
        let said = self.rest.join().unwrap();
        (format!("{said}{}", String::from_utf8(out.stdout).unwrap()), out.status.code())
    }
}

#[test]
fn status_and_terminate_work_while_up_waits() {
    let place = place();
    let up = started(&place, &["up", "-f", "stalled.yaml"]);
    let now = status(&place);
    assert_eq!(now["status"], "runningWorkflow");
    assert_eq!(now["workflow"]["steps"][0]["phase"], "running");
    let listed = String::from_utf8(place.run(&["ls"]).stdout).unwrap();
    assert!(listed.contains("shop"), "{listed}");

    let terminated = place.run(&["workflow", "terminate", "shop"]);
    assert!(terminated.status.success(), "{}", String::from_utf8_lossy(&terminated.stderr));
    let (said, code) = up.ended();
    assert!(said.contains("The workflow of application shop is terminated."), "{said}");
    assert_eq!(code, Some(0), "nothing has failed");
    assert_eq!(status(&place)["status"], "workflowTerminated");
}

#[test]
fn a_second_up_follows_the_first() {
    let place = place();
    let first = started(&place, &["up", "-f", "stalled.yaml"]);
    let second = started(&place, &["up", "-f", "stalled.yaml"]);
    assert!(place.run(&["workflow", "terminate", "shop"]).status.success());
    for up in [first, second] {
        let (said, code) = up.ended();
        assert!(said.contains("is terminated."), "{said}");
        assert_eq!(code, Some(0));
    }
    assert_eq!(status(&place)["latestRevision"]["name"], "shop-v1", "one run, not two");
}

#[test]
fn a_second_up_with_another_specification_takes_the_first_along() {
    let place = place();
    let first = started(&place, &["up", "-f", "stalled.yaml"]);
    let second = place.run(&["up", "-f", "ready.yaml"]);
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    let (said, code) = first.ended();
    assert!(said.contains("Application shop is running."), "{said}");
    assert_eq!(code, Some(0));
    let now = status(&place);
    assert_eq!(now["latestRevision"]["name"], "shop-v2");
    assert_eq!(now["services"][0]["healthy"], true);
}

#[test]
fn a_run_in_which_nothing_moves_is_left_and_can_be_carried_on() {
    let place = place();
    let left = place.run(&["up", "-f", "stalled.yaml", "--timeout", "1s"]);
    let said = String::from_utf8(left.stderr).unwrap();
    assert_eq!(left.status.code(), Some(1), "{said}");
    assert!(said.contains("  front waits: local/default/front is not healthy: Ready:0/1"), "{said}");
    assert_eq!(status(&place)["status"], "runningWorkflow");
    let stored = place.run(&["up", "-f", "ready.yaml", "--no-wait"]);
    assert!(stored.status.success());
    assert_eq!(
        String::from_utf8(stored.stdout).unwrap(),
        "application default/shop is stored; `lateen up shop -n default` carries it on\n"
    );
    assert!(place.run(&["up", "shop"]).status.success());
    assert_eq!(status(&place)["status"], "running");
}

#[test]
fn a_timer_past_the_timeout_is_told_and_the_next_command_acts_on_it() {
    let place = place();
    // nothing but the timer: a pod may take longer than the limit to become ready on a busy machine, and then nothing moves
    let text = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop}
spec:
  components: []
  workflow: {steps: [{name: nap, type: suspend, properties: {duration: 6s}}]}
";
    place.write("nap.yaml", text);
    let first = place.run(&["up", "-f", "nap.yaml", "--timeout", "1s"]);
    let said = String::from_utf8(first.stdout).unwrap();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(said.starts_with("Application shop is suspended until 20"), "{said}");
    assert!(said.ends_with("the next command, or a controller, goes on then.\n"), "{said}");
    let second = String::from_utf8(place.run(&["up", "shop"]).stdout).unwrap();
    assert_eq!(second, "Application shop is running.\n");
}
