//! Structural cycles: values that contain themselves.
//!
//! A conjunct remembers the references that were followed to reach it, and whether one of them led back: to a node that
//! contains the referring one, or, through the same reference, to a node that was reached before. Such a conjunct and all that
//! stem from it are *cyclic*. A node where a reference leads back would go on for ever and is an error; one conjunct that is
//! not cyclic keeps it going, because some literal outside of the recursion must have given it. Fields of a cyclic conjunct
//! that do not lead back themselves are fields like any other. A value without a place inherits the history of the scope that it
//! is written in, and with it the circle that the scope is part of.

use super::{Base, Code, Conj, Evaluator, NONE, NodeId, Reason};
use crate::ir::ExprId;

pub(crate) type CycId = u32;

/// A followed reference. 0 is none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cyc {
    pub(crate) reference: ExprId,
    pub(crate) target: NodeId,
    /// The node whose conjunct the reference was.
    pub(crate) node: NodeId,
    pub(crate) next: CycId,
    pub(crate) cyclic: bool,
}

impl Evaluator {
    /// The history of the conjuncts that a reference at `n` brings. When it comes round here, the node goes in circles unless
    /// something else keeps it going.
    pub(crate) fn follow_cyc(&mut self, n: NodeId, conj: Conj, target: NodeId) -> CycId {
        let inherited = self.cycs[conj.cyc].cyclic;
        let mut here = self.is_ancestor(target, n);
        let mut at = conj.cyc;
        while !here && at != 0 {
            self.spend(1);
            let c = self.cycs[at];
            here = c.reference == conj.expr && self.nodes[c.target].origin == self.nodes[target].origin;
            at = c.next;
        }
        if here || (inherited && self.nodes[n].parent == NONE) {
            self.scratch(n).cyclic = true;
        }
        self.circles += u64::from(here || inherited);
        self.cycs.push(Cyc { reference: conj.expr, target, node: n, next: conj.cyc, cyclic: here || inherited })
    }

    /// Whether this very conjunct came to `n` by way of `target`: a circle of references, which adds nothing.
    pub(crate) fn in_circle(&self, n: NodeId, conj: Conj, target: NodeId) -> bool {
        let origin = self.nodes[n].origin;
        let mut at = conj.cyc;
        while at != 0 {
            self.spend(1);
            let c = self.cycs[at];
            if c.target == target && self.nodes[c.node].origin == origin {
                return true;
            }
            at = c.next;
        }
        false
    }

    /// Whether `a` contains `n`.
    pub(crate) fn is_ancestor(&self, a: NodeId, n: NodeId) -> bool {
        let origin = self.nodes[a].origin;
        let mut at = self.nodes[n].parent;
        while at != NONE {
            // A copy for an alternative stands for what it is a copy of.
            if self.nodes[at].origin == origin {
                return true;
            }
            at = self.nodes[at].parent;
        }
        false
    }

    /// Counts a conjunct that gives a node something.
    pub(crate) fn mark_cyc(&mut self, n: NodeId, conj: Conj) {
        if !self.cycs[conj.cyc].cyclic {
            self.scratch(n).acyclic = true;
        }
    }

    /// A node that only goes in circles is an error and has no fields.
    pub(crate) fn check_cycle(&mut self, n: NodeId) -> bool {
        let s = self.scratch(n);
        if !s.cyclic || s.acyclic {
            return false;
        }
        let at: Vec<_> = self.nodes[n].conjs.iter().map(|c| c.expr).take(2).collect();
        self.nodes[n].arcs.clear();
        self.indexes.remove(&n);
        self.nodes[n].kept = NONE;
        self.scratch(n).omitted.clear();
        self.set_fault(n, Code::Structural, Reason::Static("structural cycle"), &at);
        self.nodes[n].base = Base::Bottom;
        true
    }
}
