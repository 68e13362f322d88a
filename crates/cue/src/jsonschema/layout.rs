//! What `def` shows of a tree: conjuncts of a field merged, ranges of integers named, patterns before fields.

use crate::export::literal::{name, structure};
use cue_syntax::ast::{BinaryOp, Decl, Element, Expr, UnaryOp};
use num_bigint::BigInt;

/// Merges the declarations of a file.
pub(super) fn merge(decls: &mut Vec<Decl>) {
    in_struct(decls);
    // A closed value around definitions: they are inside of what is closed.
    let is_closed = |d: &Decl| matches!(d, Decl::Embedding(Expr::Call { function, .. }) if matches!(&**function, Expr::Ident(i) if i.name == "close"));
    if decls.len() > 1 && decls.iter().any(is_closed) {
        let inner = std::mem::take(decls);
        decls.push(Decl::Embedding(super::expr::call(name("close"), vec![structure(inner)])));
    }
}

fn in_struct(decls: &mut [Decl]) {
    for d in decls.iter_mut() {
        match d {
            Decl::Field(field) => value(&mut field.value),
            Decl::Embedding(e) => value(e),
            Decl::Comprehension(c) => in_struct(&mut c.body.decls),
            _ => {}
        }
    }
    decls.sort_by_key(|d| match d {
        Decl::Attribute(_) => 0,
        Decl::Embedding(Expr::Struct(s)) if s.decls.iter().all(is_pattern) && !s.decls.is_empty() => 1,
        _ => 2,
    });
}

fn is_pattern(d: &Decl) -> bool {
    matches!(d, Decl::Field(f) if matches!(f.label, cue_syntax::ast::Label::Pattern { .. }))
}

fn inner(e: &mut Expr) {
    match e {
        Expr::Struct(s) => in_struct(&mut s.decls),
        Expr::List(l) => {
            for element in &mut l.elements {
                match element {
                    Element::Value(e) => inner(e),
                    Element::Ellipsis(x) => x.value.iter_mut().for_each(|e| inner(e)),
                    Element::Comprehension(_) => {}
                }
            }
        }
        Expr::Paren(e, _) => inner(e),
        Expr::Unary { operand, .. } => inner(operand),
        Expr::Binary { left, right, .. } => {
            inner(left);
            inner(right);
        }
        Expr::Call { arguments, .. } => arguments.iter_mut().for_each(inner),
        _ => {}
    }
}

/// A value that stands for itself in a struct.
fn value(e: &mut Expr) {
    inner(e);
    if !matches!(e, Expr::Binary { op: BinaryOp::And, .. }) {
        return;
    }
    let mut all = Vec::new();
    conjuncts(std::mem::replace(e, super::expr::top()), &mut all);
    let mut all = ranges(all);
    // Kinds come first.
    all.sort_by_key(|e| !is_kind(e));
    // Matches, and patterns of fields, share one struct.
    let mut shared = Vec::new();
    let mut rest = Vec::new();
    for e in all.drain(..) {
        match e {
            Expr::Unary { op: UnaryOp::Match | UnaryOp::NotMatch, .. } => shared.push(Decl::Embedding(e)),
            Expr::Struct(ref s) if s.decls.iter().all(is_pattern) && !s.decls.is_empty() => {
                shared.push(Decl::Embedding(e));
            }
            e => rest.push(e),
        }
    }
    if !shared.is_empty() {
        rest.push(structure(shared));
    }
    *e = super::expr::join(BinaryOp::And, rest).unwrap_or_else(super::expr::top);
}

fn is_kind(e: &Expr) -> bool {
    let Expr::Ident(i) = e else { return false };
    matches!(i.name.as_str(), "null" | "bool" | "number" | "string" | "bytes")
        || i.name.trim_start_matches('u').starts_with("int")
}

/// The operands of `&`, without parentheses that only group them.
fn conjuncts(e: Expr, out: &mut Vec<Expr>) {
    match e {
        Expr::Binary { op: BinaryOp::And, left, right, .. } => {
            conjuncts(*left, out);
            conjuncts(*right, out);
        }
        Expr::Paren(inner, span) => match *inner {
            e @ Expr::Binary { op: BinaryOp::And, .. } => conjuncts(e, out),
            e => out.push(Expr::Paren(Box::new(e), span)),
        },
        e => out.push(e),
    }
}

/// `int` with its bounds under the name of the range: `uint8` for `int & >=0 & <=255`.
fn ranges(all: Vec<Expr>) -> Vec<Expr> {
    let is_int = |e: &Expr| matches!(e, Expr::Ident(i) if i.name == "int");
    let is_range = |e: &Expr| matches!(e, Expr::Ident(i) if i.name == "int32" || i.name == "int64");
    if all.iter().any(is_range) {
        return all.into_iter().filter(|e| !is_int(e)).collect();
    }
    let limit = |wanted: UnaryOp| {
        let found = all.iter().enumerate().filter_map(|(i, e)| match e {
            Expr::Unary { op, operand, .. } if *op == wanted => integer(operand).map(|n| (i, n)),
            _ => None,
        });
        found.max_by(|a, b| if wanted == UnaryOp::GreaterEqual { a.1.cmp(&b.1) } else { b.1.cmp(&a.1) })
    };
    let (Some(at), Some(low)) = (all.iter().position(is_int), limit(UnaryOp::GreaterEqual)) else { return all };
    let high = limit(UnaryOp::LessEqual);
    let is_positive = low.1 >= BigInt::from(0);
    let exact = high.as_ref().and_then(|high| {
        [8u32, 16, 32, 64, 128].into_iter().find_map(|bits| {
            if low.1 == BigInt::from(0) && high.1 == (BigInt::from(1) << bits) - 1 {
                return Some(format!("uint{bits}"));
            }
            let half = BigInt::from(1) << (bits - 1);
            (low.1 == -half.clone() && high.1 == half - 1).then(|| format!("int{bits}"))
        })
    });
    let word = match &exact {
        Some(word) => word.clone(),
        None if is_positive && (high.is_some() || low.1 == BigInt::from(0)) => "uint".to_owned(),
        None => return all,
    };
    let dropped = |i: usize| {
        (exact.is_some() && (i == low.0 || high.as_ref().is_some_and(|h| h.0 == i)))
            || (low.1 == BigInt::from(0) && i == low.0)
    };
    let mut word = Some(word);
    let mut out = Vec::new();
    for (i, e) in all.into_iter().enumerate() {
        if i == at {
            out.extend(word.take().map(name));
        } else if !dropped(i) && !is_int(&e) {
            out.push(e);
        }
    }
    out
}

fn integer(e: &Expr) -> Option<BigInt> {
    match e {
        Expr::Number(text, _) => text.parse().ok(),
        Expr::Unary { op: UnaryOp::Minus, operand, .. } => integer(operand).map(|n: BigInt| -n),
        _ => None,
    }
}
