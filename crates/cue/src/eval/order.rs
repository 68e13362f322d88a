//! The order of fields in output: a topological sort over the struct literals that declared them.
//!
//! Every literal is a chain: its fields in the order of its declarations. Chains stand one after the other in the order of
//! their **places**: a literal's place is where the last of its fields is written; one that a reference brought has the
//! place of that reference, and so has the literal that the reference is embedded in. Chains of the same place, those of
//! different files, and the operands of one `&` have no order among each other. Where the chains leave a choice, and within a cycle of chains that
//! contradict each other, fields go by name.

use super::node::Literal;
use super::small::SmallMap;
use super::{Evaluator, NONE, NodeId};
use crate::ir::{ArcKind, Decl, Expr, ExprId, Sym};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use smol_str::SmolStr;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The fields that come after a field.
type Edges = SmallVec<[u32; 4]>;

/// A place in the sources: file, offset, and for literals without one their number.
type Place = (u32, u32, u32);

/// A literal as a chain of fields, by their index among the arcs.
#[derive(Debug)]
struct Chain {
    place: Place,
    /// One of its labels was computed: what a loop repeats goes in the order of the loop.
    dynamic: bool,
    /// The loop that instantiated the literal, and in which round of it.
    round: (u32, u32),
    /// The `&` that it is an operand of.
    unified: ExprId,
    fields: SmallVec<[u32; 8]>,
}

impl Evaluator {
    /// Puts the arcs of a node that is final into the order of output.
    pub(crate) fn order_arcs(&mut self, n: NodeId) {
        let Some(s) = self.nodes[n].scratch.as_mut().filter(|s| !s.literals.is_empty()) else { return };
        let literals = std::mem::take(&mut s.literals);
        if !self.is_ordered(n, &literals) {
            self.put_in_order(n, &literals);
        }
        // A copy of a copy is put in order anew, and what is closed there is seen by its literals.
        if let Some(s) = self.nodes[n].scratch.as_mut() {
            s.literals = literals;
        }
    }

    /// Puts the arcs of a node into the order that its literals give them.
    pub(super) fn put_in_order(&mut self, n: NodeId, literals: &[Literal]) {
        let count = self.nodes[n].arcs.len();
        let mut others = Vec::new();
        let mut chains = self.chains(n, literals, None);
        let order = in_sequence(&chains, count).unwrap_or_else(|| {
            // Optional fields that nobody has given may stand between others.
            if literals.iter().any(|l| !self.ir.structs[l.id].optional.is_empty()) {
                chains = self.chains(n, literals, Some(&mut others));
            }
            self.in_order(n, &chains, &others)
        });
        let arcs = &self.nodes[n].arcs;
        let new: Vec<NodeId> = order.iter().filter_map(|i| arcs.get(*i as usize).copied()).collect();
        if new.len() == count {
            self.nodes[n].arcs = new.into();
        }
    }

    /// Whether the arcs of a node can only be in the order in which they are.
    fn is_ordered(&self, n: NodeId, literals: &[Literal]) -> bool {
        let [one] = literals else {
            return self.nodes[n].arcs.len() < 2 || matches!(self.nodes[n].base, super::Base::List);
        };
        let lit = &self.ir.structs[one.id];
        self.nodes[n].arcs.len() < 2
            || matches!(self.nodes[n].base, super::Base::List)
            || (!lit.embeds && !lit.repeats && !lit.decls.iter().any(|d| matches!(d, Decl::Dynamic { .. })))
    }

    /// The arcs in the order in which they came to be, which is that of loops; those that a comprehension announced count
    /// from where it stands.
    pub(crate) fn arcs_as_made(&self, n: NodeId) -> Vec<NodeId> {
        let mut arcs = self.nodes[n].arcs.to_vec();
        arcs.sort_unstable();
        let announced = self.nodes[n].scratch.as_ref().map_or(&[][..], |s| &s.announced);
        if announced.is_empty() {
            return arcs;
        }
        let mut early: FxHashMap<Sym, (u32, usize)> = FxHashMap::default();
        for (label, before, place) in announced {
            early.entry(*label).or_insert((*before, *place as usize + 1));
        }
        let mut keyed: Vec<((u32, usize), NodeId)> = Vec::with_capacity(arcs.len());
        for (i, arc) in arcs.into_iter().enumerate() {
            let made = (i as u32, usize::MAX);
            let key = early.get(&self.nodes[arc].label).map_or(made, |e| made.min(*e));
            keyed.push((key, arc));
        }
        keyed.sort_unstable();
        keyed.into_iter().map(|k| k.1).collect()
    }

