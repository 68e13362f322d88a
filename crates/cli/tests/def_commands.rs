//! `lateen def …`, as a platform engineer uses it: from an empty folder to a definition on the hub and away again.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::path::Path;
use std::process::Command;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Exit status, standard output, standard error.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        self.run_with(args, "true")
    }

    fn run_with(&self, args: &[&str], editor: &str) -> (i32, String, String) {
        self.spawn(args, editor, "")
    }

    /// With these lines on standard input.
    fn told(&self, args: &[&str], input: &str) -> (i32, String, String) {
        self.spawn(args, "true", input)
    }

    fn spawn(&self, args: &[&str], editor: &str, input: &str) -> (i32, String, String) {
        let file = self.path("input");
        std::fs::write(&file, input).unwrap();
        let out = Command::new(env!("CARGO_BIN_EXE_lateen"))
            .args(args)
            .current_dir(self.0.path())
            .env("LATEEN_HOME", self.path("home"))
            .env("LATEEN_HUB", "embedded")
            .env("EDITOR", editor)
            .env_remove("VISUAL")
            .env_remove("KUBECONFIG")
            .stdin(std::fs::File::open(&file).unwrap())
            .output()
            .unwrap();
        let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
        (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
    }

    /// What a command that succeeds prints.
    fn ok(&self, args: &[&str]) -> String {
        let (status, out, err) = self.run(args);
        assert_eq!(status, 0, "{args:?}: {out}{err}");
        out
    }
}

#[test]
fn a_definition_is_begun_checked_stored_changed_and_deleted() {
    let desk = Desk::new();
    assert_eq!(desk.ok(&["def", "init", "shop", "-t", "component"]), "shop.cue\nshop_test.yaml\n");
    assert_eq!(desk.run(&["def", "init", "shop", "-t", "component"]).0, 1, "it replaces nothing unasked");
    let (status, _, told) = desk.run(&["def", "init", "Shop", "-t", "component"]);
    assert!(status == 1 && told.contains("is no name for a definition"), "{told}");
    desk.ok(&["def", "vet", "shop.cue"]);
    assert!(desk.ok(&["def", "test"]).starts_with("5 cases in 1 file: 5 passed, 0 failed"));

    assert!(desk.ok(&["def", "apply", "shop.cue", "--dry-run"]).contains("would be made in namespace vela-system"));
    assert_eq!(desk.run(&["def", "get", "shop"]).0, 1, "a preview stores nothing");
    desk.ok(&["def", "apply", "shop.cue"]);
    assert_eq!(desk.ok(&["def", "apply", "shop.cue"]), "component shop: unchanged\n");
    assert!(desk.ok(&["def", "list", "-t", "component"]).contains("hub/vela-system"));
    let shown = desk.ok(&["def", "show", "shop"]);
    assert!(shown.contains("shop (component, hub, namespace vela-system)"), "{shown}");
    assert!(shown.contains("replicas    int & >=0                      1         How many replicas to run"), "{shown}");
    assert!(desk.ok(&["def", "show", "shop.cue", "-o", "json"]).contains("\"name\": \"shop\""));
    let stored = desk.ok(&["def", "get", "shop"]);
    desk.write("stored.cue", &stored);
    desk.ok(&["def", "diff", "stored.cue"]);

    desk.write("app.yaml", "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: one}\nspec: {components: [{name: one, type: shop, properties: {image: nginx, replicas: 2}}]}\n");
    desk.ok(&["up", "-f", "app.yaml"]);
    let (status, _, told) = desk.run(&["def", "delete", "shop", "--yes"]);
    assert!(status == 1 && told.contains("component shop is used by default/one"), "{told}");

    let newer = desk.read("shop.cue");
    desk.write("newer.cue", &newer.replace("replicas: *1 | int & >=0", "replicas: 1"));
    let (status, told, _) = desk.run(&["def", "compat", "newer.cue"]);
    assert!(status == 1 && told.contains("BROKEN   default/one"), "{told}");
    desk.write("newer.cue", &newer.replace("name:  context.name\n", "name:  \"main\"\n"));
    let told = desk.ok(&["def", "compat", "newer.cue", "--diff"]);
    assert!(told.contains("changed  default/one") && told.contains("+           name: main"), "{told}");
    let told = desk.ok(&["def", "compat", "shop.cue", "-f", "app.yaml", "--old", "shop.cue", "-o", "json"]);
    assert!(told.contains("\"effect\": \"same\""), "{told}");
    assert_eq!(desk.run(&["def", "diff", "newer.cue"]).0, 1);

    // An editor that changes a word, and one that breaks the file.
    desk.write("sed.sh", "sed -i 's/How many replicas to run/How many/' \"$1\"\n");
    let (status, told, err) = desk.run_with(&["def", "edit", "shop"], &format!("sh {}", desk.path("sed.sh").display()));
    assert!(status == 0 && told.contains("component shop: changed"), "{told}{err}");
    assert!(desk.ok(&["def", "get", "shop"]).contains("+usage=How many\n"));
    desk.write("break.sh", "echo 'template: {' > \"$1\"\n");
    let (status, _, told) = desk.run_with(&["def", "edit", "shop"], &format!("sh {}", desk.path("break.sh").display()));
    assert!(status == 1 && told.contains("nothing was stored"), "{told}");

    desk.ok(&["delete", "one", "--yes"]);
    assert!(desk.ok(&["def", "delete", "shop", "--yes"]).contains("Deleted component shop."));
}

