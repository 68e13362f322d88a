//! Values taking shape: inserting them, judging a done node, making a node final.

use super::{Alt, Base, Code, Conj, Evaluator, Mode, NONE, NodeId, Reason, Res, Stop, Val, flag};
use crate::ir::{ArcKind, Expr, Function, kind};
use crate::stack::down;

/// Whether two scalars unify; `1` and `1.0` do not, `1.0` and `1.00` do.
pub(crate) fn same_scalar(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Num(x), Val::Num(y)) => x.kind() == y.kind() && x.same_value(y),
        _ => a == b,
    }
}

impl Evaluator {
    /// Unifies a value into a node.
    pub(crate) fn insert(&mut self, n: NodeId, v: Val, conj: Conj) -> Res<()> {
        let at = conj.expr;
        match v {
            Val::Node(t) => return self.add_reference(n, t, conj),
            Val::Top => {
                self.scratch(n).top = true;
            }
            Val::Kind(k) => {
                self.mark_cyc(n, conj);
                self.narrow(n, k, at);
            }
            Val::Bound(..) | Val::Validator(_) => {
                self.mark_cyc(n, conj);
                self.narrow(n, v.kind(), at);
                if self.is_new_check(n, &v) {
                    self.scratch(n).checks.push((v, at));
                }
            }
            Val::Function(f) => {
                let is_validator = match f {
                    Function::Package(b) => b.validator && b.params.iter().skip(1).all(|p| p.default.is_some()),
                    Function::Native(_) => false,
                };
                if is_validator {
                    return self.insert(n, Val::Validator(std::sync::Arc::new((f, Vec::new()))), conj);
                }
                return self.insert_scalar(n, Val::Function(f), conj);
            }
            scalar => return self.insert_scalar(n, scalar, conj),
        }
        Ok(())
    }

    fn insert_scalar(&mut self, n: NodeId, scalar: Val, conj: Conj) -> Res<()> {
        let at = conj.expr;
        self.mark_cyc(n, conj);
        let s = self.scratch(n);
        match &s.scalar {
            Some((old, first)) => {
                if !same_scalar(old, &scalar) {
                    let (old, first) = (old.clone(), *first);
                    s.kind &= scalar.kind();
                    self.set_fault(n, Code::Eval, Reason::Conflict(old, scalar), &[first, at]);
                }
            }
            None => {
                let k = scalar.kind();
                if s.kind & k == 0 && s.kind != 0 {
                    let (old, other) = (s.kind, s.kind_at);
                    s.kind = 0;
                    s.scalar = Some((scalar, at));
                    self.kind_conflict(n, other, at, old, k);
                    return Ok(());
                }
                s.scalar = Some((scalar, at));
                s.kind &= k;
                s.kind_at = at;
                self.nodes[n].version += 1;
            }
        }
        Ok(())
    }

    /// Judges a node all of whose tasks are done.
    pub(crate) fn complete_own(&mut self, n: NodeId) {
        self.nodes[n].flags |= flag::DONE;
        self.nodes[n].version += 1;
        if matches!(self.nodes[n].base, Base::Forward(_)) {
            return;
        }
        if self.check_cycle(n) {
            return;
        }
        let branched = self.scratch(n).branched;
        if branched && matches!(self.nodes[n].base, Base::Disjunction(_)) {
            return;
        }
        if let Some(id) = self.scratch(n).unknown {
            self.nodes[n].base = Base::Unknown(id);
            return;
        }
        if let Some((v, _)) = self.scratch(n).scalar.clone() {
            if !self.scratch(n).checks.is_empty() {
                let checks = self.scratch(n).checks.clone();
                for (check, at) in checks {
                    self.judge(n, &check, &v, at);
                }
            }
            if self.nodes[n].fault.is_none_or(|f| !self.is_permanent(f)) {
                self.nodes[n].base = Base::Scalar(v);
                return;
            }
        }
        self.check_list(n);
        if self.nodes[n].fault.is_some_and(|f| self.is_permanent(f)) {
            self.nodes[n].base = Base::Bottom;
            return;
        }
        let regular = self.nodes[n].arcs.iter().any(|a| {
            let a = &self.nodes[*a];
            a.arc == ArcKind::Member && a.label.is_regular()
        });
        let s = self.scratch(n);
        self.nodes[n].base = if s.list.is_some() {
            Base::List
        } else if s.kind == kind::STRUCT && (s.literal || regular)
            || s.literal && s.kind == kind::TOP && s.checks.is_empty() && !s.top
        {
            Base::Struct
        } else {
            self.check_bounds(n);
            if self.nodes[n].fault.is_some_and(|f| self.is_permanent(f)) { Base::Bottom } else { Base::Constraint }
        };
    }

