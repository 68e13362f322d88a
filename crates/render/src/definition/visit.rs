//! A walk over the expressions and the fields of a syntax tree.

use cue_syntax::ast::{Clause, Decl, Element, Expr, Field, InterpolationPart, Label};

/// How deep a tree is walked; the parser bounds its height to less.
const DEPTH: u32 = 2_000;

/// What is met on the way.
enum Met<'a> {
    Expr(&'a Expr),
    Field(&'a Field),
}

/// Calls `f` with every expression in a declaration, outer ones first.
pub fn decl(decl: &Decl, f: &mut dyn FnMut(&Expr)) {
    in_decl(
        decl,
        &mut |met| {
            if let Met::Expr(expr) = met {
                f(expr)
            }
        },
        0,
    );
}

/// Calls `f` with an expression and every one in it, outer ones first.
pub fn expr(expr: &Expr, f: &mut dyn FnMut(&Expr)) {
    in_expr(
        expr,
        &mut |met| {
            if let Met::Expr(expr) = met {
                f(expr)
            }
        },
        0,
    );
}

/// Calls `f` with every field in declarations, outer ones first.
pub fn fields(decls: &[Decl], f: &mut dyn FnMut(&Field)) {
    for decl in decls {
        in_decl(
            decl,
            &mut |met| {
                if let Met::Field(field) = met {
                    f(field)
                }
            },
            0,
        );
    }
}

fn in_decl(decl: &Decl, f: &mut dyn FnMut(Met<'_>), depth: u32) {
    if depth > DEPTH {
        return;
    }
    let d = depth + 1;
    match decl {
        Decl::Field(field) => {
            f(Met::Field(field));
            match &field.label {
                Label::Dynamic(e, _) => in_expr(e, f, d),
                Label::Pattern { value, .. } => in_expr(value, f, d),
                Label::Interpolation(i) => in_parts(&i.parts, f, d),
                Label::Ident(_) | Label::String(_) => {}
            }
            in_expr(&field.value, f, d);
        }
        Decl::Embedding(e) => in_expr(e, f, d),
        Decl::Let(l) => in_expr(&l.value, f, d),
        Decl::Ellipsis(e) => e.value.iter().for_each(|e| in_expr(e, f, d)),
        Decl::Comprehension(c) => {
            c.clauses.iter().for_each(|clause| in_clause(clause, f, d));
            c.body.decls.iter().for_each(|decl| in_decl(decl, f, d));
        }
        Decl::Attribute(_) => {}
    }
}

fn in_parts(parts: &[InterpolationPart], f: &mut dyn FnMut(Met<'_>), depth: u32) {
    for part in parts {
        if let InterpolationPart::Expr(e) = part {
            in_expr(e, f, depth);
        }
    }
}

fn in_clause(clause: &Clause, f: &mut dyn FnMut(Met<'_>), depth: u32) {
    match clause {
        Clause::For { source, .. } => in_expr(source, f, depth),
        Clause::If { condition, .. } => in_expr(condition, f, depth),
        Clause::Let(l) => in_expr(&l.value, f, depth),
        Clause::Try { binding, .. } => {
            if let Some((_, e)) = binding {
                in_expr(e, f, depth);
            }
        }
    }
}

fn in_expr(expr: &Expr, f: &mut dyn FnMut(Met<'_>), depth: u32) {
    if depth > DEPTH {
        return;
    }
    f(Met::Expr(expr));
    let d = depth + 1;
    match expr {
        Expr::Struct(s) => s.decls.iter().for_each(|decl| in_decl(decl, f, d)),
        Expr::List(list) => list.elements.iter().for_each(|e| match e {
            Element::Value(e) => in_expr(e, f, d),
            Element::Comprehension(c) => {
                c.clauses.iter().for_each(|clause| in_clause(clause, f, d));
                c.body.decls.iter().for_each(|decl| in_decl(decl, f, d));
            }
            Element::Ellipsis(e) => e.value.iter().for_each(|e| in_expr(e, f, d)),
        }),
        Expr::Interpolation(i) => in_parts(&i.parts, f, d),
        Expr::Paren(e, _) | Expr::Open(e, _) | Expr::Try(e, _) => in_expr(e, f, d),
        Expr::Unary { operand, .. } | Expr::Selector { operand, .. } => in_expr(operand, f, d),
        Expr::Binary { left, right, .. } => {
            in_expr(left, f, d);
            in_expr(right, f, d);
        }
        Expr::Index { operand, index, .. } => {
            in_expr(operand, f, d);
            in_expr(index, f, d);
        }
        Expr::Slice { operand, low, high, .. } => {
            in_expr(operand, f, d);
            low.iter().chain(high).for_each(|e| in_expr(e, f, d));
        }
        Expr::Call { function, arguments, .. } => {
            in_expr(function, f, d);
            arguments.iter().for_each(|e| in_expr(e, f, d));
        }
        Expr::Alias { value, .. } => in_expr(value, f, d),
        Expr::Ident(_) | Expr::Bottom(_) | Expr::Null(_) | Expr::Bool(..) | Expr::Number(..) | Expr::String(_) => {}
    }
}
