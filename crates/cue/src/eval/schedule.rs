//! Splitting conjuncts: what takes effect at once, and what becomes a task.

use super::closedness::{CloseId, CloseKind};
use super::node::{Disjunction, Literal, Pattern};
use super::{Base, Code, Conj, Evaluator, NONE, NodeId, Reason, Res, Stop, Task, TaskKind, Val, flag};
use crate::ir::{ArcKind, Decl, Element, Expr, ExprId, Sym, kind};
use crate::stack::down;

impl Evaluator {
    /// Processes a node until nothing can be done for now. Afterwards it is done, or pending tasks are left.
    pub(crate) fn run(&mut self, n: NodeId) {
        if self.has(n, flag::RUNNING | flag::DONE) || self.quick(n) {
            return;
        }
        if !self.enter() {
            let at = self.nodes[n].conjs.first().map(|c| c.expr);
            let text = "values are nested too deeply";
            self.set_fault(n, Code::Structural, Reason::Static(text), at.as_slice());
            self.nodes[n].base = Base::Bottom;
            self.nodes[n].flags |= flag::DONE;
            return;
        }
        self.nodes[n].flags |= flag::RUNNING;
        let outer = (self.taint, self.force, self.soft);
        (self.force, self.soft) = (false, false);
        down(|| self.work(n));
        (self.taint, self.force, self.soft) = outer;
        self.nodes[n].flags &= !flag::RUNNING;
        let s = self.scratch(n);
        if s.branched || (s.blocked.is_empty() && s.disjunctions.is_empty()) {
            self.complete_own(n);
            self.let_go(n);
        }
        self.leave();
    }

    /// Conjuncts, then tasks, then disjunctions, for as long as anything moves.
    fn work(&mut self, n: NodeId) {
        loop {
            if self.stopped.is_some() {
                break;
            }
            let scheduled = self.scratch(n).scheduled;
            if let Some(conj) = self.nodes[n].conjs.get(scheduled).copied() {
                self.scratch(n).scheduled += 1;
                self.schedule(n, conj);
                continue;
            }
            if let Some(task) = self.next_task(n) {
                self.attempt(n, task);
                continue;
            }
            if self.retry(n) {
                continue;
            }
            if self.stopped.is_none() && self.may_branch(n) {
                if self.soften(n) {
                    continue;
                }
                self.branch(n);
                continue;
            }
            break;
        }
    }

    /// References come first: they say whether the node only goes in circles, in which case nothing else is to be tried.
    fn next_task(&mut self, n: NodeId) -> Option<Task> {
        let s = self.scratch(n);
        if !s.cyclic || s.acyclic {
            return s.tasks.pop_front();
        }
        if let Some(i) = s.tasks.iter().position(|t| matches!(t.kind, TaskKind::Reference | TaskKind::Late)) {
            return s.tasks.remove(i);
        }
        s.tasks.clear();
        s.blocked.clear();
        s.disjunctions.clear();
        None
    }

    /// Runs one task; keeps it when it has to wait.
    pub(crate) fn attempt(&mut self, n: NodeId, task: Task) {
        self.scratch(n).current = Some(task);
        self.taint = 0;
        self.task_depth += 1;
        let outer = std::mem::replace(&mut self.here, n);
        let result = self.run_task(n, task);
        self.here = outer;
        self.task_depth -= 1;
        self.scratch(n).current = None;
        let taint = self.taint;
        let node = &mut self.nodes[n];
        match result {
            Ok(()) => {
                node.taint |= taint;
                node.version += 1;
            }
            Err(Stop::Pending(on)) => {
                let entry = (task, on, self.nodes[on].version, self.has(on, flag::RUNNING));
                self.scratch(n).blocked.push(entry);
            }
            Err(Stop::Unknown(id)) => {
                node.version += 1;
                node.taint |= taint;
                match task.kind {
                    TaskKind::Value | TaskKind::Reference => {
                        self.scratch(n).unknown.get_or_insert(id);
                    }
                    _ => node.flags |= flag::OPEN_PENDING,
                }
            }
            Err(Stop::Fault(f)) => {
                node.version += 1;
                node.taint |= taint;
                if self.faults[f].at.is_empty() && self.faults[f].node == NONE {
                    self.faults[f].at.push(task.conj.expr);
                }
                self.add_fault(n, f);
            }
        }
    }

