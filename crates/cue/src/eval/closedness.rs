//! Closedness ("typo checking"), by evidence.
//!
//! Every conjunct belongs to a chain of **groups**. A group is opened by a reference to a definition, by an embedding, by a
//! struct literal that embeds something, and by `close()`. A field's *evidence* is the set of groups of the conjuncts
//! that it got (optional fields and patterns included, for they allow it).
//!
//! A reference to a definition **requires** that every regular field of the node has evidence of its group; inside an
//! embedding the requirement only concerns fields with evidence of that embedding, and in turn the literal around it is
//! required to have evidence for everything that comes from outside. Requirements hold below too, wherever a conjunct of the
//! group arrives; those of `close()` do not. `...` lifts the requirements of all groups of their chain, at this level.

use super::node::{Requires, Scratch};
use super::{Code, Evaluator, NodeId, Reason, flag};
use crate::ir::ArcKind;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

pub(crate) type CloseId = u32;

/// Up to this many groups are searched for one by one.
const FEW: usize = 16;

/// Looks at a group that take as long as a step.
const LOOKS: usize = 4;

/// What opened a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum CloseKind {
    #[default]
    Root,
    Definition,
    Embedding,
    Literal,
    /// `close()`
    Once,
    /// What a pattern gives a field: it allows the field, but is no field itself.
    Pattern,
}

/// A group. 0 is outside of all groups.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CloseInfo {
    pub(crate) parent: CloseId,
    pub(crate) kind: CloseKind,
}

impl Evaluator {
    pub(crate) fn close_group(&mut self, parent: CloseId, kind: CloseKind, _n: NodeId) -> CloseId {
        self.closes.push(CloseInfo { parent, kind })
    }

    pub(crate) fn embed(&mut self, parent: CloseId, n: NodeId) -> CloseId {
        self.close_group(parent, CloseKind::Embedding, n)
    }

    /// A checked reference at `n`: a new group and what it requires.
    pub(crate) fn close_reference(&mut self, n: NodeId, parent: CloseId, kind: CloseKind) -> CloseId {
        let recursive = kind != CloseKind::Once;
        let group = self.close_group(parent, kind, n);
        let mut requires: Requires = smallvec::smallvec![(group, recursive)];
        let mut at = parent;
        while at != 0 {
            let info = self.closes[at];
            match info.kind {
                CloseKind::Literal => requires.push((at, recursive)),
                CloseKind::Embedding | CloseKind::Pattern => {}
                _ => break,
            }
            at = info.parent;
        }
        let known = &mut self.scratch(n).requires;
        for r in requires {
            // The newest group is the last one, so that many are not moved.
            match known.binary_search_by_key(&r.0, |x| x.0) {
                Ok(i) => known.get_mut(i).into_iter().for_each(|old| old.1 |= r.1),
                Err(i) => known.insert(i, r),
            }
        }
        group
    }

    /// Whether a definition or `close()` closes what belongs to a group.
    pub(crate) fn closed_around(&self, mut id: CloseId) -> bool {
        while id != 0 {
            if matches!(self.closes[id].kind, CloseKind::Definition | CloseKind::Once) {
                return true;
            }
            id = self.closes[id].parent;
        }
        false
    }

    pub(crate) fn in_chain(&self, mut id: CloseId, group: CloseId) -> bool {
        while id != 0 {
            if id == group {
                return true;
            }
            if id < group {
                return false;
            }
            id = self.closes[id].parent;
        }
        false
    }

    pub(crate) fn has_evidence(&self, arc: NodeId, group: CloseId) -> bool {
        self.nodes[arc].conjs.iter().any(|c| self.in_chain(c.close, group))
    }

    /// The groups that some conjuncts belong to, with all that these lie in; none when fewer than many are asked for, each of
    /// which is found sooner by [`Evaluator::in_chain`].
    fn groups(&self, asked: usize, conjuncts: impl Iterator<Item = CloseId>) -> Option<FxHashSet<CloseId>> {
        if asked <= FEW {
            return None;
        }
        let mut out = FxHashSet::default();
        for mut id in conjuncts {
            while id != 0 && out.insert(id) {
                id = self.closes[id].parent;
            }
        }
        self.spend((asked + out.len()) / LOOKS);
        Some(out)
    }

    /// Whether one of some conjuncts belongs to a group; `known`: what [`Evaluator::groups`] says of them.
    fn any_in(
        &self,
        known: &Option<FxHashSet<CloseId>>,
        mut conjuncts: impl Iterator<Item = CloseId>,
        group: CloseId,
    ) -> bool {
        match known {
            Some(groups) => groups.contains(&group),
            None => conjuncts.any(|c| self.in_chain(c, group)),
        }
    }

    /// Evidence that is a field, not a pattern.
    fn has_field(&self, arc: NodeId, group: CloseId) -> bool {
        let is_field = |c: CloseId| self.closes[c].kind != CloseKind::Pattern;
        self.nodes[arc].conjs.iter().any(|c| is_field(c.close) && self.in_chain(c.close, group))
    }

    /// Whether a field stands beside the embedding that a group is part of, in the literal around it.
    fn beside(&self, arc: NodeId, group: CloseId, opens: &[CloseId]) -> bool {
        let mut at = self.closes[group].parent;
        while at != 0 {
            let info = self.closes[at];
            if info.kind == CloseKind::Embedding {
                if self.has_field(arc, at) {
                    return false;
                }
                let around = info.parent;
                let beside = |c: CloseId| self.in_chain(c, around) && !self.in_chain(c, at);
                if around == 0
                    || self.nodes[arc].conjs.iter().any(|c| beside(c.close))
                    || opens.contains(&around)
                    || self.undecided_may(arc, beside)
                {
                    return true;
                }
            }
            at = info.parent;
        }
        false
    }

