//! Products of disjunctions: a copy of the node for each way to choose one alternative of each.
//!
//! A product is as large as its factors multiplied, so three things keep it small. Alternatives that fail alone, with all
//! other disjunctions undecided, are dropped first ([`consistent`](Evaluator::consistent)): most unions that only closedness
//! tells apart are decided by that. Copies that are the same value become one as soon as they are. And a product is made
//! depth first, a batch at a time, so that one that is too large to be made ([`MANY`]) can end after [`SOME`] alternatives: it is
//! a choice among many then, whatever else there is, and only its default is looked for besides. Nothing that is unified with the node later relies
//! on that: it decides the disjunctions again, not their outcome.

use super::node::Disjunction;
use super::{Alt, Base, CloseId, Code, Conj, Evaluator, FaultId, Mode, NONE, NodeId, Reason, Val, flag};
use crate::ir::{ArcKind, Expr, ExprId, Sym};
use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A node has no more alternatives than this, all worked out, or else as many as were there when that was seen.
const MANY: usize = 1024;
const SOME: usize = 16;

/// A product that has made more nodes than this is too large, too; so are those in its copies when they all have made so many.
const LARGE: u32 = 50_000;
const LARGE_INSIDE: u32 = 500;

/// Products up to this size are made at once.
const FEW: usize = 16;

/// The mode of an alternative of an alternative: not before is before maybe.
pub(super) fn combine(a: Mode, b: Mode) -> Mode {
    a.max(b)
}

/// The mode of two alternatives that turn out to be one.
pub(super) fn same(a: Mode, b: Mode) -> Mode {
    match (a, b) {
        (Mode::Is, _) | (_, Mode::Is) => Mode::Is,
        (Mode::Maybe, _) | (_, Mode::Maybe) => Mode::Maybe,
        _ => Mode::Not,
    }
}

/// The mode that an alternative has in its disjunction.
pub(super) fn mode_of(d: &Disjunction, marked: bool) -> Mode {
    match (d.has_default, marked) {
        (false, _) => Mode::Maybe,
        (true, true) => Mode::Is,
        (true, false) => Mode::Not,
    }
}

/// The modes of an alternative in each disjunction of a product.
type Modes = SmallVec<[Mode; 4]>;

/// The places of the alternatives chosen, in each disjunction of a product.
type Place = SmallVec<[u32; 4]>;

/// What is left of a product of disjunctions.
#[derive(Debug, Clone)]
struct Candidate {
    node: NodeId,
    /// The same for the same value, see [`Evaluator::resemblance`].
    resemblance: u64,
    /// One for each way to come to this value, but for those that are no better than another one.
    modes: Vec<Modes>,
    /// Where the alternatives that were chosen stand.
    place: Place,
}

impl Candidate {
    /// Whether it is made of marked alternatives alone, wherever there are any.
    fn is_default(&self, of: &[Disjunction]) -> bool {
        self.modes.iter().any(|modes| modes.iter().zip(of).all(|(mode, d)| !d.has_default || *mode == Mode::Is))
    }

    fn add(&mut self, modes: Modes) {
        let at_least = |a: &Modes, b: &Modes| a.iter().zip(b).all(|(a, b)| same(*a, *b) == *a);
        if !self.modes.iter().any(|known| at_least(known, &modes)) {
            self.modes.retain(|known| !at_least(&modes, known));
            self.modes.push(modes);
        }
    }
}

/// A group whose disjunction is still to be decided: its alternatives may allow what is not allowed yet.
#[derive(Debug, Clone)]
pub(crate) struct Undecided {
    close: CloseId,
    /// The node that has the disjunction, as all its copies know it.
    origin: NodeId,
    /// A copy for each alternative that can still be chosen, where they are known.
    arms: Arms,
}

/// What an alternative makes of a node, each in a copy; `None` when that is not known.
type Arms = Option<Arc<[NodeId]>>;

/// A part of a product: what came of the disjunctions before, and the disjunction and the alternative to go on with.
struct Batch {
    from: Vec<Candidate>,
    level: usize,
    arm: usize,
}

