//! The steps of a plan, with what each waits for and what of it only a run will tell.

use super::AppPlan;
use crate::lsp::calls;
use model::{DefinitionKind, Step};
use render::{Rendered, Renderer};
use serde_json::Value;
use workflow::Plan;

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStep {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// The group that it is in.
    pub group: Option<String>,
    /// The steps that are finished before it.
    pub after: Vec<String>,
    /// How many objects it delivers, as far as it is known.
    pub delivers: usize,
    /// Where to.
    pub places: Vec<String>,
    /// The actions that its definition asks for: `kube.#Apply`.
    pub actions: Vec<String>,
    /// What is to be known about it: a condition, a wait, an input.
    pub notes: Vec<String>,
}

/// Types whose deliveries rendering knows: what their actions do is in the list of objects.
const KNOWN: &[&str] = &[
    "deploy",
    "deploy2env",
    "multi-env",
    "deploy2cluster",
    "deploy2runtime",
    "apply-component",
    "apply-application",
    "apply-application-in-parallel",
    "apply-remaining",
    "suspend",
    "step-group",
];

pub(super) fn fill(out: &mut AppPlan, plan: &Plan, rendered: &Rendered, renderer: &Renderer) {
    let name = |ix: usize| plan.node(ix).map(|n| n.step.name.clone()).unwrap_or_default();
    for node in &plan.nodes {
        let step = &node.step;
        let parts: Vec<_> = rendered.parts.iter().filter(|p| p.step.as_deref() == Some(&step.name)).collect();
        let mut places: Vec<String> = Vec::new();
        for part in &parts {
            let place = format!("{}/{}", part.placement.cluster_text(), part.placement.namespace);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let (kind, _) = render::definition::split_version(&step.kind);
        let actions = if KNOWN.contains(&kind) { Vec::new() } else { actions(step, renderer) };
        let mut notes = notes(step, kind);
        for note in &notes {
            out.later.push(format!("step {}: {note}", step.name));
        }
        if let Some(items) = step.for_each.as_ref().and_then(|each| each.items.as_ref()) {
            notes.push(format!("once for each of {} items", items.len()));
        }
        let applied: Vec<_> = rendered.applied.iter().filter(|a| a.step == step.name).collect();
        for one in &applied {
            if !places.contains(&one.cluster) {
                places.push(one.cluster.clone());
            }
        }
        if !actions.is_empty() && parts.is_empty() && applied.is_empty() {
            out.later.push(format!("step {}: what {} do", step.name, actions.join(", ")));
        }
        out.steps.push(PlannedStep {
            name: step.name.clone(),
            kind: step.kind.clone(),
            group: node.parent.map(name),
            after: node.waits_for.iter().map(|ix| name(*ix)).collect(),
            delivers: parts.iter().map(|p| p.component.objects.len()).sum::<usize>() + applied.len(),
            places,
            actions,
            notes,
        });
    }
}

fn notes(step: &Step, kind: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(condition) = Some(step.condition.as_str()).filter(|c| !c.is_empty() && *c != "always") {
        notes.push(format!("runs only if {condition}"));
    }
    if step.condition == "always" {
        notes.push("runs also after a failure".to_owned());
    }
    if kind == "suspend" {
        let duration = step.properties.as_ref().and_then(|p| p.get("duration")).and_then(Value::as_str);
        notes.push(match duration {
            Some(duration) => format!("waits {duration}, or until somebody resumes it"),
            None => "waits until somebody resumes it".to_owned(),
        });
    }
    let auto = step.properties.as_ref().and_then(|p| p.get("auto")).and_then(Value::as_bool);
    if kind == "deploy" && auto == Some(false) {
        notes.push("waits until somebody resumes it".to_owned());
    }
    if let Some(each) = step.for_each.as_ref().filter(|each| each.items.is_none()) {
        notes.push(format!("once for each item of {}", each.from));
    }
    for input in &step.inputs {
        let target = if input.parameter_key.is_empty() { "an input" } else { &input.parameter_key };
        notes.push(format!("takes {target} from {}", input.from));
    }
    notes
}

/// The actions that a step's definition names, each once.
fn actions(step: &Step, renderer: &Renderer) -> Vec<String> {
    let Ok(loaded) = renderer.definition(DefinitionKind::WorkflowStep, &step.kind, "") else { return Vec::new() };
    calls::of(&loaded)
}
