//! Pieces of syntax.

use crate::data::{Data, DataValue};
use crate::export::literal::{NOWHERE, data, field, ident, label, list, name, structure};
use cue_syntax::SourceId;
use cue_syntax::ast::{
    Attribute, BinaryOp, Comment, Constraint, Decl, Element, Ellipsis, Expr, Field, File, Import, Label, StringLit,
    Text, UnaryOp,
};
use smol_str::SmolStr;

pub(super) fn top() -> Expr {
    name("_")
}

/// What lets nothing through.
pub(super) fn disallowed() -> Expr {
    call(name("error"), vec![text("disallowed")])
}

pub(super) fn text(value: &str) -> Expr {
    Expr::String(string(value))
}

fn string(value: &str) -> StringLit {
    StringLit { value: Text::String(value.into()), span: NOWHERE, multiline: false, hashes: 0 }
}

pub(super) fn number(value: impl Into<SmolStr>) -> Expr {
    Expr::Number(value.into(), NOWHERE)
}

pub(super) fn call(function: Expr, arguments: Vec<Expr>) -> Expr {
    Expr::Call { function: Box::new(function), arguments, span: NOWHERE }
}

pub(super) fn unary(op: UnaryOp, operand: Expr) -> Expr {
    Expr::Unary { op, operand: Box::new(operand), span: NOWHERE }
}

/// `a.b`
pub(super) fn select(operand: Expr, member: &str) -> Expr {
    let label = if member.starts_with('#') { Label::Ident(ident(member)) } else { label(member) };
    Expr::Selector { operand: Box::new(operand), label: Box::new(label), span: NOWHERE }
}

/// All of them, joined; what binds less is put in parentheses.
pub(super) fn join(op: BinaryOp, items: Vec<Expr>) -> Option<Expr> {
    let mut items = items.into_iter();
    let first = items.next()?;
    let mut rest = items.peekable();
    if rest.peek().is_none() {
        return Some(first);
    }
    let left = grouped(op, first, false);
    Some(rest.fold(left, |left, right| Expr::Binary {
        op,
        op_span: NOWHERE,
        left: Box::new(left),
        right: Box::new(grouped(op, right, true)),
        span: NOWHERE,
    }))
}

fn grouped(op: BinaryOp, e: Expr, right: bool) -> Expr {
    match &e {
        Expr::Binary { op: inner, .. }
            if (*inner == op && right) || (op == BinaryOp::And && *inner == BinaryOp::Or) =>
        {
            Expr::Paren(Box::new(e), NOWHERE)
        }
        _ => e,
    }
}

pub(super) fn braces(decls: Vec<Decl>) -> Expr {
    structure(decls)
}

pub(super) fn ellipsis() -> Decl {
    Decl::Ellipsis(Ellipsis { value: None, span: NOWHERE })
}

/// `...` or `...T` in a list.
pub(super) fn more(value: Option<Expr>) -> Element {
    Element::Ellipsis(Ellipsis { value: value.map(Box::new), span: NOWHERE })
}

pub(super) fn elements(items: Vec<Element>) -> Expr {
    list(items)
}

pub(super) fn values(items: Vec<Expr>) -> Expr {
    list(items.into_iter().map(Element::Value).collect())
}

/// A regular field; keywords may be labels.
pub(super) fn member(key: &str, constraint: Constraint, value: Expr) -> Field {
    Field { constraint, ..field(label(key), short(value)) }
}

/// `[pattern]: value` alone needs no braces behind a label.
fn short(e: Expr) -> Expr {
    match e {
        Expr::Struct(mut s) => {
            let only = s.decls.len() == 1;
            let is_pattern =
                s.decls.iter().all(|d| matches!(d, Decl::Field(f) if matches!(f.label, Label::Pattern { .. })));
            s.braces = !(only && is_pattern);
            Expr::Struct(s)
        }
        e => e,
    }
}

/// A field whose label is an identifier as it stands: `#D`, `_schema`.
pub(super) fn named(key: &str, value: Expr) -> Field {
    field(Label::Ident(ident(key)), short(value))
}

/// `[pattern]: value`
pub(super) fn pattern(pattern: Expr, value: Expr) -> Decl {
    Decl::Field(field(Label::Pattern { alias: None, value: Box::new(pattern), span: NOWHERE }, value))
}

