//! The walk over a document.

use super::Language;
use super::definitions::Decoded;
use super::expr::{comments, disallowed, select, top};
use super::keywords;
use super::kinds::Kinds;
use super::places::{DEPTH, Map, Places, at, definition};
use super::state::State;
use super::version::Version;
use crate::data::{Data, DataValue};
use crate::export::literal::name;
use cue_syntax::ast::Expr;
use cue_syntax::{Diagnostic, Label};
use smol_str::SmolStr;

/// A schema that was read, as others see it.
pub(super) struct Read<'d> {
    pub(super) expr: Expr,
    pub(super) state: State<'d>,
}

/// The walk.
pub(super) struct Decoder<'d> {
    pub(super) language: Language,
    pub(super) root: &'d Data,
    pub(super) version: Version,
    /// Whether `$schema` names the version.
    pub(super) is_declared: bool,
    pub(super) places: Places,
    pub(super) imports: Vec<SmolStr>,
    /// Schemas that have a name, by pointer.
    pub(super) named: Map<(Expr, String)>,
    /// The pointers of schemas that a schema refers to.
    pub(super) referred: Map<()>,
    /// Whether something refers to the whole.
    pub(super) refers_to_root: bool,
    pub(super) problems: Vec<Diagnostic>,
}

/// Reads a document that is one schema.
pub(super) fn decode(root: &Data) -> Result<Decoded, Vec<Diagnostic>> {
    let mut decoder = Decoder::new(Language::JsonSchema, root);
    if !matches!(root.value, DataValue::Struct(_) | DataValue::Bool(_)) {
        decoder.problem(root, format!("schema expects a struct or a bool, found {}", kind(root)));
        return Err(decoder.problems);
    }
    decoder.find_version();
    decoder.places = Places::of(root, decoder.version.id());
    let outer = State::new(String::new(), String::new(), 0, Kinds::ALL);
    let mut read = decoder.schema(root, String::new(), &outer, Kinds::ALL);
    decoder.rest();
    if read.state.allowed == Kinds::NONE {
        decoder.problem(root, "the constraints cannot be satisfied".to_owned());
    }
    if !decoder.problems.is_empty() {
        return Err(decoder.problems);
    }
    Ok(Decoded {
        language: decoder.language,
        doc: comments(&read.state.doc()),
        imports: decoder.imports,
        version: decoder.is_declared.then_some(decoder.version),
        id: read.state.id.take(),
        deprecated: read.state.deprecated,
        is_referred_to: decoder.refers_to_root,
        expr: read.expr,
        named: decoder.named,
    })
}

/// What a value is, in words.
pub(super) fn kind(data: &Data) -> &'static str {
    match &data.value {
        DataValue::Null => "null",
        DataValue::Bool(_) => "a bool",
        DataValue::Number(_) => "a number",
        DataValue::String(_) => "a string",
        DataValue::Bytes(_) => "bytes",
        DataValue::List(_) => "a list",
        DataValue::Struct(_) => "a struct",
        DataValue::Unknown(_) => "not known yet",
    }
}

impl<'d> Decoder<'d> {
    pub(super) fn new(language: Language, root: &'d Data) -> Self {
        Decoder {
            language,
            root,
            version: Version::Draft2020,
            is_declared: false,
            places: Places::default(),
            imports: Vec::new(),
            named: Map::default(),
            referred: Map::default(),
            refers_to_root: false,
            problems: Vec::new(),
        }
    }

    /// Notes what is wrong with a part of the schema.
    pub(super) fn problem(&mut self, data: &Data, message: String) {
        let mut d = Diagnostic::error("jsonschema/schema", message);
        if let Some(origin) = &data.origin {
            d.labels.push(Label {
                source: origin.source.clone(),
                start: origin.span.start,
                end: origin.span.end,
                text: String::new(),
            });
        }
        self.problems.push(d);
    }

    /// A member of a package.
    pub(super) fn package(&mut self, path: &str, member: &str) -> Expr {
        if !self.imports.iter().any(|p| p == path) {
            self.imports.push(path.into());
        }
        let local = path.rsplit(['/', ':']).next().unwrap_or(path);
        select(name(local), member)
    }

    /// Reads a schema below another one.
    pub(super) fn schema(&mut self, data: &'d Data, pointer: String, outer: &State<'d>, allowed: Kinds) -> Read<'d> {
        let mut state = State::new(pointer, outer.base.clone(), outer.depth + 1, allowed);
        if state.depth > DEPTH {
            self.problem(data, format!("schemas are nested deeper than {DEPTH}"));
            return Read { expr: top(), state };
        }
        let mut expr = match &data.value {
            DataValue::Bool(b) => {
                if self.version < Version::Draft6 {
                    self.problem(data, format!("schemas that are a bool came after {}", self.version.address()));
                }
                if *b { top() } else { disallowed() }
            }
            DataValue::Struct(fields) => {
                cue_syntax::with_stack(|| keywords::read(self, fields, &mut state));
                state.finish()
            }
            _ => {
                self.problem(data, format!("schema expects a struct or a bool, found {}", kind(data)));
                top()
            }
        };
        let is_named = definition(self.language, &state.pointer).is_some();
        if is_named || (!state.pointer.is_empty() && self.places.targets.contains_key(&state.pointer)) {
            let reference = reference_to(self.language, &state.pointer);
            state.is_constrained = true;
            self.named.insert(state.pointer.clone(), (std::mem::replace(&mut expr, reference), state.doc()));
        }
        Read { expr, state }
    }

    /// What is referred to and is no part of a schema that was read.
    pub(super) fn rest(&mut self) {
        // What is read here may refer to more.
        let mut next = 0;
        while let Some((pointer, ())) = self.referred.get_index(next) {
            next += 1;
            if pointer.is_empty() || self.named.contains_key(pointer) {
                continue;
            }
            let pointer = pointer.clone();
            if let Some(data) = at(self.root, &pointer) {
                let outer = State::new(String::new(), String::new(), 0, Kinds::ALL);
                self.schema(data, pointer, &outer, Kinds::ALL);
            }
        }
    }
}

/// How a schema that has a name is referred to.
pub(super) fn reference_to(language: Language, pointer: &str) -> Expr {
    match definition(language, pointer) {
        None => select(name("_#defs"), pointer),
        Some(own) if is_word(&own) => name(format!("#{own}")),
        Some(own) => select(name(quoted_names(language)), &own),
    }
}

/// The field that holds the definitions whose names are no words.
pub(super) fn quoted_names(language: Language) -> &'static str {
    match language {
        Language::JsonSchema => "#",
        Language::OpenApi => "#SchemaMap",
    }
}

/// Whether a name can stand behind `#`.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '_' || c == '$' || c.is_alphanumeric())
}
