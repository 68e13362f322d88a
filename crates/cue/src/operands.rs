//! The parts of an expression, for whoever goes through a tree and changes it.

use cue_syntax::ast::{Expr, InterpolationPart};

/// Calls `f` with what an expression consists of: operands, arguments, indices, what is selected from and what is written
/// into text. Structs and lists are left to the caller: in them are names and declarations as well.
pub(crate) fn of(e: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    match e {
        Expr::Paren(e, _)
        | Expr::Open(e, _)
        | Expr::Try(e, _)
        | Expr::Alias { value: e, .. }
        | Expr::Unary { operand: e, .. }
        | Expr::Selector { operand: e, .. } => f(e),
        Expr::Interpolation(x) => parts(&mut x.parts, f),
        Expr::Binary { left, right, .. } => {
            f(left);
            f(right);
        }
        Expr::Index { operand, index, .. } => {
            f(operand);
            f(index);
        }
        Expr::Slice { operand, low, high, .. } => {
            f(operand);
            low.iter_mut().chain(high).for_each(|e| f(e));
        }
        Expr::Call { function, arguments, .. } => {
            f(function);
            arguments.iter_mut().for_each(f);
        }
        Expr::Struct(_) | Expr::List(_) => {}
        Expr::Ident(_) | Expr::Bottom(_) | Expr::Null(_) | Expr::Bool(..) | Expr::Number(..) | Expr::String(_) => {}
    }
}

/// Calls `f` with the expressions that are written into a text.
pub(crate) fn parts(parts: &mut [InterpolationPart], f: &mut dyn FnMut(&mut Expr)) {
    for part in parts {
        if let InterpolationPart::Expr(e) = part {
            f(e);
        }
    }
}
