//! Bounds beside each other: which contradict, and which say nothing more.

use super::{Code, Evaluator, NodeId, Reason, Val};
use crate::ir::{ExprId, kind};
use crate::number::Number;
use cue_syntax::ast::UnaryOp;
use smol_str::SmolStr;
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

/// More checks of one node than this are not compared with each other one by one.
const FEW: usize = 64;

/// A text that only equal bounds have; none for those whose limit is no number and no text.
fn name_of(check: &Val) -> Option<SmolStr> {
    let Val::Bound(op, limit) = check else { return None };
    let op = super::val::op_text(*op);
    match limit.as_ref() {
        Val::Num(n) => Some(format!("{op}{}{:?}", n.to_json(), n.kind()).into()),
        Val::Str(text) => Some(format!("{op}\"{text}").into()),
        _ => None,
    }
}

/// Whether there is an integer between two limits, each with whether it does not count itself.
fn has_integer((low, above): (&Number, bool), (high, below): (&Number, bool)) -> bool {
    let two = Number::from(2u64);
    // So far apart that there is one; the limits themselves may be too long to be looked at.
    if !high.subtract(low).is_ok_and(|apart| apart.compare(&two).is_le()) {
        return true;
    }
    let zero = Number::ZERO;
    let mut first = low.truncated();
    if if low.is_integral() { above } else { low.compare(&zero).is_gt() } {
        first += 1;
    }
    let mut last = high.truncated();
    if if high.is_integral() { below } else { high.compare(&zero).is_lt() } {
        last -= 1;
    }
    first <= last
}

impl Evaluator {
    pub(crate) fn check_bounds(&mut self, n: NodeId) {
        let s = self.scratch(n);
        if s.checks.len() < 2 {
            return;
        }
        let (mut checks, kinds) = (s.checks.to_vec(), s.kind);
        if checks.len() > FEW {
            checks = self.strongest(checks);
        }
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

    /// Of limits to the same side only the one that implies the others.
    fn strongest(&mut self, checks: Vec<(Val, ExprId)>) -> Vec<(Val, ExprId)> {
        use UnaryOp::{Greater, GreaterEqual, Less, LessEqual};
        let mut kept: Vec<(Val, ExprId)> = Vec::new();
        for (check, at) in checks {
            self.spend(1);
            let limit = matches!(check, Val::Bound(Greater | GreaterEqual | Less | LessEqual, _));
            if limit && !kept.iter().any(|(k, _)| self.implies(k, &check)) {
                kept.retain(|(k, _)| !self.implies(&check, k));
                kept.push((check, at));
            }
        }
        kept
    }

    /// Whether a node has not this bound or validator yet. Of many bounds it is remembered which they are.
    pub(crate) fn is_new_check(&mut self, n: NodeId, check: &Val) -> bool {
        let checks = &self.scratch(n).checks;
        let Some(name) = (checks.len() > FEW).then(|| name_of(check)).flatten() else {
            let (length, new) = (checks.len(), !checks.iter().any(|(c, _)| c == check));
            self.spend(length / FEW);
            return new;
        };
        if !self.many_checks.contains_key(&n) {
            let names = self.scratch(n).checks.iter().filter_map(|(c, _)| name_of(c)).collect();
            self.many_checks.insert(n, names);
        }
        self.budget.add(name.len() + size_of::<SmolStr>());
        self.many_checks.get_mut(&n).is_some_and(|names| names.insert(name))
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
                    let above = *low.0 == UnaryOp::Greater;
                    kinds & kind::NUMBER == kind::INT && !has_integer((l, above), (h, *high.0 == UnaryOp::Less))
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
