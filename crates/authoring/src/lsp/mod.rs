//! The language server's answers, without a protocol: texts and byte offsets in, diagnostics, items, places and edits out.
//!
//! A [`Workspace`] holds the texts that an editor has open and the definition files beside them. Each question is answered
//! from the text as it is now, also when it is broken in the middle of typing: the text is parsed with a name put in at the
//! cursor, names are resolved by what is written (as CUE scopes them) and not by evaluating, and YAML is read by its
//! indentation. What is wrong with a text is told by the same functions that `def vet` and `render` use.

mod application;
pub(crate) mod calls;
mod check;
mod cue_complete;
mod cue_file;
mod fields;
mod kubernetes;
mod outline;
pub mod position;
mod scope;
mod target;

use crate::testing::Suite;
use cue_syntax::{Diagnostic, Source};
use indexmap::IndexMap;
use k8s_schema::CustomTypes;
use render::builtin::{Added, Builtins};
use render::definition::Given;
use render::{DefinitionSource, Documents, Layers, RenderContext, Renderer};
use std::sync::Arc;

/// What an editor has open, and what lies beside it. Names of documents are the caller's own (an URI, a path).
#[derive(Debug)]
pub struct Workspace {
    documents: IndexMap<String, Arc<Source>>,
    /// Definition files as they were when they could last be read: one that is being edited is not gone for its users.
    sound: IndexMap<String, Arc<Source>>,
    renderer: Renderer,
    /// The definitions of the workspace.
    given: Arc<Given>,
    /// Packages that files of the workspace add.
    packages: Arc<Added>,
    /// What CRDs say of custom kinds.
    custom: Arc<CustomTypes>,
}

/// What is shown for the thing under the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// Markdown.
    pub text: String,
    /// First byte of what it is about.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A field to be written.
    Field,
    /// A name of a value.
    Variable,
    /// A package.
    Package,
    /// A function or an action.
    Function,
    /// A value.
    Value,
    /// A type of a definition.
    Type,
}

/// One completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is shown and put in.
    pub label: String,
    /// What it is.
    pub kind: ItemKind,
    /// A few words beside it: its type.
    pub detail: String,
    /// What it means.
    pub usage: String,
    /// It has to be given.
    pub required: bool,
    /// The text that replaces what was begun; often the label with a colon.
    pub insert: String,
}

/// Completions, and the part of the text that they replace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completions {
    /// In the order in which they are best shown.
    pub items: Vec<Item>,
    /// First byte of what was begun.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The text; its name is a document's, or begins with `builtin:`.
    pub source: Arc<Source>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A replacement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The document.
    pub document: String,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What stands there then.
    pub text: String,
}

/// What kind of text a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Cue,
    Yaml,
    Other,
}

fn language(name: &str) -> Language {
    match name.rsplit('.').next() {
        Some("cue") => Language::Cue,
        Some("yaml" | "yml" | "json") => Language::Yaml,
        _ => Language::Other,
    }
}

/// Whether a text may hold definitions.
fn is_definition(source: &Arc<Source>) -> bool {
    match language(&source.name) {
        Language::Cue => source.text.contains("template"),
        Language::Yaml => {
            source.text.contains("Definition") && source.text.contains("core.oam.dev")
                || source.text.contains("cue.oam.dev/") && source.text.contains("Package")
        }
        Language::Other => false,
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Workspace {
            documents: IndexMap::new(),
            sound: IndexMap::new(),
            renderer: Renderer::builtin(),
            given: Arc::default(),
            packages: Arc::default(),
            custom: Arc::default(),
        }
    }
}

impl Workspace {
    /// Puts a text in, or replaces it: a document that was opened or changed.
    pub fn set(&mut self, name: &str, text: String) {
        let before = self.documents.get(name).is_some_and(is_definition);
        if self.put(name, text) || before {
            self.reload();
        }
    }

    /// Holds objects of custom kinds to these CRDs.
    pub fn hold_to(&mut self, custom: CustomTypes) {
        self.custom = Arc::new(custom);
    }

