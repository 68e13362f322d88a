//! The step loop on real templates: `cases/step-loop.md` says what must come.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod stdlib;

use indexmap::IndexMap;
use model::{Output, Step};
use serde_json::{Map, Value, json};
use stdlib::{Stdlib, definition};
use workflow::evaluate::Results;
use workflow::step::Templates;
use workflow::*;

fn templates(template: &str) -> Result<Templates, String> {
    let all = [("t".to_owned(), definition("t", template))].into_iter().collect();
    Templates::new(&Stdlib, &all).map_err(|d| format!("error: {}", d[0].message))
}

fn yaml(text: &str) -> Value {
    cue::json::to_value(&cue::yaml::parse(text).unwrap()).unwrap()
}

fn with_scope<T>(step: &Step, f: impl FnOnce(Scope<'_>) -> T) -> T {
    let parameter: Payload = step.properties.clone().unwrap_or(json!({})).into();
    let context: Map<String, Value> = yaml("{name: app, namespace: default, stepName: s}").as_object().unwrap().clone();
    f(Scope { step, parameter: &parameter, context: &context, inputs: &IndexMap::new() })
}

/// Asks for actions until nothing is next.
fn trace(templates: &Templates, step: &Step, returns: &Value) -> (String, Results) {
    let mut results = Results::new();
    let mut line: Vec<String> = Vec::new();
    let end = loop {
        let call = match with_scope(step, |s| templates.next(s, &results)) {
            Ok(Next::Act(call)) => call,
            Ok(Next::Computed { path, result }) => {
                line.push(format!("{path}={}", result.value).replace(' ', ""));
                results.insert(path, result);
                continue;
            }
            Ok(Next::Done) => break "done".to_owned(),
            Ok(Next::Wait { message }) => break format!("waits: {message}"),
            Err(d) => break format!("error: {}", workflow::run::tell(&d)),
        };
        let message = call.params.value["message"].as_str().unwrap_or_default().to_owned();
        match call.action.name {
            "wait" if call.params.value["continue"] == json!(true) => {}
            "wait" | "fail" | "suspend" => {
                break format!("{}: {} {message}", call.path, call.action.name).trim_end().to_owned();
            }
            _ => line.push(call.path.clone()),
        }
        let result = returns.get(&call.path).cloned().unwrap_or(json!({}));
        assert!(results.insert(call.path, result.into()).is_none(), "an action runs once a visit");
    };
    line.push(end);
    (line.join(" "), results)
}

struct Case {
    title: String,
    blocks: IndexMap<String, String>,
}

fn cases(text: &str) -> (String, Vec<Case>) {
    let mut prelude = String::new();
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            cases.push(Case { title: title.to_owned(), blocks: IndexMap::new() });
        } else if let Some(kind) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
            let body = body.join("\n") + "\n";
            match cases.last_mut() {
                Some(case) => {
                    case.blocks.insert(kind.to_owned(), body);
                }
                None => prelude = body,
            }
        }
    }
    (prelude, cases)
}

