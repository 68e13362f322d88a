//! One component for one place: its template, its traits in order, and the last touch on each object.

use crate::application::{AppView, ComponentInput, TraitInput};
use crate::applies::{self, Workload};
use crate::context::{self, Place, RenderContext};
use crate::definition::{self, Loaded};
use crate::object::{self, Origin, Owner};
use crate::patch::Open;
use crate::placement::Placement;
use crate::renderer::Renderer;
use crate::template::Template;
use crate::{conflicts, conform, error, patch, template, tree};
use cue::{Completeness, Data, DataOptions, DataValue, ErrorClass, Evaluation, Fields, Value};
use cue_syntax::{Diagnostic, Label, Severity};
use model::DefinitionKind;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// When an object is applied, relative to the workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before the workload.
    PreDispatch,
    /// Together with it.
    #[default]
    DefaultDispatch,
    /// After it has become healthy.
    PostDispatch,
}

impl Stage {
    fn of(text: &str) -> Stage {
        match text {
            "PreDispatch" => Stage::PreDispatch,
            "PostDispatch" => Stage::PostDispatch,
            _ => Stage::DefaultDispatch,
        }
    }
}

/// An object, ready to be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedObject {
    /// What it is in its component.
    pub origin: Origin,
    /// When it is applied.
    pub stage: Stage,
    /// It goes to the hub, whatever the placement says.
    pub control_plane_only: bool,
    /// The whole manifest.
    pub manifest: Json,
}

/// A trait whose objects can only be known when the workload runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingTrait {
    /// Its type.
    pub kind: String,
    /// What it waits for.
    pub why: String,
}

/// A component, rendered for one place.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedComponent {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// The workload first, then its auxiliaries, then the traits' objects in order. The workload is absent when a trait
    /// manages it.
    pub objects: Vec<RenderedObject>,
    /// Traits of stage PostDispatch that read what is not there yet.
    pub pending: Vec<PendingTrait>,
    /// Worth knowing.
    pub warnings: Vec<Diagnostic>,
}

impl RenderedComponent {
    /// The workload.
    pub fn workload(&self) -> Option<&RenderedObject> {
        self.objects.iter().find(|o| o.origin == Origin::Workload)
    }
}

/// What runs now, for templates that read it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// The workload.
    pub workload: Option<Json>,
    /// The other objects by output name.
    pub outputs: indexmap::IndexMap<String, Json>,
}

/// One rendering in progress.
struct Work<'a> {
    renderer: &'a Renderer,
    render: &'a RenderContext,
    live: Option<&'a Live>,
    context: Data,
    output: Option<Data>,
    outputs: Fields,
    objects: Vec<(Origin, Stage, bool, String)>,
    pending: Vec<PendingTrait>,
    warnings: Vec<Diagnostic>,
}

