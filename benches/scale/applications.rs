//! Many light Applications: one component with a ConfigMap and a Secret, and the workflow that is implied.

use crate::Row;
use crate::bare;
use crate::figure::{Figure, Goal};
use crate::stage::Stage;
use fleet::CreateOptions;
use serde_json::{Value, json};

/// On one hub.
pub(crate) const ONE: Row = Row {
    name: "applications",
    what: "1,000 light Applications to running, one API server",
    size: 1_000,
    unit: "Application",
    peer: "292 s, 55.7 ms CPU and 47 requests each, 206 MB",
    goals: &[
        Goal { what: "wall, as a multiple of a bare client's", of: |f| f.extra("bare x"), most: 1.3 },
        Goal { what: "wall s", of: |f| f.wall.as_secs_f64(), most: 15.0 },
        Goal { what: "CPU ms each", of: Figure::cpu_each, most: 3.0 },
        Goal { what: "requests each", of: Figure::requests_each, most: 8.0 },
        Goal { what: "peak MiB", of: Figure::peak_mib, most: 60.0 },
    ],
    real: true,
};

/// On three clusters.
pub(crate) const THREE: Row = Row {
    name: "clusters",
    what: "1,000 light Applications on 3 embedded clusters each",
    size: 1_000,
    unit: "Application",
    peer: "not recorded",
    goals: &[
        Goal { what: "wall s", of: |f| f.wall.as_secs_f64(), most: 25.0 },
        Goal { what: "requests each", of: Figure::requests_each, most: 12.0 },
    ],
    real: false,
};

/// A light Application; placed where the policy says, if there is one.
pub(crate) fn light(namespace: &str, name: &str, clusters: Option<Vec<String>>) -> Value {
    let metadata = json!({"name": name});
    let objects = json!([
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"colour": "green"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"password": "none"}},
    ]);
    let policies = match clusters {
        Some(clusters) => json!([{"name": "where", "type": "topology", "properties": {"clusters": clusters}}]),
        None => json!([]),
    };
    json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "Application",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"components": [{"name": name, "type": "k8s-objects", "properties": {"objects": objects}}],
            "policies": policies}})
}

async fn run(stage: &Stage, size: usize, clusters: Option<Vec<String>>) -> Result<Figure, String> {
    let app = |i: usize| light(&stage.namespace, &format!("light-{i}"), clusters.clone());
    stage.delivered((0..size).map(app).collect(), size).await
}

pub(crate) async fn one(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    let mut figure = run(stage, size, None).await?;
    let bare = bare::measure(stage, size).await?;
    figure.extra.push(("bare s", bare.wall.as_secs_f64()));
    figure.extra.push(("bare x", figure.wall.as_secs_f64() / bare.wall.as_secs_f64().max(0.001)));
    figure.extra.push(("bare CPU ms each", bare.cpu.as_secs_f64() * 1e3 / size as f64));
    Ok(vec![figure])
}

pub(crate) async fn three(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    let names: Vec<String> = (1..=3).map(|i| format!("far-{i}")).collect();
    for name in &names {
        stage.fleet.create(name, CreateOptions::default()).await.map_err(|e| e.to_string())?;
    }
    Ok(vec![run(stage, size, Some(names)).await?])
}
