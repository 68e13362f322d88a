//! The controller of a hub: what `up` does for one Application in the foreground, for all of them, for as long as it lives.
//!
//! One watch tells which Applications there are. Each one that needs something gets a task that takes its lease and runs it,
//! so many at a time; what is settled costs nothing until it changes. It must never decide what a run does.

mod again;
mod initializer;
mod keep;
mod metrics;
mod need;
mod one;
mod parts;
mod probe;

pub use metrics::Metrics;
pub use probe::answer;

use crate::deliver::drift::Drift;
use crate::run::{Runner, Serving};
use crate::told::{self, Told};
use actions::Fault;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use kube::api::ApiResource;
use kube::core::GroupVersionKind;
use kube::runtime::{WatchStreamExt, watcher};
use model::{Application, WORKFLOW_RUN, WorkflowRun, labels};
use need::{Need, fingerprint, need};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// The longest pause before an Application that could not be run is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long running Applications have to let go when the process is asked to stop.
const LAST_MOMENTS: Duration = Duration::from_secs(8);

/// How long the watch may lag behind what was written, before it is asked.
const LAG: Duration = Duration::from_millis(500);
/// How many Applications at rest are looked at at a time: after a start it may be all of them, and each is two lists that a server
/// makes of everything. With 32 at a time on a hub of 1,000 Applications it answered so late that leases were lost over it.
const LOOKED_AT: usize = 8;
/// How often a run that somebody else executes is looked at: who is killed does not say so.
const LOOK: Duration = Duration::from_millis(1_500);

/// An Application.
type Key = (String, String);
type News = watch::Sender<Option<Arc<Application>>>;

/// What is known of an Application.
#[derive(Debug, Default)]
struct Known {
    /// A task has it, and hears of its changes.
    busy: Option<News>,
    /// It was seen to need something after a task had it, and it may be that the watch has not told of what the task wrote.
    doubt: bool,
    /// It is looked at then, whatever the watch says.
    due: bool,
    /// Somebody else executes it.
    elsewhere: bool,
    /// How it looked when nothing more was to be done.
    rested: Option<u64>,
    /// It could not be run as it is; a definition may mend that.
    wrong: bool,
    /// The Workflow and the Policies that it names.
    names: Box<[String]>,
    /// One of these has changed: it is to be seen whether that makes a new revision.
    renewed: bool,
    /// It follows changes of the definitions that it uses.
    follows: bool,
    /// When its finished workflow is to be run again.
    again: Option<Timestamp>,
    failures: u32,
}

/// How a task ended.
enum Did {
    /// It looked like this, and nothing more was to be done.
    Rested(u64),
    /// It looked like this, and is wrong.
    Wrong(u64),
    /// Somebody else executes it.
    Elsewhere,
    /// It is gone.
    Gone,
    /// Again after a pause.
    Failed,
}

/// A controller.
#[derive(Debug)]
pub struct Daemon {
    /// Runs one Application.
    pub runner: Arc<Runner>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// How many Applications are made ready at a time; any number of them may be under way.
    pub parallel: usize,
    /// Becomes `true` when the process is to stop.
    pub stop: watch::Receiver<bool>,
}

/// What the loop of a controller has at hand.
struct Loop {
    known: FxHashMap<Key, Known>,
    busy: usize,
    done: mpsc::UnboundedSender<(Key, Did)>,
    again: mpsc::UnboundedSender<Key>,
    gate: Arc<Semaphore>,
    /// Who looks at what was changed.
    looks: Arc<Semaphore>,
    /// Hears of processes that have died.
    gone: mpsc::UnboundedSender<String>,
    initializers: Arc<Notify>,
    /// What somebody else has changed; WorkflowRuns keep nothing.
    drift: Option<Arc<Drift>>,
    /// The Workflows and Policies that were told of, by namespace.
    parts: FxHashMap<String, FxHashSet<String>>,
    /// The definitions as they were when the wrong ones were last looked at.
    definitions: u64,
}

