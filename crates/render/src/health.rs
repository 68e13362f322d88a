//! Health: what a definition says of the objects that run.

use crate::application::{AppView, ComponentInput};
use crate::component::{Live, RenderedComponent};
use crate::context::{self, Place, RenderContext};
use crate::definition::Loaded;
use crate::placement::Placement;
use crate::renderer::Renderer;
use crate::{template, tree};
use cue::{Completeness, Data, DataOptions, DataValue};
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::DefinitionKind;

/// The health of a component with its traits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    /// The workload and every trait are healthy, and no trait is pending.
    pub healthy: bool,
    /// The workload is healthy. Without a health policy it is, once it is there.
    pub workload_healthy: bool,
    /// The workload's own words; empty when its definition has none.
    pub message: String,
    /// More, by name.
    pub details: IndexMap<String, String>,
    /// In the order of the component's traits.
    pub traits: Vec<TraitHealth>,
    /// Texts that could not be evaluated: health is then false, the message empty.
    pub problems: Vec<Diagnostic>,
}

/// The health of a trait.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraitHealth {
    /// Its type.
    pub kind: String,
    /// Without a health policy it is.
    pub healthy: bool,
    /// It waits for the workload to be healthy.
    pub pending: bool,
    /// In words.
    pub message: String,
    /// More, by name.
    pub details: IndexMap<String, String>,
}

/// What one definition says.
#[derive(Debug, Default)]
struct Verdict {
    healthy: bool,
    message: String,
    details: IndexMap<String, String>,
    problems: Vec<Diagnostic>,
}

/// Labels of details longer than this are dropped, as KubeVela drops them.
const LONGEST_DETAIL: usize = 32;

impl Renderer {
    /// The health of a component at a place, from what runs there.
    ///
    /// # Errors
    /// An unknown type. A text that cannot be evaluated is no error here, see [`Health::problems`].
    pub fn health(
        &self,
        app: &AppView,
        component: &ComponentInput,
        placement: &Placement,
        rendered: &RenderedComponent,
        live: &Live,
        render: &RenderContext,
    ) -> Result<Health, Vec<Diagnostic>> {
        let place = Place {
            component: &component.name,
            namespace: &placement.namespace,
            cluster: &placement.cluster,
            replica_key: &component.replica_key,
            revision: "",
        };
        let mut context = context::component(app, render, place);
        if let Some(workload) = &live.workload {
            tree::set(&mut context, &["output"], cue::json::from_value(workload));
        }
        let outputs = tree::object(live.outputs.iter().map(|(k, v)| (k.as_str(), cue::json::from_value(v))));
        tree::set(&mut context, &["outputs"], outputs);
        let loaded =
            self.definition(DefinitionKind::Component, &component.kind, &format!("{}.type", component.path))?;
        // Nothing can be said of a workload that is not there, unless there is none to be.
        let missing = rendered.workload().is_some() && live.workload.is_none();
        let own = if missing { Verdict::default() } else { self.judge(&loaded, &component.properties, &context) };
        let mut health = Health {
            healthy: own.healthy,
            workload_healthy: own.healthy,
            message: own.message,
            details: own.details,
            traits: Vec::new(),
            problems: own.problems,
        };
        for t in &component.traits {
            let loaded = self.definition(DefinitionKind::Trait, &t.kind, &format!("{}.type", t.path))?;
            let pending = loaded.definition.spec.stage == "PostDispatch" && !health.workload_healthy;
            let own = if pending { Verdict::default() } else { self.judge(&loaded, &t.properties, &context) };
            health.healthy &= own.healthy;
            health.problems.extend(own.problems);
            health.traits.push(TraitHealth {
                kind: t.kind.clone(),
                healthy: own.healthy,
                pending,
                message: own.message,
                details: own.details,
            });
        }
        Ok(health)
    }

    /// Details, then health, then the message, which may read both.
    fn judge(&self, loaded: &Loaded, properties: &Data, context: &Data) -> Verdict {
        let Some(status) = &loaded.definition.spec.status else {
            return Verdict { healthy: true, ..Verdict::default() };
        };
        let mut context = context.clone();
        tree::set(&mut context, &["parameter"], properties.clone());
        let mut health = Verdict { healthy: status.health_policy.trim().is_empty(), ..Verdict::default() };
        let name = |part: &str| format!("{}#{part}", loaded.definition.name);
        if !status.details.trim().is_empty() {
            match self.details(&name("details"), &status.details, properties, &context) {
                Ok(details) => health.details = details,
                Err(problems) => health.problems.extend(problems),
            }
        }
        if !status.health_policy.trim().is_empty() {
            let field = "isHealth";
            match self.status_field(&name("healthPolicy"), &status.health_policy, field, properties, &context) {
                Ok(data) => health.healthy = matches!(data.value, DataValue::Bool(true)),
                Err(problems) => health.problems.extend(problems),
            }
        }
        tree::set(&mut context, &["status", "healthy"], health.healthy.into());
        let details = health.details.iter().map(|(k, v)| (k.as_str(), Data::string(v.as_str())));
        tree::set(&mut context, &["status", "details"], tree::object(details));
        if !status.custom_status.trim().is_empty() {
            match self.status_field(&name("customStatus"), &status.custom_status, "message", properties, &context) {
                Ok(data) => health.message = tree::text(&data).unwrap_or_default().to_owned(),
                Err(problems) => health.problems.extend(problems),
            }
        }
        health
    }

    fn status_field(
        &self,
        name: &str,
        text: &str,
        field: &str,
        properties: &Data,
        context: &Data,
    ) -> Result<Data, Vec<Diagnostic>> {
        let program = self.programs.status(name, text)?;
        let evaluation = self.programs.evaluate(&program, Some(properties), context);
        evaluation.lookup(&template::field(field)).data(&DataOptions::default())
    }

    fn details(
        &self,
        name: &str,
        text: &str,
        properties: &Data,
        context: &Data,
    ) -> Result<IndexMap<String, String>, Vec<Diagnostic>> {
        let program = self.programs.status(name, text)?;
        let evaluation = self.programs.evaluate(&program, Some(properties), context);
        let mut details = IndexMap::new();
        for field in evaluation.root().fields(&cue::FieldOptions::default()) {
            let private = field.value.attributes().iter().any(|(n, _)| n == "local" || n == "private");
            let given = matches!(field.label.as_str(), "context" | "parameter") || field.label.starts_with('$');
            if private || given || field.label.chars().count() >= LONGEST_DETAIL {
                continue;
            }
            let options = DataOptions { completeness: Completeness::Concrete, origins: false };
            let Ok(data) = field.value.data(&options) else { continue };
            let text = match cue::json::to_value(&data) {
                Ok(serde_json::Value::String(text)) => text,
                Ok(value) => value.to_string(),
                Err(_) => continue,
            };
            details.insert(field.label.to_string(), text);
        }
        Ok(details)
    }
}
