//! Equality, bounds and patterns.

use super::{Base, Code, Conj, Evaluator, NodeId, Reason, Res, Stop, Val, flag};
use crate::ir::{ArcKind, Function};
use crate::regexp::Regexp;
use cue_syntax::ast::UnaryOp;
use smol_str::SmolStr;
use std::cmp::Ordering;
use std::sync::Arc;

/// Validators inside validators: each takes the stack of several levels of values.
const MAX_VALIDATING: usize = 200;

impl Evaluator {
    /// A compiled regular expression.
    pub(crate) fn regex(&mut self, pattern: &SmolStr) -> Result<Arc<Regexp>, String> {
        if let Some(known) = self.regexes.get(pattern) {
            return known.clone();
        }
        // What a pattern is compiled to can be many times as large.
        self.spend(pattern.len() * 8);
        let room = usize::try_from(self.limits.memory / 4).unwrap_or(usize::MAX);
        let made = Regexp::within(pattern, room).map(Arc::new).map_err(|e| format!("invalid regexp: {e}"));
        self.regexes.insert(pattern.clone(), made.clone());
        made
    }

    /// `text =~ pattern`; `None` when the kinds are wrong.
    pub(crate) fn matches(&mut self, text: &Val, pattern: &Val) -> Option<Result<bool, String>> {
        let pattern = &match pattern {
            Val::Str(pattern) => pattern.clone(),
            Val::Bytes(bytes) if matches!(text, Val::Str(_)) => SmolStr::new(String::from_utf8_lossy(bytes)),
            _ => return None,
        };
        let regex = match text {
            Val::Str(_) | Val::Bytes(_) => {
                let length = match text {
                    Val::Str(s) => s.len(),
                    Val::Bytes(b) => b.len(),
                    _ => 0,
                };
                self.spend(super::budget::MATCH + length / 16);
                self.regex(pattern)
            }
            _ => return None,
        };
        Some(regex.map(|r| match text {
            Val::Str(s) => r.is_match(s),
            Val::Bytes(b) => r.is_match_bytes(b),
            _ => false,
        }))
    }

    /// `==` on operands: different kinds are unequal, structs and lists compare their regular fields and elements.
    pub(crate) fn equal(&mut self, a: &Val, b: &Val) -> Res<bool> {
        match (a, b) {
            (Val::Num(x), Val::Num(y)) => Ok(x.same_value(y)),
            (Val::Node(x), Val::Node(y)) => self.equal_nodes(*x, *y),
            (Val::Node(_), _) | (_, Val::Node(_)) => Ok(false),
            _ => Ok(a == b),
        }
    }

