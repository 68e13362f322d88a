//! References: finding the node, waiting until it may be read, adding its conjuncts or sharing it.

use super::closedness::CloseKind;
use super::node::{Notify, Scratch};
use super::task::may_give;
use super::{Base, Code, Conj, Evaluator, Mode, NONE, NodeId, Reason, Res, Stop, Task, TaskKind, Val, flag};
use crate::ir::{ArcKind, Decl, Expr, ExprId, Sym, kind};

impl Evaluator {
    /// Waits until a node's own value cannot change any more.
    pub(crate) fn settle(&mut self, n: NodeId) -> Res<()> {
        self.run(n);
        if self.force || (self.has(n, flag::DONE) && self.settled(n)) {
            return Ok(());
        }
        if self.soft && self.has(n, flag::DONE) {
            return Ok(());
        }
        // Running an ancestor may have given the node more to do.
        self.run(n);
        if self.has(n, flag::DONE) && self.settled(n) { Ok(()) } else { Err(Stop::Pending(n)) }
    }

    /// Whether nothing can add conjuncts to this node any more.
    pub(crate) fn settled(&mut self, n: NodeId) -> bool {
        let mut at = n;
        let mut all_done = true;
        loop {
            let parent = self.nodes[at].parent;
            if parent == NONE || self.has(at, flag::SETTLED) {
                break;
            }
            if !self.has(parent, flag::DONE) {
                self.run(parent);
            }
            if !self.has(parent, flag::DONE) {
                all_done = false;
                let label = self.nodes[at].label;
                if self.may_still_give(parent, label) {
                    return false;
                }
            }
            at = parent;
        }
        if all_done {
            self.nodes[n].flags |= flag::SETTLED;
        }
        true
    }

    /// Whether something that a node has still to do may give it a field with this label, or add to it.
    fn may_still_give(&self, n: NodeId, label: Sym) -> bool {
        let node = &self.nodes[n];
        let Some(s) = node.scratch.as_deref() else { return !self.has(n, flag::DONE) };
        let s: &Scratch = s;
        s.scheduled < node.conjs.len()
            || (!s.branched && !s.disjunctions.is_empty())
            || s.current.iter().any(|t| may_give(&self.ir, t, label))
            || s.tasks.iter().any(|t| may_give(&self.ir, t, label))
            || s.blocked.iter().any(|b| may_give(&self.ir, &b.0, label))
    }

    /// A field of a node by a name in scope.
    pub(crate) fn lexical(&mut self, n: NodeId, label: Sym, at: ExprId) -> Res<NodeId> {
        if let Some(arc) = self.arc(n, label)
            && self.nodes[arc].arc == ArcKind::Member
        {
            return Ok(arc);
        }
        self.lookup(n, label, at)
    }

    /// A field of a node by selection: takes the default of a disjunction, fails with a failed struct.
    pub(crate) fn select(&mut self, n: NodeId, label: Sym, at: ExprId) -> Res<NodeId> {
        self.run(n);
        let place = n;
        let n = self.follow(n);
        if self.has(n, flag::DONE) {
            if let Base::Disjunction(_) = self.nodes[n].base {
                if !self.settled(n) && !self.force {
                    return Err(Stop::Pending(n));
                }
                let alt = self.pick(n, at)?;
                return self.select(alt, label, at);
            }
            // Through a circle in a struct without a place, of which only this selection is wanted.
            if let Some(target) = self.leads_back(n) {
                return crate::stack::down(|| self.select(target, label, at));
            }
            if self.has(n, flag::FINAL)
                && let Some(f) = self.permanent(n)
            {
                return Err(Stop::Fault(f));
            }
        } else if !self.force
            && self.nodes[n].scratch.as_ref().is_some_and(|s| !s.branched && !s.disjunctions.is_empty())
            && self.arc(n, label).is_none_or(|a| self.nodes[a].arc != ArcKind::Member || !self.has_scalar(a))
        {
            return Err(Stop::Pending(n));
        }
        self.lookup(place, label, at)
    }

