//! Components to places: rendered, applied in waves, looked at until they are healthy.
//!
//! The waves are decided by `workflow::deploy`; this performs them. What a visit of a step has done is remembered for its
//! next visit, so that a wait does not apply everything again; a process that begins anew does, which is harmless.

use crate::clusters::FleetClusters;
use crate::deliver::Keeper;
use crate::status::Services;
use actions::{Clusters as _, Dispatch as _, Fault, FaultClass, Manifest, ObjectRef};
use cue_syntax::Diagnostic;
use futures::future::BoxFuture;
use indexmap::IndexMap;
use model::{Component, ServiceStatus};
use render::{
    AppInput, AppView, ComponentInput, Health, Live, Origin, Placement, RenderContext, RenderedComponent,
    RenderedObject, RenderedPart, Renderer, Stage,
};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;
use workflow::deploy::{Deploy, Place, Report, Verdict, Work};
use workflow::event::Outcome;

/// An object that a step waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// Where.
    pub cluster: String,
    /// Which.
    pub object: ObjectRef,
    /// As it was when it was looked at; empty: not there.
    pub resource_version: String,
}

/// Delivers the components of one Application.
pub struct Delivery {
    /// Definitions and templates.
    pub renderer: Arc<Renderer>,
    /// The Application with what it names.
    pub input: AppInput,
    /// What templates are told of it.
    pub view: AppView,
    /// The revision and the clusters' versions.
    pub context: RenderContext,
    /// Clusters by name.
    pub clusters: Arc<FleetClusters>,
    /// The Application's objects.
    pub keeper: Arc<Keeper>,
    /// What is told of each service.
    pub services: Services,
    /// Deliveries of steps that wait, by what they were asked.
    memory: Mutex<FxHashMap<String, Memory>>,
    /// What was rendered when the Application was checked, and nobody has applied yet.
    first: std::sync::Mutex<Vec<RenderedPart>>,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("app", &self.view.name).finish_non_exhaustive()
    }
}

/// A component on its way to a place.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where to.
    pub placement: Placement,
    /// What.
    pub component: ComponentInput,
}

impl Target {
    /// Its place as templates are told of it: the hub has a name there.
    fn shown(&self) -> Placement {
        let mut shown = self.placement.clone();
        if shown.cluster.is_empty() {
            model::cluster::LOCAL.clone_into(&mut shown.cluster);
        }
        shown
    }
}

#[derive(Debug)]
struct Memory {
    deploy: Deploy,
    targets: Vec<Target>,
    rendered: FxHashMap<usize, RenderedComponent>,
    /// What servers have just answered: it need not be read again at once.
    answered: FxHashMap<usize, Found>,
}

/// The live objects of a component, and what to watch of them.
type Found = (Live, Vec<Waits>);

/// What a delivery is asked for beside its targets.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// How many components at a time, per cluster.
    pub parallelism: usize,
    /// Do not wait until they are healthy.
    pub no_wait: bool,
    /// Something of what they are made of is secret: what comes out of it is recorded without its content.
    pub secret: bool,
}

/// How a visit ended.
#[derive(Debug)]
pub struct Visit {
    /// For the core.
    pub outcome: Outcome,
    /// What to watch until the next visit.
    pub waits: Vec<Waits>,
    /// The live workloads and outputs of the components, by name, when it is done.
    pub live: IndexMap<String, Live>,
}

/// All problems of a rendering as one permanent fault; positions and paths are in its text.
pub(crate) fn mistakes(problems: &[Diagnostic]) -> Fault {
    let texts: Vec<String> = problems
        .iter()
        .map(|d| {
            let path = d.path.as_ref().filter(|p| !p.is_empty()).map(|p| format!("{p}: ")).unwrap_or_default();
            let place = d.labels.first().map_or_else(String::new, |l| {
                let (line, column) = l.source.line_column(l.start);
                format!(" ({}:{line}:{column})", l.source.name)
            });
            format!("{path}{}{place}", d.message)
        })
        .collect();
    Fault::permanent(texts.join("; "))
}

impl Delivery {
    /// Of one Application at one revision. `first` was rendered by the same renderer with the same input and context.
    pub fn new(
        renderer: Arc<Renderer>,
        input: AppInput,
        context: RenderContext,
        clusters: Arc<FleetClusters>,
        keeper: Arc<Keeper>,
        services: Services,
        first: Vec<RenderedPart>,
    ) -> Delivery {
        let view = AppView::of(&input.app);
        let (memory, first) = (Mutex::default(), std::sync::Mutex::new(first));
        Delivery { renderer, input, view, context, clusters, keeper, services, memory, first }
    }