/// Renders a component.
pub(crate) fn render(
    renderer: &Renderer,
    app: &AppView,
    component: &ComponentInput,
    placement: &Placement,
    render: &RenderContext,
    live: Option<&Live>,
) -> Result<RenderedComponent, Vec<Diagnostic>> {
    let loaded =
        renderer.definition(DefinitionKind::Component, &component.kind, &format!("{}.type", component.path))?;
    let (properties, missing) = with_inputs(component, render);
    let revision = if render.app_revision.is_empty() { String::new() } else { revision_of(component, &properties) };
    let place = Place {
        component: &component.name,
        namespace: &placement.namespace,
        cluster: &placement.cluster,
        replica_key: &component.replica_key,
        revision: &revision,
    };
    let mut work = Work {
        renderer,
        render,
        live,
        context: context::component(app, render, place),
        output: None,
        outputs: Fields::default(),
        objects: Vec::new(),
        pending: Vec::new(),
        warnings: loaded.warnings.clone(),
    };
    if live.is_some() {
        work.tell_live();
    }
    let mut problems = work.component(&loaded, component, &properties, &missing).err().unwrap_or_default();
    let traits = resolve_traits(renderer, component, &mut problems);
    problems.extend(conflicts::check(&traits));
    for (input, loaded) in &traits {
        if !problems.is_empty() {
            // What the traits would see is not there: only their parameters can be looked at.
            problems.extend(work.check_trait(loaded, input).err().unwrap_or_default());
            continue;
        }
        if let Err(found) = work.apply_trait(loaded, input, component) {
            problems.extend(found);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let managed = traits.iter().any(|(_, l)| l.definition.spec.manage_workload);
    let owner = Owner {
        app,
        component: &component.name,
        component_type: definition::split_version(&component.kind).0,
        app_revision: &render.app_revision,
        revision: &revision,
        replica_key: &component.replica_key,
        namespace: &placement.namespace,
        cluster: &placement.cluster,
    };
    let declared = loaded.definition.spec.workload.as_ref().map_or("", |w| w.kind.as_str());
    work.finish(&owner, component, Whole { managed, declared }, &traits)
}

/// The properties with the values that the component takes from others; with the names of those that are not known yet.
fn with_inputs(component: &ComponentInput, render: &RenderContext) -> (Data, Vec<String>) {
    let mut properties = component.properties.clone();
    let mut missing = Vec::new();
    for input in &component.inputs {
        if input.parameter_key.is_empty() {
            continue;
        }
        match render.values.get(&input.from) {
            Some(value) => tree::set_parts(&mut properties, &tree::parts(&input.parameter_key), value.clone()),
            None => missing.push(input.parameter_key.clone()),
        }
    }
    (properties, missing)
}

/// The hash of a component's content.
fn revision_of(component: &ComponentInput, properties: &Data) -> String {
    let mut hash = Sha256::new();
    let mut add = |kind: &str, data: &Data| {
        hash.update(kind.as_bytes());
        hash.update(cue::json::to_value(data).map(|v| v.to_string()).unwrap_or_default().as_bytes());
    };
    add(&component.kind, properties);
    for t in &component.traits {
        add(&t.kind, &t.properties);
    }
    hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
}

type Traits<'a> = Vec<(&'a TraitInput, Arc<Loaded>)>;

fn resolve_traits<'a>(
    renderer: &Renderer,
    component: &'a ComponentInput,
    problems: &mut Vec<Diagnostic>,
) -> Traits<'a> {
    let mut traits = Vec::new();
    for t in &component.traits {
        match renderer.definition(DefinitionKind::Trait, &t.kind, &format!("{}.type", t.path)) {
            Ok(loaded) => traits.push((t, loaded)),
            Err(found) => problems.extend(found),
        }
    }
    traits
}

