//! Every case beside a definition of ours passes, and the command says what a person or a build server needs.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

use std::path::Path;
use std::process::{Command, Output};

fn lateen(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lateen")).args(args).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_cases_of_all_built_in_definitions_pass() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = lateen(&root, &["def", "test", "definitions"]);
    assert!(out.status.success(), "{}{}", text(&out.stdout), text(&out.stderr));
}

const TRAIT: &str = r#"
twice: {type: "trait", attributes: {podDisruptive: false}}
template: {
	patch: spec: replicas: parameter.n * 2
	parameter: n: *1 | int
}
"#;

const CASES: &str = "
cases:
- name: once
  parameter: {}
  expect: {output: {spec: {replicas: 2}}}
- name: kept
  parameter: {n: 5}
  expect: {snapshot: true}
";

#[test]
fn a_snapshot_is_kept_on_demand_and_reports_are_written() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    std::fs::write(folder.join("twice.cue"), TRAIT).unwrap();
    std::fs::write(folder.join("twice_test.yaml"), CASES).unwrap();
    let first = lateen(folder, &["def", "test"]);
    assert!(!first.status.success());
    assert!(text(&first.stdout).contains("run with --update to keep this one"), "{}", text(&first.stdout));
    assert!(lateen(folder, &["def", "test", "--update"]).status.success());
    let again = lateen(folder, &["def", "test", "twice.cue", "--junit", "report.xml", "-o", "json"]);
    assert!(again.status.success());
    let json: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&json["cases"], &json["failed"]), (&2.into(), &0.into()));
    let xml = std::fs::read_to_string(folder.join("report.xml")).unwrap();
    assert!(xml.contains(r#"<testcase name="once" classname="trait twice"/>"#), "{xml}");
    let some = lateen(folder, &["def", "test", "--filter", "once", "-v"]);
    assert!(text(&some.stdout).contains("ok    once") && text(&some.stdout).contains("(1 left out)"));
    let none = lateen(folder, &["def", "test", "--filter", "nothing"]);
    assert!(!none.status.success() && text(&none.stderr).contains("no case contains"), "{}", text(&none.stderr));
}
