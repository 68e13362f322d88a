//! What should be where, and which of it is suspected to be otherwise.

use super::AppKey;
use delivery::drift;
use model::tracker::ResourceKey;
use model::{ManagedResource, ResourceTracker, TrackerType, labels};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A kind on a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Watched {
    pub(super) cluster: String,
    pub(super) api_version: String,
    pub(super) kind: String,
}

/// The first repair comes at once, the next after this, and each further one after twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between repairs of one object.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// An object that nobody has touched for so long after its last repair is quiet.
const QUIET: Duration = Duration::from_secs(60);

/// One object as it was recorded.
struct Entry {
    app: Arc<AppKey>,
    tracker: Arc<str>,
    api_version: Arc<str>,
    /// Its manifest as text: most of them are never looked at. `None`: its content is not recorded, because something of it is
    /// secret, or because an apply-once policy leaves it alone.
    manifest: Option<Box<str>>,
    /// What its manager owned when it was last found to be right.
    good: Option<u64>,
    suspect: bool,
    strikes: u32,
    struck: Option<Instant>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Table {
    entries: FxHashMap<ResourceKey, Entry>,
    trackers: FxHashMap<Arc<str>, Vec<ResourceKey>>,
    kinds: FxHashMap<Watched, usize>,
    suspects: FxHashMap<Arc<AppKey>, FxHashSet<ResourceKey>>,
    /// Applications whose older versions have not been pruned.
    unpruned: FxHashSet<AppKey>,
    /// The generation of each Application's newest tracker: what only older ones list is pruned, not kept.
    newest: FxHashMap<Arc<AppKey>, i64>,
}

impl Table {
    /// A tracker as it stands now.
    pub(super) fn tracker(&mut self, tracker: ResourceTracker) {
        let label = |key: &str| tracker.metadata.labels.get(key).cloned().unwrap_or_default();
        let app = Arc::new((label(labels::APP_NAMESPACE), label(labels::APP_NAME)));
        let name: Arc<str> = tracker.metadata.name.as_str().into();
        let generation = tracker.spec.application_generation;
        if tracker.spec.kind == TrackerType::Versioned {
            let newest = self.newest.entry(app.clone()).or_insert(generation);
            *newest = generation.max(*newest);
            if *newest > generation {
                self.forget(&name);
                return;
            }
        }
        if tracker.spec.kind == TrackerType::ComponentRevision || tracker.metadata.deletion_timestamp.is_some() {
            self.forget(&name);
            return;
        }
        let before = self.trackers.remove(&name).unwrap_or_default();
        let mut keys = Vec::with_capacity(tracker.spec.managed_resources.len());
        for entry in tracker.spec.managed_resources {
            if entry.deleted {
                // on purpose
                continue;
            }
            let key = entry.key();
            keys.push(key.clone());
            self.put(key, &app, &name, entry);
        }
        let kept: FxHashSet<&ResourceKey> = keys.iter().collect();
        let gone: Vec<ResourceKey> = before.into_iter().filter(|key| !kept.contains(key)).collect();
        self.remove(&gone, &name);
        self.trackers.insert(name, keys);
    }

    fn put(&mut self, key: ResourceKey, app: &Arc<AppKey>, tracker: &Arc<str>, resource: ManagedResource) {
        let manifest = resource.raw.map(|raw| raw.to_string().into_boxed_str());
        let api_version: Arc<str> = resource.api_version.into();
        if let Some(known) = self.entries.get_mut(&key)
            && known.api_version == api_version
        {
            known.tracker = tracker.clone();
            known.app = app.clone();
            known.manifest = manifest;
            return;
        }
        let kind =
            Watched { cluster: key.cluster.clone(), api_version: api_version.to_string(), kind: key.kind.clone() };
        *self.kinds.entry(kind).or_default() += 1;
        let entry = Entry {
            app: app.clone(),
            tracker: tracker.clone(),
            api_version,
            manifest,
            good: None,
            suspect: false,
            strikes: 0,
            struck: None,
        };
        if let Some(old) = self.entries.insert(key.clone(), entry) {
            self.uncount(&key, &old);
        }
    }

    fn uncount(&mut self, key: &ResourceKey, entry: &Entry) {
        let kind = Watched {
            cluster: key.cluster.clone(),
            api_version: entry.api_version.to_string(),
            kind: key.kind.clone(),
        };
        if let Some(count) = self.kinds.get_mut(&kind) {
            *count -= 1;
            if *count == 0 {
                self.kinds.remove(&kind);
            }
        }
    }

