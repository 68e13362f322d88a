//! Keywords of all values, of numbers and of strings.

use super::Language;
use super::decoder::{Decoder, kind};
use super::expr::{call, constant as literal, join, number, text, unary};
use super::kinds::{Core, Kinds};
use super::state::State;
use super::version::Version;
use crate::data::{Data, DataValue};
use crate::export::literal::{data as as_expr, name};
use crate::regexp::Regexp;
use cue_syntax::ast::{BinaryOp, Expr, UnaryOp};

impl Decoder<'_> {
    /// A whole number that is not negative.
    pub(super) fn count(&mut self, key: &str, data: &Data) -> Option<u64> {
        let found = match &data.value {
            DataValue::Number(n) if n.is_integral() => n.to_u64(),
            _ => None,
        };
        if found.is_none() {
            self.problem(data, format!("{key:?} takes a whole number that is not negative"));
        }
        found
    }

    /// A regular expression that RE2 reads; one of other kinds is left out.
    pub(super) fn regular<'d>(&mut self, key: &str, data: &'d Data) -> Option<&'d str> {
        self.text(key, data).filter(|text| Regexp::new(text).is_ok())
    }
}

pub(super) fn types<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, _: &str, data: &'d Data) {
    let names = match &data.value {
        DataValue::List(items) => items.as_slice(),
        DataValue::String(_) => std::slice::from_ref(data),
        _ => {
            decoder.problem(data, format!("\"type\" takes a string or a list of strings, found {}", kind(data)));
            return;
        }
    };
    let mut kinds = Kinds::NONE;
    for item in names {
        let Some(word) = decoder.text("type", item) else { continue };
        kinds = kinds.or(match word {
            "null" => Kinds::NULL,
            "boolean" => Kinds::BOOL,
            "string" => Kinds::STRING,
            "number" => Kinds::NUMBER,
            "integer" => {
                state.add(Core::Number, name("int"));
                Kinds::INT
            }
            "array" => Kinds::LIST,
            "object" => Kinds::STRUCT,
            _ => {
                decoder.problem(item, format!("unknown type {word:?}"));
                Kinds::ALL
            }
        });
    }
    state.allowed = state.allowed.and(kinds);
}

pub(super) fn alternatives<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, _: &str, data: &'d Data) {
    let DataValue::List(items) = &data.value else {
        decoder.problem(data, format!("\"enum\" takes a list, found {}", kind(data)));
        return;
    };
    let mut kinds = Kinds::NONE;
    let mut all = Vec::new();
    for item in items {
        if state.allowed.meets(Kinds::of(item)) {
            kinds = kinds.or(Kinds::of(item));
            all.push(literal(item));
        }
    }
    state.known = state.known.and(kinds);
    state.allowed = state.allowed.and(kinds);
    state.all.extend(join(BinaryOp::Or, all));
}

pub(super) fn constant<'d>(_: &mut Decoder<'d>, state: &mut State<'d>, _: &str, data: &'d Data) {
    state.known = state.known.and(Kinds::of(data));
    state.allowed = state.allowed.and(Kinds::of(data));
    state.all.push(literal(data));
}

/// The formats that CUE has a validator for.
pub(super) fn format<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let e = match decoder.text(key, data) {
        Some("date-time") => decoder.package("time", "Time"),
        Some("date") => call(decoder.package("time", "Format"), vec![text("2006-01-02")]),
        Some("uri" | "iri") => decoder.package("net", "AbsURL"),
        Some("uri-reference" | "iri-reference") => decoder.package("net", "URL"),
        Some("regex") => decoder.package("regexp", "Valid"),
        Some(range @ ("int32" | "int64")) if decoder.language == Language::OpenApi => {
            state.add(Core::Number, name(range));
            return;
        }
        _ => return,
    };
    state.add(Core::String, e);
}

pub(super) fn pattern<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    if let Some(pattern) = decoder.regular(key, data) {
        state.add(Core::String, unary(UnaryOp::Match, text(pattern)));
    }
}

pub(super) fn length<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let Some(count) = decoder.count(key, data) else { return };
    let function = decoder.package("strings", if key == "minLength" { "MinRunes" } else { "MaxRunes" });
    state.add(Core::String, call(function, vec![number(count.to_string())]));
}

/// In draft 4 a mark for the other keyword, later a bound of its own.
pub(super) fn exclusive<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    if let DataValue::Bool(exclusive) = data.value {
        if decoder.version == Version::Draft4 {
            let (low, high) = &mut state.exclusive;
            *(if key == "exclusiveMinimum" { low } else { high }) = exclusive;
        } else {
            decoder.problem(data, format!("{key:?} takes a number, found a bool"));
        }
        return;
    }
    let op = if key == "exclusiveMinimum" { UnaryOp::Greater } else { UnaryOp::Less };
    limit(decoder, state, key, op, data);
}

pub(super) fn bound<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let op = match (key, state.exclusive) {
        ("minimum", (true, _)) => UnaryOp::Greater,
        ("minimum", _) => UnaryOp::GreaterEqual,
        (_, (_, true)) => UnaryOp::Less,
        _ => UnaryOp::LessEqual,
    };
    limit(decoder, state, key, op, data);
}

fn limit(decoder: &mut Decoder<'_>, state: &mut State<'_>, key: &str, op: UnaryOp, data: &Data) {
    if let Some(n) = a_number(decoder, key, data) {
        state.add(Core::Number, unary(op, n));
    }
}

fn a_number(decoder: &mut Decoder<'_>, key: &str, data: &Data) -> Option<Expr> {
    if matches!(data.value, DataValue::Number(_)) {
        return Some(as_expr(data, true));
    }
    decoder.problem(data, format!("{key:?} takes a number, found {}", kind(data)));
    None
}

pub(super) fn multiple<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    if let Some(n) = a_number(decoder, key, data) {
        let function = decoder.package("math", "MultipleOf");
        state.add(Core::Number, call(function, vec![n]));
    }
}
