//! What a Kubernetes API does where a client notices: the cases in `tests/semantics/`, run against an embedded cluster,
//! and against a real one when `LATEEN_TEST_KUBECONFIG` names its kubeconfig. Where the two differ, the embedded one is
//! wrong.
//!
//! A case is a heading (`# title`) followed by exchanges:
//!
//! ```text
//! > PATCH /api/v1/namespaces/$ns/configmaps/a merge
//! {"data": {"k": "v"}}
//! < 200
//! {"metadata": {"resourceVersion": "*"}, "data": {"k": "v"}, "gone": null}
//! = version metadata.resourceVersion
//! ```
//!
//! The answer must hold what is stated: objects may have more fields, lists are compared element by element, `null` is
//! absent or null, `"*"` is anything that is there, `"~text"` is a string that contains the text. `< 404 eventually`
//! asks again for a while. `=` keeps a value as `$version`. `$ns` is a namespace of the case's own.
#![expect(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests")]

use std::collections::BTreeMap;
use std::time::Duration;

use embedded::{Cluster, Options};
use http_body_util::BodyExt;
use kube::Client;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

const FILES: &[(&str, &str)] = &[
    ("objects", include_str!("semantics/objects.txt")),
    ("apply", include_str!("semantics/apply.txt")),
    ("deletion", include_str!("semantics/deletion.txt")),
    ("defaults", include_str!("semantics/defaults.txt")),
    ("custom", include_str!("semantics/custom.txt")),
    ("refused", include_str!("semantics/refused.txt")),
];