    /// A component as it is to be at its place. What was rendered of the same component for the same place when the
    /// Application was checked is taken, once: rendering is a function of these and of what the whole run shares.
    fn render(&self, target: &Target, values: &IndexMap<String, Value>) -> Result<RenderedComponent, Vec<Diagnostic>> {
        let shown = target.shown();
        if values.is_empty() {
            let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
            let is_it = |part: &RenderedPart| part.input.as_ref() == Some(&target.component) && part.placement == shown;
            if let Some(place) = first.iter().position(is_it) {
                return Ok(first.swap_remove(place).component);
            }
        }
        self.renderer.component(&self.view, &target.component, &shown, &self.context_with(values), None)
    }

    /// One visit: applies what is ready, looks at what was applied, and says how it stands. `memory` names the delivery
    /// between visits.
    pub async fn visit(
        &self,
        memory: &str,
        targets: impl FnOnce() -> Result<Vec<Target>, Vec<Diagnostic>>,
        manner: Manner,
    ) -> Visit {
        let known = self.memory.lock().await.remove(memory);
        let mut work = match known {
            Some(mut work) => {
                work.deploy.again();
                work
            }
            None => match targets().map_err(|p| mistakes(&p)).and_then(|targets| self.begin(targets, manner)) {
                Ok(work) => work,
                Err(fault) => {
                    return Visit { outcome: crate::perform::failed(fault), waits: Vec::new(), live: IndexMap::new() };
                }
            },
        };
        let mut waits = Vec::new();
        let mut live: IndexMap<String, Live> = IndexMap::new();
        loop {
            let next = work.deploy.work();
            if next.is_empty() {
                break;
            }
            let mut answered = std::mem::take(&mut work.answered);
            let mut under_way: Vec<BoxFuture<'_, (usize, Done)>> = Vec::with_capacity(next.len());
            for one in next {
                let (Work::Apply(index) | Work::Check(index)) = one;
                let Some(target) = work.targets.get(index) else { continue };
                let values = self.values(&work.deploy, index, target);
                let (rendered, found) = (work.rendered.get(&index), answered.remove(&index));
                under_way.push(Box::pin(async move {
                    let done = match (one, rendered) {
                        (Work::Check(_), Some(rendered)) => self.check(target, rendered, found, &values, manner).await,
                        _ => self.apply(target, &values, manner).await,
                    };
                    (index, done)
                }));
            }
            for (index, done) in futures::future::join_all(under_way).await {
                if let Some(rendered) = done.rendered {
                    work.rendered.insert(index, rendered);
                }
                if let (Some(found), Some(target)) = (done.live, work.targets.get(index)) {
                    live.insert(target.component.name.clone(), found);
                }
                if let Some(found) = done.answered {
                    work.answered.insert(index, found);
                }
                waits.extend(done.waits);
                work.deploy.report(index, done.report);
            }
        }
        let outcome = match work.deploy.verdict() {
            Verdict::Done => Outcome::Done(json!({}).into()),
            Verdict::Failed(message) => Outcome::Failed { class: FaultClass::Permanent, message },
            Verdict::Busy => Outcome::Wait { message: "the delivery is under way".into() },
            Verdict::Wait(message) => Outcome::Wait { message },
        };
        if matches!(outcome, Outcome::Wait { .. }) {
            self.memory.lock().await.insert(memory.to_owned(), work);
        }
        Visit { outcome, waits, live }
    }

    fn begin(&self, targets: Vec<Target>, manner: Manner) -> Result<Memory, Fault> {
        let mut places: Vec<(Place, Vec<Component>)> = Vec::new();
        let mut ordered: Vec<Vec<Target>> = Vec::new();
        for target in targets {
            let place = Place {
                cluster: target.placement.cluster.clone(),
                namespace: target.placement.namespace.clone(),
                replica: target.component.replica_key.clone(),
            };
            let component = self.component(&target.component);
            match places.iter().position(|(p, _)| *p == place) {
                Some(i) => {
                    if let (Some((_, list)), Some(group)) = (places.get_mut(i), ordered.get_mut(i)) {
                        list.push(component);
                        group.push(target);
                    }
                }
                None => {
                    places.push((place, vec![component]));
                    ordered.push(vec![target]);
                }
            }
        }
        let deploy = Deploy::new(places, manner.parallelism).map_err(|d| mistakes(&[d]))?;
        let targets = ordered.into_iter().flatten().collect();
        Ok(Memory { deploy, targets, rendered: FxHashMap::default(), answered: FxHashMap::default() })
    }

    /// What the waves need to know of a component: its name and what it waits for and gives.
    fn component(&self, input: &ComponentInput) -> Component {
        Component {
            name: input.name.clone(),
            kind: input.kind.clone(),
            depends_on: input.depends_on.clone(),
            inputs: input.inputs.clone(),
            outputs: self.input.app.component(&input.name).map(|c| c.outputs.clone()).unwrap_or_default(),
            ..Component::default()
        }
    }

