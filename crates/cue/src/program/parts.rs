//! How a value is put together, as it was written: what it names, what it is a conjunction or a choice of. Generators of
//! schemas need it: a value that was worked out no longer tells that it is `#Port & >1024`.

use super::{Evaluation, Value};
use crate::eval::{Conj, EnvId, Evaluator, NONE, NodeId, Val, flag};
use crate::ir::{Decl, Expr, ExprId, Function, StructLit, Sym};
use crate::stack::deep;
use smol_str::SmolStr;

/// What a value consists of.
#[derive(Debug, Clone)]
pub enum Parts<'e> {
    /// Of nothing but itself.
    Whole,
    /// `a & b`, several declarations, or a struct with what it embeds (which comes first).
    And(Vec<Value<'e>>),
    /// `a | *b`, without the defaults that another alternative admits anyway; there may be only one left.
    Or(Vec<Value<'e>>),
}

/// Labels of a path at the most.
const LONGEST: usize = 10_000;

/// [`Parts`] by node.
enum Split {
    Whole,
    And(Vec<NodeId>),
    Or(Vec<(NodeId, bool)>),
}

impl<'e> Value<'e> {
    /// What the value consists of.
    pub fn parts(&self) -> Parts<'e> {
        if self.node == NONE {
            return Parts::Whole;
        }
        let node = self.node;
        match self.with(|e| deep(|| e.split(node))) {
            Split::Whole => Parts::Whole,
            Split::And(nodes) => Parts::And(distinct(nodes.into_iter().map(|n| self.at(n)).collect())),
            Split::Or(nodes) => {
                let all: Vec<(Value<'e>, bool)> = nodes.into_iter().map(|(n, marked)| (self.at(n), marked)).collect();
                let admitted = |v: &Value<'e>| all.iter().any(|(w, marked)| !marked && w.subsumes(v));
                let kept = all.iter().filter(|(v, marked)| !*marked || !admitted(v)).map(|(v, _)| *v).collect();
                Parts::Or(distinct(kept))
            }
        }
    }

    /// The path from its package to what the value names, when it is nothing but a name: `#D.x`; of a builtin package, the
    /// function's name.
    pub fn reference(&self) -> Option<Vec<SmolStr>> {
        if self.node == NONE {
            return None;
        }
        let node = self.node;
        self.with(|e| {
            let [conj] = e.nodes[node].conjs.as_slice() else { return None };
            let conj = *conj;
            deep(|| e.reference_path(conj.expr, conj.env)).filter(|path| !path.is_empty())
        })
    }

    /// What it names, when it is nothing but a name; itself otherwise, and where the name is a function's.
    #[must_use]
    pub fn target(&self) -> Value<'e> {
        if self.reference().is_none() {
            return *self;
        }
        let node = self.node;
        let target = self.with(|e| {
            let conj = e.nodes[node].conjs.first().copied()?;
            match deep(|| e.eval(conj.expr, conj.env)) {
                Ok(Val::Node(t)) => Some(t),
                _ => None,
            }
        });
        target.map_or(*self, |t| self.at(t))
    }

    /// The unification of values of one evaluation.
    #[must_use]
    pub fn unified(values: &[Value<'e>]) -> Option<Value<'e>> {
        let (first, rest) = values.split_first()?;
        if rest.is_empty() {
            return Some(*first);
        }
        let nodes: Vec<NodeId> = values.iter().map(|v| v.node).filter(|n| *n != NONE).collect();
        Some(first.at(first.with(|e| deep(|| e.unification(&nodes)))))
    }

    /// Whether no fields can be added beyond those that it names: a definition or `close()` says so.
    pub fn is_closed(&self) -> bool {
        if self.node == NONE {
            return false;
        }
        let node = self.node;
        self.with(|e| e.is_closed_struct(node))
    }

    /// The comments above its declarations, one text for each declaration.
    pub fn doc_texts(&self) -> Vec<String> {
        if self.node == NONE {
            return Vec::new();
        }
        let node = self.node;
        self.with(|e| e.doc_texts(node))
    }
}

impl Evaluation {
    /// Works on an evaluation that is not over: a builtin that looks at its arguments as a caller of this crate would.
    pub(crate) fn borrowed<T>(evaluator: &mut Evaluator, node: NodeId, f: impl FnOnce(Value<'_>) -> T) -> T {
        let unit = evaluator.unit.clone();
        let stand_in = Evaluator::new(unit.clone(), evaluator.limits.clone());
        let own = std::mem::replace(evaluator, stand_in);
        let evaluation = Evaluation { program: super::Program { unit }, evaluator: std::cell::RefCell::new(own) };
        let result = f(evaluation.value(node));
        *evaluator = evaluation.evaluator.into_inner();
        result
    }
}

/// Without those that say the same as one before.
fn distinct(values: Vec<Value<'_>>) -> Vec<Value<'_>> {
    let mut out: Vec<Value<'_>> = Vec::with_capacity(values.len());
    for v in values {
        if !out.iter().any(|w| w.subsumes(&v) && v.subsumes(w)) {
            out.push(v);
        }
    }
    out
}

impl Evaluator {
    fn split(&mut self, n: NodeId) -> Split {
        match self.nodes[n].conjs.to_vec().as_slice() {
            [] => Split::Whole,
            [conj] => self.split_conjunct(n, conj.expr, conj.env),
            several => Split::And(several.iter().map(|c| self.part(n, c.expr, c.env)).collect()),
        }
    }

    /// A node for a part of `n`, which stands where `n` stands.
    fn part(&mut self, n: NodeId, expr: ExprId, env: EnvId) -> NodeId {
        let part = self.conj_node(Conj { expr, env, close: 0, cyc: 0 });
        self.settle_outside(part);
        self.nodes[part].flags |= flag::PART;
        let (parent, label) = (self.nodes[n].parent, self.nodes[n].label);
        self.nodes[part].parent = parent;
        self.nodes[part].label = label;
        part
    }

    fn split_conjunct(&mut self, n: NodeId, expr: ExprId, env: EnvId) -> Split {
        match &self.ir.exprs[expr] {
            Expr::And(parts) => {
                let parts = parts.clone();
                Split::And(parts.iter().map(|p| self.part(n, *p, env)).collect())
            }
            Expr::Disjunction(alternatives) => {
                let alternatives = alternatives.clone();
                Split::Or(alternatives.iter().map(|(a, marked)| (self.part(n, *a, env), *marked)).collect())
            }
            Expr::Open(inner) => {
                let inner = *inner;
                self.split_conjunct(n, inner, env)
            }
            Expr::Alias(inner) => {
                let inner = *inner;
                let env = self.new_env(env, n);
                self.split_conjunct(n, inner, env)
            }
            Expr::Struct(id) => {
                let literal = self.ir.structs[*id].clone();
                self.split_struct(n, expr, env, &literal)
            }
            _ => Split::Whole,
        }
    }

    /// What a struct literal embeds, and the rest of it.
    fn split_struct(&mut self, n: NodeId, expr: ExprId, env: EnvId, literal: &StructLit) -> Split {
        let embedded = |d: &Decl| matches!(d, Decl::Embedding(_));
        if !literal.decls.iter().any(embedded) {
            return Split::Whole;
        }
        let own: Vec<Decl> = literal.decls.iter().filter(|d| !embedded(d)).cloned().collect();
        let rest = if own.is_empty() {
            None
        } else {
            let embeds = own.iter().any(|d| matches!(d, Decl::Comprehension(_)));
            let id = self.ir.structs.push(StructLit {
                decls: own.into(),
                optional: Box::default(),
                embeds,
                labels: None,
                ..literal.clone()
            });
            let span = self.ir.spans[expr];
            let lit = self.ir.add(Expr::Struct(id), span);
            Some(self.part(n, lit, env))
        };
        let inside = self.new_env(env, rest.unwrap_or(n));
        let mut parts = Vec::new();
        for decl in &literal.decls {
            if let Decl::Embedding(e) = decl {
                parts.push(self.part(n, *e, inside));
            }
        }
        parts.extend(rest);
        match parts.as_slice() {
            [one] => self.split(*one),
            _ => Split::And(parts),
        }
    }

    fn unification(&mut self, nodes: &[NodeId]) -> NodeId {
        let Some(first) = nodes.first().copied() else { return NONE };
        let n = self.new_node(NONE, Sym::NONE);
        for node in nodes {
            let conjuncts = self.nodes[*node].conjs.clone();
            for conj in conjuncts {
                let conj = Conj { close: 0, cyc: 0, ..conj };
                if !self.nodes[n].conjs.contains(&conj) {
                    self.nodes[n].conjs.push(conj);
                }
            }
        }
        self.settle_outside(n);
        self.nodes[n].flags |= flag::PART;
        let (parent, label) = (self.nodes[first].parent, self.nodes[first].label);
        self.nodes[n].parent = parent;
        self.nodes[n].label = label;
        n
    }

    fn reference_path(&mut self, expr: ExprId, env: EnvId) -> Option<Vec<SmolStr>> {
        match &self.ir.exprs[expr] {
            Expr::Field { up, label } => {
                let (up, label) = (*up, *label);
                let scope = self.env_up(env, up);
                let mut path = if scope == NONE { None } else { self.place_of(self.envs[scope].node) }?;
                path.push(self.ir.symbols.text(label).clone());
                Some(path)
            }
            Expr::ScopeValue { up } => {
                let scope = self.env_up(env, *up);
                if scope == NONE { None } else { self.place_of(self.envs[scope].node) }
            }
            Expr::Select(operand, label) => {
                let (operand, label) = (*operand, *label);
                let mut path = self.reference_path(operand, env)?;
                path.push(self.ir.symbols.text(label).clone());
                Some(path)
            }
            Expr::Index(operand, index) => {
                let (operand, index) = (*operand, *index);
                let mut path = self.reference_path(operand, env)?;
                match self.eval(index, env) {
                    Ok(Val::Str(s)) => path.push(s),
                    Ok(Val::Num(n)) => path.push(n.to_json().into()),
                    _ => return None,
                }
                Some(path)
            }
            Expr::Package(_) => Some(Vec::new()),
            Expr::Function(Function::Package(b)) => Some(vec![b.name.into()]),
            _ => None,
        }
    }

    /// The labels from a package to a node; nothing where a node is in no package.
    fn place_of(&self, mut n: NodeId) -> Option<Vec<SmolStr>> {
        let mut path = Vec::new();
        while n != NONE && path.len() < LONGEST {
            let parent = self.nodes[n].parent;
            if parent != NONE {
                path.push(self.ir.symbols.text(self.nodes[n].label).clone());
                n = parent;
            } else if self.packages.values().any(|p| *p == n) {
                path.reverse();
                return Some(path);
            } else {
                n = self.home(n).filter(|home| *home != n)?;
            }
        }
        None
    }

    fn is_closed_struct(&mut self, n: NodeId) -> bool {
        let target = self.follow(n);
        if self.has(target, flag::OPENED) {
            return false;
        }
        if self.has(target, flag::CLOSED | flag::CLOSE_ONCE | flag::CLOSE_ALL) || !self.requirements(target).is_empty()
        {
            return true;
        }
        let mut at = target;
        while at != NONE {
            let node = &self.nodes[at];
            if node.label != Sym::NONE && node.label.is_definition() {
                return true;
            }
            at = node.parent;
        }
        false
    }

    fn doc_texts(&self, n: NodeId) -> Vec<String> {
        let mut metas = self.metas(n);
        metas.sort_by_key(|m| self.ir.metas[*m].label);
        metas.dedup();
        let mut out = Vec::new();
        for meta in metas {
            let doc = self.ir.metas[meta].doc();
            let lines: Vec<&str> = doc.iter().map(|l| l.strip_prefix(' ').unwrap_or(l).trim_end()).collect();
            if !lines.is_empty() {
                out.push(lines.join("\n"));
            }
        }
        out
    }
}

/// Conjuncts by their places, for trimming.
impl Evaluation {
    /// Every node below the package with the places of its conjuncts.
    pub(crate) fn nodes_with_conjuncts(&self) -> Vec<(NodeId, Vec<cue_syntax::Span>)> {
        let mut e = self.evaluator.borrow_mut();
        let mut out = Vec::new();
        let mut left = vec![e.root];
        while let Some(n) = left.pop() {
            e.make_optional(n);
            let node = &e.nodes[n];
            let spans: Vec<cue_syntax::Span> = node.conjs.iter().map(|c| e.ir.spans[c.expr]).collect();
            left.extend(node.arcs.iter().copied());
            out.push((n, spans));
        }
        out
    }

    /// The value of a node.
    pub(crate) fn node_value(&self, node: NodeId) -> Value<'_> {
        self.value(node)
    }

    /// Whether a node is a definition or in one.
    pub(crate) fn in_definition(&self, mut node: NodeId) -> bool {
        let e = self.evaluator.borrow();
        while node != NONE {
            let n = &e.nodes[node];
            if n.label != Sym::NONE && n.label.is_definition() {
                return true;
            }
            node = n.parent;
        }
        false
    }

    /// A node with the conjuncts of another one, but for some by their place; `NONE` when no other is left.
    pub(crate) fn conjuncts_but(&self, node: NodeId, skip: impl Fn(cue_syntax::Span) -> bool) -> NodeId {
        let mut e = self.evaluator.borrow_mut();
        let e = &mut *e;
        let kept: Vec<Conj> = e.nodes[node]
            .conjs
            .iter()
            .filter(|c| !skip(e.ir.spans[c.expr]))
            .map(|c| Conj { close: 0, cyc: 0, ..*c })
            .collect();
        if kept.is_empty() {
            return NONE;
        }
        let n = e.new_node(NONE, Sym::NONE);
        e.nodes[n].conjs.extend(kept);
        deep(|| e.settle_outside(n));
        n
    }
}