impl Daemon {
    /// Serves the hub until it is told to stop.
    ///
    /// # Errors
    /// The watch cannot be set up.
    pub async fn serve(mut self) -> Result<(), Fault> {
        let client = self.runner.hub.objects().client().clone();
        let is_of_runs = self.runner.hub.is_of_workflow_runs();
        let (version, kind) = if is_of_runs { ("v1alpha1", WORKFLOW_RUN) } else { ("v1beta1", "Application") };
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("core.oam.dev", version, kind));
        let every = watcher::Config::default();
        let mut events = match is_of_runs {
            true => watcher(told::all::<WorkflowRun>(&client, &kind), every)
                .map_ok(|event| told::map(event, |run| run.as_application()))
                .default_backoff()
                .boxed(),
            false => watcher(told::all::<Application>(&client, &kind), every).default_backoff().boxed(),
        };
        // they end with it
        let _following = (!is_of_runs).then(|| self.runner.catalogue.follow(&client));
        let (done, mut ended) = mpsc::unbounded_channel::<(Key, Did)>();
        let (again, mut due) = mpsc::unbounded_channel::<Key>();
        let (wake, mut drifted) = mpsc::unbounded_channel::<Key>();
        // the watches end with this function
        let (drift, _watches) = match is_of_runs {
            true => (None, None),
            false => {
                let (drift, watches) = Drift::start(self.runner.hub.clone(), self.runner.clusters.clone(), wake);
                (Some(drift), Some(watches))
            }
        };
        let gate = Arc::new(Semaphore::new(self.parallel.max(1)));
        let (gone, mut left) = mpsc::unbounded_channel::<String>();
        let mut dead = Dead::default();
        let initializers = Arc::new(Notify::new());
        // they end with it
        let mut beside = JoinSet::new();
        let (renewed, mut parts) = mpsc::unbounded_channel::<(String, String)>();
        if !is_of_runs {
            beside.spawn(initializer::serve(self.runner.hub.clone(), initializers.clone()));
            for kind in parts::KINDS {
                beside.spawn(parts::watch(client.clone(), kind, renewed.clone()));
            }
        }
        let (known, parts_told) = (FxHashMap::default(), FxHashMap::default());
        let looks = Arc::new(Semaphore::new(LOOKED_AT));
        let mut here = Loop {
            known,
            busy: 0,
            done,
            again,
            gate,
            looks,
            gone,
            initializers,
            drift,
            parts: parts_told,
            definitions: 0,
        };
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object))) => {
                        self.metrics.heard();
                        self.seen(object, &mut here);
                    }
                    Some(Ok(watcher::Event::Delete(object))) => {
                        self.metrics.heard();
                        let key = (object.namespace().to_owned(), object.name().to_owned());
                        match here.known.get(&key).map(|known| &known.busy) {
                            Some(Some(news)) => drop(news.send_replace(None)),
                            Some(None) => drop(here.known.remove(&key)),
                            None => {}
                        }
                    }
                    Some(Ok(_)) => self.metrics.heard(),
                    Some(Err(error)) => {
                        self.metrics.watch_failed();
                        tracing::warn!(%error, "the watch of Applications is interrupted");
                    }
                    None => return Err(Fault::transient("the watch of Applications has ended")),
                },
                Some((key, did)) = ended.recv() => {
                    here.busy = here.busy.saturating_sub(1);
                    let suspected = here.drift.as_ref().is_some_and(|drift| drift.has_suspects(&key));
                    let is_good = matches!(did, Did::Rested(_));
                    over(key.clone(), did, &mut here);
                    if suspected && is_good && here.known.contains_key(&key) {
                        self.start(key, None, &mut here);
                    }
                }
                // one that is busy looks at it when it is done
                Some(key) = drifted.recv() => {
                    if here.known.get(&key).is_some_and(|known| known.busy.is_none()) {
                        self.start(key, None, &mut here);
                    }
                }
                Some(key) = due.recv() => {
                    let waits = here.known.get_mut(&key).filter(|known| known.busy.is_none());
                    let waits = waits.is_some_and(|known| {
                        let doubted = std::mem::take(&mut known.doubt);
                        std::mem::take(&mut known.due) || doubted
                    });
                    if waits {
                        self.start(key, None, &mut here);
                    }
                }
                // what one process has left behind is looked at once, all of it
                Some(holder) = left.recv() => if dead.is_news(holder, std::time::Instant::now()) {
                    for key in here.orphans() {
                        self.start(key, None, &mut here);
                    }
                },
                Some((namespace, part)) = parts.recv() => self.renewed(&namespace, &part, &mut here),
                _ = look.tick() => {
                    self.metrics.turned();
                    self.mended(&mut here);
                    self.again(&mut here);
                }
                _ = self.stop.changed() => break,
            }
            self.metrics.applications(here.known.len());
            self.metrics.under_way(here.busy);
        }
        tracing::info!(busy = here.busy, "stopping: runs are let go where they stand");
        let end = tokio::time::Instant::now() + LAST_MOMENTS;
        while here.busy > 0 {
            match tokio::time::timeout_at(end, ended.recv()).await {
                Ok(Some(_)) => here.busy -= 1,
                Ok(None) | Err(_) => break,
            }
        }
        Ok(())
    }

    /// Looks at an Application that is new or has changed, and starts a task when it needs one.
    fn seen(&self, object: Told<Application>, here: &mut Loop) {
        let (namespace, name) = (object.namespace().to_owned(), object.name().to_owned());
        let app = match object.read() {
            Ok(app) => app,
            Err(fault) => {
                tracing::warn!(namespace, name, %fault, "an Application cannot be read");
                return;
            }
        };
        let key = (namespace, name);
        if app.annotation(labels::INITIALIZER_NAME).is_some() {
            here.initializers.notify_one();
        }
        let app = Arc::new(app);
        if here.is_to_start(&key, &app) {
            self.start(key, Some(app), here);
        }
    }

    /// A Workflow or a Policy has changed: looks at the Applications that name it.
    fn renewed(&self, namespace: &str, part: &str, here: &mut Loop) {
        here.parts.entry(namespace.to_owned()).or_default().insert(part.to_owned());
        let all =
            here.known.iter_mut().filter(|(key, known)| key.0 == namespace && parts::is_named(&known.names, part));
        let mut idle = Vec::new();
        for (key, known) in all {
            known.renewed = true;
            if known.busy.is_none() {
                idle.push(key.clone());
            }
        }
        for key in idle {
            self.start(key, None, here);
        }
    }

    /// Starts again what was wrong, once other definitions are there, and looks at what follows its definitions.
    fn mended(&self, here: &mut Loop) {
        let changes = self.runner.catalogue.changes();
        if changes == 0 || std::mem::replace(&mut here.definitions, changes) == changes {
            return;
        }
        let mut again: Vec<Key> = Vec::new();
        for (key, known) in &mut here.known {
            known.renewed |= known.follows;
            if known.busy.is_none() && (known.wrong || known.follows) {
                if known.wrong {
                    known.rested = None;
                }
                again.push(key.clone());
            }
        }
        for key in again {
            self.start(key, None, here);
        }
    }

    /// Looks at those whose finished workflow is to be run again by now.
    fn again(&self, here: &mut Loop) {
        for key in here.to_run_again(Timestamp::now()) {
            self.start(key, None, here);
        }
    }

    fn start(&self, key: Key, app: Option<Arc<Application>>, here: &mut Loop) {
        let (news, renewed) = here.begin(key.clone(), app);
        let serving = Serving { stop: self.stop.clone(), news, gate: here.gate.clone(), gone: here.gone.clone() };
        let (runner, metrics) = (self.runner.clone(), self.metrics.clone());
        let (drift, looks) = (here.drift.clone(), here.looks.clone());
        let ending = Ending { key: key.clone(), did: Did::Failed, done: here.done.clone() };
        tokio::spawn(async move {
            let did = match (one::one(&runner, &metrics, &key, serving, renewed).await, drift) {
                // boxed: most tasks wait for something else, and there may be thousands of them
                (Did::Rested(fingerprint), Some(drift)) => {
                    match Box::pin(keep::keep(&runner, &metrics, &drift, &looks, &key)).await {
                        Ok(()) => Did::Rested(fingerprint),
                        Err(error) => {
                            tracing::warn!(namespace = key.0, name = key.1, %error, "drift could not be looked at");
                            Did::Failed
                        }
                    }
                }
                (did, _) => did,
            };
            ending.with(did);
        });
    }
}