#[derive(Debug, Clone, Default)]
struct Exchange {
    line: usize,
    method: String,
    path: String,
    format: String,
    body: String,
    status: u16,
    eventually: bool,
    expected: String,
    keep: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
struct Case {
    name: String,
    exchanges: Vec<Exchange>,
}

fn parse(file: &str, text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut answered = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(title) = line.strip_prefix("# ") {
            cases.push(Case { name: format!("{file}: {title}"), exchanges: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if let Some(request) = line.strip_prefix("> ") {
            let mut words = request.split_whitespace();
            answered = false;
            case.exchanges.push(Exchange {
                line: index + 1,
                method: words.next().unwrap().into(),
                path: words.next().expect("a request has a path").into(),
                format: words.next().unwrap_or("json").into(),
                ..Exchange::default()
            });
            continue;
        }
        let Some(exchange) = case.exchanges.last_mut() else { continue };
        if let Some(answer) = line.strip_prefix("< ") {
            answered = true;
            let mut words = answer.split_whitespace();
            exchange.status = words.next().unwrap().parse().expect("a status");
            exchange.eventually = words.next() == Some("eventually");
        } else if let Some(keep) = line.strip_prefix("= ") {
            let (name, path) = keep.split_once(' ').expect("a name and a path");
            exchange.keep.push((name.into(), path.into()));
        } else if answered {
            exchange.expected.push_str(line);
            exchange.expected.push('\n');
        } else {
            exchange.body.push_str(line);
            exchange.body.push('\n');
        }
    }
    cases
}

fn differs(expected: &Value, got: &Value, path: &str) -> Option<String> {
    match (expected, got) {
        (Value::Null, Value::Null) => None,
        (Value::String(text), got) if text == "*" => got.is_null().then(|| format!("{path}: nothing is there")),
        (Value::String(text), got) if text.starts_with('~') => {
            let found = got.as_str().is_some_and(|g| g.contains(text.trim_start_matches('~')));
            (!found).then(|| format!("{path}: {got} does not contain {text:?}"))
        }
        (Value::Object(expected), Value::Object(_)) => expected
            .iter()
            .find_map(|(key, value)| differs(value, got.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}"))),
        (Value::Array(expected), Value::Array(got)) => {
            if expected.len() != got.len() {
                return Some(format!("{path}: {} elements instead of {}: {got:?}", got.len(), expected.len()));
            }
            expected.iter().zip(got).enumerate().find_map(|(index, (e, g))| differs(e, g, &format!("{path}[{index}]")))
        }
        (expected, got) => (expected != got).then(|| format!("{path}: expected {expected}, got {got}")),
    }
}

fn media(format: &str) -> &'static str {
    match format {
        "merge" => "application/merge-patch+json",
        "strategic" => "application/strategic-merge-patch+json",
        "patch" => "application/json-patch+json",
        "apply" => "application/apply-patch+yaml",
        "yaml" => "application/yaml",
        _ => "application/json",
    }
}

async fn ask(client: &Client, exchange: &Exchange, fill: &impl Fn(&str) -> String) -> (u16, Value) {
    let body = fill(exchange.body.trim());
    let request = http::Request::builder()
        .method(exchange.method.as_str())
        .uri(fill(&exchange.path))
        .header("content-type", media(&exchange.format))
        .header("accept", "application/json")
        .body(kube::client::Body::from(body.into_bytes()))
        .unwrap();
    let response = client.send(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into()))
}

async fn run(client: &Client, case: &Case, namespace: &str, real: bool) -> Result<(), Failed> {
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    kept.insert("ns".into(), namespace.into());
    let make = Exchange {
        method: "POST".into(),
        path: "/api/v1/namespaces".into(),
        body: format!(r#"{{"metadata": {{"name": "{namespace}"}}}}"#),
        ..Exchange::default()
    };
    ask(client, &make, &str::to_owned).await;
    for exchange in &case.exchanges {
        let fill = |text: &str| kept.iter().fold(text.to_owned(), |text, (k, v)| text.replace(&format!("${k}"), v));
        let expected = fill(exchange.expected.trim());
        let expected: Value = if expected.is_empty() {
            Value::Object(serde_json::Map::new())
        } else {
            serde_json::from_str(&expected).unwrap_or_else(|e| panic!("line {}: the expectation: {e}", exchange.line))
        };
        if real && exchange.method == "DELETE" {
            // The controllers of a real cluster learn of what was made a moment before through a watch.
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        let mut tries = if exchange.eventually { 150 } else { 1 };
        let answer = loop {
            let (status, answer) = ask(client, exchange, &fill).await;
            let wrong = if status == exchange.status && exchange.expected.trim().is_empty() {
                None
            } else if status == exchange.status {
                differs(&expected, &answer, "")
            } else {
                Some(format!("status {status} instead of {}", exchange.status))
            };
            tries -= 1;
            match wrong {
                None => break answer,
                Some(_) if tries > 0 => tokio::time::sleep(Duration::from_millis(100)).await,
                Some(why) => {
                    let text = serde_json::to_string_pretty(&answer).unwrap_or_default();
                    return Err(format!(
                        "line {}: {} {}: {why}\n{text}",
                        exchange.line, exchange.method, exchange.path
                    )
                    .into());
                }
            }
        };
        for (name, path) in &exchange.keep {
            let value = path.split('.').fold(&answer, |v, key| &v[key]);
            kept.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    }
    let clean =
        Exchange { method: "DELETE".into(), path: format!("/api/v1/namespaces/{namespace}"), ..Exchange::default() };
    ask(client, &clean, &str::to_owned).await;
    Ok(())
}

async fn real_client(path: &str) -> Client {
    let kubeconfig = kube::config::Kubeconfig::read_from(path).expect("LATEEN_TEST_KUBECONFIG is a kubeconfig");
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

fn main() {
    let arguments = Arguments::from_args();
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let real = std::env::var("LATEEN_TEST_KUBECONFIG").ok().filter(|path| !path.is_empty());
    let mut trials = Vec::new();
    for (file, text) in FILES {
        for (index, case) in parse(file, text).into_iter().enumerate() {
            let namespace = format!("semantics-{file}-{index}-{}", std::process::id());
            if let Some(path) = real.clone() {
                let (case, namespace) = (case.clone(), namespace.clone());
                trials.push(Trial::test(format!("real: {}", case.name), move || {
                    runtime().block_on(async { run(&real_client(&path).await, &case, &namespace, true).await })
                }));
            }
            trials.push(Trial::test(format!("embedded: {}", case.name), move || {
                runtime().block_on(async {
                    let cluster = Cluster::in_memory(Options::default()).map_err(|e| Failed::from(e.to_string()))?;
                    run(&cluster.client("default"), &case, &namespace, false).await
                })
            }));
        }
    }
    if real.is_none() {
        eprintln!("LATEEN_TEST_KUBECONFIG is not set: the cases run on an embedded cluster only");
    }
    libtest_mimic::run(&arguments, trials).exit();
}
