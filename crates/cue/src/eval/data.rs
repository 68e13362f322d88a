//! Between nodes and data: what builtins are given and give, what inputs bring, what leaves an evaluation.

use super::{Base, Code, Conj, Evaluator, FaultId, NONE, NodeId, Reason, Res, Stop, Val, flag};
use crate::data::{Data, DataValue, Fields, Labels, Origin};
use crate::ir::{ArcKind, Decl, Element, Expr, ExprId, FieldMeta, ListLit, StructLit, Sym, SymKind};
use crate::stack::down;
use cue_syntax::{SourceId, Span};
use smol_str::SmolStr;
use std::sync::Arc;

pub(crate) const NOWHERE: Span = Span { source: SourceId(u32::MAX), start: 0, end: 0 };

/// Bytes of a value that is put out, without its text.
const PUT_OUT: usize = 256;

/// How data is made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Export {
    /// Leave out what is incomplete.
    pub(crate) partial: bool,
    pub(crate) origins: bool,
    /// Only what cannot be exported is of interest: structs and lists come out empty.
    pub(crate) check: bool,
}

impl Evaluator {
    /// The place of an expression; calls from inside have none.
    pub(crate) fn span_at(&self, e: ExprId) -> Span {
        if e == NONE { NOWHERE } else { self.ir.spans[e] }
    }

    /// A concrete value with everything below it, defaults taken; incomplete parts are incomplete faults.
    pub(crate) fn data_of(&mut self, v: &Val, at: ExprId) -> Res<Data> {
        let value = match v {
            Val::Null => DataValue::Null,
            Val::Bool(b) => DataValue::Bool(*b),
            Val::Num(n) => DataValue::Number(n.clone()),
            Val::Str(s) => DataValue::String(s.clone()),
            Val::Bytes(b) => DataValue::Bytes(b.clone()),
            Val::Node(n) => return self.data_of_node(*n, at),
            other => return Err(self.stop(Code::Incomplete, Reason::NonConcrete(other.clone()), NONE, &[at])),
        };
        Ok(value.into())
    }

    fn data_of_node(&mut self, n: NodeId, at: ExprId) -> Res<Data> {
        // A validator looks at the node that is being judged: everything below it is final.
        let complete = self.judging == self.follow(n) || self.finalize(n);
        if !complete && !self.force {
            return Err(Stop::Pending(self.follow(n)));
        }
        let mut problems = Vec::new();
        let shape = if complete { None } else { self.shape(n) };
        if let Some(shape) = &shape {
            let m = self.follow(n);
            self.nodes[m].base = shape.clone();
        }
        let data = self.export(n, Export::default(), &mut problems, 0);
        if shape.is_some() {
            let m = self.follow(n);
            self.nodes[m].base = Base::None;
        }
        match data {
            Some(data) if problems.is_empty() => {
                self.taint |= join_all(&data);
                Ok(data)
            }
            _ => match problems.iter().find(|f| self.is_permanent(**f)).or(problems.first()) {
                Some(f) => Err(Stop::Fault(*f)),
                None => Err(self.stop(Code::Incomplete, Reason::NonConcrete(Val::Node(n)), NONE, &[at])),
            },
        }
    }

    /// What a node is that waits for nothing but the task that reads it.
    fn shape(&self, n: NodeId) -> Option<Base> {
        let node = &self.nodes[self.follow(n)];
        let s = node.scratch.as_ref()?;
        let waits = !s.tasks.is_empty()
            || !s.blocked.is_empty()
            || s.scheduled < node.conjs.len()
            || (!s.branched && !s.disjunctions.is_empty());
        match node.base {
            Base::None if waits => None,
            Base::None if s.list.is_some() => Some(Base::List),
            Base::None if s.kind == crate::ir::kind::STRUCT => Some(Base::Struct),
            _ => None,
        }
    }

    /// A final node as data. What cannot be exported is put into `problems`; `None` when nothing is left.
    pub(crate) fn export(&mut self, n: NodeId, how: Export, problems: &mut Vec<FaultId>, depth: u32) -> Option<Data> {
        if depth > 0 {
            return self.export_in(n, how, problems, depth);
        }
        let outer = (std::mem::replace(&mut self.trail_from, n), std::mem::take(&mut self.trail));
        let data = self.export_in(n, how, problems, depth);
        (self.trail_from, self.trail) = outer;
        data
    }

    /// A fault of the place that an export has come to.
    fn missing(&mut self, reason: Reason, place: NodeId, code: Code) -> FaultId {
        let at = self.places(place);
        let f = self.fault(code, reason, place, &at);
        self.faults[f].trail = Some((self.trail_from, self.trail.clone().into()));
        self.budget.add(self.trail.len() * size_of::<Sym>());
        f
    }

