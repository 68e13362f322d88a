//! The keeper of an Application's objects: records each in the inventory before it exists anywhere, asks delivery whether
//! it may be touched, and applies it with the Application's own field manager.

use crate::hub::Hub;
use crate::runtime::persist;
use actions::{Clusters, Dispatch, Fault, FaultClass, Manifest, ObjectRef, Objects, PatchType};
use delivery::admit::{Admission, admit};
use delivery::inventory::{Inventory, Record};
use delivery::rules::{Phase, Propagation, Rules};
use futures::StreamExt;
use futures::future::BoxFuture;
use kube::api::{DeleteParams, PropagationPolicy};
use model::tracker::ResourceKey;
use model::{Application, AppliedResource, labels};
use rustc_hash::FxHashSet;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock, PoisonError};
use tokio::sync::Mutex;

/// How many objects of one dispatch are applied at a time.
const PARALLEL: usize = 10;

/// The keeper of one Application's objects for one run.
pub struct Keeper {
    hub: Hub,
    clusters: Arc<dyn Clusters>,
    app: Application,
    rules: Rules,
    revision: String,
    inventory: Mutex<Inventory>,
    /// What is to be recorded by whoever writes next: many steps at a time are one write.
    waiting: std::sync::Mutex<Vec<Arc<Waiting>>>,
    /// What has been applied, as far as it is known: the inventory also holds what was only about to be.
    applied: std::sync::Mutex<FxHashSet<ResourceKey>>,
    /// There were no trackers when it began.
    is_first: bool,
}

/// Objects that somebody waits to see recorded.
struct Waiting {
    manifests: Vec<Manifest>,
    recorded: OnceLock<Result<Vec<bool>, Fault>>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("app", &self.app.metadata.name).finish_non_exhaustive()
    }
}

impl Keeper {
    /// Reads the inventory of an Application.
    ///
    /// # Errors
    /// The hub does not answer; a tracker of this name belongs to another Application.
    pub async fn open(
        hub: Hub,
        clusters: Arc<dyn Clusters>,
        app: Application,
        rules: Rules,
        revision: String,
    ) -> Result<Keeper, Fault> {
        let stored = hub.trackers(&app.metadata.namespace, &app.metadata.name).await?;
        let keeper = Keeper::with(hub, clusters, app, rules, revision, Some(stored))?;
        keeper.recover().await;
        Ok(keeper)
    }

    /// The keeper of an Application that has never had a tracker. The first write of one finds out if it has.
    ///
    /// # Errors
    /// Never: there is nothing that could belong to another Application.
    pub fn first(
        hub: Hub,
        clusters: Arc<dyn Clusters>,
        app: Application,
        rules: Rules,
        revision: String,
    ) -> Result<Keeper, Fault> {
        Keeper::with(hub, clusters, app, rules, revision, None)
    }

    /// With what was stored; `None`: nothing has ever been, and nothing was applied.
    fn with(
        hub: Hub,
        clusters: Arc<dyn Clusters>,
        app: Application,
        rules: Rules,
        revision: String,
        stored: Option<Vec<model::ResourceTracker>>,
    ) -> Result<Keeper, Fault> {
        let is_first = stored.is_none();
        let told = app.status.iter().filter(|_| !is_first).flat_map(|status| &status.applied_resources);
        let applied = std::sync::Mutex::new(told.map(key_of).collect());
        let inventory = Mutex::new(Inventory::of(&app, stored.unwrap_or_default()).map_err(Fault::permanent)?);
        Ok(Keeper { hub, clusters, app, rules, revision, inventory, waiting: Default::default(), applied, is_first })
    }

    /// What has been applied, for the status.
    pub async fn applied(&self) -> Vec<AppliedResource> {
        let inventory = self.inventory.lock().await;
        let applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        delivery::status::applied(&self.app, &inventory, |key| applied.contains(key))
    }

