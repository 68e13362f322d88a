//! Loading: from the names on a command line to instances that can be compiled.
//!
//! An instance is the files named, or a package: the CUE files of a folder and of its ancestors up to the module root that
//! have the same package clause. Data files join it. Everything is read through [`World`]; no path is looked at otherwise.

mod condition;
mod embed;
mod inputs;
mod labels;
mod module;
mod package;
mod places;
mod schemas;
mod tags;

pub use inputs::{Format, Input, Schema};
pub use labels::Place;
pub use places::{point, point_all};
pub use schemas::to_cue;

use crate::api::{Instance, Selector};
use crate::data::{Data, DataValue};
use crate::{World, csv, json, toml, yaml};
use cue_syntax::{Diagnostic, Source, Sources};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// What to load and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `-t`: `key=value`, or a word that a tag lists as its shorthand or an `@if` asks for.
    pub tags: Vec<String>,
    /// `-T`: values of system variables by name (`now`, `os`, …) for `@tag(…, var=now)`.
    pub variables: Vec<(String, String)>,
    /// `-p`: the package to load where a folder holds several.
    pub package: Option<String>,
    /// `-l`: where data files are placed.
    pub place: Place,
    /// `--list`: all data become one list.
    pub list: bool,
    /// `-d`: data are unified with this expression of the instance instead of with its top.
    pub schema: Option<String>,
    /// JSON files stay texts until [`Document::read`].
    pub deferred: bool,
    /// How many folders stand above the current one, to bound the search for a module.
    pub folders_above: usize,
}

/// One instance with the data that belong to it.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// What to show for it: `./sub`, or nothing for files named on the command line.
    pub name: String,
    /// The CUE files.
    pub instance: Instance,
    /// Documents of data files, placed, in order.
    pub documents: Vec<Document>,
    /// Schemas in other languages, which are also among the instance's files, as CUE.
    pub schemas: Vec<(Schema, Document)>,
}

/// One document of a data file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file.
    pub name: String,
    /// The content; of a text that is not read yet nothing.
    pub data: Data,
    /// The text of data that have no places, and which document of it this is.
    bare: Option<(Arc<Source>, usize)>,
    /// It is not read yet, and may be any number of documents.
    deferred: bool,
}

impl Document {
    /// A document whose data know their places.
    #[must_use]
    pub fn new(name: &str, data: Data) -> Document {
        Document { name: name.to_owned(), data, bare: None, deferred: false }
    }

    /// The text of JSON that is not read yet.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.bare.as_ref().filter(|_| self.deferred).map(|(source, _)| source.text.as_str())
    }

    /// The documents of a text that is not read yet; else this one.
    ///
    /// # Errors
    /// When the text is not JSON.
    pub fn read(&self) -> Result<Vec<Document>, Problems> {
        match &self.bare {
            Some((source, _)) if self.deferred => documents_of(&self.name, source),
            _ => Ok(vec![self.clone()]),
        }
    }

    /// The data with their places.
    fn located(&self) -> Cow<'_, Data> {
        let again = self.bare.as_ref().and_then(|(source, i)| json::read_stream(source).ok()?.into_iter().nth(*i));
        again.map_or(Cow::Borrowed(&self.data), Cow::Owned)
    }
}

/// The problems of a load; everything that was found.
pub type Problems = Vec<Diagnostic>;

/// Loads what the arguments name. No argument is the package of the current folder.
///
/// # Errors
/// What cannot be read or parsed, packages that are not there or not unique, tags that nothing asks for.
pub fn load(world: &dyn World, options: &Options, arguments: &[String]) -> Result<Vec<Loaded>, Problems> {
    let inputs = inputs::classify(arguments)?;
    let (folders, files): (Vec<Input>, Vec<Input>) = inputs.into_iter().partition(|i| i.format == Format::Package);
    let mut problems = Vec::new();
    let mut loaded = Vec::new();
    let has_files = !files.is_empty();
    let (schemas, files): (Vec<Input>, Vec<Input>) = files.into_iter().partition(|i| i.schema.is_some());
    let (cue, data): (Vec<Input>, Vec<Input>) = files.into_iter().partition(|i| i.format == Format::Cue);
    if !cue.is_empty() {
        loaded.push(package::of_files(world, options, &cue, &mut problems));
    }
    let folders = if folders.is_empty() && !has_files { vec![Input::package(".")] } else { folders };
    let found = side_by_side(&folders, |f| package::of_folder(world, options, &f.name));
    join(found, &mut loaded, &mut problems);
    for schema in &schemas {
        if loaded.is_empty() {
            loaded.push(Loaded::default());
        }
        schemas::join(world, schema, &mut loaded, &mut problems);
    }
    if !data.is_empty() {
        if loaded.is_empty() {
            loaded.push(Loaded::default());
        }
        let documents = read_data(world, &data, options, &mut problems);
        if let Some((last, others)) = loaded.split_last_mut() {
            others.iter_mut().for_each(|l| l.documents.clone_from(&documents));
            last.documents = documents;
        }
    }
    if problems.is_empty() {
        tags::check(&loaded, &mut problems);
        tags::inject(options, &mut loaded, &mut problems);
    }
    if problems.is_empty() {
        return Ok(loaded);
    }
    // What would have been read later is told with the rest.
    let later = loaded.last().into_iter().flat_map(|l| &l.documents).filter(|d| d.deferred);
    later.for_each(|d| problems.extend(d.read().err().unwrap_or_default()));
    Err(problems)
}

/// What was loaded, and what is wrong.
type Found = (Vec<Loaded>, Problems);

