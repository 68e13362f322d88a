//! One Application, from where it stands to where it settles.

use crate::catalogue::Catalogue;
use crate::clusters::{FleetClusters, fault};
use crate::deliver::{Delivery, Keeper};
use crate::error::Error;
use crate::follow::{self, Turn};
use crate::hub::Hub;
use crate::lease::{self, Attempt, Held, Processes};
use crate::perform::{Performer, Sights};
use crate::prepare::{Definitions, Prepared, prepare, revision_object};
use crate::requester::Requesters;
use crate::runtime::{Ended, Execution, Journal, Signal, afresh, execute, persist};
use crate::status::{Services, StatusWriter};
use crate::subject::Subject;
use actions::{Clusters as _, Fault, FaultClass, ObjectRef, Outside};
use delivery::revision::Parts;
use delivery::rules::Rules;
use futures::FutureExt;
use indexmap::IndexMap;
use jiff::Timestamp;
use model::revision::ApplicationRevisionStatus;
use model::status::RevisionReference;
use model::{Application, ApplicationRevision, RunPhase, WorkflowStatus, labels};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Instant;
use workflow::event::Event;
use workflow::{Identity, Policy, Run, Settled};

/// The policy that asks for debug output.
pub const DEBUG: &str = "debug";

/// What a run of any Application needs.
pub struct Runner {
    /// Where Applications live.
    pub hub: Hub,
    /// Where their objects go.
    pub clusters: Arc<FleetClusters>,
    /// Which processes are alive.
    pub processes: Arc<dyn Processes>,
    /// Definitions given on the command line.
    pub definitions: Definitions,
    /// What all runs share.
    pub catalogue: Arc<Catalogue>,
    /// The way to the world outside of clusters.
    pub outside: Arc<Outside>,
    /// In whose name Applications are delivered.
    pub requesters: Requesters,
}

/// What a controller gives a run that a command does not.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Becomes `true` when the process is to stop.
    pub stop: watch::Receiver<bool>,
    /// The Application as the controller's watch tells of it; `None` when it is gone.
    pub news: watch::Receiver<Option<Arc<Application>>>,
    /// How many runs are made ready at a time. A lease that is taken before there is time for its run expires unused.
    pub gate: Arc<Semaphore>,
    /// Told who is gone, when the lease of one is taken over.
    pub gone: mpsc::UnboundedSender<String>,
}

impl Serving {
    /// Waits until a run may be made ready; `None`: the process is to stop.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            turn = self.gate.clone().acquire_owned() => turn.ok(),
            () = async { drop(stop.wait_for(|stop| *stop).await) } => None,
        }
    }
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}

/// How a call of [`Runner::run`] ended.
#[derive(Debug)]
pub struct Finished {
    /// The Application as it stands now.
    pub app: Application,
    /// Set when the run waits for a time that lies behind the limit.
    pub fires_at: Option<Timestamp>,
    /// Somebody else executes it, until then if nothing is heard of it. Only a controller is told: others follow.
    pub elsewhere: Option<Timestamp>,
    /// No step has changed its phase for as long as was to be waited: the run stands where it is until somebody carries it
    /// on.
    pub stalled: bool,
    /// Objects that were kept or are owed, a line each.
    pub notes: Vec<String>,
}

impl Runner {
    /// The same for the WorkflowRuns of the hub.
    #[must_use]
    pub fn of_workflow_runs(&self) -> Runner {
        Runner {
            hub: self.hub.of_workflow_runs(),
            clusters: self.clusters.clone(),
            processes: self.processes.clone(),
            definitions: self.definitions.clone(),
            catalogue: self.catalogue.clone(),
            outside: self.outside.clone(),
            requesters: self.requesters.clone(),
        }
    }
}

/// What is told while a run goes on.
pub type Tell<'a> = &'a mut (dyn FnMut(&WorkflowStatus) + Send);

