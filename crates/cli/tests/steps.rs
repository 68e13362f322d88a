//! Steps whose objects have names that nobody knows before, and actions that platform engineers add: a Package on the hub, a
//! step that imports it, a program that answers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod place;

use place::{Place, text};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

const PACKAGE: &str = r##"apiVersion: cue.oam.dev/v1alpha1
kind: Package
metadata: {name: tickets, namespace: vela-system}
spec:
  path: ext/tickets
  provider: {protocol: exec, endpoint: "PROGRAM"}
  templates:
    tickets.cue: |
      package tickets
      #Open: {
        #do:       "open"
        #provider: "tickets"
        $params: title: string
        $returns?: {id: int, ...}
        ...
      }
---
apiVersion: core.oam.dev/v1beta1
kind: WorkflowStepDefinition
metadata: {name: open-ticket, namespace: vela-system}
spec:
  schematic:
    cue:
      template: |
        import (
          "ext/tickets"
          "vela/builtin"
        )
        ticket: tickets.#Open & {$params: title: parameter.title}
        say: builtin.#Message & {$params: message: "ticket \(ticket.$returns.id)"}
        parameter: title: string
---
"##;

const APP: &str = r#"apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: told}
spec:
  components: []
  workflow:
    steps:
      - {name: ticket, type: open-ticket, properties: {title: shop is out}}
      - {name: second, type: open-ticket, properties: {title: shop is back}}
"#;

fn lateen(place: &Place, allow: &str, args: &[&str]) -> Output {
    let path = std::env::var_os("PATH").unwrap_or_default();
    place.command(args).env("PATH", path).env("LATEEN_EXEC_ALLOW", allow).output().unwrap()
}

#[test]
fn a_step_asks_a_program_that_the_operator_allows() {
    let place = Place::new(&[]);
    let program = place.path("tickets");
    // Counts its calls in a file beside it; the title comes in as JSON.
    let script =
        "#!/bin/sh\ncat >> \"$0.calls\"; echo >> \"$0.calls\"; printf '{\"id\": %s}' \"$(wc -l < \"$0.calls\")\"\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = program.to_str().unwrap();
    let file = format!("{}{APP}", PACKAGE.replace("PROGRAM", path));
    place.write("app.yaml", &file);

    let refused = text(&lateen(&place, "", &["up", "-f", "app.yaml"]));
    assert!(refused.contains("steps may not start") && refused.contains("LATEEN_EXEC_ALLOW="), "{refused}");
    assert!(!Path::new(&format!("{path}.calls")).exists());

    let allowed = lateen(&place, path, &["workflow", "restart", "told"]);
    assert!(allowed.status.success(), "{}", text(&allowed));
    let status = text(&lateen(&place, "", &["status", "told"]));
    assert!(status.contains("message: ticket 1") && status.contains("message: ticket 2"), "{status}");
    let calls = std::fs::read_to_string(format!("{path}.calls")).unwrap();
    assert_eq!(calls, "{\"title\":\"shop is out\"}\n{\"title\":\"shop is back\"}\n");
}

#[test]
fn an_image_is_built_by_a_pod_and_a_command_line_that_is_not_ours_runs_in_a_job() {
    const APP: &str = r#"apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: built}
spec:
  components: []
  workflow:
    steps:
      - name: image
        type: build-push-image
        properties: {image: "registry.test/shop:1", context: {git: git.test/shop, branch: main}}
      - {name: words, type: vela-cli, properties: {command: [/bin/sh, -c, "echo $HOME | wc"]}}
"#;
    let place = Place::new(&[("app.yaml", APP)]);
    let ran = text(&lateen(&place, "", &["up", "-f", "app.yaml"]));
    assert!(ran.contains("image (build-push-image) succeeded") && ran.contains("words (vela-cli) succeeded"), "{ran}");
    let pods = text(&lateen(&place, "", &["get", "pods", "-o", "yaml"]));
    assert!(pods.contains("--destination=registry.test/shop:1"), "{pods}");
    let jobs = text(&lateen(&place, "", &["get", "jobs", "-o", "yaml"]));
    assert!(jobs.contains("echo $HOME | wc"), "{jobs}");
}