    /// Where the reference leads that closes a circle at `n`, inside a struct without a place.
    fn leads_back(&self, n: NodeId) -> Option<NodeId> {
        let node = &self.nodes[n];
        let [conj] = node.conjs.as_slice() else { return None };
        if !matches!(node.base, Base::Bottom)
            || node.parent == NONE
            || !node.fault.is_some_and(|f| self.faults[f].code == Code::Structural)
            || !matches!(self.ir.exprs[conj.expr], Expr::Field { .. })
        {
            return None;
        }
        let mut top = n;
        while self.nodes[top].parent != NONE {
            top = self.nodes[top].parent;
        }
        if self.packages.values().any(|package| *package == top) {
            return None;
        }
        self.spend(self.cycs.len());
        let back = (1..self.cycs.len() as u32)
            .rev()
            .map(|i| self.cycs[i])
            .find(|c| c.node == n && c.reference == conj.expr)?;
        self.is_ancestor(back.target, n).then_some(back.target)
    }

    fn lookup(&mut self, n: NodeId, label: Sym, at: ExprId) -> Res<NodeId> {
        self.run(n);
        let place = n;
        let n = self.follow(n);
        let place = self.placed(place);
        self.taint |= self.nodes[n].taint;
        // What is known of the shape of an unknown result is not its value.
        if let Some(id) = self.nodes[n].scratch.as_ref().and_then(|s| s.unknown) {
            return Err(Stop::Unknown(id));
        }
        if let Base::Unknown(id) = self.nodes[n].base {
            return Err(Stop::Unknown(id));
        }
        let found = self.arc(n, label);
        if let Some(arc) = found
            && self.nodes[arc].arc == ArcKind::Member
        {
            return Ok(arc);
        }
        // A list never has the field, whatever its elements will be; nor has what waits for itself and is of another kind.
        if let Some(k) = self.nodes[n].scratch.as_ref().map(|s| s.kind)
            && (k == kind::LIST && label.is_regular() || k != 0 && k & (kind::STRUCT | kind::LIST) == 0)
            && found.is_none()
            && self.permanent(n).is_none()
        {
            return Err(self.wrong_operand(k, label, at));
        }
        if !self.force {
            let open = if self.has(n, flag::DONE) {
                !self.settled(n)
            } else {
                self.may_still_give(n, label) || !self.settled(n)
            };
            if open {
                return Err(Stop::Pending(n));
            }
            // Settling may have brought it.
            if let Some(arc) = self.arc(n, label)
                && self.nodes[arc].arc == ArcKind::Member
            {
                return Ok(arc);
            }
        } else if (self.may_still_give(n, label) && !self.has(n, flag::DONE)) || self.may_come(n, label) {
            return Err(self.stop(Code::Cycle, Reason::CyclicReference(label), NONE, &[at]));
        }
        if let Base::Unknown(id) = self.nodes[n].base {
            return Err(Stop::Unknown(id));
        }
        if self.has(n, flag::OPEN_PENDING) {
            return Err(Stop::Unknown(NONE));
        }
        if let Some(f) = self.nodes[n].fault {
            return Err(Stop::Fault(f));
        }
        let found = match found {
            Some(arc) => Some(self.nodes[arc].arc),
            None => self.omits(n, label, |_| true).map(|_| ArcKind::Optional),
        };
        let reason = match found {
            Some(ArcKind::Optional) => Reason::OptionalReference(label),
            Some(_) => Reason::RequiredReference(label),
            None => {
                let wrong = match &self.nodes[n].base {
                    Base::Scalar(v) => Some(v.kind()),
                    Base::List if label.as_index().is_none() => Some(kind::LIST),
                    Base::Struct if label.as_index().is_some() => Some(kind::STRUCT),
                    _ => None,
                };
                if let Some(k) = wrong {
                    return Err(self.wrong_operand(k, label, at));
                }
                if let Some(i) = label.as_index()
                    && let Base::List = self.nodes[n].base
                {
                    let closed = self.list_closed(n);
                    let len = self.nodes[n].arcs.len();
                    let text = format!("index out of range [{i}] with length {len}");
                    let code = if closed { Code::Eval } else { Code::Incomplete };
                    let at = match self.ir.exprs[at] {
                        Expr::Index(_, index) => index,
                        _ => at,
                    };
                    return Err(self.stop(code, Reason::Text(text.into()), NONE, &[at]));
                }
                if !self.closed_for_selection(n, label) {
                    return Err(self.stop(Code::Incomplete, Reason::Undefined(label, place), NONE, &[at]));
                }
                // What is wrong inside comes first: put right it may bring the field.
                let inside = self.fault_inside(n);
                let code = if inside.is_some() { Code::Incomplete } else { Code::Eval };
                let f = self.fault(code, Reason::Undefined(label, place), NONE, &[at]);
                self.faults[f].related.extend(inside);
                return Err(Stop::Fault(f));
            }
        };
        Err(self.stop(Code::Incomplete, reason, NONE, &[at]))
    }