/// Loads what is independent of each other, on several threads where there is more than one; the order stays.
fn side_by_side<T: Sync>(all: &[T], load: impl Fn(&T) -> Found + Send + Sync) -> Vec<Found> {
    match all {
        // Nothing to do would start threads, too.
        [] => Vec::new(),
        [one] => vec![load(one)],
        all => all.par_iter().map(load).collect(),
    }
}

fn join(found: Vec<Found>, loaded: &mut Vec<Loaded>, problems: &mut Problems) {
    for (some, wrong) in found {
        loaded.extend(some);
        problems.extend(wrong);
    }
}

fn read_data(world: &dyn World, inputs: &[Input], options: &Options, problems: &mut Problems) -> Vec<Document> {
    let mut documents = Vec::new();
    // Data that stay as they are need no places until something is wrong with them, and these take more room than they do.
    let moved = options.list || !options.place.labels.is_empty();
    for input in inputs {
        let read = match input.format {
            Format::Json | Format::JsonLines if !moved => text_of(world, input).and_then(|source| match input.format {
                Format::Json if options.deferred && !source.text.trim().is_empty() => {
                    let (name, data) = (input.name.clone(), DataValue::Null.into());
                    Ok(vec![Document { name, data, bare: Some((source, 0)), deferred: true }])
                }
                _ => documents_of(&input.name, &source),
            }),
            _ => read_file(world, input)
                .map(|all| all.into_iter().map(|data| Document::new(&input.name, data)).collect()),
        };
        match read {
            Ok(all) => documents.extend(all),
            Err(found) => problems.extend(found),
        }
    }
    let mut by_name: FxHashMap<&str, usize> = FxHashMap::default();
    documents.iter().for_each(|d| *by_name.entry(&d.name).or_default() += 1);
    let totals: Vec<usize> = documents.iter().map(|d| by_name.get(d.name.as_str()).copied().unwrap_or(1)).collect();
    // The documents of each file make a list.
    let mut lists: Vec<(String, Vec<smol_str::SmolStr>, Vec<Data>)> = Vec::new();
    let mut placed = Vec::new();
    let mut index = 0;
    let mut before = String::new();
    for (mut document, count) in documents.into_iter().zip(totals) {
        index = if document.name == before { index + 1 } else { 0 };
        before.clone_from(&document.name);
        let context = labels::Context { filename: &document.name, index, count };
        let path = match labels::path_of(world, &options.place, &document.data, context) {
            Ok(path) => path,
            Err(found) => {
                problems.extend(found);
                Vec::new()
            }
        };
        if !options.list {
            let data = labels::nested(path, std::mem::replace(&mut document.data, DataValue::Null.into()));
            placed.push(Document { data, ..document });
        } else if let Some((.., list)) = lists.iter_mut().find(|(name, p, _)| *name == document.name && *p == path) {
            list.push(document.data);
        } else {
            lists.push((document.name, path, vec![document.data]));
        }
    }
    let list = |(_, path, items)| Document::new("", labels::nested(path, DataValue::List(items).into()));
    placed.extend(lists.into_iter().map(list));
    placed
}

/// The text of a file.
fn text_of(world: &dyn World, input: &Input) -> Result<Arc<Source>, Problems> {
    let bytes = world.read(&input.name).map_err(|e| vec![Diagnostic::error("cue/load", e)])?;
    Ok(source_of(&input.name, &bytes))
}

/// The documents of a JSON file, without their places.
fn documents_of(name: &str, source: &Arc<Source>) -> Result<Vec<Document>, Problems> {
    let all = json::read_bare(source)?.into_iter().enumerate();
    let document =
        |(i, data)| Document { name: name.to_owned(), data, bare: Some((source.clone(), i)), deferred: false };
    Ok(all.map(document).collect())
}

/// The documents of one file.
fn read_file(world: &dyn World, input: &Input) -> Result<Vec<Data>, Problems> {
    let bytes = world.read(&input.name).map_err(|e| vec![Diagnostic::error("cue/load", e)])?;
    if input.format == Format::Binary {
        return Ok(vec![DataValue::Bytes(bytes).into()]);
    }
    let source = source_of(&input.name, &bytes);
    match input.format {
        Format::Json | Format::JsonLines => json::read_stream(&source),
        Format::Yaml => yaml::read(&source),
        Format::Toml => toml::read(&source).map(|data| vec![data]),
        Format::Csv => csv::read(&source).map(|data| vec![data]),
        _ => Ok(vec![Data::string(source.text.as_str())]),
    }
}

/// A source for bytes; what is no UTF-8 becomes U+FFFD, as the language says.
pub(crate) fn source_of(name: &str, bytes: &[u8]) -> Arc<Source> {
    Source::new(name, String::from_utf8_lossy(bytes))
}

/// Parses the files of a package that is given as text (`World::package`), for the compiler.
///
/// # Errors
/// Syntax errors.
pub fn parse_texts(sources: &mut Sources, texts: &[(String, Arc<str>)]) -> Result<Vec<cue_syntax::File>, Problems> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for (name, text) in texts {
        let source = Source::new(name.as_str(), text.to_string());
        let id = sources.add(source.clone());
        let parsed = cue_syntax::parse_file(&source, id);
        problems.extend(parsed.diagnostics);
        files.extend(parsed.tree);
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// The inputs of an evaluation for some documents: unified at the top, or with the schema that `-d` names.
#[must_use]
pub fn inputs_of(documents: &[Document], at: &[Selector]) -> crate::api::Inputs {
    crate::api::Inputs { data: documents.iter().map(|d| (at.to_vec(), d.data.clone())).collect(), results: Vec::new() }
}

/// Imports that a load has found, by path.
type Imports = FxHashMap<String, Vec<cue_syntax::File>>;
