//! From a subject to something that can run: definitions found, everything checked, templates compiled.
//!
//! Nothing is written here. Whatever is wrong is told at once, before the first object is touched.

use crate::catalogue::{Catalogue, Known};
use crate::error::Error;
use crate::hub::Hub;
use crate::packages::Added;
use crate::subject::Subject;
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::generate::Steps;
use model::{ApplicationRevision, DefinitionKind, Mode, Step};
use render::builtin::Builtins;
use render::definition::{DefinitionSource, Given, Layers, Loaded, Provenance};
use render::{AppInput, ClusterVersion, Clusters, RenderContext, RenderedPart, Renderer};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use workflow::Plan;
use workflow::step::Templates;

/// Where definitions come from beside the built-in ones.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// Given on the command line; they win over all others.
    pub files: Given,
    /// Package objects of the same files: they need not be on the hub yet.
    pub packages: Vec<serde_json::Value>,
}

/// Everything that a run needs.
#[derive(Debug)]
pub struct Prepared {
    /// The Application with what it names, for rendering.
    pub input: AppInput,
    /// Definitions and compiled templates.
    pub renderer: Arc<Renderer>,
    /// Compiled steps.
    pub templates: Arc<Templates>,
    /// The step graph.
    pub plan: Arc<Plan>,
    /// The revision and the clusters.
    pub context: RenderContext,
    /// The definitions that it uses, by kind and by the name that the user wrote.
    pub used: IndexMap<(DefinitionKind, String), Arc<Loaded>>,
    /// Packages that were added to the hub.
    pub added: Added,
    /// The clusters that something is placed on, the hub left out.
    pub placed: BTreeSet<String>,
    /// Of a workflow that is about to begin, what the steps deliver that begin with it: it need not be rendered again.
    pub first: Vec<RenderedPart>,
    /// Worth knowing.
    pub warnings: Vec<Diagnostic>,
}

const KINDS: [(DefinitionKind, &str); 4] = [
    (DefinitionKind::Component, "ComponentDefinition"),
    (DefinitionKind::Trait, "TraitDefinition"),
    (DefinitionKind::Policy, "PolicyDefinition"),
    (DefinitionKind::WorkflowStep, "WorkflowStepDefinition"),
];

/// The definitions on a hub: those of the Application's namespace win over the shared ones.
pub(crate) async fn of_hub(hub: &Hub, namespace: &str) -> Result<Vec<Given>, Error> {
    let mut found = FxHashMap::default();
    for namespace in layered(namespace) {
        for (_, kind) in KINDS {
            let objects = hub.definitions(kind, namespace).await?.into_iter().map(Arc::new).collect();
            found.insert((kind, namespace.to_owned()), objects);
        }
    }
    layers_of(namespace, |kind, namespace| found.remove(&(kind, namespace.to_owned())).unwrap_or_default())
}

/// The namespaces whose definitions and packages count, the first wins.
pub(crate) fn layered(namespace: &str) -> Vec<&str> {
    let shared = (namespace != model::SYSTEM_NAMESPACE).then_some(model::SYSTEM_NAMESPACE);
    std::iter::once(namespace).chain(shared).collect()
}

