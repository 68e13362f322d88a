//! Bounds beside each other: which contradict, and which say nothing more.

use super::{Code, Evaluator, NodeId, Reason, Val};
use crate::ir::{ExprId, kind};
use cue_syntax::ast::UnaryOp;
use std::cmp::Ordering;

/// How two scalars of one kind compare.
pub(crate) fn order(a: &Val, b: &Val) -> Option<Ordering> {
    match (a, b) {
        (Val::Num(a), Val::Num(b)) => Some(a.compare(b)),
        (Val::Str(a), Val::Str(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Val::Bytes(a), Val::Bytes(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The place of a check where it is shown: lower bounds, upper bounds, other bounds, validators.
fn rank(check: &Val) -> u8 {
    match check {
        Val::Bound(UnaryOp::Greater | UnaryOp::GreaterEqual, _) => 0,
        Val::Bound(UnaryOp::Less | UnaryOp::LessEqual, _) => 1,
        Val::Bound(..) => 2,
        _ => 3,
    }
}

impl Evaluator {
    pub(crate) fn check_bounds(&mut self, n: NodeId) {
        let s = self.scratch(n);
        if s.checks.len() < 2 {
            return;
        }
        let (checks, kinds) = (s.checks.clone(), s.kind);
        for (i, (a, at)) in checks.iter().enumerate() {
            for (b, b_at) in checks.iter().skip(i + 1) {
                if self.contradict(a, b, kinds) {
                    let what = match kinds {
                        kind::INT => "integer ",
                        k if k & !kind::NUMBER == 0 => "number ",
                        kind::STRING => "string ",
                        kind::BYTES => "bytes ",
                        _ => "",
                    };
                    let text = format!("incompatible {what}bounds {} and {}", self.show(a), self.show(b));
                    self.set_fault(n, Code::Eval, Reason::Text(text.into()), &[*at, *b_at]);
                    return;
                }
            }
        }
    }

    /// Whether two bounds of a node leave nothing over.
    fn contradict(&self, a: &Val, b: &Val, kinds: u16) -> bool {
        let (Val::Bound(x, p), Val::Bound(y, q)) = (a, b) else { return false };
        let (low, high) = match (x, y) {
            (UnaryOp::Greater | UnaryOp::GreaterEqual, UnaryOp::Less | UnaryOp::LessEqual) => ((x, p), (y, q)),
            (UnaryOp::Less | UnaryOp::LessEqual, UnaryOp::Greater | UnaryOp::GreaterEqual) => ((y, q), (x, p)),
            _ => return false,
        };
        let strict = *low.0 == UnaryOp::Greater || *high.0 == UnaryOp::Less;
        match (low.1.as_ref(), high.1.as_ref()) {
            (Val::Num(l), Val::Num(h)) => match l.compare(h) {
                Ordering::Greater => true,
                Ordering::Equal => strict,
                Ordering::Less => {
                    if kinds & kind::NUMBER != kind::INT || !(l.is_integral() && h.is_integral()) {
                        return false;
                    }
                    let one = crate::number::Number::from(1u64);
                    let both = *low.0 == UnaryOp::Greater && *high.0 == UnaryOp::Less;
                    both && l.add(&one).is_ok_and(|next| next.same_value(h))
                }
            },
            (Val::Str(l), Val::Str(h)) => l > h || (l == h && strict),
            (Val::Bytes(l), Val::Bytes(h)) => l > h || (l == h && strict),
            _ => false,
        }
    }

    /// The checks of a value as they are shown, without those that another one implies.
    pub(crate) fn telling_checks(&mut self, checks: &[(Val, ExprId)]) -> Vec<Val> {
        let mut kept: Vec<Val> = Vec::new();
        for (check, _) in checks {
            if kept.iter().any(|k| self.implies(k, check)) {
                continue;
            }
            kept.retain(|k| !self.implies(check, k));
            kept.push(check.clone());
        }
        kept.sort_by_key(rank);
        kept
    }

    /// Whether what satisfies one bound satisfies another one.
    fn implies(&mut self, a: &Val, b: &Val) -> bool {
        let (Val::Bound(x, p), Val::Bound(y, q)) = (a, b) else { return false };
        let strict =
            matches!(x, UnaryOp::Less | UnaryOp::Greater) || matches!(y, UnaryOp::LessEqual | UnaryOp::GreaterEqual);
        match (x, y) {
            (UnaryOp::Greater | UnaryOp::GreaterEqual, UnaryOp::Greater | UnaryOp::GreaterEqual) => match order(p, q) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => strict,
                _ => false,
            },
            (UnaryOp::Less | UnaryOp::LessEqual, UnaryOp::Less | UnaryOp::LessEqual) => match order(p, q) {
                Some(Ordering::Less) => true,
                Some(Ordering::Equal) => strict,
                _ => false,
            },
            // What a bound does not admit need not be excluded.
            (_, UnaryOp::NotEqual) => order(p, q).is_some() && matches!(self.check(a, q), Ok(false)),
            _ => false,
        }
    }
}
