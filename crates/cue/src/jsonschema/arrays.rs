//! Keywords of arrays.

use super::decoder::{Decoder, kind};
use super::expr::{call, elements, join, more, number, top, unary};
use super::kinds::{Core, Kinds};
use super::places::below;
use super::state::{Rest, State, Tuple};
use super::version::Version;
use crate::data::{Data, DataValue};
use cue_syntax::ast::{BinaryOp, Element, Expr, UnaryOp};

/// A list of at least this many elements is not spelt out.
const LONG: u64 = 100;

fn tuple<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, items: &'d [Data]) {
    let pointer = below(&state.pointer, key);
    let read = items
        .iter()
        .enumerate()
        .map(|(i, item)| decoder.schema(item, below(&pointer, &i.to_string()), state, Kinds::ALL).expr)
        .collect();
    let at = state.of.get(Core::Array as usize).map_or(0, Vec::len);
    state.tuple = Some(Tuple { at, items: read, rest: Rest::Any });
}

pub(super) fn items<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    if let DataValue::List(items) = &data.value {
        if decoder.version >= Version::Draft2020 {
            let version = decoder.version.address();
            decoder.problem(data, format!("from {version} onwards \"items\" takes a struct or a bool"));
            return;
        }
        tuple(decoder, state, key, items);
        return;
    }
    if state.tuple.is_some() {
        rest(decoder, state, key, data);
        return;
    }
    let e = decoder.schema(data, below(&state.pointer, key), state, Kinds::ALL).expr;
    state.add(Core::Array, elements(vec![more(Some(e))]));
}

pub(super) fn prefix<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    match &data.value {
        DataValue::List(items) => tuple(decoder, state, key, items),
        _ => decoder.problem(data, format!("{key:?} takes a list, found {}", kind(data))),
    }
}

pub(super) fn additional<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    if state.tuple.is_some() {
        rest(decoder, state, key, data);
    }
}

fn rest<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let rest = match data.value {
        DataValue::Bool(true) => Rest::Any,
        DataValue::Bool(false) => Rest::None,
        _ => Rest::Of(decoder.schema(data, below(&state.pointer, key), state, Kinds::ALL).expr),
    };
    if let Some(tuple) = &mut state.tuple {
        tuple.rest = rest;
    }
}

pub(super) fn how_many<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    if decoder.count(key, data).is_some() {
        let (low, high) = &mut state.contains;
        *(if key == "minContains" { low } else { high }) = Some(data.clone());
    }
}

pub(super) fn contains<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let e = decoder.schema(data, below(&state.pointer, key), state, Kinds::ALL).expr;
    let bound = |op, data: &Data| match &data.value {
        DataValue::Number(n) => Some(unary(op, number(n.to_cue()))),
        _ => None,
    };
    let (low, high) = state.contains.clone();
    let at_least = low.and_then(|n| bound(UnaryOp::GreaterEqual, &n));
    let mut count = vec![at_least.unwrap_or_else(|| unary(UnaryOp::GreaterEqual, number("1")))];
    count.extend(high.and_then(|n| bound(UnaryOp::LessEqual, &n)));
    let count = join(BinaryOp::And, count).unwrap_or_else(top);
    let function = decoder.package("list", "MatchN");
    state.add(Core::Array, call(function, vec![count, e]));
}

pub(super) fn at_least<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    match decoder.count(key, data) {
        None | Some(0) => {}
        Some(count) if count > LONG => {
            let e = counted(decoder, "MinItems", count);
            state.add(Core::Array, e);
        }
        Some(count) => {
            let mut all: Vec<Element> = (0..count).map(|_| Element::Value(top())).collect();
            all.push(more(None));
            state.add(Core::Array, elements(all));
        }
    }
}

pub(super) fn at_most<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    if let Some(count) = decoder.count(key, data) {
        let e = counted(decoder, "MaxItems", count);
        state.add(Core::Array, e);
    }
}

fn counted(decoder: &mut Decoder<'_>, function: &str, count: u64) -> Expr {
    call(decoder.package("list", function), vec![number(count.to_string())])
}

pub(super) fn unique<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, _: &str, data: &'d Data) {
    if data.value == DataValue::Bool(true) {
        let e = call(decoder.package("list", "UniqueItems"), Vec::new());
        state.add(Core::Array, e);
    }
}