    /// A process that was killed may have applied what it had not told yet: objects that this revision has recorded and the
    /// status does not know are looked at. What cannot be looked at is not claimed.
    async fn recover(&self) {
        let recorded: Vec<model::ManagedResource> = {
            let inventory = self.inventory.lock().await;
            let applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
            let entries = &inventory.current.spec.managed_resources;
            entries.iter().filter(|e| !e.deleted && !applied.contains(&e.key())).cloned().collect()
        };
        let looked = recorded.into_iter().map(|entry| async move {
            let target = ObjectRef {
                api_version: entry.api_version.clone(),
                kind: entry.kind.clone(),
                namespace: entry.namespace.clone(),
                name: entry.name.clone(),
            };
            let live = self.clusters.objects(&entry.cluster).await.ok()?.read(&target).await.ok()??;
            let revision = live.pointer("/metadata/labels").and_then(|l| l.get(labels::APP_REVISION));
            let ours =
                delivery::admit::is_ours(&self.app, &live) && revision.and_then(Value::as_str) == Some(&self.revision);
            ours.then(|| entry.key())
        });
        let found: Vec<Option<ResourceKey>> = futures::stream::iter(looked).buffered(PARALLEL).collect().await;
        self.applied.lock().unwrap_or_else(PoisonError::into_inner).extend(found.into_iter().flatten());
    }

    /// The rules of the Application's policies.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// A copy of the inventory as it stands.
    pub async fn inventory(&self) -> Inventory {
        self.inventory.lock().await.clone()
    }

    /// Records objects; they may be applied when this returns. Says of each whether it had been applied before. Whoever
    /// comes first writes for all who wait by then: one write for each object is what makes wide runs slow.
    async fn record(&self, manifests: &[(Manifest, ObjectRef)]) -> Result<Vec<bool>, Fault> {
        if self.hub.is_of_workflow_runs() {
            // what a run without an Application applies is nobody's
            return Ok(vec![true; manifests.len()]);
        }
        let mine = Arc::new(Waiting {
            manifests: manifests.iter().map(|(manifest, _)| manifest.clone()).collect(),
            recorded: OnceLock::new(),
        });
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(mine.clone());
        let mut inventory = self.inventory.lock().await;
        if let Some(recorded) = mine.recorded.get() {
            return recorded.clone();
        }
        let all = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let known: Vec<Vec<bool>> = {
            // what was recorded and never applied, because it turned out to be somebody's or the process died, is not ours yet
            let applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
            let is_ours = |key: ResourceKey| inventory.has(&key) && applied.contains(&key);
            all.iter().map(|one| one.manifests.iter().map(|m| is_ours(key(&m.cluster, &m.object))).collect()).collect()
        };
        let stored = self.record_all(&mut inventory, &all).await;
        for (one, known) in all.iter().zip(known) {
            // each is set once, by whoever took it out of the list
            let _ = one.recorded.set(stored.clone().map(|()| known));
        }
        mine.recorded.get().cloned().unwrap_or_else(|| Err(Fault::transient("the inventory was not written")))
    }

    async fn record_all(&self, inventory: &mut Inventory, all: &[Arc<Waiting>]) -> Result<(), Fault> {
        let records: Vec<Record<'_>> = all
            .iter()
            .flat_map(|one| &one.manifests)
            .map(|m| Record {
                cluster: &m.cluster,
                component: &m.component,
                trait_name: &m.trait_name,
                env: &m.env,
                creator: "workflow",
                secret: m.secret,
                object: &m.object,
            })
            .collect();
        let mut recorded = inventory.clone();
        for tracker in recorded.record(&self.rules, &records) {
            self.store(tracker).await?;
        }
        // only what is stored is recorded: a write that failed has to be tried again before anything is applied
        *inventory = recorded;
        Ok(())
    }

    async fn store(&self, tracker: &mut model::ResourceTracker) -> Result<(), Fault> {
        let mut wanted = tracker.clone();
        // Applied, not replaced: what another manager has put there stays. managedFields must not travel back.
        wanted.metadata.resource_version.clear();
        wanted.metadata.rest.clear();
        wanted.metadata.uid.clear();
        wanted.metadata.creation_timestamp = None;
        let is_new = self.is_first && tracker.metadata.resource_version.is_empty();
        let made = match is_new {
            true => persist(|| self.hub.make_tracker(&wanted)).await?,
            false => None,
        };
        let stored = match made {
            Some(stored) => stored,
            None => {
                if is_new {
                    self.join(&mut wanted).await?;
                }
                persist(|| self.hub.apply_tracker(&wanted)).await?
            }
        };
        tracker.metadata = stored;
        Ok(())
    }

