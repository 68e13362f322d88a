//! Expressions as values. A reference evaluates to the node it names; only who needs a concrete value waits for one.

use super::{Base, Code, EnvId, Evaluator, NONE, NodeId, Reason, Res, Stop, Val, flag};
use crate::ir::{Expr, ExprId, Part, Sym, kind};
use crate::stack::down;
use cue_syntax::ast::{BinaryOp, UnaryOp};
use smol_str::SmolStr;
use std::sync::Arc;

impl Evaluator {
    pub(crate) fn eval(&mut self, e: ExprId, env: EnvId) -> Res<Val> {
        if !self.step(e) {
            return Err(Stop::Fault(self.stopped.unwrap_or_default()));
        }
        if !self.enter() {
            return Err(self.stop(Code::Structural, Reason::Static("expressions are nested too deeply"), NONE, &[e]));
        }
        let v = down(|| self.eval_in(e, env));
        self.leave();
        v
    }

    fn eval_in(&mut self, e: ExprId, env: EnvId) -> Res<Val> {
        let simple = match &self.ir.exprs[e] {
            Expr::Null => Val::Null,
            Expr::Bool(b) => Val::Bool(*b),
            Expr::Num(n) => Val::Num(n.clone()),
            Expr::Str(s) => Val::Str(s.clone()),
            Expr::Bytes(b) => Val::Bytes(b.clone()),
            Expr::Top | Expr::NoShare => Val::Top,
            Expr::Kind(k) => Val::Kind(*k),
            Expr::Function(f) => Val::Function(*f),
            Expr::Bottom => {
                let reason = Reason::Static("explicit error (_|_ literal) in source");
                return Err(self.stop(Code::User, reason, NONE, &[e]));
            }
            Expr::Unknown(id) => return Err(Stop::Unknown(*id)),
            Expr::Tainted(inner, bits) => {
                let inner = *inner;
                self.taint |= bits;
                return self.eval(inner, env);
            }
            Expr::Bound(op, limit) => {
                let (op, limit) = (*op, *limit);
                return self.bound(op, limit, env);
            }
            Expr::Unary(op, operand) => {
                let (op, operand) = (*op, *operand);
                let v = self.eval(operand, env)?;
                let v = match self.operator_operand(v, operand, super::val::op_text(op)) {
                    Ok(v) => v,
                    Err(stop) => return Err(self.never_fits(stop, op, e)),
                };
                return self.unary(op, v, e);
            }
            Expr::Binary(op, left, right) => {
                let (op, left, right) = (*op, *left, *right);
                return self.binary(op, left, right, e, env);
            }
            Expr::Short(..) => return self.short_circuit(e, env),
            Expr::Interpolation(parts, bytes) => {
                let (parts, bytes) = (parts.clone(), *bytes);
                return self.interpolate(&parts, bytes, e, env);
            }
            Expr::Field { up, label } => {
                let (up, label) = (*up, *label);
                let scope = self.env_up(env, up);
                let node = self.scope_node(scope, e)?;
                return self.lexical(node, label, e).map(Val::Node);
            }
            Expr::ScopeValue { up } => {
                let scope = self.env_up(env, *up);
                return self.scope_node(scope, e).map(Val::Node);
            }
            Expr::ScopeLabel { up } => {
                let scope = self.env_up(env, *up);
                let label = if scope == NONE { Sym::NONE } else { self.envs[scope].label };
                return Ok(Val::Str(self.ir.symbols.text(label).clone()));
            }
            Expr::Variable { up, index } => {
                let (up, index) = (*up, *index);
                let scope = self.env_up(env, up);
                let vars = if scope == NONE { NONE } else { self.envs[scope].vars };
                if vars == NONE {
                    return Err(self.stop(Code::Eval, Reason::Static("variable without a value"), NONE, &[e]));
                }
                let pair = &self.vars[vars];
                return Ok(if index == 0 { pair.0.clone() } else { pair.1.clone() });
            }
            Expr::Given(value) => return Ok(self.vars[*value].1.clone()),
            Expr::Let { up, value } => {
                let (up, value) = (*up, *value);
                let scope = self.env_up(env, up);
                // A let that only names something is that thing; a node of its own would be a copy.
                if matches!(
                    self.ir.exprs[value],
                    Expr::Field { .. }
                        | Expr::ScopeValue { .. }
                        | Expr::Select(..)
                        | Expr::Variable { .. }
                        | Expr::Given(_)
                        | Expr::Let { .. }
                        | Expr::Function(_)
                ) {
                    return self.eval(value, scope);
                }
                return Ok(Val::Node(self.detached_node(value, scope)));
            }
            Expr::DynamicField { up, label } => {
                let (up, label) = (*up, *label);
                let scope = self.env_up(env, up);
                let v = self.eval(label, scope)?;
                let Val::Str(text) = self.operand(v, label)? else {
                    return Err(self.stop(Code::Eval, Reason::Static("a label must be a string"), NONE, &[label]));
                };
                let sym = self.ir.symbols.string(&text);
                let node = self.scope_node(scope, e)?;
                return self.lexical(node, sym, e).map(Val::Node);
            }
            Expr::Package(id) => {
                let id = *id;
                return Ok(Val::Node(self.package_node(id)));
            }
            Expr::Select(operand, label) => {
                let (operand, label) = (*operand, *label);
                let v = self.eval(operand, env)?;
                return match v {
                    Val::Node(n) => self.select(self.own_alternative(n), label, e).map(Val::Node),
                    v => {
                        let text =
                            format!("invalid operand {} (found {}, want struct)", self.show(&v), kind::text(v.kind()));
                        Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[operand]))
                    }
                };
            }
            Expr::Index(operand, index) => {
                let (operand, index) = (*operand, *index);
                return self.index(operand, index, e, env);
            }
            Expr::Slice(operand, low, high) => {
                let (operand, low, high) = (*operand, *low, *high);
                return self.slice(operand, low, high, e, env);
            }
            Expr::Call(function, arguments) => {
                let (function, arguments) = (*function, arguments.clone());
                return self.call(function, &arguments, e, env);
            }
            Expr::Try(inner) => {
                let inner = *inner;
                return self.eval(inner, env);
            }
            Expr::Open(inner) => {
                let inner = *inner;
                return self.eval(inner, env);
            }
            Expr::Struct(_) | Expr::List(_) | Expr::And(_) | Expr::Disjunction(_) | Expr::Alias(_) => {
                return Ok(Val::Node(self.detached_node(e, env)));
            }
        };
        Ok(simple)
    }

    fn scope_node(&mut self, scope: EnvId, e: ExprId) -> Res<NodeId> {
        let node = if scope == NONE { NONE } else { self.envs[scope].node };
        if node == NONE {
            return Err(self.stop(Code::Eval, Reason::Static("reference outside of its scope"), NONE, &[e]));
        }
        Ok(node)
    }

    /// A value that an operator can work on: a concrete scalar, or the node of a struct or list. Takes defaults.
    pub(crate) fn operand(&mut self, v: Val, at: ExprId) -> Res<Val> {
        let Val::Node(n) = v else {
            return match v {
                Val::Kind(_) | Val::Top | Val::Bound(..) | Val::Validator(_) => {
                    Err(self.stop(Code::Incomplete, Reason::NonConcrete(v), NONE, &[at]))
                }
                v => Ok(v),
            };
        };
        self.run(n);
        let m = self.follow(n);
        self.taint |= self.nodes[m].taint;
        if !self.has(m, flag::DONE)
            && self.nodes[m].fault.is_none()
            && let Some(s) = self.nodes[m].scratch.as_ref()
            && (s.branched || s.disjunctions.is_empty() || self.soft)
            && let Some(v) = s.scalar.as_ref().map(|s| s.0.clone())
        {
            return Ok(v);
        }
        if !matches!(self.nodes[m].base, Base::Scalar(_)) || self.nodes[m].fault.is_some() {
            self.settle(n)?;
        }
        let m = self.follow(n);
        self.taint |= self.nodes[m].taint;
        if let Some(f) = self.nodes[m].fault
            && (self.is_permanent(f)
                || self.faults[f].code == Code::Cycle
                || !matches!(self.nodes[m].base, Base::Struct | Base::List))
        {
            return Err(Stop::Fault(f));
        }
        match &self.nodes[m].base {
            Base::Scalar(v) => Ok(v.clone()),
            Base::Struct | Base::List => {
                if self.has(m, flag::FINAL)
                    && let Some(f) = self.nodes[m].child_fault
                {
                    return Err(Stop::Fault(f));
                }
                Ok(Val::Node(m))
            }
            Base::Disjunction(alts) => {
                let waits =
                    alts.iter().any(|a| self.nodes[a.node].scratch.as_ref().is_some_and(|s| !s.blocked.is_empty()));
                let picked = self.pick(m, at);
                if self.force && waits && !picked.as_ref().is_ok_and(|a| self.has_scalar(*a)) {
                    let reason = Reason::Static("cycle across unresolved disjunction");
                    return Err(self.stop(Code::Eval, reason, NONE, &[at]));
                }
                self.operand(Val::Node(picked?), at)
            }
            Base::Unknown(id) => Err(Stop::Unknown(*id)),
            Base::Constraint => Err(self.stop(Code::Incomplete, Reason::NonConcrete(Val::Node(m)), NONE, &[at])),
            _ => {
                if let Some(v) = self.nodes[m].scratch.as_ref().and_then(|s| s.scalar.as_ref()).map(|s| s.0.clone()) {
                    return Ok(v);
                }
                // Forced, and still being worked out.
                if let Some(label) = self.still_comes(m) {
                    return Err(self.stop(Code::Cycle, Reason::CyclicReference(label), NONE, &[at]));
                }
                if self.will_be_struct(m) || self.nodes[m].scratch.as_ref().is_some_and(|s| s.list.is_some()) {
                    return Ok(Val::Node(m));
                }
                Err(self.stop(Code::Cycle, Reason::Static("cycle error"), NONE, &[at]))
            }
        }
    }

    /// An operand of an operator: a type or bound written there will never be concrete.
    fn operator_operand(&mut self, v: Val, at: ExprId, op: &str) -> Res<Val> {
        if let Val::Kind(_) | Val::Top | Val::Bound(..) = v {
            let text = format!("invalid operand {} ('{op}' requires concrete value)", self.show(&v));
            return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[at]));
        }
        self.operand(v, at)
    }

    /// A value that is not concrete yet but whose kind the operator can never take is an error already.
    fn never_fits(&mut self, stop: Stop, op: UnaryOp, e: ExprId) -> Stop {
        let Stop::Fault(f) = stop else { return stop };
        let Reason::NonConcrete(v) = self.faults[f].reason.clone() else { return stop };
        let takes = if op == UnaryOp::Not { kind::BOOL } else { kind::NUMBER };
        let k = self.kind_of(&v);
        if self.is_permanent(f) || k & takes != 0 {
            return stop;
        }
        let name = super::val::op_text(op);
        let text = format!("invalid operation {name}{} ({name} {})", self.show(&v), kind::text(k));
        self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[e])
    }

    pub(super) fn bound(&mut self, op: UnaryOp, limit: ExprId, env: EnvId) -> Res<Val> {
        let v = self.eval(limit, env)?;
        let v = self.operand(v, limit)?;
        let fits = match op {
            UnaryOp::Less | UnaryOp::LessEqual | UnaryOp::Greater | UnaryOp::GreaterEqual => {
                matches!(v, Val::Num(_) | Val::Str(_) | Val::Bytes(_))
            }
            UnaryOp::Match | UnaryOp::NotMatch => matches!(v, Val::Str(_) | Val::Bytes(_)),
            _ => true,
        };
        if !fits {
            let text = format!("cannot use {} for bound {}", self.show(&v), super::val::op_text(op));
            return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[limit]));
        }
        if matches!(op, UnaryOp::Match | UnaryOp::NotMatch)
            && let Val::Str(pattern) = &v
            && let Err(problem) = self.regex(pattern)
        {
            return Err(self.stop(Code::Eval, Reason::Text(problem.into()), NONE, &[limit]));
        }
        Ok(Val::Bound(op, Arc::new(v)))
    }

    fn interpolate(&mut self, parts: &[Part], bytes: bool, e: ExprId, env: EnvId) -> Res<Val> {
        let mut out: Vec<u8> = Vec::new();
        for part in parts {
            match part {
                Part::Text(t) => out.extend_from_slice(t.as_bytes()),
                Part::Bytes(b) => out.extend_from_slice(b),
                Part::Expr(inner) => {
                    let v = self.eval(*inner, env)?;
                    let v = match self.operand(v.clone(), *inner) {
                        // A list will never be text, whatever its elements wait for.
                        Err(Stop::Fault(f)) if !self.is_permanent(f) && self.kind_of(&v) == kind::LIST => v,
                        v => v?,
                    };
                    match v {
                        Val::Str(s) if (out.len() + s.len()) * 2 > self.room() => {
                            self.make((out.len() + s.len()) * 2, e)?
                        }
                        Val::Bytes(b) if (out.len() + b.len()) * 2 > self.room() => {
                            self.make((out.len() + b.len()) * 2, e)?
                        }
                        Val::Str(s) => out.extend_from_slice(s.as_bytes()),
                        Val::Bytes(b) => out.extend_from_slice(&b),
                        Val::Num(n) => out.extend_from_slice(n.to_json().as_bytes()),
                        Val::Bool(b) => out.extend_from_slice(b.to_string().as_bytes()),
                        other => {
                            let k = self.kind_of(&other);
                            let text = format!(
                                "invalid interpolation: cannot use {} (type {}) as type (bool|string|bytes|number)",
                                self.show(&other),
                                kind::text(k)
                            );
                            return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[*inner, e]));
                        }
                    }
                }
            }
        }
        // It is there twice while it is made into a value.
        self.make(out.len() * 2, e)?;
        Ok(if bytes { Val::Bytes(out.into()) } else { Val::Str(SmolStr::new(String::from_utf8_lossy(&out))) })
    }

    /// The kind of an operand.
    pub(crate) fn kind_of(&self, v: &Val) -> u16 {
        match v {
            Val::Node(n) => match &self.nodes[self.follow(*n)].base {
                Base::List => kind::LIST,
                Base::Struct => kind::STRUCT,
                Base::Scalar(v) => v.kind(),
                _ => self.nodes[self.follow(*n)].scratch.as_ref().map_or(kind::TOP, |s| s.kind),
            },
            v => v.kind(),
        }
    }

    fn index(&mut self, operand: ExprId, index: ExprId, e: ExprId, env: EnvId) -> Res<Val> {
        let v = self.eval(operand, env)?;
        let i = self.eval(index, env)?;
        let i = self.operand(i, index)?;
        let label = match &i {
            Val::Str(s) => self.ir.symbols.string(s),
            Val::Num(x) if x.is_int() => match x.to_i64() {
                Some(i) if i >= 0 => Sym::index(i as usize),
                _ => {
                    let text = format!("invalid index {} (index must be non-negative)", self.show(&i));
                    return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[index]));
                }
            },
            other => {
                let text =
                    format!("invalid index {} (invalid type {})", self.show(other), kind::text(self.kind_of(other)));
                return Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[index]));
            }
        };
        match v {
            Val::Node(n) => self.select(self.own_alternative(n), label, e).map(Val::Node),
            v => {
                let text =
                    format!("invalid operand {} (found {}, want list or struct)", self.show(&v), kind::text(v.kind()));
                Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[operand]))
            }
        }
    }

    /// An alternative that selects from the field it is an alternative of, itself or in one of its fields, sees itself
    /// there: what the others would be is nothing to it (`spec: *_defaults[spec.kind] | _`).
    fn own_alternative(&self, n: NodeId) -> NodeId {
        if !self.has(n, flag::RUNNING) {
            return n;
        }
        let mut at = self.here;
        while at != NONE && at != n {
            if self.has(at, flag::ALTERNATIVE) && self.nodes[at].origin == self.nodes[n].origin {
                return at;
            }
            at = self.nodes[at].parent;
        }
        n
    }

    fn slice(&mut self, operand: ExprId, low: Option<ExprId>, high: Option<ExprId>, e: ExprId, env: EnvId) -> Res<Val> {
        let v = self.eval(operand, env)?;
        let v = self.operand(v, operand)?;
        let limit = |this: &mut Self, x: Option<ExprId>| -> Res<Option<usize>> {
            let Some(x) = x else { return Ok(None) };
            let v = this.eval(x, env)?;
            match this.operand(v, x)? {
                Val::Num(n) if n.to_i64().is_some_and(|i| i >= 0) => Ok(n.to_i64().map(|i| i as usize)),
                other => {
                    let text = format!("invalid slice index {}", this.show(&other));
                    Err(this.stop(Code::Eval, Reason::Text(text.into()), NONE, &[x]))
                }
            }
        };
        let low = limit(self, low)?;
        let high = limit(self, high)?;
        let bad = Reason::Static("slice bounds out of range");
        match v {
            Val::Bytes(b) => {
                let (low, high) = (low.unwrap_or(0), high.unwrap_or(b.len()));
                match b.get(low..high) {
                    Some(part) => Ok(Val::Bytes(part.into())),
                    None => Err(self.stop(Code::Eval, bad, NONE, &[e])),
                }
            }
            Val::Node(n) if matches!(self.nodes[n].base, Base::List) => {
                let arcs = self.nodes[n].arcs.clone();
                let (low, high) = (low.unwrap_or(0), high.unwrap_or(arcs.len()));
                match arcs.get(low..high) {
                    Some(part) => {
                        self.make(part.len() * 64, e)?;
                        let items = part.iter().map(|a| Val::Node(*a)).collect();
                        Ok(Val::Node(self.list_of(items, e)))
                    }
                    None => Err(self.stop(Code::Eval, bad, NONE, &[e])),
                }
            }
            other => {
                let text = format!("cannot slice {} (type {})", self.show(&other), kind::text(self.kind_of(&other)));
                Err(self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[operand]))
            }
        }
    }

    /// A comparison with a literal `_|_`: whether there is a valid value.
    fn is_bottom(&mut self, e: ExprId, env: EnvId) -> Res<bool> {
        let v = match self.eval(e, env) {
            Ok(v) => v,
            Err(Stop::Fault(f)) => {
                return match self.faults[f].code {
                    Code::Cycle | Code::Budget => Err(Stop::Fault(f)),
                    _ => Ok(true),
                };
            }
            Err(stop) => return Err(stop),
        };
        let Val::Node(n) = v else { return Ok(false) };
        // What is selected from a value fails with it.
        if let Some(whole) = self.selected_from(e, env)
            && self.finalize(whole)
            && self.permanent(whole).is_some()
        {
            return Ok(true);
        }
        if self.soft {
            self.run(n);
            let m = self.follow(n);
            if self.has_scalar(m) && self.nodes[m].fault.is_none() {
                return Ok(false);
            }
        }
        self.settle(n)?;
        let m = self.follow(n);
        self.taint |= self.nodes[m].taint;
        if let Base::Unknown(id) = self.nodes[m].base {
            return Err(Stop::Unknown(id));
        }
        if let Some(label) = self.still_comes(m) {
            return Err(self.stop(Code::Cycle, Reason::CyclicReference(label), NONE, &[e]));
        }
        if let Some(f) = self.nodes[m].fault {
            let incomplete_struct =
                !self.is_permanent(f) && matches!(self.nodes[m].base, Base::Struct | Base::List | Base::Scalar(_));
            if self.faults[f].code == Code::Cycle && !incomplete_struct {
                return Err(Stop::Fault(f));
            }
            return Ok(!incomplete_struct);
        }
        if let Base::Disjunction(alts) = &self.nodes[m].base
            && alts.iter().all(|a| self.nodes[a.node].fault.is_some())
        {
            return Ok(true);
        }
        if let (Base::None, Some(s)) = (&self.nodes[m].base, &self.nodes[m].scratch)
            && s.scalar.is_none()
            && s.kind & (kind::STRUCT | kind::LIST) == kind::STRUCT | kind::LIST
            && !self.will_be_struct(m)
        {
            return Err(self.stop(Code::Cycle, Reason::Static("cycle error"), NONE, &[e]));
        }
        // A type is no value yet, `_` is as good as any.
        if let (Base::Constraint, Some(s)) = (&self.nodes[m].base, &self.nodes[m].scratch)
            && (s.kind != kind::TOP || !s.checks.is_empty())
        {
            return Ok(true);
        }
        if !self.has(m, flag::FINAL | flag::IN_FINAL | flag::RUNNING) {
            self.task_depth += 1;
            self.finalize(m);
            self.task_depth -= 1;
        }
        Ok(self.nodes[m].child_fault.is_some() || self.nodes[m].fault.is_some_and(|f| self.is_permanent(f)))
    }

    /// The value that a selection is made from.
    fn selected_from(&mut self, e: ExprId, env: EnvId) -> Option<NodeId> {
        let Expr::Select(operand, _) = self.ir.exprs[e] else { return None };
        match self.eval(operand, env) {
            Ok(Val::Node(n)) => Some(n),
            _ => None,
        }
    }

    /// Where the first operand is incomplete, an error of another one comes first.
    fn worst_of(&mut self, stop: Stop, rest: &[(BinaryOp, ExprId, ExprId)], env: EnvId) -> Stop {
        let Stop::Fault(f) = stop else { return stop };
        if self.faults[f].code != Code::Incomplete {
            return stop;
        }
        for (op, right, _) in rest.iter().rev() {
            if matches!(op, BinaryOp::BoolAnd | BinaryOp::BoolOr) {
                break;
            }
            if let Err(Stop::Fault(f)) = self.eval(*right, env).and_then(|v| self.operand(v, *right))
                && self.is_permanent(f)
            {
                return Stop::Fault(f);
            }
        }
        stop
    }

    fn binary(&mut self, op: BinaryOp, left: ExprId, right: ExprId, e: ExprId, env: EnvId) -> Res<Val> {
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            let bottom = |this: &Self, x: ExprId| matches!(this.ir.exprs[x], Expr::Bottom);
            let tested = match (bottom(self, left), bottom(self, right)) {
                (true, true) => return Ok(Val::Bool(op == BinaryOp::Equal)),
                (true, false) => Some(right),
                (false, true) => Some(left),
                (false, false) => None,
            };
            if let Some(x) = tested {
                if let Expr::Kind(_) | Expr::Top | Expr::Bound(..) = self.ir.exprs[x] {
                    let v = self.eval(x, env)?;
                    self.operator_operand(v, x, super::arith::binary_text(op))?;
                }
                let is = self.is_bottom(x, env)?;
                return Ok(Val::Bool(is == (op == BinaryOp::Equal)));
            }
        }
        // A long chain of operators leans to the left: walk down it instead of nesting.
        let mut chain = vec![(op, right, e)];
        let mut first = left;
        while let Expr::Binary(op, l, r) = &self.ir.exprs[first] {
            if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
                break;
            }
            chain.push((*op, *r, first));
            first = *l;
        }
        let v = self.eval(first, env)?;
        let mut acc = match self.operator_operand(v, first, super::arith::binary_text(op)) {
            Ok(v) => v,
            Err(stop) => return Err(self.worst_of(stop, &chain, env)),
        };
        while let Some((op, right, at)) = chain.pop() {
            let v = self.eval(right, env)?;
            let r = self.operator_operand(v, right, super::arith::binary_text(op))?;
            acc = self.operate(op, acc, r, at)?;
        }
        Ok(acc)
    }

    /// `&&` and `||` that stop where their left operand decides; a chain is walked from its first operand.
    fn short_circuit(&mut self, e: ExprId, env: EnvId) -> Res<Val> {
        let mut chain = Vec::new();
        let mut first = e;
        while let Expr::Short(op, left, right) = &self.ir.exprs[first] {
            chain.push((*op, *right, first));
            first = *left;
        }
        let name = |op| super::arith::binary_text(op);
        let v = self.eval(first, env)?;
        let mut acc = self.operator_operand(v, first, chain.last().map_or("&&", |c| name(c.0)))?;
        while let Some((op, right, at)) = chain.pop() {
            if acc == Val::Bool(op == BinaryOp::BoolOr) {
                continue;
            }
            let v = self.eval(right, env)?;
            let right = self.operator_operand(v, right, name(op))?;
            acc = self.operate(op, acc, right, at)?;
        }
        Ok(acc)
    }
}