/// A product, as far as it was made.
struct Product {
    found: Vec<Candidate>,
    /// As many are too many once there are so many nodes.
    many: usize,
    full: u32,
    /// There may be more.
    cut: bool,
    faults: Vec<FaultId>,
}

impl Evaluator {
    /// Decides several disjunctions of a node, or one that needs copies.
    pub(super) fn cross(&mut self, n: NodeId, disjunctions: &[Disjunction]) {
        self.nodes[n].flags &= !flag::CUT;
        let mut all: Vec<Disjunction> = disjunctions.iter().map(|d| self.without_repeats(d)).collect();
        let arms = self.consistent(n, &mut all);
        // In a copy the default has to be among the first, for a second look in each copy of a copy would double the work.
        let inside = self.has(n, flag::ALTERNATIVE);
        let mut moved = false;
        if inside {
            all.iter_mut().for_each(|d| moved |= marked_first(d));
        }
        let Product { mut found, cut, faults, .. } = self.product(n, &all, &arms);
        let mut certain = true;
        if moved && !cut {
            found.sort_by(|a, b| a.place.cmp(&b.place));
        }
        if cut && all.iter().any(|d| d.has_default) {
            if inside {
                certain = found.iter().any(|c| c.is_default(&all));
            } else {
                // Those that the default is made of come first, whatever their order.
                let marked: Vec<Disjunction> = all.iter().map(only_marked).collect();
                let defaults = self.product(n, &marked, &arms).found;
                certain = !defaults.is_empty();
                let others = std::mem::replace(&mut found, defaults);
                found.extend(others);
            }
        }
        if cut {
            self.nodes[n].flags |= flag::CUT;
        }
        let at: Vec<ExprId> = disjunctions.iter().map(|d| d.conj.expr).take(1).collect();
        let mut alternatives = self.combined(found, disjunctions.len());
        if !certain {
            alternatives.iter_mut().for_each(|a| a.mode = Mode::Maybe);
        }
        match alternatives.as_slice() {
            [] if cut => {
                let text = "more alternatives than can be tried";
                self.set_fault(n, Code::Budget, Reason::Static(text), &at);
                self.nodes[n].base = Base::Bottom;
            }
            [] => {
                let code = if faults.iter().all(|f| self.faults[*f].code == Code::Structural) && !faults.is_empty() {
                    Code::Structural
                } else {
                    Code::Eval
                };
                let f = match faults.as_slice() {
                    [f] => *f,
                    _ => {
                        let f = self.fault(code, Reason::EmptyDisjunction, n, &at);
                        self.faults[f].related = faults;
                        f
                    }
                };
                self.nodes[n].base = Base::Bottom;
                self.add_fault(n, f);
            }
            [one] if !cut => self.nodes[n].base = Base::Forward(one.node),
            _ => self.nodes[n].base = Base::Disjunction(alternatives.into()),
        }
    }

    /// `*b | b` is `*b`: what is written twice is tried once.
    fn without_repeats(&self, d: &Disjunction) -> Disjunction {
        let mut left: Vec<(ExprId, bool)> = Vec::with_capacity(d.alternatives.len());
        for (expr, marked) in d.alternatives.iter() {
            // Long unions are not compared with themselves.
            match left.iter_mut().take(4).find(|(known, _)| self.same_reference(*known, *expr, 20)) {
                Some(known) => known.1 |= *marked,
                None => left.push((*expr, *marked)),
            }
        }
        match left.len() == d.alternatives.len() {
            true => d.clone(),
            false => Disjunction { alternatives: left.into(), ..d.clone() },
        }
    }

    /// Whether two expressions are the same reference, or the same conjunction of references.
    fn same_reference(&self, a: ExprId, b: ExprId, depth: u32) -> bool {
        let below = |a: &ExprId, b: &ExprId| depth > 0 && self.same_reference(*a, *b, depth - 1);
        a == b
            || match (&self.ir.exprs[a], &self.ir.exprs[b]) {
                (Expr::Field { up: x, label: l }, Expr::Field { up: y, label: m }) => x == y && l == m,
                (Expr::Select(x, l), Expr::Select(y, m)) => l == m && below(x, y),
                (Expr::Package(x), Expr::Package(y)) => x == y,
                (Expr::And(xs), Expr::And(ys)) => xs.len() == ys.len() && xs.iter().zip(ys).all(|(x, y)| below(x, y)),
                _ => false,
            }
    }

