//! What all runs of a process share: the definitions of the hub, what was compiled of them, and the clusters that are joined.
//!
//! A command reads them anew each time. A controller follows them: as long as every watch is well, what was read is good
//! until something of it changes, and a thousand Applications read and compile a definition once. It never decides from
//! what it does not know to be current: with one watch interrupted, everything is read again.

mod watched;

use crate::error::Error;
use crate::hub::Hub;
use crate::packages::Added;
use crate::prepare::{Definitions, layers_of, of_hub};
use crate::together::Together;
use fleet::{ClusterInfo, Fleet};
use indexmap::IndexMap;
use kube::Client;
use render::Renderer;
use render::builtin::Builtins;
use render::definition::{DefinitionSource, Layers, Loaded};
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;
use watched::{PACKAGE, Seen};
use workflow::step::Templates;

/// So many sets of definitions of revisions are kept.
const PINNED: usize = 64;

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
    /// The hub itself is asked, not what the watches have brought.
    anew: bool,
    namespaces: FxHashMap<String, Known>,
    /// Of revisions, by namespace and the text of the definitions that they hold.
    pinned: FxHashMap<(String, String), Known>,
    clusters: Option<Vec<ClusterInfo>>,
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
        let (seen, tasks) = Seen::follow(client);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        tasks
    }

    /// The state of what is followed; `None`: it is not known to be current.
    fn stamp(&self) -> Option<u64> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.stamp()
    }

    /// What the watches have brought, as long as it is known to be current and nobody has found it wanting.
    fn watched(&self) -> Option<Arc<Seen>> {
        let asked_anew = self.kept(self.stamp())?.anew;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(|_| !asked_anew)
    }

    /// Counts changes of definitions; 0 while nothing is followed.
    pub fn changes(&self) -> u64 {
        self.stamp().unwrap_or_default()
    }

    /// Reads everything again next time, and asks the hub itself: a watch may not have told of the latest yet.
    pub(crate) fn forget(&self) {
        let at = self.changes();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept { at, anew: true, ..Kept::default() };
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
            let (found, added) = match self.watched() {
                Some(seen) => {
                    let found = layers_of(namespace, |kind, namespace| seen.objects(kind, namespace))?;
                    (found, Added::of(namespace, |namespace| seen.objects(PACKAGE, namespace), &given.packages)?)
                }
                None => (of_hub(hub, namespace).await?, Added::load(hub, namespace, &given.packages).await?),
            };
            for found in found {
                layers.push(Box::new(found));
            }
            layers.push(Box::new(Builtins));
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

    /// The clusters of a fleet.
    ///
    /// # Errors
    /// The hub does not answer.
    pub(crate) async fn clusters(&self, fleet: &Fleet) -> Result<Vec<ClusterInfo>, fleet::Error> {
        self.clusters_by(async {
            match self.watched() {
                Some(seen) => Ok(fleet.with_hub(seen.clusters())),
                None => fleet.list().await,
            }
        })
        .await
    }

    async fn clusters_by(
        &self,
        read: impl Future<Output = Result<Vec<ClusterInfo>, fleet::Error>>,
    ) -> Result<Vec<ClusterInfo>, fleet::Error> {
        let find = |kept: &Kept, (): &()| kept.clusters.clone();
        let keep = |kept: &mut Kept, (), new: Vec<ClusterInfo>| kept.clusters.insert(new).clone();
        self.known(&self.reading_clusters, (), find, read, keep).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{Request, Response};
    use kube::client::Body;
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

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
            catalogue.clusters_by(async {
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
