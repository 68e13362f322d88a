//! Definitions: where they come from and how they are found.

mod actions;
mod attributes;
mod file;
mod literal;

pub(crate) use literal::label as label_text;

mod outdated;
mod version;
pub mod visit;

use cue_syntax::{Diagnostic, File, Source, Sources};
use model::action::nearest;
use model::{Definition, DefinitionKind};
use serde_json::Value;
use std::sync::Arc;

/// What the labels and annotations of a definition file are stored under, where they name no domain of OAM.
pub(crate) const CUSTOM_LABEL: &str = "custom.definition.oam.dev/";

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
    /// Its number when it is a stored revision.
    pub revision: Option<u64>,
}

/// Finds definitions by name. Nothing is read before it is asked for.
pub trait DefinitionSource: Send + Sync {
    /// The definition of this kind and name; `None` when this source has none, an error when it has one that cannot be read.
    fn find(&self, kind: DefinitionKind, name: &str) -> Option<Result<Arc<Loaded>, Vec<Diagnostic>>>;

    /// The names that this source has.
    fn names(&self, kind: DefinitionKind) -> Vec<String>;

    /// Every revision of this kind and name that the source has.
    fn revisions(&self, kind: DefinitionKind, name: &str) -> Vec<Result<Arc<Loaded>, Vec<Diagnostic>>> {
        self.find(kind, name).into_iter().collect()
    }
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

    fn revisions(&self, kind: DefinitionKind, name: &str) -> Vec<Result<Arc<Loaded>, Vec<Diagnostic>>> {
        self.0.iter().flat_map(|layer| layer.revisions(kind, name)).collect()
    }
}

/// Definitions that were given: files, or objects of a hub.
#[derive(Debug, Default, Clone)]
pub struct Given(Vec<Arc<Loaded>>);

impl Given {
    /// Adds one.
    ///
    /// # Errors
    /// There is one of this kind, name, namespace and version already.
    pub fn add(&mut self, loaded: Loaded) -> Result<(), Diagnostic> {
        let (kind, name) = (loaded.definition.kind, &loaded.definition.name);
        let same = |l: &&Arc<Loaded>| {
            let (a, b) = (&l.definition, &loaded.definition);
            (a.kind, &a.name, &a.namespace, &a.spec.version, l.revision)
                == (b.kind, &b.name, &b.namespace, &b.spec.version, loaded.revision)
        };
        if let Some(other) = self.0.iter().find(same) {
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

    fn named<'a>(&'a self, kind: DefinitionKind, name: &'a str) -> impl Iterator<Item = &'a Arc<Loaded>> {
        self.0.iter().filter(move |l| l.definition.kind == kind && l.definition.name == name)
    }

    /// Those that an Application of this namespace uses: of definitions with one name those of its own namespace, else those
    /// without a namespace, else those of `vela-system`. One that stands elsewhere only is used with a warning.
    #[must_use]
    pub fn visible_from(&self, namespace: &str) -> Given {
        let rank = |l: &Loaded| match l.definition.namespace.as_str() {
            own if own == namespace => 0,
            "" => 1,
            model::SYSTEM_NAMESPACE => 2,
            _ => 3,
        };
        let mut seen = Given::default();
        for loaded in &self.0 {
            let definition = &loaded.definition;
            let best = self.named(definition.kind, &definition.name).map(|l| rank(l)).min();
            if best != Some(rank(loaded)) {
                continue;
            }
            if best == Some(3) {
                let mut elsewhere = Loaded::clone(loaded);
                let text = format!(
                    "{} \"{}\" stands in namespace {}, which a hub does not look into for an application of {namespace}",
                    definition.kind.kind(),
                    definition.name,
                    definition.namespace
                );
                elsewhere.warnings.push(
                    Diagnostic::warning("render/definition-elsewhere", text)
                        .help(format!("put it into {namespace} or {}", model::SYSTEM_NAMESPACE)),
                );
                seen.0.push(Arc::new(elsewhere));
            } else {
                seen.0.push(loaded.clone());
            }
        }
        seen
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
        let found = self.named(kind, name).max_by(|a, b| version::newer(a, b))?;
        Some(Ok(found.clone()))
    }

    fn revisions(&self, kind: DefinitionKind, name: &str) -> Vec<Result<Arc<Loaded>, Vec<Diagnostic>>> {
        self.named(kind, name).cloned().map(Ok).collect()
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
        let (loaded, problems) = file::examine(source, provenance)?;
        if problems.is_empty() { Ok(loaded) } else { Err(problems) }
    }

    /// Reads a CUE file as [`Loaded::from_cue`] does, for who wants to know all that is wrong with it: beside it come the
    /// mistakes for which it is refused and which can be looked past.
    ///
    /// # Errors
    /// Syntax errors, and a file that is no definition.
    pub fn examine(source: Arc<Source>, provenance: Provenance) -> Result<(Loaded, Vec<Diagnostic>), Vec<Diagnostic>> {
        file::examine(source, provenance)
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

    /// Actions that it names of packages that were added, and that those do not have.
    pub fn unknown_actions(&self, packages: &crate::builtin::Added) -> Vec<Diagnostic> {
        actions::check_added(&self.template, &self.sources, packages)
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
    let (name, wanted) = split_version(reference);
    let kinds: &[DefinitionKind] = match kind {
        DefinitionKind::Component => &[DefinitionKind::Component, DefinitionKind::Workload],
        _ => std::slice::from_ref(&kind),
    };
    let Some(wanted) = wanted else {
        let found = kinds.iter().find_map(|kind| source.find(*kind, name));
        return found.unwrap_or_else(|| Err(vec![unknown(source, kind, name, path)]));
    };
    let mut all = Vec::new();
    let found = kinds.iter().map(|kind| source.revisions(*kind, name)).find(|found| !found.is_empty());
    for one in found.unwrap_or_default() {
        all.push(one?);
    }
    if all.is_empty() {
        return Err(vec![unknown(source, kind, name, path)]);
    }
    version::choose(&all, wanted).ok_or_else(|| {
        let where_from = all.first().map_or_else(String::new, |l| format!(" ({})", l.provenance));
        let text = format!("{} \"{name}\"{where_from} has no version {wanted}", noun(kind));
        vec![
            Diagnostic::error("render/unknown-version", text)
                .path(path)
                .help(format!("there is {}; leave `@{wanted}` out to use the newest", version::list(&all))),
        ]
    })
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
