//! What a run would do: objects by cluster, the graph of the steps, and what is only known when it runs.

mod steps;
mod text;

pub use steps::PlannedStep;
pub use text::{text, value};

use crate::diff::Verdict;
use render::{Placement, Rendered, Renderer};
use serde_json::Value;

/// The plan of one application.
#[derive(Debug, Clone, PartialEq)]
pub struct AppPlan {
    /// The application.
    pub app: String,
    /// Its namespace.
    pub namespace: String,
    /// What goes where, by cluster in the order of delivery.
    pub clusters: Vec<PlannedCluster>,
    /// The steps, each group before its own.
    pub steps: Vec<PlannedStep>,
    /// Whether steps follow each other: `StepByStep-DAG`.
    pub mode: String,
    /// What only a run will tell.
    pub later: Vec<String>,
    /// It was compared with what runs.
    pub compared: bool,
}

/// The objects of one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedCluster {
    /// Its name, or the labels that choose it.
    pub name: String,
    /// The cluster is chosen by labels and nobody was asked which ones have them.
    pub open: bool,
    /// What goes there, in order.
    pub objects: Vec<PlannedObject>,
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedObject {
    /// `Deployment/web`
    pub name: String,
    /// Its namespace; empty when it has none.
    pub namespace: String,
    /// The component.
    pub component: String,
    /// The step that delivers it.
    pub step: String,
    /// What made it: `output`, `outputs.x`, a trait.
    pub origin: String,
    /// The object; `None` for one that is only in the inventory.
    pub object: Option<Value>,
    /// What would become of it.
    pub verdict: Verdict,
}

impl PlannedObject {
    /// Names an object.
    pub fn of(object: &Value) -> PlannedObject {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        PlannedObject {
            name: format!("{}/{}", text("/kind"), text("/metadata/name")),
            namespace: text("/metadata/namespace").to_owned(),
            component: String::new(),
            step: String::new(),
            origin: String::new(),
            object: Some(object.clone()),
            verdict: Verdict::Unknown,
        }
    }
}

impl AppPlan {
    /// From what was rendered and the checked steps.
    pub fn new(app: &str, namespace: &str, rendered: &Rendered, plan: &workflow::Plan, renderer: &Renderer) -> AppPlan {
        let mut out = AppPlan {
            app: app.to_owned(),
            namespace: namespace.to_owned(),
            clusters: Vec::new(),
            steps: Vec::new(),
            mode: plan.mode_text(),
            later: Vec::new(),
            compared: false,
        };
        for part in &rendered.parts {
            for object in &part.component.objects {
                let planned = PlannedObject {
                    component: part.component.name.clone(),
                    step: part.step.clone().unwrap_or_default(),
                    origin: object.origin.to_string(),
                    ..PlannedObject::of(&object.manifest)
                };
                out.place(&part.placement, planned);
            }
        }
        for applied in &rendered.applied {
            let planned = PlannedObject {
                step: applied.step.clone(),
                origin: "step".to_owned(),
                ..PlannedObject::of(&marked(&applied.object, app, namespace))
            };
            let placement = Placement { cluster: applied.cluster.clone(), ..Placement::default() };
            out.place(&placement, planned);
        }
        steps::fill(&mut out, plan, rendered, renderer);
        for cluster in out.clusters.iter().filter(|c| c.open) {
            out.later.push(format!("which clusters these are: {}", cluster.name));
        }
        out
    }

    fn place(&mut self, placement: &Placement, object: PlannedObject) {
        let name = placement.cluster_text();
        if let Some(cluster) = self.clusters.iter_mut().find(|c| c.name == name) {
            // Two steps may deliver one object; the later one's state is what stays.
            match cluster.objects.iter_mut().find(|o| o.name == object.name && o.namespace == object.namespace) {
                Some(there) => *there = object,
                None => cluster.objects.push(object),
            }
            return;
        }
        let open = placement.cluster.is_empty();
        self.clusters.push(PlannedCluster { name, open, objects: vec![object] });
    }

    /// Something would change.
    pub fn has_changes(&self) -> bool {
        self.clusters.iter().flat_map(|c| &c.objects).any(|o| o.verdict.is_change())
    }

    /// A run would fail, because an object of it would be refused.
    pub fn is_refused(&self) -> bool {
        self.clusters.iter().flat_map(|c| &c.objects).any(|o| matches!(o.verdict, Verdict::Refused(_)))
    }

    /// Some step does what is only known when it runs.
    pub fn has_unknown_steps(&self) -> bool {
        self.steps.iter().any(|s| !s.actions.is_empty() && s.delivers == 0)
    }
}

/// An object as a step applies it: in the application's namespace unless it names one, with the labels of its owner.
fn marked(object: &Value, app: &str, namespace: &str) -> Value {
    let mut object = object.clone();
    let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
    let namespaced = k8s_schema::resource(group, version, text("kind")).is_none_or(|r| r.namespaced);
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return object };
    if !namespaced {
        metadata.remove("namespace");
    } else if metadata.get("namespace").and_then(Value::as_str).is_none_or(str::is_empty) {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    let labels = metadata.entry("labels").or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert(model::labels::APP_NAME.to_owned(), app.into());
        labels.insert(model::labels::APP_NAMESPACE.to_owned(), namespace.into());
    }
    object
}