    fn place(&self, e: ExprId, tie: usize) -> Place {
        let span = self.span_at(e);
        let tie = if span.source.0 == u32::MAX { tie as u32 } else { 0 };
        (span.source.0, span.start, tie)
    }

    /// The chains of a node's literals. Labels of optional fields that nobody has given get an index after the arcs if they are
    /// asked for.
    fn chains(&self, n: NodeId, literals: &[Literal], mut others: Option<&mut Vec<Sym>>) -> SmallVec<[Chain; 4]> {
        let count = self.nodes[n].arcs.len() as u32;
        let mut embedding: SmallMap<ExprId, SmallVec<[usize; 2]>> = SmallMap::default();
        let mut operand: SmallMap<ExprId, ExprId> = SmallMap::default();
        let mut unification = |e: ExprId| {
            if let Expr::And(parts) = &self.ir.exprs[e] {
                parts.iter().for_each(|p| operand.insert(*p, e));
            }
        };
        self.nodes[n].conjs.iter().for_each(|c| unification(c.expr));
        let mut computed = false;
        for (i, l) in literals.iter().enumerate() {
            let lit = &self.ir.structs[l.id];
            computed |= lit.dynamic;
            for decl in lit.decls.iter().filter(|_| lit.embeds) {
                if let Decl::Embedding(e) = decl {
                    unification(*e);
                    if let Some(around) = embedding.entry(*e) {
                        around.push(i);
                    }
                }
            }
        }
        let dynamic = if computed { self.dynamic_fields(n, literals) } else { SmallMap::default() };
        let mut index: SmallMap<Sym, u32> = SmallMap::default();
        for (a, arc) in self.nodes[n].arcs.iter().enumerate() {
            index.insert(self.nodes[*arc].label, a as u32);
        }
        let mut chains: SmallVec<[Chain; 4]> = SmallVec::with_capacity(literals.len());
        // Chains that a reference brought: the last field of them, and the reference.
        let mut brought: SmallVec<[(u32, usize, ExprId); 4]> = SmallVec::new();
        // The last field of each chain, which says where it stands.
        let mut last: SmallVec<[Option<u32>; 8]> = SmallVec::new();
        for (i, l) in literals.iter().enumerate() {
            let lit = &self.ir.structs[l.id];
            let mut chain = Chain {
                dynamic: false,
                round: (NONE, NONE),
                place: self.place(l.expr, i),
                unified: NONE,
                fields: SmallVec::new(),
            };
            let mut seen: SmallMap<u32, ()> = SmallMap::default();
            let (mut at, mut omitted): (Option<(u32, u32)>, Option<u32>) = (None, None);
            for decl in &lit.decls {
                let (field, meta) = match decl {
                    Decl::Field { label, arc, meta, .. } => match (index.get(label), &mut others) {
                        (Some(field), _) => (*field, *meta),
                        (None, Some(others)) if *arc == ArcKind::Optional => {
                            let field = count + others.len() as u32;
                            index.insert(*label, field);
                            others.push(*label);
                            (field, *meta)
                        }
                        (None, _) => {
                            // It counts for the place as well.
                            if *arc == ArcKind::Optional {
                                omitted = Some(*meta);
                            }
                            continue;
                        }
                    },
                    Decl::Dynamic { value, meta, .. } => match dynamic.get(&(i, *value)) {
                        Some(field) => {
                            chain.dynamic = true;
                            (*field, *meta)
                        }
                        None => continue,
                    },
                    _ => continue,
                };
                if field >= count {
                    omitted = Some(meta);
                } else if at.is_none_or(|(last, _)| field >= last) {
                    at = Some((field, meta));
                }
                if !lit.again || seen.get(&field).is_none() {
                    if lit.again {
                        seen.insert(field, ());
                    }
                    chain.fields.push(field);
                }
            }
            if chain.dynamic {
                chain.round = self.round(l.env);
            }
            let cyc = self.envs[l.env].cyc;
            if cyc == 0 {
                chain.unified = operand.get(&l.expr).copied().unwrap_or(NONE);
                let span = |meta: u32| if meta == NONE { None } else { self.ir.metas[meta].label };
                if let Some(span) = at.and_then(|(_, meta)| span(meta)) {
                    chain.place = (span.source.0, span.start, 0);
                }
                if let Some(span) = omitted.and_then(span).filter(|s| s.source.0 == chain.place.0) {
                    chain.place = chain.place.max((span.source.0, span.start, 0));
                }
            } else if at.is_some() || omitted.is_some() {
                let mut first = self.cycs[cyc];
                while first.next != 0 {
                    first = self.cycs[first.next];
                }
                chain.place = self.place(first.reference, i);
                chain.unified = operand.get(&first.reference).copied().unwrap_or(NONE);
                let end = if omitted.is_some() { count + i as u32 } else { at.map_or(0, |a| a.0) };
                brought.push((end, i, first.reference));
            }
            last.push(at.map(|a| a.0));
            chains.push(chain);
        }
        // What came last says where the literal stands that the reference is embedded in.
        for (end, i, reference) in brought {
            for around in embedding.get(&reference).into_iter().flatten() {
                if let (Some(chain), Some(known)) = (chains.get_mut(*around), last.get_mut(*around))
                    && known.is_none_or(|known| known <= end)
                {
                    chain.place = self.place(reference, i);
                    *known = Some(end);
                }
            }
        }
        chains.retain(|c| !c.fields.is_empty());
        chains.sort_by_key(|c| (c.place, c.dynamic));
        // Literals beside each other in the body of a loop take turns.
        for run in chains.chunk_by_mut(|a, b| a.dynamic && b.dynamic && a.round.0 == b.round.0 && a.round.0 != NONE) {
            run.sort_by_key(|c| c.round.1);
        }
        chains
    }

