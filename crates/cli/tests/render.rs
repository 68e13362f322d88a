//! `lateen render` as a user runs it: what it prints, to where, and its exit status.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot run the command has failed")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn examples() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// Runs it in a folder without a home, a kubeconfig or a state folder.
fn lateen(folder: &Path, args: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lateen"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// `cluster/namespace component origin kind/name` of each entry.
fn entries(output: &Output) -> String {
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    let line = |e: &serde_json::Value| {
        let (place, object) = (&e["placement"], &e["object"]);
        format!(
            "{}/{} {} {} {}/{}",
            text(&place["cluster"]),
            text(&place["namespace"]),
            text(&e["component"]),
            text(&e["origin"]),
            text(&object["kind"]),
            text(&object["metadata"]["name"])
        )
    };
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn walk_a_goes_to_both_clusters() {
    let out = lateen(&examples().join("approval"), &["render", "--offline", "--output", "json", "-f", "app.yaml"], "");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    insta::assert_snapshot!(entries(&out));
}

#[test]
fn walk_c_takes_policies_and_the_workflow_from_their_own_documents() {
    let folder = examples().join("helm-two-clusters");
    let out = lateen(&folder, &["render", "--output", "json", "-f", "two-clusters.yaml"], "");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    insta::assert_snapshot!(entries(&out));
}

/// Whoever keeps policies and workflows in files of their own names the folder once.
#[test]
fn a_folder_stands_for_its_files() {
    let from = examples().join("helm-two-clusters");
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(from.join("two-clusters.yaml")).unwrap();
    std::fs::create_dir_all(folder.path().join("apps/later")).unwrap();
    for (i, document) in text.split("\n---\n").enumerate() {
        std::fs::write(folder.path().join(format!("apps/{i}.yaml")), document).unwrap();
    }
    std::fs::write(folder.path().join("apps/README.md"), "not: [yaml").unwrap();
    std::fs::write(folder.path().join("apps/later/broken.yaml"), "not: [yaml").unwrap();
    let [whole, parts] = [(from.as_path(), "two-clusters.yaml"), (folder.path(), "apps")]
        .map(|(at, file)| lateen(at, &["render", "--output", "json", "-f", file], ""));
    assert!(whole.status.success() && parts.status.success(), "{}", String::from_utf8_lossy(&parts.stderr));
    assert_eq!(entries(&whole), entries(&parts));
    let empty = lateen(folder.path(), &["render", "-f", "."], "");
    insta::assert_snapshot!(String::from_utf8_lossy(&empty.stderr).trim_end(), @r"
    render/unreadable

      × the folder . has no YAML or JSON file
      help: name the file, or a folder that has it; folders within a folder are not looked into
    ");
}

#[test]
fn standard_input_and_the_version_of_the_clusters() {
    let app = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop}
spec:
  components:
    - name: nightly
      type: cron-task
      properties: {image: busybox, schedule: '0 3 * * *'}
";
    let version = |v: &str| {
        let out = lateen(Path::new("/"), &["render", "--output", "json", "-f", "-", "--kube-version", v], app);
        let entries: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        entries[0]["object"]["apiVersion"].as_str().unwrap().to_owned()
    };
    assert_eq!([version("1.24"), version("1.32")], ["batch/v1beta1", "batch/v1"]);
}

#[test]
fn mistakes_go_to_standard_error_with_the_line_and_status_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    file(
        "app.yaml",
        "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: shop
spec:
  components:
    - name: front
      type: webservice
      properties:
        imagee: nginx
",
    );
    file("broken.yaml", "kind: Application\n  metadata: {\n");
    file("empty.yaml", "");
    let told = |name: &str| {
        let out = lateen(folder.path(), &["render", "-f", name], "");
        assert_eq!(out.status.code(), Some(1));
        assert!(out.stdout.is_empty());
        String::from_utf8(out.stderr).unwrap()
    };
    insta::assert_snapshot!([told("app.yaml"), told("broken.yaml"), told("empty.yaml"), told("absent.yaml")].concat());
}