/// Says how a task ended when it is dropped, so that one that panics is heard of as well: nobody else starts its Application
/// again.
struct Ending {
    key: Key,
    did: Did,
    done: mpsc::UnboundedSender<(Key, Did)>,
}

impl Ending {
    fn with(mut self, did: Did) {
        self.did = did;
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let (key, did) = (std::mem::take(&mut self.key), std::mem::replace(&mut self.did, Did::Failed));
        // the loop may have ended: then nobody wants to know
        let _ = self.done.send((key, did));
    }
}

/// Processes that were found dead. Whatever one of them held is taken over or has expired soon, so that it is forgotten then:
/// a controller may live for years beside others that come and go.
#[derive(Debug, Default)]
struct Dead(FxHashMap<String, std::time::Instant>);

impl Dead {
    /// How long one is known.
    const KNOWN: Duration = Duration::from_secs(300);

    /// Whether nobody has told of it yet.
    fn is_news(&mut self, holder: String, now: std::time::Instant) -> bool {
        self.0.retain(|_, told| now.saturating_duration_since(*told) < Self::KNOWN);
        self.0.insert(holder, now).is_none()
    }
}

impl Loop {
    /// What somebody else executes, as far as it waits to be looked at again: it need not wait any longer.
    fn orphans(&mut self) -> Vec<Key> {
        let waits = self.known.iter_mut().filter(|(_, known)| known.elsewhere && known.busy.is_none());
        waits
            .map(|(key, known)| {
                (known.due, known.elsewhere) = (false, false);
                key.clone()
            })
            .collect()
    }