    /// The values that a component takes from others of its place.
    fn values(&self, deploy: &Deploy, index: usize, target: &Target) -> IndexMap<String, Value> {
        let inputs = target.component.inputs.iter();
        inputs.filter_map(|i| Some((i.from.clone(), deploy.value(index, &i.from)?.clone()))).collect()
    }

    fn context_with(&self, values: &IndexMap<String, Value>) -> RenderContext {
        let mut context = self.context.clone();
        context.values.extend(values.iter().map(|(k, v)| (k.clone(), cue::json::from_value(v))));
        context
    }

    async fn apply(&self, target: &Target, values: &IndexMap<String, Value>, manner: Manner) -> Done {
        let rendered = match self.render(target, values) {
            Ok(rendered) => rendered,
            Err(problems) => return Done::failed(mistakes(&problems)),
        };
        let (cluster, namespace) = (&target.placement.cluster, &target.placement.namespace);
        if let Err(fault) = self.clusters.ensure_namespace(cluster, namespace).await {
            return Done::failed(fault);
        }
        let mut applied = Vec::new();
        for stage in [Stage::PreDispatch, Stage::DefaultDispatch] {
            let objects: Vec<&RenderedObject> = rendered.objects.iter().filter(|o| o.stage == stage).collect();
            match self.dispatch(target, objects.iter().copied(), manner.secret).await {
                Ok(answers) => applied.extend(objects.into_iter().zip(answers)),
                Err(fault) => return Done::failed(fault),
            }
        }
        let all = applied.len() == rendered.objects.len() && applied.iter().all(|(_, answer)| answer.is_object());
        let found = applied.into_iter().map(|(object, answer)| (object, Some(answer)));
        let answered = if all { self.found(target, found).ok() } else { None };
        Done { report: Report::Applied, rendered: Some(rendered), answered, ..Done::default() }
    }