    /// A tracker of this name is there although nothing else tells that the Application was ever begun: what it lists
    /// stays listed, if it is this Application's.
    async fn join(&self, wanted: &mut model::ResourceTracker) -> Result<(), Fault> {
        let stored = self.hub.trackers(&self.app.metadata.namespace, &self.app.metadata.name).await?;
        let stored = Inventory::of(&self.app, stored).map_err(Fault::permanent)?;
        let wanted_keys: Vec<ResourceKey> = wanted.spec.managed_resources.iter().map(|e| e.key()).collect();
        for found in [stored.root, stored.current].into_iter().filter(|t| t.metadata.name == wanted.metadata.name) {
            let others = found.spec.managed_resources.into_iter().filter(|e| !wanted_keys.contains(&e.key()));
            wanted.spec.managed_resources.extend(others);
        }
        Ok(())
    }

    async fn apply_one(&self, manifest: &Manifest, target: &ObjectRef, recorded: bool) -> Result<Value, Fault> {
        let objects = self.clusters.objects(&manifest.cluster).await?;
        let wanted = &manifest.object;
        if self.hub.is_of_workflow_runs() {
            return objects.apply(wanted, &self.manager(), true, false).await;
        }
        if self.rules.are_plain_for(wanted) {
            // Applied before: whoever else has taken a field since, the owner's mark among them, makes a conflict. Never
            // applied: whatever is there is somebody's. Only then is the object looked at.
            let tried = match recorded {
                true => objects.apply(wanted, &self.manager(), false, false).await,
                false => objects.apply_absent(wanted, &self.manager()).await,
            };
            match tried {
                Err(fault) if fault.status == Some(409) => {}
                done => return done,
            }
        }
        let live = objects.read(target).await?;
        self.bring(&objects, target, wanted, live, recorded, Phase::Update).await
    }

    /// The objects of a cluster.
    pub(super) async fn objects(&self, cluster: &str) -> Result<Objects, Fault> {
        self.clusters.objects(cluster).await
    }

    /// Brings a live object to the wanted state, as far as it may be touched.
    pub(super) async fn bring(
        &self,
        objects: &Objects,
        target: &ObjectRef,
        wanted: &Value,
        live: Option<Value>,
        recorded: bool,
        phase: Phase,
    ) -> Result<Value, Fault> {
        match admit(&self.app, &self.rules, wanted, live.as_ref(), recorded, phase) {
            Admission::Apply => self.write(objects, wanted, live.as_ref(), phase).await,
            Admission::Use | Admission::Keep => Ok(live.unwrap_or(Value::Null)),
            Admission::Share(users) => {
                let patch = json!({"metadata": {"annotations": {labels::SHARED_BY: users}}});
                objects.patch(target, PatchType::Merge, &patch, false, &self.manager()).await
            }
            Admission::Recreate => {
                delete_and_wait(objects, target, live.as_ref(), None).await?;
                self.write(objects, wanted, None, phase).await
            }
            Admission::Refuse(why) => Err(Fault::permanent(format!("{why} (cluster {})", objects.cluster()))),
        }
    }

    pub(super) fn manager(&self) -> String {
        labels::field_manager(&self.app.metadata.namespace, &self.app.metadata.name)
    }

    async fn write(
        &self,
        objects: &Objects,
        wanted: &Value,
        live: Option<&Value>,
        phase: Phase,
    ) -> Result<Value, Fault> {
        let shared = self.rules.is_shared(wanted);
        let mut wanted = wanted.clone();
        if shared && let Some(metadata) = wanted.get_mut("metadata").and_then(Value::as_object_mut) {
            let me = format!("{}/{}", self.app.metadata.namespace, self.app.metadata.name);
            let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
            if let Some(map) = annotations.as_object_mut() {
                map.insert(labels::SHARED_BY.into(), me.into());
            }
        }
        for path in self.rules.keeps(phase, &wanted) {
            if let Some(value) = live.and_then(|live| delivery::path::get(live, &path)) {
                delivery::path::set(&mut wanted, &path, value.clone());
            }
        }
        if self.rules.update(&wanted).op == "replace" && live.is_some() {
            return objects.replace(&wanted, &self.manager()).await;
        }
        objects.apply(&wanted, &self.manager(), true, false).await
    }

