//! One workflow of very many steps, 100 wide: each step depends on two of the layer before it.

use crate::Row;
use crate::figure::{Figure, Goal};
use crate::stage::Stage;
use serde_json::{Value, json};

const WIDTH: usize = 100;

/// Steps that only say something.
pub(crate) const NOOP: Row = Row {
    name: "dag",
    what: "10,000-step DAG of no-op steps",
    size: 10_000,
    unit: "step",
    peer: "cannot finish; 1,000 steps 99.8 s and 16–19 s CPU, quadratic",
    goals: &[
        Goal { what: "wall s", of: |f| f.wall.as_secs_f64(), most: 5.0 },
        Goal { what: "CPU s", of: |f| f.cpu.as_secs_f64(), most: 5.0 },
        Goal { what: "requests in all", of: |f| f.requests as f64, most: 350.0 },
    ],
    real: false,
};

/// Steps that apply a ConfigMap each.
pub(crate) const APPLY: Row = Row {
    name: "dag-apply",
    what: "10,000-step DAG of apply-object",
    size: 10_000,
    unit: "step",
    peer: "cannot finish",
    goals: &[
        Goal { what: "wall s", of: |f| f.wall.as_secs_f64(), most: 60.0 },
        Goal { what: "requests each", of: Figure::requests_each, most: 2.2 },
    ],
    real: false,
};

fn steps(size: usize, kind: &str, properties: impl Fn(&str) -> Value) -> Vec<Value> {
    let step = |i: usize| {
        let name = format!("s{i}");
        let mut step = json!({"name": name, "type": kind, "properties": properties(&name)});
        if i >= WIDTH {
            // the one above it, and that one's neighbour
            let layer = (i / WIDTH - 1) * WIDTH;
            let on = [i % WIDTH, (i + 1) % WIDTH].map(|place| format!("s{}", layer + place));
            if let Some(map) = step.as_object_mut() {
                map.insert("dependsOn".to_owned(), json!(on));
            }
        }
        step
    };
    (0..size).map(step).collect()
}

pub(crate) async fn noop(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    let steps = steps(size, "print-message-in-status", |_| json!({"message": "done"}));
    Ok(vec![stage.delivered(vec![stage.workflow("wide", "DAG", steps)], size).await?])
}

pub(crate) async fn apply(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    // 10,000 manifests are more than one object may hold: the step type has them
    let definition = json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "WorkflowStepDefinition",
        "metadata": {"name": "one", "namespace": stage.namespace}, "spec": {"schematic": {"cue": {"template": ONE}}}});
    stage.create(vec![definition]).await?;
    let app = stage.workflow("wide", "DAG", steps(size, "one", |_| json!({})));
    Ok(vec![stage.delivered(vec![app], size).await?])
}

/// Applies a ConfigMap that is called as the step is.
const ONE: &str = r#"
import "vela/kube"
apply: kube.#Apply & {$params: value: {
	apiVersion: "v1"
	kind:       "ConfigMap"
	metadata: name: context.stepName
}}
parameter: {}
"#;
