//! Answers about the YAML of applications: types, their parameters, and the names that parts call each other by.

use super::outline::{self, Entry, Spot, Step, entries};
use super::{Completions, Hover, Item, ItemKind, Place};
use crate::explain::{Parameter, Parameters};
use cue_syntax::ast::{Decl, Expr};
use cue_syntax::{Source, Sources};
use model::DefinitionKind;
use model::fields::{self, Field};
use render::{DefinitionSource, Loaded, Renderer};
use std::sync::Arc;

/// A path without the numbers of elements: `spec.components.[].type`.
fn shape(path: &[Step]) -> Vec<&str> {
    path.iter()
        .map(|s| match s {
            Step::Key(k) => k.as_str(),
            Step::Item(_) => "[]",
        })
        .collect()
}

/// The kind of definition whose type stands in a struct.
fn kind_at(path: &[Step]) -> Option<DefinitionKind> {
    Some(match shape(path).as_slice() {
        ["spec", "components", "[]"] => DefinitionKind::Component,
        ["spec", "components", "[]", "traits", "[]"] => DefinitionKind::Trait,
        ["spec", "policies", "[]"] => DefinitionKind::Policy,
        ["spec", "workflow", "steps", "[]"] | ["spec", "workflow", "steps", "[]", "subSteps", "[]"] => {
            DefinitionKind::WorkflowStep
        }
        ["steps", "[]"] | ["steps", "[]", "subSteps", "[]"] => DefinitionKind::WorkflowStep,
        _ => return None,
    })
}

/// Entries of a text with what they say.
struct Outline<'t> {
    text: &'t str,
    entries: Vec<Entry>,
}

impl<'t> Outline<'t> {
    fn new(text: &'t str) -> Self {
        Outline { text, entries: entries(text) }
    }

    fn value(&self, entry: &Entry) -> &'t str {
        outline::unquoted(self.text.get(entry.value.0..entry.value.1).unwrap_or_default())
    }

    fn at(&self, document: usize, path: &[Step]) -> Option<&'t str> {
        let found = self.entries.iter().find(|e| e.document == document && e.path == path)?;
        Some(self.value(found)).filter(|v| !v.is_empty())
    }

    /// The value of a key in the struct at a path.
    fn field(&self, document: usize, path: &[Step], name: &str) -> Option<&'t str> {
        let mut path = path.to_vec();
        path.push(Step::Key(name.to_owned()));
        self.at(document, &path)
    }

    /// The fields that the struct at a path may have; of a text that does not say its kind yet, those of an Application.
    fn fields(&self, document: usize, path: &[Step]) -> Vec<&'static Field> {
        let kind = match self.field(document, &[], "kind") {
            Some(word) => fields::kind_by_word(word),
            None => fields::kind_by_word("Application"),
        };
        let Some(kind) = kind else { return Vec::new() };
        match fields::at(&kind.fields, shape(path)) {
            Ok(None) => kind.fields.clone(),
            Ok(Some(found)) => found.inside.iter().collect(),
            Err(_) => Vec::new(),
        }
    }

    /// The definition whose `properties` a path goes through, and the steps below them.
    fn typed<'p>(&self, document: usize, path: &'p [Step], renderer: &Renderer) -> Option<(Arc<Loaded>, Vec<&'p str>)> {
        let at = path.iter().position(|s| *s == Step::Key("properties".to_owned()))?;
        let (owner, below) = (path.get(..at)?, path.get(at + 1..)?);
        let kind = kind_at(owner)?;
        let name = self.field(document, owner, "type")?;
        let loaded = renderer.definition(kind, name, "").ok()?;
        Some((loaded, shape(below)))
    }

    /// The entry whose key or value an offset is on.
    fn on(&self, offset: usize) -> Option<(&Entry, bool)> {
        let touches = |(start, end): (usize, usize)| start <= offset && offset <= end && start < end;
        let key = self.entries.iter().find(|e| touches(e.key));
        key.map(|e| (e, true)).or_else(|| self.entries.iter().find(|e| touches(e.value)).map(|e| (e, false)))
    }
}

fn markdown(path: &str, parameter: &Parameter) -> String {
    let mut out = format!("`{path}`: {}", parameter.kind);
    for (name, value) in [
        ("", Some(parameter.usage.clone()).filter(|u| !u.is_empty())),
        ("Default: ", parameter.default.as_ref().map(|d| format!("`{d}`"))),
        ("Only if: ", parameter.condition.as_ref().map(|c| format!("`{c}`"))),
        ("", parameter.required.then(|| "Required.".to_owned())),
    ] {
        if let Some(value) = value {
            out.push_str(&format!("\n\n{name}{value}"));
        }
    }
    out
}