    /// Those whose time has come; what is looked at soon in any case, because it failed, is left to that.
    fn to_run_again(&self, now: Timestamp) -> Vec<Key> {
        let is_due = |known: &Known| known.busy.is_none() && !known.due && known.again.is_some_and(|at| at <= now);
        self.known.iter().filter(|(_, known)| is_due(known)).map(|(key, _)| key.clone()).collect()
    }

    /// A task is about to have it: where the task hears of its changes, and whether what it names has changed. Whatever it was
    /// to be looked at for, this task does; what comes due while it is under way would find nobody to clear the mark, and
    /// a marked one is not started for its changes.
    fn begin(&mut self, key: Key, app: Option<Arc<Application>>) -> (watch::Receiver<Option<Arc<Application>>>, bool) {
        let (sender, news) = watch::channel(app);
        let entry = self.known.entry(key).or_default();
        entry.busy = Some(sender);
        (entry.wrong, entry.due, entry.doubt) = (false, false, false);
        self.busy += 1;
        (news, std::mem::take(&mut entry.renewed))
    }

    /// Takes in how an Application looks; whether a task is to be started for it now.
    ///
    /// The watches begin at the same time, in no order: what was told of an Application before the Application itself, drift and
    /// changed parts, counts when it is first seen.
    fn is_to_start(&mut self, key: &Key, app: &Arc<Application>) -> bool {
        let suspected = self.drift.as_ref().is_some_and(|drift| drift.has_suspects(key));
        let is_new = !self.known.contains_key(key);
        let entry = self.known.entry(key.clone()).or_default();
        entry.names = parts::named(app);
        entry.follows = delivery::revision::follows_definitions(app);
        entry.again = again::at(app).filter(|_| need(app) == Some(Need::Restart));
        if is_new {
            // definitions may have changed while nobody watched
            let told = self.parts.get(&key.0).into_iter().flatten();
            entry.renewed = entry.follows || told.into_iter().any(|part| parts::is_named(&entry.names, part));
        }
        if let Some(news) = &entry.busy {
            news.send_replace(Some(app.clone()));
            return false;
        }
        if need(app).is_none() || entry.rested == Some(fingerprint(app)) {
            entry.doubt = false;
            return !entry.due && (suspected || entry.renewed);
        }
        if entry.due {
            // looked at soon in any case
            return false;
        }
        if entry.doubt {
            return false;
        }
        entry.failures = 0;
        true
    }
}

