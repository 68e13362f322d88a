//! The walks of `examples/`, run as a user runs them: the script, the binary, an empty state folder, no network.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test reports by panicking")]

use std::path::Path;
use std::process::Command;

/// Runs an example's script and answers what it printed, both streams in order of writing.
fn run(example: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example).join("run");
    let output = Command::new("bash")
        .arg("-c")
        .arg("exec \"$0\" 2>&1")
        .arg(script)
        .env("LATEEN", env!("CARGO_BIN_EXE_lateen"))
        .env("LATEEN_HOME", home.path())
        .env_remove("KUBECONFIG")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{example} failed:\n{text}");
    text
}

/// The output of the commands whose line begins so, in order.
fn outputs<'t>(text: &'t str, command: &str) -> Vec<&'t str> {
    let mut found = Vec::new();
    for part in text.split("\n$ ").skip(1) {
        let (line, rest) = part.split_once('\n').unwrap_or((part, ""));
        if line.contains(command) {
            found.push(rest);
        }
    }
    found
}

fn assert_has(text: &str, wanted: &[&str]) {
    for line in wanted {
        assert!(text.contains(line), "{line:?} is not in:\n{text}");
    }
}

#[test]
fn an_application_waits_for_approval_between_two_clusters() {
    let text = run("approval");
    let list = outputs(&text, "lateen cluster list");
    assert!(list[0].starts_with("CLUSTER"), "{}", list[0]);
    assert_has(list[0], &["ALIAS", "TYPE", "ENDPOINT", "ACCEPTED", "LABELS", "cluster-staging", "cluster-prod"]);

    let states = outputs(&text, "lateen status example-app");
    assert_has(
        states[0],
        &[
            "Status:     workflowSuspending",
            "mode: StepByStep-DAG",
            "Suspend: true",
            "Terminated: false",
            "Cluster: cluster-staging  Namespace: default  Env: staging",
            "Healthy Ready:1/1",
        ],
    );
    assert!(!states[0].contains("data-worker"), "staging runs the server only");
    assert!(!states[0].contains("deploy-prod"), "nothing goes on until somebody resumes");

    let resumed = outputs(&text, "lateen workflow resume example-app");
    assert_has(resumed[0], &["Successfully resume workflow: example-app", "Application example-app is running."]);
    assert_has(states[1], &["Status:     running", "finished: true", "Healthy Ready:3/3", "Name: data-worker"]);
    assert_eq!(states[1].matches("phase: succeeded").count(), 3);
    assert_eq!(states[1].matches("  - Name: ").count(), 3, "three services");
    assert_has(states[2], &["CLUSTER", "Deployment/hello-world-server", "cluster-prod", "cluster-staging"]);

    let refused = outputs(&text, "lateen cluster detach cluster-prod");
    assert_has(refused[0], &["cannot be detached", "default/example-app"]);
    assert_has(outputs(&text, "lateen delete")[0], &["Deleted application example-app with 3 objects."]);
}

#[test]
fn a_helm_chart_goes_to_two_clusters_and_two_namespaces() {
    let text = run("helm-two-clusters");
    let states = outputs(&text, "lateen status helm-hello");
    assert_has(
        states[0],
        &[
            "mode: DAG-DAG",
            "name: deploy-foo-cluster-only",
            "Cluster: foo  Namespace: default",
            "Fetch repository successfully, Create helm release successfully",
        ],
    );
    assert_has(states[1], &["CLUSTER", "NAMESPACE", "RESOURCE", "STATUS", "HelmRelease/hello", "HelmRepository/hello"]);
    assert_has(states[2], &["APPLY_TIME", "DETAIL"]);

    let ups = outputs(&text, "lateen up -f two-clusters.yaml");
    assert_has(ups[0], &["deploy-local (deploy) succeeded", "waits for somebody"]);
    assert_has(states[3], &["Status:     workflowSuspending"]);
    assert_has(outputs(&text, "lateen workflow resume")[0], &["deploy-foo (deploy) succeeded"]);
    assert_has(states[4], &["local", "foo"]);
    assert_has(states[5], &["default", "test"]);
    assert_has(outputs(&text, "lateen hub reset")[0], &["Removed the embedded hub."]);
}

#[test]
fn definitions_are_written_tested_and_delivered() {
    let text = run("authoring");
    let tested = outputs(&text, "lateen def test definitions --verbose");
    assert_has(
        tested[0],
        &["static-site_test.yaml (component static-site)", "12 cases in 3 files: 12 passed, 0 failed"],
    );
    assert!(!text.contains("never:"), "every guard is met by a case:\n{text}");
    assert_has(outputs(&text, "lateen def doc")[0], &["| maxAge | For how long, as nginx writes it: 1h, 7d |"]);
    assert_has(outputs(&text, "lateen def apply definitions --dry-run")[0], &["trait cache-headers: would be made"]);
    assert_has(&text, &["trait cache-headers is used by default/docs", "Deleted trait cache-headers."]);
    assert_has(outputs(&text, "lateen status docs --tree")[0], &["docs-pages", "docs-cache"]);
}

#[test]
fn a_cluster_is_made_in_a_cloud_registered_and_deployed_to() {
    let text = run("cluster-from-a-cloud");
    let ups = outputs(&text, "lateen up");
    assert_has(ups[0], &["Initializer terraform-alibaba has succeeded.", "Initializer managed-cluster has succeeded."]);
    let gets = outputs(&text, "lateen get");
    assert_has(gets[0], &["NAME", "PHASE", "AGE"]);
    for initializer in ["managed-cluster", "terraform-alibaba"] {
        let line = gets[0].lines().find(|l| l.starts_with(initializer)).unwrap();
        assert!(line.contains("success"), "{line}");
    }
    let managed: Vec<&str> = gets[1].lines().collect();
    let columns: Vec<&str> = managed[0].split("   ").map(str::trim).filter(|c| !c.is_empty()).collect();
    assert_eq!(columns, ["NAME", "HUB ACCEPTED", "MANAGED CLUSTER URLS", "JOINED", "AVAILABLE", "AGE"]);
    assert!(managed[1].starts_with("poc-01") && managed[1].to_lowercase().matches("true").count() == 3, "{}", gets[1]);
    let clusters = outputs(&text, "lateen cluster list");
    assert_has(clusters[0], &["poc-01", "embedded:poc-01 (simulated)", "purpose=test"]);

    assert_has(ups[1], &["deploy-prod (multi-env) succeeded", "Application workflow-demo is running."]);
    assert_has(outputs(&text, "lateen status workflow-demo")[0], &["Cluster: poc-01", "Ready:1/1", "ExternalIP:"]);
    assert_has(gets[2], &["podinfo-server", "1/1"]);
    assert_has(gets[3], &["LoadBalancer", "9898:"]);
    assert_has(gets[4], &["image: stefanprodan/podinfo:6.0.0"]);
    assert_has(gets[5], &["There are no deployments."]);
    for secret in ["a-secret-key", "an-access-key", "PRIVATE KEY"] {
        assert!(!text.contains(secret), "{secret} was printed");
    }
}
