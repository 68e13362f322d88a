//! `lateen show` and `lateen explain` as a user runs them, and the completeness of the codes' texts.

#![expect(clippy::unwrap_used, reason = "a test that cannot run the command has failed")]

use std::path::Path;
use std::process::Command;

/// What it prints, standard error after standard output, and the exit status when it is not 0.
fn lateen(args: &[&str]) -> String {
    // a folder that is not there: a command that only tells makes none
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-home");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
    let output = command.args(args).env_clear().env("LATEEN_HOME", &home).output().unwrap();
    assert!(!home.exists(), "{args:?} made {}", home.display());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut out = text(&output.stdout) + &text(&output.stderr);
    if !output.status.success() {
        out.push_str(&format!("exit status {}\n", output.status.code().unwrap_or(-1)));
    }
    out
}

#[test]
fn a_trait_is_shown_with_its_parameters_and_an_example() {
    insta::assert_snapshot!(lateen(&["show", "hpa"]));
}

#[test]
fn alternatives_are_shown() {
    insta::assert_snapshot!(lateen(&["show", "env"]));
}

#[test]
fn a_step_for_programs() {
    insta::assert_snapshot!(lateen(&["show", "suspend", "-o", "yaml"]));
}

#[test]
fn parameters_are_explained_as_fields_are() {
    insta::assert_snapshot!(
        [
            lateen(&["explain", "webservice.ports.protocol"]),
            lateen(&["explain", "webservice.ports[].nodePort", "-o", "json"]),
            lateen(&["explain", "webservice.portz"]),
            lateen(&["explain", "webservice.ports.prot"]),
        ]
        .join("\n--\n")
    );
}

#[test]
fn kinds_of_kubernetes_are_explained() {
    insta::assert_snapshot!(
        [
            lateen(&["explain", "deployment.spec.strategy"]),
            lateen(&["explain", "pod.spec.containers.ports", "-o", "yaml"]),
            lateen(&["explain", "Deployment.spec.replicaz"]),
            lateen(&["explain", "ConfigMap"]),
            lateen(&["explain", "hpa.spec.metrics", "--api-version", "autoscaling/v1"]),
        ]
        .join("\n--\n")
    );
}

#[test]
fn objects_that_people_write_are_explained() {
    insta::assert_snapshot!(
        [
            lateen(&["explain", "app.spec.workflow.steps.retry"]),
            lateen(&["explain", "Application.spec.workflow.steps[0].subSteps.forEach.items", "-o", "json"]),
            lateen(&["explain", "environment.spec"]),
            lateen(&["explain", "Workflow.steps.retri"]),
            lateen(&["explain", "app.spec.components.properties.image"]),
        ]
        .join("\n--\n")
    );
}

#[test]
fn codes_are_explained() {
    insta::assert_snapshot!(
        [
            lateen(&["explain", "render/patch-conflict"]),
            lateen(&["explain", "cue/conflct"]),
            lateen(&["show", "webservise"]),
            lateen(&["explain", "nothing-at-all"]),
        ]
        .join("\n--\n")
    );
}

/// Texts between quotes in a source, without its tests.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.split('"').skip(1).step_by(2)
}

fn is_code(text: &str) -> bool {
    let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    text.split_once('/').is_some_and(|(a, b)| word(a) && word(b))
}

fn visit(folder: &Path, f: &mut dyn FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, f);
        } else if path.extension().is_some_and(|e| e == "rs") && path.file_stem().is_some_and(|s| s != "tests") {
            // a quote as a character opens no text
            f(&std::fs::read_to_string(&path).unwrap().replace("'\"'", "''"));
        }
    }
}

/// Every code that a diagnostic can carry has a text. Codes are literals of the form `family/name` whose family some
/// diagnostic has; what looks like one and is none is listed here.
#[test]
fn every_code_of_the_project_is_explained() {
    const NONE: &[&str] = &["policy/poddisruptionbudgets", "json/yaml", "app/app", "cue/vet"];
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all: Vec<String> = Vec::new();
    let mut families: Vec<String> = Vec::new();
    for krate in std::fs::read_dir(crates).unwrap() {
        visit(&krate.unwrap().path().join("src"), &mut |text| {
            all.extend(literals(text).filter(|l| is_code(l)).map(str::to_owned));
            for call in text.split("Diagnostic::").skip(1) {
                let first = call.split('"').nth(1).filter(|l| is_code(l));
                families.extend(first.and_then(|l| l.split('/').next()).map(str::to_owned));
            }
        });
    }
    let known: Vec<&str> = authoring::explain::codes::all().map(|c| c.code).collect();
    families.extend(known.iter().filter_map(|c| c.split('/').next()).map(str::to_owned));
    all.sort();
    all.dedup();
    let codes = all.iter().filter(|c| c.split('/').next().is_some_and(|f| families.iter().any(|g| g == f)));
    let codes: Vec<&str> = codes.map(String::as_str).filter(|c| !NONE.contains(c)).collect();
    assert!(codes.len() > 120, "{}", codes.len());
    let missing: Vec<&&str> = codes.iter().filter(|c| !known.contains(c)).collect();
    assert!(missing.is_empty(), "write a section in crates/authoring/src/explain/codes.md for {missing:?}");
    let unused: Vec<&&str> = known.iter().filter(|k| !codes.contains(k)).collect();
    assert!(unused.is_empty(), "nothing emits {unused:?} any more: take it out of codes.md");
}