#[test]
fn a_manifest_becomes_a_definition() {
    let desk = Desk::new();
    desk.write("deploy.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: 'nginx:1'}]}\n");
    desk.ok(&["def", "init", "web", "-t", "component", "--from", "deploy.yaml"]);
    assert!(desk.read("web.cue").contains("image: *\"nginx:1\" | string"), "{}", desk.read("web.cue"));
    assert!(desk.ok(&["def", "test", "web.cue"]).contains("2 passed, 0 failed"));
    let object = desk.ok(&["def", "render", "web.cue"]);
    assert!(object.contains("kind: ComponentDefinition"), "{object}");
    desk.write("object.yaml", &object);
    desk.write("back.cue", &desk.ok(&["def", "render", "object.yaml", "-o", "cue"]));
    desk.ok(&["def", "diff", "web.cue", "back.cue"]);
    let schema: serde_json::Value =
        serde_json::from_str(&desk.ok(&["def", "doc", "web.cue", "-o", "jsonschema"])).unwrap();
    assert_eq!(schema.pointer("/properties/replicas/default"), Some(&2.into()));
    let page = desk.ok(&["def", "doc", "webservice", "--language", "zh"]);
    assert!(page.contains("| 名称 | 描述 |") && page.contains("| image | 容器镜像 | `string` | 是 |  |"), "{page}");
    desk.write("words.txt", "How many replicas run = 副本数\n");
    let page = desk.ok(&["def", "doc", "web.cue", "--language", "zh", "--i18n", "words.txt"]);
    assert!(page.contains("| replicas | 副本数 | `int` | 否 | `2` |"), "{page}");
}

#[test]
fn outdated_definitions_are_mended_in_place() {
    let desk = Desk::new();
    let old = "old: {type: \"component\", description: \"Old\", attributes: {}}\ntemplate: {\n\toutput: {apiVersion: \"v1\", kind: \"List\", items: [1] + parameter.more}\n\tparameter: more: [...int]\n}\n";
    desk.write("old.cue", old);
    let (status, out, _) = desk.run(&["def", "fix", ".", "--check"]);
    assert!(status == 1 && out.contains("old.cue"), "{out}");
    assert!(
        desk.ok(&["def", "fix", "old.cue"])
            .contains("+ \toutput: {apiVersion: \"v1\", kind: \"List\", items: list.Concat([[1], parameter.more])}")
    );
    assert_eq!(desk.read("old.cue"), old, "shown, not written");
    desk.ok(&["def", "fix", "old.cue", "--write"]);
    desk.ok(&["def", "fix", ".", "--check"]);
    desk.ok(&["def", "vet", "--strict", "."]);
    assert!(Path::new(&desk.path("old.cue")).exists());

    // An object as a cluster stores it, in a file and through a pipe.
    let object = "# kept\napiVersion: core.oam.dev/v1beta1\nkind: TraitDefinition\nmetadata: {name: more, annotations: {definition.oam.dev/description: More}}\nspec:\n  schematic:\n    cue:\n      template: |\n        import \"strings\"\n\n        patch: x: [1] + [2] // both\n        parameter: {}\n";
    desk.write("more.yaml", object);
    let (status, told, _) = desk.run(&["def", "fix", ".", "--check", "-o", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, told.pointer("/0/file").unwrap().as_str()), (1, Some("more.yaml")));
    let mended = object.replace("\"strings\"", "\"list\"").replace("[1] + [2]", "list.Concat([[1], [2]])");
    assert_eq!(desk.told(&["def", "fix", "-"], object).1, mended);
    desk.ok(&["def", "fix", "more.yaml", "--write"]);
    assert_eq!(desk.read("more.yaml"), mended);
    desk.ok(&["def", "vet", "--strict", "."]);
}

