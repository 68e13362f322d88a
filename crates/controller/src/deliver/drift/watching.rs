//! The watch of one kind on one cluster, for as long as a tracker names it.

use super::Drift;
use super::table::Watched;
use crate::clusters::FleetClusters;
use crate::told::{self, Told};
use actions::{Clusters as _, Fault};
use futures::StreamExt;
use kube::runtime::{WatchStreamExt, watcher};
use model::labels;
use model::tracker::ResourceKey;
use rustc_hash::FxHashSet;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Before a cluster that cannot be reached, or a kind that it does not have, is looked for again.
const PAUSE: Duration = Duration::from_secs(15);
/// After so many failures in a row the client is made anew: its credentials may have changed.
const FAILURES: u32 = 4;

/// Watches until it is dropped.
pub(super) async fn watch(drift: Arc<Drift>, clusters: Arc<FleetClusters>, watched: Watched) {
    let mut told = String::new();
    loop {
        let ended = once(&drift, &clusters, &watched).await;
        let why = ended.message;
        if why != told {
            let cluster = model::cluster::display(&watched.cluster);
            tracing::warn!(cluster, kind = watched.kind, why, "changes of delivered objects are not seen for now");
            told = why;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn once(drift: &Drift, clusters: &FleetClusters, watched: &Watched) -> Fault {
    let objects = match clusters.objects(&watched.cluster).await {
        Ok(objects) => objects,
        Err(fault) => return fault,
    };
    let resource = match objects.resource(&watched.api_version, &watched.kind).await {
        Ok((resource, _)) => resource,
        Err(fault) => return fault,
    };
    let api = told::all::<Value>(objects.client(), &resource);
    let config = watcher::Config::default().labels(labels::APP_NAME);
    let mut events = watcher(api, config).default_backoff().boxed();
    let mut there: FxHashSet<(String, String)> = FxHashSet::default();
    let mut failures = 0;
    while let Some(event) = events.next().await {
        failures = if event.is_ok() { 0 } else { failures + 1 };
        match event {
            Ok(watcher::Event::Init) => there.clear(),
            Ok(watcher::Event::InitApply(object)) => {
                there.insert((object.namespace().to_owned(), object.name().to_owned()));
                seen(drift, watched, object, false);
            }
            Ok(watcher::Event::InitDone) => {
                // what went while nobody watched
                let absent = drift.table().absent(watched, &there);
                there.clear();
                for key in absent {
                    let woken = drift.table().gone(&key);
                    wake(drift, woken);
                }
            }
            Ok(watcher::Event::Apply(object)) => seen(drift, watched, object, true),
            Ok(watcher::Event::Delete(object)) => {
                let woken = drift.table().gone(&key(watched, &object));
                wake(drift, woken);
            }
            Err(error) if failures >= FAILURES => return Fault::transient(error.to_string()),
            Err(_) => {}
        }
    }
    Fault::transient("the watch has ended")
}

fn wake(drift: &Drift, woken: Option<(super::AppKey, Duration)>) {
    if let Some((app, pause)) = woken {
        drift.wake_after(app, pause);
    }
}

fn key(watched: &Watched, object: &Told<Value>) -> ResourceKey {
    ResourceKey {
        cluster: watched.cluster.clone(),
        group: model::meta::group_of(&watched.api_version).to_owned(),
        kind: watched.kind.clone(),
        namespace: object.namespace().to_owned(),
        name: object.name().to_owned(),
    }
}

fn seen(drift: &Drift, watched: &Watched, object: Told<Value>, change: bool) {
    let key = key(watched, &object);
    let Ok(mut live) = object.read() else { return };
    if let Some(map) = live.as_object_mut() {
        // The items of a list leave out what the list says. What lacks it would differ from what was applied, and each
        // Application would be looked at when a controller starts.
        map.entry("apiVersion").or_insert_with(|| watched.api_version.as_str().into());
        map.entry("kind").or_insert_with(|| watched.kind.as_str().into());
    }
    let woken = drift.table().seen(&key, &live, change);
    wake(drift, woken);
}
