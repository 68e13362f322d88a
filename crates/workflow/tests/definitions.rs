//! Every step definition that ships compiles, and its first action is one that the table of actions knows.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod stdlib;

use indexmap::IndexMap;
use model::Step;
use serde_json::{Map, Value, json};
use std::path::Path;
use stdlib::{Stdlib, definition};
use workflow::evaluate::Results;
use workflow::step::Templates;
use workflow::*;

/// The text of `template` with the imports of its file.
fn template(text: &str) -> String {
    let (head, rest) = text.split_once("\ntemplate: {\n").unwrap();
    let body = rest.trim_end().strip_suffix('}').unwrap();
    let imports = match head.find("import (") {
        Some(i) => &head[i..=i + head[i..].find(')').unwrap()],
        None => head.lines().find(|l| l.starts_with("import ")).unwrap_or(""),
    };
    format!("{imports}\n{body}")
}

/// A step with properties and what its actions return, as YAML flow.
const STORIES: &[(&str, &str, &str)] = &[
    ("deploy", "{auto: false, policies: [a, b]}", "{}"),
    ("deploy2env", "{policy: p, env: prod}", "{}"),
    (
        "apply-component",
        "{component: web, cluster: eu}",
        "{load: {value: {web: {name: web, type: webservice, properties: {image: i}}}}, apply: {output: {kind: Deployment}}}",
    ),
    ("apply-object", "{value: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {a: b}}}", "{}"),
    ("apply-deployment", "{image: nginx, replicas: 2}", "{output: {value: {status: {readyReplicas: 1}}}}"),
    (
        "read-object",
        "{apiVersion: v1, kind: ConfigMap, name: m, namespace: n}",
        "{output.read: {value: {data: {a: b}}}}",
    ),
    ("export2config", "{configName: c, data: {k: v}}", "{}"),
    ("export2secret", "{secretName: c, data: {k: v}}", "{}"),
    ("export2secret", "{secretName: c, kind: docker-registry, dockerRegistry: {username: u, password: p}}", "{}"),
    ("print-message-in-status", "{message: hello}", "{}"),
    ("suspend", "{duration: 5m, message: wait for it}", "{}"),
    (
        "request",
        "{url: 'http://x/a', method: POST, body: {a: 1}, header: {T: v}}",
        "{http.do: {statusCode: 200, body: '{\"b\": 2}'}}",
    ),
    ("request", "{url: 'http://x/a'}", "{http.do: {statusCode: 400, body: no}}"),
    (
        "webhook",
        "{url: {secretRef: {name: s, key: k}}}",
        "{data.read: {value: {kind: Application}}, webhook.read: {value: {data: {k: aHR0cDovL3g=}}}, webhook.text: {str: 'http://x'}, webhook.send: {delivered: true, message: delivered}}",
    ),
    (
        "notification",
        "{slack: {url: {value: 'http://s'}, message: {text: hi}}, dingding: {url: {value: 'http://d'}, secret: {secretRef: {name: s, key: k}}, message: {msgtype: text, text: {content: hi}}}}",
        "{to.dingding.signature.key.read: {value: {data: {k: U0VD}}}, to.dingding.send: {delivered: true, message: delivered}, to.slack.send: {delivered: false, message: 'status 404 Not Found'}}",
    ),
    (
        "notification",
        "{email: {from: {address: a@x, password: {value: pw}, host: h}, to: [b@x], content: {subject: s, body: b}}}",
        "{to.email.send: {delivered: true, message: 250 ok}}",
    ),
    ("depends-on-app", "{name: other, namespace: n}", "{dependsOn: {value: {status: {status: running}}}}"),
    ("clean-jobs", "{labelselector: {a: b}}", "{}"),
    (
        "generate-jdbc-connection",
        "{name: rds}",
        "{output: {value: {data: {DB_HOST: aA==, DB_PORT: MQ==, DB_NAME: bg==, DB_USER: dQ==, DB_PASSWORD: cA==}}}}",
    ),
    ("check-metrics", "{query: up, condition: '>=1'}", "{check: {result: true}}"),
    ("vela-cli", "{command: [ls]}", "{}"),
    ("create-config", "{name: c, config: {a: b}}", "{}"),
    ("restart-workflow", "{after: 5m}", "{}"),
];

#[test]
fn shipped_steps_ask_for_what_their_parameters_say() {
    let mut lines = Vec::new();
    for (name, properties, returns) in STORIES {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../definitions/workflow-step/{name}.cue"));
        let text = std::fs::read_to_string(file).unwrap();
        let all: IndexMap<_, _> = [((*name).to_owned(), definition(name, &template(&text)))].into_iter().collect();
        let templates = Templates::new(&Stdlib, &all).unwrap();
        let yaml = |t: &str| cue::json::to_value(&cue::yaml::parse(t).unwrap()).unwrap();
        let (parameter, returns): (Payload, Value) = (yaml(properties).into(), yaml(returns));
        let step = Step { name: "s".into(), kind: (*name).into(), ..Step::default() };
        let context: Map<String, Value> =
            json!({"name": "app", "namespace": "n", "appName": "app", "stepName": "s", "stepSessionID": "abc"})
                .as_object()
                .unwrap()
                .clone();
        let mut results = Results::new();
        lines.push(format!("{name} {properties}"));
        for _ in 0..20 {
            let scope = Scope { step: &step, parameter: &parameter, context: &context, inputs: &IndexMap::new() };
            match templates.next(scope, &results) {
                Ok(Next::Act(call)) => {
                    lines.push(format!(
                        "  {} {}.{} {}",
                        call.path, call.action.provider, call.action.name, call.params.value
                    ));
                    if call.action.name == "fail"
                        || call.action.name == "wait" && call.params.value["continue"] != json!(true)
                    {
                        break;
                    }
                    let result = returns.get(&call.path).cloned().unwrap_or(json!({}));
                    results.insert(call.path, result.into());
                }
                Ok(Next::Computed { path, result }) => {
                    lines.push(format!("  {path} = {}", result.value));
                    results.insert(path, result);
                }
                Ok(Next::Done) => break,
                Ok(Next::Wait { message }) => {
                    lines.push(format!("  waits: {message}"));
                    break;
                }
                Err(d) => {
                    lines.push(format!("  error: {}", run::tell(&d)));
                    break;
                }
            }
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn shipped_steps_compile_and_ask_for_known_actions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../definitions/workflow-step");
    let mut names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".cue"));
    names.sort();
    let context: Map<String, Value> =
        json!({"name": "app", "namespace": "n", "appName": "app", "stepName": "s", "stepSessionID": "abc"})
            .as_object()
            .unwrap()
            .clone();
    let mut lines = Vec::new();
    for file in &names {
        let name = file.trim_end_matches(".cue");
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let all: IndexMap<_, _> = [(name.to_owned(), definition(name, &template(&text)))].into_iter().collect();
        let templates = match Templates::new(&Stdlib, &all) {
            Ok(templates) => templates,
            Err(d) => {
                lines.push(format!("{name}: {}", d[0].message));
                continue;
            }
        };
        let step = Step { name: "s".into(), kind: name.into(), ..Step::default() };
        let scope = Scope { step: &step, parameter: &json!({}).into(), context: &context, inputs: &IndexMap::new() };
        lines.push(match templates.next(scope, &Results::new()) {
            Ok(Next::Act(call)) => format!("{name}: {} {}.{}", call.path, call.action.provider, call.action.name),
            Ok(other) => format!("{name}: {other:?}"),
            Err(d) => format!("{name}: {}", run::tell(&d)),
        });
    }
    insta::assert_snapshot!(lines.join("\n"));
}
