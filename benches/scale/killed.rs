//! Runs under way when their controller is killed: how long until the next action, and what is done twice. A second
//! controller serves the same hub; it has seen all of them and waits.

use crate::Row;
use crate::child::Controller;
use crate::figure::{Figure, Goal};
use crate::receiver::{Came, Receiver, quantile};
use crate::stage::{Stage, text};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::json;
use std::time::{Duration, Instant};

/// Requests of each run, one after the other.
const REQUESTS: usize = 10;
/// How long the receiver takes to answer each.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) const ROW: Row = Row {
    name: "killed",
    what: "kill -9 with 200 runs in flight, a second controller beside it: next action",
    size: 200,
    unit: "run",
    peer: "18–32 s, 9 % of effects repeated",
    goals: &[
        Goal { what: "first action after s", of: |f| f.extra("first s"), most: 2.0 },
        Goal { what: "99 of 100 runs go on after s", of: |f| f.extra("p99 s"), most: 2.0 },
        Goal { what: "effects with two keys", of: |f| f.extra("twice"), most: 0.0 },
        Goal { what: "recorded effects sent again", of: |f| f.extra("again"), most: 0.0 },
    ],
    real: true,
};

pub(crate) async fn measure(stage: &Stage, size: usize) -> Result<Vec<Figure>, String> {
    // on a slow hub the first runs would be over before the last have begun
    let mut receiver = Receiver::silent(PAUSE).await?;
    let port = receiver.port;
    let step = |run: usize, i: usize| {
        let url = format!("http://127.0.0.1:{port}/run-{run}/{i}");
        json!({"name": format!("ask-{i}"), "type": "request", "properties": {"method": "POST", "url": url}})
    };
    let first = stage.controller().await?;
    let runs = (0..size).map(|run| {
        let steps = (0..REQUESTS).map(|i| step(run, i)).collect();
        stage.workflow(&format!("run-{run}"), "StepByStep", steps)
    });
    stage.create(runs.collect()).await?;
    let patience = Duration::from_secs(300);
    receiver.came(size, patience).await?;
    let second: Controller = stage.controller().await?;
    receiver.answer();
    // all of them have done something
    receiver.came(size * 3, patience).await?;
    let began = second.begin().await;
    let killed = first.kill().await?;
    // by what the hub says: some may have ended before, and the first controller has told of them
    stage.until(size, "runs are over", |app| text(app, "/status/status") == "running").await?;
    let mut figure = second.since(&began, size, Instant::now()).await;
    second.kill().await?;
    let seen = receiver.seen();
    if seen.iter().map(|came| came.path.as_str()).collect::<FxHashSet<_>>().len() != size * REQUESTS {
        return Err("not every request has come".to_owned());
    }
    let mut next: Vec<f64> = gone_on(&seen, killed).into_values().collect();
    let (twice, again, resent) = repeated(&seen);
    figure.extra = vec![
        ("first s", quantile(&mut next, 0)),
        ("p50 s", quantile(&mut next, 50)),
        ("p99 s", quantile(&mut next, 99)),
        ("twice", twice),
        ("again", again),
        ("unanswered, sent again with their key", resent),
    ];
    Ok(vec![figure])
}

/// How long after it each run that was under way sent its next request.
fn gone_on(seen: &[Came], killed: Instant) -> FxHashMap<&str, f64> {
    let mut next: FxHashMap<&str, f64> = FxHashMap::default();
    for came in seen.iter().filter(|came| came.at > killed) {
        let run = came.path.split('/').nth(1).unwrap_or_default();
        let after = came.at.duration_since(killed).as_secs_f64();
        next.entry(run).and_modify(|first| *first = first.min(after)).or_insert(after);
    }
    next
}

/// Requests that came with two keys; requests that came again although their answer had been recorded, that is, after the
/// next one of their run; requests of which no answer had been recorded, and that came again with the key that they had.
fn repeated(seen: &[Came]) -> (f64, f64, f64) {
    let mut by_path: FxHashMap<&str, Vec<&Came>> = FxHashMap::default();
    for came in seen {
        by_path.entry(&came.path).or_default().push(came);
    }
    let (mut twice, mut again, mut resent) = (0u32, 0u32, 0u32);
    for (path, all) in by_path.iter().filter(|(_, all)| all.len() > 1) {
        let keys: FxHashSet<&str> = all.iter().map(|came| came.key.as_str()).collect();
        let next = after(path).and_then(|next| by_path.get(next.as_str()));
        let gone_on = next.and_then(|next| next.iter().map(|came| came.at).min());
        let recorded = gone_on.is_some_and(|gone_on| all.iter().any(|came| came.at > gone_on));
        twice += u32::from(keys.len() > 1 || keys.contains(""));
        again += u32::from(recorded);
        resent += u32::from(!recorded);
    }
    (f64::from(twice), f64::from(again), f64::from(resent))
}

/// The path of the request that a run sends after this one.
fn after(path: &str) -> Option<String> {
    let (run, number) = path.rsplit_once('/')?;
    Some(format!("{run}/{}", number.parse::<usize>().ok()? + 1))
}
