//! Definitions: what platform engineers write. The YAML object and the CUE file become the same [`Definition`].

use crate::lenient::nullable;
use crate::meta::{ObjectMeta, Strings};
use cue_syntax::{Diagnostic, Source};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The kinds of definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DefinitionKind {
    /// ComponentDefinition.
    Component,
    /// TraitDefinition.
    Trait,
    /// PolicyDefinition.
    Policy,
    /// WorkflowStepDefinition.
    WorkflowStep,
    /// WorkloadDefinition: legacy, looked up when no component definition has the name.
    Workload,
}

impl DefinitionKind {
    /// Every kind.
    pub const ALL: [DefinitionKind; 5] =
        [Self::Component, Self::Trait, Self::Policy, Self::WorkflowStep, Self::Workload];

    /// The Kubernetes kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Component => "ComponentDefinition",
            Self::Trait => "TraitDefinition",
            Self::Policy => "PolicyDefinition",
            Self::WorkflowStep => "WorkflowStepDefinition",
            Self::Workload => "WorkloadDefinition",
        }
    }

    /// The word in a CUE definition file's `type` field, and in messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Trait => "trait",
            Self::Policy => "policy",
            Self::WorkflowStep => "workflow-step",
            Self::Workload => "workload",
        }
    }

    /// Reads [`DefinitionKind::word`] or [`DefinitionKind::kind`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == text || k.kind() == text)
    }

    /// Plural resource name.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Component => "componentdefinitions",
            Self::Trait => "traitdefinitions",
            Self::Policy => "policydefinitions",
            Self::WorkflowStep => "workflowstepdefinitions",
            Self::Workload => "workloaddefinitions",
        }
    }
}

/// A definition, in whichever form it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Which kind.
    pub kind: DefinitionKind,
    /// Its name, as Applications use it.
    pub name: String,
    /// Namespace of the object; empty for files and built-ins.
    pub namespace: String,
    /// Labels.
    pub labels: Strings,
    /// Annotations (alias and description among them).
    pub annotations: Strings,
    /// Everything of `spec` but the template.
    pub spec: DefinitionSpec,
    /// The text of the CUE template with its imports; absent for legacy definitions without one.
    pub template: Option<Template>,
}

/// CUE text with the place that it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// A source that holds exactly the template's text (imports first), so that offsets in it are offsets of the evaluator.
    pub source: Arc<Source>,
    /// Where the text stands in the file that the user edits: add this many lines to a line of `source`.
    pub first_line: u32,
}

/// The spec of a definition of any kind; fields that a kind does not have are left empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DefinitionSpec {
    /// Component: the workload's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<WorkloadTypeDescriptor>,
    /// CRD served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition_ref: Option<DefinitionReference>,
    /// Hints for the resource tree.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub child_resource_kinds: Vec<Value>,
    /// Where the pod spec is.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub pod_spec_path: String,
    /// Health and status texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusTexts>,
    /// `cue` or `terraform`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schematic: Option<Schematic>,
    /// Trait: field of its output that receives the workload's reference.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub workload_ref_path: String,
    /// Trait: `PreDispatch`, `DefaultDispatch`, `PostDispatch`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub stage: String,
    /// Trait: its object replaces the workload.
    #[serde(skip_serializing_if = "crate::lenient::is_default", deserialize_with = "nullable")]
    pub manage_workload: bool,
    /// Trait: applied on the hub, in the Application's namespace.
    #[serde(skip_serializing_if = "crate::lenient::is_default", deserialize_with = "nullable")]
    pub control_plane_only: bool,
    /// Trait: a change restarts pods; `None` where the definition does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_disruptive: Option<bool>,
    /// Trait: an object per revision.
    #[serde(skip_serializing_if = "crate::lenient::is_default", deserialize_with = "nullable")]
    pub revision_enabled: bool,
    /// Trait: kinds that it may sit on.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub applies_to_workloads: Vec<String>,
    /// Trait: names, CRDs, `*.group`, `labelSelector:…`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub conflicts_with: Vec<String>,
    /// Policy: empty or `Application`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub scope: String,
    /// Policy: applied to every Application.
    #[serde(skip_serializing_if = "crate::lenient::is_default", deserialize_with = "nullable")]
    pub global: bool,
    /// Policy: order among global ones.
    #[serde(skip_serializing_if = "crate::lenient::is_default", deserialize_with = "nullable")]
    pub priority: i64,
    /// Semantic version; names the DefinitionRevision.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub version: String,
    /// Everything else (`extension`, `revisionLabel`, `manageHealthCheck`, …).
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// `spec.workload`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadTypeDescriptor {
    /// A name, or `autodetects.core.oam.dev`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub kind: String,
    /// The main kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<crate::status::WorkloadGvk>,
}