    /// Applies a bound or validator to a concrete value of a node.
    fn judge(&mut self, n: NodeId, check: &Val, v: &Val, at: u32) {
        self.why_not = None;
        let verdict = self.check(check, v);
        let s = self.scratch(n);
        let value_at = s.scalar.as_ref().map_or(s.literal_at, |s| s.1);
        match verdict {
            Ok(true) => {}
            Ok(false) => {
                let why = self.why_not.take();
                // A struct or list is shown as it is now: the fault takes its value away.
                let reason = match v {
                    v if v.is_scalar()
                        && let Some(why) = why =>
                    {
                        Reason::Unsatisfied(Box::new((v.clone(), check.clone(), why)))
                    }
                    Val::Node(_) => {
                        let text = format!("invalid value {} (does not satisfy {})", self.show(v), self.show(check));
                        Reason::Text(text.into())
                    }
                    _ => Reason::Bound(v.clone(), check.clone()),
                };
                let mut places = vec![at, value_at];
                // How many schemas have to match is what the value is measured by.
                if let (Reason::Unsatisfied(_), Expr::Call(_, args)) = (&reason, &self.ir.exprs[at]) {
                    places.extend(args.first());
                }
                self.set_fault(n, Code::Eval, reason, &places);
            }
            Err(stop) => {
                let f = self.as_fault(stop);
                match (check, self.is_permanent(f) && self.faults[f].at.is_empty() && v.is_scalar()) {
                    // The call of a validator has no place of its own.
                    (Val::Validator(call), true) => {
                        let called = format!("error in call to {}: ", super::val::function_name(call.0));
                        let text = self.message(f);
                        let why = text.strip_prefix(&called).unwrap_or(&text).to_owned();
                        let reason = Reason::Unsatisfied(Box::new((v.clone(), check.clone(), why)));
                        self.set_fault(n, self.faults[f].code, reason, &[at, value_at]);
                    }
                    _ => self.add_fault(n, f),
                }
            }
        }
    }

    fn check_list(&mut self, n: NodeId) {
        let Some(list) = self.scratch(n).list.clone() else { return };
        if let Some((len, at)) = list.closed {
            let have = self.nodes[n]
                .arcs
                .iter()
                .filter_map(|a| self.nodes[*a].label.as_index())
                .max()
                .map_or(0, |i| i + 1)
                .max(list.min);
            if have > len {
                let text = format!("incompatible list lengths ({len} and {have})");
                self.set_fault(n, Code::Eval, Reason::Text(text.into()), &[at]);
            }
        }
        let nodes = &self.nodes;
        let mut arcs = nodes[n].arcs.clone();
        if !arcs.is_sorted_by_key(|a| nodes[*a].label) {
            arcs.sort_by_key(|a| nodes[*a].label);
            self.nodes[n].arcs = arcs;
        }
    }

    /// Makes a node and everything below it final; false when something below has to wait for what is further up the stack.
    pub(crate) fn finalize(&mut self, n: NodeId) -> bool {
        if self.has(n, flag::FINAL) {
            return true;
        }
        if self.has(n, flag::IN_FINAL | flag::RUNNING) {
            return false;
        }
        self.spend(1);
        if !self.enter() {
            self.set_fault(n, Code::Structural, Reason::Static("values are nested too deeply"), &[]);
            self.nodes[n].base = Base::Bottom;
            self.nodes[n].flags |= flag::DONE | flag::FINAL;
            return true;
        }
        let complete = down(|| self.finalize_in(n));
        self.leave();
        complete
    }