    /// Drops the alternatives of a large product that fail on their own, whatever is chosen elsewhere. Each is tried in a copy
    /// with the other disjunctions undecided; what is left of those then says what fields they may allow, and the copies
    /// are judged again.
    fn consistent(&mut self, n: NodeId, all: &mut [Disjunction]) -> Vec<Arms> {
        let mut arms: Vec<Arms> = vec![None; all.len()];
        if all.len() < 2 || size_of(all) <= FEW {
            return arms;
        }
        // By disjunction and alternative; empty when it fails, `None` when it is not known what comes of it.
        let mut copies: Vec<Vec<Option<Vec<NodeId>>>> = Vec::with_capacity(all.len());
        for (i, d) in all.iter().enumerate() {
            let mut of = Vec::with_capacity(d.alternatives.len());
            for (expr, _) in d.alternatives.iter() {
                if !self.step(*expr) {
                    return vec![None; all.len()];
                }
                of.push(self.alone(n, all, i, Conj { expr: *expr, ..d.conj }));
            }
            copies.push(of);
        }
        loop {
            for (to, of) in arms.iter_mut().zip(&copies) {
                *to = of.iter().cloned().collect::<Option<Vec<_>>>().map(|known| known.concat().into());
            }
            let mut changed = false;
            for (i, of) in copies.iter_mut().enumerate() {
                let undecided = self.undecided.len();
                self.undecide(n, all, &arms, |j| j != i);
                for left in of.iter_mut().flatten() {
                    let before = left.len();
                    left.retain(|copy| !self.offends(*copy, 50));
                    changed |= left.len() < before;
                }
                self.undecided.truncate(undecided);
            }
            if !changed {
                break;
            }
        }
        for (d, of) in all.iter_mut().zip(&copies) {
            let fails = |c: &Option<Vec<NodeId>>| c.as_ref().is_some_and(Vec::is_empty);
            // When nothing is left, all of them say why.
            if of.iter().any(fails) && !of.iter().all(fails) {
                let left = d.alternatives.iter().zip(of).filter(|(_, c)| !fails(c)).map(|(a, _)| *a);
                d.alternatives = left.collect();
            }
        }
        arms
    }

    /// What an alternative makes of a node while all its other disjunctions are undecided.
    fn alone(&mut self, n: NodeId, all: &[Disjunction], i: usize, alternative: Conj) -> Option<Vec<NodeId>> {
        let (copy, env) = self.copy(n, alternative.env);
        self.scratch(copy).disjunctions.clear();
        let undecided = self.undecided.len();
        self.undecide(n, all, &[], |j| j != i);
        self.schedule(copy, Conj { env, ..alternative });
        self.run(copy);
        let of: Vec<NodeId> = match &self.nodes[copy].base {
            Base::Disjunction(alts) => alts.iter().map(|a| a.node).collect(),
            _ => vec![copy],
        };
        let mut known = !self.has(copy, flag::CUT);
        let mut left = Vec::with_capacity(of.len());
        for copy in of {
            self.finalize(copy);
            let copy = self.follow(copy);
            match self.permanent(copy) {
                Some(f) if self.is_contradiction(f, 5) => {}
                None if self.has(copy, flag::FINAL) => left.push(copy),
                _ => known = false,
            }
        }
        self.undecided.truncate(undecided);
        known.then_some(left)
    }

    /// Whether a fault stays whatever is added.
    fn is_contradiction(&self, f: FaultId, depth: u32) -> bool {
        let info = &self.faults[f];
        match info.reason {
            Reason::NotAllowed(_)
            | Reason::Conflict(..)
            | Reason::Kinds(..)
            | Reason::Bound(..)
            | Reason::Unsatisfied(_) => true,
            Reason::EmptyDisjunction => {
                depth > 0
                    && !info.related.is_empty()
                    && info.related.iter().all(|f| self.is_contradiction(*f, depth - 1))
            }
            _ => false,
        }
    }

