//! What a Kubernetes API does where a client notices: conversations recorded from a real kube-apiserver 1.32 and held with
//! an embedded cluster. Where the two differ, the embedded one is wrong.
//!
//! A file of `tests/contract/` is one test: a conversation, in a namespace of its own (`$NS`).
//!
//! ```text
//! ### name of the step, any words
//! METHOD /path?query
//! Header: value
//!
//! {"a": "body, JSON or YAML patch text"}
//! => 201
//!     metadata.name = "a"
//! ```
//!
//! Below `=>` stands the answer, one leaf a line. Uids, resource versions, times, addresses and generated names are
//! replaced by what they are (`<uid>`); managedFields are left out unless the step has the header `Show: managedFields`.
//! `{{step.metadata.resourceVersion}}` in a path or body is a value of an earlier answer, the step named by the first word
//! of its name; `?contract=wait` and `?contract=wait-gone` at a path's end wait for controllers. A watch's answer is a list of its events. Lines that start with `#` and a space are remarks.
//!
//! With `LATEEN_TEST_KUBECONFIG` the same conversations are held with that cluster, too. With `LATEEN_CONTRACT_RECORD=1`
//! as well, its answers are written into the files.
//!
//! `differences.txt` lists the steps (`file: step`) that are known to differ on embedded clusters. A step that is listed
//! and does not differ is a failure, so the list only shrinks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use embedded::{Cluster, Options, TestClock};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn main() {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.retain(|path| path.file_name().is_some_and(|name| name != "differences.txt"));
    files.sort();
    let known = Arc::new(std::fs::read_to_string(folder.join("differences.txt")).unwrap_or_default());
    let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());
    let real = std::env::var_os("LATEEN_TEST_KUBECONFIG").map(PathBuf::from);
    let record = std::env::var_os("LATEEN_CONTRACT_RECORD").is_some();
    let mut trials = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if let Some(kubeconfig) = &real {
            let (runtime, file, kubeconfig) = (runtime.clone(), file.clone(), kubeconfig.clone());
            let trial = move || runtime.block_on(on_real(&file, &kubeconfig, record)).map_err(Failed::from);
            trials.push(Trial::test(format!("real::{name}"), trial));
        }
        if !record {
            let (runtime, known) = (runtime.clone(), known.clone());
            let title = name.clone();
            let trial = move || runtime.block_on(on_embedded(&file, &name, &known)).map_err(Failed::from);
            trials.push(Trial::test(format!("embedded::{title}"), trial));
        }
    }
    if real.is_none() {
        println!("LATEEN_TEST_KUBECONFIG is not set: no real cluster is asked (tests/kubernetes/rig up)");
    }
    libtest_mimic::run(&arguments, trials).exit();
}

struct Step {
    name: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
    /// The text from the step's head to just before `=>`, for writing it back.
    text: String,
    expected: Vec<String>,
}

fn parse(text: &str) -> (String, Vec<Step>) {
    let (head, rest) = text.split_once("### ").expect("a step");
    let mut steps = Vec::new();
    for block in rest.split("\n### ") {
        let (question, answer) = block.split_once("\n=>").unwrap_or((block.trim_end(), ""));
        let mut lines = question.lines();
        let name = lines.next().unwrap().to_owned();
        let mut lines = lines.filter(|line| !line.starts_with("# ")).skip_while(|line| line.is_empty());
        let (method, path) = lines.next().unwrap().split_once(' ').expect("METHOD /path");
        let mut headers = Vec::new();
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            let (key, value) = line.split_once(": ").expect("Header: value");
            headers.push((key.to_owned(), value.to_owned()));
        }
        let body: Vec<_> = lines.collect();
        steps.push(Step {
            name,
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body: body.join("\n"),
            text: question.to_owned(),
            expected: answer.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect(),
        });
    }
    (head.to_owned(), steps)
}

async fn on_embedded(file: &Path, name: &str, known: &str) -> Result<(), String> {
    // Time stands still: managers of fields are ordered by the second in which they wrote.
    let options = Options { clock: Arc::new(TestClock::default()), ..Options::default() };
    let cluster = Cluster::in_memory(options).map_err(|error| error.to_string())?;
    let client = cluster.client("default");
    let (_, steps) = parse(&std::fs::read_to_string(file).unwrap());
    let answers = converse(&client, "contract", &steps).await;
    let mut report = String::new();
    for (step, answer) in steps.iter().zip(answers) {
        let difference = difference(&step.expected, &answer);
        let line = format!("{name}: {}", step.name);
        match (difference, known.lines().any(|known| known == line)) {
            (Some(difference), false) => write!(report, "\n{line}\n{difference}").unwrap(),
            (None, true) => {
                write!(report, "\n{line}\n  does not differ any more: take it out of differences.txt\n").unwrap()
            }
            _ => {}
        }
    }
    if report.is_empty() { Ok(()) } else { Err(format!("- what a real apiserver said, + what came\n{report}")) }
}

