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

#[test]
fn guards_that_never_held_are_shown() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let more = TRAIT.replace(
        "\tparameter:",
        "\tif parameter.n > 10 {\n\t\tpatch: metadata: labels: big: \"yes\"\n\t}\n\tparameter:",
    );
    std::fs::write(folder.join("twice.cue"), more).unwrap();
    std::fs::write(folder.join("twice_test.yaml"), CASES.split("- name: kept").next().unwrap()).unwrap();
    let out = lateen(folder, &["def", "test", "--coverage"]);
    assert!(out.status.success());
    let shown = text(&out.stdout);
    let shown: Vec<&str> = shown.lines().filter(|l| !l.contains(" ms)")).collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    75.0 %  twice.cue (3 of 4 lines)
            5:2: never: if parameter.n > 10
            no case sets: n
    ");
}

#[test]
fn watching_runs_the_cases_again_when_a_file_changes() {
    use std::io::{BufRead, BufReader};
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    std::fs::write(folder.join("twice.cue"), TRAIT).unwrap();
    std::fs::write(folder.join("twice_test.yaml"), CASES.split("- name: kept").next().unwrap()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_lateen"))
        .args(["def", "test", "--watch"])
        .current_dir(folder)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut sum = || lines.find(|l| l.contains(" in 1 file")).unwrap_or_default();
    let first = sum();
    std::fs::write(folder.join("twice.cue"), TRAIT.replace("* 2", "* 300")).unwrap();
    let second = sum();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first.starts_with("1 case in 1 file: 1 passed, 0 failed"), "{first}");
    assert!(second.starts_with("1 case in 1 file: 0 passed, 1 failed"), "{second}");
}