/// As [`of_hub`], of the objects of a kind in a namespace that `objects` gives.
pub(crate) fn layers_of(
    namespace: &str,
    mut objects: impl FnMut(&'static str, &str) -> Vec<Arc<serde_json::Value>>,
) -> Result<Vec<Given>, Error> {
    let mut layers = Vec::new();
    for namespace in layered(namespace) {
        let mut given = Given::default();
        for (_, kind) in KINDS {
            for object in objects(kind, namespace) {
                let name = object.pointer("/metadata/name").and_then(serde_json::Value::as_str).unwrap_or_default();
                let origin = format!("{kind}/{namespace}/{name}");
                given.add(Loaded::from_object(&object, &origin, Provenance::Hub(namespace.to_owned()))?)?;
            }
        }
        layers.push(given);
    }
    Ok(layers)
}

/// The definitions that a revision holds: a run goes on with what it began with.
fn of_revision(revision: &ApplicationRevision) -> Result<Given, Error> {
    let mut given = Given::default();
    let spec = &revision.spec;
    for (kind, objects) in [
        ("ComponentDefinition", &spec.component_definitions),
        ("TraitDefinition", &spec.trait_definitions),
        ("PolicyDefinition", &spec.policy_definitions),
        ("WorkflowStepDefinition", &spec.workflow_step_definitions),
    ] {
        for (name, object) in objects {
            // other revisions with the same definitions share what is made of them
            let origin = format!("{kind}/{name} of the revision");
            given.add(Loaded::from_object(object, &origin, Provenance::Hub(revision.metadata.namespace.clone()))?)?;
        }
    }
    Ok(given)
}

/// The names of the steps that begin with the workflow.
fn begins(steps: &Steps) -> Vec<&str> {
    let waits_for_nothing = |step: &&Step| step.depends_on.is_empty() && step.inputs.is_empty();
    let among = match steps.mode {
        Mode::Dag => steps.steps.as_slice(),
        Mode::StepByStep => steps.steps.get(..1).unwrap_or_default(),
    };
    among.iter().filter(waits_for_nothing).map(|step| step.name.as_str()).collect()
}

/// The types of steps, each with the property that names it first.
fn step_types(steps: &[Step], path: &str, into: &mut Vec<(String, String)>) {
    for (i, step) in steps.iter().enumerate() {
        let path = format!("{path}[{i}]");
        if step.kind != model::generate::STEP_GROUP && into.iter().all(|(kind, _)| *kind != step.kind) {
            into.push((step.kind.clone(), format!("{path}.type")));
        }
        step_types(&step.sub_steps, &format!("{path}.subSteps"), into);
    }
}

/// Everything that knows definitions for a namespace: those given, those of the hub, those built in.
///
/// # Errors
/// The hub does not answer, or holds a definition that cannot be read.
pub async fn renderer(hub: &Hub, namespace: &str, definitions: &Definitions) -> Result<Renderer, Error> {
    let mut layers: Vec<Box<dyn DefinitionSource>> = vec![Box::new(definitions.files.clone())];
    for given in of_hub(hub, namespace).await? {
        layers.push(Box::new(given));
    }
    layers.push(Box::new(Builtins));
    let added = Added::load(hub, namespace, &definitions.packages).await?;
    Ok(Renderer::new(Layers(layers)).with_packages(added.packages))
}

/// The definitions that a revision pins, as text.
fn definitions_of(subject: &Subject) -> String {
    let pinned = subject.revisions.iter().find(|r| r.metadata.name == subject.revision.name).map(|r| &r.spec);
    let all = pinned
        .map(|s| [&s.component_definitions, &s.trait_definitions, &s.policy_definitions, &s.workflow_step_definitions]);
    // maps of JSON values can always be written
    all.and_then(|all| serde_json::to_string(&all).ok()).unwrap_or_default()
}

/// Definitions that a revision pins, and what comes with Lateen.
async fn pinned(hub: &Hub, subject: &Subject, definitions: &Definitions) -> Result<Known, Error> {
    let mut layers: Vec<Box<dyn DefinitionSource>> = vec![Box::new(definitions.files.clone())];
    if let Some(pinned) = subject.revisions.iter().find(|r| r.metadata.name == subject.revision.name) {
        layers.push(Box::new(of_revision(pinned)?));
    }
    layers.push(Box::new(Builtins));
    let added = Added::load(hub, &subject.app.metadata.namespace, &definitions.packages).await?;
    Ok(Known::new(Renderer::new(Layers(layers)), added))
}

/// Prepares a run. `versions` are those of the clusters, by name, as far as they are known.
///
/// # Errors
/// Unknown types, wrong parameters, a cycle between steps, templates that do not compile: everything that was found.
pub async fn prepare(
    hub: &Hub,
    catalogue: &Catalogue,
    subject: &Subject,
    definitions: &Definitions,
    clusters: &Clusters,
    versions: IndexMap<String, ClusterVersion>,
) -> Result<Prepared, Error> {
    let known = if subject.revision.is_new {
        catalogue.of(hub, &subject.app.metadata.namespace, definitions).await?
    } else {
        let text = definitions_of(subject);
        catalogue.pinned(&subject.app.metadata.namespace, text, pinned(hub, subject, definitions)).await?
    };
    let renderer = known.renderer.clone();
    let input = AppInput {
        app: subject.app.clone(),
        document: None,
        policies: subject.parts.policies.clone(),
        workflows: subject.parts.workflow.clone().into_iter().collect(),
    };
    let context = RenderContext {
        app_revision: subject.revision.name.clone(),
        cluster_versions: versions,
        // what a run that has begun was started with is its steps' affair
        to_run: subject.revision.is_new,
        ..RenderContext::default()
    };
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let mut placed = BTreeSet::new();
    let mut first = Vec::new();
    match renderer.application(&input, clusters, &context) {
        Ok(rendered) => {
            let names = rendered.parts.iter().map(|part| &part.placement.cluster);
            placed.extend(names.filter(|name| !model::cluster::normalise(name).is_empty()).cloned());
            warnings.extend(rendered.warnings);
            if subject.revision.is_new {
                let begins = begins(&subject.steps);
                let is_first = |part: &RenderedPart| part.step.as_deref().is_some_and(|step| begins.contains(&step));
                first.extend(rendered.parts.into_iter().filter(is_first));
            }
        }
        Err(found) => problems.extend(found),
    }
    let plan = Plan::of(&subject.app, &subject.steps);
    let used = used(&renderer, subject, &mut problems);
    let step_definitions: IndexMap<String, Arc<Loaded>> = used
        .iter()
        .filter(|((kind, _), _)| *kind == DefinitionKind::WorkflowStep)
        .map(|((_, name), loaded)| (name.clone(), loaded.clone()))
        .collect();
    problems.extend(step_definitions.values().flat_map(|loaded| loaded.unknown_actions(&known.added.packages)));
    let templates = known.templates(&step_definitions);
    let added = known.added;
    match (plan, templates) {
        (Ok(plan), Ok(templates)) if problems.is_empty() => {
            let plan = Arc::new(plan);
            Ok(Prepared { input, renderer, templates, plan, context, used, placed, first, warnings, added })
        }
        (plan, templates) => {
            problems.extend(plan.err().unwrap_or_default());
            problems.extend(templates.err().unwrap_or_default());
            Err(problems.into())
        }
    }
}

/// The definitions that an Application and its steps name, by kind and by the name that the user wrote. What is wrong with
/// them comes to the `problems`, each once.
fn used(
    renderer: &Renderer,
    subject: &Subject,
    problems: &mut Vec<Diagnostic>,
) -> IndexMap<(DefinitionKind, String), Arc<Loaded>> {
    let mut used = IndexMap::new();
    let mut kinds = Vec::new();
    step_types(&subject.steps.steps, "spec.workflow.steps", &mut kinds);
    let mut wanted: Vec<(DefinitionKind, String, String)> = Vec::new();
    for (i, component) in subject.app.spec.components.iter().enumerate() {
        let path = format!("spec.components[{i}]");
        wanted.push((DefinitionKind::Component, component.kind.clone(), format!("{path}.type")));
        for (j, t) in component.traits.iter().enumerate() {
            wanted.push((DefinitionKind::Trait, t.kind.clone(), format!("{path}.traits[{j}].type")));
        }
    }
    wanted.extend(kinds.into_iter().map(|(kind, path)| (DefinitionKind::WorkflowStep, kind, path)));
    for (kind, name, path) in wanted {
        if used.contains_key(&(kind, name.clone())) {
            continue;
        }
        match renderer.definition(kind, &name, &path) {
            Ok(loaded) => {
                used.insert((kind, name), loaded);
            }
            Err(found) => {
                let new: Vec<_> = found.into_iter().filter(|d| !problems_have(problems, d)).collect();
                problems.extend(new);
            }
        }
    }
    used
}

fn problems_have(problems: &[Diagnostic], one: &Diagnostic) -> bool {
    problems.iter().any(|p| p.code == one.code && p.message == one.message)
}

/// Puts a definition among those of a revision, by its name. Of a second version of the same one the version is part of it:
/// which of them a component means is found by what stands inside.
fn keep(into: &mut IndexMap<String, serde_json::Value>, reference: &str, object: serde_json::Value) {
    let name = render::definition::split_version(reference).0;
    let other = into.get(name).is_some_and(|known| *known != object);
    into.insert(if other { reference } else { name }.to_owned(), object);
}

/// A revision as it is stored: the Application and everything that it uses, by value.
pub fn revision_object(subject: &Subject, prepared: &Prepared) -> ApplicationRevision {
    let mut revision = ApplicationRevision {
        api_version: model::CORE_V1BETA1.into(),
        kind: "ApplicationRevision".into(),
        ..ApplicationRevision::default()
    };
    let app = &subject.app;
    revision.metadata.name.clone_from(&subject.revision.name);
    revision.metadata.namespace.clone_from(&app.metadata.namespace);
    revision.metadata.owner_references = vec![crate::hub::owner_reference(app)];
    for (key, value) in [
        (model::labels::APP_NAME, app.metadata.name.as_str()),
        (model::labels::APP_REVISION_HASH, subject.revision.hash.as_str()),
    ] {
        revision.metadata.labels.insert(key.to_owned(), value.to_owned());
    }
    let mut copy = app.clone();
    copy.status = None;
    copy.metadata.rest.clear();
    copy.metadata.resource_version.clear();
    revision.spec.application = copy;
    revision.spec.engine_version = env!("CARGO_PKG_VERSION").to_owned();
    for ((kind, name), loaded) in &prepared.used {
        let Ok(object) = serde_json::to_value(loaded.definition.to_object()) else { continue };
        let into = match kind {
            DefinitionKind::Component | DefinitionKind::Workload => &mut revision.spec.component_definitions,
            DefinitionKind::Trait => &mut revision.spec.trait_definitions,
            DefinitionKind::Policy => &mut revision.spec.policy_definitions,
            DefinitionKind::WorkflowStep => &mut revision.spec.workflow_step_definitions,
        };
        keep(into, name, object);
    }
    for policy in &subject.parts.policies {
        if let Ok(value) = serde_json::to_value(policy) {
            revision.spec.policies.insert(policy.metadata.name.clone(), value);
        }
    }
    revision.spec.workflow = subject.parts.workflow.as_ref().and_then(|w| serde_json::to_value(w).ok());
    revision
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_begins_with_a_workflow_waits_for_nothing() {
        let named = |mode: Mode| {
            let steps: Vec<Step> = serde_json::from_value(json!([
                {"name": "a", "type": "deploy"},
                {"name": "b", "type": "deploy", "dependsOn": ["a"]},
                {"name": "c", "type": "deploy", "inputs": [{"from": "x", "parameterKey": "y"}]},
                {"name": "d", "type": "deploy"},
            ]))
            .unwrap();
            let steps = Steps { steps, mode, sub_mode: Mode::Dag, generated: false };
            begins(&steps).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(named(Mode::Dag), ["a", "d"]);
        assert_eq!(named(Mode::StepByStep), ["a"]);
    }

    #[test]
    fn a_revision_holds_every_version_that_its_application_uses() {
        let version = |version: &str| json!({"metadata": {"name": "note"}, "spec": {"version": version}});
        let mut held = IndexMap::new();
        for (reference, wanted) in [("note@v1.2", "1.2.3"), ("note@1.2.3", "1.2.3"), ("note@2", "2.0.0")] {
            keep(&mut held, reference, version(wanted));
        }
        let names: Vec<&str> = held.keys().map(String::as_str).collect();
        assert_eq!(names, ["note", "note@2"]);
        assert_eq!(held["note@2"], version("2.0.0"));
    }
}