    /// Puts the files in that lie beside the documents.
    pub fn load(&mut self, files: impl IntoIterator<Item = (String, String)>) {
        let files: Vec<(String, String)> = files.into_iter().collect();
        // Definitions import packages: those come first.
        let (packages, others): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(_, text)| text.contains("kind: Package"));
        for files in [packages, others] {
            for (name, text) in files {
                self.put(&name, text);
            }
            self.reload();
        }
    }

    /// Takes a text in; true when it is one of a definition.
    fn put(&mut self, name: &str, text: String) -> bool {
        let source = Source::new(name, text);
        self.documents.insert(name.to_owned(), source.clone());
        let defines = is_definition(&source);
        if defines && check::is_sound(&source, &self.packages) {
            self.sound.insert(name.to_owned(), source);
        }
        defines
    }

    /// Takes a text out.
    pub fn remove(&mut self, name: &str) {
        if self.documents.shift_remove(name).is_some() {
            self.sound.shift_remove(name);
            self.reload();
        }
    }

    /// The documents that are known, in the order in which they came.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }

    /// The text of a document.
    pub fn source(&self, name: &str) -> Option<&Arc<Source>> {
        self.documents.get(name)
    }

    /// Reads the definitions of all documents anew. A broken one is told in its own file and else taken as it was before.
    fn reload(&mut self) {
        let mut documents = Documents::default();
        for source in self.sound.values() {
            let _ = documents.read_definition(source);
        }
        self.packages = Arc::new(Added::of(&documents.packages));
        self.given = Arc::new(documents.definitions);
        let layers = Layers(vec![Box::new(Given::clone(&self.given)), Box::new(Builtins)]);
        self.renderer = Renderer::new(layers).with_packages(self.packages.clone());
    }

    fn definitions(&self) -> &dyn DefinitionSource {
        self.renderer.source()
    }

    /// Everything that is wrong with a document. Labels that point into other texts are kept.
    pub fn diagnostics(&self, name: &str) -> Vec<Diagnostic> {
        let Some(source) = self.documents.get(name) else { return Vec::new() };
        if Suite::is_named_so(name) {
            return check::cases(source, &self.documents, &self.given, &self.packages, &self.custom);
        }
        match language(name) {
            Language::Cue => check::cue(source, self.documents.values(), &self.packages),
            Language::Yaml => {
                let context = RenderContext { custom_types: self.custom.clone(), ..RenderContext::default() };
                check::yaml(source, self.documents.values(), &self.renderer, &context, &self.packages)
            }
            Language::Other => Vec::new(),
        }
    }

    /// What the thing at an offset is.
    pub fn hover(&self, name: &str, offset: usize) -> Option<Hover> {
        let source = self.documents.get(name)?;
        match language(name) {
            Language::Cue => cue_file::hover(source, offset, &self.packages),
            Language::Yaml => application::hover(source, offset, &self.renderer),
            Language::Other => None,
        }
    }

    /// What can stand at an offset.
    pub fn complete(&self, name: &str, offset: usize) -> Completions {
        let Some(source) = self.documents.get(name) else { return Completions::default() };
        match language(name) {
            Language::Cue => cue_complete::complete(source, offset, &self.packages),
            Language::Yaml => application::complete(source, offset, &self.renderer, self.definitions()),
            Language::Other => Completions::default(),
        }
    }

    /// Where the thing at an offset is declared.
    pub fn declaration(&self, name: &str, offset: usize) -> Vec<Place> {
        let Some(source) = self.documents.get(name) else { return Vec::new() };
        match language(name) {
            Language::Cue => cue_file::declaration(source, offset, &self.packages),
            Language::Yaml => application::declaration(source, offset, &self.renderer),
            Language::Other => Vec::new(),
        }
    }

    /// Every place that has the name at an offset, the declaration among them, in order; empty for what has no name of its own.
    pub fn occurrences(&self, name: &str, offset: usize) -> Vec<Place> {
        let Some(source) = self.documents.get(name) else { return Vec::new() };
        let spans = match language(name) {
            Language::Cue => cue_file::occurrences(source, offset, &self.packages),
            Language::Yaml => application::occurrences(source, offset),
            Language::Other => Vec::new(),
        };
        spans.into_iter().map(|(start, end)| Place { source: source.clone(), start, end }).collect()
    }

    /// Gives the thing at an offset another name, everywhere in its document.
    ///
    /// # Errors
    /// It has no name of its own, or the new name is none.
    pub fn rename(&self, name: &str, offset: usize, new: &str) -> Result<Vec<Edit>, String> {
        let cue = language(name) == Language::Cue;
        let allowed =
            if cue { cue_file::is_name(new) } else { !new.is_empty() && !new.contains([' ', ':', '#', '\n']) };
        if !allowed {
            return Err(format!("\"{new}\" is no name"));
        }
        let places = self.occurrences(name, offset);
        if places.is_empty() {
            return Err("what is here cannot be renamed".to_owned());
        }
        let edit = |p: Place| {
            let old = p.source.text.get(p.start..p.end).unwrap_or_default();
            // A quoted name stays quoted.
            let quoted = old.starts_with('"') && old.ends_with('"') && old.len() > 1;
            let text = if quoted { format!("\"{new}\"") } else { new.to_owned() };
            Edit { document: name.to_owned(), start: p.start, end: p.end, text }
        };
        Ok(places.into_iter().map(edit).collect())
    }

    /// The text in its canonical form; `None` where it has none (YAML keeps its author's) or is broken.
    pub fn format(&self, name: &str) -> Option<String> {
        let source = self.documents.get(name)?;
        match language(name) {
            Language::Cue => cue_syntax::format(source).ok(),
            _ => None,
        }
    }
}