    fn finalize_in(&mut self, n: NodeId) -> bool {
        loop {
            self.run(n);
            if self.has(n, flag::DONE) {
                break;
            }
            if self.task_depth > 0 || self.stopped.is_some() {
                return false;
            }
            if !self.unlock(n) {
                return false;
            }
        }
        if !self.settled(n) || !self.has(n, flag::DONE) {
            return false;
        }
        self.nodes[n].flags |= flag::IN_FINAL;
        let complete = match &self.nodes[n].base {
            Base::Forward(t) => {
                let t = *t;
                let complete = self.finalize(t);
                self.nodes[n].child_fault = self.permanent(t);
                complete
            }
            Base::Disjunction(alts) => {
                let alts = alts.clone();
                self.finalize_alternatives(n, &alts)
            }
            Base::Unknown(_) | Base::Bottom => true,
            Base::Scalar(_) | Base::Constraint if self.nodes[n].arcs.is_empty() => true,
            _ => self.finalize_arcs(n),
        };
        let node = &mut self.nodes[n];
        node.flags &= !flag::IN_FINAL;
        if complete && self.has(n, flag::DONE) {
            let node = &mut self.nodes[n];
            node.flags |= flag::FINAL;
            self.order_arcs(n);
            self.release(n);
        }
        complete
    }

    /// A node, and those that it waits for, directly or through others.
    fn waiting(&mut self, n: NodeId) -> Vec<NodeId> {
        const MANY: usize = 100;
        let mut found = vec![n];
        let mut i = 0;
        while let Some(m) = found.get(i).copied() {
            i += 1;
            let on: Vec<NodeId> = self.scratch(m).blocked.iter().map(|b| b.1).collect();
            for start in on {
                let mut at = self.follow(start);
                while at != NONE && found.len() < MANY {
                    if !self.has(at, flag::DONE | flag::RUNNING) && !found.contains(&at) {
                        found.push(at);
                    }
                    at = self.nodes[at].parent;
                }
            }
        }
        found
    }

    /// Tries the waiting tasks of a node with what is known so far; true when one of them went on.
    pub(crate) fn soften(&mut self, n: NodeId) -> bool {
        for i in 0..self.scratch(n).blocked.len() {
            let Some((task, ..)) = self.scratch(n).blocked.get(i).copied() else { break };
            let before = self.scratch(n).blocked.len();
            self.scratch(n).blocked.remove(i);
            self.soft = true;
            self.attempt(n, task);
            self.soft = false;
            let s = self.scratch(n);
            if s.blocked.len() < before {
                return true;
            }
            if let Some(again) = s.blocked.pop() {
                s.blocked.insert(i, again);
            }
        }
        false
    }

    /// Something of a node is pending and nothing is on the stack that it could wait for.
    fn unlock(&mut self, n: NodeId) -> bool {
        let waiting = self.waiting(n);
        // What is known already often is enough for one of those that wait.
        for m in waiting.iter().copied() {
            self.nodes[m].flags |= flag::RUNNING;
            let moved = self.soften(m);
            self.nodes[m].flags &= !flag::RUNNING;
            if moved {
                return true;
            }
        }
        for m in waiting {
            let s = self.scratch(m);
            if !s.disjunctions.is_empty() && !s.branched && !self.has(m, flag::BRANCH) {
                self.nodes[m].flags |= flag::BRANCH;
                self.run(m);
                return true;
            }
        }
        let s = self.scratch(n);
        if s.blocked.is_empty() {
            return false;
        }
        let (task, ..) = s.blocked.remove(0);
        self.nodes[n].flags |= flag::RUNNING;
        self.force = true;
        self.attempt(n, task);
        self.force = false;
        self.nodes[n].flags &= !flag::RUNNING;
        true
    }

    fn finalize_alternatives(&mut self, n: NodeId, alts: &[Alt]) -> bool {
        let mut complete = true;
        let mut left = Vec::with_capacity(alts.len());
        let mut faults = Vec::new();
        for alt in alts {
            complete &= self.finalize(alt.node);
            match self.permanent(alt.node) {
                Some(f) => faults.push(f),
                None => left.push(*alt),
            }
        }
        // What an alternative waited for is known now.
        if complete {
            self.without_lacking(&mut left, |alt| alt.node);
        }
        if left.len() < alts.len() {
            match left.as_slice() {
                [] => {
                    let f = self.fault(Code::Eval, Reason::EmptyDisjunction, n, &[]);
                    self.faults[f].related = faults;
                    self.nodes[n].base = Base::Bottom;
                    self.add_fault(n, f);
                }
                [one] => self.nodes[n].base = Base::Forward(one.node),
                _ => self.nodes[n].base = Base::Disjunction(left.into()),
            }
        }
        complete
    }

