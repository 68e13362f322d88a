//! Comprehensions: the scopes in which a body is to be instantiated.

use super::{Base, Code, Env, EnvId, Evaluator, NONE, Reason, Res, Stop, Val};
use crate::ir::{ArcKind, Clause, ExprId, Sym, SymKind, kind};

impl Evaluator {
    /// The scopes of all yields in order, and the fallback when there are none and one is written.
    pub(crate) fn yields(&mut self, id: u32, env: EnvId) -> Res<(Vec<EnvId>, Option<ExprId>)> {
        let mut out = Vec::new();
        self.clause(id, 0, env, &mut out)?;
        let fallback = if out.is_empty() { self.ir.comprehensions[id].fallback } else { None };
        Ok((out, fallback))
    }

    fn clause(&mut self, id: u32, i: usize, env: EnvId, out: &mut Vec<EnvId>) -> Res<()> {
        let Some(clause) = self.ir.comprehensions[id].clauses.get(i).cloned() else {
            out.push(env);
            return Ok(());
        };
        match clause {
            Clause::Let => self.clause(id, i + 1, env, out),
            Clause::If(condition) => {
                let v = self.eval(condition, env)?;
                match self.condition(v, condition)? {
                    Val::Bool(true) => {
                        self.passed(condition);
                        self.clause(id, i + 1, env, out)
                    }
                    Val::Bool(false) => Ok(()),
                    other => {
                        let k = self.kind_of(&other);
                        let text = format!("cannot use {} (type {}) as type bool", self.show(&other), kind::text(k));
                        Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[condition]))
                    }
                }
            }
            Clause::For { source } => {
                let v = self.eval(source, env)?;
                let items = self.items(v, source)?;
                if !items.is_empty() {
                    self.passed(source);
                }
                for pair in items {
                    if !self.step(source) {
                        return Err(Stop::Fault(self.stopped.unwrap_or_default()));
                    }
                    let vars = self.vars.push(pair);
                    let cyc = if env == NONE { 0 } else { self.envs[env].cyc };
                    let scope = self.envs.push(Env { up: env, node: NONE, label: Sym::NONE, vars, cyc });
                    self.clause(id, i + 1, scope, out)?;
                }
                Ok(())
            }
            Clause::Try(None) => match self.present(id, i + 1, env)? {
                true => self.clause(id, i + 1, env, out),
                false => Ok(()),
            },
            Clause::Try(Some(value)) => {
                let v = match self.try_eval(value, env)? {
                    Some(v) => v,
                    None => return Ok(()),
                };
                let vars = self.vars.push((Val::Null, v));
                let cyc = if env == NONE { 0 } else { self.envs[env].cyc };
                let scope = self.envs.push(Env { up: env, node: NONE, label: Sym::NONE, vars, cyc });
                self.clause(id, i + 1, scope, out)
            }
        }
    }

    /// The operand of an `if`: what can never be a bool is an error before it is concrete.
    fn condition(&mut self, v: Val, at: ExprId) -> Res<Val> {
        let stop = match self.operand(v, at) {
            Ok(v) => return Ok(v),
            Err(stop) => stop,
        };
        if let Stop::Fault(f) = stop
            && let Reason::NonConcrete(v) = self.faults[f].reason.clone()
            && self.kind_of(&v) & kind::BOOL == 0
        {
            let k = kind::text(self.kind_of(&v));
            let text = format!("cannot use {} (type {k}) as type bool", self.show(&v));
            return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[at]));
        }
        Err(stop)
    }

    /// Takes down that a guard was passed.
    fn passed(&self, guard: ExprId) {
        if let Some(coverage) = &self.limits.coverage {
            let span = self.ir.spans[guard];
            if let Some(source) = self.unit.sources.get(span.source) {
                coverage.passed(source, span);
            }
        }
    }

    fn no_range(&mut self, v: &Val, k: u16, at: ExprId) -> super::Stop {
        let text = format!("cannot range over {} (found {}, want list or struct)", self.show(v), kind::text(k));
        self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[at])
    }

    /// The fields or elements that a `for` walks.
    fn items(&mut self, v: Val, at: ExprId) -> Res<Vec<(Val, Val)>> {
        let n = match v {
            Val::Node(n) => n,
            v if v.kind() & (kind::STRUCT | kind::LIST) == 0 => return Err(self.no_range(&v, v.kind(), at)),
            v => {
                let v = self.operand(v, at)?;
                return Err(self.no_range(&v, v.kind(), at));
            }
        };
        self.settle(n)?;
        let mut m = self.follow(n);
        if let Base::Disjunction(_) = self.nodes[m].base {
            m = self.pick(m, at)?;
        }
        self.taint |= self.nodes[m].taint;
        if let Base::Unknown(id) = self.nodes[m].base {
            return Err(Stop::Unknown(id));
        }
        if self.has(m, super::flag::OPEN_PENDING) {
            return Err(Stop::Unknown(NONE));
        }
        if let Some(f) = self.nodes[m].fault {
            return Err(Stop::Fault(f));
        }
        if self.has(m, super::flag::FINAL)
            && let Some(f) = self.nodes[m].child_fault
        {
            return Err(Stop::Fault(f));
        }
        let is_list = match &self.nodes[m].base {
            Base::Struct => false,
            Base::List => true,
            Base::Scalar(v) => {
                let v = v.clone();
                return Err(self.no_range(&v, v.kind(), at));
            }
            Base::None if self.force => {
                let s = self.nodes[m].scratch.as_ref();
                if s.is_some_and(|s| s.kind == kind::STRUCT) {
                    false
                } else if s.is_some_and(|s| s.list.is_some()) {
                    true
                } else {
                    return Err(self.stop(Code::Cycle, Reason::Static("cycle error"), NONE, &[at]));
                }
            }
            _ => {
                let k = self.kind_of(&Val::Node(m));
                if k & (kind::STRUCT | kind::LIST) == 0 {
                    return Err(self.no_range(&Val::Node(m), k, at));
                }
                return Err(self.stop(Code::Incomplete, Reason::NonConcrete(Val::Node(m)), NONE, &[at]));
            }
        };
        if self.force && !is_list && !self.has(m, super::flag::DONE) {
            self.nodes[m].flags |= super::flag::FROZEN;
        }
        let mut out = Vec::new();
        let arcs = if is_list { self.nodes[m].arcs.to_vec() } else { self.arcs_as_made(m) };
        for arc in arcs {
            let node = &self.nodes[arc];
            let label = node.label;
            match (node.arc, is_list) {
                (ArcKind::Member, true) => {
                    if let Some(i) = label.as_index() {
                        out.push((Val::Num(crate::number::Number::from(i as u64)), Val::Node(arc)));
                    }
                }
                (ArcKind::Member, false) if label.kind() == SymKind::String => {
                    out.push((Val::Str(self.ir.symbols.text(label).clone()), Val::Node(arc)));
                }
                (ArcKind::Required, false) => {
                    return Err(self.stop(Code::Incomplete, Reason::RequiredReference(label), m, &[at]));
                }
                _ => {}
            }
        }
        Ok(out)
    }

    /// Evaluates what may be missing: `None` when a reference marked `?` in it is.
    fn try_eval(&mut self, e: ExprId, env: EnvId) -> Res<Option<Val>> {
        use crate::ir::Expr;
        let inner = match &self.ir.exprs[e] {
            Expr::Try(inner) => *inner,
            _ => {
                if !self.tries(e, env)? {
                    return Ok(None);
                }
                return self.eval(e, env).map(Some);
            }
        };
        match self.eval(inner, env) {
            Ok(v) => Ok(Some(v)),
            Err(Stop::Fault(f)) if self.is_permanent(f) => Err(Stop::Fault(f)),
            Err(Stop::Fault(f)) => match self.faults[f].reason {
                Reason::Undefined(..) | Reason::OptionalReference(_) | Reason::RequiredReference(_) => Ok(None),
                _ => Err(Stop::Fault(f)),
            },
            Err(stop) => Err(stop),
        }
    }

    /// Whether all references marked `?` in an expression are there.
    fn tries(&mut self, e: ExprId, env: EnvId) -> Res<bool> {
        use crate::ir::{Decl, Element, Expr, Part};
        let parts: Vec<ExprId> = match &self.ir.exprs[e] {
            Expr::Try(_) => return Ok(self.try_eval(e, env)?.is_some()),
            Expr::Bound(_, a) | Expr::Unary(_, a) | Expr::Open(a) | Expr::Select(a, _) => vec![*a],
            Expr::Binary(_, a, b) | Expr::Short(_, a, b) | Expr::Index(a, b) => vec![*a, *b],
            Expr::And(parts) => parts.to_vec(),
            Expr::Disjunction(parts) => parts.iter().map(|p| p.0).collect(),
            Expr::Call(f, args) => std::iter::once(*f).chain(args.iter().copied()).collect(),
            Expr::Slice(a, b, c) => std::iter::once(*a).chain(*b).chain(*c).collect(),
            Expr::Interpolation(parts, _) => {
                parts.iter().filter_map(|p| if let Part::Expr(e) = p { Some(*e) } else { None }).collect()
            }
            Expr::List(id) => self.ir.lists[*id]
                .elements
                .iter()
                .filter_map(|x| if let Element::Value(e) = x { Some(*e) } else { None })
                .collect(),
            Expr::Struct(id) => {
                // Of a loop only what it walks can be looked at before it runs.
                let walked = |c: u32| match self.ir.comprehensions[c].clauses.first() {
                    Some(Clause::For { source }) => Some(*source),
                    Some(Clause::If(condition)) => Some(*condition),
                    _ => None,
                };
                let values: Vec<ExprId> = self.ir.structs[*id]
                    .decls
                    .iter()
                    .filter_map(|d| match d {
                        Decl::Field { value, .. } | Decl::Dynamic { value, .. } => Some(*value),
                        Decl::Embedding(e) => Some(*e),
                        Decl::Comprehension(c) => walked(*c),
                        _ => None,
                    })
                    .collect();
                // References from inside count scopes from inside.
                let scope = self.new_env(env, NONE);
                for value in values {
                    if !self.tries(value, scope)? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
            _ => return Ok(true),
        };
        for part in parts {
            if !self.tries(part, env)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `try { … }`: whether what the body and the clauses after it mark with `?` is there.
    fn present(&mut self, id: u32, _from: usize, env: EnvId) -> Res<bool> {
        let body = self.ir.comprehensions[id].body;
        self.tries(body, env)
    }
}
