//! Random workflows, and the reference run of the exhaustive search.

use super::dice::Dice;
use crate::plan::Plan;
use model::{Mode, Step};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Member clusters of a simulation.
pub(crate) const CLUSTERS: usize = 3;

/// What one version of the Application runs.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    /// Its steps.
    pub plan: Arc<Plan>,
    mode: Mode,
    written: Value,
}

impl Work {
    /// The steps as somebody would write them, for a story.
    pub(crate) fn text(&self) -> String {
        let steps = serde_json::to_string_pretty(&self.written).unwrap_or_default();
        format!("mode {}\n{steps}", self.mode.as_str())
    }
}

fn cluster(dice: &mut Dice) -> String {
    format!("c{}", dice.roll(CLUSTERS as u64))
}

fn put(step: &mut Value, key: &str, value: Value) {
    if let Some(fields) = step.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

fn action(dice: &mut Dice, name: &str, i: u64) -> Value {
    let object = |cluster: String, name: String| json!({"cluster": cluster, "value": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}});
    match dice.roll(12) {
        0..=3 => json!({"provider": "kube", "name": "apply", "params": object(cluster(dice), format!("{name}-{i}"))}),
        4 => json!({"provider": "kube", "name": "read", "params": object(cluster(dice), format!("{name}-{i}"))}),
        5..=7 => {
            let url = format!("{}/{name}-{i}", if dice.once_in(3) { "plain" } else { "aware" });
            json!({"provider": "http", "name": "do", "params": {"url": url, "method": "POST"}})
        }
        8 => json!({"provider": "email", "name": "send", "params": {"to": format!("{name}-{i}")}}),
        9 => json!({"provider": "kube", "name": "apply", "params": object(cluster(dice), "taken".to_owned())}),
        _ => json!({"provider": "multicluster", "name": "deploy", "params": {"name": format!("{name}-{i}")}}),
    }
}

fn step(dice: &mut Dice, name: &str, earlier: &[String], outputs: &mut Vec<String>) -> Value {
    let suspend = |params: Value| json!([{"provider": "builtin", "name": "suspend", "path": "s", "params": params}]);
    let script = match dice.roll(14) {
        0 => suspend(json!({})),
        1 | 2 => suspend(json!({"duration": format!("{}s", 1 + dice.roll(20))})),
        3 if dice.once_in(3) => json!([{"provider": "builtin", "name": "fail", "params": {"message": "no"}}]),
        4 if dice.once_in(4) => json!([{"provider": "builtin", "name": "break"}]),
        _ => Value::Array((0..1 + dice.roll(3)).map(|i| action(dice, name, i)).collect()),
    };
    let mut step = json!({"name": name, "type": "script", "properties": {"do": script}});
    let none = String::new();
    if !earlier.is_empty() && dice.once_in(3) {
        put(&mut step, "dependsOn", json!([dice.pick(earlier, &none)]));
    }
    match dice.roll(12) {
        0 => put(&mut step, "if", json!("always")),
        1 => put(&mut step, "if", json!("false")),
        2 if !earlier.is_empty() => put(&mut step, "if", json!(format!("{}.failed", dice.pick(earlier, &none)))),
        3 => put(&mut step, "timeout", json!("60s")),
        4 => {
            put(&mut step, "outputs", json!([{"name": format!("out-{name}"), "valueFrom": "a0", "optional": true}]));
            outputs.push(format!("out-{name}"));
        }
        5 if !outputs.is_empty() => {
            put(&mut step, "inputs", json!([{"from": dice.pick(outputs, &none), "parameterKey": "got"}]))
        }
        6 => put(&mut step, "retry", json!({"limit": 1 + dice.roll(3), "backoff": "1s"})),
        7 => put(
            &mut step,
            "forEach",
            json!({"items": [1, 2, 3], "parameterKey": "do[0].params.item", "parallelism": dice.roll(3)}),
        ),
        _ => {}
    }
    step
}

