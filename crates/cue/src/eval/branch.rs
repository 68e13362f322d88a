//! Disjunctions: dropping alternatives early, copying a node for each of the others, default modes.

use super::node::Disjunction;
use super::{Alt, Base, CloseId, Code, Conj, EnvId, Evaluator, FaultId, Mode, NONE, NodeId, Reason, Task, Val, flag};
use crate::ir::{ArcKind, Decl, Element, Expr, ExprId, Sym, kind};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The mode of an alternative of an alternative: not before is before maybe.
fn combine(a: Mode, b: Mode) -> Mode {
    a.max(b)
}

/// The mode of two alternatives that turn out to be one.
fn same(a: Mode, b: Mode) -> Mode {
    match (a, b) {
        (Mode::Is, _) | (_, Mode::Is) => Mode::Is,
        (Mode::Maybe, _) | (_, Mode::Maybe) => Mode::Maybe,
        _ => Mode::Not,
    }
}

/// The modes of an alternative in each disjunction of a product.
type Modes = SmallVec<[Mode; 4]>;

/// What is left of a product of disjunctions.
#[derive(Debug)]
struct Candidate {
    node: NodeId,
    /// One for each way to come to this value, but for those that are no better than another one.
    modes: Vec<Modes>,
}

impl Candidate {
    fn add(&mut self, modes: Modes) {
        let at_least = |a: &Modes, b: &Modes| a.iter().zip(b).all(|(a, b)| same(*a, *b) == *a);
        if !self.modes.iter().any(|known| at_least(known, &modes)) {
            self.modes.retain(|known| !at_least(&modes, known));
            self.modes.push(modes);
        }
    }
}

impl Evaluator {
    /// Whether the disjunctions of a node may be decided now.
    pub(crate) fn may_branch(&mut self, n: NodeId) -> bool {
        let s = self.scratch(n);
        if s.branched || s.disjunctions.is_empty() {
            return false;
        }
        let waits: Vec<NodeId> = s.blocked.iter().map(|b| b.1).collect();
        if self.has(n, flag::BRANCH) {
            return true;
        }
        waits.iter().all(|on| *on == n || self.is_ancestor(n, *on)) && self.settled(n)
    }

    /// Whether a disjunction of literals is there already, written elsewhere.
    pub(crate) fn repeats(&mut self, n: NodeId, alternatives: &[(ExprId, bool)]) -> bool {
        if self.scratch(n).disjunctions.is_empty() {
            return false;
        }
        let leaf = |this: &Self, e: ExprId| match &this.ir.exprs[e] {
            Expr::Kind(k) => Some(Val::Kind(*k)),
            _ => this.constant(e),
        };
        let new: Option<Vec<(Val, bool)>> =
            alternatives.iter().map(|(e, marked)| leaf(self, *e).map(|v| (v, *marked))).collect();
        let Some(new) = new else { return false };
        let known = std::mem::take(&mut self.scratch(n).disjunctions);
        let found = known.iter().any(|d| {
            d.alternatives.len() == new.len()
                && d.alternatives
                    .iter()
                    .zip(&new)
                    .all(|((e, marked), (v, m))| marked == m && leaf(self, *e).as_ref() == Some(v))
        });
        self.scratch(n).disjunctions = known;
        found
    }

    /// Decides all disjunctions of a node.
    pub(crate) fn branch(&mut self, n: NodeId) {
        let disjunctions = self.scratch(n).disjunctions.clone();
        // One survivor is added to the node itself.
        let mut left: Vec<(ExprId, bool)> = Vec::new();
        for (i, d) in disjunctions.iter().enumerate() {
            left.clear();
            for alternative in d.alternatives.iter() {
                if !self.rejects(n, Conj { expr: alternative.0, ..d.conj }, 3) {
                    left.push(*alternative);
                }
            }
            if let [(expr, _)] = left.as_slice() {
                self.scratch(n).disjunctions.remove(i);
                self.nodes[n].version += 1;
                self.schedule(n, Conj { expr: *expr, ..d.conj });
                return;
            }
        }
        if let [d] = disjunctions.as_slice()
            && self.branch_literals(n, d, &left)
        {
            return;
        }
        self.task_depth += 1;
        self.cross(n, &disjunctions);
        self.task_depth -= 1;
        self.scratch(n).branched = true;
        self.nodes[n].version += 1;
    }

