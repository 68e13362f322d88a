//! What watches bring of the hub's definitions, packages and clusters: a run that begins need not ask for what is told anyway.

use crate::told::Told;
use fleet::ClusterInfo;
use futures::StreamExt;
use kube::api::ApiResource;
use kube::core::GroupVersionKind;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The kind of packages.
pub(super) const PACKAGE: &str = "Package";

/// Kinds of the hub that say what a type of a component, a trait or a step means.
const FOLLOWED: [(&str, &str, &str); 5] = [
    ("core.oam.dev", "v1beta1", "ComponentDefinition"),
    ("core.oam.dev", "v1beta1", "TraitDefinition"),
    ("core.oam.dev", "v1beta1", "PolicyDefinition"),
    ("core.oam.dev", "v1beta1", "WorkflowStepDefinition"),
    ("cue.oam.dev", "v1alpha1", PACKAGE),
];
/// Clusters are Secrets of two labels.
const CLUSTERS: [&str; 2] = [model::cluster::CREDENTIAL_TYPE_LABEL, model::cluster::EMBEDDED_LABEL];

/// Before a watch that was interrupted is begun anew; each further time twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause before that.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is kept of an object.
#[derive(Debug, Clone)]
enum Held {
    /// All of it, without the note of who has set which field.
    Object(Arc<Value>),
    /// Of a Secret no more than which cluster it stands for.
    Cluster(ClusterInfo),
}

/// By namespace and name.
type Objects = BTreeMap<(String, String), Held>;

/// One watch.
#[derive(Debug)]
struct Watched {
    kind: &'static str,
    is_well: AtomicBool,
    objects: Mutex<Objects>,
}

/// How the watches stand, and what they have brought.
#[derive(Debug)]
pub(super) struct Seen {
    changes: AtomicU64,
    watched: Vec<Watched>,
}

impl Seen {
    /// Begins to watch, for as long as the tasks are kept.
    pub(super) fn follow(client: &Client) -> (Arc<Seen>, JoinSet<()>) {
        let kinds = FOLLOWED.map(|(group, version, kind)| (GroupVersionKind::gvk(group, version, kind), kind, None));
        let secrets = CLUSTERS.map(|label| (GroupVersionKind::gvk("", "v1", "Secret"), "Secret", Some(label)));
        let all: Vec<_> = kinds.into_iter().chain(secrets).collect();
        let watched =
            all.iter().map(|(_, kind, _)| Watched { kind, is_well: AtomicBool::new(false), objects: Mutex::default() });
        let seen = Arc::new(Seen { changes: AtomicU64::new(1), watched: watched.collect() });
        let mut tasks = JoinSet::new();
        for (index, (kind, _, label)) in all.into_iter().enumerate() {
            let kind = ApiResource::from_gvk(&kind);
            let (api, config) = match label {
                Some(label) => (
                    Api::namespaced_with(client.clone(), model::SYSTEM_NAMESPACE, &kind),
                    watcher::Config::default().labels(label),
                ),
                None => (Api::all_with(client.clone(), &kind), watcher::Config::default()),
            };
            tasks.spawn(watch(api, config, seen.clone(), index));
        }
        (seen, tasks)
    }

    /// The state of what is followed; `None`: it is not known to be current.
    pub(super) fn stamp(&self) -> Option<u64> {
        let changes = self.changes.load(Ordering::Acquire);
        self.watched.iter().all(|watched| watched.is_well.load(Ordering::Acquire)).then_some(changes)
    }

    /// The objects of a kind in a namespace, by name.
    pub(super) fn objects(&self, kind: &str, namespace: &str) -> Vec<Arc<Value>> {
        let all = self.watched.iter().filter(|watched| watched.kind == kind);
        let mut found = Vec::new();
        for watched in all {
            let objects = watched.objects();
            let inside = objects.iter().filter(|((of, _), _)| of == namespace);
            found.extend(inside.filter_map(|(_, held)| match held {
                Held::Object(object) => Some(object.clone()),
                Held::Cluster(_) => None,
            }));
        }
        found
    }

    /// The clusters that are joined.
    pub(super) fn clusters(&self) -> Vec<ClusterInfo> {
        let mut found = Vec::new();
        for watched in &self.watched {
            found.extend(watched.objects().values().filter_map(|held| match held {
                Held::Cluster(cluster) => Some(cluster.clone()),
                Held::Object(_) => None,
            }));
        }
        found
    }

    /// What was kept is no longer what it was. Whoever has read it before finds another stamp now.
    fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }
}

impl Watched {
    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, objects: &mut Objects, object: Told<Value>) {
        let key = (object.namespace().to_owned(), object.name().to_owned());
        let Ok(mut value) = object.read() else { return };
        let held = match self.kind {
            "Secret" => Held::Cluster(ClusterInfo::of(value)),
            kind => {
                if let Some(map) = value.as_object_mut() {
                    // the items of a list may leave out what the list says
                    map.entry("kind").or_insert_with(|| kind.into());
                    if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
                        metadata.remove("managedFields");
                    }
                }
                Held::Object(Arc::new(value))
            }
        };
        objects.insert(key, held);
    }
}

/// Watches for as long as anybody listens. A watch that was interrupted is begun anew with a list: one that goes on where it
/// stood says nothing until something changes, so that nobody would know that it goes on.
async fn watch(api: Api<Told<Value>>, config: watcher::Config, seen: Arc<Seen>, index: usize) {
    let Some(watched) = seen.watched.get(index) else { return };
    let mut pause = PAUSE;
    loop {
        let began = Instant::now();
        until_interrupted(api.clone(), config.clone(), &seen, watched).await;
        watched.is_well.store(false, Ordering::Release);
        if began.elapsed() > LONGEST_PAUSE * 2 {
            pause = PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn until_interrupted(api: Api<Told<Value>>, config: watcher::Config, seen: &Seen, watched: &Watched) {
    let mut events = watcher(api, config).default_backoff().boxed();
    let well = |is: bool| watched.is_well.store(is, Ordering::Release);
    let mut listed = Objects::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Init) => listed.clear(),
            Ok(watcher::Event::InitApply(object)) => watched.put(&mut listed, object),
            Ok(watcher::Event::InitDone) => {
                *watched.objects() = std::mem::take(&mut listed);
                seen.changed();
                well(true);
            }
            Ok(watcher::Event::Apply(object)) => {
                watched.put(&mut watched.objects(), object);
                seen.changed();
            }
            Ok(watcher::Event::Delete(object)) => {
                watched.objects().remove(&(object.namespace().to_owned(), object.name().to_owned()));
                seen.changed();
            }
            // a kind that is not served has no objects
            Err(watcher::Error::InitialListFailed(kube::Error::Api(status))) if status.code == 404 => {
                if !std::mem::take(&mut *watched.objects()).is_empty() {
                    seen.changed();
                }
                well(true);
            }
            Err(error) => {
                well(false);
                tracing::debug!(%error, "a watch of definitions is interrupted");
                if !matches!(error, watcher::Error::InitialListFailed(_)) {
                    return;
                }
            }
        }
    }
}
