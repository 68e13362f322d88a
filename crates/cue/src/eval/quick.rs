//! The short way for what most fields are: a literal, perhaps under types, bounds and choices of literals; and what has
//! the same value in every instance of its definition, which is evaluated once.
//!
//! Whatever is not plainly one of these, and whatever is wrong, takes the long way, which also reports.

use super::closedness::CloseKind;
use super::{Base, Conj, Cyc, EnvId, Evaluator, NONE, NodeId, Val, flag};
use crate::ir::{ArcKind, Expr, ExprId, NOTHING, Sym, kind, nearest};
use smallvec::SmallVec;

/// What the conjuncts of a field say, as long as it is simple.
struct Plain {
    kinds: u16,
    scalar: Option<ExprId>,
    /// Bounds and disjunctions, judged when the scalar is known.
    rest: SmallVec<[ExprId; 4]>,
}

/// A value that several places have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared {
    node: NodeId,
    /// Something is wrong in it, or not known: every place reports for itself.
    private: bool,
    /// The place where it is written, if it was seen there.
    home: NodeId,
}

/// The expression, its scope, whether it is closed from outside, and whether a reference led to it.
pub(crate) type SharedKey = (ExprId, EnvId, bool, bool);

/// How many `&` in `&` are looked into.
const DEPTH: u32 = 4;

/// How many levels a value may have that is shared.
const WHOLE: u32 = 64;

impl Evaluator {
    /// Evaluates a new node if its conjuncts are simple; false when it is as it was.
    pub(crate) fn quick(&mut self, n: NodeId) -> bool {
        let node = &self.nodes[n];
        if node.scratch.is_some()
            || !node.arcs.is_empty()
            || node.fault.is_some()
            || node.flags & (flag::ALTERNATIVE | flag::OPEN_PENDING) != 0
            || !matches!(node.base, Base::None | Base::Scalar(_))
        {
            return false;
        }
        let mut plain = Plain { kinds: kind::TOP, scalar: None, rest: SmallVec::new() };
        let mut simple = true;
        for conj in &node.conjs {
            if self.cycs[conj.cyc].cyclic {
                return false;
            }
            simple = simple && self.gather(conj.expr, &mut plain, DEPTH);
        }
        let Some(scalar) = plain.scalar.filter(|_| simple) else {
            return match node.conjs.as_slice() {
                [one] => self.share_instance(n, *one),
                _ => false,
            };
        };
        let Some(v) = self.constant(scalar) else { return false };
        if plain.kinds & v.kind() == 0 || !plain.rest.iter().all(|e| self.allows(*e, &v)) {
            return false;
        }
        let node = &mut self.nodes[n];
        node.base = Base::Scalar(v);
        node.flags |= flag::DONE;
        node.version += 1;
        true
    }

    /// Takes a simple conjunct in; false when it is not one.
    fn gather(&self, e: ExprId, plain: &mut Plain, depth: u32) -> bool {
        match &self.ir.exprs[e] {
            Expr::Null | Expr::Bool(_) | Expr::Num(_) | Expr::Str(_) | Expr::Bytes(_) => match plain.scalar {
                None => {
                    plain.scalar = Some(e);
                    true
                }
                Some(first) => first == e || self.same_literal(first, e),
            },
            Expr::Top => true,
            Expr::Kind(k) => {
                plain.kinds &= *k;
                true
            }
            Expr::And(parts) => depth > 0 && parts.iter().all(|p| self.gather(*p, plain, depth - 1)),
            Expr::Bound(_, limit) if self.is_literal(*limit) => {
                plain.rest.push(e);
                true
            }
            Expr::Disjunction(alternatives)
                if alternatives
                    .iter()
                    .all(|(e, _)| self.is_literal(*e) || matches!(self.ir.exprs[*e], Expr::Kind(_))) =>
            {
                plain.rest.push(e);
                true
            }
            _ => false,
        }
    }