#[test]
fn cases_of_the_step_loop() {
    let (prelude, cases) = cases(include_str!("cases/step-loop.md"));
    let mut wrong = Vec::new();
    for case in &cases {
        let body = &case.blocks["cue"];
        let template = if body.starts_with("import") { body.clone() } else { format!("{prelude}\n{body}") };
        let step = Step {
            name: "s".into(),
            kind: "t".into(),
            properties: case.blocks.get("yaml").map(|y| yaml(y)),
            ..Step::default()
        };
        let returns = case.blocks.get("results").map_or(json!({}), |r| yaml(r));
        let came = match templates(&template) {
            Ok(templates) => trace(&templates, &step, &returns).0,
            Err(e) => e,
        };
        let wanted = case.blocks["trace"].trim();
        // `_A` is itself an action with parameters; where it stands does not matter here
        let plain = |t: &str| t.split(' ').filter(|w| *w != "_A").collect::<Vec<_>>().join(" ");
        if plain(&came) != plain(wanted) {
            wrong.push(format!("{}\n  wanted {wanted}\n  came   {came}", case.title));
        }
    }
    assert!(cases.len() > 20);
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn outputs_are_expressions_over_the_final_value() {
    let t = templates("import \"vela/kube\"\nread: kube.#Read & {$params: value: {apiVersion: \"v1\", kind: \"A\"}}\nb: {c: \"d\", if read.$returns.value.x != _|_ {e: read.$returns.value.x}}\n").unwrap();
    let output =
        |name: &str, value_from: &str| Output { name: name.into(), value_from: value_from.into(), optional: false };
    let step = Step {
        name: "s".into(),
        kind: "t".into(),
        outputs: vec![
            output("expr", "\"x-\" + b.c"),
            output("deep", "read.value.x"),
            output("whole", "b"),
            output("none", "b.f"),
            output("cond", "read.$returns.value.x == 5"),
        ],
        ..Step::default()
    };
    let (line, results) = trace(&t, &step, &json!({"read": {"value": {"x": 5}}}));
    assert_eq!(line, "read done");
    let outputs = with_scope(&step, |s| t.outputs(s, &results)).unwrap();
    let text: Vec<String> = outputs
        .iter()
        .map(|(n, v)| format!("{n}={}", v.as_ref().map_or("-".into(), |v| v.value.to_string())))
        .collect();
    assert_eq!(text.join(" "), r#"expr="x-d" deep=5 whole={"c":"d","e":5} none=- cond=true"#);
}

#[test]
fn a_secret_stays_one_through_the_template() {
    let t = templates("import \"vela/kube\"\nimport \"vela/http\"\nread: kube.#Read & {$params: value: {apiVersion: \"v1\", kind: \"Secret\"}}\nsend: http.#HTTPDo & {$params: {url: \"http://x\", method: \"POST\", request: body: \"token \\(read.$returns.value.t)\"}}\n").unwrap();
    let step = Step {
        name: "s".into(),
        kind: "t".into(),
        outputs: vec![Output { name: "o".into(), value_from: "send.$params.request".into(), optional: false }],
        ..Step::default()
    };
    let mut results = Results::new();
    results.insert("read".into(), Payload { value: json!({"value": {"t": "hush"}}), secret: true });
    let Ok(Next::Act(call)) = with_scope(&step, |s| t.next(s, &results)) else { panic!("there is an action") };
    assert_eq!(
        (call.path.as_str(), call.params.secret, &call.params.value["request"]["body"]),
        ("send", true, &json!("token hush"))
    );
    results.insert("send".into(), json!({}).into());
    let outputs = with_scope(&step, |s| t.outputs(s, &results)).unwrap();
    assert!(outputs["o"].as_ref().is_some_and(|o| o.secret));
}

#[test]
fn what_is_read_from_a_secret_text_is_secret_in_every_field() {
    let t = templates("import \"vela/http\"\nimport \"encoding/json\"\nsend: http.#HTTPDo & {$params: {url: \"http://x\", method: \"POST\"}}\nif send.$returns.body != _|_ {answer: json.Unmarshal(send.$returns.body)}\n").unwrap();
    let output = |from: &str| Output { name: from.into(), value_from: from.into(), optional: false };
    let step = Step {
        name: "s".into(),
        kind: "t".into(),
        outputs: vec![output("answer.echo"), output("answer.list[0].a"), output("answer")],
        ..Step::default()
    };
    let mut results = Results::new();
    let body = json!({"body": r#"{"echo": "hush", "list": [{"a": 1}]}"#});
    results.insert("send".into(), Payload { value: body, secret: true });
    let outputs = with_scope(&step, |s| t.outputs(s, &results)).unwrap();
    let said: Vec<String> =
        outputs.iter().map(|(n, v)| format!("{n} {:?}", v.as_ref().map(|v| (v.secret, &v.value)))).collect();
    assert!(outputs.values().all(|v| v.as_ref().is_some_and(|v| v.secret)), "{said:?}");
}

#[test]
fn conditions_read_statuses_inputs_and_context() {
    let t = templates("").unwrap();
    let status: model::StepStatus =
        serde_json::from_value(json!({"id": "1", "name": "a-b", "type": "t", "phase": "failed", "reason": "Timeout"}))
            .unwrap();
    let statuses: IndexMap<&str, &model::StepStatus> = [("a-b", &status)].into_iter().collect();
    let inputs: IndexMap<String, Payload> =
        [("go".to_owned(), json!("yes").into()), ("never".to_owned(), Value::Null.into())].into_iter().collect();
    let context: Map<String, Value> = yaml("{name: app}").as_object().unwrap().clone();
    let parameter: Payload = json!({"n": 3}).into();
    let ask = |text: &str| {
        let step = Step { condition: text.into(), ..Step::default() };
        match t.condition(Scope { step: &step, parameter: &parameter, context: &context, inputs: &inputs }, &statuses) {
            Ok(b) => format!("{text} -> {b}"),
            Err(d) => format!("{text} -> {}", d.message),
        }
    };
    let all = [
        "status[\"a-b\"].failed",
        "status[\"a-b\"].timeout",
        "status[\"a-b\"].phase == \"succeeded\"",
        "status[\"a-b\"].failed && context.name == \"app\"",
        "inputs.go == \"yes\"",
        "inputs.never == \"yes\"",
        "inputs.never != \"yes\"",
        "parameter.n > 2",
        "status.other.failed",
        "status[\"a-b\"].message == \"\"",
        "parameter.n",
        "parameter.n >",
        "always()",
        "strings.HasPrefix(context.name, \"a\")",
        "staus[\"a-b\"].failed",
        "false",
        "!status[\"a-b\"].succeeded",
    ];
    insta::assert_snapshot!(all.map(ask).join("\n"), @r#"
    status["a-b"].failed -> true
    status["a-b"].timeout -> true
    status["a-b"].phase == "succeeded" -> false
    status["a-b"].failed && context.name == "app" -> true
    inputs.go == "yes" -> true
    inputs.never == "yes" -> false
    inputs.never != "yes" -> true
    parameter.n > 2 -> true
    status.other.failed -> false
    status["a-b"].message == "" -> true
    parameter.n -> `parameter.n` is no boolean
    parameter.n > -> expected a value after `>`, found the end
    always() -> "always" is not known; conditions read status, inputs, context and parameter
    strings.HasPrefix(context.name, "a") -> true
    staus["a-b"].failed -> "staus" is not known; conditions read status, inputs, context and parameter
    false -> false
    !status["a-b"].succeeded -> true
    "#);
}