    /// Objects that this tracker lists no more; another one may.
    fn remove(&mut self, keys: &[ResourceKey], tracker: &str) {
        for key in keys {
            if self.entries.get(key).is_some_and(|entry| &*entry.tracker == tracker)
                && let Some(entry) = self.entries.remove(key)
            {
                self.uncount(key, &entry);
                if let Some(suspects) = self.suspects.get_mut(&entry.app) {
                    suspects.remove(key);
                }
            }
        }
    }

    /// A tracker is gone.
    pub(super) fn forget(&mut self, tracker: &str) {
        if let Some(keys) = self.trackers.remove(tracker) {
            self.remove(&keys, tracker);
        }
        self.suspects.retain(|_, keys| !keys.is_empty());
    }

    /// These trackers are all there are.
    pub(super) fn only(&mut self, names: &[String]) {
        let gone: Vec<Arc<str>> =
            self.trackers.keys().filter(|name| !names.iter().any(|n| **n == ***name)).cloned().collect();
        for name in gone {
            self.forget(&name);
        }
    }

    /// The kinds that are to be watched.
    pub(super) fn kinds(&self) -> FxHashSet<Watched> {
        self.kinds.keys().cloned().collect()
    }

    /// An object was seen (`change`: because it has changed); answers its Application, and after which pause it is to be
    /// woken.
    pub(super) fn seen(&mut self, key: &ResourceKey, live: &Value, change: bool) -> Option<(AppKey, Duration)> {
        let entry = self.entries.get_mut(key)?;
        let manager = labels::field_manager(&entry.app.0, &entry.app.1);
        let owned = drift::owned(live, &manager);
        if owned.is_some() && entry.good == owned {
            return None;
        }
        let manifest = entry.manifest.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let fine = match &manifest {
            Some(manifest) => drift::difference(manifest, live).is_none(),
            // What it should hold is not known here. What is seen first of it is what a run applies; when it was there
            // before, nobody has watched, and it is looked at, unless it tells itself that nobody has touched it.
            None => {
                let is_first = entry.good.is_none() && owned.is_some() && change && !entry.suspect;
                is_first || drift::is_as_noted(live, &manager)
            }
        };
        if fine {
            entry.good = owned;
            entry.suspect = false;
            let app = entry.app.clone();
            if let Some(suspects) = self.suspects.get_mut(&app) {
                suspects.remove(key);
            }
            return None;
        }
        self.suspect(key)
    }

    /// An object is not there.
    pub(super) fn gone(&mut self, key: &ResourceKey) -> Option<(AppKey, Duration)> {
        self.suspect(key)
    }

    /// Those of a kind that are not among the objects that there are.
    pub(super) fn absent(&self, watched: &Watched, there: &FxHashSet<(String, String)>) -> Vec<ResourceKey> {
        let of_kind = |key: &&ResourceKey, entry: &Entry| {
            key.cluster == watched.cluster && key.kind == watched.kind && *entry.api_version == *watched.api_version
        };
        let all = self.entries.iter().filter(|(key, entry)| of_kind(key, entry)).map(|(key, _)| key);
        all.filter(|key| !there.contains(&(key.namespace.clone(), key.name.clone()))).cloned().collect()
    }

    fn suspect(&mut self, key: &ResourceKey) -> Option<(AppKey, Duration)> {
        let entry = self.entries.get_mut(key)?;
        entry.good = None;
        self.suspects.entry(entry.app.clone()).or_default().insert(key.clone());
        if std::mem::replace(&mut entry.suspect, true) {
            return None;
        }
        if entry.struck.is_none_or(|struck| struck.elapsed() > QUIET + pause(entry.strikes)) {
            entry.strikes = 0;
        }
        let pause = pause(entry.strikes);
        entry.strikes += 1;
        entry.struck = Some(Instant::now());
        Some(((*entry.app).clone(), pause))
    }

    /// Suspects an object of this Application.
    #[cfg(test)]
    pub(super) fn suspecting(&mut self, app: AppKey) {
        let key = ResourceKey {
            cluster: String::new(),
            group: String::new(),
            kind: "ConfigMap".into(),
            namespace: app.0.clone(),
            name: app.1.clone(),
        };
        self.suspects.entry(Arc::new(app)).or_default().insert(key);
    }

    pub(super) fn has_suspects(&self, app: &AppKey) -> bool {
        self.unpruned.contains(app) || self.suspects.get(app).is_some_and(|keys| !keys.is_empty())
    }

    pub(super) fn unpruned(&mut self, app: AppKey) {
        self.unpruned.insert(app);
    }

    pub(super) fn take_unpruned(&mut self, app: &AppKey) -> bool {
        self.unpruned.remove(app)
    }