    fn undecide(&mut self, n: NodeId, all: &[Disjunction], arms: &[Arms], which: impl Fn(usize) -> bool) {
        let origin = self.nodes[n].origin;
        let chosen = all.iter().enumerate().filter(|(j, _)| which(*j)).map(|(j, d)| Undecided {
            close: d.conj.close,
            origin,
            arms: arms.get(j).cloned().flatten(),
        });
        self.undecided.extend(chosen);
    }

    /// Whether an alternative that is still to be chosen may allow a field.
    pub(super) fn may_allow(&self, arc: NodeId, by: &Undecided) -> bool {
        let Some(arms) = &by.arms else { return true };
        let mut path: SmallVec<[Sym; 4]> = SmallVec::new();
        let mut at = arc;
        while at != NONE && self.nodes[at].origin != by.origin {
            path.push(self.nodes[at].label);
            at = self.nodes[at].parent;
        }
        self.spend(1);
        at == NONE
            || arms.iter().any(|arm| {
                let mut at = *arm;
                for (i, label) in path.iter().enumerate().rev() {
                    let here = self.follow(at);
                    // A field that this alternative does not know comes from another one.
                    match self.arc(here, *label) {
                        Some(next) if !self.has(here, flag::OPENED) => at = next,
                        None if !self.has(here, flag::OPENED) && i == 0 => {
                            return self.omits(here, *label, |c| self.in_chain(c, by.close)).unwrap_or(true);
                        }
                        _ => return true,
                    }
                }
                self.has_evidence(at, by.close)
            })
    }

    /// Whether an undecided group that a condition holds for may allow a field.
    pub(super) fn undecided_may(&self, arc: NodeId, which: impl Fn(CloseId) -> bool) -> bool {
        self.undecided.iter().any(|u| which(u.close) && self.may_allow(arc, u))
    }

    /// Whether a field of a final value, or of one below, is not allowed by what is known now.
    fn offends(&mut self, n: NodeId, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        if !self.not_allowed(n).is_empty() {
            return true;
        }
        let arcs = self.nodes[n].arcs.clone();
        arcs.into_iter().any(|arc| {
            let below = &self.nodes[arc];
            matches!(below.base, Base::Struct) && !below.arcs.is_empty() && self.offends(arc, depth - 1)
        })
    }

    /// Chooses an alternative of each disjunction, in every way that does not fail.
    fn product(&mut self, n: NodeId, disjunctions: &[Disjunction], arms: &[Arms]) -> Product {
        let many = if size_of(disjunctions) > MANY { SOME } else { MANY };
        let (made, outer) = (self.nodes.len() as u32, self.full);
        let inside = self.has(n, flag::ALTERNATIVE);
        let full = if inside { outer } else { made.saturating_add(LARGE) };
        self.full = if inside { outer } else { made.saturating_add(LARGE_INSIDE) };
        let mut all = Product { found: Vec::new(), many, full, cut: false, faults: Vec::new() };
        let start = Candidate { node: n, resemblance: 0, modes: vec![SmallVec::new()], place: SmallVec::new() };
        let mut batches = vec![Batch { from: vec![start], level: 0, arm: 0 }];
        while let Some(Batch { from, level, mut arm }) = batches.pop() {
            let Some(d) = disjunctions.get(level) else {
                for candidate in from {
                    self.merge(candidate, &mut all.found);
                }
                if self.is_enough(&all, all.found.len()) {
                    all.cut |= !batches.is_empty();
                    break;
                }
                continue;
            };
            let mut next: Vec<Candidate> = Vec::new();
            all.faults.clear();
            let mut from = from.into_iter();
            while let Some(candidate) = from.next() {
                let done = self.choose(n, &candidate, (d, level, arm), disjunctions, arms, &mut next, &mut all);
                if self.stopped.is_some() {
                    self.full = outer;
                    return all;
                }
                arm = 0;
                if let Err(reached) = done {
                    let rest = std::iter::once(candidate).chain(from).collect();
                    batches.push(Batch { from: rest, level, arm: reached });
                    break;
                }
            }
            batches.push(Batch { from: next, level: level + 1, arm: 0 });
        }
        self.full = outer;
        all
    }