async fn on_real(file: &Path, kubeconfig: &Path, record: bool) -> Result<(), String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = kube::config::Kubeconfig::read_from(kubeconfig).map_err(|error| error.to_string())?;
    let options = kube::config::KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(config, &options).await.map_err(|error| error.to_string())?;
    config.default_retry = false;
    let client = Client::try_from(config).map_err(|error| error.to_string())?;
    let (head, steps) = parse(&std::fs::read_to_string(file).unwrap());
    let namespace = format!("contract-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
    let answers = converse(&client, &namespace, &steps).await;
    let _ = ask(&client, "DELETE", &format!("/api/v1/namespaces/{namespace}"), &[], "").await;
    if record {
        let mut text = head;
        for (step, answer) in steps.iter().zip(&answers) {
            write!(text, "### {}\n=> {}\n", step.text, answer.join("\n    ")).unwrap();
            text.push('\n');
        }
        std::fs::write(file, text.trim_end().to_owned() + "\n").unwrap();
        return Ok(());
    }
    let mut report = String::new();
    for (step, answer) in steps.iter().zip(answers) {
        if let Some(difference) = difference(&step.expected, &answer) {
            write!(report, "\n{}\n{difference}", step.name).unwrap();
        }
    }
    if report.is_empty() { Ok(()) } else { Err(format!("- what was recorded, + what came\n{report}")) }
}

fn difference(expected: &[String], came: &[String]) -> Option<String> {
    if expected == came {
        return None;
    }
    let mut text = String::new();
    for line in expected.iter().filter(|line| !came.contains(line)) {
        writeln!(text, "  - {line}").unwrap();
    }
    for line in came.iter().filter(|line| !expected.contains(line)) {
        writeln!(text, "  + {line}").unwrap();
    }
    if text.is_empty() {
        text = format!("  the order differs: {came:?}\n");
    }
    Some(text)
}

/// Asks every step in turn. The namespace is made first.
async fn converse(client: &Client, namespace: &str, steps: &[Step]) -> Vec<Vec<String>> {
    let made = json!({"metadata": {"name": namespace}}).to_string();
    let json = [("Content-Type".to_owned(), "application/json".to_owned())];
    let (status, body) = ask(client, "POST", "/api/v1/namespaces", &json, &made).await;
    assert!(status.is_success(), "the namespace {namespace}: {status} {body}");
    let mut answers: BTreeMap<String, Value> = BTreeMap::new();
    let mut lines = Vec::new();
    for step in steps {
        let fill = |text: &str| {
            let mut text = text.replace("$NS", namespace);
            while let Some((before, rest)) = text.split_once("{{") {
                let (reference, after) = rest.split_once("}}").expect("}}");
                let (name, path) = reference.split_once('.').expect("step.path");
                let value = answers.get(name).unwrap_or_else(|| panic!("no answer of {name} yet"));
                let found = value.pointer(&format!("/{}", path.replace('.', "/"))).cloned().unwrap_or_default();
                let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
                text = format!("{before}{found}{after}");
            }
            text
        };
        let (path, body) = (fill(&step.path), fill(&step.body));
        let shows = step.headers.iter().any(|(key, _)| key == "Show");
        let headers: Vec<_> = step.headers.iter().filter(|(key, _)| key != "Show").cloned().collect();
        let (status, answer) = patiently(client, &step.method, &path, &headers, &body).await;
        let value = parsed(&answer);
        let mut flat = vec![status.as_u16().to_string()];
        let mut shown = value.clone();
        scrub(&mut shown, namespace, shows);
        flatten("", &shown, &mut flat);
        lines.push(flat);
        answers.insert(step.name.split_whitespace().next().unwrap_or_default().to_owned(), value);
    }
    lines
}