impl Runner {
    /// Checks an Application as far as it can be checked without writing anything.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub async fn check(&self, app: &Application) -> Result<(Subject, Prepared), Error> {
        let subject = Subject::load(&self.hub, app, &Parts::default()).await?;
        if let Some(renewed) = self.with_newer_definitions(&subject).await? {
            return Ok(renewed);
        }
        let prepared = self.prepare(&subject).await?;
        Ok((subject, prepared))
    }

    /// The same specification as a new revision, if definitions that it uses have changed and it follows them.
    async fn with_newer_definitions(&self, subject: &Subject) -> Result<Option<(Subject, Prepared)>, Error> {
        if subject.revision.is_new || !delivery::revision::follows_definitions(&subject.app) {
            return Ok(None);
        }
        let Some(stored) = subject.revisions.iter().find(|r| r.metadata.name == subject.revision.name) else {
            return Ok(None);
        };
        let revision = delivery::revision::next(&subject.app, &subject.revision);
        let renewed = Subject { revision, ..subject.clone() };
        let prepared = self.prepare(&renewed).await?;
        let same = delivery::revision::same_definitions(stored, &revision_object(&renewed, &prepared));
        Ok((!same).then_some((renewed, prepared)))
    }

    /// As [`Runner::check`], with policies and a workflow that are not on the hub yet.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub async fn check_with(&self, app: &Application, given: &Parts) -> Result<Prepared, Error> {
        let subject = Subject::load(&self.hub, app, given).await?;
        self.prepare(&subject).await
    }

    /// The clusters as an Application may use them.
    pub fn clusters_of(&self, app: &Application) -> Arc<FleetClusters> {
        match self.requesters.of(app) {
            Some(identity) => Arc::new(self.clusters.acting_as(Some(identity))),
            None => self.clusters.clone(),
        }
    }

    /// The keeper of an Application's objects, with the Application's rights.
    ///
    /// # Errors
    /// As for [`Keeper::open`].
    pub async fn keeper(&self, app: &Application, rules: Rules, revision: &str) -> Result<Keeper, Fault> {
        Keeper::open(self.hub.clone(), self.clusters_of(app), app.clone(), rules, revision.to_owned()).await
    }

    async fn prepare(&self, subject: &Subject) -> Result<Prepared, Error> {
        match self.prepare_once(subject).await {
            // a definition may have come a moment before the Application, and not be known yet
            Err(Error::Diagnostics(_)) if self.catalogue.changes() > 0 => {
                self.catalogue.forget();
                self.prepare_once(subject).await
            }
            prepared => prepared,
        }
    }

    async fn prepare_once(&self, subject: &Subject) -> Result<Prepared, Error> {
        // Envs may choose clusters that a workflow has made and registered.
        if subject.policies.iter().any(|p| matches!(p.kind.as_str(), "env-binding" | "envbinding" | "topology")) {
            let unreached = self.clusters.fleet().adopt_managed().await.map_err(|e| fault(&e))?;
            for fleet::Unreached(name) in unreached {
                tracing::warn!(cluster = name, "a managed cluster has no credentials here: join it");
            }
        }
        let clusters = self.catalogue.clusters(self.clusters.fleet()).await.map_err(|e| fault(&e))?;
        let mut versions = IndexMap::new();
        for cluster in &clusters {
            let known = match &cluster.version {
                Some(version) => Some(version.clone()),
                None if cluster.name == model::cluster::LOCAL => self.clusters.hub_version().await,
                None => None,
            };
            if let Some(version) = known.as_deref().and_then(render::ClusterVersion::parse) {
                versions.insert(cluster.name.clone(), version);
            }
        }
        let clusters = clusters.into_iter().map(|c| render::Cluster { name: c.name, labels: c.labels }).collect();
        prepare(&self.hub, &self.catalogue, subject, &self.definitions, &render::Clusters::Known(clusters), versions)
            .await
    }

    /// Whether what an Application names has changed so that it is to be run again.
    ///
    /// # Errors
    /// It names what is not there; the hub does not answer.
    pub async fn is_outdated(&self, app: &Application) -> Result<bool, Error> {
        let subject = Subject::load(&self.hub, app, &Parts::default()).await?;
        Ok(subject.revision.is_new || self.with_newer_definitions(&subject).await?.is_some())
    }

    /// Runs an Application that is stored on the hub until it has settled, here or wherever it is being executed.
    ///
    /// # Errors
    /// It is not there, it is wrong, or the hub does not answer.
    pub async fn run(
        &self,
        namespace: &str,
        name: &str,
        wait: Option<Duration>,
        tell: Tell<'_>,
    ) -> Result<Finished, Error> {
        loop {
            let mut held = match follow::turn(&self.hub, self.processes.as_ref(), namespace, name, tell).await? {
                Turn::Mine(held) => held,
                Turn::Settled(app) => return Ok(Finished::as_it_stands(*app)),
            };
            let begun = self.begun(namespace, name, &mut held, None).await;
            if let Some(finished) = self.execute(begun, held, wait, tell, None).await? {
                return Ok(finished);
            }
        }
    }

    /// As [`Runner::run`], for a controller: `seen` is the Application as it was seen last, and the run is let go where it
    /// stands when the process is to stop. It may be its `turn` already.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn serve(
        &self,
        seen: Arc<Application>,
        serving: Serving,
        mut turn: Option<OwnedSemaphorePermit>,
    ) -> Result<Finished, Error> {
        let (namespace, name) = (seen.metadata.namespace.clone(), seen.metadata.name.clone());
        let mut tell = |_: &WorkflowStatus| {};
        // nobody has ever begun it, as far as can be seen: what is written first finds out
        let mut unseen = is_unseen(&seen);
        loop {
            let turn = match turn.take() {
                Some(turn) => Some(turn),
                None => serving.turn().await,
            };
            let Some(turn) = turn else { return Ok(Finished::as_it_stands(seen.as_ref().clone())) };
            let known = if unseen { lease::Known::NeverHeld } else { lease::Known::Nothing };
            let asked = Box::pin(lease::acquire(&self.hub, self.processes.as_ref(), &namespace, &name, known));
            let mut held = match asked.await? {
                Attempt::Mine(held) => {
                    if !held.left_by.is_empty() {
                        // a controller that has stopped hears nothing any more
                        let _ = serving.gone.send(held.left_by.clone());
                    }
                    held
                }
                Attempt::Theirs { until, .. } => {
                    let app = seen.as_ref().clone();
                    return Ok(Finished { elsewhere: Some(until), ..Finished::as_it_stands(app) });
                }
            };
            // boxed: of those that wait for the gate, and of those that wait for the world, there may be thousands
            let first = (std::mem::take(&mut unseen) && held.first).then(|| seen.as_ref().clone());
            let begun = Box::pin(self.begun(&namespace, &name, &mut held, first)).await;
            drop(turn);
            let executed = Box::pin(self.execute(begun, held, None, &mut tell, Some(serving.clone()))).await;
            if let Some(finished) = executed? {
                return Ok(finished);
            }
        }
    }

    /// Begins; `None`: what nobody had ever begun has been begun before, or the lease was lost meanwhile.
    async fn begun(
        &self,
        namespace: &str,
        name: &str,
        held: &mut Held,
        unseen: Option<Application>,
    ) -> Result<Option<Begun>, Error> {
        let is_new = unseen.is_some();
        // boxed: it is moved about while the lease is renewed beside it
        let begin = match unseen {
            Some(app) => self.begin_first(app).boxed(),
            None => afresh(|| self.begin(namespace, name)).boxed(),
        };
        // a hub that many ask at once may take longer than a lease is good for
        let Some(begun) = held.during(&self.hub, begin).await else { return Ok(None) };
        match begun {
            Ok(begun) => Ok(Some(begun)),
            Err(error) => {
                // The next one need not wait for this lease to expire.
                let _ = held.clone().release(&self.hub, Timestamp::now()).await;
                match error {
                    Error::Fault(fault) if is_new && fault.status == Some(409) => Ok(None),
                    error => Err(error),
                }
            }
        }
    }

    /// Executes with a held lease. `None`: begin again, because the specification changed or somebody took over.
    async fn execute(
        &self,
        begun: Result<Option<Begun>, Error>,
        held: Held,
        limit: Option<Duration>,
        tell: Tell<'_>,
        serving: Option<Serving>,
    ) -> Result<Option<Finished>, Error> {
        let Some(begun) = begun? else { return Ok(None) };
        let Begun { app, subject, mut prepared, keeper, is_first } = begun;
        let (namespace, name) = (app.metadata.namespace.as_str(), app.metadata.name.as_str());
        let (sender, signals) = mpsc::unbounded_channel();
        let services = Services::of(&known_services(&app, &subject));
        let clusters = self.clusters_of(&app);
        let delivery = Delivery::new(
            prepared.renderer.clone(),
            prepared.input.clone(),
            prepared.context.clone(),
            clusters.clone(),
            keeper.clone(),
            services.clone(),
            std::mem::take(&mut prepared.first),
        );
        let performer = Arc::new(Performer {
            clusters: clusters.clone(),
            dispatch: keeper.clone(),
            delivery: Arc::new(delivery),
            outside: self.outside.clone(),
            providers: prepared.added.providers.clone(),
            windows: actions::metrics::Windows::default(),
            sights: Sights::default(),
            readers: crate::perform::readers(&subject.steps.steps, &prepared.used),
            namespace: namespace.to_owned(),
            signals: sender.clone(),
        });
        let (journal, entries) = if is_first {
            (Journal::new(&app, subject.run_id()), Vec::new())
        } else {
            Journal::load(&self.hub, &app, subject.run_id()).await?
        };
        let identity = match self.hub.is_of_workflow_runs() {
            true => self.identity_of_run(&app, &subject).await?,
            false => identity(&app, &subject),
        };
        let (plan, epoch) = (prepared.plan.clone(), held.epoch);
        // Somebody waits in the foreground: what no watch tells is looked at every second.
        let policy = Policy { wait_cap: 1_000, debug: is_debugged(&app, &subject), ..Policy::default() };
        let run = if entries.is_empty() {
            Run::start(plan, identity, policy, epoch)
        } else {
            let secrets = self.secrets(&app).await?;
            Run::replay(plan, identity, policy, epoch, &entries, secrets)?
        };
        if let Some(operation) = follow::pending(&app) {
            // The loop is not running yet: nobody else can have closed the channel.
            let _ = sender.send(Signal::Event(Event::Operation(operation)));
        }
        let respecified = Arc::new(AtomicBool::new(false));
        let stopper = serving.as_ref().map(|serving| {
            let (sender, mut stop) = (sender.clone(), serving.stop.clone());
            tokio::spawn(async move {
                if stop.wait_for(|stop| *stop).await.is_ok() {
                    // the loop may have ended by itself
                    let _ = sender.send(Signal::Stop);
                }
            })
        });
        let news = match &serving {
            Some(serving) => News::Told(serving.news.clone()),
            None => News::Watched(self.hub.clone()),
        };
        let watcher = tokio::spawn(watch_application(news, app.clone(), sender.clone(), respecified.clone()));
        // as it is stored, also of an earlier run: what is written next is compared with it
        let last = app.status.clone().unwrap_or_default();
        let mut observe = StatusWriter {
            hub: self.hub.clone(),
            app: app.clone(),
            last,
            version: app.metadata.resource_version.clone(),
            revision: RevisionReference {
                name: subject.revision.name.clone(),
                revision: subject.revision.number,
                revision_hash: subject.revision.hash.clone(),
            },
            services,
            keeper: keeper.clone(),
            context: None,
            record: (!self.hub.is_of_workflow_runs()).then(|| Box::new(recorded(&subject))),
            tell,
        };
        let mut over = execute(Execution {
            hub: &self.hub,
            app: &app,
            run,
            journal,
            steps: prepared.templates.as_ref(),
            perform: Arc::new(performer),
            observe: &mut observe,
            lease: held,
            signals,
            sender,
            wait_until: limit.map(|patience| Instant::now() + patience),
            patience: limit,
        })
        .await;
        watcher.abort();
        if let Some(stopper) = stopper {
            stopper.abort();
        }
        // boxed: what comes last must not make those larger that wait for the world
        let closed = Box::pin(self.close(&over.ended, over.lease.as_mut(), &subject, &keeper)).await;
        let ended = match over.status_is_behind() {
            // a controller looks again only at what is not as it left it
            true if serving.is_some() => Err(Fault::transient("the status could not be written")),
            _ => over.ended.clone(),
        };
        over.release(&self.hub).await;
        // lost in the middle of its end: whoever takes the lease next, most likely this process, comes to the same end
        let (ended, Some(notes)) = (ended?, closed?) else { return Ok(None) };
        let stalled = matches!(ended, Ended::Stalled);
        let settled = match ended {
            Ended::Settled(settled) => settled,
            Ended::Superseded => return Ok(None),
            Ended::Stopped if respecified.load(Ordering::Relaxed) => return Ok(None),
            Ended::Stopped | Ended::Stalled => Settled::No,
        };
        let fires_at = match settled {
            Settled::Suspended(Some(time)) => Timestamp::from_millisecond(time.0).ok(),
            _ => None,
        };
        if serving.is_some() {
            // A controller is told of what else has changed. A request is not part of what this run has come to: one that it
            // has not taken must not look as if it had been seen to.
            let mut app = Application { status: Some(observe.last), ..app };
            app.metadata.annotations.shift_remove(labels::OPERATION);
            return Ok(Some(Finished { fires_at, stalled, notes, ..Finished::as_it_stands(app) }));
        }
        let app = self.hub.application(namespace, name).await?.ok_or_else(|| follow::not_found(namespace, name))?;
        Ok(Some(Finished { fires_at, stalled, notes, ..Finished::as_it_stands(app) }))
    }

    /// What belongs to the end of a run that is over: prunes what no version wants any more, and lets go of revisions past the
    /// limit, under the lease, because whoever begins the next version delivers what this one would delete. Answers what was
    /// kept or is owed, a line each; `None`: the lease was lost.
    async fn close(
        &self,
        ended: &Result<Ended, Fault>,
        lease: Option<&mut Held>,
        subject: &Subject,
        keeper: &Keeper,
    ) -> Result<Option<Vec<String>>, Fault> {
        let nothing = Ok(Some(Vec::new()));
        let (Ok(Ended::Settled(Settled::Finished(phase))), Some(lease)) = (ended, lease) else { return nothing };
        if self.hub.is_of_workflow_runs() {
            return nothing;
        }
        let succeeded = *phase == RunPhase::Succeeded;
        lease.during(&self.hub, self.prune_after(subject, keeper, succeeded)).await.transpose()
    }

    /// See [`Runner::close`]; for a controller, which finds that who was to do it has not.
    ///
    /// # Errors
    /// The hub does not answer.
    pub(crate) async fn prune_after(
        &self,
        subject: &Subject,
        keeper: &Keeper,
        succeeded: bool,
    ) -> Result<Vec<String>, Fault> {
        let notes = keeper.prune(succeeded, !succeeded).await?;
        self.forget_surplus(subject).await?;
        Ok(notes)
    }

    /// As [`Runner::begin`], of an Application that nobody has ever begun: it has no revisions, no trackers and no journal.
    /// All of them are created, not applied, so that one that is there after all makes a conflict (409).
    async fn begin_first(&self, mut app: Application) -> Result<Begun, Error> {
        let parts = Subject::parts(&self.hub, &app, &Parts::default()).await?;
        let subject = Subject::at(&app, parts, Vec::new())?;
        let prepared = self.prepare(&subject).await?;
        if !self.hub.is_of_workflow_runs() {
            let revision = revision_object(&subject, &prepared);
            persist(|| self.hub.create_revision(&revision)).await?;
            self.hold(&mut app).await?;
        }
        let (rules, revision) = (subject.rules.clone(), subject.revision.name.clone());
        let keeper = Keeper::first(self.hub.clone(), self.clusters_of(&app), app.clone(), rules, revision)?;
        Ok(Begun { app, subject, prepared, keeper: Arc::new(keeper), is_first: true })
    }

    /// Sees to it that the Application cannot go before what it delivered has.
    async fn hold(&self, app: &mut Application) -> Result<(), Fault> {
        if app.metadata.finalizers.iter().any(|f| f == labels::APP_FINALIZER) {
            return Ok(());
        }
        let mut finalizers = app.metadata.finalizers.clone();
        finalizers.push(labels::APP_FINALIZER.to_owned());
        let held: &Application = app;
        app.metadata.resource_version = persist(|| self.hub.set_finalizers(held, &finalizers)).await?;
        app.metadata.finalizers = finalizers;
        Ok(())
    }

    /// Reads, checks, and writes what must stand before the first action: the revision and the finalizer.
    async fn begin(&self, namespace: &str, name: &str) -> Result<Begun, Error> {
        let mut app = self.hub.application(namespace, name).await?.ok_or_else(|| follow::not_found(namespace, name))?;
        if app.metadata.deletion_timestamp.is_some() {
            return Err(Fault::permanent(format!("application {namespace}/{name} is being deleted")).into());
        }
        let (subject, prepared) = self.check(&app).await?;
        if subject.revision.is_new && !self.hub.is_of_workflow_runs() {
            let revision = revision_object(&subject, &prepared);
            persist(|| self.hub.apply_revision(&revision)).await?;
        }
        if !self.hub.is_of_workflow_runs() {
            self.hold(&mut app).await?;
        }
        let keeper = self.keeper(&app, subject.rules.clone(), &subject.revision.name).await?;
        Ok(Begun { app, subject, prepared, keeper: Arc::new(keeper), is_first: false })
    }

    /// The identity of a WorkflowRun: what it brings itself stands beside its name.
    async fn identity_of_run(&self, app: &Application, subject: &Subject) -> Result<Identity, Fault> {
        let (namespace, name) = (&app.metadata.namespace, &app.metadata.name);
        let run = persist(|| self.hub.workflow_run(namespace, name)).await?;
        let mut context = run.map(|run| run.spec.context).unwrap_or_default();
        for (key, value) in [("name", json!(name)), ("namespace", json!(namespace))] {
            context.insert(key.to_owned(), value);
        }
        let author = author(app);
        let uid = format!("{}/{}", app.metadata.uid, subject.revision.name);
        Ok(Identity { uid, revision: String::new(), author, context })
    }

    /// Values that the run keeps in its Secret.
    async fn secrets(&self, app: &Application) -> Result<IndexMap<String, Value>, Fault> {
        let target = ObjectRef {
            api_version: "v1".into(),
            kind: "Secret".into(),
            namespace: app.metadata.namespace.clone(),
            name: crate::hub::context_name(app),
        };
        let objects = self.clusters.objects("").await?;
        let Some(secret) = objects.read(&target).await? else { return Ok(IndexMap::new()) };
        let data = secret.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(data.into_iter().filter_map(|(name, value)| Some((name, decoded(value.as_str()?)?))).collect())
    }

    /// Lets go of revisions past the limit, with their journals.
    async fn forget_surplus(&self, subject: &Subject) -> Result<(), Fault> {
        let (namespace, name) = (&subject.app.metadata.namespace, &subject.app.metadata.name);
        // they are written by whoever holds the lease
        let mut revisions = subject.revisions.clone();
        if revisions.iter().all(|r| r.metadata.name != subject.revision.name) {
            let mut own = ApplicationRevision::default();
            own.metadata.name.clone_from(&subject.revision.name);
            revisions.push(own);
        }
        let limit = subject.rules.revision_limit.unwrap_or(delivery::revision::LIMIT);
        for surplus in delivery::revision::surplus(&revisions, limit, &subject.revision.name) {
            // the first one last: without it the others would not be found again
            for chunk in self.hub.journal(namespace, name, &surplus).await?.into_iter().rev() {
                self.hub.delete_journal(namespace, &chunk.metadata.name).await?;
            }
            self.hub.delete_revision(namespace, &surplus).await?;
        }
        Ok(())
    }
}

