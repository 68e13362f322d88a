//! What all runs of a process share: the definitions of the hub, what was compiled of them, and the clusters that are joined.
//!
//! A command reads them anew each time. A controller follows them: as long as every watch is well, what was read is good
//! until something of it changes, and a thousand Applications read and compile a definition once. It never decides from
//! what it does not know to be current: with one watch interrupted, everything is read again.

use crate::error::Error;
use crate::hub::Hub;
use crate::packages::Added;
use crate::prepare::{Definitions, of_hub};
use crate::together::Together;
use fleet::ClusterInfo;
use futures::StreamExt;
use indexmap::IndexMap;
use kube::api::{ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use render::Renderer;
use render::builtin::Builtins;
use render::definition::{DefinitionSource, Layers, Loaded};
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use workflow::step::Templates;

/// Kinds of the hub that say what a type of a component, a trait or a step means.
const FOLLOWED: [(&str, &str, &str); 5] = [
    ("core.oam.dev", "v1beta1", "ComponentDefinition"),
    ("core.oam.dev", "v1beta1", "TraitDefinition"),
    ("core.oam.dev", "v1beta1", "PolicyDefinition"),
    ("core.oam.dev", "v1beta1", "WorkflowStepDefinition"),
    ("cue.oam.dev", "v1alpha1", "Package"),
];

/// So many sets of definitions of revisions are kept.
const PINNED: usize = 64;

/// Before a watch that was interrupted is begun anew; each further time twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause before that.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is known of a namespace's definitions.
#[derive(Debug, Clone)]
pub struct Known {
    /// Finds, compiles and renders.
    pub renderer: Arc<Renderer>,
    /// Packages of actions that were added.
    pub added: Added,
    templates: Arc<Mutex<FxHashMap<Vec<String>, Arc<Templates>>>>,
}

impl Known {
    pub(crate) fn new(renderer: Renderer, added: Added) -> Known {
        let renderer = Arc::new(renderer.with_packages(added.packages.clone()));
        Known { renderer, added, templates: Arc::default() }
    }

    /// The compiled templates of these step types.
    ///
    /// # Errors
    /// Those that do not compile.
    pub(crate) fn templates(
        &self,
        types: &IndexMap<String, Arc<Loaded>>,
    ) -> Result<Arc<Templates>, Vec<cue_syntax::Diagnostic>> {
        let key: Vec<String> = types.keys().cloned().collect();
        if let Some(known) = self.templates.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let made = Arc::new(Templates::of(&*self.added.packages, types)?.with_external(self.added.names()));
        self.templates.lock().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
        Ok(made)
    }
}

/// What was read, and what had changed until then.
#[derive(Debug, Default)]
struct Kept {
    at: u64,
    namespaces: FxHashMap<String, Known>,
    /// Of revisions, by namespace and the text of the definitions that they hold.
    pinned: FxHashMap<(String, String), Known>,
    clusters: Option<Vec<ClusterInfo>>,
}

/// How the watches stand.
#[derive(Debug, Default)]
struct Seen {
    changes: AtomicU64,
    well: Vec<AtomicBool>,
}

/// The definitions and clusters of a hub.
#[derive(Debug, Default)]
pub struct Catalogue {
    seen: Mutex<Option<Arc<Seen>>>,
    kept: Mutex<Kept>,
    /// What is being read of a namespace, of a revision, and of the clusters: runs begin many at a time.
    reading: Together<String, Result<Known, Error>>,
    reading_pinned: Together<(String, String), Result<Known, Error>>,
    reading_clusters: Together<(), Result<Vec<ClusterInfo>, fleet::Error>>,
}

impl Catalogue {
    /// Follows what changes, for as long as the answer is kept.
    pub fn follow(&self, client: &Client) -> JoinSet<()> {
        let kinds = FOLLOWED.map(|(group, version, kind)| (GroupVersionKind::gvk(group, version, kind), None));
        // clusters are Secrets of two labels
        let secrets = [model::cluster::CREDENTIAL_TYPE_LABEL, model::cluster::EMBEDDED_LABEL]
            .map(|label| (GroupVersionKind::gvk("", "v1", "Secret"), Some(label)));
        let all: Vec<_> = kinds.into_iter().chain(secrets).collect();
        let well = all.iter().map(|_| AtomicBool::new(false)).collect();
        let seen = Arc::new(Seen { changes: AtomicU64::new(1), well });
        let mut tasks = JoinSet::new();
        for (index, (kind, label)) in all.into_iter().enumerate() {
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
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        tasks
    }

    /// The state of what is followed; `None`: it is not known to be current.
    fn stamp(&self) -> Option<u64> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let changes = seen.changes.load(Ordering::Acquire);
        seen.well.iter().all(|well| well.load(Ordering::Acquire)).then_some(changes)
    }

    /// Counts changes of definitions; 0 while nothing is followed.
    pub fn changes(&self) -> u64 {
        self.stamp().unwrap_or_default()
    }

    /// Reads everything again next time.
    pub(crate) fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// What was kept, if it is what stands on the hub at `stamp`.
    fn kept(&self, stamp: Option<u64>) -> Option<std::sync::MutexGuard<'_, Kept>> {
        let stamp = stamp?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.at != stamp {
            *kept = Kept { at: stamp, ..Kept::default() };
        }
        Some(kept)
    }

    /// What is kept, found by `find`; else what `read` gives, once for all who ask meanwhile, and kept by `keep` if nothing has
    /// changed since it began.
    async fn known<K: Clone + Eq + Hash, T: Clone, E: Clone>(
        &self,
        reading: &Together<K, Result<T, E>>,
        key: K,
        find: impl Fn(&Kept, &K) -> Option<T>,
        read: impl Future<Output = Result<T, E>>,
        keep: impl FnOnce(&mut Kept, K, T) -> T,
    ) -> Result<T, E> {
        let find = |stamp| self.kept(stamp).and_then(|kept| find(&kept, &key));
        if let Some(known) = find(self.stamp()) {
            return Ok(known);
        }
        let once = async {
            let stamp = self.stamp();
            // another one may have read it while this one waited for its turn
            if let Some(known) = find(stamp) {
                return Ok(known);
            }
            let new = read.await?;
            match self.kept(stamp) {
                Some(mut kept) if self.stamp() == stamp => Ok(keep(&mut kept, key.clone(), new)),
                _ => Ok(new),
            }
        };
        reading.read(key.clone(), once).await
    }

    /// Everything that knows definitions for a namespace: those given, those of the hub, those built in.
    ///
    /// # Errors
    /// The hub does not answer, or holds a definition that cannot be read.
    pub(crate) async fn of(&self, hub: &Hub, namespace: &str, given: &Definitions) -> Result<Known, Error> {
        let read = async {
            let mut layers: Vec<Box<dyn DefinitionSource>> = vec![Box::new(given.files.clone())];
            for found in of_hub(hub, namespace).await? {
                layers.push(Box::new(found));
            }
            layers.push(Box::new(Builtins));
            let added = Added::load(hub, namespace, &given.packages).await?;
            Ok(Known::new(Renderer::new(Layers(layers)), added))
        };
        let find = |kept: &Kept, namespace: &String| kept.namespaces.get(namespace).cloned();
        // another task may have been faster: what it has compiled already is worth more
        let keep = |kept: &mut Kept, namespace, new| kept.namespaces.entry(namespace).or_insert(new).clone();
        self.known(&self.reading, namespace.to_owned(), find, read, keep).await
    }

    /// What `read` makes of the definitions of a revision, whose text is `definitions`: many runs go on with the same ones.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) async fn pinned(
        &self,
        namespace: &str,
        definitions: String,
        read: impl Future<Output = Result<Known, Error>>,
    ) -> Result<Known, Error> {
        let find = |kept: &Kept, key: &(String, String)| kept.pinned.get(key).cloned();
        let keep = |kept: &mut Kept, key, new| {
            if kept.pinned.len() >= PINNED {
                kept.pinned.clear();
            }
            kept.pinned.entry(key).or_insert(new).clone()
        };
        self.known(&self.reading_pinned, (namespace.to_owned(), definitions), find, read, keep).await
    }

    /// The clusters, as `read` reads them.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) async fn clusters(
        &self,
        read: impl Future<Output = Result<Vec<ClusterInfo>, fleet::Error>>,
    ) -> Result<Vec<ClusterInfo>, fleet::Error> {
        let find = |kept: &Kept, (): &()| kept.clusters.clone();
        let keep = |kept: &mut Kept, (), new: Vec<ClusterInfo>| kept.clusters.insert(new).clone();
        self.known(&self.reading_clusters, (), find, read, keep).await
    }
}

