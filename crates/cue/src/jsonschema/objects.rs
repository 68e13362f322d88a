//! Keywords of objects.

use super::decoder::{Decoder, kind};
use super::expr::{attribute, braces, call, comments, join, member, number, pattern, text, top, unary};
use super::kinds::{Core, Kinds};
use super::places::below;
use super::state::{Openness, State};
use crate::data::{Data, DataValue, Fields};
use crate::export::literal::{NOWHERE, name};
use cue_syntax::ast::{
    BinaryOp, Clause, Comprehension, Constraint, Decl, Expr, Field, Label, StructLit, Text, UnaryOp,
};

fn members<'d>(decoder: &mut Decoder<'d>, key: &str, data: &'d Data) -> Option<&'d Fields> {
    match &data.value {
        DataValue::Struct(fields) => Some(fields),
        _ => {
            decoder.problem(data, format!("{key:?} takes a struct, found {}", kind(data)));
            None
        }
    }
}

/// The text of a field's label.
fn label(field: &Field) -> Option<&str> {
    match &field.label {
        Label::Ident(ident) => Some(&ident.name),
        Label::String(literal) => match &literal.value {
            Text::String(s) => Some(s),
            Text::Bytes(_) => None,
        },
        _ => None,
    }
}

pub(super) fn properties<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    state.fields();
    let pointer = below(&state.pointer, key);
    for (own, value) in members(decoder, key, data).into_iter().flatten() {
        let read = decoder.schema(value, below(&pointer, own), state, Kinds::ALL);
        let mut field = member(own, Constraint::Optional, read.expr);
        field.doc = comments(&read.state.doc()).into();
        if read.state.deprecated {
            field.attributes.push(attribute("deprecated", String::new()));
        }
        state.fields().push(Decl::Field(field));
    }
}

pub(super) fn required<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let DataValue::List(items) = &data.value else {
        decoder.problem(data, format!("{key:?} takes a list of strings, found {}", kind(data)));
        return;
    };
    state.fields();
    for item in items {
        let Some(own) = decoder.text(key, item) else { continue };
        let fields = state.fields();
        let found = fields.iter_mut().find_map(|d| match d {
            Decl::Field(field) if label(field) == Some(own) => Some(field),
            _ => None,
        });
        match found {
            Some(field) => field.constraint = Constraint::Required,
            None => fields.push(Decl::Field(member(own, Constraint::Required, top()))),
        }
    }
}

pub(super) fn patterns<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    state.fields();
    let pointer = below(&state.pointer, key);
    for (own, value) in members(decoder, key, data).into_iter().flatten() {
        if crate::regexp::Regexp::new(own).is_err() {
            continue;
        }
        state.patterns.push(unary(UnaryOp::NotMatch, text(own)));
        let e = decoder.schema(value, below(&pointer, own), state, Kinds::ALL).expr;
        let d = pattern(unary(UnaryOp::Match, text(own)), e);
        state.fields().push(Decl::Embedding(braces(vec![d])));
    }
}

pub(super) fn additional<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    state.fields();
    if let DataValue::Bool(open) = data.value {
        state.openness = if open { Openness::Open } else { Openness::Closed };
        return;
    }
    let e = decoder.schema(data, below(&state.pointer, key), state, Kinds::ALL).expr;
    if e == top() && matches!(&data.value, DataValue::Struct(fields) if fields.is_empty()) {
        return;
    }
    state.openness = Openness::Covered;
    if state.fields().is_empty() {
        state.fields().push(pattern(name("string"), e));
        return;
    }
    let mut others = state.patterns.clone();
    let names: Vec<String> = state
        .fields()
        .iter()
        .filter_map(|d| match d {
            Decl::Field(field) => label(field).map(quoted),
            _ => None,
        })
        .collect();
    if !names.is_empty() {
        others.push(unary(UnaryOp::NotMatch, text(&format!("^({})$", names.join("|")))));
    }
    let others = join(BinaryOp::And, others).unwrap_or_else(|| name("string"));
    state.fields().push(Decl::Embedding(braces(vec![pattern(others, e)])));
}

/// A regular expression for just this text.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

pub(super) fn names<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let e = decoder.schema(data, below(&state.pointer, key), state, Kinds::STRING).expr;
    state.add(Core::Object, braces(vec![pattern(e, top())]));
}

pub(super) fn at_least<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    counted(decoder, state, key, "MinFields", data);
}

pub(super) fn at_most<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    counted(decoder, state, key, "MaxFields", data);
}

fn counted(decoder: &mut Decoder<'_>, state: &mut State<'_>, key: &str, function: &str, data: &Data) {
    if let Some(count) = decoder.count(key, data) {
        let function = decoder.package("struct", function);
        state.add(Core::Object, call(function, vec![number(count.to_string())]));
    }
}

/// A field that needs others: they are required where it is present.
pub(super) fn dependencies<'d>(decoder: &mut Decoder<'d>, state: &mut State<'d>, key: &str, data: &'d Data) {
    let pointer = below(&state.pointer, key);
    for (own, needs) in members(decoder, key, data).into_iter().flatten() {
        let decls = match &needs.value {
            DataValue::List(items) => {
                let names = items.iter().filter_map(|item| decoder.text(key, item));
                names.map(|n| Decl::Field(member(n, Constraint::Required, top()))).collect()
            }
            _ => vec![Decl::Embedding(decoder.schema(needs, below(&pointer, own), state, Kinds::STRUCT).expr)],
        };
        let fields = state.fields();
        if !fields.iter().any(|d| matches!(d, Decl::Field(f) if label(f) == Some(own))) {
            fields.push(Decl::Field(member(own, Constraint::Optional, top())));
        }
        let present = Expr::Binary {
            op: BinaryOp::NotEqual,
            op_span: NOWHERE,
            left: Box::new(name(own.clone())),
            right: Box::new(Expr::Bottom(NOWHERE)),
            span: NOWHERE,
        };
        fields.push(Decl::Comprehension(Comprehension {
            clauses: vec![Clause::If { condition: Box::new(present), span: NOWHERE }],
            body: StructLit { decls, braces: true, span: NOWHERE },
            fallback: None,
            span: NOWHERE,
            doc: Vec::new(),
        }));
    }
}
