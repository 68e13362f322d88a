//! Objects of kinds that CustomResourceDefinitions describe, held to them before anything is applied; and what
//! `--allow-unknown` lets through, on every command that has it.

mod place;

use place::{Place, QUEUES};

const QUEUE: &str = "queue: {type: \"component\", description: \"A queue\", attributes: {}}
template: {
	output: {
		apiVersion: \"example.com/v1\"
		kind:       \"Queue\"
		spec: {
			size:   parameter.size
			modee:  \"safe\"
		}
	}
	parameter: size: int
}
";

fn app(properties: &str) -> String {
    format!(
        "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: jobs}}
spec:
  components:
    - name: mails
      type: queue
      properties: {{{properties}}}
"
    )
}

const PLAIN: &str = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: settings}
spec:
  components:
    - name: settings
      type: k8s-objects
      properties:
        objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}]
";

/// Runs it: the command, what it prints, and its exit status.
fn lateen(place: &Place, command: &str) -> String {
    let told = place.told(&command.split(' ').collect::<Vec<_>>());
    let status = if told.ends_with("exit status 1\n") { "" } else { "exit status 0\n" };
    format!("$ lateen {command}\n{told}{status}")
}

fn place() -> Place {
    Place::new(&[
        ("crds/queue.yaml", QUEUES),
        ("crds/notes.yaml", "just: notes\n"),
        ("definitions/queue.cue", QUEUE),
        ("app.yaml", &app("size: 12")),
        ("odd.yaml", &app("size: 2, colour: blue")),
        ("plain.yaml", PLAIN),
    ])
}

#[test]
fn crds_come_from_files() {
    let place = place();
    let seen = [
        // Nothing is known of the kind, so nothing is said.
        lateen(&place, "render -f odd.yaml -d definitions --allow-unknown"),
        lateen(&place, "render -f app.yaml -d definitions --crds crds/queue.yaml"),
        lateen(&place, "plan -f app.yaml -d definitions --offline --crds crds"),
        lateen(&place, "render -f app.yaml -d definitions --crds plain.yaml --crds absent.yaml"),
        lateen(&place, "render -f app.yaml -d definitions --crds hub --offline"),
    ];
    insta::assert_snapshot!(seen.join("\n"));
    assert!(!place.path("home").exists(), "files ask nobody");
}

#[test]
fn crds_come_from_the_hub() {
    let place = place();
    let up = lateen(&place, "up -f crds/queue.yaml -f plain.yaml");
    assert!(up.ends_with("exit status 0\n"), "{up}");
    let seen = [
        lateen(&place, "render -f app.yaml -d definitions --crds hub"),
        lateen(&place, "plan -f app.yaml -d definitions"),
        lateen(&place, "up -f app.yaml -d definitions"),
    ];
    for one in &seen {
        assert!(one.contains("did you mean mode?") && one.contains("12 is more than 9"), "{one}");
        assert!(one.contains("definitions/queue.cue:8:4") && one.ends_with("exit status 1\n"), "{one}");
    }
    // What a cluster lists can be taken along.
    let list = lateen(&place, "get crds -o yaml");
    let list = list.lines().filter(|l| !l.starts_with("$ ") && !l.starts_with("exit ")).collect::<Vec<_>>().join("\n");
    place.write("all.yaml", &list);
    let offline = lateen(&place, "render -f app.yaml -d definitions --crds all.yaml");
    assert!(offline.contains("did you mean mode?"), "{offline}");
    // Nothing was stored.
    let list = lateen(&place, "ls");
    assert!(list.contains("settings") && !list.contains("jobs"), "{list}");
}

const CASES: &str = "cases:
  - name: a queue
    parameter: {size: 12}
    expect: {output: {kind: Queue, spec: {size: 12}}}
";

#[test]
fn cases_of_definitions_and_their_new_versions_are_held_to_crds() {
    let place = place();
    place.write("definitions/queue_test.yaml", CASES);
    let free = lateen(&place, "def test definitions");
    assert!(free.ends_with("exit status 0\n"), "{free}");
    let held = lateen(&place, "def test definitions --crds crds");
    assert!(held.contains("did you mean mode?") && held.contains("12 is more than 9"), "{held}");
    assert!(held.ends_with("exit status 1\n"), "{held}");

    place.write("new.cue", &QUEUE.replace("modee:  \"safe\"", "mode:   \"slow\""));
    place.write("old.cue", &QUEUE.replace("modee:  \"safe\"", "mode:   \"safe\""));
    place.write("small.yaml", &app("size: 2"));
    let free = lateen(&place, "def compat new.cue --old old.cue -f small.yaml");
    assert!(free.ends_with("exit status 0\n"), "{free}");
    let held = lateen(&place, "def compat new.cue --old old.cue -f small.yaml --crds crds/queue.yaml");
    assert!(held.contains("spec.mode") && held.ends_with("exit status 1\n"), "{held}");
}

#[test]
fn an_application_that_brings_its_crd_is_held_to_it() {
    let place = place();
    let crd = QUEUES.lines().map(|l| format!("            {l}")).collect::<Vec<_>>().join("\n");
    let both = app("size: 12")
        + &format!(
            "    - name: kinds\n      type: k8s-objects\n      properties:\n        objects:\n          -\n{crd}"
        );
    place.write("both.yaml", &both);
    let seen = lateen(&place, "render -f both.yaml -d definitions");
    assert!(seen.contains("did you mean mode?") && seen.ends_with("exit status 1\n"), "{seen}");
}

#[test]
fn what_is_unknown_is_let_through_where_a_user_says_so() {
    let place = place();
    let up = lateen(&place, "up -f crds/queue.yaml -f plain.yaml");
    assert!(up.ends_with("exit status 0\n"), "{up}");
    for command in ["render --crds hub", "plan", "plan --offline", "up"] {
        let strict = lateen(&place, &format!("{command} -f odd.yaml -d definitions"));
        assert!(strict.contains("colour") && strict.ends_with("exit status 1\n"), "{strict}");
        if command != "up" {
            let lenient = lateen(&place, &format!("{command} -f odd.yaml -d definitions --allow-unknown"));
            assert!(lenient.ends_with("exit status 0\n"), "{lenient}");
            let told = command == "plan --offline" || lenient.contains("no field \"modee\"");
            assert!(told, "a field is told all the same: {lenient}");
        }
    }
    // A cluster takes no field that it does not know, whatever is allowed here: only the property is left.
    place.write("definitions/queue.cue", &QUEUE.replace("modee: ", "mode:  "));
    let lenient = lateen(&place, "up -f odd.yaml -d definitions --allow-unknown --timeout 20s");
    assert!(lenient.ends_with("exit status 0\n"), "{lenient}");
    // Whoever carries it on does the same; objects do not carry the annotation.
    let again = lateen(&place, "up jobs -d definitions");
    assert!(again.ends_with("exit status 0\n"), "{again}");
    let stored = lateen(&place, "get applications jobs -o yaml");
    assert!(stored.contains("lateen.dev/allow-unknown: \"true\""), "{stored}");
    let object = lateen(&place, "get queues.example.com mails -o yaml");
    assert!(object.contains("size: 2") && !object.contains("allow-unknown"), "{object}");
}