    /// Deletes what no version wants any more, after a run that has completed. Answers what was left alone, and why.
    ///
    /// # Errors
    /// The hub does not answer. A cluster that does not answer is no error: its objects stay recorded and are told.
    pub async fn prune(&self, completed: bool, failed: bool) -> Result<Vec<String>, Fault> {
        let plan = delivery::prune::prune(&*self.inventory.lock().await, &self.rules, completed, failed);
        let mut left = Vec::new();
        let mut owed = false;
        for deletion in &plan.delete {
            let entry = &deletion.resource;
            match self.delete_entry(entry, deletion.propagation).await {
                Ok(_) => {}
                Err(fault) => {
                    owed = true;
                    left.push(format!("{} is not deleted yet: {fault}", entry.key()));
                }
            }
        }
        if !owed {
            // What outlives its version moves to the root tracker before its own goes.
            let mut inventory = self.inventory.lock().await;
            let kept: Vec<_> = plan.keep.iter().map(|(entry, _)| entry.clone()).collect();
            if !kept.is_empty() {
                inventory.root.spec.managed_resources.extend(kept);
                let mut root = std::mem::take(&mut inventory.root);
                let stored = self.store(&mut root).await;
                inventory.root = root;
                stored?;
            }
            for name in &plan.trackers {
                persist(|| self.hub.delete_tracker(name)).await?;
            }
            inventory.history.clear();
        }
        left.extend(plan.keep.iter().map(|(entry, why)| format!("{} is kept: {why}", entry.key())));
        Ok(left)
    }

    /// Deletes a recorded object if it is this Application's, and waits until it is gone.
    pub(super) async fn delete_entry(
        &self,
        entry: &model::ManagedResource,
        propagation: Option<Propagation>,
    ) -> Result<bool, Fault> {
        let objects = self.clusters.objects(&entry.cluster).await?;
        let target = ObjectRef {
            api_version: entry.api_version.clone(),
            kind: entry.kind.clone(),
            namespace: entry.namespace.clone(),
            name: entry.name.clone(),
        };
        let live = match objects.read(&target).await {
            // A kind that is not served any more has no objects.
            Err(fault) if fault.class == FaultClass::Permanent && fault.status.is_none() => return Ok(false),
            read => read?,
        };
        let Some(live) = live else { return Ok(false) };
        let users =
            live.pointer("/metadata/annotations").and_then(|a| a.get(labels::SHARED_BY)).and_then(Value::as_str);
        if let Some(users) = users {
            return self.leave_shared(&objects, &target, users).await;
        }
        if !delivery::admit::is_ours(&self.app, &live) {
            // Not ours any more: somebody took it over.
            return Ok(false);
        }
        delete_and_wait(&objects, &target, Some(&live), propagation).await?;
        if entry.raw.is_none() && self.is_kept(&entry.component, &target, !is_secret(&target)) {
            let key = entry.key();
            persist(|| self.hub.forget_secret(&self.app, &key)).await?;
        }
        Ok(true)
    }

    /// Takes this Application off the list of users; the next one becomes the owner, and the last one deletes.
    async fn leave_shared(&self, objects: &Objects, target: &ObjectRef, users: &str) -> Result<bool, Fault> {
        let me = format!("{}/{}", self.app.metadata.namespace, self.app.metadata.name);
        let others: Vec<&str> = users.split(',').map(str::trim).filter(|u| !u.is_empty() && *u != me).collect();
        let Some((namespace, name)) = others.first().and_then(|first| first.split_once('/')) else {
            objects.delete(target, &DeleteParams::default()).await?;
            return Ok(true);
        };
        let patch = json!({"metadata": {
            "annotations": { labels::SHARED_BY: others.join(",") },
            "labels": { labels::APP_NAME: name, labels::APP_NAMESPACE: namespace },
        }});
        objects.patch(target, PatchType::Merge, &patch, false, &self.manager()).await?;
        Ok(false)
    }
}

fn is_secret(target: &ObjectRef) -> bool {
    target.kind == "Secret" && target.api_version == "v1"
}