    fn is_enough(&self, product: &Product, alternatives: usize) -> bool {
        alternatives >= product.many || (alternatives >= SOME && self.nodes.len() as u32 > product.full)
    }

    /// Goes through the alternatives of one disjunction for what came of those before.
    ///
    /// # Errors
    /// Which alternative is the next, when there are many already.
    #[expect(clippy::too_many_arguments, reason = "the state of a loop of its only caller")]
    fn choose(
        &mut self,
        n: NodeId,
        from: &Candidate,
        (d, level, first): (&Disjunction, usize, usize),
        disjunctions: &[Disjunction],
        arms: &[Arms],
        next: &mut Vec<Candidate>,
        all: &mut Product,
    ) -> Result<(), usize> {
        let last = level + 1 == disjunctions.len();
        // References of later disjunctions in a copy have to be those of the copy.
        let conj = match self.nodes[from.node].scratch.as_ref() {
            Some(s) if from.node != n => s.disjunctions.first().map_or(d.conj, |x| x.conj),
            _ => d.conj,
        };
        let rejected: Vec<bool> =
            d.alternatives.iter().map(|(expr, _)| self.rejects(from.node, Conj { expr: *expr, ..conj }, 3)).collect();
        // When nothing is left, all of them say why.
        let prune = rejected.contains(&false);
        for (i, ((expr, marked), rejected)) in d.alternatives.iter().zip(rejected).enumerate().skip(first) {
            if rejected && prune {
                continue;
            }
            if self.is_enough(all, next.len()) {
                return Err(i);
            }
            if !self.step(*expr) {
                return Ok(());
            }
            let alternative = Conj { expr: *expr, ..conj };
            let (copy, env) = self.copy(from.node, conj.env);
            // What is left to decide stays with the copy until its turn.
            let rest = std::mem::take(&mut self.scratch(copy).disjunctions);
            let rest: Vec<Disjunction> = rest.into_iter().skip(1).collect();
            let undecided = self.undecided.len();
            self.undecide(n, disjunctions, arms, |j| j > level);
            self.schedule(copy, Conj { env, ..alternative });
            self.run(copy);
            all.cut |= self.has(copy, flag::CUT);
            let mode = mode_of(d, *marked);
            let place = from.place.iter().copied().chain([*expr]).collect();
            self.collect(copy, (&from.modes, mode, place), last, &rest, next, all);
            self.undecided.truncate(undecided);
        }
        // Its copies have what it had.
        if from.node != n && self.has(from.node, flag::DONE) && next.iter().all(|a| a.node != from.node) {
            self.forget(from.node);
        }
        Ok(())
    }

    /// Takes over what came of a copy: nothing, itself, or its own alternatives.
    fn collect(
        &mut self,
        copy: NodeId,
        (from, mode, place): (&[Modes], Mode, Place),
        last: bool,
        rest: &[Disjunction],
        next: &mut Vec<Candidate>,
        all: &mut Product,
    ) {
        if let Base::Disjunction(mut alts) = self.nodes[copy].base.clone() {
            if self.is_enough(all, next.len() + alts.len()) {
                // Not all of them will be taken.
                alts.sort_by_key(|a| a.mode != Mode::Is);
            }
            for alt in alts {
                if self.is_enough(all, next.len()) {
                    all.cut = true;
                    break;
                }
                let rest = self.rebase(rest, copy, alt.node);
                self.keep(alt.node, (from, combine(mode, alt.mode), place.clone()), last, &rest, next, &mut all.faults);
            }
            return;
        }
        let target = self.follow(copy);
        let rest = self.rebase(rest, copy, target);
        self.keep(target, (from, mode, place), last, &rest, next, &mut all.faults);
    }

    /// Disjunctions of one copy as those of a copy of it.
    fn rebase(&mut self, rest: &[Disjunction], from: NodeId, to: NodeId) -> Vec<Disjunction> {
        let mut rest = rest.to_vec();
        if from != to {
            let mark = self.nodes[from].env_mark;
            let mut memo = FxHashMap::default();
            for d in &mut rest {
                d.conj.env = self.map_env(d.conj.env, from, to, mark, &mut memo);
            }
        }
        rest
    }

