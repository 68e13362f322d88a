//! One workflow of steps after each other: objects, and pauses between them.

use crate::Row;
use crate::figure::{Figure, Goal};
use crate::stage::Stage;
use serde_json::{Value, json};

/// Objects only.
pub(crate) const APPLIES: Row = Row {
    name: "sequence",
    what: "100 applies in sequence",
    size: 100,
    unit: "step",
    peer: "14.8 s, 11 requests a step",
    goals: &[
        Goal { what: "wall s", of: |f| f.wall.as_secs_f64(), most: 1.0 },
        Goal { what: "requests each", of: Figure::requests_each, most: 2.3 },
    ],
    real: true,
};

/// Each tenth step is a pause of a second.
pub(crate) const SUSPENDS: Row = Row {
    name: "suspends",
    what: "90 applies and 10 suspends of 1 s",
    size: 100,
    unit: "step",
    peer: "22.9 s, 1,318 requests",
    goals: &[Goal { what: "wall s", of: |f| f.wall.as_secs_f64(), most: 11.0 }],
    real: true,
};

fn applied(name: &str) -> Value {
    let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"is": name}});
    json!({"name": name, "type": "apply-object", "properties": {"value": value}})
}

async fn run(stage: &Stage, steps: Vec<Value>) -> Result<Vec<Figure>, String> {
    let size = steps.len();
    Ok(vec![stage.delivered(vec![stage.workflow("long", "StepByStep", steps)], size).await?])
}

pub(crate) async fn applies(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    run(stage, (0..size).map(|i| applied(&format!("s{i}"))).collect()).await
}

pub(crate) async fn suspends(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    let step = |i: usize| match i % 10 {
        9 => json!({"name": format!("s{i}"), "type": "suspend", "properties": {"duration": "1s"}}),
        _ => applied(&format!("s{i}")),
    };
    run(stage, (0..size).map(step).collect()).await
}