impl Work<'_> {
    fn tell_live(&mut self) {
        let Some(live) = self.live else { return };
        if let Some(workload) = &live.workload {
            tree::set(&mut self.context, &["output"], cue::json::from_value(workload));
        }
        let outputs = live.outputs.iter().map(|(k, v)| (k.as_str(), cue::json::from_value(v)));
        let outputs = tree::object(outputs);
        tree::set(&mut self.context, &["outputs"], outputs);
    }

    fn component(
        &mut self,
        loaded: &Loaded,
        component: &ComponentInput,
        properties: &Data,
        missing: &[String],
    ) -> Result<(), Vec<Diagnostic>> {
        let base = format!("{}.properties", component.path);
        let mut evaluation = self.evaluate(loaded, properties)?;
        let mut checked = check(&evaluation, loaded, &base, properties);
        if checked.is_err() && !missing.is_empty() {
            // What an input will bring is not known before its step has run: say so where it matters.
            let mut properties = properties.clone();
            for (id, key) in missing.iter().enumerate() {
                tree::set_parts(&mut properties, &tree::parts(key), DataValue::Unknown(id as u32).into());
            }
            evaluation = self.evaluate(loaded, &properties)?;
            checked = check(&evaluation, loaded, &base, &properties);
        }
        checked?;
        let facing = |problems| error::translate(problems, &base, loaded, properties);
        errs(&evaluation, loaded, &component.path)?;
        self.warnings.extend(advice(&evaluation, loaded, &component.path));
        let output = evaluation.lookup(&template::field("output"));
        if output.exists() {
            self.output = Some(concrete(output).map_err(facing)?);
            self.objects.push((Origin::Workload, Stage::DefaultDispatch, false, String::new()));
        }
        for (name, object) in outputs(&evaluation).map_err(facing)? {
            self.objects.push((Origin::Auxiliary(name.to_string()), Stage::DefaultDispatch, false, name.to_string()));
            self.outputs.insert(name, object);
        }
        Ok(())
    }

    fn evaluate(&self, loaded: &Loaded, properties: &Data) -> Result<Evaluation, Vec<Diagnostic>> {
        let program = self.renderer.programs.template(loaded, !self.render.allow_unknown)?;
        Ok(self.renderer.programs.evaluate(&program, Some(properties), &self.context))
    }

    fn check_trait(&self, loaded: &Arc<Loaded>, input: &TraitInput) -> Result<(), Vec<Diagnostic>> {
        let base = format!("{}.properties", input.path);
        check(&self.evaluate(loaded, &input.properties)?, loaded, &base, &input.properties)
    }

    fn apply_trait(
        &mut self,
        loaded: &Arc<Loaded>,
        input: &TraitInput,
        component: &ComponentInput,
    ) -> Result<(), Vec<Diagnostic>> {
        let spec = &loaded.definition.spec;
        let stage = Stage::of(&spec.stage);
        let base = format!("{}.properties", input.path);
        let template = self.renderer.programs.template(loaded, !self.render.allow_unknown)?;
        self.tell_trait(component, input, &template);
        let evaluation = self.renderer.programs.evaluate(&template, Some(&input.properties), &self.context);
        check(&evaluation, loaded, &base, &input.properties)?;
        errs(&evaluation, loaded, &input.path)?;
        self.warnings.extend(advice(&evaluation, loaded, &input.path));
        let facing = |problems| error::translate(problems, &base, loaded, &input.properties);
        let made = match outputs(&evaluation) {
            Ok(made) => made,
            Err(problems) => {
                let waits = stage == Stage::PostDispatch && self.live.is_none() && all_incomplete(&evaluation);
                if !waits {
                    return Err(facing(problems));
                }
                let why = problems.first().map_or_else(String::new, |p| p.message.clone());
                self.pending.push(PendingTrait { kind: input.kind.clone(), why });
                return Ok(());
            }
        };
        self.warnings.extend(loaded.warnings.iter().cloned());
        if let Some(why) = self.patches(&evaluation, loaded, input).map_err(facing)? {
            self.pending.push(PendingTrait { kind: input.kind.clone(), why });
        }
        for (name, object) in made {
            let origin = Origin::Trait { kind: loaded.definition.name.clone(), output: name.to_string() };
            let slot = self.slot(&name);
            self.objects.push((origin, stage, spec.control_plane_only, slot.clone()));
            self.outputs.insert(slot.into(), object);
        }
        Ok(())
    }

    /// The name under which later traits see an output: its own, or with a number when an earlier one has it.
    fn slot(&self, name: &str) -> String {
        let mut slot = name.to_owned();
        let mut n = 1;
        while self.outputs.contains_key(slot.as_str()) {
            n += 1;
            slot = format!("{name}#{n}");
        }
        slot
    }

    /// What a trait is told of what was rendered before it, where it asks.
    fn tell_trait(&mut self, component: &ComponentInput, input: &TraitInput, template: &Template) {
        if let Some(output) = self.output.as_ref().filter(|_| template.reads.includes("output")) {
            let mut output = output.clone();
            if let Some(status) = self.live.and_then(|l| l.workload.as_ref()).and_then(|w| w.get("status")) {
                tree::set(&mut output, &["status"], cue::json::from_value(status));
            }
            tree::set(&mut self.context, &["output"], output);
        }
        if template.reads.includes("outputs") {
            tree::set(&mut self.context, &["outputs"], DataValue::Struct(self.outputs.clone()).into());
        }
        if template.reads.includes("parameter") {
            tree::set(&mut self.context, &["parameter"], input.properties.clone());
        }
        let kind = definition::split_version(&component.kind).0;
        tree::set(&mut self.context, &["componentType"], Data::string(kind));
    }

    /// `patch` and `patchOutputs`. Gives what a trait of the last stage has to wait for.
    fn patches(
        &mut self,
        evaluation: &Evaluation,
        loaded: &Loaded,
        input: &TraitInput,
    ) -> Result<Option<String>, Vec<Diagnostic>> {
        let waits = Stage::of(&loaded.definition.spec.stage) == Stage::PostDispatch && self.live.is_none();
        let mut waiting = None;
        let mut applied = |base: &Data, value: &Value<'_>, under: usize| -> Result<Data, Vec<Diagnostic>> {
            let patch = Open::read(value, under)?;
            waiting = waiting.take().or_else(|| patch.open.first().map(|p| p.message.clone()).filter(|_| waits));
            let merged =
                patch::apply(base, &patch.data).map_err(|problems| patch::told(problems, loaded, &input.path))?;
            patch.closed(merged, waits, loaded, &input.path)
        };
        let value = evaluation.lookup(&template::field("patch"));
        if value.exists()
            && let Some(output) = &self.output
        {
            let patched = applied(output, &value, 1)?;
            self.warnings.extend(patch::disruption(output, &patched, loaded, &input.path));
            self.output = Some(patched);
        }
        for view in evaluation.lookup(&template::field("patchOutputs")).fields(&cue::FieldOptions::default()) {
            let Some(object) = self.outputs.get(view.label.as_str()) else {
                return Err(vec![
                    Diagnostic::error(
                        "render/patch-of-nothing",
                        format!(
                            "trait \"{}\" patches the output \"{}\", which no one before it makes",
                            loaded.definition.name, view.label
                        ),
                    )
                    .path(input.path.clone())
                    .help("put the trait after the one that makes it"),
                ]);
            };
            let patched = applied(object, &view.value, 2)?;
            self.outputs.insert(view.label.clone(), patched);
        }
        Ok(waiting)
    }

    fn finish(
        mut self,
        owner: &Owner<'_>,
        component: &ComponentInput,
        whole: Whole<'_>,
        traits: &Traits<'_>,
    ) -> Result<RenderedComponent, Vec<Diagnostic>> {
        let mut workload = self.output.take();
        if let Some(workload) = &mut workload {
            object::finish(workload, &Origin::Workload, owner);
        }
        let reference = workload.as_ref().map(|w| {
            let text = |path: &[&str]| Data::string(tree::text_at(w, path));
            tree::object([
                ("apiVersion", text(&["apiVersion"])),
                ("kind", text(&["kind"])),
                ("name", text(&["metadata", "name"])),
            ])
        });
        let text = |field: &str| workload.as_ref().map_or("", |w| tree::text_at(w, &[field])).to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let described = Workload {
            component_type: owner.component_type,
            api_version: &api_version,
            kind: &kind,
            declared: whole.declared,
        };
        let mut objects = Vec::new();
        let lenient = self.render.allow_unknown;
        let unfit = traits
            .iter()
            .filter_map(|(input, loaded)| applies::check(loaded, &input.path, &component.name, described, lenient));
        let (mut problems, odd): (Vec<_>, Vec<_>) = unfit.partition(|p| p.severity == Severity::Error);
        self.warnings.extend(odd);
        for (origin, stage, control_plane_only, slot) in &std::mem::take(&mut self.objects) {
            let data = match origin {
                Origin::Workload if whole.managed => continue,
                Origin::Workload => workload.take(),
                _ => self.outputs.get(slot.as_str()).cloned(),
            };
            let Some(mut data) = data else { continue };
            if let Origin::Trait { kind, .. } = origin {
                let path = traits.iter().find(|(_, l)| l.definition.name == *kind);
                let path = path.map_or("", |(_, l)| l.definition.spec.workload_ref_path.as_str());
                if let Some(reference) = reference.clone().filter(|_| !path.is_empty()) {
                    tree::set_parts(&mut data, &tree::parts(path), reference);
                }
            }
            if *origin != Origin::Workload {
                object::finish(&mut data, origin, owner);
            }
            let manifest = to_json(&data);
            let cluster = if *control_plane_only { crate::placement::LOCAL } else { owner.cluster };
            let path = self.path_of(origin, component, traits);
            let what = format!("component \"{}\"", component.name);
            let shown = origin.to_string();
            let owned = Owned { path, origin: &shown, cluster, what: &what };
            if let Err(problem) = well_formed(&data, owned) {
                problems.push(problem);
                continue;
            }
            let mut found = conform::check(&data, &manifest, owned, self.render);
            if owner.app.partial {
                found.retain(|p| p.code != "render/missing-field");
            }
            let (wrong, odd): (Vec<_>, Vec<_>) = found.into_iter().partition(|p| p.severity == Severity::Error);
            problems.extend(wrong);
            self.warnings.extend(odd);
            objects.push(RenderedObject {
                origin: origin.clone(),
                stage: *stage,
                control_plane_only: *control_plane_only,
                manifest,
            });
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(RenderedComponent {
            name: component.name.clone(),
            kind: component.kind.clone(),
            objects,
            pending: self.pending,
            warnings: self.warnings,
        })
    }
}

