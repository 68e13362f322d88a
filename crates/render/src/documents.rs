//! Files as users give them: several YAML documents (or JSON), sorted by what they are.

use crate::application::AppInput;
use crate::builtin::is_package;
use crate::definition::{Given, Loaded, Provenance};
use cue::Data;
use cue_syntax::{Diagnostic, Severity, Source};
use model::{DefinitionKind, manifest};
use std::sync::Arc;

/// Everything that was given.
#[derive(Debug, Default, Clone)]
pub struct Documents {
    /// Applications in order, with the Policies and Workflows of all files.
    pub applications: Vec<AppInput>,
    /// Definitions.
    pub definitions: Given,
    /// Kinds that CustomResourceDefinitions among the files describe.
    pub custom_types: k8s_schema::CustomTypes,
    /// Package objects: CUE that definitions import ([`crate::builtin::Added`]).
    pub packages: Vec<serde_json::Value>,
    /// Other objects: kind and name.
    pub others: Vec<(String, String)>,
    /// Fields that mean nothing where they stand.
    pub warnings: Vec<Diagnostic>,
    policies: Vec<model::Policy>,
    workflows: Vec<model::Workflow>,
}

impl Documents {
    /// Reads one file of YAML or JSON documents.
    ///
    /// # Errors
    /// Broken YAML, documents that are no objects, fields of a wrong type.
    pub fn read(&mut self, source: &Arc<Source>) -> Result<(), Vec<Diagnostic>> {
        let mut problems = Vec::new();
        for document in manifest::read(source)? {
            let (wrong, odd) = document.unknown_fields().into_iter().partition(|p| p.severity == Severity::Error);
            problems.extend::<Vec<_>>(wrong);
            self.warnings.extend::<Vec<_>>(odd);
            problems.extend(self.document(source, document).err().unwrap_or_default());
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Reads one file of definitions: CUE when its name ends so, else YAML.
    ///
    /// # Errors
    /// As [`Documents::read`], and what is wrong with a definition.
    pub fn read_definition(&mut self, source: &Arc<Source>) -> Result<(), Vec<Diagnostic>> {
        if !source.name.ends_with(".cue") {
            return self.read(source);
        }
        let loaded = Loaded::from_cue(source.clone(), Provenance::File(source.name.clone()))?;
        self.definitions.add(loaded).map_err(|d| vec![d])
    }

    fn document(&mut self, source: &Arc<Source>, document: manifest::Document) -> Result<(), Vec<Diagnostic>> {
        let one = |problem| vec![problem];
        match document.kind() {
            "Application" => {
                if !version(&document)? {
                    self.others.push(("Application".to_owned(), document.name().to_owned()));
                    return Ok(());
                }
                let (app, data) = (document.parse().map_err(one)?, Some(document.data().clone()));
                self.applications.push(AppInput { app, document: data, ..AppInput::default() });
            }
            "Policy" => self.policies.push(document.parse().map_err(one)?),
            "Workflow" => self.workflows.push(document.parse().map_err(one)?),
            "DefinitionRevision" => {
                let mut loaded = revision(&document.value, source)?;
                loaded.revision = document.value.pointer("/spec/revision").and_then(serde_json::Value::as_u64);
                self.definitions.add(loaded).map_err(one)?;
            }
            kind if DefinitionKind::parse(kind).is_some() && kind.ends_with("Definition") => {
                let origin = format!("{}:{}", source.name, document.name());
                let loaded = Loaded::from_object(&document.value, &origin, Provenance::File(source.name.clone()))?;
                self.definitions.add(loaded).map_err(one)?;
            }
            "Package" if is_package(&document.value) => self.packages.push(document.value),
            "CustomResourceDefinition" if self.custom_types.add(&document.value) => {}
            kind => self.others.push((kind.to_owned(), document.name().to_owned())),
        }
        Ok(())
    }

    /// Gives every Application the Policies and Workflows of all files.
    pub fn finish(&mut self) {
        for input in &mut self.applications {
            input.policies.clone_from(&self.policies);
            input.workflows.clone_from(&self.workflows);
        }
    }
}

/// Whether it is an Application of ours; another group's kind of this name (Argo CD has one) is just another object.
fn version(document: &manifest::Document) -> Result<bool, Vec<Diagnostic>> {
    let given = document.api_version();
    if given == model::CORE_V1BETA1 || given.is_empty() {
        return Ok(true);
    }
    if !given.contains("oam") {
        return Ok(false);
    }
    let text = format!("there is no Application of {given}");
    let help = format!("write apiVersion: {}", model::CORE_V1BETA1);
    Err(vec![document.locate(Diagnostic::error("manifest/api-version", text).path("apiVersion").help(help))])
}

/// The definition that a DefinitionRevision holds.
fn revision(object: &serde_json::Value, source: &Arc<Source>) -> Result<Loaded, Vec<Diagnostic>> {
    use serde_json::Value;
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let (field, kind) = match text("/spec/definitionType") {
        "Component" => ("componentDefinition", DefinitionKind::Component),
        "Trait" => ("traitDefinition", DefinitionKind::Trait),
        "Policy" => ("policyDefinition", DefinitionKind::Policy),
        "WorkflowStep" => ("workflowStepDefinition", DefinitionKind::WorkflowStep),
        other => {
            return Err(vec![
                Diagnostic::error("render/malformed", format!("\"{other}\" is no type of definition"))
                    .path("spec.definitionType")
                    .help("one of Component, Trait, Policy, WorkflowStep"),
            ]);
        }
    };
    let mut held = object.pointer(&format!("/spec/{field}")).cloned().unwrap_or_default();
    if let Some(fields) = held.as_object_mut() {
        fields.insert("kind".to_owned(), kind.kind().into());
    }
    let origin = format!("{}:{}", source.name, text("/metadata/name"));
    Loaded::from_object(&held, &origin, Provenance::File(source.name.clone()))
}

/// Points diagnostics of a rendering at the user's own file, by their paths.
pub fn locate(problems: &mut [Diagnostic], document: &Data) {
    for problem in problems {
        manifest::locate(problem, document);
    }
}