    /// Puts tasks back whose reason to wait has changed.
    fn retry(&mut self, n: NodeId) -> bool {
        let blocked = std::mem::take(&mut self.scratch(n).blocked);
        let (again, wait): (Vec<_>, Vec<_>) = blocked.into_iter().partition(|(_, on, version, running)| {
            *on != n && (self.nodes[*on].version != *version || (*running && !self.has(*on, flag::RUNNING)))
                || *on == n && self.nodes[n].version != *version
        });
        let any = !again.is_empty();
        let s = self.scratch(n);
        s.blocked = wait;
        s.tasks.extend(again.into_iter().map(|b| b.0));
        any
    }

    fn run_task(&mut self, n: NodeId, task: Task) -> Res<()> {
        if !self.step(task.conj.expr) {
            return Err(Stop::Fault(self.stopped.unwrap_or_default()));
        }
        match task.kind {
            TaskKind::Reference => self.reference_task(n, task.conj),
            TaskKind::Value => {
                let v = self.eval(task.conj.expr, task.conj.env)?;
                self.insert(n, v, task.conj)
            }
            TaskKind::Comprehension(id) => {
                let (envs, fallback) = self.yields(id, task.conj.env)?;
                let body = self.ir.comprehensions[id].body;
                let close = self.embed(task.conj.close, n);
                for env in envs {
                    self.schedule(n, Conj { expr: body, env, close, cyc: task.conj.cyc });
                }
                if let Some(fallback) = fallback {
                    self.schedule(n, Conj { expr: fallback, env: task.conj.env, close, cyc: task.conj.cyc });
                }
                Ok(())
            }
            TaskKind::Dynamic { label, arc, binds } => {
                let v = self.eval(label, task.conj.env)?;
                let sym = match self.operand(v, label)? {
                    Val::Str(text) => self.ir.symbols.string(&text),
                    Val::Node(v) if self.nodes[v].fault.is_some() => {
                        return Err(Stop::Fault(self.nodes[v].fault.unwrap_or_default()));
                    }
                    other => {
                        let text = format!("invalid label of type {}", kind::text(self.kind_of(&other)));
                        return Err(self.stop(Code::Eval, Reason::Text(text.into()), n, &[label]));
                    }
                };
                let mut conj = task.conj;
                if binds {
                    conj.env = self.new_env(conj.env, n);
                    self.envs[conj.env].label = sym;
                }
                self.add_field(n, sym, arc, conj);
                Ok(())
            }
            TaskKind::Pattern { pattern, binds } => {
                let v = self.eval(pattern, task.conj.env)?;
                let v = self.pattern_value(v)?;
                self.add_pattern(n, Pattern { pattern: v, pattern_expr: pattern, value: task.conj, binds });
                Ok(())
            }
            TaskKind::List(id) => {
                let mut elements = Vec::new();
                for element in self.ir.lists[id].elements.clone() {
                    match element {
                        Element::Value(e) => elements.push((e, task.conj.env)),
                        Element::Comprehension(c) => {
                            let (envs, fallback) = self.yields(c, task.conj.env)?;
                            let body = self.ir.comprehensions[c].body;
                            elements.extend(envs.into_iter().map(|env| (body, env)));
                            elements.extend(fallback.map(|f| (f, task.conj.env)));
                        }
                    }
                }
                self.insert_list(n, id, elements, task.conj);
                Ok(())
            }
            TaskKind::Late => {
                self.schedule(n, task.conj);
                Ok(())
            }
        }
    }

