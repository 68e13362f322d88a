//! The walks of `examples/`, run as a user runs them: the script, the binary, an empty state folder, no network.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test reports by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Runs an example's script and answers what it printed, both streams in order of writing.
fn run(example: &str) -> String {
    run_with(example, &[])
}

fn run_with(example: &str, environment: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example).join("run");
    let output = Command::new("bash")
        .arg("-c")
        .arg("exec \"$0\" 2>&1")
        .arg(script)
        .env("LATEEN", env!("CARGO_BIN_EXE_lateen"))
        .env("LATEEN_HOME", home.path())
        .env_remove("KUBECONFIG")
        .envs(environment.iter().copied())
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

/// Whatever is received, a text each.
type Got = Arc<Mutex<Vec<String>>>;

/// A server on this machine; `talk` gets each connection and says what came.
fn receiver(talk: fn(&TcpStream) -> Option<String>) -> (u16, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, got) = (listener.local_addr().unwrap().port(), Got::default());
    let seen = got.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if let Some(text) = talk(&stream) {
                seen.lock().unwrap().push(text);
            }
        }
    });
    (port, got)
}

/// One request of HTTP: its first line, its idempotency key, its body.
fn web(mut stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut key, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).ok()?;
    for line in reader.by_ref().lines().map_while(Result::ok).take_while(|l| !l.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "idempotency-key" => value.clone_into(&mut key),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").ok()?;
    Some(format!("{} key={key} {}", first.trim(), String::from_utf8_lossy(&body)))
}

/// One mail: its text.
fn mail(mut stream: &TcpStream) -> Option<String> {
    let mut mail = String::new();
    stream.write_all(b"220 ready\r\n").ok()?;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let Some(line) = lines.next() {
        if line.starts_with("DATA") {
            stream.write_all(b"354 go on\r\n").ok()?;
            mail = lines.by_ref().take_while(|l| l != ".").collect::<Vec<_>>().join("\n");
        }
        let answer: &[u8] = if line.starts_with("QUIT") { b"221 bye\r\n" } else { b"250 ok\r\n" };
        stream.write_all(answer).ok()?;
    }
    Some(mail).filter(|m| !m.is_empty())
}

#[test]
fn an_application_goes_to_environments_and_back_to_a_revision() {
    let ((web, requests), (smtp, mails)) = (receiver(web), receiver(mail));
    let text = run_with("environments", &[("RECEIVERS", &format!("{web} {smtp}"))]);
    assert_has(outputs(&text, "lateen env list")[0], &["dev    shop      dev         dev", "prod-east, prod-west"]);
    let ups = outputs(&text, "lateen up");
    assert_has(ups[1], &["deploy-cloud-resource (deploy-cloud-resource) succeeded", "deploy-dev (deploy) succeeded"]);
    let workflows = outputs(&text, "lateen env workflow");
    assert_has(workflows[0], &["name: shop-dev", "type: deploy-cloud-resource", "name: deploy-dev"]);
    assert_has(workflows[1], &["name: share-cloud-resource", "cluster: west", "- prod\n", "- prod-west"]);

    assert_has(ups[2], &["prepare-database (run-job) succeeded", "deploy-prod-east (deploy) succeeded"]);
    assert_has(
        outputs(&text, "lateen status shop")[0],
        &["prod-east is up; go on to prod-west?", "workflowSuspending"],
    );
    assert_has(
        outputs(&text, "lateen workflow explain shop --env prod")[0],
        &["shop: step approve (suspend) is suspended since", "prod-east is up; go on to prod-west?"],
    );
    let listed = outputs(&text, "lateen workflow list --env prod -o yaml");
    assert_has(listed[0], &["- kind: Application", "namespace: prod", "appRevision: prod-1", "name: deploy-prod-west"]);
    assert_has(outputs(&text, "lateen ls --env prod")[0], &["shop", "orders", "webservice"]);
    let resumed = outputs(&text, "lateen workflow resume");
    assert_has(resumed[0], &["deploy-prod-west (deploy) succeeded", "tell (notification) succeeded", "is running."]);
    let gets = outputs(&text, "lateen get");
    assert_has(gets[0], &["orders-conn"]);
    assert_has(gets[1], &["3/3"]);

    let revisions = outputs(&text, "lateen revision");
    assert_has(revisions[0], &["shop-v2   prod-2", "5f1c9a0", "77d02be"]);
    assert_has(revisions[1], &["nginx:1.26", "nginx:1.27"]);
    let rolled = outputs(&text, "lateen workflow rollback");
    assert_has(rolled[0], &["Successfully rollback workflow: shop to shop-v1"]);
    assert_has(
        revisions[2],
        &["Name:        shop-v3", "rollback-to-shop-v1", "5f1c9a0", "nginx:1.26", "approve (suspend)"],
    );
    assert_has(outputs(&text, "lateen env show")[0], &["prod-east   east", "shop", "shop-v3", "running"]);
    let deleted = outputs(&text, "lateen env delete");
    assert_has(deleted[0], &["environment prod is used by application prod/shop"]);
    assert_has(deleted[1], &["environment prod deleted"]);

    // Three runs came to their end, and each told everybody once.
    let requests = requests.lock().unwrap().clone();
    for (path, count) in [("/webhook", 3), ("/dingtalk?", 3), ("/slack/", 3)] {
        assert_eq!(requests.iter().filter(|r| r.contains(path)).count(), count, "{path} in {requests:#?}");
    }
    let signed = requests.iter().find(|r| r.contains("/dingtalk?")).unwrap();
    assert_has(signed, &["access_token=dingtalk-token", "timestamp=", "sign=", "shop is in prod"]);
    let keys: std::collections::BTreeSet<&str> =
        requests.iter().filter_map(|r| r.split("key=").nth(1)?.split(' ').next()).filter(|k| !k.is_empty()).collect();
    assert_eq!(keys.len(), 9, "each has a key of its own: {requests:#?}");
    let mails = mails.lock().unwrap().clone();
    assert_eq!(mails.iter().filter(|m| m.contains("Subject: shop is in prod")).count(), 3, "{mails:#?}");
    for secret in ["a-secret-key", "dingtalk-token", "SEC-dingtalk", "slack-token"] {
        assert!(!text.contains(secret), "{secret} was printed:\n{text}");
    }
}
