//! Drift noticed by watch: one watch a kind and cluster over everything that Applications of this hub have delivered.
//!
//! The trackers say what there should be; they are watched too. A change of an object that is not as it was applied wakes its
//! Application, once; what is then done about it is decided under its lease ([`super::Keeper::keep`]). Two who change the
//! same object in turns are slowed down: each further repair waits longer.

mod table;
mod watching;

use crate::clusters::FleetClusters;
use crate::hub::Hub;
use crate::told::{self, Told};
use futures::StreamExt;
use kube::api::ApiResource;
use kube::core::GroupVersionKind;
use kube::runtime::{WatchStreamExt, watcher};
use model::tracker::ResourceKey;
use model::{ResourceTracker, TrackerType, labels};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use table::{Table, Watched};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

/// An Application: namespace and name.
pub type AppKey = (String, String);

/// What is known of everything that was delivered.
pub struct Drift {
    table: Mutex<Table>,
    wake: mpsc::UnboundedSender<AppKey>,
}

impl std::fmt::Debug for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drift").finish_non_exhaustive()
    }
}

/// Watches end with this.
#[derive(Debug)]
pub struct Watches(tokio::task::JoinHandle<()>);

impl Drop for Watches {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Drift {
    /// Begins to watch. Applications one of whose objects is no longer as it was applied are sent to `wake`.
    pub fn start(hub: Hub, clusters: Arc<FleetClusters>, wake: mpsc::UnboundedSender<AppKey>) -> (Arc<Drift>, Watches) {
        let drift = Arc::new(Drift { table: Mutex::default(), wake });
        let watches = tokio::spawn(follow(drift.clone(), hub, clusters));
        (drift, Watches(watches))
    }

    /// One that suspects an object of this Application.
    #[cfg(test)]
    pub(crate) fn suspecting(namespace: &str, name: &str) -> Arc<Drift> {
        let mut table = Table::default();
        table.suspecting((namespace.to_owned(), name.to_owned()));
        Arc::new(Drift { table: Mutex::new(table), wake: mpsc::unbounded_channel().0 })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether objects of an Application are to be looked at, or pruned.
    pub fn has_suspects(&self, app: &AppKey) -> bool {
        self.table().has_suspects(app)
    }

    /// The objects of an Application that are to be looked at; they are taken off the list.
    pub fn take(&self, app: &AppKey) -> Vec<ResourceKey> {
        self.table().take(app)
    }

    /// They could not be looked at: whoever comes next has to.
    pub fn put_back(&self, keys: &[ResourceKey]) {
        self.table().put_back(keys);
    }

    /// Whether an Application's newest version is to be pruned after; it is taken off the list.
    pub fn take_unpruned(&self, app: &AppKey) -> bool {
        self.table().take_unpruned(app)
    }

    /// It could not be pruned after: whoever comes next has to.
    pub fn put_back_unpruned(&self, app: &AppKey) {
        self.table().unpruned(app.clone());
    }

    /// An object is as it should be, and its manager owns this of it.
    pub fn is_good(&self, key: &ResourceKey, owned: Option<u64>) {
        self.table().is_good(key, owned);
    }

    /// How many watches there are.
    pub fn watches(&self) -> usize {
        self.table().kinds().len()
    }

    /// Wakes an Application after a while; at once when it has been quiet.
    fn wake_after(&self, app: AppKey, pause: Duration) {
        if pause.is_zero() {
            // a controller that has stopped hears nothing any more
            let _ = self.wake.send(app);
            return;
        }
        let wake = self.wake.clone();
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            let _ = wake.send(app);
        });
    }
}

/// Follows the trackers, and keeps a watch for each kind that they name.
async fn follow(drift: Arc<Drift>, hub: Hub, clusters: Arc<FleetClusters>) {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("core.oam.dev", "v1beta1", "ResourceTracker"));
    let api = told::all::<ResourceTracker>(hub.objects().client(), &kind);
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    let mut watches: JoinSet<()> = JoinSet::new();
    let mut running: FxHashMap<Watched, AbortHandle> = FxHashMap::default();
    let (mut listed, mut versions): (Vec<String>, Vec<(AppKey, i64)>) = Default::default();
    while let Some(event) = events.next().await {
        let mut initial = false;
        match event {
            Ok(watcher::Event::Init) => {
                (listed, versions) = Default::default();
                initial = true;
            }
            Ok(watcher::Event::InitApply(object)) => {
                initial = true;
                listed.push(object.name().to_owned());
                versions.extend(tracker(&drift, object));
            }
            Ok(watcher::Event::InitDone) => {
                drift.table().only(&std::mem::take(&mut listed));
                for app in behind(std::mem::take(&mut versions)) {
                    drift.table().unpruned(app.clone());
                    drift.wake_after(app, Duration::ZERO);
                }
            }
            Ok(watcher::Event::Apply(object)) => drop(tracker(&drift, object)),
            Ok(watcher::Event::Delete(object)) => {
                drift.table().forget(object.name());
            }
            Err(error) => tracing::debug!(%error, "the watch of trackers is interrupted"),
        }
        if initial {
            // what all of them name is watched once they are known
            continue;
        }
        let wanted = drift.table().kinds();
        running.retain(|kind, handle| {
            let stays = wanted.contains(kind);
            if !stays {
                handle.abort();
            }
            stays
        });
        for kind in wanted {
            running.entry(kind).or_insert_with_key(|kind| {
                watches.spawn(watching::watch(drift.clone(), clusters.clone(), kind.clone()))
            });
        }
        while watches.try_join_next().is_some() {}
    }
}

/// The Applications of which there are trackers of more than one version, by these: whoever was to prune after the newest has
/// not come to it, or could not.
fn behind(versions: Vec<(AppKey, i64)>) -> Vec<AppKey> {
    let mut seen: FxHashMap<AppKey, (i64, bool)> = FxHashMap::default();
    for (app, generation) in versions {
        let (first, differ) = seen.entry(app).or_insert((generation, false));
        *differ |= *first != generation;
    }
    seen.into_iter().filter(|(_, (_, differ))| *differ).map(|(app, _)| app).collect()
}

/// Takes in a tracker; of a version the Application and its generation.
fn tracker(drift: &Drift, object: Told<ResourceTracker>) -> Option<(AppKey, i64)> {
    let name = object.name().to_owned();
    let read = object.read().and_then(|mut tracker| {
        crate::hub::pack::unpack(&mut tracker)?;
        Ok(tracker)
    });
    match read {
        Ok(tracker) => {
            let label = |key: &str| tracker.metadata.labels.get(key).cloned().unwrap_or_default();
            let version =
                ((label(labels::APP_NAMESPACE), label(labels::APP_NAME)), tracker.spec.application_generation);
            let is_going = tracker.metadata.deletion_timestamp.is_some();
            let is_version = tracker.spec.kind == TrackerType::Versioned && !is_going;
            drift.table().tracker(tracker);
            is_version.then_some(version)
        }
        Err(fault) => {
            tracing::warn!(name, %fault, "a tracker cannot be read: what it lists is not watched");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_with_trackers_of_two_versions_is_behind() {
        let of = |name: &str, generation: i64| (("d".to_owned(), name.to_owned()), generation);
        assert_eq!(behind(vec![of("a", 1), of("b", 1), of("b", 2), of("c", 7), of("c", 7)]), [of("b", 0).0]);
    }
}