    fn is_literal(&self, e: ExprId) -> bool {
        matches!(&self.ir.exprs[e], Expr::Null | Expr::Bool(_) | Expr::Num(_) | Expr::Str(_) | Expr::Bytes(_))
    }

    fn same_literal(&self, a: ExprId, b: ExprId) -> bool {
        match (&self.ir.exprs[a], &self.ir.exprs[b]) {
            (Expr::Null, Expr::Null) => true,
            (Expr::Bool(a), Expr::Bool(b)) => a == b,
            (Expr::Num(a), Expr::Num(b)) => a.kind() == b.kind() && a.same_value(b),
            (Expr::Str(a), Expr::Str(b)) => a == b,
            (Expr::Bytes(a), Expr::Bytes(b)) => a == b,
            _ => false,
        }
    }

    /// Whether a bound or a disjunction of literals and types, none else are gathered, admits a scalar.
    fn allows(&mut self, e: ExprId, v: &Val) -> bool {
        match &self.ir.exprs[e] {
            Expr::Disjunction(alternatives) => alternatives.iter().any(|(e, _)| match &self.ir.exprs[*e] {
                Expr::Kind(k) => k & v.kind() != 0,
                Expr::Null => matches!(v, Val::Null),
                Expr::Bool(b) => matches!(v, Val::Bool(x) if x == b),
                Expr::Num(b) => matches!(v, Val::Num(x) if x.kind() == b.kind() && x.same_value(b)),
                Expr::Str(b) => matches!(v, Val::Str(x) if x == b),
                Expr::Bytes(b) => matches!(v, Val::Bytes(x) if x == b),
                _ => false,
            }),
            Expr::Bound(op, limit) => {
                let (op, limit) = (*op, *limit);
                let bound = match self.bounds.get(&e) {
                    Some(known) => known.clone(),
                    None => {
                        let made = self.bound(op, limit, NONE).ok();
                        self.bounds.insert(e, made.clone());
                        made
                    }
                };
                bound.is_some_and(|b| b.kind() & v.kind() != 0 && self.check(&b, v).unwrap_or(false))
            }
            _ => false,
        }
    }

    /// A node that is one instance of an expression which names nothing nearer than its file is the same value as all
    /// other instances.
    fn share_instance(&mut self, n: NodeId, conj: Conj) -> bool {
        let closes = match &self.ir.exprs[conj.expr] {
            Expr::Kind(_)
            | Expr::Bound(..)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Short(..)
            | Expr::Interpolation(..) => false,
            Expr::Disjunction(alternatives) => {
                alternatives.iter().any(|(e, _)| !self.is_literal(*e) && !matches!(self.ir.exprs[*e], Expr::Kind(_)))
            }
            Expr::Struct(_) | Expr::List(_) | Expr::And(_) | Expr::Call(..) => true,
            _ => return false,
        };
        let Some(env) = self.reach(conj) else { return false };
        if env != NONE && self.envs[env].up != NONE {
            return false;
        }
        let parent = self.nodes[n].parent;
        if parent == NONE || !self.is_settled(n) {
            return false;
        }
        let closed = closes && (self.is_in_definition(n) || self.is_required(parent, conj.close));
        let referred = conj.cyc != 0;
        let key = (conj.expr, env, closed, referred);
        let shared = match self.shared.get(&key) {
            Some(known) => *known,
            None => {
                let node = self.instance(conj, closed);
                let made = Shared { node, private: false, home: if referred { NONE } else { n } };
                self.shared.insert(key, made);
                made
            }
        };
        if shared.private {
            return false;
        }
        if !self.has(shared.node, flag::FINAL) {
            let (faults, circles) = (self.faults.len(), self.circles);
            let inside = self.has(shared.node, flag::RUNNING | flag::IN_FINAL);
            let complete = !inside && self.finalize(shared.node);
            // What comes back to itself depends on where it began.
            if inside
                || self.circles != circles
                || (complete && !self.is_sound(shared.node, self.limits.depth.min(WHOLE)))
            {
                self.shared.insert(key, Shared { private: true, ..shared });
                self.unplace(shared.node, faults);
                return false;
            }
            if !complete || self.shared.get(&key).is_none_or(|s| s.private) {
                self.unplace(shared.node, faults);
                return false;
            }
        }
        // Finalizing may have come back to this node.
        if self.has(n, flag::DONE | flag::RUNNING) || self.nodes[n].conjs.len() != 1 {
            return self.has(n, flag::DONE);
        }
        let value = self.follow(shared.node);
        let taint = self.nodes[value].taint | self.nodes[shared.node].taint;
        let node = &mut self.nodes[n];
        node.base = Base::Forward(value);
        node.taint |= taint;
        node.flags |= flag::DONE;
        node.version += 1;
        true
    }