/// A task is over: its Application is started again when it needs something again.
fn over(key: Key, did: Did, here: &mut Loop) {
    let Some(entry) = here.known.get_mut(&key) else { return };
    entry.elsewhere = matches!(did, Did::Elsewhere);
    let latest = entry.busy.take().and_then(|news| news.borrow().clone());
    let pause = match did {
        Did::Gone => {
            here.known.remove(&key);
            return;
        }
        Did::Rested(fingerprint) | Did::Wrong(fingerprint) => {
            entry.wrong = matches!(did, Did::Wrong(_));
            entry.rested = Some(fingerprint);
            entry.failures = 0;
            // most often the watch has not told yet of what the task wrote last; a request may have come as its run ended
            entry.doubt = latest.is_some_and(|app| need(&app).is_some() && self::fingerprint(&app) != fingerprint);
            if entry.renewed {
                entry.due = true;
            } else if !entry.doubt {
                return;
            }
            LAG
        }
        Did::Elsewhere => {
            entry.due = true;
            LOOK
        }
        Did::Failed => {
            entry.due = true;
            entry.failures += 1;
            Duration::from_millis(500 << entry.failures.min(7)).min(LONGEST_PAUSE)
        }
    };
    let again = here.again.clone();
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        // a controller that has stopped hears nothing any more
        let _ = again.send(key);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::operation::{OperationAction, UserOperation};
    use serde_json::json;

    fn app(annotations: serde_json::Value) -> Application {
        serde_json::from_value(json!({
            "metadata": {"name": "a", "namespace": "n", "uid": "u", "generation": 1, "annotations": annotations},
            "status": {"observedGeneration": 1, "workflow": {"suspend": true, "status": "suspending"}},
        }))
        .unwrap()
    }

    /// A loop that knows of nothing, and where it says what is due.
    fn idle(drift: Option<Arc<Drift>>) -> (Loop, mpsc::UnboundedReceiver<Key>) {
        let (done, _) = mpsc::unbounded_channel();
        let (again, due) = mpsc::unbounded_channel();
        let (gate, initializers) = (Arc::new(Semaphore::new(1)), Arc::new(Notify::new()));
        let looks = gate.clone();
        let (known, parts) = (FxHashMap::default(), FxHashMap::default());
        let (gone, _) = mpsc::unbounded_channel();
        (Loop { known, busy: 0, done, again, gate, looks, gone, initializers, drift, parts, definitions: 0 }, due)
    }

    /// An Application whose run is over, with a Workflow of its own name.
    fn settled() -> Arc<Application> {
        let value = json!({
            "metadata": {"name": "a", "namespace": "n", "uid": "u", "generation": 1},
            "spec": {"components": [], "workflow": {"ref": "a"}},
            "status": {"observedGeneration": 1, "workflow": {"finished": true, "status": "succeeded"}},
        });
        Arc::new(serde_json::from_value(value).unwrap())
    }

    #[tokio::test]
    async fn what_was_told_before_an_application_is_known_counts_when_it_is_first_seen() {
        let key: Key = ("n".into(), "a".into());
        let (mut here, _due) = idle(None);
        assert!(!here.is_to_start(&key, &settled()), "nothing was told");

        let (mut here, _due) = idle(None);
        here.parts.entry("other".into()).or_default().insert("Workflow/a".into());
        assert!(!here.is_to_start(&key, &settled()), "a Workflow of another namespace");

        let (mut here, _due) = idle(None);
        here.parts.entry("n".into()).or_default().insert("Workflow/a".into());
        assert!(here.is_to_start(&key, &settled()), "its Workflow may have changed while nobody watched");

        let (mut here, _due) = idle(Some(Drift::suspecting("n", "a")));
        assert!(here.is_to_start(&key, &settled()), "what it delivered was changed while nobody watched");
        let (mut here, _due) = idle(Some(Drift::suspecting("n", "b")));
        assert!(!here.is_to_start(&key, &settled()), "what another one delivered");
    }

    #[test]
    fn a_dead_process_is_news_once_and_is_not_known_for_ever() {
        let (mut dead, begin) = (Dead::default(), std::time::Instant::now());
        assert!(dead.is_news("a".into(), begin));
        assert!(!dead.is_news("a".into(), begin + Duration::from_secs(1)));
        for i in 0..1_000 {
            assert!(dead.is_news(format!("b{i}"), begin + Duration::from_secs(2)));
        }
        assert!(dead.is_news("c".into(), begin + Duration::from_secs(400)));
        assert_eq!(dead.0.len(), 1, "what has long been seen to is forgotten");
    }

    #[tokio::test]
    async fn what_a_dead_process_left_is_looked_at_at_once_and_only_that() {
        let (mut here, _due) = idle(None);
        for (name, did) in [("theirs", Did::Elsewhere), ("failing", Did::Failed), ("busy", Did::Elsewhere)] {
            let (news, _heard) = watch::channel(None);
            let key: Key = ("n".into(), name.into());
            here.known.insert(key.clone(), Known { busy: Some(news), ..Known::default() });
            over(key, did, &mut here);
        }
        let (news, _heard) = watch::channel(None);
        here.known.get_mut(&("n".to_owned(), "busy".to_owned())).unwrap().busy = Some(news);
        assert_eq!(here.orphans(), [("n".to_owned(), "theirs".to_owned())]);
        assert_eq!(here.orphans(), [], "each once");
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_and_was_started_sooner_than_its_pause_is_started_for_its_next_change_as_well() {
        let (mut here, mut due) = idle(None);
        let key: Key = ("n".into(), "a".into());
        let began = here.begin(key.clone(), None);
        over(key.clone(), Did::Failed, &mut here);
        drop(began);
        // a Policy that it names changes before the pause is over, which ends while the task is under way
        let _began = here.begin(key.clone(), None);
        assert_eq!(due.recv().await, Some(key.clone()));
        over(key.clone(), Did::Rested(fingerprint(&settled())), &mut here);
        let mut changed = settled().as_ref().clone();
        changed.metadata.generation = 2;
        assert!(here.is_to_start(&key, &Arc::new(changed)));
    }

    #[tokio::test]
    async fn a_task_that_panics_is_heard_of() {
        let (done, mut ended) = mpsc::unbounded_channel();
        let key: Key = ("n".into(), "a".into());
        let ending = Ending { key: key.clone(), did: Did::Failed, done };
        let task = tokio::spawn(async move {
            let _ending = ending;
            std::panic::resume_unwind(Box::new("a mistake of ours"));
        });
        assert!(task.await.is_err());
        assert!(matches!(ended.recv().await, Some((of, Did::Failed)) if of == key));
    }

    #[tokio::test]
    async fn only_what_is_ours_and_has_not_just_failed_is_run_again_by_the_clock() {
        let says = |annotations: serde_json::Value| {
            let mut app = settled().as_ref().clone();
            app.metadata.annotations = serde_json::from_value(annotations).unwrap();
            Arc::new(app)
        };
        let (mut here, _due) = idle(None);
        let key: Key = ("n".into(), "shop".into());
        here.is_to_start(&key, &says(serde_json::json!({labels::RESTART_WORKFLOW: "true"})));
        assert_eq!(here.to_run_again(Timestamp::now()), std::slice::from_ref(&key));
        here.known.get_mut(&key).unwrap().due = true;
        assert_eq!(here.to_run_again(Timestamp::now()), [], "it is tried again after a pause");
        let theirs = serde_json::json!({labels::RESTART_WORKFLOW: "true", labels::KUBEVELA_VERSION: "v1.10.0"});
        let (mut here, _due) = idle(None);
        here.is_to_start(&key, &says(theirs));
        assert_eq!(here.to_run_again(Timestamp::now()), [], "another controller's");
    }

    /// Whether an Application is looked at again after a task that was told of this one last, and came to rest.
    async fn is_looked_at_again(told: Application) -> bool {
        let (mut here, mut due) = idle(None);
        let key: Key = ("n".into(), "a".into());
        let (news, _heard) = watch::channel(Some(Arc::new(told)));
        here.known.insert(key.clone(), Known { busy: Some(news), ..Known::default() });
        over(key.clone(), Did::Rested(fingerprint(&app(json!({})))), &mut here);
        let doubted = here.known.get(&key).is_some_and(|known| known.doubt);
        if doubted {
            assert_eq!(due.recv().await, Some(key));
        }
        doubted
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_came_as_the_run_ended_is_looked_at() {
        assert!(!is_looked_at_again(app(json!({}))).await);
        let request = UserOperation {
            id: "1".into(),
            action: OperationAction::Resume { step: None },
            by: "me".into(),
            ..UserOperation::default()
        };
        let request = serde_json::to_string(&request).unwrap();
        assert!(is_looked_at_again(app(json!({ labels::OPERATION: request }))).await);
    }
}
