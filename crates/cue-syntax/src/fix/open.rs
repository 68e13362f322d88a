//! Embeddings as `explicitopen` writes them: what is embedded stays closed unless `...` opens it, and the struct around it is
//! closed again where it was.

use super::{Edit, text_of};
use crate::Source;
use crate::ast::{BinaryOp, Clause, Decl, Element, Expr, File, Label, StructLit};
use crate::with_stack;

/// What the struct around embeddings needs to stay as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Close {
    Not,
    /// What is embedded may be closed.
    Again,
    /// A definition is embedded.
    All,
}

pub(super) fn edits(source: &Source, file: &File) -> Vec<Edit> {
    let mut out = Vec::new();
    decls(source, &file.decls, false, &mut out);
    out
}

/// Opens the embeddings among declarations; what the struct around them needs.
fn decls(source: &Source, all: &[Decl], definition: bool, out: &mut Vec<Edit>) -> Close {
    let mut close = Close::Not;
    for decl in all {
        with_stack(|| match decl {
            Decl::Field(f) => {
                let named = matches!(&f.label, Label::Ident(x) if x.name.starts_with('#') || x.name.starts_with("_#"));
                value(source, &f.value, definition || named, out);
            }
            Decl::Embedding(e) => close = close.max(embedding(source, e, definition, out)),
            Decl::Let(l) => value(source, &l.value, definition, out),
            Decl::Comprehension(c) => {
                for clause in &c.clauses {
                    match clause {
                        Clause::For { source: e, .. } => value(source, e, definition, out),
                        Clause::If { condition, .. } => value(source, condition, definition, out),
                        _ => {}
                    }
                }
                close = close.max(decls(source, &c.body.decls, definition, out));
            }
            Decl::Ellipsis(_) | Decl::Attribute(_) => {}
        });
    }
    close
}

fn embedding(source: &Source, e: &Expr, definition: bool, out: &mut Vec<Edit>) -> Close {
    match e {
        Expr::Struct(s) => decls(source, &s.decls, definition, out),
        Expr::Paren(inner, _) => embedding(source, inner, definition, out),
        Expr::Ident(x) if x.name == "_" => Close::Not,
        Expr::Ident(_) | Expr::Selector { .. } | Expr::Index { .. } => {
            out.push(Edit::insert(e.span().end, "..."));
            let last = text_of(source, e.span()).rsplit('.').next().unwrap_or_default();
            if last.starts_with('#') || last.starts_with("_#") { Close::All } else { Close::Again }
        }
        Expr::Call { .. } => {
            out.push(Edit::insert(e.span().end, "..."));
            Close::Again
        }
        Expr::Binary { op: BinaryOp::And | BinaryOp::Or, left, right, .. } => {
            let first = embedding(source, left, definition, out);
            first.max(embedding(source, right, definition, out))
        }
        Expr::Unary { operand, .. } => embedding(source, operand, definition, out),
        other => {
            value(source, other, definition, out);
            Close::Not
        }
    }
}

fn value(source: &Source, e: &Expr, definition: bool, out: &mut Vec<Edit>) {
    with_stack(|| match e {
        Expr::Struct(s) => structure(source, s, definition, out),
        Expr::List(l) => {
            for element in &l.elements {
                match element {
                    Element::Value(e) => value(source, e, definition, out),
                    Element::Ellipsis(x) => x.value.iter().for_each(|e| value(source, e, definition, out)),
                    Element::Comprehension(c) => {
                        decls(source, &c.body.decls, definition, out);
                    }
                }
            }
        }
        Expr::Paren(e, _) | Expr::Alias { value: e, .. } => value(source, e, definition, out),
        Expr::Unary { operand, .. } => value(source, operand, definition, out),
        Expr::Binary { left, right, .. } => {
            value(source, left, definition, out);
            value(source, right, definition, out);
        }
        Expr::Call { arguments, .. } => arguments.iter().for_each(|e| value(source, e, definition, out)),
        _ => {}
    });
}

fn structure(source: &Source, s: &StructLit, definition: bool, out: &mut Vec<Edit>) {
    let before = out.len();
    let close = decls(source, &s.decls, definition, out);
    let function = match close {
        Close::All => "__closeAll(",
        Close::Again => "__reclose(",
        Close::Not => return,
    };
    // Within a definition everything is closed anyway.
    if definition || !s.braces {
        return;
    }
    out.insert(before, Edit::insert(s.span.start, function));
    out.push(Edit::insert(s.span.end, ")"));
}
