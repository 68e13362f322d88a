//! Drift: somebody changes or deletes what an Application at rest has delivered; until it is as it should be again.

use crate::Row;
use crate::applications::light;
use crate::figure::{Figure, Goal};
use crate::receiver::spread;
use crate::stage::{Stage, text};
use actions::{ObjectRef, PatchType};
use kube::api::DeleteParams;
use serde_json::json;
use std::time::{Duration, Instant};

pub(crate) const ROW: Row = Row {
    name: "drift",
    what: "an object changed or deleted -> as it was delivered again, one after the other of 200 Applications",
    size: 200,
    unit: "change",
    peer: "looked at every 5 minutes",
    goals: &[
        Goal { what: "p50 s", of: |f| f.extra("p50 s"), most: 2.0 },
        Goal { what: "max s", of: |f| f.extra("max s"), most: 2.0 },
    ],
    real: true,
};

pub(crate) async fn measure(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    let mut controller = stage.controller().await?;
    let apps = (0..size).map(|i| light(&stage.namespace, &format!("light-{i}"), None)).collect();
    stage.create(apps).await?;
    controller.running(size, |_| true).await?;
    // the watches of what was delivered have to have begun
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = controller.begin().await;
    let mut took = Vec::new();
    for i in 0..size {
        let target = ObjectRef {
            api_version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: stage.namespace.clone(),
            name: format!("light-{i}"),
        };
        let changed = Instant::now();
        if i % 2 == 0 {
            let patch = json!({"data": {"colour": "red"}});
            stage.objects.patch(&target, PatchType::Merge, &patch, false, "bench").await.map_err(|f| f.message)?;
        } else {
            stage.objects.delete(&target, &DeleteParams::default()).await.map_err(|f| f.message)?;
        }
        took.push(mended(stage, &target, changed).await?);
    }
    let mut figure = controller.since(&began, size, Instant::now()).await;
    controller.kill().await?;
    figure.extra = spread(&mut took);
    Ok(vec![figure])
}

/// Waits until the object is as it was delivered; how many seconds after it was changed.
async fn mended(stage: &Stage, target: &ObjectRef, changed: Instant) -> Result<f64, String> {
    loop {
        let live = stage.objects.read(target).await.map_err(|f| f.message)?;
        if live.as_ref().is_some_and(|live| text(live, "/data/colour") == "green") {
            return Ok(changed.elapsed().as_secs_f64());
        }
        if changed.elapsed() > Duration::from_secs(60) {
            return Err(format!("{target} stays as it is"));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