    fn equal_nodes(&mut self, a: NodeId, b: NodeId) -> Res<bool> {
        self.visit(a);
        let (a, b) = (self.follow(a), self.follow(b));
        if a == b {
            return Ok(true);
        }
        match (&self.nodes[a].base, &self.nodes[b].base) {
            (Base::Struct, Base::Struct) | (Base::List, Base::List) => {}
            (Base::Struct, Base::None) if self.will_be_struct(b) => {}
            (Base::None, Base::Struct) if self.will_be_struct(a) => {}
            _ => return Ok(false),
        }
        let members = |this: &Self, n: NodeId| -> Vec<NodeId> {
            this.nodes[n]
                .arcs
                .iter()
                .copied()
                .filter(|a| {
                    let arc = &this.nodes[*a];
                    arc.arc == ArcKind::Member && (arc.label.is_regular() || arc.label.as_index().is_some())
                })
                .collect()
        };
        let (xs, ys) = (members(self, a), members(self, b));
        for n in [a, b] {
            let missing = self.nodes[n].arcs.iter().find(|a| self.nodes[**a].arc == ArcKind::Required);
            if let Some(arc) = missing.copied() {
                let label = self.nodes[arc].label;
                return Err(self.stop(Code::Incomplete, Reason::RequiredReference(label), n, &[]));
            }
        }
        if xs.len() != ys.len() {
            return Ok(false);
        }
        for x in xs {
            let Some(y) = self.arc(b, self.nodes[x].label) else { return Ok(false) };
            if self.nodes[y].arc != ArcKind::Member {
                return Ok(false);
            }
            let vx = self.operand(Val::Node(x), super::NONE)?;
            let vy = self.operand(Val::Node(y), super::NONE)?;
            // Inside lists and structs ints and floats differ.
            if let (Val::Num(m), Val::Num(n)) = (&vx, &vy)
                && m.kind() != n.kind()
            {
                return Ok(false);
            }
            if !self.equal(&vx, &vy)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a scalar satisfies a constraint, as far as that can be told now.
    pub(crate) fn admits(&mut self, constraint: &Val, v: &Val) -> bool {
        match constraint {
            Val::Top => true,
            Val::Kind(k) => k & v.kind() != 0,
            Val::Bound(..) | Val::Validator(_) => self.check(constraint, v).unwrap_or(true),
            Val::Node(n) => {
                let n = self.follow(*n);
                match self.nodes[n].base.clone() {
                    Base::Scalar(s) => super::finalize::same_scalar(&s, v),
                    Base::Disjunction(alts) => alts.iter().any(|a| self.admits(&Val::Node(a.node), v)),
                    Base::Struct | Base::List | Base::Bottom => false,
                    Base::Forward(t) => self.admits(&Val::Node(t), v),
                    Base::Constraint | Base::None | Base::Unknown(_) => {
                        let Some(s) = &self.nodes[n].scratch else { return true };
                        if s.kind & v.kind() == 0 {
                            return false;
                        }
                        let checks = s.checks.clone();
                        checks.iter().all(|(c, _)| self.check(c, v).unwrap_or(true))
                    }
                }
            }
            scalar => super::finalize::same_scalar(scalar, v),
        }
    }

    /// Whether a concrete value (a scalar, or the node of a struct or list) satisfies a bound or validator.
    pub(crate) fn check(&mut self, constraint: &Val, v: &Val) -> Res<bool> {
        match constraint {
            Val::Bound(op, limit) => {
                let order = super::bounds::order(v, limit);
                Ok(match op {
                    UnaryOp::NotEqual => !self.equal(v, limit)?,
                    UnaryOp::Equal => self.equal(v, limit)?,
                    UnaryOp::Match | UnaryOp::NotMatch => match self.matches(v, limit) {
                        Some(Ok(found)) => found == (*op == UnaryOp::Match),
                        _ => false,
                    },
                    UnaryOp::Less => order == Some(Ordering::Less),
                    UnaryOp::LessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    UnaryOp::Greater => order == Some(Ordering::Greater),
                    UnaryOp::GreaterEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                    _ => true,
                })
            }
            Val::Validator(call) => {
                let (function, args) = (call.0, call.1.clone());
                if self.validating.iter().any(|(c, w)| w == v && c == constraint) {
                    return Err(self.stop(Code::Structural, Reason::Static("structural cycle"), super::NONE, &[]));
                }
                if self.validating.len() >= MAX_VALIDATING {
                    let reason = Reason::Static("validators are nested too deeply");
                    return Err(self.stop(Code::Structural, reason, super::NONE, &[]));
                }
                self.validating.push((constraint.clone(), v.clone()));
                let valid = self.validate(function, v, &args);
                self.validating.pop();
                valid
            }
            _ => Ok(true),
        }
    }

    /// Whether two final nodes are the same value, for dropping duplicate alternatives.
    pub(crate) fn identical(&self, a: NodeId, b: NodeId, depth: u32) -> bool {
        let (a, b) = (self.follow(a), self.follow(b));
        self.spend(1);
        if a == b {
            return true;
        }
        if depth == 0 || !self.has(a, flag::FINAL) || !self.has(b, flag::FINAL) {
            return false;
        }
        let (x, y) = (&self.nodes[a], &self.nodes[b]);
        if x.fault.is_some() || y.fault.is_some() {
            return false;
        }
        match (&x.base, &y.base) {
            (Base::Scalar(v), Base::Scalar(w)) if !super::finalize::same_scalar(v, w) => return false,
            (Base::Scalar(_), Base::Scalar(_)) | (Base::Struct, Base::Struct) | (Base::List, Base::List) => {}
            (Base::Constraint, Base::Constraint) => {
                let (Some(s), Some(t)) = (&x.scratch, &y.scratch) else { return false };
                if s.kind != t.kind
                    || s.checks.len() != t.checks.len()
                    || !s.checks.iter().all(|c| t.checks.iter().any(|d| c.0 == d.0))
                {
                    return false;
                }
            }
            (Base::Disjunction(xs), Base::Disjunction(ys)) => {
                return xs.len() == ys.len()
                    && xs.iter().zip(ys).all(|(x, y)| x.mode == y.mode && self.identical(x.node, y.node, depth - 1));
            }
            _ => return false,
        }
        let closed = |n: NodeId| self.is_closed(n);
        let patterns = |n: NodeId| self.nodes[n].scratch.as_ref().map_or(0, |s| s.patterns.len());
        if x.arcs.is_empty() && y.arcs.is_empty() && matches!(x.base, Base::Scalar(_) | Base::Constraint) {
            return true;
        }
        let given = |arc: &&NodeId| self.nodes[**arc].arc != ArcKind::Optional;
        let (xs, ys) = (x.arcs.iter().filter(given), y.arcs.iter().filter(given).count());
        if xs.clone().count() != ys || closed(a) != closed(b) || patterns(a) != patterns(b) {
            return false;
        }
        let mut xs = xs;
        let same = xs.all(|p| {
            let p_node = &self.nodes[*p];
            self.arc(b, p_node.label).is_some_and(|q| {
                let q_node = &self.nodes[q];
                if p_node.arc != q_node.arc {
                    return false;
                }
                if p_node.arc == ArcKind::Member {
                    self.identical(*p, q, depth - 1)
                } else {
                    // One and the same declaration may have come more than one way.
                    let in_other = |a: &[Conj], b: &[Conj]| a.iter().all(|c| b.iter().any(|d| c.expr == d.expr));
                    in_other(&p_node.conjs, &q_node.conjs) && in_other(&q_node.conjs, &p_node.conjs)
                }
            })
        });
        same && self.same_optional(a, b)
    }

    /// A builtin used as a validator.
    fn validate(&mut self, function: Function, v: &Val, args: &[Val]) -> Res<bool> {
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(v.clone());
        all.extend(args.iter().cloned());
        match self.apply(function, all, super::NONE)? {
            Val::Bool(b) => Ok(b),
            Val::Node(n) => match self.operand(Val::Node(n), super::NONE)? {
                Val::Bool(b) => Ok(b),
                _ => Ok(true),
            },
            _ => {
                let reason = Reason::Static("a validator must return a bool");
                Err(self.stop(Code::Eval, reason, super::NONE, &[]))
            }
        }
    }

    /// The fault of a stop, for callers that have nothing to wait for.
    pub(crate) fn as_fault(&mut self, stop: Stop) -> super::FaultId {
        match stop {
            Stop::Fault(f) => f,
            Stop::Pending(n) => self.fault(Code::Cycle, Reason::Static("cycle error"), n, &[]),
            Stop::Unknown(_) => self.fault(
                Code::Incomplete,
                Reason::Static("depends on a result that is not known yet"),
                super::NONE,
                &[],
            ),
        }
    }
}
