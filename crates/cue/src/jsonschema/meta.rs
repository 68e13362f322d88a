//! What a schema says of itself, and what it refers to.

use super::Language;
use super::decoder::{Decoder, kind, reference_to};
use super::expr::select;
use super::kinds::Kinds;
use super::places::{at, below, definition, percent_decoded, resolve};
use super::state::State;
use super::version::Version;
use crate::data::{Data, DataValue};
use crate::export::literal::name;

impl Decoder<'_> {
    /// The version that the root names; another one is a problem.
    pub(super) fn find_version(&mut self) {
        let root = self.root;
        let DataValue::Struct(fields) = &root.value else { return };
        let Some(data) = fields.get("$schema") else { return };
        let Some(text) = self.text("$schema", data) else { return };
        match Version::named(text) {
            Some(version) => {
                self.version = version;
                self.is_declared = true;
            }
            None => self
                .problem(data, format!("unknown $schema {text:?}: it is none of the drafts 4, 6, 7, 2019-09, 2020-12")),
        }
    }

    /// The text of a keyword.
    pub(super) fn text<'d>(&mut self, key: &str, data: &'d Data) -> Option<&'d str> {
        match &data.value {
            DataValue::String(s) => Some(s),
            _ => {
                self.problem(data, format!("{key:?} takes a string, found {}", kind(data)));
                None
            }
        }
    }
}

pub(super) fn schema<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, _: &str, data: &'d Data) {
    if !state.pointer.is_empty() && decoder.version < Version::Draft2019 {
        let version = decoder.version.address();
        decoder.problem(data, format!("$schema can only stand at the root in {version}"));
    }
}

pub(super) fn id<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let Some(text) = decoder.text(key, data) else { return };
    if !text.contains('#') {
        state.base = resolve(&state.base, text);
        state.id = Some(state.base.clone());
    }
}

pub(super) fn title<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    state.title = decoder.text(key, data).unwrap_or_default().to_owned();
}

pub(super) fn description<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    state.description = decoder.text(key, data).unwrap_or_default().to_owned();
}

pub(super) fn deprecated<'d>(_: &mut Decoder<'d>, state: &mut State<'d>, _: &str, data: &'d Data) {
    state.deprecated = data.value == DataValue::Bool(true);
}

/// `$defs` and `definitions`: each becomes a definition of the file. Those of inner schemas only where something refers to
/// them.
pub(super) fn definitions<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let DataValue::Struct(fields) = &data.value else {
        decoder.problem(data, format!("{key:?} takes a struct, found {}", kind(data)));
        return;
    };
    let pointer = below(&state.pointer, key);
    for (own, value) in fields {
        let pointer = below(&pointer, own);
        if definition(decoder.language, &pointer).is_some() || decoder.places.targets.contains_key(&pointer) {
            decoder.schema(value, pointer, state, Kinds::ALL);
        }
    }
}

pub(super) fn reference<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let Some(text) = decoder.text(key, data) else { return };
    let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
    let fragment = percent_decoded(fragment);
    let address = resolve(&state.base, address);
    if !fragment.is_empty() && !fragment.starts_with('/') {
        decoder.problem(data, format!("references to anchors (#{fragment}) are not supported"));
        return;
    }
    let Some(pointer) = decoder.places.pointer(&address, &fragment) else {
        let e = external(decoder, &address, &fragment);
        state.all.push(e);
        return;
    };
    if at(decoder.root, &pointer).is_none() {
        decoder.problem(data, format!("reference to a schema that is not there: {text}"));
    } else if pointer.is_empty() {
        decoder.refers_to_root = true;
        state.all.push(name("_schema"));
    } else {
        state.all.push(reference_to(decoder.language, &pointer));
        decoder.referred.insert(pointer, ());
    }
}

/// A schema of another document: a package whose path is the address without its protocol.
fn external(decoder: &mut Decoder<'_>, address: &str, fragment: &str) -> cue_syntax::ast::Expr {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest).trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path);
    let stem = last.split('.').next().unwrap_or(last);
    let local = if path.contains('/') && super::decoder::is_word(stem) { stem } else { "schema" };
    let path = format!("{path}:{local}");
    let member = match definition(decoder.language, fragment) {
        Some(own) => format!("#{own}"),
        None if fragment.is_empty() => {
            decoder.package(&path, "");
            return name(local);
        }
        None => fragment.to_owned(),
    };
    decoder.package(&path, "");
    select(name(local), &member)
}

/// OpenAPI's own way to let null through.
pub(super) fn nullable<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, _: &str, data: &'d Data) {
    state.nullable = decoder.language == Language::OpenApi && data.value == DataValue::Bool(true);
}