impl Work<'_> {
    /// Where a user asked for an object.
    fn path_of<'a>(&self, origin: &Origin, component: &'a ComponentInput, traits: &'a Traits<'_>) -> &'a str {
        let Origin::Trait { kind, .. } = origin else { return &component.path };
        let found = traits.iter().find(|(_, l)| l.definition.name == *kind);
        found.map_or(&component.path, |(input, _)| &input.path)
    }
}

/// What is said of a component as a whole.
#[derive(Debug, Clone, Copy)]
struct Whole<'a> {
    /// A trait's object takes the place of the workload.
    managed: bool,
    /// `workload.type` of its definition.
    declared: &'a str,
}

/// Whose object is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owned<'a> {
    /// Where the user asked for it.
    pub(crate) path: &'a str,
    /// What it is there, in a word: `workload`, `trait:scaler`.
    pub(crate) origin: &'a str,
    pub(crate) cluster: &'a str,
    /// Who renders it, in words.
    pub(crate) what: &'a str,
}

/// As JSON; what a step has to bring first is named.
pub(crate) fn to_json(data: &Data) -> Json {
    match cue::json::to_value(data) {
        Ok(value) => value,
        Err(_) => cue::json::to_value(&without_unknown(data)).unwrap_or(Json::Null),
    }
}