pub(super) fn attribute(name: &str, body: String) -> Attribute {
    Attribute { name: name.into(), body: body.into(), span: NOWHERE }
}

/// `@jsonschema(key="value")`
pub(super) fn tag(key: &str, value: &str) -> Decl {
    let mut body = format!("{key}=");
    crate::json::quote(&mut body, value);
    Decl::Attribute(attribute("jsonschema", body))
}

/// A value as a schema that lets only it through: structs are closed and their fields required.
pub(super) fn constant(value: &Data) -> Expr {
    match &value.value {
        DataValue::Struct(fields) => {
            let decls = fields.iter().map(|(key, v)| Decl::Field(member(key, Constraint::Required, constant(v))));
            call(name("close"), vec![braces(decls.collect())])
        }
        DataValue::List(items) => values(items.iter().map(constant).collect()),
        _ => data(value, true),
    }
}

/// The imports that declarations use, in the order in which they use them.
pub(super) fn imports(known: &[SmolStr], decls: &[Decl]) -> Vec<SmolStr> {
    let mut found = Vec::new();
    for d in decls {
        in_decl(d, &mut |name| {
            let path = known.iter().find(|path| path.rsplit(['/', ':']).next() == Some(name));
            if let Some(path) = path
                && !found.contains(path)
            {
                found.push(path.clone());
            }
        });
    }
    found
}

fn in_decl(d: &Decl, seen: &mut dyn FnMut(&str)) {
    match d {
        Decl::Field(field) => {
            if let Label::Pattern { value, .. } = &field.label {
                in_expr(value, seen);
            }
            in_expr(&field.value, seen);
        }
        Decl::Embedding(e) => in_expr(e, seen),
        Decl::Comprehension(c) => c.body.decls.iter().for_each(|d| in_decl(d, seen)),
        _ => {}
    }
}

fn in_expr(e: &Expr, seen: &mut dyn FnMut(&str)) {
    match e {
        Expr::Ident(i) => seen(&i.name),
        Expr::Struct(s) => s.decls.iter().for_each(|d| in_decl(d, seen)),
        Expr::List(l) => {
            for element in &l.elements {
                match element {
                    Element::Value(e) => in_expr(e, seen),
                    Element::Ellipsis(x) => x.value.iter().for_each(|e| in_expr(e, seen)),
                    Element::Comprehension(_) => {}
                }
            }
        }
        Expr::Paren(inner, _) => in_expr(inner, seen),
        Expr::Unary { operand, .. } | Expr::Selector { operand, .. } => in_expr(operand, seen),
        Expr::Binary { left, right, .. } => {
            in_expr(left, seen);
            in_expr(right, seen);
        }
        Expr::Call { function, arguments, .. } => {
            in_expr(function, seen);
            arguments.iter().for_each(|e| in_expr(e, seen));
        }
        _ => {}
    }
}

/// A file of these declarations.
pub(super) fn file(imports: &[SmolStr], decls: Vec<Decl>) -> File {
    let import = |path: &SmolStr| Import { name: None, path: path.clone(), span: NOWHERE, doc: Vec::new() };
    File {
        source: SourceId(u32::MAX),
        attributes: Vec::new(),
        package: None,
        imports: imports.iter().map(import).collect(),
        decls,
        comments: Vec::new(),
    }
}

/// Lines of text as comments. A line that is much too long is broken between words.
pub(super) fn comments(text: &str) -> Vec<Comment> {
    /// A line longer than this is broken …
    const TOO_LONG: usize = 100;
    /// … to lines of this length.
    const WIDTH: usize = 80;
    let mut lines: Vec<String> = Vec::new();
    for line in text.trim().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let joined = words.join(" ");
        if joined.is_empty() {
            lines.push(String::new());
            continue;
        }
        if joined.chars().count() + 3 <= TOO_LONG {
            lines.push(format!(" {joined}"));
            continue;
        }
        let mut open = String::new();
        for word in words {
            if !open.is_empty() && 2 + open.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::take(&mut open));
            }
            open.push(' ');
            open.push_str(word);
        }
        lines.push(open);
    }
    lines.into_iter().map(|text| Comment { span: NOWHERE, text: text.into() }).collect()
}