    fn finalize_arcs(&mut self, n: NodeId) -> bool {
        let mut complete = true;
        let mut i = 0;
        while let Some(arc) = self.nodes[n].arcs.get(i).copied() {
            i += 1;
            // What a trial only requires is not there, whatever it would be: in a recursive definition looking at it would
            // try the same again, one level further down.
            if self.nodes[arc].arc == ArcKind::Optional || (self.nodes[arc].arc == ArcKind::Required && self.trial == n)
            {
                continue;
            }
            complete &= self.finalize(arc);
            if self.nodes[arc].arc == ArcKind::Member
                && let Some(f) = self.permanent(arc)
            {
                self.nodes[n].child_fault.get_or_insert(f);
            } else if self.nodes[arc].arc == ArcKind::Required
                && let Some(f) = self.permanent(arc)
                && self.faults[f].code != Code::Structural
            {
                self.nodes[n].child_fault.get_or_insert(f);
            }
            if self.stopped.is_some() {
                return true;
            }
        }
        self.check_closed(n);
        let checks = match &self.nodes[n].base {
            Base::Struct | Base::List => self.scratch(n).checks.clone(),
            _ => Default::default(),
        };
        if self.nodes[n].child_fault.is_none() {
            for (check, at) in checks {
                self.task_depth += 1;
                let outer = std::mem::replace(&mut self.judging, n);
                self.judge(n, &check, &Val::Node(n), at);
                self.judging = outer;
                self.task_depth -= 1;
            }
            if self.nodes[n].fault.is_some_and(|f| self.is_permanent(f)) {
                self.nodes[n].base = Base::Bottom;
            }
        }
        complete
    }

    /// A scalar of no place, as operands of expressions are, is final as soon as it is done: nothing else can add to it, and
    /// nobody looks at more than its value.
    pub(super) fn let_go(&mut self, n: NodeId) {
        let node = &self.nodes[n];
        let ends = node.parent == NONE
            && matches!(node.base, Base::Scalar(_))
            && node.fault.is_none()
            && node.arcs.is_empty()
            && node.flags & (flag::ALTERNATIVE | flag::OPEN_PENDING) == 0
            && node.scratch.as_ref().is_none_or(|s| s.notify.is_empty());
        if ends {
            self.nodes[n].flags |= flag::FINAL | flag::SETTLED;
            self.release(n);
        }
    }

    /// Frees what only evaluation needed.
    fn release(&mut self, n: NodeId) {
        if self.has(n, flag::ALTERNATIVE) {
            return;
        }
        self.keep_literals(n);
        let node = &mut self.nodes[n];
        let keep = match (&node.base, &node.scratch) {
            (Base::Constraint, _) => true,
            (Base::List, Some(s)) => s.list.as_ref().is_some_and(|l| l.closed.is_none()),
            (Base::Struct, Some(s)) => !s.patterns.is_empty() || !s.requires.is_empty() || !s.announced.is_empty(),
            _ => false,
        };
        let (spare, work) = match &mut node.scratch {
            Some(s) if keep => (None, s.split()),
            s => {
                node.flags &= !flag::REQUIRES;
                (s.take(), None)
            }
        };
        let alternatives = match &node.base {
            Base::Disjunction(alts) => alts.iter().map(|a| a.node).collect(),
            Base::Forward(t) => smallvec::smallvec![*t],
            _ => smallvec::SmallVec::<[NodeId; 8]>::new(),
        };
        if let Some(spare) = spare {
            self.recycle(spare);
        }
        if let Some(work) = work {
            self.recycle_work(work);
        }
        // With its owner an alternative is decided, too.
        for alt in alternatives {
            if self.has(alt, flag::ALTERNATIVE)
                && self.has(alt, flag::FINAL)
                && self.nodes[alt].parent == self.nodes[n].parent
            {
                self.nodes[alt].flags &= !flag::ALTERNATIVE;
                self.release(alt);
            }
        }
    }

    /// Every permanent fault of a node and of what is below, each once, told where it was met if it stems from a value without
    /// a place (a `let`, what `and` gives).
    pub(crate) fn collect_errors(&mut self, n: NodeId) -> Vec<super::FaultId> {
        let outer = (std::mem::replace(&mut self.trail_from, n), std::mem::take(&mut self.trail));
        let (mut out, mut seen) = (Vec::new(), rustc_hash::FxHashSet::default());
        self.collect_below(n, &mut out, &mut seen, 0);
        if out.is_empty() && self.permanent(n).is_some() {
            out.extend(self.permanent(self.default_of(n)));
        }
        (self.trail_from, self.trail) = outer;
        out
    }