    /// The fields that computed labels of literals gave, by the literal and the expression of the declaration.
    fn dynamic_fields(&self, n: NodeId, literals: &[Literal]) -> SmallMap<(usize, ExprId), u32> {
        let mut owner: FxHashMap<(ExprId, u32), usize> = FxHashMap::default();
        for (i, l) in literals.iter().enumerate() {
            for decl in &self.ir.structs[l.id].decls {
                if let Decl::Dynamic { value, .. } = decl {
                    owner.insert((*value, l.env), i);
                }
            }
        }
        let mut out = SmallMap::default();
        for (a, arc) in self.nodes[n].arcs.iter().enumerate() {
            for conj in self.nodes[*arc].conjs.iter().filter(|c| c.env != NONE) {
                let found = owner.get(&(conj.expr, conj.env));
                if let Some(i) = found.or_else(|| owner.get(&(conj.expr, self.envs[conj.env].up))) {
                    out.insert((*i, conj.expr), a as u32);
                }
            }
        }
        out
    }

    /// The scope around the outermost loop that a scope is in, and the scope of the innermost one's variables.
    fn round(&self, mut env: u32) -> (u32, u32) {
        let mut round = (NONE, NONE);
        while env != NONE {
            let scope = &self.envs[env];
            if scope.vars != NONE {
                round = (scope.up, if round.1 == NONE { env } else { round.1 });
            }
            env = scope.up;
        }
        round
    }

