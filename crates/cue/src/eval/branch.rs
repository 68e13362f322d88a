//! Disjunctions: dropping alternatives early, deciding those that need no copy, copying a node. See [`super::product`] for the rest.

use super::node::Disjunction;
use super::product::{mode_of, same};
use super::{Alt, Base, Conj, EnvId, Evaluator, NONE, NodeId, Task, Val, flag};
use crate::ir::{ArcKind, Decl, Element, Expr, ExprId, Sym, kind};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

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
        let mut disjunctions = self.scratch(n).disjunctions.clone();
        // One survivor is added to the node itself.
        let mut left: Vec<(ExprId, bool)> = Vec::new();
        for (i, d) in disjunctions.iter_mut().enumerate() {
            left.clear();
            for alternative in d.alternatives.iter() {
                if !self.rejects(n, Conj { expr: alternative.0, ..d.conj }, 3) {
                    left.push(*alternative);
                }
            }
            if left.len() > 1 && self.shut_out(n, &mut left) {
                d.alternatives = left.as_slice().into();
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

    /// Drops the alternatives that leave a field of a closed node as it is: not allowed. They are struct literals that do not
    /// name it. When nothing would be left, all of them stay, to say why.
    fn shut_out(&mut self, n: NodeId, left: &mut Vec<(ExprId, bool)>) -> bool {
        let Some(s) = self.nodes[n].scratch.as_deref() else { return false };
        // Whatever else the node has to do could still allow a field.
        if s.disjunctions.len() != 1 || s.requires.is_empty() || !s.tasks.is_empty() || !s.blocked.is_empty() {
            return false;
        }
        if !self.settled(n) {
            return false;
        }
        let wrong: SmallVec<[Sym; 4]> = self.not_allowed(n).into_iter().map(|arc| self.nodes[arc].label).collect();
        let allows = |this: &Self, e: ExprId| match &this.ir.exprs[e] {
            Expr::Struct(id) => {
                let decls = &this.ir.structs[*id].decls;
                let other = decls.iter().any(|d| !matches!(d, Decl::Field { .. }));
                let names = |l: &Sym| decls.iter().any(|d| matches!(d, Decl::Field { label, .. } if label == l));
                other || wrong.iter().all(names)
            }
            _ => true,
        };
        let count = left.len();
        if wrong.is_empty() || !left.iter().any(|(e, _)| allows(self, *e)) {
            return false;
        }
        left.retain(|(e, _)| allows(self, *e));
        left.len() < count
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
            let mode = mode_of(d, *marked);
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

    /// Frees what the evaluation of an alternative needed that nobody will look at again.
    pub(super) fn forget(&mut self, n: NodeId) {
        if let Some(s) = self.nodes[n].scratch.take() {
            self.recycle(s);
        }
    }

    /// A copy of a node before its alternatives, with fields to be evaluated again, and the copy of an environment.
    pub(super) fn copy(&mut self, from: NodeId, env: EnvId) -> (NodeId, EnvId) {
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
            node.env_mark = mark;
        }
        if let Some(mut s) = source.scratch {
            let conj_count = self.nodes[c].conjs.len();
            s.scheduled = conj_count;
            s.branched = false;
            s.notify.clear();
            s.current = None;
            for p in s.patterns.iter_mut() {
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
    pub(super) fn map_env(
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
    pub(super) fn rejects(&mut self, n: NodeId, conj: Conj, depth: u32) -> bool {
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