    /// Splits one conjunct.
    pub(crate) fn schedule(&mut self, n: NodeId, mut conj: Conj) {
        self.spend(1);
        if conj.close != 0 && self.closes[conj.close].kind == CloseKind::Pattern {
            conj.close = self.closes[conj.close].parent;
        }
        let v = match &self.ir.exprs[conj.expr] {
            Expr::Null => Val::Null,
            Expr::Bool(b) => Val::Bool(*b),
            Expr::Num(x) => Val::Num(x.clone()),
            Expr::Str(s) => Val::Str(s.clone()),
            Expr::Bytes(b) => Val::Bytes(b.clone()),
            Expr::Top => Val::Top,
            Expr::NoShare => {
                self.scratch(n).top = true;
                return;
            }
            Expr::Kind(k) => Val::Kind(*k),
            Expr::Bottom => {
                let f =
                    self.fault(Code::User, Reason::Static("explicit error (_|_ literal) in source"), n, &[conj.expr]);
                self.mark_cyc(n, conj);
                return self.add_fault(n, f);
            }
            Expr::Unknown(id) => {
                let id = *id;
                self.scratch(n).unknown.get_or_insert(id);
                return;
            }
            Expr::Tainted(inner, bits) => {
                let (inner, bits) = (*inner, *bits);
                self.nodes[n].taint |= bits;
                return self.schedule(n, Conj { expr: inner, ..conj });
            }
            Expr::And(parts) => {
                for expr in parts.clone() {
                    down(|| self.schedule(n, Conj { expr, ..conj }));
                }
                return;
            }
            Expr::Alias(inner) => {
                let expr = *inner;
                let env = self.new_env(conj.env, n);
                return down(|| self.schedule(n, Conj { expr, env, ..conj }));
            }
            Expr::Struct(id) => {
                let id = *id;
                return self.schedule_struct(n, id, conj);
            }
            Expr::List(id) => {
                let id = *id;
                self.mark_cyc(n, conj);
                let lit = &self.ir.lists[id];
                if lit.elements.iter().any(|e| matches!(e, Element::Comprehension(_))) {
                    self.narrow(n, kind::LIST, conj.expr);
                    return self.push_task(n, TaskKind::List(id), conj);
                }
                let elements = lit
                    .elements
                    .iter()
                    .map(|e| match e {
                        Element::Value(e) => (*e, conj.env),
                        Element::Comprehension(_) => (conj.expr, conj.env),
                    })
                    .collect();
                return self.insert_list(n, id, elements, conj);
            }
            Expr::Disjunction(alternatives) => {
                let alternatives = alternatives.clone();
                let has_default = alternatives.iter().any(|a| a.1);
                if self.repeats(n, &alternatives) {
                    return;
                }
                self.nodes[n].version += 1;
                self.scratch(n).disjunctions.push(Disjunction { conj, alternatives, has_default });
                return;
            }
            Expr::Field { .. }
            | Expr::ScopeValue { .. }
            | Expr::Variable { .. }
            | Expr::Given(_)
            | Expr::Let { .. }
            | Expr::DynamicField { .. }
            | Expr::Package(_)
            | Expr::Select(..)
            | Expr::Index(..) => return self.push_task(n, TaskKind::Reference, conj),
            Expr::ScopeLabel { .. }
            | Expr::Bound(..)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Short(..)
            | Expr::Interpolation(..)
            | Expr::Slice(..)
            | Expr::Call(..)
            | Expr::Function(_)
            | Expr::Open(_)
            | Expr::Try(_) => return self.push_task(n, TaskKind::Value, conj),
        };
        if let Err(Stop::Fault(f)) = self.insert(n, v, conj) {
            self.add_fault(n, f);
        }
    }

    pub(crate) fn push_task(&mut self, n: NodeId, kind: TaskKind, conj: Conj) {
        self.scratch(n).tasks.push_back(Task { kind, conj });
    }

