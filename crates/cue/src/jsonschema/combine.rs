//! `allOf`, `anyOf`, `oneOf`, `not`, `if`.

use super::decoder::{Decoder, kind};
use super::expr::{call, number, top, unary, values};
use super::kinds::Kinds;
use super::places::below;
use super::state::State;
use crate::data::{Data, DataValue};
use crate::export::literal::name;
use cue_syntax::ast::{Expr, UnaryOp};

/// The schemas of a list, which must not be empty.
fn items<'d>(decoder: &mut Decoder<'d>, key: &str, data: &'d Data) -> &'d [Data] {
    match &data.value {
        DataValue::List(items) if !items.is_empty() => items,
        DataValue::List(_) => {
            decoder.problem(data, format!("{key:?} needs at least one schema"));
            &[]
        }
        _ => {
            decoder.problem(data, format!("{key:?} takes a list, found {}", kind(data)));
            &[]
        }
    }
}

fn match_n(count: Expr, all: Vec<Expr>) -> Expr {
    call(name("matchN"), vec![count, values(all)])
}

pub(super) fn all_of<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let mut known = Kinds::ALL;
    let mut all = Vec::new();
    for (i, item) in items(decoder, key, data).iter().enumerate() {
        let pointer = below(&below(&state.pointer, key), &i.to_string());
        let read = decoder.schema(item, pointer, state, state.allowed);
        state.allowed = state.allowed.and(read.state.allowed);
        if read.state.is_constrained {
            known = known.and(read.state.known);
            all.push(read.expr);
        }
    }
    if all.is_empty() {
        return;
    }
    state.known = state.known.and(known);
    one_or(state, all, |all| match_n(number(all.len().to_string()), all));
}

pub(super) fn any_of<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let (mut allowed, mut known) = (Kinds::NONE, Kinds::NONE);
    let mut all = Vec::new();
    for (i, item) in items(decoder, key, data).iter().enumerate() {
        let pointer = below(&below(&state.pointer, key), &i.to_string());
        let read = decoder.schema(item, pointer, state, state.allowed);
        if read.state.allowed == Kinds::NONE {
            continue;
        }
        allowed = allowed.or(read.state.allowed);
        known = known.or(read.state.known);
        all.push(read.expr);
    }
    state.allowed = state.allowed.and(allowed);
    if all.is_empty() {
        return;
    }
    state.known = state.known.and(known);
    one_or(state, all, |all| match_n(unary(UnaryOp::GreaterEqual, number("1")), all));
}

pub(super) fn one_of<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let (mut allowed, mut known) = (Kinds::NONE, Kinds::NONE);
    let mut needed = false;
    let mut all = Vec::new();
    for (i, item) in items(decoder, key, data).iter().enumerate() {
        let pointer = below(&below(&state.pointer, key), &i.to_string());
        let read = decoder.schema(item, pointer, state, state.allowed);
        if read.state.allowed == Kinds::NONE {
            continue;
        }
        // Kinds that are told apart need no counting.
        needed |= read.state.is_constrained || allowed.meets(read.state.allowed);
        allowed = allowed.or(read.state.allowed);
        known = known.or(read.state.known);
        all.push(read.expr);
    }
    state.allowed = state.allowed.and(allowed);
    if all.is_empty() || !needed {
        return;
    }
    state.known = state.known.and(known);
    one_or(state, all, |all| match_n(number("1"), all));
}

fn one_or(state: &mut State<'_>, mut all: Vec<Expr>, join: impl FnOnce(Vec<Expr>) -> Expr) {
    let e = match all.pop() {
        Some(only) if all.is_empty() => only,
        last => {
            all.extend(last);
            join(all)
        }
    };
    state.all.push(e);
}

pub(super) fn not<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let read = decoder.schema(data, below(&state.pointer, key), state, Kinds::ALL);
    state.all.push(match_n(number("0"), vec![read.expr]));
}

/// `if`, `then` and `else` wait for each other and for the kinds that the rest allows.
pub(super) fn condition<'d>(_: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let [condition, then, otherwise] = &mut state.condition;
    match key {
        "if" => *condition = Some(data),
        "then" => *then = Some(data),
        _ => *otherwise = Some(data),
    }
}

pub(super) fn finish_condition<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>) {
    let [Some(condition), then, otherwise] = state.condition else { return };
    if then.is_none() && otherwise.is_none() {
        return;
    }
    let mut read = |key: &str, data: Option<&'d Data>| match data {
        Some(data) => decoder.schema(data, below(&state.pointer, key), state, state.allowed).expr,
        None => top(),
    };
    let arguments = vec![read("if", Some(condition)), read("then", then), read("else", otherwise)];
    state.all.push(call(name("matchIf"), arguments));
}