    /// The nearest scope that a conjunct names anything of: `NONE` for none at all, nothing where that is not known.
    fn reach(&self, conj: Conj) -> Option<EnvId> {
        let up = self.unit.reaches.get(conj.expr as usize).and_then(|r| nearest(*r))?;
        Some(if up == NOTHING { NONE } else { self.env_up(conj.env, up) })
    }

    /// The place where the value that instances share is written: the node of a package for one of no place.
    pub(crate) fn home(&self, shared: NodeId) -> Option<NodeId> {
        let [conj] = self.nodes[shared].conjs.as_slice() else { return None };
        let env = self.reach(*conj)?;
        let known = [false, true].into_iter().filter_map(|closed| self.shared.get(&(conj.expr, env, closed, false)));
        known.map(|shared| shared.home).find(|home| *home != NONE)
    }

    /// Faults from this one on that belong to a value which is not to be shared belong to the places that have it.
    fn unplace(&mut self, shared: NodeId, from: usize) {
        for f in from..self.faults.len() {
            let mut at = self.faults[f as u32].node;
            while at != NONE && at != shared {
                at = self.nodes[at].parent;
            }
            if at == shared {
                self.faults[f as u32].node = NONE;
            }
        }
    }

    /// Whether nothing is wrong or unknown in a final value.
    fn is_sound(&self, n: NodeId, depth: u32) -> bool {
        let node = &self.nodes[n];
        let sound = |n: &NodeId| depth > 0 && self.is_sound(*n, depth - 1);
        node.fault.is_none()
            && node.child_fault.is_none()
            && node.flags & flag::OPEN_PENDING == 0
            && match &node.base {
                Base::Forward(t) => sound(t),
                Base::Disjunction(alternatives) => alternatives.iter().all(|a| sound(&a.node)),
                Base::Struct | Base::List => {
                    node.arcs.iter().all(|a| self.nodes[*a].arc != ArcKind::Member || sound(a))
                }
                Base::Scalar(_) | Base::Constraint => true,
                Base::None | Base::Bottom | Base::Unknown(_) => false,
            }
    }

    /// A node of no place for all instances.
    fn instance(&mut self, conj: Conj, closed: bool) -> NodeId {
        let mut cyc = conj.cyc;
        if cyc != 0 {
            // Only the first reference counts, for the order of fields.
            while self.cycs[cyc].next != 0 {
                cyc = self.cycs[cyc].next;
            }
            let first = self.cycs[cyc];
            cyc = self.cycs.push(Cyc { cyclic: false, ..first });
        }
        let node = self.new_node(NONE, Sym::NONE);
        let mut close = 0;
        if closed {
            close = self.close_group(0, CloseKind::Definition, node);
            self.scratch(node).requires.push((close, true));
        }
        self.nodes[node].conjs.push(Conj { close, cyc, ..conj });
        node
    }

    /// Whether nothing can add to a node, without evaluating anything to find out.
    fn is_settled(&self, n: NodeId) -> bool {
        let mut at = n;
        loop {
            let parent = self.nodes[at].parent;
            if parent == NONE || self.has(at, flag::SETTLED) {
                return true;
            }
            if !self.has(parent, flag::DONE) {
                return false;
            }
            at = parent;
        }
    }
}