    pub(super) fn take(&mut self, app: &AppKey) -> Vec<ResourceKey> {
        let mut keys: Vec<ResourceKey> = self.suspects.remove(app).into_iter().flatten().collect();
        keys.sort();
        for key in &keys {
            if let Some(entry) = self.entries.get_mut(key) {
                entry.suspect = false;
            }
        }
        keys
    }

    pub(super) fn put_back(&mut self, keys: &[ResourceKey]) {
        for key in keys {
            if let Some(entry) = self.entries.get_mut(key) {
                entry.suspect = true;
                self.suspects.entry(entry.app.clone()).or_default().insert(key.clone());
            }
        }
    }

    pub(super) fn is_good(&mut self, key: &ResourceKey, owned: Option<u64>) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.good = owned;
        }
    }
}

fn pause(strikes: u32) -> Duration {
    match strikes {
        0 => Duration::ZERO,
        n => (FIRST_PAUSE * 2u32.saturating_pow((n - 1).min(12))).min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tracker(name: &str, generation: i64, objects: &[(&str, u64)]) -> ResourceTracker {
        let resources: Vec<Value> = objects
            .iter()
            .map(|(name, replicas)| {
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "d", "name": name,
                    "raw": {"spec": {"replicas": replicas}}})
            })
            .collect();
        serde_json::from_value(json!({
            "metadata": {"name": name, "labels": {labels::APP_NAME: "shop", labels::APP_NAMESPACE: "d"}},
            "spec": {"type": "versioned", "applicationGeneration": generation, "managedResources": resources}}))
        .unwrap()
    }

    fn live(replicas: u64, fields: &str) -> Value {
        json!({"metadata": {"managedFields": [
            {"manager": "lateen/d/shop", "operation": "Apply", "fieldsV1": {fields: {}}}]},
            "spec": {"replicas": replicas}})
    }

    fn key(name: &str) -> ResourceKey {
        ResourceKey {
            cluster: String::new(),
            group: "apps".into(),
            kind: "Deployment".into(),
            namespace: "d".into(),
            name: name.into(),
        }
    }

    fn app() -> AppKey {
        ("d".into(), "shop".into())
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_wakes_once_and_those_who_change_it_again_are_slowed_down() {
        let mut table = Table::default();
        table.tracker(tracker("shop-v1-d", 1, &[("web", 2)]));
        assert_eq!(table.kinds().len(), 1);
        assert_eq!(table.seen(&key("web"), &live(2, "f:spec"), true), None, "as it was applied");
        assert_eq!(table.seen(&key("web"), &live(2, "f:spec"), true), None, "the cheap look");
        assert_eq!(table.seen(&key("web"), &live(9, "f:other"), true), Some((app(), Duration::ZERO)));
        assert_eq!(table.seen(&key("web"), &live(9, "f:other"), true), None, "it is known");
        assert!(table.has_suspects(&app()));
        assert_eq!(table.take(&app()), [key("web")]);
        assert!(!table.has_suspects(&app()));
        assert_eq!(table.seen(&key("web"), &live(8, "f:other"), true), Some((app(), FIRST_PAUSE)));
        table.take(&app());
        assert_eq!(table.gone(&key("web")), Some((app(), FIRST_PAUSE * 2)));
        table.take(&app());
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(table.gone(&key("web")), Some((app(), Duration::ZERO)), "it was quiet for long enough");
        assert_eq!(table.gone(&key("other")), None);
    }

    #[test]
    fn what_is_right_again_is_no_suspect() {
        let mut table = Table::default();
        table.tracker(tracker("shop-v1-d", 1, &[("web", 2)]));
        table.seen(&key("web"), &live(3, "f:other"), true);
        table.seen(&key("web"), &live(2, "f:spec"), true);
        assert!(!table.has_suspects(&app()));
    }

    #[test]
    fn only_the_newest_version_is_kept_and_kinds_that_nobody_names_are_not_watched() {
        let mut table = Table::default();
        table.tracker(tracker("shop-v1-d", 1, &[("web", 2), ("old", 1)]));
        table.tracker(tracker("shop-v2-d", 2, &[("web", 3)]));
        table.tracker(tracker("shop-v1-d", 1, &[("web", 2), ("old", 1)]));
        assert_eq!(table.gone(&key("old")), None, "an older version's: it is pruned");
        assert!(table.seen(&key("web"), &live(2, "f:spec"), true).is_some(), "held to version 2");
        let there = std::iter::once(("d".to_owned(), "x".to_owned())).collect();
        let watched = table.kinds().into_iter().next().unwrap();
        assert_eq!(table.absent(&watched, &there), [key("web")]);
        table.only(&["another".to_owned()]);
        assert!(table.kinds().is_empty() && !table.has_suspects(&app()));
    }
}