/// Watches for as long as anybody listens. A watch that was interrupted is begun anew with a list: one that goes on where it
/// stood says nothing until something changes, so that nobody would know that it goes on.
async fn watch(api: Api<DynamicObject>, config: watcher::Config, seen: Arc<Seen>, index: usize) {
    let mut pause = PAUSE;
    loop {
        let began = Instant::now();
        until_interrupted(api.clone(), config.clone(), &seen, index).await;
        if let Some(well) = seen.well.get(index) {
            well.store(false, Ordering::Release);
        }
        if began.elapsed() > LONGEST_PAUSE * 2 {
            pause = PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn until_interrupted(api: Api<DynamicObject>, config: watcher::Config, seen: &Seen, index: usize) {
    let mut events = watcher(api, config).default_backoff().boxed();
    let well = |is: bool| {
        if let Some(well) = seen.well.get(index) {
            well.store(is, Ordering::Release);
        }
    };
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Init) => {}
            Ok(watcher::Event::InitDone) => {
                seen.changes.fetch_add(1, Ordering::AcqRel);
                well(true);
            }
            Ok(_) => {
                seen.changes.fetch_add(1, Ordering::AcqRel);
            }
            // a kind that is not served has no objects
            Err(watcher::Error::InitialListFailed(kube::Error::Api(status))) if status.code == 404 => well(true),
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

#[cfg(test)]
mod tests {
    use super::*;
    use http::{Request, Response};
    use kube::client::Body;
    use std::convert::Infallible;
    use std::sync::atomic::AtomicUsize;

    /// A hub without any objects whose first watches, so many, are refused; the others say nothing.
    fn stumbling(refused: usize) -> Client {
        let watches = Arc::new(AtomicUsize::new(0));
        let service = tower::service_fn(move |request: Request<Body>| {
            let watches = watches.clone();
            async move {
                let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
                let answer = |status: u16, text: &str| {
                    Ok::<_, Infallible>(
                        Response::builder().status(status).body(Body::from(text.as_bytes().to_vec())).unwrap(),
                    )
                };
                if !is_watch {
                    return answer(
                        200,
                        r#"{"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "7"}, "items": []}"#,
                    );
                }
                if watches.fetch_add(1, Ordering::Relaxed) < refused {
                    let busy = r#"{"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                        "message": "storage is (re)initializing", "reason": "TooManyRequests", "code": 429}"#;
                    return answer(429, busy);
                }
                std::future::pending().await
            }
        });
        Client::new(service, "default")
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_that_was_refused_is_current_again_although_nothing_changes() {
        let catalogue = Catalogue::default();
        let _following = catalogue.follow(&stumbling(5));
        assert_eq!(catalogue.stamp(), None, "nothing was listed yet");
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(catalogue.stamp(), None, "five of the watches are interrupted");
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(catalogue.stamp().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn runs_that_begin_together_read_the_clusters_together() {
        let (catalogue, reads) = (Catalogue::default(), AtomicUsize::new(0));
        let read = || {
            catalogue.clusters(async {
                reads.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok(Vec::new())
            })
        };
        futures::future::join_all((0..100).map(|_| read())).await;
        // all of them have asked in the same moment, before the first reading began
        assert_eq!(reads.swap(0, Ordering::Relaxed), 1);
        read().await.unwrap();
        assert_eq!(reads.load(Ordering::Relaxed), 1, "without watches nobody knows whether it is still so");
    }
}