/// What the status of the revision says of its run so far.
fn recorded(subject: &Subject) -> ApplicationRevisionStatus {
    let own = subject.revisions.iter().find(|r| r.metadata.name == subject.revision.name);
    own.and_then(|r| r.status.clone()).unwrap_or_default()
}

struct Begun {
    app: Application,
    subject: Subject,
    prepared: Prepared,
    keeper: Arc<Keeper>,
    is_first: bool,
}

impl Finished {
    fn as_it_stands(app: Application) -> Finished {
        Finished { app, fires_at: None, elsewhere: None, stalled: false, notes: Vec::new() }
    }
}

/// Whether an Application looks as if nobody had ever begun it.
fn is_unseen(app: &Application) -> bool {
    app.status.is_none()
        && app.metadata.deletion_timestamp.is_none()
        && app.metadata.finalizers.iter().all(|f| f != labels::APP_FINALIZER)
}

/// Whether somebody wants to see what the values of its steps come to.
fn is_debugged(app: &Application, subject: &Subject) -> bool {
    app.annotation(labels::DEBUG) == Some("true") || subject.policies.iter().any(|policy| policy.kind == DEBUG)
}

fn decoded(base64: &str) -> Option<Value> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(base64).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Services that an earlier part of the same run has told.
fn known_services(app: &Application, subject: &Subject) -> Vec<model::ServiceStatus> {
    let Some(status) = &app.status else { return Vec::new() };
    let same = status.latest_revision.as_ref().is_some_and(|r| r.name == subject.revision.name);
    if same { status.services.clone() } else { Vec::new() }
}