    async fn dispatch<'o>(
        &self,
        target: &Target,
        objects: impl Iterator<Item = &'o RenderedObject>,
        secret: bool,
    ) -> Result<Vec<Value>, Fault> {
        let manifests: Vec<Manifest> = objects
            .map(|object| Manifest {
                cluster: self.cluster_of(target, object),
                component: target.component.name.clone(),
                trait_name: match &object.origin {
                    Origin::Trait { kind, .. } => kind.clone(),
                    _ => String::new(),
                },
                env: target.placement.env.clone(),
                secret,
                object: object.manifest.clone(),
            })
            .collect();
        if manifests.is_empty() {
            return Ok(Vec::new());
        }
        self.keeper.apply(manifests).await
    }

    fn cluster_of(&self, target: &Target, object: &RenderedObject) -> String {
        if object.control_plane_only { String::new() } else { target.placement.cluster.clone() }
    }

    /// Reads what runs, asks the definition whether it is well, applies what waited for that, and tells the service.
    async fn check(
        &self,
        target: &Target,
        rendered: &RenderedComponent,
        found: Option<Found>,
        values: &IndexMap<String, Value>,
        manner: Manner,
    ) -> Done {
        let found = match found {
            Some(found) => Ok(found),
            None => self.live(target, rendered).await,
        };
        let (live, waits) = match found {
            Ok(found) => found,
            Err(fault) => return Done::failed(fault),
        };
        let context = self.context_with(values);
        let mut live = live;
        let mut rendered = rendered.clone();
        let shown = target.shown();
        let judge = |rendered: &RenderedComponent, live: &Live| {
            self.renderer.health(&self.view, &target.component, &shown, rendered, live, &context)
        };
        let mut health = match judge(&rendered, &live) {
            Ok(health) => health,
            Err(problems) => return Done::failed(mistakes(&problems)),
        };
        if health.workload_healthy {
            // What could not be known before the workload ran can be rendered now.
            if !rendered.pending.is_empty() {
                match self.renderer.component(&self.view, &target.component, &shown, &context, Some(&live)) {
                    Ok(again) => rendered = again,
                    Err(problems) => return Done::failed(mistakes(&problems)),
                }
            }
            let late = rendered.objects.iter().filter(|o| o.stage == Stage::PostDispatch);
            match self.dispatch(target, late, manner.secret).await {
                Ok(applied) if applied.is_empty() => {}
                Ok(_) => {
                    live = match self.live(target, &rendered).await {
                        Ok((live, _)) => live,
                        Err(fault) => return Done::failed(fault),
                    };
                    health = match judge(&rendered, &live) {
                        Ok(health) => health,
                        Err(problems) => return Done::failed(mistakes(&problems)),
                    };
                }
                Err(fault) => return Done::failed(fault),
            }
        }
        self.services.put(self.service(target, &rendered, &health));
        if !health.healthy && !manner.no_wait {
            let message = unhealthy(&health);
            let report = Report::Unhealthy(message);
            return Done { report, rendered: Some(rendered), waits, live: Some(live), answered: None };
        }
        match self.outputs(target, &live) {
            Ok(outputs) => {
                let report = Report::Healthy(outputs);
                Done { report, rendered: Some(rendered), waits: Vec::new(), live: Some(live), answered: None }
            }
            Err(problem) => Done::failed(mistakes(&[problem])),
        }
    }

    /// The values that a component gives to others.
    fn outputs(&self, target: &Target, live: &Live) -> Result<IndexMap<String, Value>, Diagnostic> {
        let outputs =
            self.input.app.component(&target.component.name).map(|c| c.outputs.as_slice()).unwrap_or_default();
        if outputs.is_empty() {
            return Ok(IndexMap::new());
        }
        workflow::step::component_outputs(&render::builtin::Packages, outputs, live.workload.as_ref(), &live.outputs)
    }

    async fn live(&self, target: &Target, rendered: &RenderedComponent) -> Result<Found, Fault> {
        let mut read = Vec::with_capacity(rendered.objects.len());
        for object in &rendered.objects {
            let objects = self.clusters.objects(&self.cluster_of(target, object)).await?;
            read.push((object, objects.read(&ObjectRef::of(&object.manifest)?).await?));
        }
        self.found(target, read.into_iter())
    }

    fn found<'o>(
        &self,
        target: &Target,
        read: impl Iterator<Item = (&'o RenderedObject, Option<Value>)>,
    ) -> Result<Found, Fault> {
        let mut live = Live::default();
        let mut waits = Vec::new();
        for (object, found) in read {
            let cluster = self.cluster_of(target, object);
            let address = ObjectRef::of(&object.manifest)?;
            let version = found.as_ref().and_then(|o| o.pointer("/metadata/resourceVersion")).and_then(Value::as_str);
            waits.push(Waits { cluster, object: address, resource_version: version.unwrap_or_default().to_owned() });
            let Some(found) = found else { continue };
            match &object.origin {
                Origin::Workload => live.workload = Some(found),
                Origin::Auxiliary(output) | Origin::Trait { output, .. } => {
                    live.outputs.insert(output.clone(), found);
                }
                Origin::Policy(_) => {}
            }
        }
        Ok((live, waits))
    }

    fn service(&self, target: &Target, rendered: &RenderedComponent, health: &Health) -> ServiceStatus {
        let text = |object: &RenderedObject, key: &str| {
            object.manifest.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        ServiceStatus {
            name: target.component.name.clone(),
            namespace: target.placement.namespace.clone(),
            cluster: target.placement.cluster.clone(),
            env: target.placement.env.clone(),
            workload_definition: rendered
                .workload()
                .map(|o| model::status::WorkloadGvk { api_version: text(o, "apiVersion"), kind: text(o, "kind") }),
            healthy: health.healthy,
            workload_healthy: Some(health.workload_healthy),
            replica_key: target.component.replica_key.clone(),
            message: health.message.clone(),
            details: health.details.clone(),
            traits: health
                .traits
                .iter()
                .map(|t| model::status::TraitStatus {
                    kind: t.kind.clone(),
                    healthy: t.healthy,
                    pending: t.pending,
                    message: t.message.clone(),
                    details: t.details.clone(),
                })
                .collect(),
            scopes: self.scopes(),
        }
    }

    /// What older tools look for: the health policies, as the scopes that they once were.
    fn scopes(&self) -> Vec<Value> {
        let policies = self.input.app.spec.policies.iter().enumerate().filter(|(_, p)| p.kind == "health");
        policies
            .map(|(i, p)| {
                let (api_version, kind) = ("core.oam.dev/v1alpha2", "HealthScope");
                json!({"reference": {"apiVersion": api_version, "kind": kind, "name": p.effective_name(i)}})
            })
            .collect()
    }
}

/// Why a component is not healthy, in words.
fn unhealthy(health: &Health) -> String {
    let messages = std::iter::once((health.workload_healthy, &health.message))
        .chain(health.traits.iter().map(|t| (t.healthy, &t.message)));
    let said = messages.filter(|(healthy, message)| !healthy && !message.trim().is_empty()).map(|(_, m)| m.trim());
    let problem = health.problems.first().map(|p| p.message.as_str());
    said.chain(problem).next().unwrap_or("not healthy yet").to_owned()
}

/// What came of one task.
#[derive(Debug)]
struct Done {
    report: Report,
    rendered: Option<RenderedComponent>,
    waits: Vec<Waits>,
    live: Option<Live>,
    answered: Option<Found>,
}

impl Default for Done {
    fn default() -> Self {
        Done { report: Report::Applied, rendered: None, waits: Vec::new(), live: None, answered: None }
    }
}

impl Done {
    fn failed(fault: Fault) -> Done {
        Done { report: Report::Failed { class: fault.class, message: fault.message }, ..Done::default() }
    }
}
