//! The parameters of a definition as they are written: for the names and the types that an error shows.

use crate::definition::{Loaded, label_text};
use crate::tree::Part;
use cue_syntax::ast::{BinaryOp, Decl, Element, Expr, Label, UnaryOp};

/// How many steps are followed; more is a definition that refers to itself.
const STEPS: u32 = 64;
/// The longest text that is shown.
const LONGEST: usize = 100;

/// The expressions that declare what stands at a path below `parameter`: one, or the alternatives.
pub(crate) fn at<'a>(loaded: &'a Loaded, path: &[Part]) -> Vec<&'a Expr> {
    follow(loaded, top(loaded, "parameter"), path)
}

/// The expressions that are written at a path of the template: `output.spec.replicas`.
pub(crate) fn written<'a>(loaded: &'a Loaded, path: &[Part]) -> Vec<&'a Expr> {
    let Some((Part::Field(name), rest)) = path.split_first() else { return Vec::new() };
    follow(loaded, top(loaded, name), rest)
}

fn follow<'a>(loaded: &'a Loaded, from: Vec<&'a Expr>, path: &[Part]) -> Vec<&'a Expr> {
    let mut here = from;
    for part in path {
        let mut next = Vec::new();
        for expr in here {
            step(loaded, expr, part, &mut next, 0);
        }
        here = next;
    }
    here
}

/// The text of a declaration, when it is short: `*1 | int`.
pub(crate) fn text(loaded: &Loaded, expr: &Expr) -> Option<String> {
    let span = expr.span();
    let source = loaded.sources.get(span.source)?;
    let text = source.text.get(span.start as usize..span.end as usize)?.trim();
    (!text.contains('\n') && text.chars().count() <= LONGEST).then(|| text.to_owned())
}

/// The names that a declaration knows.
pub(crate) fn names(loaded: &Loaded, exprs: &[&Expr]) -> Vec<String> {
    let mut out = Vec::new();
    for expr in exprs {
        collect(loaded, expr, &mut out, 0);
    }
    out
}

/// The texts among the alternatives of a declaration: `"Always" | "Never"`.
pub(crate) fn choices(exprs: &[&Expr]) -> Vec<String> {
    fn walk(expr: &Expr, out: &mut Vec<String>, depth: u32) {
        match expr {
            _ if depth > STEPS => {}
            Expr::Paren(e, _) => walk(e, out, depth + 1),
            Expr::Unary { op: UnaryOp::Default, operand, .. } => walk(operand, out, depth + 1),
            Expr::Binary { op: BinaryOp::Or, left, right, .. } => {
                walk(left, out, depth + 1);
                walk(right, out, depth + 1);
            }
            Expr::String(s) => {
                if let cue_syntax::ast::Text::String(text) = &s.value {
                    out.push(text.to_string());
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    exprs.iter().for_each(|e| walk(e, &mut out, 0));
    out
}

/// `parameter.a.b` as `a.b`.
pub(crate) fn parameter(expr: &Expr) -> Option<(String, cue_syntax::Span)> {
    let mut steps = Vec::new();
    let mut here = expr;
    for _ in 0..STEPS {
        match here {
            Expr::Selector { operand, label, .. } => {
                steps.push(label_text(label)?);
                here = operand;
            }
            Expr::Ident(id) if id.name == "parameter" && !steps.is_empty() => {
                steps.reverse();
                return Some((steps.join("."), expr.span()));
            }
            _ => return None,
        }
    }
    None
}

fn top<'a>(loaded: &'a Loaded, name: &str) -> Vec<&'a Expr> {
    let decls = loaded.template.decls.iter();
    decls
        .filter_map(|d| match d {
            Decl::Field(field) if label_text(&field.label) == Some(name) => Some(&field.value),
            _ => None,
        })
        .collect()
}

/// Calls `f` with the structs and lists behind an expression.
fn unfold<'a>(loaded: &'a Loaded, expr: &'a Expr, depth: u32, f: &mut dyn FnMut(&'a Expr)) {
    if depth > STEPS {
        return;
    }
    match expr {
        Expr::Struct(_) | Expr::List(_) => f(expr),
        Expr::Paren(e, _) => unfold(loaded, e, depth + 1, f),
        Expr::Unary { op: UnaryOp::Default, operand, .. } => unfold(loaded, operand, depth + 1, f),
        Expr::Binary { op: BinaryOp::Or | BinaryOp::And, left, right, .. } => {
            unfold(loaded, left, depth + 1, f);
            unfold(loaded, right, depth + 1, f);
        }
        Expr::Call { arguments, .. } => arguments.iter().for_each(|e| unfold(loaded, e, depth + 1, f)),
        Expr::Ident(id) if id.name.starts_with('#') => {
            top(loaded, &id.name).into_iter().for_each(|e| unfold(loaded, e, depth + 1, f));
        }
        _ => {}
    }
}

fn step<'a>(loaded: &'a Loaded, expr: &'a Expr, part: &Part, out: &mut Vec<&'a Expr>, depth: u32) {
    unfold(loaded, expr, depth, &mut |found| match (found, part) {
        (Expr::Struct(s), Part::Field(name)) => named(&s.decls, name, out, 0),
        (Expr::List(list), Part::Index(_)) => {
            for element in &list.elements {
                match element {
                    Element::Value(e) => out.push(e),
                    Element::Ellipsis(e) => out.extend(e.value.as_deref()),
                    Element::Comprehension(_) => {}
                }
            }
        }
        _ => {}
    });
}

fn named<'a>(decls: &'a [Decl], name: &str, out: &mut Vec<&'a Expr>, depth: u32) {
    for decl in decls {
        match decl {
            Decl::Field(field) if label_text(&field.label) == Some(name) => out.push(&field.value),
            Decl::Field(field) if matches!(field.label, Label::Pattern { .. }) => out.push(&field.value),
            Decl::Comprehension(c) if depth < STEPS => named(&c.body.decls, name, out, depth + 1),
            _ => {}
        }
    }
}

fn collect(loaded: &Loaded, expr: &Expr, out: &mut Vec<String>, depth: u32) {
    fn labels(decls: &[Decl], out: &mut Vec<String>, depth: u32) {
        for decl in decls {
            match decl {
                Decl::Field(field) => {
                    if let Some(name) = label_text(&field.label).filter(|n| !out.iter().any(|o| o == n)) {
                        out.push(name.to_owned());
                    }
                }
                Decl::Comprehension(c) if depth < STEPS => labels(&c.body.decls, out, depth + 1),
                _ => {}
            }
        }
    }
    unfold(loaded, expr, depth, &mut |found| {
        if let Expr::Struct(s) = found {
            labels(&s.decls, out, 0);
        }
    });
}
