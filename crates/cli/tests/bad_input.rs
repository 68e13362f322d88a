//! Bad input, as a user sees it: each mistake gives a diagnostic that names the file, the line and the user's own property,
//! exit status 1, and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot run the command has failed")]

use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with a state folder in it.
struct Place(TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Place(folder)
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_lateen"))
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .env("LATEEN_HOME", self.home())
            .output()
            .unwrap()
    }

    fn home(&self) -> std::path::PathBuf {
        self.0.path().join("home")
    }

    /// What it says, without the folder's name, after checking the exit status.
    fn refused(&self, args: &[&str]) -> String {
        let out = self.run(args);
        let text = String::from_utf8(out.stderr).unwrap().replace(&self.0.path().display().to_string(), "$FOLDER");
        assert_eq!(out.status.code(), Some(1), "{text}");
        text
    }

    /// Nothing was stored.
    fn nothing_stored(&self) {
        let out = self.run(&["ls", "-A"]);
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(out.status.success() && !text.contains("shop"), "{text}");
    }
}

const HEAD: &str = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: shop
spec:
";

fn app(spec: &str) -> String {
    format!("{HEAD}{spec}")
}

/// What `render` and `up` say of an Application; they have to agree, but for the line that names the hub.
fn told(spec: &str) -> String {
    let place = Place::new(&[("app.yaml", &app(spec))]);
    let rendered = place.refused(&["render", "-f", "app.yaml"]);
    let started = place.refused(&["up", "-f", "app.yaml"]);
    assert!(rendered.contains("app.yaml:"), "names the file: {rendered}");
    assert!(started.contains("app.yaml:"), "names the file: {started}");
    place.nothing_stored();
    rendered
}

#[test]
fn unknown_types_name_the_nearest() {
    insta::assert_snapshot!(told(
        "  components:
    - name: front
      type: webservise
      properties: {image: nginx}
    - name: back
      type: worker
      properties: {image: nginx}
      traits:
        - type: scalar
  policies:
    - name: where
      type: topologie
"
    ));
}

#[test]
fn an_unknown_step_type() {
    insta::assert_snapshot!(told(
        "  components:
    - name: front
      type: worker
      properties: {image: nginx}
  workflow:
    steps:
      - name: go
        type: deplooy
"
    ));
}

#[test]
fn unknown_missing_and_mistyped_parameters_are_told_together() {
    insta::assert_snapshot!(told(
        "  components:
    - name: front
      type: webservice
      properties:
        imagee: nginx
        port: \"80\"
      traits:
        - type: scaler
          properties:
            replicas: two
"
    ));
}

#[test]
fn conflicting_traits() {
    let definition = "\"always-one\": {
	type: \"trait\"
	description: \"Exactly one pod\"
	attributes: conflictsWith: [\"scaler\"]
}
template: {
	patch: metadata: labels: single: \"yes\"
	parameter: {}
}
";
    let spec = "  components:
    - name: front
      type: worker
      properties: {image: nginx}
      traits:
        - type: scaler
        - type: always-one
";
    let place = Place::new(&[("app.yaml", &app(spec)), ("always-one.cue", definition)]);
    insta::assert_snapshot!(place.refused(&["render", "-f", "app.yaml", "-d", "always-one.cue"]));
}

#[test]
fn a_misspelt_action_in_a_definition() {
    let definition = "import \"vela/kube\"

\"make\": {
	type: \"workflow-step\"
	description: \"Applies an object\"
}
template: {
	apply: kube.#Aply & {$params: value: parameter.value}
	parameter: value: {...}
}
";
    let spec = "  components: []
  workflow:
    steps:
      - name: go
        type: make
        properties: {value: {}}
";
    let place = Place::new(&[("app.yaml", &app(spec)), ("make.cue", definition)]);
    insta::assert_snapshot!(place.refused(&["render", "-f", "app.yaml", "-d", "make.cue"]));
}

#[test]
fn a_dependency_cycle_and_an_unknown_dependency() {
    let cycle = "  components:
    - {name: a, type: worker, properties: {image: x}, dependsOn: [b]}
    - {name: b, type: worker, properties: {image: x}, dependsOn: [a]}
";
    let unknown = "  components:
    - {name: a, type: worker, properties: {image: x}}
  workflow:
    steps:
      - {name: one, type: suspend, dependsOn: [two]}
      - {name: tow, type: suspend}
";
    let place = Place::new(&[("cycle.yaml", &app(cycle)), ("unknown.yaml", &app(unknown))]);
    insta::assert_snapshot!(
        [place.refused(&["up", "-f", "cycle.yaml"]), place.refused(&["up", "-f", "unknown.yaml"])].concat()
    );
    place.nothing_stored();
}

#[test]
fn an_unknown_cluster() {
    let spec = "  components:
    - {name: a, type: worker, properties: {image: x}}
  policies:
    - name: far
      type: topology
      properties:
        clusters: [far-away]
";
    let place = Place::new(&[("app.yaml", &app(spec))]);
    insta::assert_snapshot!(place.refused(&["up", "-f", "app.yaml"]));
    place.nothing_stored();
}

#[test]
fn an_unreachable_cluster() {
    let kubeconfig = "apiVersion: v1
kind: Config
current-context: far
clusters:
  - name: far
    cluster: {server: \"https://127.0.0.1:9\"}
contexts:
  - name: far
    context: {cluster: far, user: far}
users:
  - name: far
    user: {token: none}
";
    let place = Place::new(&[("far.kubeconfig", kubeconfig)]);
    insta::assert_snapshot!(place.refused(&["cluster", "join", "far.kubeconfig", "--name", "far"]));
    let out = place.run(&["cluster", "list"]);
    assert!(!String::from_utf8(out.stdout).unwrap().contains("far"), "nothing is half joined");
}

#[test]
fn broken_yaml_and_what_is_no_object() {
    let place = Place::new(&[
        ("broken.yaml", "kind: Application\n  metadata: {\n"),
        ("list.yaml", "- a\n- b\n"),
        ("typed.yaml", &app("  components: none\n")),
    ]);
    let files = ["broken.yaml", "list.yaml", "typed.yaml", "absent.yaml"];
    insta::assert_snapshot!(files.map(|f| place.refused(&["render", "-f", f])).concat());
    for file in files {
        place.refused(&["up", "-f", file]);
    }
    place.nothing_stored();
}

#[test]
fn a_damaged_state_folder() {
    let spec = "  components:
    - {name: a, type: worker, properties: {image: x}}
";
    let place = Place::new(&[("app.yaml", &app(spec))]);
    place.nothing_stored();
    let database = place.home().join("clusters/local/cluster.redb");
    assert!(database.exists(), "the hub's database is where it was");
    std::fs::write(&database, b"this is no database").unwrap();
    insta::assert_snapshot!(place.refused(&["up", "-f", "app.yaml"]));
    assert_eq!(std::fs::read(&database).unwrap(), b"this is no database", "nothing is thrown away");
    assert!(place.run(&["render", "-f", "app.yaml"]).status.success(), "render needs no state folder");
}
