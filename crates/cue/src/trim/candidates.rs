//! Which declarations may go, as far as the syntax tells.

use cue_syntax::ast::{BinaryOp, Constraint, Decl, Element, Expr, Field, File, Label, UnaryOp};
use cue_syntax::{Sources, Span};

/// A field that may go.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// The declaration with its comments.
    pub(super) field: Span,
    /// Its value: the place of a conjunct.
    pub(super) value: Span,
    /// The candidates that are all of its declarations, when it is a struct: it can only go with them. `None` for a literal.
    pub(super) inner: Option<Vec<usize>>,
    /// It is the one declaration of a struct without braces (`a: b: 1`), so `{}` takes its place.
    pub(super) chained: bool,
}

/// Values inside values are looked at this deep.
const MAX_DEPTH: usize = 400;

/// The names of types.
const TYPES: [&str; 26] = [
    "_", "bool", "bytes", "float", "float32", "float64", "int", "int8", "int16", "int32", "int64", "int128", "null",
    "number", "rune", "string", "uint", "uint8", "uint16", "uint32", "uint64", "uint128", "true", "false", "top",
    "any",
];

/// The candidates of some files; those inside another one stand before it.
pub(super) fn of(files: &[File], sources: &Sources) -> Vec<Candidate> {
    let mut out = Vec::new();
    for file in files {
        if sources.get(file.source).is_some() {
            decls(&file.decls, false, &mut out, 0);
        }
    }
    out
}

/// Adds the candidates among declarations; which of them are candidates, if all are.
fn decls(all: &[Decl], chained: bool, out: &mut Vec<Candidate>, depth: usize) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    let mut whole = true;
    for decl in all {
        let candidate = match decl {
            Decl::Field(f) => cue_syntax::with_stack(|| field(f, chained, out, depth + 1)),
            Decl::Embedding(e) => {
                cue_syntax::with_stack(|| inside(e, out, depth + 1));
                None
            }
            _ => None,
        };
        match candidate {
            Some(i) => found.push(i),
            None => whole = false,
        }
    }
    whole.then_some(found)
}

fn field(f: &Field, chained: bool, out: &mut Vec<Candidate>, depth: usize) -> Option<usize> {
    let plain = matches!(f.label, Label::Ident(_) | Label::String(_))
        && f.constraint == Constraint::Regular
        && f.alias.is_none()
        && f.postfix_alias.is_none()
        && f.attributes.is_empty();
    if depth > MAX_DEPTH || matches!(f.label, Label::Pattern { .. } | Label::Dynamic(..) | Label::Interpolation(_)) {
        return None;
    }
    let inner = match &f.value {
        Expr::Struct(s) => Some(decls(&s.decls, !s.braces, out, depth)?),
        value if literal(value, 0) => None,
        value => {
            inside(value, out, depth);
            return None;
        }
    };
    if !plain {
        return None;
    }
    let start = f.doc.first().map_or(f.span.start, |c| c.span.start.min(f.span.start));
    out.push(Candidate { field: Span { start, ..f.span }, value: f.value.span(), inner, chained });
    Some(out.len() - 1)
}

/// Fields within an expression that is itself none.
fn inside(e: &Expr, out: &mut Vec<Candidate>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match e {
        Expr::Struct(s) => {
            decls(&s.decls, !s.braces, out, depth);
        }
        Expr::Binary { op: BinaryOp::And, left, right, .. } => {
            cue_syntax::with_stack(|| inside(left, out, depth + 1));
            cue_syntax::with_stack(|| inside(right, out, depth + 1));
        }
        Expr::Paren(e, _) => inside(e, out, depth + 1),
        Expr::List(l) => {
            for element in &l.elements {
                if let Element::Value(e) = element {
                    cue_syntax::with_stack(|| inside(e, out, depth + 1));
                }
            }
        }
        _ => {}
    }
}

fn literal(e: &Expr, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match e {
        Expr::Null(_) | Expr::Bool(..) | Expr::Number(..) | Expr::String(_) => true,
        Expr::Ident(x) => TYPES.contains(&x.name.as_str()),
        Expr::Paren(e, _) => literal(e, depth + 1),
        Expr::Unary { op, operand, .. } => *op != UnaryOp::Default && literal(operand, depth + 1),
        Expr::Binary { op: BinaryOp::And, left, right, .. } => literal(left, depth + 1) && literal(right, depth + 1),
        Expr::List(l) => l.elements.iter().all(|e| match e {
            Element::Value(e) => literal(e, depth + 1),
            Element::Ellipsis(e) => e.value.as_deref().is_none_or(|e| literal(e, depth + 1)),
            Element::Comprehension(_) => false,
        }),
        _ => false,
    }
}