    /// The common case of a disjunction that is all a node has, of literals and types (`"a" | *"b"`, `int | *1`): each
    /// alternative stands for itself and needs no copy of the node. False when it is something else.
    fn branch_literals(&mut self, n: NodeId, d: &Disjunction, left: &[(ExprId, bool)]) -> bool {
        let node = &self.nodes[n];
        let Some(s) = node.scratch.as_deref() else { return false };
        // Of a copy the alternatives go on to further disjunctions.
        let bare = node.flags & flag::ALTERNATIVE == 0
            && node.arcs.is_empty()
            && node.fault.is_none()
            && s.scalar.is_none()
            && s.unknown.is_none()
            && s.checks.is_empty()
            && s.list.is_none()
            && s.patterns.is_empty()
            && s.tasks.is_empty()
            && s.blocked.is_empty()
            && !s.literal
            && !s.cyclic;
        let known = s.kind;
        let whole = |e: ExprId| match &self.ir.exprs[e] {
            Expr::Kind(k) => known & k == *k,
            Expr::Null => known & kind::NULL != 0,
            Expr::Bool(_) => known & kind::BOOL != 0,
            Expr::Num(x) => known & Val::Num(x.clone()).kind() != 0,
            Expr::Str(_) => known & kind::STRING != 0,
            _ => false,
        };
        if !bare || left.len() < 2 || !left.iter().all(|(e, _)| whole(*e)) {
            return false;
        }
        let mut alts: Vec<Alt> = Vec::with_capacity(left.len());
        for (expr, marked) in left {
            let mode = match (d.has_default, marked) {
                (false, _) => Mode::Maybe,
                (true, true) => Mode::Is,
                (true, false) => Mode::Not,
            };
            let node = self.detached_node(*expr, NONE);
            self.finalize(node);
            if !self.has(node, flag::FINAL) {
                return false;
            }
            match alts.iter().position(|a| a.node == node || self.identical(a.node, node, 50)) {
                Some(i) => {
                    if let Some(old) = alts.get_mut(i) {
                        old.mode = same(old.mode, mode);
                    }
                }
                None => alts.push(Alt { node, mode }),
            }
        }
        self.nodes[n].base = match alts.as_slice() {
            [one] => Base::Forward(one.node),
            _ => Base::Disjunction(alts.into()),
        };
        self.scratch(n).branched = true;
        self.nodes[n].version += 1;
        true
    }