    fn keep(
        &mut self,
        node: NodeId,
        (from, mode, place): (&[Modes], Mode, Place),
        last: bool,
        rest: &[Disjunction],
        next: &mut Vec<Candidate>,
        faults: &mut Vec<FaultId>,
    ) {
        self.finalize(node);
        let node = self.follow(node);
        if let Some(f) = self.permanent(node) {
            faults.push(f);
            if self.has(node, flag::ALTERNATIVE) && self.has(node, flag::DONE) {
                self.forget(node);
            }
            return;
        }
        let with = |mode: Mode| {
            from.iter().map(move |known| {
                let mut modes = known.clone();
                modes.push(mode);
                modes
            })
        };
        let waits = self.nodes[node].scratch.as_ref().is_some_and(|s| !s.blocked.is_empty());
        let resemblance = self.resemblance(node);
        if !waits {
            for other in next.iter_mut() {
                if self.stopped.is_some() || self.budget_is_spent() {
                    break;
                }
                if other.resemblance == resemblance
                    && self.identical(other.node, node, 50)
                    && (last || self.as_allowed(other.node, node, 50))
                {
                    with(mode).for_each(|modes| other.add(modes));
                    other.place = place.min(std::mem::take(&mut other.place));
                    return;
                }
            }
        }
        if !last {
            self.scratch(node).disjunctions = rest.to_vec();
        }
        next.push(Candidate { node, resemblance, modes: with(mode).collect(), place });
    }

    /// Whether closedness allows the same fields of two values, as far as is decided.
    fn as_allowed(&mut self, a: NodeId, b: NodeId, depth: u32) -> bool {
        if depth == 0 || a == b {
            return a == b;
        }
        let undecided = std::mem::take(&mut self.undecided);
        let [mine, theirs] = [a, b].map(|n| {
            let mut labels: Vec<Sym> = self.not_allowed(n).into_iter().map(|arc| self.nodes[arc].label).collect();
            labels.sort_unstable();
            labels
        });
        self.undecided = undecided;
        if mine != theirs {
            return false;
        }
        if self.requirements(a).is_empty() && self.requirements(b).is_empty() {
            return true;
        }
        for x in self.nodes[a].arcs.clone() {
            let Some(y) = self.arc(b, self.nodes[x].label) else { continue };
            if !self.as_allowed(x, y, depth - 1) {
                return false;
            }
        }
        true
    }

    /// The alternatives of what is left of a product, with their modes. A disjunction whose marked alternatives have all been
    /// dropped, at whatever time, has no default. An alternative that is not known to be anything gives way to those that are.
    fn combined(&mut self, mut product: Vec<Candidate>, factors: usize) -> Vec<Alt> {
        self.without_lacking(&mut product, |p| p.node);
        let marks = |i: usize| product.iter().any(|p| p.modes.iter().any(|m| m.get(i) == Some(&Mode::Is)));
        let marked: SmallVec<[bool; 4]> = (0..factors).map(marks).collect();
        let total = |modes: &Modes| {
            let counted = modes.iter().zip(&marked).filter(|(_, marked)| **marked);
            counted.fold(Mode::Maybe, |all, (mode, _)| combine(all, *mode))
        };
        let mut out: Vec<Alt> = Vec::with_capacity(product.len());
        let mut alike: FxHashMap<u64, SmallVec<[usize; 2]>> = FxHashMap::default();
        for Candidate { node, resemblance, modes, .. } in &product {
            if !self.step(NONE) {
                break;
            }
            let mode = modes.iter().map(total).reduce(same).unwrap_or(Mode::Maybe);
            let places = alike.entry(*resemblance).or_default();
            let is_known = |o: &Alt| o.node == *node || self.identical(o.node, *node, 50);
            let known = places.iter().copied().find(|i| out.get(*i).is_some_and(is_known));
            match known.and_then(|i| out.get_mut(i)) {
                Some(old) => old.mode = same(old.mode, mode),
                None => {
                    places.push(out.len());
                    out.push(Alt { node: *node, mode });
                }
            }
        }
        out
    }