fn without_unknown(data: &Data) -> Data {
    let value = match &data.value {
        DataValue::Unknown(_) => DataValue::String("(known when the workflow runs)".into()),
        DataValue::List(items) => DataValue::List(items.iter().map(without_unknown).collect()),
        DataValue::Struct(fields) => {
            DataValue::Struct(fields.iter().map(|(k, v)| (k.clone(), without_unknown(v))).collect())
        }
        other => other.clone(),
    };
    Data { value, labels: data.labels, origin: data.origin.clone() }
}

pub(crate) fn well_formed(data: &Data, owned: Owned<'_>) -> Result<(), Diagnostic> {
    let lacks: Vec<&str> =
        ["apiVersion", "kind"].into_iter().filter(|f| tree::text_at(data, &[f]).is_empty()).collect();
    if lacks.is_empty() {
        return Ok(());
    }
    let text = format!("what {} renders as {} has no {}", owned.what, owned.origin, lacks.join(" and no "));
    let mut problem = Diagnostic::error("render/no-object", text)
        .path(owned.path)
        .help("every output of a definition has to be a whole Kubernetes object");
    problem.labels.extend(data.origin.as_ref().map(|origin| crate::conform::written(origin)));
    Err(problem)
}

/// The parameters have to be complete and right before anything made of them is looked at.
pub(crate) fn check(evaluation: &Evaluation, loaded: &Loaded, base: &str, given: &Data) -> Result<(), Vec<Diagnostic>> {
    let parameter = evaluation.lookup(&template::field("parameter"));
    if !parameter.exists() {
        return Ok(());
    }
    let Err(mut problems) = parameter.data(&DataOptions { completeness: Completeness::Concrete, origins: false })
    else {
        return Ok(());
    };
    // A permanent error may have come alone: what is missing beside it is told at the same time.
    for other in parameter.incomplete() {
        if !problems.contains(&other) {
            problems.push(other);
        }
    }
    Err(error::translate(problems, base, loaded, given))
}

