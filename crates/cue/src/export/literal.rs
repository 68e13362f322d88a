//! Data and labels as literals.

use crate::data::{Data, DataValue};
use crate::number::Number;
use cue_syntax::ast::{
    Constraint, Decl, Element, Expr, Field, Ident, Label, ListLit, Rare, StringLit, StructLit, Text, UnaryOp,
};
use cue_syntax::{SourceId, Span};
use smol_str::SmolStr;

/// The place of what has none.
pub(crate) const NOWHERE: Span = Span { source: SourceId(u32::MAX), start: 0, end: 0 };

pub(crate) fn ident(name: impl Into<SmolStr>) -> Ident {
    Ident { name: name.into(), span: NOWHERE }
}

pub(crate) fn name(text: impl Into<SmolStr>) -> Expr {
    Expr::Ident(ident(text))
}

pub(crate) fn structure(decls: Vec<Decl>) -> Expr {
    Expr::Struct(StructLit { decls, braces: true, span: NOWHERE })
}

pub(crate) fn list(elements: Vec<Element>) -> Expr {
    Expr::List(ListLit { elements, span: NOWHERE })
}

pub(crate) fn field(label: Label, value: Expr) -> Field {
    Field {
        alias: None,
        label,
        postfix_alias: None,
        constraint: Constraint::Regular,
        value,
        attributes: Rare::default(),
        doc: Rare::default(),
        span: NOWHERE,
    }
}

fn quoted(text: impl Into<SmolStr>, multiline: bool) -> StringLit {
    StringLit { value: Text::String(text.into()), span: NOWHERE, multiline, hashes: 0 }
}

/// A regular label: a word where it can be one, else a string.
pub(crate) fn label(text: &str) -> Label {
    let mut chars = text.chars();
    let first = chars.next().is_some_and(|c| c == '$' || c.is_alphabetic());
    if first && chars.all(|c| c == '_' || c == '$' || c.is_alphanumeric()) {
        Label::Ident(ident(text))
    } else {
        Label::String(quoted(text, false))
    }
}

fn number(n: &Number) -> Expr {
    let text = n.to_cue();
    match text.strip_prefix('-') {
        Some(rest) => {
            Expr::Unary { op: UnaryOp::Minus, operand: Box::new(Expr::Number(rest.into(), NOWHERE)), span: NOWHERE }
        }
        None => Expr::Number(text.into(), NOWHERE),
    }
}

/// Data as an expression; text of several lines on its own lines, unless in a list. A secret is `"***"`.
pub(crate) fn data(value: &Data, in_list: bool) -> Expr {
    if value.labels.is_secret() {
        return Expr::String(quoted("***", false));
    }
    match &value.value {
        DataValue::Null => Expr::Null(NOWHERE),
        DataValue::Bool(b) => Expr::Bool(*b, NOWHERE),
        DataValue::Number(n) => number(n),
        DataValue::String(s) => Expr::String(quoted(s.clone(), !in_list && s.contains('\n'))),
        DataValue::Bytes(b) => {
            let multiline = !in_list && b.contains(&b'\n');
            Expr::String(StringLit { value: Text::Bytes(b.to_vec().into()), span: NOWHERE, multiline, hashes: 0 })
        }
        DataValue::List(items) => list(items.iter().map(|d| Element::Value(data(d, true))).collect()),
        DataValue::Struct(fields) => {
            let decls = fields.iter().map(|(name, d)| Decl::Field(field(label(name), data(d, false))));
            structure(decls.collect())
        }
        DataValue::Unknown(_) => name("_"),
    }
}