/// Who wrote it: as an admission webhook or KubeVela's tools have recorded it, else as `lateen up` has.
fn author(app: &Application) -> String {
    let recorded = app.annotation(labels::USERNAME).or_else(|| app.annotation(labels::REQUESTED_BY));
    recorded.unwrap_or_default().to_owned()
}

/// What the run is of, and what its steps are told.
fn identity(app: &Application, subject: &Subject) -> Identity {
    let meta = &subject.app.metadata;
    let context: Map<String, Value> = [
        ("name", json!(meta.name)),
        ("namespace", json!(meta.namespace)),
        ("appName", json!(meta.name)),
        ("appRevision", json!(subject.revision.name)),
        ("appRevisionNum", json!(subject.revision.number)),
        ("appLabels", json!(meta.labels)),
        ("appAnnotations", json!(meta.annotations)),
        ("publishVersion", json!(subject.app.publish_version().unwrap_or_default())),
        ("workflowName", json!(meta.annotations.get(labels::WORKFLOW_NAME).cloned().unwrap_or_default())),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v))
    .collect();
    let revision = subject.app.publish_version().map_or_else(|| subject.revision.name.clone(), str::to_owned);
    let author = author(&subject.app);
    Identity { uid: format!("{}/{}", app.metadata.uid, subject.revision.name), revision, author, context }
}