fn about_definition(loaded: &Loaded) -> String {
    let definition = &loaded.definition;
    let about = definition.annotations.get(model::labels::DEFINITION_DESCRIPTION).map_or("", String::as_str);
    let mut out = format!("`{}` ({}, {})\n\n{about}", definition.name, definition.kind.word(), loaded.provenance);
    let parameters = Parameters::of(loaded);
    if !parameters.fields.is_empty() {
        out.push_str("\n\n| parameter | type | meaning |\n|---|---|---|");
        for field in &parameters.fields {
            let required = if field.required { ", required" } else { "" };
            out.push_str(&format!(
                "\n| {}{required} | `{}` | {} |",
                field.name,
                field.kind.replace('|', "\\|"),
                field.usage
            ));
        }
    }
    out
}

pub(super) fn hover(source: &Arc<Source>, offset: usize, renderer: &Renderer) -> Option<Hover> {
    let outline = Outline::new(&source.text);
    let (entry, on_key) = outline.on(offset)?;
    let (start, end) = if on_key { entry.key } else { entry.value };
    let text = match entry.path.split_last() {
        Some((Step::Key(last), owner)) => {
            let typed = outline.typed(entry.document, &entry.path, renderer);
            if let Some((loaded, below)) = typed.filter(|(_, below)| !below.is_empty()) {
                let parameters = Parameters::of(&loaded);
                let found = parameters.at(&below)?;
                Some(markdown(&format!("{}.{}", loaded.definition.name, below.join(".")), found))
            } else if let (Some(kind), "type", false) = (kind_at(owner), last.as_str(), on_key) {
                let loaded = renderer.definition(kind, outline.value(entry), "").ok()?;
                Some(about_definition(&loaded))
            } else {
                let field = outline.fields(entry.document, owner).into_iter().find(|f| f.name == last)?;
                Some(format!("`{}`: {}\n\n{}", field.name, field.kind, field.usage))
            }
        }
        _ => None,
    }?;
    Some(Hover { text, start, end })
}

fn item(label: &str, kind: ItemKind, detail: &str, usage: &str, insert: String) -> Item {
    Item { label: label.to_owned(), kind, detail: detail.to_owned(), usage: usage.to_owned(), required: false, insert }
}

pub(super) fn complete(
    source: &Arc<Source>,
    offset: usize,
    renderer: &Renderer,
    definitions: &dyn DefinitionSource,
) -> Completions {
    let text = source.text.as_str();
    let offset = (0..=offset.min(text.len())).rev().find(|o| text.is_char_boundary(*o)).unwrap_or(0);
    let spot = outline::spot(text, offset);
    let outline = Outline::new(text);
    let items = if spot.in_key {
        let mut items = keys(&outline, &spot, renderer);
        // An element of a list of names looks like a key.
        items.extend(values(&outline, &spot, renderer, definitions));
        items
    } else {
        values(&outline, &spot, renderer, definitions)
    };
    Completions { items, start: spot.start.min(offset), end: offset }
}

fn keys(outline: &Outline<'_>, spot: &Spot, renderer: &Renderer) -> Vec<Item> {
    let there: Vec<&str> = outline
        .entries
        .iter()
        .filter(|e| e.document == spot.document)
        .filter_map(|e| match e.path.split_last() {
            Some((Step::Key(last), owner)) if owner == spot.path.as_slice() => Some(last.as_str()),
            _ => None,
        })
        .collect();
    let absent = |name: &str| !there.contains(&name);
    if let Some((loaded, below)) = outline.typed(spot.document, &spot.path, renderer) {
        let parameters = Parameters::of(&loaded);
        let fields = if below.is_empty() {
            &parameters.fields
        } else {
            match parameters.at(&below) {
                Some(found) => &found.inner.fields,
                None => return Vec::new(),
            }
        };
        return fields
            .iter()
            .filter(|f| absent(&f.name))
            .map(|f| Item { required: f.required, ..parameter_item(f) })
            .collect();
    }
    let fields = outline.fields(spot.document, &spot.path).into_iter();
    fields
        .filter(|f| absent(f.name) && !f.unwritten)
        .map(|f| item(f.name, ItemKind::Field, f.kind, f.usage, key_text(f.name, f.kind)))
        .collect()
}

