//! The order of fields: as they are written. What a comprehension, an embedded literal or a computed label brings stands where
//! it is written, whenever it was found out; what comes by reference follows, in the order of the references.

use super::{Base, EnvId, Evaluator, NONE, NodeId};
use crate::ir::{Decl, Expr};
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::collections::VecDeque;

/// How far out the scope of a literal is looked for: clauses between a literal and the one it stands in.
const SCOPES: usize = 64;

impl Evaluator {
    /// The arcs of a struct in output order.
    pub(crate) fn ordered_arcs(&self, n: NodeId) -> Vec<NodeId> {
        self.order(n).unwrap_or_else(|| self.nodes[n].arcs.clone())
    }

    /// The order where it may differ from the one in which the arcs were made.
    pub(super) fn order(&self, n: NodeId) -> Option<Vec<NodeId>> {
        let node = &self.nodes[n];
        let literals = &node.scratch.as_ref()?.literals;
        if node.arcs.len() < 2 || matches!(node.base, Base::List) || !literals.iter().any(|l| self.late(l.0)) {
            return None;
        }
        let scopes: FxHashMap<EnvId, usize> = literals.iter().enumerate().map(|(i, l)| (l.1, i)).collect();
        let mut roots = Vec::new();
        let mut inner: FxHashMap<(usize, u32), Vec<usize>> = FxHashMap::default();
        for (i, (id, env)) in literals.iter().enumerate() {
            match self.outer(&scopes, *env) {
                Some(outer) => inner.entry((outer, *id)).or_default().push(i),
                None => roots.push(i),
            }
        }
        let mut computed: FxHashMap<u32, VecDeque<NodeId>> = FxHashMap::default();
        for arc in &node.arcs {
            for meta in &self.nodes[*arc].metas {
                computed.entry(*meta).or_default().push_back(*arc);
            }
        }
        let mut walk = Order { of: self, n, literals, inner, computed, out: IndexSet::default() };
        for root in roots {
            walk.literal(root, 0);
        }
        walk.out.extend(node.arcs.iter().copied());
        Some(walk.out.into_iter().collect())
    }

    /// Whether a literal has declarations whose fields are made after the others'.
    fn late(&self, id: u32) -> bool {
        let late = |d: &Decl| matches!(d, Decl::Dynamic { .. } | Decl::Embedding(_) | Decl::Comprehension(_));
        self.ir.structs[id].decls.iter().any(late)
    }

    /// The literal in whose scope another one stands.
    fn outer(&self, scopes: &FxHashMap<EnvId, usize>, env: EnvId) -> Option<usize> {
        let mut env = self.envs[env].up;
        for _ in 0..SCOPES {
            if env == NONE {
                return None;
            }
            if let Some(at) = scopes.get(&env) {
                return Some(*at);
            }
            env = self.envs[env].up;
        }
        None
    }
}

struct Order<'a> {
    of: &'a Evaluator,
    n: NodeId,
    literals: &'a [(u32, EnvId)],
    /// By the literal that they stand in and their own text: the instances of a literal.
    inner: FxHashMap<(usize, u32), Vec<usize>>,
    /// By declaration: the fields that it made, in the order in which it made them.
    computed: FxHashMap<u32, VecDeque<NodeId>>,
    out: IndexSet<NodeId, FxBuildHasher>,
}

impl Order<'_> {
    fn literal(&mut self, i: usize, depth: u32) {
        let Some((id, _)) = self.literals.get(i).copied() else { return };
        if depth > self.of.limits.depth {
            return;
        }
        for decl in &self.of.ir.structs[id].decls {
            match decl {
                Decl::Field { label, .. } => self.out.extend(self.of.arc(self.n, *label)),
                Decl::Dynamic { meta, .. } => {
                    let made = self.computed.get_mut(meta).and_then(VecDeque::pop_front);
                    self.out.extend(made);
                }
                Decl::Embedding(expr) => self.instances(i, *expr, depth),
                Decl::Comprehension(c) => {
                    let comprehension = &self.of.ir.comprehensions[*c];
                    self.instances(i, comprehension.body, depth);
                    if let Some(fallback) = comprehension.fallback {
                        self.instances(i, fallback, depth);
                    }
                }
                Decl::Pattern { .. } | Decl::Ellipsis => {}
            }
        }
    }

    /// The instances of a literal that stands in another.
    fn instances(&mut self, outer: usize, expr: u32, depth: u32) {
        let Expr::Struct(id) = &self.of.ir.exprs[expr] else { return };
        for i in self.inner.remove(&(outer, *id)).unwrap_or_default() {
            self.literal(i, depth + 1);
        }
    }
}
