//! Optional fields that nobody has given: they are no nodes.
//!
//! A large schema has many more of them than any value of it gives. A struct literal with optional fields is only taken down
//! with the node that it came to. When a field is given that such a literal declares, [`bring`](Evaluator::bring) adds the
//! conjuncts that the literal has for it; what a closed struct allows, and what a message or a print shows, is read from the
//! literals, or the fields are made for it ([`make_optional`](Evaluator::make_optional)).

use super::node::{Literal, Omitted};
use super::{Conj, Evaluator, NONE, NodeId};
use crate::ir::{ArcKind, Decl, ExprId, Sym};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

/// Each field that is given looks through so many literals at most; further ones make their optional fields at once.
const FEW: usize = 16;

/// A conjunct of a field that is not made, and the place among the arcs that the field would have: the number of arcs before
/// it, and its declaration.
type Declared = (Conj, u32, u32);

impl Evaluator {
    /// Takes down that the optional fields of the literal that a node got last are not made; false when they have to be.
    pub(super) fn omit(&mut self, n: NodeId, id: u32) -> bool {
        if self.ir.structs[id].optional.is_empty() {
            return false;
        }
        let before = self.nodes[n].arcs.len() as u32;
        let s = self.scratch(n);
        let few = s.omitted.len() < FEW;
        if few {
            let literal = s.literals.len().saturating_sub(1) as u32;
            s.omitted.push(Omitted { literal, before });
        }
        few
    }

    /// The literals that a node's optional fields are in, with the number of arcs that were there before; of a final node all
    /// of its literals.
    fn omitting(&self, n: NodeId) -> impl Iterator<Item = (Literal, u32)> {
        let node = &self.nodes[n];
        let s = node.scratch.as_deref();
        let open = s
            .into_iter()
            .flat_map(|s| s.omitted.iter().filter_map(|o| Some((*s.literals.get(o.literal as usize)?, o.before))));
        open.chain(self.kept(n).map(|l| (l, 0)))
    }

    fn kept(&self, n: NodeId) -> impl Iterator<Item = Literal> {
        let from = self.nodes[n].kept;
        let all = if from == NONE { 0..0 } else { from..self.kept.len() as u32 };
        all.map(|i| self.kept[i]).take_while(|l| l.id != NONE)
    }

    /// What literals say of an optional field that is not made.
    fn declares(&self, n: NodeId, label: Sym) -> SmallVec<[Declared; 2]> {
        let mut out = SmallVec::new();
        for (l, before) in self.omitting(n) {
            let lit = &self.ir.structs[l.id];
            let from = lit.optional.partition_point(|f| f.label < label);
            for f in lit.optional.iter().skip(from).take_while(|f| f.label == label) {
                if let Some(Decl::Field { value, .. }) = lit.decls.get(f.decl as usize) {
                    let conj = Conj { expr: *value, env: l.env, close: l.close, cyc: self.envs[l.env].cyc };
                    out.push((conj, before + f.before, f.decl));
                }
            }
        }
        out
    }

    /// Whether a node has an optional field that is not made, by the groups of its conjuncts.
    pub(super) fn omits(&self, n: NodeId, label: Sym, which: impl Fn(super::CloseId) -> bool) -> Option<bool> {
        let found = self.declares(n, label);
        (!found.is_empty()).then(|| found.iter().any(|d| which(d.0.close)))
    }

    /// Adds to a new arc what the literals say of it that declare it as optional; false when none does.
    pub(super) fn bring(&mut self, n: NodeId, child: NodeId, label: Sym) -> bool {
        let node = &self.nodes[n];
        if node.kept == NONE && node.scratch.as_ref().is_none_or(|s| s.omitted.is_empty()) {
            return false;
        }
        let found = self.declares(n, label);
        // Loops count it from where it was first declared.
        let given = self.nodes[child].arc != ArcKind::Optional;
        if let (true, Some(first), Some(s)) = (given, found.first(), &mut self.nodes[n].scratch) {
            s.announced.push((label, first.1, first.2));
        }
        for (conj, ..) in &found {
            self.add_conj(child, *conj);
        }
        !found.is_empty()
    }