    /// Drops the alternatives that cannot be worked out yet, unless that is all of them.
    pub(super) fn without_lacking<T>(&self, alternatives: &mut Vec<T>, node: impl Fn(&T) -> NodeId) {
        if alternatives.len() > 1 && !alternatives.iter().all(|a| self.is_lacking(node(a))) {
            alternatives.retain(|a| !self.is_lacking(node(a)));
        }
    }

    /// Whether an alternative cannot be worked out yet, itself or in one of its fields: it is incomplete, or waits for itself.
    fn is_lacking(&self, n: NodeId) -> bool {
        let origin = self.nodes[n].origin;
        let lacks = |n: NodeId, codes: &[Code]| {
            let node = &self.nodes[n];
            let waits = node.scratch.as_ref().is_some_and(|s| !s.blocked.is_empty());
            // What it is an alternative of is ambiguous for as long as it is one.
            let own = |f: FaultId| matches!(self.faults[f].reason, Reason::Ambiguous(whole) if self.nodes[whole].origin == origin);
            !waits && node.fault.is_some_and(|f| codes.contains(&self.faults[f].code) && !own(f))
        };
        let mut fields = self.nodes[n].arcs.iter().filter(|a| self.nodes[**a].arc != ArcKind::Optional);
        lacks(n, &[Code::Incomplete, Code::Cycle]) || fields.any(|a| lacks(*a, &[Code::Incomplete]))
    }

    /// Takes a way to choose over into those that were found in other batches.
    fn merge(&mut self, new: Candidate, found: &mut Vec<Candidate>) {
        let known = found.iter().position(|o| {
            o.resemblance == new.resemblance && (o.node == new.node || self.identical(o.node, new.node, 50))
        });
        match known.and_then(|i| found.get_mut(i)) {
            Some(known) => new.modes.into_iter().for_each(|m| known.add(m)),
            None => found.push(new),
        }
    }

    /// A number that is the same for nodes that are [`identical`](Evaluator::identical).
    fn resemblance(&self, n: NodeId) -> u64 {
        let n = self.follow(n);
        let node = &self.nodes[n];
        let fields = node.arcs.iter().map(|a| &self.nodes[*a]).filter(|a| a.arc != ArcKind::Optional);
        let fields = fields.fold(0u64, |sum, arc| {
            let mut hash = FxHasher::default();
            (arc.label, arc.arc as u8).hash(&mut hash);
            if arc.arc == ArcKind::Member {
                let end = match arc.base {
                    Base::Forward(t) => &self.nodes[self.follow(t)],
                    _ => arc,
                };
                self.kind_hash(end, &mut hash);
            }
            sum.wrapping_add(mixed(hash.finish()))
        });
        let mut hash = FxHasher::default();
        self.kind_hash(node, &mut hash);
        fields.hash(&mut hash);
        hash.finish()
    }

    fn kind_hash(&self, node: &super::Node, hash: &mut FxHasher) {
        std::mem::discriminant(&node.base).hash(hash);
        match &node.base {
            Base::Scalar(Val::Str(s)) => s.hash(hash),
            Base::Scalar(v) => v.kind().hash(hash),
            _ => {}
        }
    }
}

/// Spreads what a multiplication alone leaves in a row: sums of such hashes would be the same for many sets of fields.
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Puts the marked alternatives in front; true when they were not.
fn marked_first(d: &mut Disjunction) -> bool {
    let sorted = !d.has_default || d.alternatives.is_sorted_by_key(|a| !a.1);
    if !sorted {
        let mut alternatives = d.alternatives.to_vec();
        alternatives.sort_by_key(|a| !a.1);
        d.alternatives = alternatives.into();
    }
    !sorted
}

/// How many ways there are to choose.
fn size_of(disjunctions: &[Disjunction]) -> usize {
    disjunctions.iter().fold(1, |size, d| size.saturating_mul(d.alternatives.len()))
}

/// A disjunction with its marked alternatives alone, where it has any.
fn only_marked(d: &Disjunction) -> Disjunction {
    let marked: Arc<[(ExprId, bool)]> = d.alternatives.iter().copied().filter(|a| a.1).collect();
    match marked.is_empty() {
        true => d.clone(),
        false => Disjunction { alternatives: marked, ..d.clone() },
    }
}
