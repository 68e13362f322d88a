//! Spaces around operators show precedence: `a + b*c`, `f(a+b, c)`.
//!
//! The rule is gofmt's. Levels 5 and below always have spaces, unary operators never; for `+ -` (6) and `* /` (7) it
//! depends on what else the expression holds and on how deep it stands (depth 1 is normal, above is compact).

use crate::ast::{BinaryOp, Expr, UnaryOp};

/// From 1 (loosest) to 7.
pub(crate) fn precedence(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::BoolOr => 3,
        BinaryOp::BoolAnd => 4,
        BinaryOp::Add | BinaryOp::Subtract => 6,
        BinaryOp::Multiply | BinaryOp::Divide => 7,
        _ => 5,
    }
}

/// The level of unary operators.
pub(crate) const UNARY: u8 = 8;
/// The level of operands.
pub(crate) const OPERAND: u8 = 9;

#[derive(Default)]
struct Found {
    has6: bool,
    has7: bool,
    clash: u8,
}

fn walk(op: BinaryOp, left: &Expr, right: &Expr, found: &mut Found) {
    let own = precedence(op);
    found.has6 |= own == 6;
    found.has7 |= own == 7;
    if let Expr::Binary { op, left, right, .. } = left
        && precedence(*op) >= own
    {
        walk(*op, left, right, found);
    }
    match right {
        Expr::Binary { op, left, right, .. } if precedence(*op) > own => walk(*op, left, right, found),
        Expr::Unary { op: inner, .. } => match (op, inner) {
            (BinaryOp::Divide, UnaryOp::Default) => found.clash = 8,
            (BinaryOp::Add, UnaryOp::Plus) | (BinaryOp::Subtract, UnaryOp::Minus) => found.clash = found.clash.max(6),
            _ => {}
        },
        _ => {}
    }
}

/// Operators of this level and above are written without spaces.
pub(crate) fn cutoff(op: BinaryOp, left: &Expr, right: &Expr, depth: usize) -> u8 {
    let mut found = Found::default();
    walk(op, left, right, &mut found);
    if found.clash > 0 {
        return found.clash + 1;
    }
    match (found.has6 && found.has7, depth == 1) {
        (true, true) => 7,
        (false, true) => 8,
        (_, false) => 6,
    }
}

pub(crate) fn binary_text(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "|",
        BinaryOp::And => "&",
        BinaryOp::BoolOr => "||",
        BinaryOp::BoolAnd => "&&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Match => "=~",
        BinaryOp::NotMatch => "!~",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
    }
}

pub(crate) fn unary_text(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Plus => "+",
        UnaryOp::Minus => "-",
        UnaryOp::Not => "!",
        UnaryOp::Default => "*",
        UnaryOp::Less => "<",
        UnaryOp::LessEqual => "<=",
        UnaryOp::Greater => ">",
        UnaryOp::GreaterEqual => ">=",
        UnaryOp::NotEqual => "!=",
        UnaryOp::Equal => "==",
        UnaryOp::Match => "=~",
        UnaryOp::NotMatch => "!~",
    }
}
