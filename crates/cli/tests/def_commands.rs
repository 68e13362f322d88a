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
        let out = Command::new(env!("CARGO_BIN_EXE_lateen"))
            .args(args)
            .current_dir(self.0.path())
            .env("LATEEN_HOME", self.path("home"))
            .env("LATEEN_HUB", "embedded")
            .env("EDITOR", editor)
            .env_remove("VISUAL")
            .env_remove("KUBECONFIG")
            .stdin(std::process::Stdio::null())
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
    assert!(desk.ok(&["def", "test"]).starts_with("5 cases in 1 files: 5 passed, 0 failed"));

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
}

#[test]
fn a_reader_that_goes_away_ends_a_command_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lateen"))
        .args(["def", "doc", "webservice", "-o", "jsonschema"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