    fn schedule_struct(&mut self, n: NodeId, id: u32, conj: Conj) {
        self.mark_cyc(n, conj);
        let env = self.new_env(conj.env, n);
        self.envs[env].cyc = conj.cyc;
        let lit = &self.ir.structs[id];
        let (embeds, is_struct, open, file, count) = (lit.embeds, lit.is_struct, lit.open, lit.file, lit.decls.len());
        let s = self.scratch(n);
        s.literal = true;
        s.literal_at = conj.expr;
        if is_struct {
            self.narrow(n, kind::STRUCT, conj.expr);
        }
        let close = match (embeds, file) {
            (false, _) => conj.close,
            (true, false) => self.close_group(conj.close, CloseKind::Literal, n),
            (true, true) => self.file_group(n, conj.close),
        };
        self.scratch(n).literals.push(Literal { id, env, expr: conj.expr, close });
        if self.closed_around(close) {
            self.nodes[n].flags |= flag::CLOSED;
        }
        if open {
            self.nodes[n].flags |= flag::OPENED;
            if close != 0 {
                self.scratch(n).opens.push(close);
            }
        }
        let omits = self.omit(n, id);
        for i in 0..count {
            // Declarations are cloned one at a time: scheduling may add to the tables.
            let Some(decl) = self.ir.structs[id].decls.get(i).cloned() else { break };
            match decl {
                Decl::Field { label, arc: ArcKind::Optional, .. } if omits && self.arc(n, label).is_none() => {}
                Decl::Field { label, arc, value, .. } => {
                    let field = Conj { expr: value, env, close, cyc: conj.cyc };
                    self.add_field(n, label, arc, field);
                }
                Decl::Dynamic { label, arc, value, binds, .. } => {
                    let field = Conj { expr: value, env, close, cyc: conj.cyc };
                    self.push_task(n, TaskKind::Dynamic { label, arc, binds }, field);
                }
                Decl::Pattern { pattern, value, binds } => {
                    let value = Conj { expr: value, env, close, cyc: conj.cyc };
                    match &self.ir.exprs[pattern] {
                        Expr::Kind(k) => {
                            let pattern_val = Val::Kind(*k);
                            self.add_pattern(n, Pattern { pattern: pattern_val, pattern_expr: pattern, value, binds });
                        }
                        _ => self.push_task(n, TaskKind::Pattern { pattern, binds }, value),
                    }
                }
                Decl::Embedding(expr) => {
                    let keeps = self.ir.structs[id].keeps_closed && !matches!(self.ir.exprs[expr], Expr::Open(_));
                    let close = if keeps { close } else { self.embed(close, n) };
                    down(|| self.schedule(n, Conj { expr, env, close, cyc: conj.cyc }));
                }
                Decl::Comprehension(c) => {
                    let task = Conj { expr: conj.expr, env, close, cyc: conj.cyc };
                    self.push_task(n, TaskKind::Comprehension(c), task);
                    let before = self.nodes[n].arcs.len() as u32;
                    if let Some(labels) = self.ir.comprehensions[c].labels.clone() {
                        let place = self.scratch(n).announced.len() as u32;
                        let labels = labels.iter().zip(place..).map(|(l, i)| (*l, before, i));
                        self.scratch(n).announced.extend(labels);
                    }
                }
                Decl::Ellipsis => {}
            }
        }
    }

    /// The group of the files of a package where something else refers to the package: they are one literal. The package
    /// itself is open.
    fn file_group(&mut self, n: NodeId, parent: CloseId) -> CloseId {
        if self.nodes[n]
            .conjs
            .iter()
            .any(|c| matches!(&self.ir.exprs[c.expr], Expr::Struct(id) if self.ir.structs[*id].file))
        {
            return parent;
        }
        if let Some((_, group)) = self.scratch(n).file_groups.iter().find(|g| g.0 == parent) {
            return *group;
        }
        let group = self.close_group(parent, CloseKind::Literal, n);
        self.scratch(n).file_groups.push((parent, group));
        group
    }

    /// Adds a conjunct to a field, making it if need be.
    pub(crate) fn add_field(&mut self, n: NodeId, label: Sym, arc: ArcKind, conj: Conj) -> NodeId {
        let child = match self.arc(n, label) {
            Some(child) => {
                let node = &mut self.nodes[child];
                if arc < node.arc {
                    node.arc = arc;
                    node.version += 1;
                    self.nodes[n].version += 1;
                }
                self.add_conj(child, conj);
                child
            }
            None => {
                let child = self.new_arc(n, label, arc);
                self.nodes[n].version += 1;
                let declared = self.bring(n, child, label);
                if self.has(n, flag::FROZEN) && arc == ArcKind::Member && label.is_regular() && !declared {
                    let name = self.ir.symbols.text(label);
                    let text = format!("adding field {name} not allowed as field set was already referenced");
                    self.set_fault(n, Code::Eval, Reason::Text(text.into()), &[conj.expr]);
                }
                // As if the optional field had been there: first what it says, then the patterns.
                if declared {
                    self.apply_patterns(n, child, label);
                    self.add_conj(child, conj);
                } else {
                    self.add_conj(child, conj);
                    self.apply_patterns(n, child, label);
                }
                child
            }
        };
        if arc == ArcKind::Member && label.is_regular() && self.scratch(n).kind & kind::STRUCT == 0 {
            self.narrow(n, kind::STRUCT, conj.expr);
        }
        child
    }

    fn add_pattern(&mut self, n: NodeId, mut pattern: Pattern) {
        if pattern.value.close != 0 {
            pattern.value.close = self.close_group(pattern.value.close, CloseKind::Pattern, n);
        }
        let known =
            self.scratch(n).patterns.iter().any(|p| p.pattern_expr == pattern.pattern_expr && p.value == pattern.value);
        if known {
            return;
        }
        let arcs = self.nodes[n].arcs.clone();
        for arc in arcs {
            self.apply_pattern(arc, &pattern);
        }
        self.nodes[n].version += 1;
        self.scratch(n).patterns.push(pattern);
    }

