//! Definitions: where they come from and how they are found.

mod actions;
mod file;
mod literal;

pub(crate) use literal::label as label_text;

mod outdated;
pub mod visit;

use cue_syntax::{Diagnostic, File, Source, Sources};
use model::action::nearest;
use model::{Definition, DefinitionKind};
use serde_json::Value;
use std::sync::Arc;

/// Where a definition was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// In a file that was named.
    File(String),
    /// On the hub, in this namespace.
    Hub(String),
    /// In Lateen itself.
    Builtin,
}

impl std::fmt::Display for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Provenance::File(name) => f.write_str(name),
            Provenance::Hub(namespace) => write!(f, "hub, namespace {namespace}"),
            Provenance::Builtin => f.write_str("built-in"),
        }
    }
}

/// A definition that has been read: what it says about itself, and its template as a syntax tree.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it says about itself.
    pub definition: Definition,
    /// Where it was found.
    pub provenance: Provenance,
    /// The template: its imports and its fields. Spans point into the file that a user edits.
    pub template: File,
    /// The sources of `template`.
    pub sources: Sources,
    /// What is outdated in its text, as warnings.
    pub warnings: Vec<Diagnostic>,
    /// Identifies its content: templates with equal keys are equal.
    pub key: [u8; 32],
}

/// Finds definitions by name. Nothing is read before it is asked for.
pub trait DefinitionSource: Send + Sync {
    /// The definition of this kind and name; `None` when this source has none, an error when it has one that cannot be read.
    fn find(&self, kind: DefinitionKind, name: &str) -> Option<Result<Arc<Loaded>, Vec<Diagnostic>>>;

    /// The names that this source has.
    fn names(&self, kind: DefinitionKind) -> Vec<String>;
}

/// Sources in order: the first that has a definition wins.
#[derive(Default)]
pub struct Layers(pub Vec<Box<dyn DefinitionSource>>);

impl std::fmt::Debug for Layers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Layers({})", self.0.len())
    }
}

impl DefinitionSource for Layers {
    fn find(&self, kind: DefinitionKind, name: &str) -> Option<Result<Arc<Loaded>, Vec<Diagnostic>>> {
        self.0.iter().find_map(|layer| layer.find(kind, name))
    }