    /// All requirements at a node: its own, and those of its parent that conjuncts of it belong to.
    pub(crate) fn requirements(&mut self, n: NodeId) -> Requires {
        let mut out = self.nodes[n].scratch.as_ref().map(|s| s.requires.clone()).unwrap_or_default();
        let parent = self.nodes[n].parent;
        self.spend(out.len() / FEW / LOOKS);
        if self.has(n, flag::REQUIRES) || parent == super::NONE {
            return out;
        }
        // Of a node that can get nothing more this is the last word.
        let last = self.has(n, flag::SETTLED) && self.has(n, flag::DONE);
        if self.nodes[n].conjs.iter().all(|c| c.close == 0) {
            if last {
                self.nodes[n].flags |= flag::REQUIRES;
            }
            return out;
        }
        let inherited = self.requirements(parent);
        let (here, around) = (&self.nodes[n].conjs, self.nodes[parent].scratch.as_deref());
        let evidence = || here.iter().map(|c| c.close);
        let opens = || around.into_iter().flat_map(|s| s.opens.iter().copied());
        let all = self.groups(inherited.len(), evidence());
        let opened = self.groups(inherited.len(), opens());
        let own = out.len();
        for (group, recursive) in inherited {
            if recursive
                && self.any_in(&all, evidence(), group)
                && !(self.closes[group].kind == CloseKind::Literal && self.any_in(&opened, opens(), group))
                && out.get(..own).is_none_or(|o| o.binary_search_by_key(&group, |r| r.0).is_err())
            {
                out.push((group, true));
            }
        }
        out.sort_unstable_by_key(|r| r.0);
        if last {
            self.nodes[n].flags |= flag::REQUIRES;
        }
        if !out.is_empty() {
            self.scratch(n).requires = out.clone();
        }
        out
    }

    /// Whether the fields of a conjunct at `parent` have to be those of a definition that was referred to.
    pub(crate) fn is_required(&mut self, parent: NodeId, close: CloseId) -> bool {
        if close == 0 {
            return false;
        }
        let requires = self.requirements(parent);
        let mut at = close;
        while at != 0 {
            let known = requires.binary_search_by_key(&at, |r| r.0).ok().and_then(|i| requires.get(i));
            if known.is_some_and(|r| r.1) && !self.is_opened(parent, at) {
                return true;
            }
            at = self.closes[at].parent;
        }
        false
    }

    /// Whether `...` in a node opened a literal: what is below it is not closed either.
    fn is_opened(&self, n: NodeId, group: CloseId) -> bool {
        let opens = |s: &Scratch| s.opens.iter().any(|o| self.in_chain(*o, group));
        self.closes[group].kind == CloseKind::Literal && self.nodes[n].scratch.as_deref().is_some_and(opens)
    }

    /// Checks the fields of a done node; the offending field gets the fault.
    pub(crate) fn check_closed(&mut self, n: NodeId) {
        for arc in self.not_allowed(n) {
            let node = &self.nodes[arc];
            let (label, known) = (node.label, node.fault);
            let at: Vec<_> = node.conjs.iter().map(|c| c.expr).take(2).collect();
            if known.is_some_and(|f| matches!(self.faults[f].reason, Reason::NotAllowed(_))) {
                continue;
            }
            let f = self.fault(Code::Eval, Reason::NotAllowed(label), arc, &at);
            self.add_fault(arc, f);
            self.nodes[n].child_fault.get_or_insert(f);
        }
    }

    /// The fields of a done node that are not allowed.
    pub(crate) fn not_allowed(&mut self, n: NodeId) -> Vec<NodeId> {
        let mut out = Vec::new();
        let fields = |a: &NodeId| self.nodes[*a].arc != ArcKind::Optional && self.nodes[*a].label.is_regular();
        // What an embedding or a condition would bring that cannot be told yet may allow any field.
        let open = self.nodes[n].fault.is_some_and(|f| !self.is_permanent(f));
        if open || !self.nodes[n].arcs.iter().any(fields) {
            return out;
        }
        let requires = self.requirements(n);
        if requires.is_empty() {
            return out;
        }
        let (opens, literals): (SmallVec<[CloseId; 4]>, SmallVec<[CloseId; 8]>) = self.nodes[n]
            .scratch
            .as_ref()
            .map(|s| (s.opens.iter().copied().collect(), s.literals.iter().map(|l| l.close).collect()))
            .unwrap_or_default();
        // A definition that is no struct here (`#A: int`, a validator) closes nothing.
        let given = self.groups(requires.len(), literals.iter().copied());
        let opened = self.groups(requires.len(), opens.iter().copied());
        let groups: SmallVec<[CloseId; 4]> = requires
            .iter()
            .map(|r| r.0)
            .filter(|g| {
                self.any_in(&given, literals.iter().copied(), *g) && !self.any_in(&opened, opens.iter().copied(), *g)
            })
            .collect();
        for arc in &self.nodes[n].arcs {
            let node = &self.nodes[*arc];
            if node.arc == ArcKind::Optional || !node.label.is_regular() {
                continue;
            }
            let evidence = || node.conjs.iter().map(|c| c.close);
            let all = self.groups(groups.len(), evidence());
            let lacks = |group: &CloseId| {
                !self.any_in(&all, evidence(), *group)
                    && !self.undecided_may(*arc, |c| self.in_chain(c, *group))
                    && !self.beside(*arc, *group, &opens)
            };
            if groups.iter().any(lacks) {
                out.push(*arc);
            }
        }
        out
    }

    /// Whether a field could be added to a final node, as far as closedness goes.
    pub(crate) fn is_closed(&self, n: NodeId) -> bool {
        self.has(n, flag::CLOSED | flag::CLOSE_ONCE) && !self.has(n, flag::OPENED)
    }
}