/// A key, with a blank behind the colon where a scalar follows.
fn key_text(name: &str, kind: &str) -> String {
    let nested = kind.starts_with("[]") || kind.starts_with("map[") || kind == "object";
    if nested { format!("{name}:") } else { format!("{name}: ") }
}

fn parameter_item(field: &Parameter) -> Item {
    let mut usage = field.usage.clone();
    if let Some(default) = &field.default {
        usage.push_str(&format!(" (default {default})"));
    }
    item(&field.name, ItemKind::Field, &field.kind, usage.trim(), key_text(&field.name, &field.kind))
}

fn values(outline: &Outline<'_>, spot: &Spot, renderer: &Renderer, definitions: &dyn DefinitionSource) -> Vec<Item> {
    let Some((last, owner)) = spot.path.split_last() else { return Vec::new() };
    let plain = |label: &str, kind: ItemKind, usage: &str| item(label, kind, "", usage, label.to_owned());
    if *last == Step::Key("type".to_owned())
        && let Some(kind) = kind_at(owner)
    {
        let about = |name: &str| {
            let found = renderer.definition(kind, name, "").ok();
            found
                .and_then(|l| l.definition.annotations.get(model::labels::DEFINITION_DESCRIPTION).cloned())
                .unwrap_or_default()
        };
        return definitions.names(kind).iter().map(|n| plain(n, ItemKind::Type, &about(n))).collect();
    }
    if let Some((group, _)) = group_at(outline, spot.document, &spot.path) {
        return group
            .declared(outline, spot.document)
            .map(|e| plain(outline.value(e), ItemKind::Value, group.noun()))
            .collect();
    }
    if let Some((loaded, below)) = outline.typed(spot.document, &spot.path, renderer) {
        let parameters = Parameters::of(&loaded);
        let Some(found) = parameters.at(&below) else { return Vec::new() };
        let choices = found.choices.iter().map(|c| c.trim_matches('"'));
        let mut items: Vec<Item> = choices.map(|c| plain(c, ItemKind::Value, &found.usage)).collect();
        if found.kind == "bool" {
            items.extend(["true", "false"].map(|b| plain(b, ItemKind::Value, &found.usage)));
        }
        return items;
    }
    match shape(&spot.path).as_slice() {
        ["kind"] => fields::kinds().iter().map(|k| plain(k.kind, ItemKind::Value, k.usage)).collect(),
        ["apiVersion"] => match outline.field(spot.document, &[], "kind").and_then(fields::kind_by_word) {
            Some(kind) => vec![plain(kind.api_version, ItemKind::Value, "")],
            None => vec![plain(model::CORE_V1BETA1, ItemKind::Value, "")],
        },
        [.., "mode", "steps" | "subSteps"] | ["spec", "workflow", "steps", .., "mode"] => {
            vec![
                plain("StepByStep", ItemKind::Value, "One after the other"),
                plain("DAG", ItemKind::Value, "Side by side"),
            ]
        }
        _ => Vec::new(),
    }
}

pub(super) fn declaration(source: &Arc<Source>, offset: usize, renderer: &Renderer) -> Vec<Place> {
    let outline = Outline::new(&source.text);
    let Some((entry, on_key)) = outline.on(offset) else { return Vec::new() };
    if let (Some((Step::Key(last), owner)), false) = (entry.path.split_last(), on_key)
        && last == "type"
        && let Some(kind) = kind_at(owner)
        && let Ok(loaded) = renderer.definition(kind, outline.value(entry), "")
    {
        return definition_place(&loaded).into_iter().collect();
    }
    if let (false, Some((group, _))) = (on_key, group_at(&outline, entry.document, &entry.path)) {
        let name = outline.value(entry);
        let found = group.declared(&outline, entry.document).find(|e| outline.value(e) == name);
        return found.map(|e| Place { source: source.clone(), start: e.value.0, end: e.value.1 }).into_iter().collect();
    }
    let Some((loaded, below)) = outline.typed(entry.document, &entry.path, renderer) else { return Vec::new() };
    let parameters = Parameters::of(&loaded);
    let Some(found) = parameters.at(&below) else { return definition_place(&loaded).into_iter().collect() };
    let place = |source: &Arc<Source>| Place {
        source: source.clone(),
        start: found.place.start as usize,
        end: found.place.end as usize,
    };
    loaded.sources.get(found.place.source).map(place).into_iter().collect()
}