    fn cross(&mut self, n: NodeId, disjunctions: &[Disjunction]) {
        let mut cross = vec![Candidate { node: n, modes: vec![SmallVec::new()] }];
        let mut faults: Vec<FaultId> = Vec::new();
        for (i, d) in disjunctions.iter().enumerate() {
            let last = i + 1 == disjunctions.len();
            let mut next: Vec<Candidate> = Vec::new();
            faults.clear();
            for from in cross {
                // References of later disjunctions in a copy have to be those of the copy.
                let conj = match self.nodes[from.node].scratch.as_ref() {
                    Some(s) if from.node != n => s.disjunctions.first().map_or(d.conj, |x| x.conj),
                    _ => d.conj,
                };
                let rejected: Vec<bool> = d
                    .alternatives
                    .iter()
                    .map(|(expr, _)| self.rejects(from.node, Conj { expr: *expr, ..conj }, 3))
                    .collect();
                // When nothing is left, all of them say why.
                let prune = rejected.contains(&false);
                for ((expr, marked), rejected) in d.alternatives.iter().zip(rejected) {
                    if rejected && prune {
                        continue;
                    }
                    let mode = match (d.has_default, marked) {
                        (false, _) => Mode::Maybe,
                        (true, true) => Mode::Is,
                        (true, false) => Mode::Not,
                    };
                    if !self.step(*expr) {
                        return;
                    }
                    let alternative = Conj { expr: *expr, ..conj };
                    let (copy, env) = self.copy(from.node, conj.env);
                    // What is left to decide stays with the copy until its turn.
                    let rest = std::mem::take(&mut self.scratch(copy).disjunctions);
                    let rest: Vec<Disjunction> = rest.into_iter().skip(1).collect();
                    let undecided = self.undecided.len();
                    self.undecided.extend(rest.iter().map(|d| d.conj.close));
                    self.schedule(copy, Conj { env, ..alternative });
                    self.run(copy);
                    self.collect(copy, (&from.modes, mode), last, &rest, &mut next, &mut faults);
                    self.undecided.truncate(undecided);
                }
                // Its copies have what it had.
                if from.node != n && self.has(from.node, flag::DONE) && next.iter().all(|a| a.node != from.node) {
                    self.forget(from.node);
                }
            }
            cross = next;
            if cross.is_empty() {
                break;
            }
        }
        match self.combined(cross, disjunctions.len()).as_slice() {
            [] => {
                let code = if faults.iter().all(|f| self.faults[*f].code == Code::Structural) && !faults.is_empty() {
                    Code::Structural
                } else {
                    Code::Eval
                };
                let at: Vec<ExprId> = disjunctions.iter().map(|d| d.conj.expr).take(1).collect();
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
            [one] => self.nodes[n].base = Base::Forward(one.node),
            alternatives => self.nodes[n].base = Base::Disjunction(alternatives.into()),
        }
    }

    /// Takes over what came of a copy: nothing, itself, or its own alternatives.
    fn collect(
        &mut self,
        copy: NodeId,
        (from, mode): (&[Modes], Mode),
        last: bool,
        rest: &[Disjunction],
        next: &mut Vec<Candidate>,
        faults: &mut Vec<FaultId>,
    ) {
        if let Base::Disjunction(alts) = self.nodes[copy].base.clone() {
            for alt in alts {
                let rest = self.rebase(rest, copy, alt.node);
                self.keep(alt.node, (from, combine(mode, alt.mode)), last, &rest, next, faults);
            }
            return;
        }
        let target = self.follow(copy);
        let rest = self.rebase(rest, copy, target);
        self.keep(target, (from, mode), last, &rest, next, faults);
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
        (from, mode): (&[Modes], Mode),
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
        if !waits {
            for other in next.iter_mut() {
                if self.stopped.is_some() || self.budget_is_spent() {
                    break;
                }
                if self.identical(other.node, node, 50) && (last || self.as_allowed(other.node, node, 50)) {
                    with(mode).for_each(|modes| other.add(modes));
                    return;
                }
            }
        }
        if !last {
            self.scratch(node).disjunctions = rest.to_vec();
        }
        next.push(Candidate { node, modes: with(mode).collect() });
    }

    /// Whether closedness allows the same fields of two values, as far as is decided.
    fn as_allowed(&mut self, a: NodeId, b: NodeId, depth: u32) -> bool {
        if depth == 0 || a == b {
            return a == b;
        }
        let (mine, theirs) = (self.requirements(a), self.requirements(b));
        if mine.is_empty() && theirs.is_empty() {
            return true;
        }
        for x in self.nodes[a].arcs.clone() {
            let Some(y) = self.arc(b, self.nodes[x].label) else { continue };
            let allowed = |this: &Self, n: NodeId, all: &[(CloseId, bool)]| {
                all.iter().filter(|g| !this.has_evidence(n, g.0)).count()
            };
            if allowed(self, x, &mine) != allowed(self, y, &theirs) || !self.as_allowed(x, y, depth - 1) {
                return false;
            }
        }
        true
    }

    /// The alternatives of what is left of a product, with their modes. A disjunction whose marked alternatives have all been
    /// dropped, at whatever time, has no default. An alternative that is not known to be anything gives way to those that are.
    fn combined(&mut self, mut product: Vec<Candidate>, factors: usize) -> Vec<Alt> {
        let empty = |this: &Self, a: &Candidate| {
            let node = &this.nodes[a.node];
            matches!(node.base, Base::Constraint)
                && node.fault.is_some_and(|f| this.faults[f].code == Code::Incomplete)
                && node.scratch.as_ref().is_none_or(|s| s.blocked.is_empty())
        };
        if product.len() > 1 && !product.iter().all(|p| empty(self, p)) {
            product.retain(|p| !empty(self, p));
        }
        let marks = |i: usize| product.iter().any(|p| p.modes.iter().any(|m| m.get(i) == Some(&Mode::Is)));
        let marked: SmallVec<[bool; 4]> = (0..factors).map(marks).collect();
        let total = |modes: &Modes| {
            let counted = modes.iter().zip(&marked).filter(|(_, marked)| **marked);
            counted.fold(Mode::Maybe, |all, (mode, _)| combine(all, *mode))
        };
        let mut out: Vec<Alt> = Vec::with_capacity(product.len());
        for Candidate { node, modes } in &product {
            if !self.step(NONE) {
                break;
            }
            let mode = modes.iter().map(total).reduce(same).unwrap_or(Mode::Maybe);
            let known = out.iter().position(|o| o.node == *node || self.identical(o.node, *node, 50));
            match known.and_then(|i| out.get_mut(i)) {
                Some(old) => old.mode = same(old.mode, mode),
                None => out.push(Alt { node: *node, mode }),
            }
        }
        out
    }

    /// Frees what the evaluation of an alternative needed that nobody will look at again.
    fn forget(&mut self, n: NodeId) {
        if let Some(s) = self.nodes[n].scratch.take() {
            self.recycle(s);
        }
    }

    /// A copy of a node before its alternatives, with fields to be evaluated again, and the copy of an environment.
    fn copy(&mut self, from: NodeId, env: EnvId) -> (NodeId, EnvId) {
        let source = self.nodes[from].clone();
        self.spend(1 + source.arcs.len() + source.conjs.len() / 4);
        let c = self.new_node(source.parent, source.label);
        let mut memo: FxHashMap<EnvId, EnvId> = FxHashMap::default();
        let mark = source.env_mark;
        let node = &mut self.nodes[c];
        node.arc = source.arc;
        node.origin = source.origin;
        node.taint = source.taint;
        node.env_mark = mark;
        node.flags =
            (source.flags & (flag::OPENED | flag::CLOSED | flag::OPEN_PENDING | flag::CLOSE_ONCE)) | flag::ALTERNATIVE;
        node.conjs = source.conjs;
        node.metas = source.metas;
        node.fault = source.fault;
        for arc in source.arcs {
            let old = self.nodes[arc].clone();
            let new = self.new_arc(c, old.label, old.arc);
            let mut conjs = old.conjs;
            for conj in &mut conjs {
                conj.env = self.map_env(conj.env, from, c, mark, &mut memo);
            }
            let node = &mut self.nodes[new];
            node.conjs = conjs;
            node.metas = old.metas;
            node.env_mark = mark;
        }
        if let Some(mut s) = source.scratch {
            let conj_count = self.nodes[c].conjs.len();
            s.scheduled = conj_count;
            s.branched = false;
            s.notify.clear();
            s.current = None;
            for p in &mut s.patterns {
                p.value.env = self.map_env(p.value.env, from, c, mark, &mut memo);
            }
            let mut tasks: Vec<Task> = s.tasks.iter().copied().collect();
            tasks.extend(s.blocked.drain(..).map(|b| b.0));
            for t in &mut tasks {
                t.conj.env = self.map_env(t.conj.env, from, c, mark, &mut memo);
            }
            s.tasks = tasks.into();
            for d in &mut s.disjunctions {
                d.conj.env = self.map_env(d.conj.env, from, c, mark, &mut memo);
            }
            if let Some(list) = &mut s.list {
                for r in list.rest.iter_mut() {
                    if let Some(conj) = &mut r.1 {
                        conj.env = self.map_env(conj.env, from, c, mark, &mut memo);
                    }
                }
            }
            for l in &mut s.literals {
                l.env = self.map_env(l.env, from, c, mark, &mut memo);
            }
            self.nodes[c].scratch = Some(s);
        }
        let env = self.map_env(env, from, c, mark, &mut memo);
        (c, env)
    }

    /// The environment in which names of `from` are names of `to`.
    fn map_env(
        &mut self,
        env: EnvId,
        from: NodeId,
        to: NodeId,
        mark: u32,
        memo: &mut FxHashMap<EnvId, EnvId>,
    ) -> EnvId {
        if env == NONE || env < mark {
            return env;
        }
        if let Some(e) = memo.get(&env) {
            return *e;
        }
        let old = self.envs[env];
        let up = self.map_env(old.up, from, to, mark, memo);
        let node = if old.node == from { to } else { old.node };
        let new = if up == old.up && node == old.node { env } else { self.envs.push(super::Env { up, node, ..old }) };
        memo.insert(env, new);
        new
    }

    /// Whether an alternative contradicts what a node is known to be; a cheap look, no evaluation of fields.
    fn rejects(&mut self, n: NodeId, conj: Conj, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let s = self.scratch(n);
        let (known, scalar) = (s.kind, s.scalar.as_ref().map(|v| v.0.clone()));
        let v = match &self.ir.exprs[conj.expr] {
            Expr::Null => Val::Null,
            Expr::Bool(b) => Val::Bool(*b),
            Expr::Num(x) => Val::Num(x.clone()),
            Expr::Str(s) => Val::Str(s.clone()),
            Expr::Bytes(b) => Val::Bytes(b.clone()),
            Expr::Kind(k) => return known & k == 0,
            Expr::List(_) => return known & kind::LIST == 0,
            Expr::Struct(id) => {
                let id = *id;
                return self.rejects_struct(n, id);
            }
            Expr::And(parts) => {
                return parts.clone().iter().any(|p| self.rejects(n, Conj { expr: *p, ..conj }, depth));
            }
            Expr::Field { .. } | Expr::Select(..) => {
                if known & kind::STRUCT == 0 && known & kind::SCALAR == 0 {
                    return false;
                }
                let Ok(Val::Node(t)) = self.eval(conj.expr, conj.env) else { return false };
                return self.nodes[t].conjs.clone().iter().any(|c| self.rejects(n, *c, depth - 1));
            }
            _ => return false,
        };
        if known & v.kind() == 0 {
            return true;
        }
        if let Some(scalar) = scalar {
            return !super::finalize::same_scalar(&scalar, &v);
        }
        let checks = self.scratch(n).checks.clone();
        checks.iter().any(|(c, _)| matches!(c, Val::Bound(..)) && !self.check(c, &v).unwrap_or(true))
    }

    fn rejects_struct(&mut self, n: NodeId, id: u32) -> bool {
        let lit = &self.ir.structs[id];
        if lit.is_struct && self.nodes[n].scratch.as_ref().is_some_and(|s| s.kind & kind::STRUCT == 0) {
            return true;
        }
        if self.nodes[n].arcs.is_empty() {
            return false;
        }
        let fields: Vec<(Sym, ExprId)> = lit
            .decls
            .iter()
            .filter_map(|d| match d {
                Decl::Field { label, arc, value, .. } if *arc != ArcKind::Optional => Some((*label, *value)),
                _ => None,
            })
            .collect();
        fields.into_iter().any(|(label, value)| {
            let Some(arc) = self.arc(n, label) else { return false };
            self.nodes[arc].arc != ArcKind::Optional && self.contradicts(arc, value, 3)
        })
    }

    /// Whether a field cannot be what an expression says, by what it is known to be.
    fn contradicts(&mut self, arc: NodeId, e: ExprId, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let want = self.constant(e);
        if let Some(want) = &want
            && let Some(has) = self.nodes[arc].conjs.iter().find_map(|c| self.constant(c.expr))
        {
            return !super::finalize::same_scalar(&has, want);
        }
        let kinds = match (&want, &self.ir.exprs[e]) {
            (Some(v), _) => v.kind(),
            (_, Expr::Kind(k)) => *k,
            (_, Expr::List(_)) => kind::LIST,
            (_, Expr::Struct(id)) if self.ir.structs[*id].is_struct => kind::STRUCT,
            (_, Expr::Disjunction(alternatives)) => {
                let alternatives = alternatives.clone();
                return alternatives.iter().all(|(e, _)| self.contradicts(arc, *e, depth - 1));
            }
            _ => return false,
        };
        self.run(arc);
        let known = self.follow(arc);
        let node = &self.nodes[known];
        let (scalar, have) = match (&node.base, &node.scratch) {
            (Base::Scalar(v), _) => (Some(v), v.kind()),
            (Base::Struct, _) => (None, kind::STRUCT),
            (Base::List, _) => (None, kind::LIST),
            (Base::None | Base::Constraint, Some(s)) => (s.scalar.as_ref().map(|s| &s.0), s.kind),
            _ => return false,
        };
        if have & kinds == 0 {
            return have != 0;
        }
        if let (Some(has), Some(want)) = (scalar, &want) {
            return !super::finalize::same_scalar(has, want);
        }
        let Expr::List(id) = self.ir.exprs[e] else { return false };
        let elements = self.ir.lists[id].elements.clone();
        elements.iter().enumerate().any(|(i, element)| match (element, self.arc(known, Sym::index(i))) {
            (Element::Value(e), Some(item)) => self.contradicts(item, *e, depth - 1),
            _ => false,
        })
    }

    /// The value of a literal scalar.
    pub(crate) fn constant(&self, e: ExprId) -> Option<Val> {
        match &self.ir.exprs[e] {
            Expr::Null => Some(Val::Null),
            Expr::Bool(b) => Some(Val::Bool(*b)),
            Expr::Num(x) => Some(Val::Num(x.clone())),
            Expr::Str(s) => Some(Val::Str(s.clone())),
            Expr::Bytes(b) => Some(Val::Bytes(b.clone())),
            Expr::Tainted(inner, _) => self.constant(*inner),
            _ => None,
        }
    }
}