    /// Makes the optional fields of a node that nobody has given, for who looks at all of its fields.
    pub(crate) fn make_optional(&mut self, n: NodeId) {
        if self.omitting(n).next().is_none() {
            return;
        }
        let mut labels = Vec::new();
        let mut seen = FxHashSet::default();
        for (l, _) in self.omitting(n) {
            let lit = &self.ir.structs[l.id];
            if lit.optional.is_empty() {
                continue;
            }
            for decl in &lit.decls {
                if let Decl::Field { label, arc: ArcKind::Optional, .. } = decl
                    && seen.insert(*label)
                {
                    labels.push(*label);
                }
            }
        }
        for label in labels {
            if self.arc(n, label).is_none() {
                let child = self.new_arc(n, label, ArcKind::Optional);
                self.bring(n, child, label);
                if self.nodes[n].scratch.is_some() {
                    self.apply_patterns(n, child, label);
                }
            }
        }
        let literals: Vec<Literal> = match &self.nodes[n].scratch {
            Some(s) if self.nodes[n].kept == NONE => s.literals.clone(),
            _ => self.kept(n).collect(),
        };
        if let Some(s) = &mut self.nodes[n].scratch {
            s.omitted.clear();
        }
        self.nodes[n].kept = NONE;
        self.put_in_order(n, &literals);
    }

    /// Keeps the literals of a node whose evaluation is over, when they have optional fields that are not made.
    pub(super) fn keep_literals(&mut self, n: NodeId) {
        let Some(s) = self.nodes[n].scratch.as_mut().filter(|s| !s.literals.is_empty()) else { return };
        if !s.omitted.is_empty() {
            let from = self.kept.len() as u32;
            for l in &s.literals {
                self.kept.push(*l);
            }
            self.kept.push(Literal { id: NONE, env: NONE, expr: NONE, close: 0 });
            self.nodes[n].kept = from;
        }
        if let Some(s) = self.nodes[n].scratch.as_mut() {
            s.literals.clear();
            s.omitted.clear();
        }
    }

    /// The labels of all fields, those that are not made included.
    pub(crate) fn labels(&self, n: NodeId) -> Vec<Sym> {
        let mut out: Vec<Sym> = self.nodes[n].arcs.iter().map(|a| self.nodes[*a].label).collect();
        if self.omitting(n).next().is_some() {
            let mut seen: FxHashSet<Sym> = out.iter().copied().collect();
            for (l, _) in self.omitting(n) {
                out.extend(self.ir.structs[l.id].optional.iter().map(|f| f.label).filter(|l| seen.insert(*l)));
            }
        }
        out
    }

    /// Whether the optional fields that two nodes have not been given are the same, declared by the same expressions. The
    /// other fields of both are known to be alike.
    pub(super) fn same_optional(&self, a: NodeId, b: NodeId) -> bool {
        let literals = |n: NodeId| {
            let all = self.omitting(n).map(|(l, _)| l.id);
            let mut ids: SmallVec<[u32; 8]> = all.filter(|id| !self.ir.structs[*id].optional.is_empty()).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let made = |n: NodeId| self.nodes[n].arcs.iter().any(|a| self.nodes[*a].arc == ArcKind::Optional);
        if !made(a) && !made(b) && literals(a) == literals(b) {
            return true;
        }
        self.optional(a) == self.optional(b)
    }

    /// The optional fields with the expressions that declare them.
    fn optional(&self, n: NodeId) -> Vec<(Sym, ExprId)> {
        let mut out: Vec<(Sym, ExprId)> = Vec::new();
        for arc in self.nodes[n].arcs.iter().map(|a| &self.nodes[*a]).filter(|a| a.arc == ArcKind::Optional) {
            out.extend(arc.conjs.iter().map(|c| (arc.label, c.expr)));
        }
        let given: FxHashSet<Sym> = self.nodes[n].arcs.iter().map(|a| self.nodes[*a].label).collect();
        for (l, _) in self.omitting(n) {
            let lit = &self.ir.structs[l.id];
            for f in lit.optional.iter().filter(|f| !given.contains(&f.label)) {
                if let Some(Decl::Field { value, .. }) = lit.decls.get(f.decl as usize) {
                    out.push((f.label, *value));
                }
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}