    pub(super) fn apply_patterns(&mut self, n: NodeId, child: NodeId, label: Sym) {
        if let Some(i) = label.as_index() {
            let rest = self.scratch(n).list.as_ref().map(|l| l.rest.clone()).unwrap_or_default();
            for (from, conj) in rest {
                if i >= from
                    && let Some(conj) = conj
                {
                    self.add_conj(child, conj);
                }
            }
            return;
        }
        if self.scratch(n).patterns.is_empty() {
            return;
        }
        let patterns = self.scratch(n).patterns.clone();
        for pattern in &patterns {
            self.apply_pattern(child, pattern);
        }
    }

    fn apply_pattern(&mut self, child: NodeId, pattern: &Pattern) {
        let label = self.nodes[child].label;
        self.spend(1);
        if !label.is_regular() || !self.label_matches(&pattern.pattern, label) {
            return;
        }
        let mut conj = pattern.value;
        if pattern.binds {
            let known = self.nodes[child].conjs.iter().any(|c| {
                c.expr == conj.expr && c.env != super::NONE && self.envs[c.env].up == conj.env && c.close == conj.close
            });
            if known {
                return;
            }
            conj.env = self.new_env(conj.env, self.nodes[child].parent);
            self.envs[conj.env].label = label;
        }
        self.add_conj(child, conj);
    }

    /// Whether a label matches an evaluated pattern.
    pub(crate) fn label_matches(&mut self, pattern: &Val, label: Sym) -> bool {
        match pattern {
            Val::Top => true,
            Val::Kind(k) => k & kind::STRING != 0,
            Val::Str(s) => self.ir.symbols.text(label) == s,
            _ => {
                let text = Val::Str(self.ir.symbols.text(label).clone());
                self.admits(pattern, &text)
            }
        }
    }

    /// A pattern in a form that labels can be compared with.
    fn pattern_value(&mut self, v: Val) -> Res<Val> {
        match v {
            Val::Node(n) => {
                self.settle(n)?;
                let n = self.follow(n);
                if let Some(f) = self.nodes[n].fault {
                    return Err(Stop::Fault(f));
                }
                Ok(match &self.nodes[n].base {
                    Base::Scalar(v) => v.clone(),
                    _ => Val::Node(n),
                })
            }
            v => Ok(v),
        }
    }

    pub(crate) fn insert_list(&mut self, n: NodeId, id: u32, elements: Vec<(ExprId, u32)>, conj: Conj) {
        self.narrow(n, kind::LIST, conj.expr);
        let count = elements.len();
        let rest = self.ir.lists[id].rest;
        let list = self.scratch(n).list.get_or_insert_default();
        match rest {
            None => {
                if let Some((len, at)) = list.closed
                    && len != count
                {
                    let text = format!("incompatible list lengths ({len} and {count})");
                    let f = self.fault(Code::Eval, Reason::Text(text.into()), n, &[at, conj.expr]);
                    self.add_fault(n, f);
                    return;
                }
                list.closed = Some((count, conj.expr));
            }
            Some(element) => {
                list.min = list.min.max(count);
                let element = element.map(|expr| Conj { expr, ..conj });
                if list.rest.iter().any(|r| r.0 == count && r.1 == element) {
                    return;
                }
                list.rest.push((count, element));
                if let Some(element) = element {
                    let arcs = self.nodes[n].arcs.clone();
                    for arc in arcs {
                        if self.nodes[arc].label.as_index().is_some_and(|i| i >= count) {
                            self.add_conj(arc, element);
                        }
                    }
                }
            }
        }
        for (i, (expr, env)) in elements.into_iter().enumerate() {
            if !self.step(expr) {
                return;
            }
            self.add_field(n, Sym::index(i), ArcKind::Member, Conj { expr, env, ..conj });
        }
    }

    /// Narrows the kinds that a node can have.
    pub(crate) fn narrow(&mut self, n: NodeId, kinds: u16, at: ExprId) {
        let s = self.scratch(n);
        let old = s.kind;
        if old & kinds == old {
            if s.kind_at == super::NONE {
                s.kind_at = at;
            }
            return;
        }
        let new = old & kinds;
        let other = s.kind_at;
        s.kind = new;
        s.kind_at = at;
        if new == 0 && old != 0 {
            self.kind_conflict(n, other, at, old, kinds);
        }
    }
}