    /// A value of a kind that has no such fields or elements.
    fn wrong_operand(&mut self, found: u16, label: Sym, at: ExprId) -> Stop {
        let want = if label.as_index().is_some() { "list" } else { "struct" };
        let text = format!("invalid operand (found {}, want {want})", kind::text(found));
        self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[at])
    }

    /// The last place on the way to the value of a node: what instances share has none.
    pub(crate) fn placed(&self, n: NodeId) -> NodeId {
        let (mut at, mut place) = (n, n);
        while let Base::Forward(t) = self.nodes[at].base {
            at = t;
            if self.nodes[at].parent != NONE {
                place = at;
            }
        }
        place
    }

    /// The first permanent fault of a field of a struct.
    fn fault_inside(&mut self, n: NodeId) -> Option<super::FaultId> {
        for arc in self.nodes[n].arcs.clone() {
            if self.nodes[arc].arc == ArcKind::Member {
                self.run(arc);
                if let Some(f) = self.permanent(arc) {
                    return Some(f);
                }
            }
        }
        None
    }

    /// Whether a list can have no more elements.
    pub(crate) fn list_closed(&self, n: NodeId) -> bool {
        !self.has(n, flag::OPENED)
            && self.nodes[n].scratch.as_ref().and_then(|s| s.list.as_ref()).is_none_or(|l| l.closed.is_some())
    }

    /// Whether a struct is known never to have a field.
    fn closed_for_selection(&mut self, n: NodeId, label: Sym) -> bool {
        if self.has(n, flag::OPENED) {
            return false;
        }
        if !matches!(self.nodes[n].base, Base::Struct) {
            return false;
        }
        let patterns = self.nodes[n].scratch.as_ref().map(|s| s.patterns.clone()).unwrap_or_default();
        if label.is_regular() && patterns.iter().any(|p| self.label_matches(&p.pattern, label)) {
            return false;
        }
        self.has(n, flag::CLOSED | flag::CLOSE_ONCE) || !self.requirements(n).is_empty() || self.is_in_definition(n)
    }

    /// Whether a node stands in a definition.
    pub(crate) fn is_in_definition(&self, n: NodeId) -> bool {
        let mut at = n;
        while at != NONE {
            if self.nodes[at].label != Sym::NONE && self.nodes[at].label.is_definition() {
                return true;
            }
            at = self.nodes[at].parent;
        }
        false
    }

    /// The default of a done disjunction.
    pub(crate) fn pick(&mut self, n: NodeId, at: ExprId) -> Res<NodeId> {
        let n = self.follow(n);
        let Base::Disjunction(alts) = &self.nodes[n].base else { return Ok(n) };
        let mut marked = alts.iter().filter(|a| a.mode == Mode::Is);
        match (marked.next(), marked.next()) {
            (Some(alt), None) => {
                let alt = self.follow(alt.node);
                self.pick(alt, at)
            }
            _ => Err(self.stop(Code::Incomplete, Reason::Ambiguous(n), NONE, &[at])),
        }
    }

    /// Whether a concrete scalar is already there.
    pub(crate) fn has_scalar(&self, n: NodeId) -> bool {
        let node = &self.nodes[n];
        matches!(node.base, Base::Scalar(_)) || node.scratch.as_ref().is_some_and(|s| s.scalar.is_some())
    }

    /// Whether the path of a reference names a definition.
    pub(crate) fn is_checked(&self, e: ExprId) -> bool {
        match &self.ir.exprs[e] {
            Expr::Field { label, .. } => label.is_definition(),
            Expr::Select(operand, label) => label.is_definition() || self.is_checked(*operand),
            Expr::Index(operand, _) => self.is_checked(*operand),
            _ => false,
        }
    }

    pub(crate) fn reference_task(&mut self, n: NodeId, conj: Conj) -> Res<()> {
        match self.eval(conj.expr, conj.env)? {
            Val::Node(t) => self.add_reference(n, t, conj),
            v => self.insert(n, v, conj),
        }
    }

    /// Adds the conjuncts of `t` to `n`, or lets `n` be `t`.
    pub(crate) fn add_reference(&mut self, n: NodeId, t: NodeId, conj: Conj) -> Res<()> {
        if self.nodes[t].origin == self.nodes[n].origin || self.in_circle(n, conj, t) {
            self.circles += 1;
            return Ok(());
        }
        if self.share(n, t, conj) {
            return Ok(());
        }
        // What a builtin was given by name is still a definition.
        let checked = self.is_checked(conj.expr)
            || self.has(t, flag::CLOSE_ALL)
            || (self.nodes[t].label != Sym::NONE
                && self.nodes[t].label.is_definition()
                && matches!(self.ir.exprs[conj.expr], Expr::Variable { .. } | Expr::Given(_)));
        if !self.scratch(n).seen.insert((t, conj.close, checked)) {
            return Ok(());
        }
        let cyc = self.follow_cyc(n, conj, t);
        let close = if checked {
            self.close_reference(n, conj.close, CloseKind::Definition)
        } else if self.has(t, flag::CLOSE_ONCE) {
            self.close_reference(n, conj.close, CloseKind::Once)
        } else {
            conj.close
        };
        // What is added here may come back to the target, and to see whether it can get more may bring it more.
        let mut i = 0;
        let settled = loop {
            while let Some(c) = self.nodes[t].conjs.get(i).copied() {
                i += 1;
                self.schedule(n, Conj { close, cyc, ..c });
            }
            let settled = self.settled(t) && self.has(t, flag::DONE);
            if self.nodes[t].conjs.len() == i {
                break settled;
            }
        };
        if self.nodes[t].conjs.is_empty() {
            self.scratch(n).top = true;
        }
        if !settled {
            let s = self.scratch(t);
            if !s.notify.iter().any(|x| x.node == n && x.close == close) {
                s.notify.push(Notify { node: n, close, cyc });
            }
        }
        Ok(())
    }

    /// A node whose only conjunct is a reference is the node referred to, when that one is complete in itself. So is one
    /// whose conjuncts all come to the same node.
    fn share(&mut self, n: NodeId, t: NodeId, conj: Conj) -> bool {
        let node = &self.nodes[n];
        if node.parent == NONE
            || node.conjs.first() != Some(&conj)
            || self.has(n, flag::ALTERNATIVE)
            || self.has(t, flag::IN_FINAL | flag::RUNNING | flag::CLOSE_ONCE | flag::CLOSE_ALL)
            || self.nodes[t].arc != ArcKind::Member
            || self.cycs[conj.cyc].cyclic
        {
            return false;
        }
        let count = node.conjs.len();
        if node.scratch.as_ref().is_some_and(|s| {
            s.tasks.len() + 1 != count
                || !s.blocked.is_empty()
                || !s.disjunctions.is_empty()
                || !s.notify.is_empty()
                || s.literal
        }) || !node.arcs.is_empty()
        {
            return false;
        }
        if !self.settled(n) || self.is_ancestor(t, n) {
            return false;
        }
        self.run(t);
        if !self.has(t, flag::DONE) || !self.settled(t) || self.nodes[n].conjs.len() != count {
            return false;
        }
        let end = self.follow(t);
        if end == n || self.has(end, flag::IN_FINAL) || self.is_ancestor(end, n) {
            return false;
        }
        if count > 1 && !self.all_come_to(n, end) {
            return false;
        }
        self.scratch(n).tasks.clear();
        self.taint |= self.nodes[end].taint;
        self.nodes[n].base = Base::Forward(t);
        true
    }

    /// Whether the references that a node has still to follow all lead to `end`.
    fn all_come_to(&mut self, n: NodeId, end: NodeId) -> bool {
        let tasks = self.scratch(n).tasks.clone();
        tasks.into_iter().all(|task| {
            if !matches!(task.kind, TaskKind::Reference) || self.cycs[task.conj.cyc].cyclic {
                return false;
            }
            let Ok(Val::Node(t)) = self.eval(task.conj.expr, task.conj.env) else { return false };
            self.run(t);
            self.nodes[t].arc == ArcKind::Member
                && !self.has(t, flag::CLOSE_ONCE | flag::CLOSE_ALL)
                && self.follow(t) == end
                && self.settled(t)
        }) && self.nodes[n].conjs.len() == self.scratch(n).tasks.len() + 1
    }

    /// Whether a comprehension that waits, further up or here, could give a node a field with this label.
    fn may_come(&self, n: NodeId, label: Sym) -> bool {
        let mut path = vec![label];
        let mut at = n;
        while at != NONE {
            if let Some(s) = self.nodes[at].scratch.as_deref() {
                let waiting = s.blocked.iter().map(|b| &b.0).chain(&s.tasks).chain(&s.current);
                let mut bodies = waiting.filter_map(|t| match t.kind {
                    TaskKind::Comprehension(id) => Some(self.ir.comprehensions[id].body),
                    _ => None,
                });
                if bodies.any(|body| self.writes(body, &path, 20)) {
                    return true;
                }
            }
            path.push(self.nodes[at].label);
            at = self.nodes[at].parent;
        }
        false
    }

    /// A field that a comprehension which waits, or which is asking right now, may yet give a node that is not done.
    pub(crate) fn still_comes(&self, n: NodeId) -> Option<Sym> {
        let s = self.nodes[n].scratch.as_deref().filter(|_| !self.has(n, flag::DONE))?;
        let waiting = s.current.iter().chain(&s.tasks).chain(s.blocked.iter().map(|b| &b.0));
        let labels = waiting.filter_map(|t| match t.kind {
            TaskKind::Comprehension(id) => self.ir.comprehensions[id].labels.as_deref(),
            _ => None,
        });
        let there = |label: &Sym| self.arc(n, *label).is_some_and(|a| self.nodes[a].arc == ArcKind::Member);
        labels.flatten().find(|label| !there(label)).copied()
    }

    /// Whether a node that is not done is a struct, whatever comes of the comprehensions that it waits for.
    pub(crate) fn will_be_struct(&self, n: NodeId) -> bool {
        let Some(s) = self.nodes[n].scratch.as_deref() else { return false };
        let is_struct = |e: ExprId| matches!(self.ir.exprs[e], Expr::Struct(id) if self.ir.structs[id].is_struct);
        let mut waiting = s.current.iter().chain(&s.tasks).chain(s.blocked.iter().map(|b| &b.0));
        let adds_fields = |t: &Task| match t.kind {
            TaskKind::Comprehension(id) => {
                let c = &self.ir.comprehensions[id];
                is_struct(c.body) && c.fallback.is_none_or(is_struct)
            }
            _ => false,
        };
        s.kind == kind::STRUCT || (s.literal && s.scalar.is_none() && s.list.is_none() && waiting.all(adds_fields))
    }

    /// Whether a literal has a field at a path, innermost label first.
    fn writes(&self, e: ExprId, path: &[Sym], depth: u32) -> bool {
        let Some((label, rest)) = path.split_last() else { return true };
        if depth == 0 {
            return false;
        }
        let inside = |e: ExprId, path: &[Sym]| path.is_empty() || self.writes(e, path, depth - 1);
        match &self.ir.exprs[e] {
            Expr::Struct(id) => self.ir.structs[*id].decls.iter().any(|d| match d {
                Decl::Field { label: l, arc: ArcKind::Member, value, .. } => l == label && inside(*value, rest),
                Decl::Embedding(e) => inside(*e, path),
                Decl::Comprehension(c) => inside(self.ir.comprehensions[*c].body, path),
                _ => false,
            }),
            Expr::And(parts) => parts.iter().any(|e| inside(*e, path)),
            _ => false,
        }
    }
}