/// How changes of an Application become known.
enum News {
    /// By a watch of its own.
    Watched(Hub),
    /// By the controller's, which watches all of them.
    Told(watch::Receiver<Option<Arc<Application>>>),
}

impl News {
    /// The Application as it is after the next change; `None` when it is gone.
    async fn next(&mut self, target: &ObjectRef, version: &str) -> Result<Option<Arc<Application>>, Fault> {
        match self {
            News::Watched(hub) => {
                hub.objects().changed(target, version, Duration::from_secs(30)).await;
                Ok(hub.application(&target.namespace, &target.name).await?.map(Arc::new))
            }
            News::Told(news) => match news.changed().await {
                Ok(()) => Ok(news.borrow_and_update().clone()),
                Err(_) => Err(Fault::permanent("the controller has ended")),
            },
        }
    }
}

/// Watches the Application while its run is executed: requests of users become events; a new specification, or a deletion,
/// stops the loop so that the run begins anew.
async fn watch_application(
    mut news: News,
    app: Application,
    sender: mpsc::UnboundedSender<Signal>,
    respecified: Arc<AtomicBool>,
) {
    let target = ObjectRef {
        api_version: app.api_version.clone(),
        kind: app.kind.clone(),
        namespace: app.metadata.namespace.clone(),
        name: app.metadata.name.clone(),
    };
    let mut version = app.metadata.resource_version.clone();
    let mut taken = follow::pending(&app).map(|o| o.id);
    loop {
        let now = match news.next(&target, &version).await {
            Ok(Some(now)) => now,
            Ok(None) => {
                let _ = sender.send(Signal::Stop);
                return;
            }
            Err(fault) if fault.class == FaultClass::Permanent => return,
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        version.clone_from(&now.metadata.resource_version);
        // what is told may be older than what was read
        let is_other = now.metadata.uid != app.metadata.uid || now.metadata.generation > app.metadata.generation;
        if is_other || now.metadata.deletion_timestamp.is_some() {
            respecified.store(now.metadata.deletion_timestamp.is_none(), Ordering::Relaxed);
            let _ = sender.send(Signal::Stop);
            return;
        }
        if let Some(operation) = follow::pending(&now)
            && taken.as_ref() != Some(&operation.id)
        {
            taken = Some(operation.id.clone());
            if sender.send(Signal::Event(Event::Operation(operation))).is_err() {
                return;
            }
        }
    }
}