/// Deletes exactly the object that was looked at, and waits a while until it is gone.
async fn delete_and_wait(
    objects: &Objects,
    target: &ObjectRef,
    live: Option<&Value>,
    propagation: Option<Propagation>,
) -> Result<(), Fault> {
    let uid = live.and_then(|l| l.pointer("/metadata/uid")).and_then(Value::as_str).map(str::to_owned);
    let parameters = DeleteParams {
        propagation_policy: Some(match propagation {
            Some(Propagation::Orphan) => PropagationPolicy::Orphan,
            _ => PropagationPolicy::Background,
        }),
        preconditions: uid.clone().map(|uid| kube::api::Preconditions { uid: Some(uid), resource_version: None }),
        ..DeleteParams::default()
    };
    objects.delete(target, &parameters).await?;
    let mut pause = std::time::Duration::from_millis(10);
    for _ in 0..30 {
        let gone = objects
            .read(target)
            .await?
            .is_none_or(|now| now.pointer("/metadata/uid").and_then(Value::as_str) != uid.as_deref());
        if gone {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(std::time::Duration::from_secs(1));
    }
    Err(Fault::transient(format!(
        "{target} on cluster {} is still being deleted (a finalizer holds it)",
        objects.cluster()
    )))
}

fn key(cluster: &str, object: &Value) -> ResourceKey {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    ResourceKey {
        cluster: model::cluster::normalise(cluster).to_owned(),
        group: model::meta::group_of(&text("/apiVersion")).to_owned(),
        kind: text("/kind"),
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
    }
}

/// What an entry of the status is about.
fn key_of(told: &AppliedResource) -> ResourceKey {
    ResourceKey {
        cluster: model::cluster::normalise(&told.cluster).to_owned(),
        group: model::meta::group_of(&told.object.api_version).to_owned(),
        kind: told.object.kind.clone(),
        namespace: told.object.namespace.clone(),
        name: told.object.name.clone(),
    }
}

impl Dispatch for Keeper {
    fn apply<'a>(&'a self, manifests: Vec<Manifest>) -> BoxFuture<'a, Result<Vec<Value>, Fault>> {
        Box::pin(async move {
            let mut addressed = Vec::with_capacity(manifests.len());
            for mut manifest in manifests {
                let objects = self.clusters.objects(&manifest.cluster).await?;
                let mut target = ObjectRef::of(&manifest.object)?;
                let (_, namespaced) = objects.resource(&target.api_version, &target.kind).await?;
                self.mark(&mut manifest, &mut target, namespaced);
                addressed.push((manifest, target));
            }
            let recorded = self.record(&addressed).await?;
            self.keep_secrets(&addressed).await;
            let mut applied: Vec<BoxFuture<'_, Result<Value, Fault>>> = Vec::with_capacity(addressed.len());
            for ((manifest, target), recorded) in addressed.iter().zip(recorded) {
                applied.push(Box::pin(self.apply_one(manifest, target, recorded)));
            }
            let results: Vec<Result<Value, Fault>> = futures::stream::iter(applied).buffered(PARALLEL).collect().await;
            let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
            for ((manifest, _), result) in addressed.iter().zip(&results) {
                let key = key(&manifest.cluster, &manifest.object);
                match result {
                    Ok(_) => applied.insert(key),
                    Err(_) => applied.remove(&key),
                };
            }
            drop(applied);
            // Every object is tried; the first fault is told.
            results.into_iter().collect()
        })
    }

    fn delete<'a>(&'a self, mut manifest: Manifest) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async move {
            let objects = self.clusters.objects(&manifest.cluster).await?;
            let mut target = ObjectRef::of(&manifest.object)?;
            let (_, namespaced) = objects.resource(&target.api_version, &target.kind).await?;
            // it is recorded as it was marked: what is recorded still is brought back
            self.mark(&mut manifest, &mut target, namespaced);
            let deleted = objects.delete(&target, &DeleteParams::default()).await?;
            let mut inventory = self.inventory.lock().await;
            for tracker in inventory.forget(&key(&manifest.cluster, &manifest.object)) {
                self.store(tracker).await?;
            }
            Ok(deleted)
        })
    }
}

impl Keeper {
    /// Whether what is recorded without its content is kept apart, because it cannot be made again from the Application alone:
    /// what secrets went into, Secrets that steps apply, and those of components that are given values.
    fn is_kept(&self, component: &str, target: &ObjectRef, secret: bool) -> bool {
        let given = || component.is_empty() || self.app.component(component).is_some_and(|c| !c.inputs.is_empty());
        secret || (is_secret(target) && given())
    }

    /// Those of them that are recorded without their content.
    pub async fn without_content(&self, keys: &[ResourceKey]) -> Vec<ResourceKey> {
        let inventory = self.inventory.lock().await;
        let current = [&inventory.current, &inventory.root].into_iter().flat_map(|t| &t.spec.managed_resources);
        let without: FxHashSet<ResourceKey> =
            current.filter(|e| !e.deleted && e.raw.is_none()).map(|e| e.key()).collect();
        keys.iter().filter(|key| without.contains(key)).cloned().collect()
    }

