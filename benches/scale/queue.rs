//! Very many WorkflowRuns of one step that come at once.

use crate::Row;
use crate::figure::{Figure, Goal};
use crate::stage::Stage;
use serde_json::{Value, json};

pub(crate) const ROW: Row = Row {
    name: "queue",
    what: "5,000 queued one-step runs, one process, no settings",
    size: 5_000,
    unit: "run",
    peer: "Argo, published: 17 min; 2 min tuned on 5 shards",
    goals: &[Goal { what: "wall s", of: |f| f.wall.as_secs_f64(), most: 60.0 }],
    real: true,
};

fn run(namespace: &str, i: usize) -> Value {
    let step = json!({"name": "say", "type": "print-message-in-status", "properties": {"message": "done"}});
    json!({"apiVersion": "core.oam.dev/v1alpha1", "kind": "WorkflowRun",
        "metadata": {"name": format!("run-{i}"), "namespace": namespace}, "spec": {"workflowSpec": {"steps": [step]}}})
}

pub(crate) async fn measure(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    let mut controller = stage.controller().await?;
    let began = controller.begin().await;
    stage.create((0..size).map(|i| run(&stage.namespace, i)).collect()).await?;
    let ended = controller.running(size, |_| true).await?;
    let figure = controller.since(&began, size, ended).await;
    controller.kill().await?;
    let filter = actions::Filter { namespace: stage.namespace.clone(), ..actions::Filter::default() };
    let list = stage.objects.list("core.oam.dev/v1alpha1", "WorkflowRun", &filter).await.map_err(|f| f.message)?;
    let items = list.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let over = items.iter().filter(|run| run.pointer("/status/finished") == Some(&json!(true))).count();
    if over == size { Ok(vec![figure]) } else { Err(format!("the hub says that {over} of {size} are over")) }
}
