//! Files as users give them: several YAML documents (or JSON), sorted by what they are.

use crate::application::{AppInput, read_application, typed};
use crate::definition::{Given, Loaded, Provenance};
use crate::tree;
use cue::{Data, DataValue};
use cue_syntax::{Diagnostic, Label, Source};
use model::DefinitionKind;
use std::sync::Arc;

/// Everything that was given.
#[derive(Debug, Default, Clone)]
pub struct Documents {
    /// Applications in order, with the Policies and Workflows of all files.
    pub applications: Vec<AppInput>,
    /// Definitions.
    pub definitions: Given,
    /// Other objects: kind and name.
    pub others: Vec<(String, String)>,
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
        for document in cue::yaml::read(source)? {
            if matches!(document.value, DataValue::Null) {
                continue;
            }
            if let Err(found) = self.document(source, document) {
                problems.extend(found);
            }
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

    fn document(&mut self, source: &Arc<Source>, document: Data) -> Result<(), Vec<Diagnostic>> {
        let kind = tree::text_at(&document, &["kind"]).to_owned();
        let name = tree::text_at(&document, &["metadata", "name"]).to_owned();
        let value =
            || cue::json::to_value(&document).map_err(|u| vec![Diagnostic::error("render/document", u.to_string())]);
        match kind.as_str() {
            "Application" => {
                let app = read_application(&document).map_err(|found| at(found, &document))?;
                self.applications.push(AppInput { app, document: Some(document), ..AppInput::default() });
            }
            "Policy" => self.policies.push(typed(&value()?, "Policy").map_err(|found| at(found, &document))?),
            "Workflow" => self.workflows.push(typed(&value()?, "Workflow").map_err(|found| at(found, &document))?),
            "" => {
                let problem = Diagnostic::error("render/no-kind", "a document has no `kind`")
                    .help("every document is a Kubernetes object: apiVersion, kind, metadata");
                return Err(at(vec![problem], &document));
            }
            _ if DefinitionKind::parse(&kind).is_some() && kind.ends_with("Definition") => {
                let origin = format!("{}:{name}", source.name);
                let loaded = Loaded::from_object(&value()?, &origin, Provenance::File(source.name.clone()))?;
                self.definitions.add(loaded).map_err(|d| vec![d])?;
            }
            _ => self.others.push((kind, name)),
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

/// Points at a document.
fn at(mut problems: Vec<Diagnostic>, document: &Data) -> Vec<Diagnostic> {
    if let Some(origin) = &document.origin {
        for problem in problems.iter_mut().filter(|p| p.labels.is_empty()) {
            problem.labels.push(Label {
                source: origin.source.clone(),
                start: origin.span.start,
                end: origin.span.start,
                text: "this document".to_owned(),
            });
        }
    }
    problems
}

/// Points diagnostics of a rendering at the user's own file, by their paths.
pub fn locate(problems: &mut [Diagnostic], document: &Data) {
    for problem in problems {
        let Some(path) = &problem.path else { continue };
        let mut here = document;
        let mut place = document.origin.as_ref();
        for part in tree::parts(path) {
            let next = match part {
                tree::Part::Field(name) => tree::get(here, &name),
                tree::Part::Index(i) => tree::items(here).get(i),
            };
            let Some(next) = next else { break };
            here = next;
            place = next.origin.as_ref().or(place);
        }
        let Some(origin) = place else { continue };
        if !problem.labels.iter().any(|l| Arc::ptr_eq(&l.source, &origin.source)) {
            // A whole block is shown by its first line.
            let (start, end) = (origin.span.start, origin.span.end);
            let text = origin.source.text.get(start as usize..end as usize).unwrap_or_default();
            let end = start + text.find('\n').unwrap_or(text.len()) as u32;
            problem.labels.push(Label { source: origin.source.clone(), start, end, text: String::new() });
        }
        // The user's own file comes first, the definition's after it.
        problem.labels.sort_by_key(|l| !Arc::ptr_eq(&l.source, &origin.source));
    }
}