/// The texts of a list at the top of a template, as far as they are there, and where each is written.
fn texts(evaluation: &Evaluation, field: &str) -> Vec<(String, Option<Label>)> {
    let value = evaluation.lookup(&template::field(field));
    if !value.exists() {
        return Vec::new();
    }
    let Ok(data) = value.data(&DataOptions { completeness: Completeness::Partial, origins: true }) else {
        return Vec::new();
    };
    let told = |item: &Data| {
        let place = item.origin.as_ref().map(|origin| crate::conform::written(origin));
        Some((tree::text(item)?.to_owned(), place))
    };
    tree::items(&data).iter().filter_map(told).collect()
}

/// `errs`: why the definition itself refuses what it is given.
fn errs(evaluation: &Evaluation, loaded: &Loaded, path: &str) -> Result<(), Vec<Diagnostic>> {
    let problems: Vec<Diagnostic> = texts(evaluation, "errs")
        .into_iter()
        .map(|(text, place)| {
            let mut problem = Diagnostic::error("render/refused", text)
                .path(path)
                .help(format!("\"{}\" ({}) says so", loaded.definition.name, loaded.provenance));
            problem.labels.extend(place);
            problem
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// `warns`: what the definition has to say of what it takes all the same.
fn advice(evaluation: &Evaluation, loaded: &Loaded, path: &str) -> Vec<Diagnostic> {
    let told = |(text, place): (String, Option<Label>)| {
        let mut advice = Diagnostic::warning("render/advice", text)
            .path(path)
            .help(format!("\"{}\" ({}) says so", loaded.definition.name, loaded.provenance));
        advice.labels.extend(place);
        advice
    };
    texts(evaluation, "warns").into_iter().map(told).collect()
}

pub(crate) fn concrete(value: Value<'_>) -> Result<Data, Vec<Diagnostic>> {
    value.data(&DataOptions { completeness: Completeness::Concrete, origins: true })
}

pub(crate) fn outputs(evaluation: &Evaluation) -> Result<Fields, Vec<Diagnostic>> {
    let value = evaluation.lookup(&template::field("outputs"));
    if !value.exists() {
        return Ok(Fields::default());
    }
    match concrete(value)?.value {
        DataValue::Struct(fields) => Ok(fields),
        _ => Err(vec![Diagnostic::error("render/outputs", "`outputs` is no struct of objects")]),
    }
}

fn all_incomplete(evaluation: &Evaluation) -> bool {
    let value = evaluation.lookup(&template::field("outputs"));
    value.errors().is_empty() && !matches!(value.error(), Some((ErrorClass::Error, _)))
}