    /// The order of fields whose edges make no cycle, as in nearly every struct: what is free goes by name.
    fn without_cycles(&self, n: NodeId, next: &[Edges], others: &[Sym]) -> Option<Vec<u32>> {
        let mut waits = vec![0u32; next.len()];
        for to in next.iter().flatten() {
            *waits.get_mut(*to as usize)? += 1;
        }
        let name = |i: u32| self.name_at(n, others, i as usize);
        let mut out = Vec::with_capacity(next.len());
        let mut ready = BinaryHeap::new();
        let mut one = None;
        let free = |i: u32, one: &mut Option<u32>, ready: &mut BinaryHeap<_>| {
            // With one that is free there is nothing to compare.
            if ready.is_empty() && one.is_none() {
                *one = Some(i);
            } else {
                ready.extend(one.take().into_iter().chain([i]).map(|i| Reverse((name(i), i))));
            }
        };
        for (i, _) in waits.iter().enumerate().filter(|(_, w)| **w == 0) {
            free(i as u32, &mut one, &mut ready);
        }
        while let Some(at) = one.take().or_else(|| ready.pop().map(|r| r.0.1)) {
            out.push(at);
            for to in next.get(at as usize)? {
                let wait = waits.get_mut(*to as usize)?;
                *wait -= 1;
                if *wait == 0 {
                    free(*to, &mut one, &mut ready);
                }
            }
        }
        (out.len() == next.len()).then_some(out)
    }

    /// The name of a field by its index among the arcs and those that are none.
    fn name_at(&self, n: NodeId, others: &[Sym], i: usize) -> Option<&SmolStr> {
        let arcs = &self.nodes[n].arcs;
        let label = match arcs.get(i) {
            Some(arc) => Some(self.nodes[*arc].label),
            None => others.get(i - arcs.len()).copied(),
        };
        label.map(|l| self.ir.symbols.text(l))
    }

    /// The indices of the arcs, and of those that are none, in order.
    fn in_order(&self, n: NodeId, chains: &[Chain], others: &[Sym]) -> Vec<u32> {
        let count = self.nodes[n].arcs.len() + others.len();
        let mut next: Vec<Edges> = vec![Edges::new(); count];
        let mut edge = |from: u32, to: u32| {
            if let Some(to_all) = next.get_mut(from as usize)
                && from != to
                && to_all.last() != Some(&to)
            {
                to_all.push(to);
            }
        };
        let mut before: Vec<u32> = Vec::new();
        // Fields that an earlier chain of the file has placed stay there.
        let mut placed = vec![false; count];
        let mut file = NONE;
        for batch in batches(chains) {
            let Some(first) = batch.first() else { continue };
            if first.place.0 != file {
                before.clear();
                placed.fill(false);
                file = first.place.0;
            }
            let unordered = unordered(batch);
            let mut last: Vec<u32> = Vec::new();
            for chain in batch {
                let mut from = None;
                for field in &chain.fields {
                    if !unordered && placed.get(*field as usize) == Some(&true) {
                        continue;
                    }
                    match from {
                        Some(from) => edge(from, *field),
                        None => before.iter().for_each(|b| edge(*b, *field)),
                    }
                    from = Some(*field);
                }
                last.extend(from);
            }
            for field in batch.iter().flat_map(|c| &c.fields) {
                if let Some(p) = placed.get_mut(*field as usize) {
                    *p = true;
                }
            }
            if !last.is_empty() {
                before = last;
            }
        }
        if let Some(order) = self.without_cycles(n, &next, others) {
            return order;
        }
        let component = components(&next);
        let total = component.iter().max().map_or(0, |c| *c as usize + 1);
        let mut members: Vec<Vec<(&SmolStr, u32)>> = vec![Vec::new(); total];
        for (i, c) in component.iter().enumerate() {
            if let (Some(m), Some(name)) = (members.get_mut(*c as usize), self.name_at(n, others, i)) {
                m.push((name, i as u32));
            }
        }
        members.iter_mut().for_each(|m| m.sort());
        let mut waits = vec![0u32; total];
        let mut after: Vec<Vec<u32>> = vec![Vec::new(); total];
        for (from, to_all) in component.iter().zip(&next) {
            for to in to_all.iter().filter_map(|t| component.get(*t as usize)).filter(|t| *t != from) {
                if let (Some(w), Some(a)) = (waits.get_mut(*to as usize), after.get_mut(*from as usize)) {
                    *w += 1;
                    a.push(*to);
                }
            }
        }
        let name = |c: u32| members.get(c as usize).and_then(|m| m.first()).copied();
        let mut ready = BinaryHeap::new();
        for (c, w) in waits.iter().enumerate() {
            if *w == 0 {
                ready.push(Reverse((name(c as u32), c as u32)));
            }
        }
        let mut out = Vec::with_capacity(count);
        while let Some(Reverse((_, c))) = ready.pop() {
            out.extend(members.get(c as usize).into_iter().flatten().map(|m| m.1));
            for to in after.get(c as usize).into_iter().flatten() {
                if let Some(w) = waits.get_mut(*to as usize) {
                    *w -= 1;
                    if *w == 0 {
                        ready.push(Reverse((name(*to), *to)));
                    }
                }
            }
        }
        out
    }
}