    /// A field or element on the way of an export.
    fn export_below(&mut self, arc: NodeId, how: Export, problems: &mut Vec<FaultId>, depth: u32) -> Option<Data> {
        self.trail.push(self.nodes[arc].label);
        let data = down(|| self.export(arc, how, problems, depth + 1));
        self.trail.pop();
        data
    }

    fn export_in(&mut self, n: NodeId, how: Export, problems: &mut Vec<FaultId>, depth: u32) -> Option<Data> {
        let place = n;
        if self.force && !self.has(n, flag::DONE | flag::RUNNING) {
            self.run(n);
        }
        let n = self.default_of(n);
        if depth > self.limits.depth {
            let f = self.fault(Code::Structural, Reason::Static("values are nested too deeply"), n, &[]);
            problems.push(f);
            return None;
        }
        // What is written once can be put out any number of times.
        let at = self.nodes[place].conjs.first().map_or(NONE, |c| c.expr);
        let bytes = match &self.nodes[n].base {
            Base::Scalar(Val::Str(s)) => s.len(),
            Base::Scalar(Val::Bytes(b)) => b.len(),
            _ => 0,
        };
        if !self.step(at) || (!how.check && self.make(bytes + PUT_OUT, at).is_err()) {
            problems.extend(self.stopped.filter(|f| !problems.contains(f)));
            return None;
        }
        let node = &self.nodes[n];
        if let Some(f) = node.fault
            && (self.is_permanent(f)
                || !matches!(node.base, Base::Struct | Base::List | Base::Scalar(_))
                || !how.partial)
        {
            problems.push(f);
            if !matches!(node.base, Base::Struct | Base::List) || self.is_permanent(f) {
                return None;
            }
        } else if let Some(f) = node.fault {
            problems.push(f);
        }
        let taint = self.nodes[n].taint | self.nodes[place].taint;
        let value = match self.nodes[n].base.clone() {
            Base::Scalar(v) => match v {
                Val::Null => DataValue::Null,
                Val::Bool(b) => DataValue::Bool(b),
                Val::Num(x) => DataValue::Number(x),
                Val::Str(s) => DataValue::String(s),
                Val::Bytes(b) => DataValue::Bytes(b),
                other => {
                    let text = format!("cannot use function {} as a value", self.show(&other));
                    let f = self.missing(Reason::Text(text.into()), place, Code::Incomplete);
                    problems.push(f);
                    return None;
                }
            },
            Base::Struct => {
                let arcs = self.ordered_arcs(n);
                let members = arcs.iter().filter(|a| self.nodes[**a].arc == ArcKind::Member).count();
                let room = if how.check { 0 } else { members };
                let mut fields = Fields::with_capacity_and_hasher(room, Default::default());
                for arc in arcs {
                    let (label, kind) = (self.nodes[arc].label, self.nodes[arc].arc);
                    if label.kind() != SymKind::String && kind != ArcKind::Required {
                        continue;
                    }
                    match kind {
                        ArcKind::Member => {
                            if let Some(data) = self.export_below(arc, how, problems, depth)
                                && !how.check
                            {
                                fields.insert(self.ir.symbols.text(label).clone(), data);
                            }
                        }
                        ArcKind::Required => {
                            self.trail.push(label);
                            let reason = Reason::Static(super::fault::REQUIRED);
                            let f = self.missing(reason, arc, Code::Incomplete);
                            self.trail.pop();
                            problems.push(f);
                        }
                        ArcKind::Optional => {}
                    }
                }
                DataValue::Struct(fields)
            }
            Base::List => {
                let mut items = Vec::with_capacity(if how.check { 0 } else { self.nodes[n].arcs.len() });
                for arc in self.nodes[n].arcs.clone() {
                    if self.nodes[arc].label.as_index().is_some()
                        && let Some(data) = self.export_below(arc, how, problems, depth)
                        && !how.check
                    {
                        items.push(data);
                    }
                }
                DataValue::List(items)
            }
            Base::Unknown(id) => DataValue::Unknown(id),
            Base::Disjunction(_) => {
                let f = self.missing(Reason::Ambiguous(n), place, Code::Incomplete);
                problems.push(f);
                return None;
            }
            Base::Constraint => {
                let f = self.missing(Reason::NonConcrete(Val::Node(n)), place, Code::Incomplete);
                problems.push(f);
                return None;
            }
            Base::Bottom | Base::Forward(_) => return None,
            Base::None => {
                // What needs itself as a part of itself has no end; what needs a field that may yet come only waits.
                let waits = match self.nodes[n].conjs.as_slice() {
                    [conj] if self.force => Some(*conj),
                    _ => None,
                };
                let waits = waits.and_then(|c| match self.eval(c.expr, c.env) {
                    Err(super::Stop::Fault(f)) if self.faults[f].code == Code::Cycle => Some(f),
                    _ => None,
                });
                let comes = self.still_comes(n).filter(|_| self.force);
                let comes = comes.map(|label| self.missing(Reason::CyclicReference(label), place, Code::Cycle));
                let f = match (waits.or(comes), depth > 0) {
                    (Some(f), _) => f,
                    (None, false) => self.missing(Reason::Static("cycle error"), place, Code::Cycle),
                    (None, true) => self.missing(Reason::Static("structural cycle"), place, Code::Structural),
                };
                problems.push(f);
                return None;
            }
        };
        let origin = if how.origins { self.origin(place) } else { None };
        Some(Data { value, labels: Labels(taint), origin })
    }