#[test]
fn a_reader_that_goes_away_ends_a_command_quietly() {
    for args in [["def", "doc", "webservice", "-o", "jsonschema"].as_slice(), &["completion", "bash"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lateen"))
            .args(args)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[test]
fn questions_are_answered_by_lines() {
    let desk = Desk::new();
    desk.write("job.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: load}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: load, image: 'load:1'}]}}}\n");
    let (status, out, err) = desk.told(&["def", "init"], "load\nworkflow-step\nLoads the data\njob.yaml\n");
    assert_eq!((status, out.as_str()), (0, "load.cue\nload_test.yaml\n"), "{err}");
    assert!(desk.read("load.cue").contains("description: \"Loads the data\""));
    desk.ok(&["def", "vet", "--strict", "load.cue"]);
    assert!(desk.ok(&["def", "test", "load.cue"]).starts_with("1 case in 1 file: 1 passed, 0 failed"));
    let (status, _, err) = desk.told(&["def", "init"], "load\nstep\n");
    assert!(status == 1 && err.contains("there is no type \"step\""), "{err}");
    let (status, _, err) = desk.told(&["def", "init"], "");
    assert!(status == 1 && err.contains("the name is missing"), "{err}");
    let (status, _, err) = desk.told(&["def", "init", "webservice", "-t", "component"], "");
    assert!(status == 0 && err.contains("careful: component webservice also comes with Lateen"), "{err}");
}

const PACKAGE: &str = r#"apiVersion: cue.oam.dev/v1alpha1
kind: Package
metadata: {name: tickets, namespace: vela-system}
spec:
  path: ext/tickets
  provider: {protocol: http, endpoint: "https://tickets.example.com/api"}
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
"#;

const STEP: &str = r#"import "ext/tickets"

ask: {type: "workflow-step", description: "Opens a ticket", attributes: {}}
template: {
	ticket: tickets.#Open & {$params: title: parameter.title}
	parameter: title: string
}
"#;

#[test]
fn packages_are_known_wherever_a_definition_is_looked_at() {
    let desk = Desk::new();
    desk.write("tickets.yaml", PACKAGE);
    desk.write("ask.cue", STEP);
    desk.ok(&["def", "vet", "--strict"]);
    desk.ok(&["def", "vet", "--strict", "ask.cue"]);
    desk.write("ask_test.yaml", "cases:\n- name: a ticket is opened\n  parameter: {title: x}\n  actions: [{path: ticket, returns: {id: 7}}]\n  expect: {phase: succeeded, calls: [{path: ticket, params: {params: {title: x}}}]}\n");
    assert!(desk.ok(&["def", "test"]).starts_with("1 case in 1 file: 1 passed"));

    // What the package says holds for those who call it.
    desk.write("wrong.cue", &STEP.replace("ask:", "wrong:").replace("title: parameter.title", "title: 3"));
    let (status, told, _) = desk.run(&["def", "vet", "wrong.cue", "-o", "short"]);
    assert!(status == 1 && told.contains("wrong.cue:5:"), "{told}");
    desk.write("wrong.cue", &STEP.replace("ask:", "wrong:").replace("#Open", "#Opn"));
    let (status, told, _) = desk.run(&["def", "vet", "wrong.cue", "-o", "short"]);
    assert!(status == 1 && told.contains("wrong.cue:5:18: ") && told.contains("#Opn"), "{told}");
    std::fs::remove_file(desk.path("wrong.cue")).unwrap();
    desk.write(
        "broken.yaml",
        &PACKAGE
            .replace("path: ext/tickets", "path: vela/kube")
            .replace("http,", "grpc,")
            .replace("#Open: {", "#Open: [{"),
    );
    let (status, told, _) = desk.run(&["def", "vet", "broken.yaml", "-o", "short"]);
    assert!(
        status == 1 && told.contains("vela/kube comes with Lateen") && told.contains("\"grpc\" is no protocol"),
        "{told}"
    );
    assert!(told.contains("[cue/syntax]"), "{told}");
    std::fs::remove_file(desk.path("broken.yaml")).unwrap();

    desk.write("app.yaml", "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: one}\nspec:\n  components: [{name: one, type: webservice, properties: {image: nginx}}]\n  workflow: {steps: [{name: a, type: ask, properties: {title: x}}]}\n");
    let told = desk.ok(&["plan", "-f", "app.yaml", "-d", ".", "--offline"]);
    assert!(told.contains("a [ask]: tickets.#Open") && told.contains("step a: what tickets.#Open do"), "{told}");
    desk.ok(&["render", "-f", "app.yaml", "-d", "."]);

    // Stored on the hub, neither file is needed.
    let told = desk.ok(&["def", "apply", "."]);
    assert!(told.contains("package tickets: made in namespace vela-system"), "{told}");
    assert!(told.contains("workflow-step ask: made in namespace vela-system"), "{told}");
    assert!(desk.ok(&["def", "apply", "tickets.yaml", "-o", "json"]).contains("\"change\": \"unchanged\""));
    let told = desk.ok(&["plan", "-f", "app.yaml"]);
    assert!(told.contains("a [ask]: tickets.#Open"), "{told}");
}

#[test]
fn what_is_changed_or_deleted_can_be_brought_back() {
    let desk = Desk::new();
    desk.ok(&["def", "init", "shop", "-t", "component"]);
    desk.ok(&["def", "apply", "shop.cue"]);
    let before = desk.ok(&["def", "get", "shop"]);
    desk.write("sed.sh", "sed -i 's/The component shop/Sells/' \"$1\"\n");
    let editor = format!("sh {}", desk.path("sed.sh").display());
    let (status, told, err) = desk.run_with(&["def", "edit", "shop", "--dry-run"], &editor);
    assert!(status == 0 && told.contains("component shop: would change") && told.contains("\"Sells\""), "{told}{err}");
    assert_eq!(desk.ok(&["def", "get", "shop"]), before, "a preview stores nothing");
    let (_, told, err) = desk.run_with(&["def", "edit", "shop"], &editor);
    assert!(told.contains("- \tdescription: \"The component shop\""), "{told}");
    desk.ok(&["def", "apply", back(&err)]);
    assert_eq!(desk.ok(&["def", "get", "shop"]), before);
    assert!(desk.ok(&["def", "delete", "shop", "--dry-run"]).contains("would be deleted"));
    let (_, _, err) = desk.run(&["def", "delete", "shop", "--yes"]);
    assert_eq!(desk.run(&["def", "get", "shop"]).0, 1);
    desk.ok(&["def", "apply", back(&err)]);
    assert_eq!(desk.ok(&["def", "get", "shop"]), before);
}

/// The file that a command has kept.
fn back(told: &str) -> &str {
    told.lines().find_map(|l| l.trim().strip_prefix("as it was: `lateen def apply ")?.strip_suffix('`')).unwrap_or(told)
}

#[test]
fn differences_are_told_to_programs_and_by_the_exit_status() {
    let desk = Desk::new();
    desk.ok(&["def", "init", "shop", "-t", "component"]);
    desk.write("new.cue", &desk.read("shop.cue").replace("image: string", "picture: string"));
    let (status, told, _) = desk.run(&["def", "diff", "shop.cue", "new.cue", "-o", "json"]);
    let value: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, value.get("different").unwrap().as_bool()), (1, Some(true)));
    assert!(value.get("parameters").unwrap().to_string().contains("compat/removed"), "{value}");
    assert_eq!(desk.run(&["def", "diff", "shop.cue", "nothing.cue"]).0, 2, "an error is no difference");
    assert_eq!(desk.run(&["def", "diff", "shop.cue", "shop.cue"]).0, 0);
    desk.write(
        "app.yaml",
        "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: one}\nspec: {components: []}\n",
    );
    let (status, _, told) = desk.run(&["def", "vet", "app.yaml"]);
    assert!(status == 1 && told.contains("app.yaml holds no definition"), "{told}");
    let junit = desk.ok(&["def", "test", "shop.cue", "--junit", "-"]);
    assert!(junit.starts_with("<?xml") && junit.contains("tests=\"5\""), "{junit}");
    assert!(desk.ok(&["def", "test", "--filter", "shop: an image alone"]).starts_with("1 case in 1 file (4 left out)"));
}

#[test]
fn a_plan_after_a_run_has_no_changes_of_what_steps_apply() {
    let desk = Desk::new();
    desk.ok(&["def", "init", "note", "-t", "workflow-step"]);
    desk.ok(&["def", "apply", "note.cue"]);
    desk.write("app.yaml", "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: one}\nspec:\n  components: [{name: one, type: k8s-objects, properties: {objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}]}}]\n  workflow:\n    steps:\n    - {name: d, type: apply-component, properties: {component: one}}\n    - {name: a, type: note, properties: {name: settings, data: {x: y}}}\n    - {name: b, type: apply-object, properties: {value: {apiVersion: v1, kind: ConfigMap, metadata: {name: bare}, data: {a: b}}}}\n");
    desk.ok(&["up", "-f", "app.yaml"]);
    let told = desk.ok(&["plan", "-f", "app.yaml", "--exit-code"]);
    assert!(told.contains("Plan: 0 created, 0 changed, 0 removed, 3 the same."), "{told}");
}

#[test]
fn a_new_version_of_a_step_with_packages_is_tried_on_every_application() {
    let desk = Desk::new();
    desk.write("tickets.yaml", PACKAGE);
    desk.write("ask.cue", STEP);
    let app = |step: &str| {
        format!(
            "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {{name: one}}\nspec:\n  components: [{{name: one, type: k8s-objects, properties: {{objects: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}}}]}}}}]\n  workflow: {{steps: [{{name: d, type: apply-component, properties: {{component: one}}}}{step}]}}\n"
        )
    };
    desk.write("app.yaml", &app(", {name: a, type: ask, properties: {title: x}}"));
    let longer = STEP.replace("parameter: title: string", "parameter: {title: string, size?: int}");
    desk.write("longer.cue", &longer);
    let stricter = STEP.replace("parameter: title: string", "parameter: {title: string, owner: string}");
    desk.write("stricter.cue", &stricter);

    // From files: the package stands beside the definition.
    let told = desk.ok(&["def", "compat", "longer.cue", "--old", "ask.cue", "-f", "app.yaml"]);
    assert!(told.contains("adds     ") && told.contains("same     default/one"), "{told}");
    let (status, told, _) =
        desk.run(&["def", "compat", "stricter.cue", "--old", "ask.cue", "-f", "app.yaml", "-o", "yaml"]);
    assert!(status == 1 && told.contains("compat/") && told.contains("application: default/one"), "{told}");

    // From the hub: neither the package nor the old version is needed.
    desk.ok(&["def", "apply", "tickets.yaml", "ask.cue"]);
    desk.write("new/longer.cue", &longer);
    desk.write("new/stricter.cue", &stricter);
    desk.write("plain.yaml", &app(""));
    desk.ok(&["up", "-f", "plain.yaml"]);
    let told = desk.ok(&["def", "compat", "new/longer.cue"]);
    assert!(told.contains("Applications that use it: 0"), "{told}");
    // Stored and not run: nobody answers its ticket here.
    desk.ok(&["up", "-f", "app.yaml", "--no-wait"]);
    let told = desk.ok(&["def", "compat", "new/longer.cue"]);
    assert!(told.contains("same     default/one"), "{told}");
    let (status, told, _) = desk.run(&["def", "compat", "new/stricter.cue"]);
    assert!(status == 1 && told.contains("breaks   ") && told.contains("BROKEN   default/one"), "{told}");
    assert!(told.contains("owner"), "{told}");
}

#[test]
fn what_a_type_takes_is_shown_wherever_it_is_stored() {
    let desk = Desk::new();
    let text = "shop: {type: \"component\", description: \"Sells\", attributes: {}}\ntemplate: {\n\toutput: {apiVersion: \"v1\", kind: \"ConfigMap\", data: n: \"\\(parameter.count)\"}\n\tparameter: {\n\t\tcount: *3 | int\n\t\tfast: *true | bool\n\t\tkinds: *[\"a\"] | [...string]\n\t\tlevel: *1 | 2\n\t\ttitle: *context.name | string\n\t\timage: string\n\t}\n}\n";
    desk.write("shop.cue", text);
    let value = |told: &str| -> serde_json::Value { serde_json::from_str(told).unwrap() };
    let defaults = |told: &str| {
        let shown = value(told);
        let all = shown.get("parameters").and_then(|p| p.as_array()).cloned().unwrap_or_default();
        let one = |p: &serde_json::Value, key: &str| p.get(key).map(ToString::to_string).unwrap_or_default();
        all.iter()
            .map(|p| {
                format!("{}={}{}{}", one(p, "name"), one(p, "default"), one(p, "defaultExpression"), one(p, "choices"))
            })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let wanted = r#""count"=3 "fast"=true "kinds"=["a"] "level"=1[1,2] "title"="context.name" "image"="#;
    for command in [["show", "shop.cue"].as_slice(), &["show", "shop", "-d", "."], &["def", "show", "shop.cue"]] {
        let told = desk.ok(&[command, &["-o", "json"]].concat());
        assert_eq!(defaults(&told), wanted, "{command:?}");
    }
    // A hub that was never used is not made by asking.
    let (status, _, told) = desk.run(&["show", "shopp"]);
    assert!(status == 1 && told.contains("did you mean \"shop\"?") || told.contains("def list"), "{told}");
    assert!(!desk.path("home").join("clusters").exists());

    desk.ok(&["def", "apply", "shop.cue"]);
    desk.ok(&["namespace", "create", "team"]);
    desk.ok(&["def", "apply", "shop.cue", "-n", "team"]);
    desk.write("local/other.cue", &text.replace("shop:", "local:"));
    std::fs::remove_file(desk.path("shop.cue")).unwrap();
    for command in [["show", "shop"].as_slice(), &["def", "show", "shop"], &["show", "shop", "-n", "team"]] {
        let told = desk.ok(&[command, &["-o", "json"]].concat());
        assert_eq!(defaults(&told), wanted, "{command:?}");
        assert!(told.contains("\"source\": \"") && told.contains("namespace "), "{told}");
    }
    let told = desk.ok(&["explain", "shop.count"]);
    assert!(told.contains("count") && told.contains('3'), "{told}");
    // One of a file wins; a slip is told with what the hub has.
    let told = desk.ok(&["show", "local", "-d", "local"]);
    assert!(told.contains("Example:") && told.contains("type: local"), "{told}");
    let (_, _, told) = desk.run(&["show", "shpo"]);
    assert!(told.contains("did you mean \"shop\"?"), "{told}");
    // A hub that does not answer hides nothing that comes with Lateen.
    desk.write("dead.kubeconfig", "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\nusers: [{name: u, user: {}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\ncurrent-context: c\n");
    let (status, told, err) = desk.run(&["show", "scaler", "--hub", "dead.kubeconfig"]);
    assert!(status == 0 && told.starts_with("scaler (trait, built-in)") && err.contains('⚠'), "{told}{err}");
}

#[test]
fn a_page_about_a_definition_ends_with_an_example_that_works() {
    let desk = Desk::new();
    desk.ok(&["def", "init", "shop", "-t", "component"]);
    desk.write("shop_test.yaml", "cases:\n- name: wrong\n  parameter: {image: 3}\n  expect: {error: {code: render/mistyped-parameter}}\n- name: right\n  parameter: {image: 'shop:7'}\n  expect: {output: {kind: Deployment}}\n");
    let page = desk.ok(&["def", "doc", "shop.cue"]);
    let example = "## Example\n\n```yaml\ncomponents:\n  - name: my-shop\n    type: shop\n    properties:\n      image: shop:7\n```\n";
    assert!(page.ends_with(example), "{page}");
    assert!(desk.ok(&["def", "doc", "shop.cue", "--language", "zh"]).contains("## 示例"));
    // What the page shows renders.
    let block = page.split("```yaml\n").nth(1).and_then(|b| b.split("```").next()).unwrap_or_default();
    let spec: String = block.lines().map(|l| format!("  {l}\n")).collect();
    desk.write(
        "app.yaml",
        &format!("apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {{name: a}}\nspec:\n{spec}"),
    );
    assert!(desk.ok(&["render", "-f", "app.yaml", "-d", "shop.cue"]).contains("image: shop:7"));
    assert!(desk.ok(&["def", "doc", "webservice"]).ends_with("      image: nginx\n```\n"));
}