    fn collect_below(
        &mut self,
        n: NodeId,
        out: &mut Vec<super::FaultId>,
        seen: &mut rustc_hash::FxHashSet<super::FaultId>,
        depth: u32,
    ) {
        let place = n;
        let n = self.default_of(n);
        if depth > self.limits.depth || self.permanent(place).is_none() {
            return;
        }
        for met in [Some(place).filter(|p| *p != n), Some(n)].into_iter().flatten() {
            if let Some(f) = self.nodes[met].fault.filter(|f| self.is_permanent(*f))
                && seen.insert(f)
            {
                let info = &self.faults[f];
                if info.node != NONE && info.trail.is_none() && !self.has_place(info.node) {
                    self.faults[f].trail = Some((self.trail_from, self.trail.as_slice().into()));
                }
                out.push(f);
            }
        }
        if self.permanent(n).is_none() {
            return;
        }
        for arc in self.nodes[n].arcs.clone() {
            // As in [`Evaluator::finalize_arcs`]: a circle in what is only required ends with whoever gives it.
            let counts = match self.nodes[arc].arc {
                ArcKind::Member => true,
                ArcKind::Required => self.permanent(arc).is_some_and(|f| self.faults[f].code != Code::Structural),
                ArcKind::Optional => false,
            };
            if counts {
                self.trail.push(self.nodes[arc].label);
                self.collect_below(arc, out, seen, depth + 1);
                self.trail.pop();
            }
        }
    }

    /// The fault of a node that waits for itself.
    pub(crate) fn own_cycle(&self, n: NodeId) -> Option<super::FaultId> {
        self.nodes[self.default_of(n)].fault.filter(|f| self.faults[*f].code == Code::Cycle)
    }

    /// Whether all that is wrong below a node is shown in its place: structural cycles and required fields that are not
    /// allowed, inside one of its fields, further down than that field itself.
    pub(crate) fn shown_in_place(&self, n: NodeId, faults: &[super::FaultId]) -> bool {
        let in_place = |f: &super::FaultId| self.faults[*f].code == Code::Structural || self.is_not_allowed(*f);
        if faults.is_empty() || !faults.iter().all(in_place) {
            return false;
        }
        let n = self.default_of(n);
        let own = |n: NodeId| self.nodes[n].fault.is_some_and(|f| self.is_permanent(f));
        let below = self.nodes[n].arcs.iter().filter(|a| self.nodes[**a].arc != ArcKind::Optional);
        let mut wrong = below.filter(|a| self.permanent(**a).is_some());
        let (Some(field), None) = (wrong.next(), wrong.next()) else { return false };
        !own(n) && !own(self.default_of(*field))
    }

    /// Whether a required field is not allowed.
    fn is_not_allowed(&self, f: super::FaultId) -> bool {
        let info = &self.faults[f];
        matches!(info.reason, super::Reason::NotAllowed(_))
            && info.node != NONE
            && self.nodes[info.node].arc == ArcKind::Required
    }

    /// Evaluates the whole program.
    pub(crate) fn evaluate_all(&mut self) {
        let root = self.root;
        self.finalize(root);
    }

    /// A value that is to be looked at from outside.
    pub(crate) fn settle_outside(&mut self, n: NodeId) {
        self.finalize(n);
    }

    /// The default of a value for output: the one marked alternative, or the only one.
    pub(crate) fn default_of(&self, n: NodeId) -> NodeId {
        let n = self.follow(n);
        if let Base::Disjunction(alts) = &self.nodes[n].base {
            let mut marked = alts.iter().filter(|a| a.mode == Mode::Is);
            if let (Some(one), None) = (marked.next(), marked.next()) {
                return self.default_of(one.node);
            }
        }
        n
    }

    /// Turns what stopped an expression into a node that says so.
    pub(crate) fn stopped_node(&mut self, stop: Stop) -> NodeId {
        let n = self.new_node(NONE, crate::ir::Sym::NONE);
        if let Stop::Unknown(id) = stop {
            self.nodes[n].base = Base::Unknown(id);
        } else {
            let f = self.as_fault(stop);
            self.nodes[n].fault = Some(f);
            self.nodes[n].base = if self.is_permanent(f) { Base::Bottom } else { Base::Constraint };
        }
        self.nodes[n].flags |= flag::DONE | flag::FINAL | flag::SETTLED;
        n
    }
}