    /// Where a node was declared, for messages.
    pub(crate) fn places(&self, n: NodeId) -> Vec<ExprId> {
        self.nodes[n].conjs.iter().map(|c| c.expr).take(2).collect()
    }

    /// Comments of all declarations of a field, in order.
    pub(crate) fn docs(&self, n: NodeId) -> Vec<SmolStr> {
        let mut metas: Vec<u32> = Vec::new();
        let mut at = n;
        loop {
            for m in self.metas(at) {
                if !metas.contains(&m) {
                    metas.push(m);
                }
            }
            match self.nodes[at].base {
                Base::Forward(t) => at = t,
                _ => break,
            }
        }
        metas.sort_by_key(|m| self.ir.metas[*m].label);
        metas.iter().flat_map(|m| self.ir.metas[*m].doc().iter().cloned()).collect()
    }

    fn origin(&self, n: NodeId) -> Option<Arc<Origin>> {
        if let Some(origin) = self.declared(n).find_map(|m| self.ir.metas[m].origin().cloned()) {
            return Some(origin);
        }
        let span = self.span(n)?;
        let source = self.unit.sources.get(span.source)?.clone();
        Some(Arc::new(Origin { source, span, path: None, doc: self.docs(n) }))
    }

    /// Where a field was first declared.
    pub(crate) fn span(&self, n: NodeId) -> Option<Span> {
        let meta = self.declared(n).find_map(|m| self.ir.metas[m].label);
        meta.or_else(|| self.nodes[n].conjs.first().map(|c| self.ir.spans[c.expr]))
            .filter(|s| s.source != NOWHERE.source)
    }

    /// The arcs of a struct in output order.
    pub(crate) fn ordered_arcs(&self, n: NodeId) -> Vec<NodeId> {
        self.nodes[n].arcs.to_vec()
    }

    /// Data as an expression of the evaluation's own layer.
    pub(crate) fn embed_data(&mut self, data: &Data, depth: u32) -> ExprId {
        let span = data.origin.as_ref().map_or(NOWHERE, |_| NOWHERE);
        if depth > self.limits.depth {
            return self.ir.add(Expr::Bottom, span);
        }
        let e = match &data.value {
            DataValue::Null => Expr::Null,
            DataValue::Bool(b) => Expr::Bool(*b),
            DataValue::Number(n) => Expr::Num(n.clone()),
            DataValue::String(s) => Expr::Str(s.clone()),
            DataValue::Bytes(b) => Expr::Bytes(b.clone()),
            DataValue::Unknown(id) => Expr::Unknown(*id),
            DataValue::List(items) => {
                let elements = items.iter().map(|i| Element::Value(self.embed_data(i, depth + 1))).collect();
                let id = self.ir.lists.push(ListLit { elements, rest: None });
                Expr::List(id)
            }
            DataValue::Struct(fields) => {
                let decls = fields
                    .iter()
                    .map(|(k, v)| {
                        let value = self.embed_data(v, depth + 1);
                        let meta = match &v.origin {
                            Some(o) => self.ir.metas.push(FieldMeta::given(o.clone())),
                            None => NONE,
                        };
                        let label = self.ir.symbols.string(k);
                        self.ir.declare(value, meta);
                        Decl::Field { label, arc: ArcKind::Member, value, meta }
                    })
                    .collect();
                let id = self.ir.structs.push(StructLit { decls, is_struct: true, ..StructLit::default() });
                Expr::Struct(id)
            }
        };
        let id = self.ir.add(e, span);
        if data.labels == Labels::NONE { id } else { self.ir.add(Expr::Tainted(id, data.labels.0), span) }
    }

