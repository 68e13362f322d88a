//! A controller that starts on a hub where everything is at rest: until it has looked at all of it and asks for nothing more.

use crate::Row;
use crate::applications::light;
use crate::child::Began;
use crate::figure::{Figure, Goal};
use crate::stage::Stage;
use std::time::{Duration, Instant};

pub(crate) const ROW: Row = Row {
    name: "start",
    what: "a controller's start on a hub with 1,000 Applications at rest, each with a ConfigMap and a Secret",
    size: 1_000,
    unit: "Application",
    peer: "not recorded",
    goals: &[
        Goal { what: "wall s", of: |f| f.wall.as_secs_f64(), most: 15.0 },
        Goal { what: "requests each", of: Figure::requests_each, most: 1.0 },
        Goal { what: "peak MiB", of: Figure::peak_mib, most: 60.0 },
    ],
    real: true,
};

/// Nothing was asked for so long: it is at rest.
const QUIET: Duration = Duration::from_secs(3);
/// It must be by then.
const LONGEST: Duration = Duration::from_secs(300);

pub(crate) async fn measure(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    let app = |i: usize| light(&stage.namespace, &format!("light-{i}"), None);
    stage.delivered((0..size).map(app).collect(), size).await?;
    let began = Began::now();
    let controller = stage.controller().await?;
    let ready = began.at.elapsed();
    let (mut count, mut last) = (controller.requests().await, Instant::now());
    while last.elapsed() < QUIET {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = controller.requests().await;
        if now != count {
            (count, last) = (now, Instant::now());
        }
        if began.at.elapsed() > LONGEST {
            return Err(format!("it is not at rest: {}", controller.verbs().await));
        }
    }
    let mut figure = controller.since(&began, size, last).await;
    figure.extra = vec![("ready s", ready.as_secs_f64())];
    controller.kill().await?;
    Ok(vec![figure])
}
