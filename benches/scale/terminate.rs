//! `lateen workflow terminate` in every state that a run can be in, as a user waits for it: the whole command, from its start
//! until it says that the run has ended. First with a controller that executes, then with one that was killed.

use crate::Row;
use crate::figure::{Figure, Goal};
use crate::receiver::{Receiver, quantile};
use crate::stage::{Stage, text};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The states: a name, and the phase of the first step when it is reached.
const STATES: [(&str, &str); 7] = [
    ("asks", "running"),
    ("waits", "running"),
    ("gate", "suspending"),
    ("nap", "suspending"),
    ("fails", "failed"),
    ("group", "suspending"),
    ("pends", "suspending"),
];

pub(crate) const ROW: Row = Row {
    name: "terminate",
    what: "terminate in each of 7 states, 10 times with a controller and 10 times after it was killed: the whole command",
    size: 140,
    unit: "run",
    peer: "not recorded",
    goals: &[
        Goal { what: "p50 s", of: |f| f.extra("p50 s"), most: 1.0 },
        Goal { what: "max s", of: |f| f.extra("max s"), most: 1.0 },
    ],
    real: false,
};

/// A step that asks and is ready to wait for ten minutes.
const ASK: &str = r#"
import "vela/http"
ask: http.#HTTPDo & {$params: {url: parameter.url, method: "POST", request: timeout: "10m"}}
parameter: url: string
"#;

/// The components and the steps that lead there.
fn state(name: &str, port: u16) -> (Value, Value) {
    let ask = json!({"name": "ask", "type": "ask", "properties": {"url": format!("http://127.0.0.1:{port}/{name}")}});
    let gate = json!({"name": "gate", "type": "suspend"});
    let wrong = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "wrong"},
        "spec": {"ports": [{"port": 99_999_999}]}});
    let steps = match name {
        "asks" => json!([ask]),
        "waits" => json!([{"name": "front", "type": "apply-component", "properties": {"component": "front"}}]),
        "gate" => json!([gate]),
        "nap" => json!([{"name": "nap", "type": "suspend", "properties": {"duration": "1h"}}]),
        "fails" => json!([{"name": "wrong", "type": "apply-object", "retry": {"limit": 100, "backoff": "5m"},
            "properties": {"value": wrong}}]),
        "group" => json!([{"name": "both", "type": "step-group", "subSteps": [ask, gate]}]),
        _ => json!([
            {"name": "gate", "type": "suspend", "outputs": [{"name": "v", "valueFrom": "parameter.none", "optional": true}]},
            {"name": "last", "type": "suspend", "inputs": [{"from": "v"}]},
        ]),
    };
    let front = json!({"name": "front", "type": "worker", "properties": {"image": "busybox"},
        "traits": [{"type": "annotations", "properties": {"simulate.lateen.dev/stall": "true"}}]});
    let components = if name == "waits" { json!([front]) } else { json!([]) };
    (components, steps)
}

pub(crate) async fn measure(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    let receiver = Receiver::new(Duration::from_secs(3_600)).await?;
    let namespace = stage.namespace.as_str();
    let definition = json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "WorkflowStepDefinition",
        "metadata": {"name": "ask", "namespace": namespace}, "spec": {"schematic": {"cue": {"template": ASK}}}});
    stage.create(vec![definition]).await?;
    let controller = stage.controller().await?;
    let began = controller.begin().await;
    let each = (size / STATES.len() / 2).max(1);
    let names: Vec<(usize, usize)> = (0..STATES.len()).flat_map(|s| (0..each * 2).map(move |i| (s, i))).collect();
    let name_of = |s: usize, i: usize| STATES.get(s).map_or_else(String::new, |(name, _)| format!("{name}-{i}"));
    let app = |&(s, i): &(usize, usize)| {
        let (components, steps) = state(STATES.get(s).map_or("", |(name, _)| name), receiver.port);
        // of one name each: components of two Applications must not be one object
        let named = components.to_string().replace("\"front\"", &format!("\"front-{i}\""));
        let steps = steps.to_string().replace("\"component\":\"front\"", &format!("\"component\":\"front-{i}\""));
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "Application",
            "metadata": {"name": name_of(s, i), "namespace": namespace},
            "spec": {"components": parsed(&named), "workflow": {"steps": parsed(&steps)}}})
    };
    stage.create(names.iter().map(app).collect()).await?;
    let is_there = |app: &Value| {
        let (name, phase) = (text(app, "/metadata/name"), text(app, "/status/workflow/steps/0/phase"));
        STATES.iter().any(|(state, wanted)| name.starts_with(&format!("{state}-")) && phase == *wanted)
    };
    stage.until(names.len(), "runs are in their states", is_there).await?;
    let mut by_state: Vec<Vec<f64>> = vec![Vec::new(); STATES.len()];
    let (mut served, mut left) = (Vec::new(), Vec::new());
    for &(s, i) in names.iter().filter(|(_, i)| *i < each) {
        let took = terminate(stage, &name_of(s, i)).await?;
        served.push(took);
        by_state.iter_mut().skip(s).take(1).for_each(|all| all.push(took));
    }
    let mut figure = controller.since(&began, names.len(), Instant::now()).await;
    controller.kill().await?;
    for &(s, i) in names.iter().filter(|(_, i)| *i >= each) {
        let took = terminate(stage, &name_of(s, i)).await?;
        left.push(took);
        by_state.iter_mut().skip(s).take(1).for_each(|all| all.push(took));
    }
    match stage.in_phase("workflowTerminated").await? {
        ended if ended == names.len() => {}
        ended => return Err(format!("the hub says that {ended} of {} have ended", names.len())),
    }
    let mut all: Vec<f64> = served.iter().chain(&left).copied().collect();
    figure.extra = vec![
        ("p50 s", quantile(&mut all, 50)),
        ("max s", quantile(&mut all, 100)),
        ("with a controller max", quantile(&mut served, 100)),
        ("without max", quantile(&mut left, 100)),
    ];
    figure.extra.extend(STATES.iter().zip(&mut by_state).map(|((name, _), took)| (*name, quantile(took, 100))));
    Ok(vec![figure])
}

/// Ends a run; how many seconds the command took.
async fn terminate(stage: &Stage, name: &str) -> Result<f64, String> {
    let asked = Instant::now();
    stage.lateen(&["workflow", "terminate", name, "-n", &stage.namespace]).await?;
    Ok(asked.elapsed().as_secs_f64())
}