/// A path with `?contract=wait` is asked until its object is established, with `?contract=wait-gone` until it is not there:
/// on a real cluster, controllers do that in their own time.
async fn patiently(
    client: &Client,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &str,
) -> (StatusCode, String) {
    let Some((path, wait)) = path.split_once("?contract=") else {
        return ask(client, method, path, headers, body).await;
    };
    let mut last = ask(client, method, path, headers, body).await;
    for _ in 0..100 {
        let done = match wait {
            "wait-gone" => last.0 == StatusCode::NOT_FOUND,
            _ => parsed(&last.1).pointer("/status/conditions").is_some_and(|all| {
                all.as_array()
                    .is_some_and(|all| all.iter().any(|one| one["type"] == "Established" && one["status"] == "True"))
            }),
        };
        if done {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        last = ask(client, method, path, headers, body).await;
    }
    last
}

async fn ask(
    client: &Client,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &str,
) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(path);
    if !body.is_empty() && !headers.iter().any(|(key, _)| key.eq_ignore_ascii_case("content-type")) {
        request = request.header("Content-Type", "application/json");
    }
    for (key, value) in headers {
        request = request.header(key, value);
    }
    let request = request.body(Body::from(body.as_bytes().to_vec())).unwrap();
    let answer = async {
        let response = client.send(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok::<_, String>((status, String::from_utf8_lossy(&body).into_owned()))
    };
    match tokio::time::timeout(std::time::Duration::from_secs(30), answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => (StatusCode::IM_A_TEAPOT, error),
        Err(_) => (StatusCode::IM_A_TEAPOT, "no answer within 30 s".to_owned()),
    }
}

/// One JSON value, or the list of those that stand one a line, or a text.
fn parsed(answer: &str) -> Value {
    if let Ok(value) = serde_json::from_str(answer) {
        return value;
    }
    let lines: Result<Vec<Value>, _> = answer.lines().map(serde_json::from_str).collect();
    match lines {
        Ok(lines) if !lines.is_empty() => Value::Array(lines),
        _ => Value::String(answer.trim().to_owned()),
    }
}

/// Replaces what differs from run to run by what it is.
fn scrub(value: &mut Value, namespace: &str, show_managed: bool) {
    match value {
        Value::Object(map) => {
            if !show_managed {
                map.remove("managedFields");
            }
            for key in [
                "storageVersionHash",
                "serverAddress",
                "goVersion",
                "buildDate",
                "gitCommit",
                "gitTreeState",
                "gitVersion",
                "platform",
                "compiler",
            ] {
                map.remove(key);
            }
            for (key, value) in map.iter_mut() {
                match (key.as_str(), &*value) {
                    ("uid", Value::String(_)) => *value = "<uid>".into(),
                    ("resourceVersion", Value::String(text)) if text.parse::<u64>().is_ok_and(|number| number > 0) => {
                        *value = "<version>".into();
                    }
                    ("continue", Value::String(text)) if !text.is_empty() => *value = "<continue>".into(),
                    (
                        "time" | "creationTimestamp" | "deletionTimestamp" | "lastTransitionTime" | "lastUpdateTime",
                        Value::String(_),
                    ) => {
                        *value = "<time>".into();
                    }
                    ("clusterIP", Value::String(text)) if text.starts_with("10.") => *value = "<address>".into(),
                    ("clusterIPs", Value::Array(list))
                        if list.iter().any(|ip| ip.as_str().is_some_and(|ip| ip.starts_with("10."))) =>
                    {
                        *value = json!(["<address>"]);
                    }
                    ("nodePort" | "healthCheckNodePort", Value::Number(number))
                        if number.as_u64().is_some_and(|port| port >= 30000) =>
                    {
                        *value = "<port>".into();
                    }
                    ("remainingItemCount", _) => {}
                    _ => scrub(value, namespace, show_managed),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| scrub(value, namespace, show_managed)),
        Value::String(text) => {
            *text = without_go_values(&without_uids(&text.replace(namespace, "$NS")));
            if text.len() < 6
                && text.ends_with(['s', 'm', 'h'])
                && text.starts_with(|letter: char| letter.is_ascii_digit())
            {
                *text = "<age>".to_owned();
            }
            if let Some(rest) = text.strip_prefix("generated-")
                && rest.len() == 5
            {
                *text = "generated-<random>".to_owned();
            }
        }
        _ => {}
    }
}

/// Uids within a message.
fn without_uids(text: &str) -> String {
    let is_uid = |word: &str| {
        word.len() == 36
            && word.chars().enumerate().all(|(at, letter)| match at {
                8 | 13 | 18 | 23 => letter == '-',
                _ => letter.is_ascii_hexdigit(),
            })
            && !word.starts_with("00000000")
    };
    let mut result = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..36) {
            Some(word) if is_uid(word) => {
                result.push_str("<uid>");
                rest = &rest[36..];
            }
            _ => {
                result.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    result
}

/// An apiserver shows values that are no scalars as Go writes them, pointers included.
fn without_go_values(text: &str) -> String {
    const BEFORE: &str = "Invalid value: ";
    let Some(start) = text.find(BEFORE).map(|at| at + BEFORE.len()) else { return text.to_owned() };
    let rest = &text[start..];
    let end = rest.rfind("}: ").map(|at| at + 1).or_else(|| rest.rfind("]: ").map(|at| at + 1));
    match end {
        Some(end) if rest.starts_with(['[', '{', 'm', 'v', 'c', '&']) => {
            format!("{}<value>{}", &text[..start], &rest[end..])
        }
        _ => text.to_owned(),
    }
}

fn flatten(path: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            for key in keys {
                let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
                let child = match (path.is_empty(), plain) {
                    (true, true) => key.clone(),
                    (false, true) => format!("{path}.{key}"),
                    (_, false) => format!("{path}[{key:?}]"),
                };
                flatten(&child, &map[key.as_str()], lines);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (index, value) in list.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), value, lines);
            }
        }
        leaf => lines.push(format!("{path} = {leaf}").trim_start().to_owned()),
    }
}