/// The order of fields that chains one after the other give all of, as is usual: each field stands where the first chain that
/// has it puts it.
fn in_sequence(chains: &[Chain], count: usize) -> Option<Vec<u32>> {
    let file = chains.first()?.place.0;
    let alone = |c: &Chain| c.place.0 == file && c.unified == NONE;
    if !chains.iter().all(alone) || chains.windows(2).any(|w| matches!(w, [a, b] if a.place == b.place)) {
        return None;
    }
    let mut placed = vec![false; count];
    let mut out = Vec::with_capacity(count);
    for field in chains.iter().flat_map(|c| &c.fields) {
        let place = placed.get_mut(*field as usize)?;
        if !std::mem::replace(place, true) {
            out.push(*field);
        }
    }
    (out.len() == count).then_some(out)
}

/// Whether the chains of a batch have no order among each other: those of one place, and operands of `&`.
fn unordered(batch: &[Chain]) -> bool {
    batch.len() > 1 || batch.iter().any(|c| c.unified != NONE)
}

/// Chains of one place together; those of operands of `&` that follow each other in a file count as one place.
fn batches(chains: &[Chain]) -> Vec<&[Chain]> {
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    for i in 1..=chains.len() {
        if chains.get(i).is_some_and(|c| !c.dynamic && chains.get(start).is_some_and(|s| s.place == c.place)) {
            continue;
        }
        let free = |range: (usize, usize)| chains.get(range.0..range.1).filter(|b| unordered(b));
        match ends.last_mut() {
            Some(previous)
                if free(*previous)
                    .zip(free((start, i)))
                    .is_some_and(|(a, b)| a.first().map(|c| c.place.0) == b.first().map(|c| c.place.0)) =>
            {
                previous.1 = i;
            }
            _ => ends.push((start, i)),
        }
        start = i;
    }
    ends.into_iter().filter_map(|(from, to)| chains.get(from..to)).collect()
}

/// The strongly connected component of each node (Tarjan), without recursion.
fn components(next: &[Edges]) -> Vec<u32> {
    const NEW: u32 = u32::MAX;
    let count = next.len();
    let (mut number, mut low, mut component) = (vec![NEW; count], vec![NEW; count], vec![NEW; count]);
    let (mut clock, mut found) = (0, 0);
    let mut stack: Vec<usize> = Vec::new();
    for root in 0..count {
        if number.get(root) != Some(&NEW) {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((v, i)) = path.last_mut() {
            let (v, at) = (*v, *i);
            *i += 1;
            if at == 0 {
                if let (Some(n), Some(l)) = (number.get_mut(v), low.get_mut(v)) {
                    (*n, *l) = (clock, clock);
                }
                clock += 1;
                stack.push(v);
            }
            if let Some(w) = next.get(v).and_then(|n| n.get(at)).map(|w| *w as usize) {
                let theirs = number.get(w).copied().unwrap_or(0);
                if theirs == NEW {
                    path.push((w, 0));
                } else if component.get(w) == Some(&NEW)
                    && let Some(l) = low.get_mut(v)
                {
                    *l = (*l).min(theirs);
                }
                continue;
            }
            path.pop();
            let mine = low.get(v).copied().unwrap_or(0);
            if number.get(v) == Some(&mine) {
                while let Some(w) = stack.pop() {
                    if let Some(c) = component.get_mut(w) {
                        *c = found;
                    }
                    if w == v {
                        break;
                    }
                }
                found += 1;
            }
            if let Some((parent, _)) = path.last()
                && let Some(l) = low.get_mut(*parent)
            {
                *l = (*l).min(mine);
            }
        }
    }
    component
}
