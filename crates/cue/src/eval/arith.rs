//! Operators on concrete operands.

use super::{Code, Evaluator, NONE, Reason, Res, Stop, Val};
use crate::ir::{ExprId, kind};
use crate::number::ArithmeticError;
use cue_syntax::ast::{BinaryOp, UnaryOp};
use std::cmp::Ordering;

/// Longest result of a repetition.
const MAX_REPEAT: i64 = 1_000_000;

impl Evaluator {
    pub(crate) fn unary(&mut self, op: UnaryOp, v: Val, e: ExprId) -> Res<Val> {
        match (op, &v) {
            (UnaryOp::Minus, Val::Num(n)) => Ok(Val::Num(n.negated())),
            (UnaryOp::Plus, Val::Num(_)) => Ok(v),
            (UnaryOp::Not, Val::Bool(b)) => Ok(Val::Bool(!b)),
            _ => {
                let k = self.kind_of(&v);
                let name = super::val::op_text(op);
                let text = format!("invalid operation {name}{} ({name} {})", self.show(&v), kind::text(k));
                Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]))
            }
        }
    }

    fn arithmetic(&mut self, r: Result<crate::number::Number, ArithmeticError>, e: ExprId) -> Res<Val> {
        match r {
            Ok(n) => Ok(Val::Num(n)),
            Err(problem) => {
                let text = format!("failed arithmetic: {problem}");
                Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]))
            }
        }
    }

    pub(crate) fn operate(&mut self, op: BinaryOp, a: Val, b: Val, e: ExprId) -> Res<Val> {
        use BinaryOp as B;
        match (op, &a, &b) {
            (B::Add, Val::Num(x), Val::Num(y)) => {
                let r = x.add(y);
                self.arithmetic(r, e)
            }
            (B::Subtract, Val::Num(x), Val::Num(y)) => {
                let r = x.subtract(y);
                self.arithmetic(r, e)
            }
            (B::Multiply, Val::Num(x), Val::Num(y)) => {
                let r = x.multiply(y);
                self.arithmetic(r, e)
            }
            (B::Divide, Val::Num(x), Val::Num(y)) => {
                let r = x.divide(y);
                self.arithmetic(r, e)
            }
            (B::Add, Val::Str(x), Val::Str(y)) => {
                self.make((x.len() + y.len()) * 2, e)?;
                Ok(Val::Str(format!("{x}{y}").into()))
            }
            (B::Add, Val::Bytes(x), Val::Bytes(y)) => {
                self.make((x.len() + y.len()) * 2, e)?;
                Ok(Val::Bytes([x.as_ref(), y.as_ref()].concat().into()))
            }
            (B::Multiply, Val::Str(s), Val::Num(n)) | (B::Multiply, Val::Num(n), Val::Str(s)) if n.is_int() => {
                let count = self.repeat_count(n, s.len(), e)?;
                Ok(Val::Str(s.repeat(count).into()))
            }
            (B::Multiply, Val::Bytes(s), Val::Num(n)) | (B::Multiply, Val::Num(n), Val::Bytes(s)) if n.is_int() => {
                let count = self.repeat_count(n, s.len(), e)?;
                Ok(Val::Bytes(s.repeat(count).into()))
            }
            (B::BoolAnd, Val::Bool(false), _) => Ok(Val::Bool(false)),
            (B::BoolOr, Val::Bool(true), _) => Ok(Val::Bool(true)),
            (B::BoolAnd, Val::Bool(x), Val::Bool(y)) => Ok(Val::Bool(*x && *y)),
            (B::BoolOr, Val::Bool(x), Val::Bool(y)) => Ok(Val::Bool(*x || *y)),
            (B::Equal | B::NotEqual, ..) if self.unit.same_kinds.contains(&e) && !self.of_a_kind(&a, &b) => {
                Err(self.bad_operands(op, &a, &b, e))
            }
            (B::Equal, ..) => Ok(Val::Bool(self.equal(&a, &b)?)),
            (B::NotEqual, ..) => Ok(Val::Bool(!self.equal(&a, &b)?)),
            (B::Less | B::LessEqual | B::Greater | B::GreaterEqual, ..) => {
                let order = match (&a, &b) {
                    (Val::Num(x), Val::Num(y)) => x.compare(y),
                    (Val::Str(x), Val::Str(y)) => x.as_bytes().cmp(y.as_bytes()),
                    (Val::Bytes(x), Val::Bytes(y)) => x.cmp(y),
                    _ => return Err(self.bad_operands(op, &a, &b, e)),
                };
                Ok(Val::Bool(match op {
                    B::Less => order == Ordering::Less,
                    B::LessEqual => order != Ordering::Greater,
                    B::Greater => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                }))
            }
            (B::Match | B::NotMatch, ..) => match self.matches(&a, &b) {
                Some(Ok(found)) => Ok(Val::Bool(found == (op == B::Match))),
                Some(Err(problem)) => Err(self.stop(Code::Eval, Reason::Text(problem.into()), NONE, &[e])),
                None => Err(self.bad_operands(op, &a, &b, e)),
            },
            (B::Add, ..) if self.kind_of(&a) == kind::LIST && self.kind_of(&b) == kind::LIST => {
                let text =
                    "Addition of lists is superseded by list.Concat; see https://cuelang.org/e/v0.11-list-arithmetic";
                Err(self.stop(Code::Eval, Reason::Static(text), NONE, &[e]))
            }
            (B::Multiply, ..) if self.kind_of(&a) == kind::LIST || self.kind_of(&b) == kind::LIST => {
                let text = "Multiplication of lists is superseded by list.Repeat; see https://cuelang.org/e/v0.11-list-arithmetic";
                Err(self.stop(Code::Eval, Reason::Static(text), NONE, &[e]))
            }
            _ => Err(self.bad_operands(op, &a, &b, e)),
        }
    }

    fn repeat_count(&mut self, n: &crate::number::Number, len: usize, e: ExprId) -> Res<usize> {
        let count = n.to_i64().unwrap_or(if n.is_negative() { -1 } else { i64::MAX });
        if count < 0 {
            let text = format!("cannot convert negative number {} to uint64", n.to_cue());
            return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]));
        }
        if count > MAX_REPEAT {
            let text = format!("count {count} is too large (max {MAX_REPEAT})");
            return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e]));
        }
        self.make((count as usize).saturating_mul(len), e)?;
        Ok(count as usize)
    }

    /// Whether two operands could be compared before v0.15.
    fn of_a_kind(&self, a: &Val, b: &Val) -> bool {
        let (a, b) = (self.kind_of(a), self.kind_of(b));
        let comparable = kind::BOOL | kind::STRING | kind::BYTES | kind::LIST;
        (a | b) & kind::NULL != 0 || (a == b && a & comparable != 0) || (a | b) & !kind::NUMBER == 0
    }

    fn bad_operands(&mut self, op: BinaryOp, a: &Val, b: &Val, e: ExprId) -> Stop {
        let (x, y) = (self.kind_of(a), self.kind_of(b));
        let text = format!(
            "invalid operands {} and {} to '{}' (type {} and {})",
            self.show(a),
            self.show(b),
            binary_text(op),
            kind::text(x),
            kind::text(y)
        );
        self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e])
    }
}

pub(crate) fn binary_text(op: BinaryOp) -> &'static str {
    use BinaryOp as B;
    match op {
        B::Or => "|",
        B::And => "&",
        B::BoolOr => "||",
        B::BoolAnd => "&&",
        B::Equal => "==",
        B::NotEqual => "!=",
        B::Less => "<",
        B::LessEqual => "<=",
        B::Greater => ">",
        B::GreaterEqual => ">=",
        B::Match => "=~",
        B::NotMatch => "!~",
        B::Add => "+",
        B::Subtract => "-",
        B::Multiply => "*",
        B::Divide => "/",
    }
}