    /// Keeps what cannot be made again. That it could not be kept is no reason not to apply it: only what somebody changes of it
    /// then stays so.
    async fn keep_secrets(&self, manifests: &[(Manifest, ObjectRef)]) {
        let kept = manifests.iter().filter(|(m, target)| self.is_kept(&m.component, target, m.secret));
        let secrets: Vec<(ResourceKey, &Value)> = kept.map(|(m, _)| (key(&m.cluster, &m.object), &m.object)).collect();
        if secrets.is_empty() || self.hub.is_of_workflow_runs() {
            return;
        }
        if let Err(fault) = persist(|| self.hub.keep_secrets(&self.app, &secrets)).await {
            tracing::warn!(app = self.app.metadata.name, %fault, "what is secret in an object could not be kept");
        }
    }

    /// An object of this Application as it is applied.
    pub(super) fn marked(&self, object: &Value, namespaced: bool) -> Value {
        let mut manifest = Manifest {
            cluster: String::new(),
            component: String::new(),
            trait_name: String::new(),
            env: String::new(),
            secret: true,
            object: object.clone(),
        };
        let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut target = ObjectRef { api_version: String::new(), kind: String::new(), namespace, name: String::new() };
        self.mark(&mut manifest, &mut target, namespaced);
        manifest.object
    }

    /// Gives an object its namespace and its owner's mark.
    fn mark(&self, manifest: &mut Manifest, target: &mut ObjectRef, namespaced: bool) {
        let app = &self.app.metadata;
        say_in_data(&mut manifest.object);
        let Some(object) = manifest.object.as_object_mut() else { return };
        let metadata = object.entry("metadata").or_insert_with(|| json!({}));
        let Some(metadata) = metadata.as_object_mut() else { return };
        if !namespaced {
            metadata.remove("namespace");
            target.namespace.clear();
        } else if target.namespace.is_empty() {
            metadata.insert("namespace".into(), app.namespace.clone().into());
            target.namespace.clone_from(&app.namespace);
        }
        let labels_of = metadata.entry("labels").or_insert_with(|| json!({}));
        if self.hub.is_of_workflow_runs() {
            if let Some(map) = labels_of.as_object_mut() {
                map.insert(labels::RUN_NAME.into(), app.name.as_str().into());
                map.insert(labels::RUN_NAMESPACE.into(), app.namespace.as_str().into());
            }
        } else if let Some(map) = labels_of.as_object_mut() {
            for (key, value) in [
                (labels::APP_NAME, app.name.as_str()),
                (labels::APP_NAMESPACE, app.namespace.as_str()),
                (labels::APP_REVISION, self.revision.as_str()),
            ] {
                map.insert(key.into(), value.into());
            }
        }
        if !self.hub.is_of_workflow_runs() && (manifest.secret || is_secret(target)) {
            note_fields(&mut manifest.object);
        }
    }
}

/// Puts a note of its fields on an object whose content is not recorded: a controller that starts later then sees that it is as
/// it was applied.
fn note_fields(object: &mut Value) {
    let Some(note) = delivery::drift::note(object) else { return };
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if let Some(annotations) = metadata.entry("annotations").or_insert_with(|| json!({})).as_object_mut() {
        annotations.insert(labels::FIELDS.into(), note.into());
    }
}

/// Says a Secret's `stringData` in `data`: a server forgets who has set the former, so that keys that are gone would stay and
/// changes would not be seen.
fn say_in_data(object: &mut Value) {
    use base64::Engine as _;
    let is_secret = object.get("kind").and_then(Value::as_str) == Some("Secret")
        && object.get("apiVersion").and_then(Value::as_str) == Some("v1");
    let Some(map) = object.as_object_mut().filter(|_| is_secret) else { return };
    let Some(Value::Object(texts)) = map.remove("stringData") else { return };
    let data = map.entry("data").or_insert_with(|| json!({}));
    if data.is_null() {
        *data = json!({});
    }
    let Some(data) = data.as_object_mut() else { return };
    for (key, value) in texts {
        if let Some(text) = value.as_str() {
            data.insert(key, base64::engine::general_purpose::STANDARD.encode(text).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_says_everything_in_its_data() {
        let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="}, "stringData": {"b": "y"}});
        say_in_data(&mut secret);
        assert_eq!(secret, json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA==", "b": "eQ=="}}));
        let mut other = json!({"apiVersion": "v1", "kind": "ConfigMap", "stringData": {"b": "y"}});
        say_in_data(&mut other);
        assert!(other.get("stringData").is_some());
    }
}
