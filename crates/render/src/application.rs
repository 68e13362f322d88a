//! An Application as rendering sees it: its parts as [`Data`] with the places they come from.

use crate::tree;
use cue::{Data, DataValue};
use cue_syntax::Diagnostic;
use model::meta::Strings;
use model::{AppPolicy, Application, Component, Input, Output, Policy, Workflow};
use serde::Deserialize;
use serde_json::Value;

/// What rendering starts from.
#[derive(Debug, Clone, Default)]
pub struct AppInput {
    /// The Application.
    pub app: Application,
    /// The document it was read from, with origins; `None` when it came from a hub.
    pub document: Option<Data>,
    /// Policy objects of its namespace.
    pub policies: Vec<Policy>,
    /// Workflow objects of its namespace.
    pub workflows: Vec<Workflow>,
}

/// What templates and objects are told of an Application.
#[derive(Debug, Clone)]
pub struct AppView {
    /// Its name.
    pub name: String,
    /// Its namespace; `default` when it has none.
    pub namespace: String,
    /// Its labels.
    pub labels: Strings,
    /// Its annotations.
    pub annotations: Strings,
    /// Its components, as `context.components`.
    pub components: Data,
    /// Its objects may be parts of whole ones, so that nothing is missing in them: it has policies by which objects that are
    /// there already are looked at or taken over.
    pub partial: bool,
}

impl AppView {
    /// The view of an Application.
    pub fn of(app: &Application) -> AppView {
        let components = serde_json::to_value(&app.spec.components).unwrap_or(Value::Null);
        AppView {
            name: app.metadata.name.clone(),
            namespace: if app.metadata.namespace.is_empty() {
                "default".to_owned()
            } else {
                app.metadata.namespace.clone()
            },
            labels: app.metadata.labels.clone(),
            annotations: app.metadata.annotations.clone(),
            components: cue::json::from_value(&components),
            partial: app.spec.policies.iter().any(|p| matches!(p.kind.as_str(), "read-only" | "take-over")),
        }
    }

    pub(crate) fn annotation(&self, key: &str) -> &str {
        self.annotations.get(key).map_or("", String::as_str)
    }
}

/// A component with its properties as data: as the Application has it, or as policies have changed it.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentInput {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Its place in the user's file: `spec.components[0]`.
    pub path: String,
    /// Its properties.
    pub properties: Data,
    /// Its traits.
    pub traits: Vec<TraitInput>,
    /// Values that it takes from others.
    pub inputs: Vec<Input>,
    /// Values that it gives to others.
    pub outputs: Vec<Output>,
    /// Components that have to be healthy before it.
    pub depends_on: Vec<String>,
    /// Set by a replication policy.
    pub replica_key: String,
}

/// A trait with its properties as data.
#[derive(Debug, Clone, PartialEq)]
pub struct TraitInput {
    /// Its type.
    pub kind: String,
    /// Its place in the user's file: `spec.components[0].traits[0]`.
    pub path: String,
    /// Its properties.
    pub properties: Data,
}

impl ComponentInput {
    /// A component of the model. `document` is the same component with origins, `path` where it stands.
    pub fn new(component: &Component, document: Option<&Data>, path: String) -> ComponentInput {
        let traits = component.traits.iter().enumerate().map(|(i, t)| TraitInput {
            kind: t.kind.clone(),
            path: format!("{path}.traits[{i}]"),
            properties: properties(
                t.properties.as_ref(),
                document.and_then(|d| tree::get(d, "traits")).and_then(|d| tree::items(d).get(i)),
            ),
        });
        ComponentInput {
            name: component.name.clone(),
            kind: component.kind.clone(),
            traits: traits.collect(),
            properties: properties(component.properties.as_ref(), document),
            inputs: component.inputs.clone(),
            outputs: component.outputs.clone(),
            depends_on: component.depends_on.clone(),
            replica_key: String::new(),
            path,
        }
    }
}

/// The properties with origins where there is a document, else as they are; none is an empty struct.
pub(crate) fn properties(value: Option<&Value>, document: Option<&Data>) -> Data {
    let located = document.and_then(|d| tree::get(d, "properties"));
    match (located, value) {
        (Some(data), _) if !matches!(data.value, DataValue::Null) => data.clone(),
        (_, Some(value)) if !value.is_null() => cue::json::from_value(value),
        _ => tree::empty(),
    }
}

impl AppInput {
    /// Its components.
    pub fn components(&self) -> Vec<ComponentInput> {
        let document = self.document.as_ref().and_then(|d| tree::at(d, &["spec", "components"]));
        let place = |i: usize| document.and_then(|d| tree::items(d).get(i));
        let components = self.app.spec.components.iter().enumerate();
        components.map(|(i, c)| ComponentInput::new(c, place(i), format!("spec.components[{i}]"))).collect()
    }

    /// The policies that it carries and the Policy objects beside it, with their names and where they stand.
    pub fn all_policies(&self) -> Vec<NamedPolicy> {
        let document = self.document.as_ref().and_then(|d| tree::at(d, &["spec", "policies"]));
        let own = self.app.spec.policies.iter().enumerate().map(|(i, p)| NamedPolicy {
            name: p.effective_name(i),
            kind: p.kind.clone(),
            properties: properties(p.properties.as_ref(), document.and_then(|d| tree::items(d).get(i))),
            path: format!("spec.policies[{i}]"),
            own: true,
        });
        let mut all: Vec<NamedPolicy> = own.collect();
        for policy in &self.policies {
            if all.iter().all(|p| p.name != policy.metadata.name) {
                all.push(NamedPolicy {
                    name: policy.metadata.name.clone(),
                    kind: policy.policy_type.clone(),
                    properties: properties(policy.properties.as_ref(), None),
                    path: format!("Policy/{}", policy.metadata.name),
                    own: false,
                });
            }
        }
        all
    }

    /// The policies in the form that steps are generated from: those of the Application only, because a Policy object takes
    /// effect where it is named.
    pub fn own_policies(&self) -> Vec<AppPolicy> {
        self.app.spec.policies.clone()
    }

    /// The Workflow object that the Application refers to.
    pub fn workflow(&self) -> Option<&Workflow> {
        let name = &self.app.spec.workflow.as_ref()?.reference;
        self.workflows.iter().find(|w| w.metadata.name == *name)
    }
}

/// A policy by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedPolicy {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Its properties.
    pub properties: Data,
    /// Where it stands.
    pub path: String,
    /// It stands in the Application itself.
    pub own: bool,
}

/// A document as a type of the model.
pub(crate) fn typed<T: for<'de> Deserialize<'de>>(value: &Value, what: &str) -> Result<T, Vec<Diagnostic>> {
    T::deserialize(value).map_err(|e| {
        vec![
            Diagnostic::error("render/malformed", format!("this {what} cannot be read: {e}"))
                .help("compare the field's type with the documentation of the kind"),
        ]
    })
}