    fn names(&self, kind: DefinitionKind) -> Vec<String> {
        let mut names: Vec<String> = self.0.iter().flat_map(|layer| layer.names(kind)).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Definitions that were given: files, or objects of a hub.
#[derive(Debug, Default, Clone)]
pub struct Given(Vec<Arc<Loaded>>);

impl Given {
    /// Adds one.
    ///
    /// # Errors
    /// There is one of this kind and name already.
    pub fn add(&mut self, loaded: Loaded) -> Result<(), Diagnostic> {
        let (kind, name) = (loaded.definition.kind, &loaded.definition.name);
        if let Some(other) = self.0.iter().find(|l| l.definition.kind == kind && l.definition.name == *name) {
            return Err(Diagnostic::error(
                "render/definition-twice",
                format!("{} \"{name}\" is defined in {} and in {}", kind.kind(), other.provenance, loaded.provenance),
            )
            .help("keep one of them"));
        }
        self.0.push(Arc::new(loaded));
        Ok(())
    }

    /// All of them, in the order in which they were added.
    pub fn into_all(self) -> Vec<Loaded> {
        self.0.into_iter().map(Arc::unwrap_or_clone).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl DefinitionSource for Given {
    fn find(&self, kind: DefinitionKind, name: &str) -> Option<Result<Arc<Loaded>, Vec<Diagnostic>>> {
        let found = self.0.iter().find(|l| l.definition.kind == kind && l.definition.name == name)?;
        Some(Ok(found.clone()))
    }

    fn names(&self, kind: DefinitionKind) -> Vec<String> {
        self.0.iter().filter(|l| l.definition.kind == kind).map(|l| l.definition.name.clone()).collect()
    }
}

impl Loaded {
    /// Reads a definition file: a field with its metadata, and `template`.
    ///
    /// # Errors
    /// Syntax errors, a missing or a second metadata field, unknown attributes.
    pub fn from_cue(source: Arc<Source>, provenance: Provenance) -> Result<Loaded, Vec<Diagnostic>> {
        file::read(source, provenance)
    }

    /// Reads the YAML object of a definition. `origin` names it in diagnostics.
    ///
    /// # Errors
    /// The object is no definition, or its template has syntax errors.
    pub fn from_object(object: &Value, origin: &str, provenance: Provenance) -> Result<Loaded, Vec<Diagnostic>> {
        let definition = Definition::from_object(object, origin).map_err(|d| vec![d])?;
        Self::from_definition(definition, provenance)
    }

    /// Reads the template of a definition that is stored as an object, for instance in an ApplicationRevision.
    ///
    /// # Errors
    /// Its template has syntax errors.
    pub fn from_definition(definition: Definition, provenance: Provenance) -> Result<Loaded, Vec<Diagnostic>> {
        file::read_template(definition, provenance)
    }

    /// The template ready to be compiled, with `context` and `parameter` declared; for who evaluates it by other rules than
    /// rendering's.
    pub fn instance(&self) -> cue::Instance {
        crate::template::instance(self, false)
    }

    /// [`Loaded::instance`] with `parameter` closed: what it does not name cannot be given, and cannot be referred to.
    pub fn closed_instance(&self) -> cue::Instance {
        crate::template::instance(self, true)
    }

    /// The template's text with its imports, as it is stored in an object.
    pub fn template_text(&self) -> &str {
        self.definition.template.as_ref().map_or("", |t| t.source.text.as_str())
    }
}

/// `name@v1` is the name and a version.
pub fn split_version(reference: &str) -> (&str, Option<&str>) {
    match reference.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (reference, None),
    }
}

/// Looks a type up, with its version when one is given.
///
/// # Errors
/// No such definition (with the nearest name), not that version, or it cannot be read.
pub fn find(
    source: &dyn DefinitionSource,
    kind: DefinitionKind,
    reference: &str,
    path: &str,
) -> Result<Arc<Loaded>, Vec<Diagnostic>> {
    let (name, version) = split_version(reference);
    let found = source.find(kind, name).or_else(|| match kind {
        DefinitionKind::Component => source.find(DefinitionKind::Workload, name),
        _ => None,
    });
    let Some(found) = found else {
        return Err(vec![unknown(source, kind, name, path)]);
    };
    let loaded = found?;
    if let Some(version) = version {
        let has = loaded.definition.spec.version.as_str();
        let wanted = version.strip_prefix('v').unwrap_or(version);
        let fits = has == wanted || has.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'));
        if !fits {
            let shown = if has.is_empty() { "no version".to_owned() } else { format!("version {has}") };
            return Err(vec![
                Diagnostic::error(
                    "render/unknown-version",
                    format!("{} \"{name}\" ({}) has {shown}, not {version}", noun(kind), loaded.provenance),
                )
                .path(path)
                .help(format!("leave `@{version}` out to use the one there is")),
            ]);
        }
    }
    Ok(loaded)
}

/// What a user calls a kind of definition.
pub(crate) fn noun(kind: DefinitionKind) -> &'static str {
    match kind {
        DefinitionKind::Component => "component type",
        DefinitionKind::Trait => "trait type",
        DefinitionKind::Policy => "policy type",
        DefinitionKind::WorkflowStep => "step type",
        DefinitionKind::Workload => "workload type",
    }
}

fn unknown(source: &dyn DefinitionSource, kind: DefinitionKind, name: &str, path: &str) -> Diagnostic {
    let code = match kind {
        DefinitionKind::Component | DefinitionKind::Workload => "render/unknown-component-type",
        DefinitionKind::Trait => "render/unknown-trait-type",
        DefinitionKind::Policy => "render/unknown-policy-type",
        DefinitionKind::WorkflowStep => "render/unknown-step-type",
    };
    let mut diagnostic = Diagnostic::error(code, format!("there is no {} \"{name}\"", noun(kind))).path(path);
    let names = source.names(kind);
    diagnostic.help = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => Some(format!("did you mean \"{near}\"?")),
        None => Some(format!("known: {}; give files of your own with -d", names.join(", "))),
    };
    diagnostic
}