/// A random workflow.
pub(crate) fn random(dice: &mut Dice) -> Work {
    let mode = if dice.once_in(2) { Mode::Dag } else { Mode::StepByStep };
    let mut names: Vec<String> = Vec::new();
    let mut outputs = Vec::new();
    let mut steps = Vec::new();
    for i in 0..2 + dice.roll(7) {
        let name = format!("s{i}");
        if dice.once_in(5) {
            let mut inner = Vec::new();
            let mut subs = Vec::new();
            for j in 0..1 + dice.roll(3) {
                let sub = format!("{name}-{j}");
                subs.push(step(dice, &sub, &inner, &mut Vec::new()));
                inner.push(sub);
            }
            let mode = if dice.once_in(2) { "DAG" } else { "StepByStep" };
            steps.push(json!({"name": name, "type": "step-group", "mode": mode, "subSteps": subs}));
        } else {
            steps.push(step(dice, &name, &names, &mut outputs));
        }
        names.push(name);
    }
    work(Value::Array(steps), mode)
}

/// Sixty actions on three clusters: objects, requests, mails, a suspension, a group, a list, data passed on.
pub(crate) fn reference() -> Work {
    let apply = |cluster: usize, name: &str| {
        json!({"provider": "kube", "name": "apply", "params": {"cluster": format!("c{cluster}"),
            "value": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}}})
    };
    let post = |url: String| json!({"provider": "http", "name": "do", "params": {"url": url, "method": "POST"}});
    let mail = |to: String| json!({"provider": "email", "name": "send", "params": {"to": to}});
    let step = |name: String, script: Vec<Value>| json!({"name": name, "type": "script", "properties": {"do": script}});
    let mut steps: Vec<Value> = Vec::new();
    for i in 0..9 {
        let name = format!("s{i}");
        let mut script: Vec<Value> = (0..CLUSTERS).map(|c| apply(c, &format!("{name}-{c}"))).collect();
        script.push(post(format!("aware/{name}")));
        script.push(if i % 2 == 0 { mail(name.clone()) } else { post(format!("plain/{name}")) });
        let mut one = step(name, script);
        if i == 2 {
            put(&mut one, "outputs", json!([{"name": "told", "valueFrom": "a3"}]));
        }
        if i == 5 {
            put(&mut one, "inputs", json!([{"from": "told", "parameterKey": "told"}]));
        }
        steps.push(one);
    }
    steps.push(json!({"name": "nap", "type": "script", "properties": {"do": [
        {"provider": "builtin", "name": "suspend", "path": "s", "params": {"duration": "5s"}}]}}));
    let subs: Vec<Value> = (0..4)
        .map(|i| step(format!("g-{i}"), vec![post(format!("aware/g{i}")), apply(i % CLUSTERS, &format!("g{i}"))]))
        .collect();
    steps.push(json!({"name": "g", "type": "step-group", "subSteps": subs}));
    let mut each = step("each".to_owned(), vec![mail("list".to_owned()), apply(0, "each")]);
    put(&mut each, "forEach", json!({"items": ["x", "y", "z"], "parameterKey": "do[0].params.to", "parallelism": 2}));
    steps.push(each);
    steps.push(step(
        "all".to_owned(),
        vec![
            json!({"provider": "multicluster", "name": "deploy", "params": {"name": "web"}}),
            post("aware/end".to_owned()),
        ],
    ));
    work(Value::Array(steps), Mode::StepByStep)
}

fn work(written: Value, mode: Mode) -> Work {
    let mut steps: Vec<Step> = Deserialize::deserialize(&written).unwrap_or_default();
    Step::name_empty_ones(&mut steps);
    // what the generator makes is a plan; should it not be one, the run is empty and a check notices
    let plan = Plan::new(&steps, mode, Mode::Dag).or_else(|_| Plan::new(&[], mode, Mode::Dag));
    let plan = plan.map(Arc::new).unwrap_or_else(|_| Arc::new(Plan::empty()));
    Work { plan, mode, written }
}