    /// The result of a builtin.
    pub(crate) fn val_of(&mut self, data: Data) -> Val {
        self.taint |= data.labels.0;
        match data.value {
            DataValue::Null => Val::Null,
            DataValue::Bool(b) => Val::Bool(b),
            DataValue::Number(n) => Val::Num(n),
            DataValue::String(s) => Val::Str(s),
            DataValue::Bytes(b) => Val::Bytes(b),
            _ => {
                let e = self.embed_data(&data, 0);
                Val::Node(self.detached_node(e, NONE))
            }
        }
    }

    /// An expression that stands for a value.
    pub(crate) fn expr_of(&mut self, v: &Val, at: ExprId) -> ExprId {
        let span = self.span_at(at);
        let e = match v {
            Val::Null => Expr::Null,
            Val::Bool(b) => Expr::Bool(*b),
            Val::Num(n) => Expr::Num(n.clone()),
            Val::Str(s) => Expr::Str(s.clone()),
            Val::Bytes(b) => Expr::Bytes(b.clone()),
            Val::Top | Val::Validator(_) => Expr::Top,
            Val::Kind(k) => Expr::Kind(*k),
            Val::Function(f) => Expr::Function(*f),
            Val::Bound(op, limit) => {
                let limit = self.expr_of(&limit.clone(), at);
                Expr::Bound(*op, limit)
            }
            Val::Node(n) => Expr::Given(self.vars.push((Val::Null, Val::Node(*n)))),
        };
        self.ir.add(e, span)
    }

    /// A new list of existing values.
    pub(crate) fn list_of(&mut self, items: Vec<Val>, at: ExprId) -> NodeId {
        let n = self.new_node(NONE, Sym::NONE);
        let span = self.span_at(at);
        let elements = items.iter().map(|item| Element::Value(self.expr_of(item, at))).collect();
        let id = self.ir.lists.push(ListLit { elements, rest: None });
        let expr = self.ir.add(Expr::List(id), span);
        self.nodes[n].conjs.push(Conj { expr, env: NONE, close: 0, cyc: 0 });
        n
    }

    /// Unifies data into the package before it is evaluated.
    pub(crate) fn inject(&mut self, path: &[crate::api::Selector], data: &Data) {
        // About what it was as text.
        let limits = self.limits.clone();
        self.budget.allow(&limits, data.bytes() as u64 / 8);
        let mut e = self.embed_data(data, 0);
        let mut meta = match &data.origin {
            Some(o) => self.ir.metas.push(FieldMeta::given(o.clone())),
            None => NONE,
        };
        for step in path.iter().rev() {
            e = match step {
                crate::api::Selector::Index(i) => {
                    let top = self.ir.add(Expr::Top, NOWHERE);
                    let mut elements = vec![Element::Value(top); *i];
                    elements.push(Element::Value(e));
                    let id = self.ir.lists.push(ListLit { elements: elements.into(), rest: Some(None) });
                    self.ir.add(Expr::List(id), NOWHERE)
                }
                step => {
                    let label = self.label_of(step);
                    self.ir.declare(e, meta);
                    let decls = Box::new([Decl::Field { label, arc: ArcKind::Member, value: e, meta }]);
                    // Not a struct by itself: what it is put into decides.
                    let lit = StructLit { decls, is_struct: label.is_regular(), ..StructLit::default() };
                    let id = self.ir.structs.push(lit);
                    self.ir.add(Expr::Struct(id), NOWHERE)
                }
            };
            meta = NONE;
        }
        let root = self.root;
        self.nodes[root].conjs.push(Conj { expr: e, env: NONE, close: 0, cyc: 0 });
    }

    /// The symbol of a step that is not an index.
    pub(crate) fn label_of(&mut self, step: &crate::api::Selector) -> Sym {
        match step {
            crate::api::Selector::Field(text) => self.ir.symbols.string(text),
            crate::api::Selector::Ident(name) => {
                let hidden = self.ir.packages[self.unit.root].hidden;
                self.ir.symbols.ident(name, hidden)
            }
            crate::api::Selector::Index(i) => Sym::index(*i),
        }
    }
}

/// All label bits in data.
fn join_all(data: &Data) -> u8 {
    let mut bits = data.labels.0;
    match &data.value {
        DataValue::List(items) => items.iter().for_each(|i| bits |= join_all(i)),
        DataValue::Struct(fields) => fields.values().for_each(|f| bits |= join_all(f)),
        _ => {}
    }
    bits
}
