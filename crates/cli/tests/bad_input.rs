//! Bad input, as a user sees it: each mistake gives a diagnostic that names the file, the line and the user's own property,
//! exit status 1, and leaves nothing behind.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot run the command has failed")]

mod place;

use place::{Place, without_hub};

/// Nothing was stored.
fn nothing_stored(place: &Place) {
    let text = place.prints(&["ls", "-A"]);
    assert!(!text.contains("shop"), "{text}");
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

/// Checks that every problem of a text stands in one of these files, with its line and column.
fn names_lines(text: &str, files: &[&str]) {
    let snippets = text.matches("╭─[").count();
    let problems = text.matches("\n  × ").count();
    assert!(problems > 0 && snippets >= problems, "each problem shows its place: {text}");
    for file in files {
        let at = text.split(&format!("╭─[{file}:")).nth(1).unwrap_or_default();
        let numbers = at.split(']').next().unwrap_or_default();
        let has_both = numbers.split_once(':').is_some_and(|(line, column)| {
            line.parse::<usize>().is_ok_and(|n| n > 0) && column.parse::<usize>().is_ok_and(|n| n > 0)
        });
        assert!(has_both, "names {file} with line and column: {text}");
    }
}

/// What `render` and `up` say of an Application, with a file of definitions or without; they have to agree, but for the
/// line that names the hub.
fn told_with(spec: &str, definitions: Option<(&str, &str)>, faulty: &str) -> String {
    let app = app(spec);
    let mut files = vec![("app.yaml", app.as_str())];
    files.extend(definitions);
    let place = Place::new(&files);
    let and_definitions: Vec<&str> = definitions.iter().flat_map(|(name, _)| ["-d", *name]).collect();
    let say = |verb: &str| place.refused(&[&[verb, "-f", "app.yaml"], and_definitions.as_slice()].concat());
    let (rendered, started) = (say("render"), say("up"));
    names_lines(&rendered, &[faulty]);
    assert_eq!(rendered, without_hub(&started), "`render` and `up` say the same");
    nothing_stored(&place);
    rendered
}

fn told(spec: &str) -> String {
    told_with(spec, None, "app.yaml")
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
    insta::assert_snapshot!(told_with(spec, Some(("always-one.cue", definition)), "app.yaml"));
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
    insta::assert_snapshot!(told_with(spec, Some(("make.cue", definition)), "make.cue"));
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
    let of_steps = "  components:
    - {name: a, type: worker, properties: {image: x}}
  workflow:
    steps:
      - {name: one, type: suspend, dependsOn: [two]}
      - {name: two, type: suspend, dependsOn: [one]}
";
    insta::assert_snapshot!([told(cycle), told(of_steps), told(unknown)].concat());
}

/// Each would fail for certain when its turn comes: the run does not begin.
#[test]
fn steps_that_cannot_work() {
    let spec = "  components:
    - {name: web, type: webservice, properties: {image: x}}
  workflow:
    steps:
      - {name: deploy, type: apply-component, properties: {component: wbe}}
      - {name: say, type: print-message-in-status, properties: {message: 3}}
      - {name: tell, type: notification, properties: {slack: {message: {text: out}}}}
";
    let place = Place::new(&[("app.yaml", &app(spec))]);
    let said = place.refused(&["up", "-f", "app.yaml"]);
    names_lines(&said, &["app.yaml"]);
    insta::assert_snapshot!(without_hub(&said));
    nothing_stored(&place);
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
    let said = place.refused(&["up", "-f", "app.yaml"]);
    names_lines(&said, &["app.yaml"]);
    insta::assert_snapshot!(said);
    nothing_stored(&place);
}

#[test]
fn a_cluster_that_died_after_it_was_joined() {
    let spec = "  components:
    - {name: a, type: worker, properties: {image: x}}
  policies:
    - name: far
      type: topology
      properties:
        clusters: [far]
";
    let place = Place::new(&[
        ("app.yaml", &app(spec)),
        ("local.yaml", &app(spec).replace("[far]", "[local]").replace("shop", "other")),
    ]);
    // The cluster lives in another state folder, and is joined by its address: only its own process answers for it.
    let elsewhere = place.path("elsewhere");
    let there = |args: &[&str]| {
        let mut command = place.command(args);
        command.env("LATEEN_HOME", &elsewhere);
        command
    };
    assert!(there(&["cluster", "create", "far", "--no-join"]).status().unwrap().success());
    let mut served = there(&["cluster", "serve", "far"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(served.stdout.take().unwrap()));
    let kubectl = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("kubectl")).unwrap();
    let written = std::fs::read_to_string(kubectl.split_whitespace().nth(2).unwrap()).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&written).unwrap();
    config["clusters"][0]["cluster"].as_object_mut().unwrap().remove("extensions");
    place.write("far.kubeconfig", &config.to_string());
    let joined = place.run(&["cluster", "join", "far.kubeconfig", "--name", "far"]);
    served.kill().unwrap();
    served.wait().unwrap();
    assert!(joined.status.success(), "{}", String::from_utf8_lossy(&joined.stderr));
    let said = place.refused(&["up", "-f", "app.yaml"]);
    names_lines(&said, &["app.yaml"]);
    insta::assert_snapshot!(without_port(&said));
    nothing_stored(&place);
    let started = place.run(&["up", "-f", "app.yaml", "--allow-unreachable", "--timeout", "1s"]);
    let said = String::from_utf8(started.stderr).unwrap();
    assert_eq!(started.status.code(), Some(1), "{said}");
    assert!(said.contains("deploy-far waits: far/default/a: "), "says what it waits for: {said}");
    let other = place.run(&["up", "-f", "local.yaml"]);
    assert!(other.status.success(), "what goes elsewhere is not held up: {}", String::from_utf8_lossy(&other.stderr));
}

/// A loopback port is another one each time.
fn without_port(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("127.0.0.1:PORT");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
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
    let said = place.refused(&["cluster", "join", "far.kubeconfig", "--name", "far"]);
    names_lines(&said, &["far.kubeconfig"]);
    insta::assert_snapshot!(said);
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
    let files = ["broken.yaml", "list.yaml", "typed.yaml"];
    for file in files {
        let said = place.refused(&["up", "-f", file]);
        names_lines(&said, &[file]);
        assert_eq!(without_hub(&said), place.refused(&["render", "-f", file]), "`render` and `up` say the same");
    }
    let files = [files.as_slice(), &["absent.yaml"]].concat();
    insta::assert_snapshot!(files.iter().map(|f| place.refused(&["up", "-f", f])).collect::<String>());
    nothing_stored(&place);
}

#[test]
fn a_damaged_state_folder() {
    let spec = "  components:
    - {name: a, type: worker, properties: {image: x}}
";
    let place = Place::new(&[("app.yaml", &app(spec))]);
    nothing_stored(&place);
    let database = place.path("home/clusters/local/cluster.redb");
    assert!(database.exists(), "the hub's database is where it was");
    std::fs::write(&database, b"this is no database").unwrap();
    insta::assert_snapshot!(place.refused(&["up", "-f", "app.yaml"]));
    assert_eq!(std::fs::read(&database).unwrap(), b"this is no database", "nothing is thrown away");
    assert!(place.run(&["render", "-f", "app.yaml"]).status.success(), "render needs no state folder");
}