/// Where the name of a definition stands in its file.
fn definition_place(loaded: &Loaded) -> Option<Place> {
    let source = loaded.sources.get(cue_syntax::SourceId(0))?;
    let id = Sources::default().add(source.clone());
    let file = cue_syntax::parse_file(source, id).tree?;
    let name = loaded.definition.name.as_str();
    let found = file.decls.iter().find_map(|d| match d {
        Decl::Field(f) if matches!(f.value, Expr::Struct(_)) && super::scope::label_text(&f.label) == Some(name) => {
            Some(f.label.span())
        }
        _ => None,
    });
    let (start, end) = found.map_or((0, 0), |s| (s.start as usize, s.end as usize));
    Some(Place { source: source.clone(), start, end })
}

/// Names that parts of an application call each other by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Component,
    Policy,
    Step,
    Output,
}

impl Group {
    fn noun(self) -> &'static str {
        match self {
            Group::Component => "component",
            Group::Policy => "policy",
            Group::Step => "step",
            Group::Output => "output",
        }
    }

    /// The entries whose values declare the names.
    fn declared<'o>(self, outline: &'o Outline<'_>, document: usize) -> impl Iterator<Item = &'o Entry> {
        outline.entries.iter().filter(move |e| {
            e.document == document
                && group_at(outline, document, &e.path) == Some((self, true))
                && e.value.0 < e.value.1
        })
    }
}

/// The group of the name that stands at a path, and whether it is declared there.
fn group_at(outline: &Outline<'_>, document: usize, path: &[Step]) -> Option<(Group, bool)> {
    let shape = shape(path);
    let step_type = || {
        let at = path.iter().position(|s| *s == Step::Key("properties".to_owned()))?;
        let owner = path.get(..at)?;
        Some((kind_at(owner)?, outline.field(document, owner, "type")?))
    };
    Some(match shape.as_slice() {
        ["spec", "components", "[]", "name"] => (Group::Component, true),
        ["spec", "policies", "[]", "name"] => (Group::Policy, true),
        ["spec", "workflow", "steps", "[]", "name"] | ["spec", "workflow", "steps", "[]", "subSteps", "[]", "name"] => {
            (Group::Step, true)
        }
        ["spec", "components", "[]", "dependsOn", "[]"] => (Group::Component, false),
        ["spec", "workflow", "steps", .., "dependsOn", "[]"] => (Group::Step, false),
        ["spec", "components" | "workflow", .., "outputs", "[]", "name"] if !shape.contains(&"properties") => {
            (Group::Output, true)
        }
        ["spec", "components" | "workflow", .., "inputs", "[]", "from"] if !shape.contains(&"properties") => {
            (Group::Output, false)
        }
        ["spec", "workflow", "steps", .., "properties", "component"] => (Group::Component, false),
        ["spec", "workflow", "steps", .., "properties", "exceptions", "[]"] => (Group::Component, false),
        ["spec", "workflow", "steps", .., "properties", "policies", "[]"] => match step_type()? {
            (DefinitionKind::WorkflowStep, "deploy") => (Group::Policy, false),
            _ => return None,
        },
        ["spec", "workflow", "steps", .., "properties", "policy"] => match step_type()? {
            (DefinitionKind::WorkflowStep, "deploy2env" | "multi-env" | "deploy2cluster") => (Group::Policy, false),
            _ => return None,
        },
        ["spec", "policies", "[]", "properties", "components", "[]", "name"] => match step_type()? {
            (DefinitionKind::Policy, "override") => (Group::Component, false),
            _ => return None,
        },
        ["spec", "policies", "[]", "properties", "selector", "[]"] => match step_type()? {
            (DefinitionKind::Policy, "override" | "replication") => (Group::Component, false),
            _ => return None,
        },
        _ => return None,
    })
}

pub(super) fn occurrences(source: &Arc<Source>, offset: usize) -> Vec<(usize, usize)> {
    let outline = Outline::new(&source.text);
    let Some((entry, false)) = outline.on(offset) else { return Vec::new() };
    let Some((group, _)) = group_at(&outline, entry.document, &entry.path) else { return Vec::new() };
    let name = outline.value(entry);
    let same = outline.entries.iter().filter(|e| {
        e.document == entry.document
            && outline.value(e) == name
            && group_at(&outline, e.document, &e.path).is_some_and(|(g, _)| g == group)
    });
    let mut out: Vec<(usize, usize)> = same.map(|e| e.value).collect();
    out.sort_unstable();
    out.dedup();
    out
}
