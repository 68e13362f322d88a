//! From a condition that becomes true to the step that waited for it: an object is changed, the run's next step sends a
//! request.

use crate::Row;
use crate::figure::{Figure, Goal};
use crate::receiver::{Receiver, spread};
use crate::stage::{Stage, text};
use actions::{ObjectRef, PatchType};
use rustc_hash::FxHashMap;
use serde_json::json;
use std::time::{Duration, Instant};

pub(crate) const ROW: Row = Row {
    name: "condition",
    what: "condition true -> next step started, 500 runs that wait",
    size: 500,
    unit: "run",
    peer: "back-off up to 60 s",
    goals: &[Goal { what: "p99 s", of: |f| f.extra("p99 s"), most: 1.0 }],
    real: true,
};

/// Waits until a ConfigMap says that it is ready.
const UNTIL: &str = r#"
import (
	"vela/builtin"
	"vela/kube"
)
read: kube.#Read & {$params: value: {
	apiVersion: "v1"
	kind:       "ConfigMap"
	metadata: {name: parameter.name, namespace: context.namespace}
}}
wait: builtin.#ConditionalWait & {$params: {
	continue: read.$returns.value.data.ready == "true"
	message:  "not ready"
}}
parameter: name: string
"#;

pub(crate) async fn measure(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    let mut receiver = Receiver::new(Duration::ZERO).await?;
    let (port, namespace) = (receiver.port, stage.namespace.as_str());
    let mut controller = stage.controller().await?;
    let definition = json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "WorkflowStepDefinition",
        "metadata": {"name": "until-ready", "namespace": namespace}, "spec": {"schematic": {"cue": {"template": UNTIL}}}});
    stage.create(vec![definition]).await?;
    let map = |i: usize| {
        json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": format!("gate-{i}"), "namespace": namespace}, "data": {"ready": "false"}})
    };
    stage.create((0..size).map(map).collect()).await?;
    let run = |i: usize| {
        let url = format!("http://127.0.0.1:{port}/{i}");
        let steps = vec![
            json!({"name": "wait", "type": "until-ready", "properties": {"name": format!("gate-{i}")}}),
            json!({"name": "go", "type": "request", "properties": {"method": "POST", "url": url}}),
        ];
        stage.workflow(&format!("run-{i}"), "StepByStep", steps)
    };
    stage.create((0..size).map(run).collect()).await?;
    stage.until(size, "runs wait", |app| text(app, "/status/workflow/steps/0/reason") == "Wait").await?;
    // longer than the pauses of runs that look by themselves
    tokio::time::sleep(Duration::from_secs(2)).await;
    let began = controller.begin().await;
    let mut changed: FxHashMap<String, Instant> = FxHashMap::default();
    for i in 0..size {
        let target = ObjectRef {
            api_version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: namespace.into(),
            name: format!("gate-{i}"),
        };
        changed.insert(format!("/{i}"), Instant::now());
        let patch = json!({"data": {"ready": "true"}});
        stage.objects.patch(&target, PatchType::Merge, &patch, false, "bench").await.map_err(|f| f.message)?;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    receiver.came(size, Duration::from_secs(120)).await?;
    let ended = controller.running(size, |_| true).await?;
    let mut figure = controller.since(&began, size, ended).await;
    controller.kill().await?;
    let seen = receiver.seen();
    let mut took: Vec<f64> =
        seen.iter().filter_map(|came| Some(came.at.duration_since(*changed.get(&came.path)?).as_secs_f64())).collect();
    figure.extra = spread(&mut took);
    Ok(vec![figure])
}