/// `spec.definitionRef`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DefinitionReference {
    /// CRD name: `deployments.apps`.
    pub name: String,
    /// Version.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub version: String,
}

/// `spec.status`: CUE texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusTexts {
    /// Gives `isHealth: bool`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub health_policy: String,
    /// Gives `message: string`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub custom_status: String,
    /// Gives scalars.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub details: String,
}

/// `spec.schematic`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Schematic {
    /// CUE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cue: Option<CueSchematic>,
    /// A Terraform module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terraform: Option<Value>,
}

/// `spec.schematic.cue`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CueSchematic {
    /// The template's text.
    pub template: String,
}

/// The YAML object of a definition of any kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DefinitionObject {
    /// `core.oam.dev/v1beta1`
    pub api_version: String,
    /// `ComponentDefinition`, …
    pub kind: String,
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Spec with its template.
    pub spec: DefinitionSpec,
}

impl Definition {
    /// Reads the YAML object. `origin` names the source that its template shows in diagnostics.
    ///
    /// # Errors
    /// The object is not one of a definition's kinds, or its fields have other types.
    pub fn from_object(object: &Value, origin: &str) -> Result<Definition, Diagnostic> {
        let object: DefinitionObject = DefinitionObject::deserialize(object)
            .map_err(|e| Diagnostic::error("model/definition", format!("this is no definition: {e}")))?;
        let kind = DefinitionKind::parse(&object.kind).ok_or_else(|| {
            Diagnostic::error("model/definition-kind", format!("kind \"{}\" is no kind of definition", object.kind))
                .path("kind")
                .help("one of ComponentDefinition, TraitDefinition, PolicyDefinition, WorkflowStepDefinition")
        })?;
        let mut spec = object.spec;
        let template = spec.schematic.as_mut().and_then(|s| s.cue.take()).map(|cue| Template {
            source: Source::new(format!("{origin}#spec.schematic.cue.template"), cue.template),
            first_line: 0,
        });
        if spec.schematic.as_ref().is_some_and(|s| s.terraform.is_none()) {
            spec.schematic = None;
        }
        Ok(Definition {
            kind,
            name: object.metadata.name,
            namespace: object.metadata.namespace,
            labels: object.metadata.labels,
            annotations: object.metadata.annotations,
            spec,
            template,
        })
    }

    /// The YAML object, as it is stored on a hub.
    pub fn to_object(&self) -> DefinitionObject {
        let mut spec = self.spec.clone();
        if let Some(template) = &self.template {
            spec.schematic.get_or_insert_default().cue = Some(CueSchematic { template: template.source.text.clone() });
        }
        DefinitionObject {
            api_version: crate::CORE_V1BETA1.to_owned(),
            kind: self.kind.kind().to_owned(),
            metadata: ObjectMeta {
                name: self.name.clone(),
                namespace: self.namespace.clone(),
                labels: self.labels.clone(),
                annotations: self.annotations.clone(),
                ..ObjectMeta::default()
            },
            spec,
        }
    }
}
