//! Validators of structs and lists. What could still be met by fields, elements or values to come is incomplete, not wrong;
//! a call with all its arguments asks for what is there now.

use super::{Base, Code, Evaluator, NONE, NodeId, Reason, Res, Val};
use crate::ir::{ArcKind, ExprId};
use crate::number::Number;
use rustc_hash::FxHashSet;

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Different,
    /// Equal so far, but they can still come to differ.
    SoFar,
    Same,
}

impl Evaluator {
    /// `struct.MinFields`, `struct.MaxFields`.
    pub(super) fn field_count(
        &mut self,
        minimum: bool,
        object: NodeId,
        limit: &Number,
        (e, whole): (ExprId, bool),
    ) -> Res<Val> {
        let mut have = 0u64;
        let mut possible = 0u64;
        self.make_optional(object);
        for arc in self.nodes[object].arcs.clone() {
            let node = &self.nodes[arc];
            if !node.label.is_regular() {
                continue;
            }
            match node.arc {
                ArcKind::Member => have += 1,
                _ => possible += 1,
            }
        }
        let count = Number::from(have);
        if !minimum {
            return Ok(Val::Bool(count.compare(limit).is_le()));
        }
        if count.compare(limit).is_ge() {
            return Ok(Val::Bool(true));
        }
        let open = self.is_open(object);
        if !whole && (open || Number::from(have + possible).compare(limit).is_ge()) {
            let text = format!("has {have} fields, at least {} are required", limit.to_json());
            return Err(self.stop(Code::Incomplete, Reason::Text(text.into()), NONE, &[e]));
        }
        Ok(Val::Bool(false))
    }

    /// `list.MinItems`, `list.MaxItems`.
    pub(super) fn item_count(
        &mut self,
        minimum: bool,
        list: NodeId,
        limit: &Number,
        (e, whole): (ExprId, bool),
    ) -> Res<Val> {
        let have = self.elements(list).len() as u64;
        let count = Number::from(have);
        if !minimum {
            return Ok(Val::Bool(count.compare(limit).is_le()));
        }
        let open = self.nodes[list].scratch.as_ref().and_then(|s| s.list.as_ref()).is_some_and(|l| l.closed.is_none());
        if count.compare(limit).is_lt() && open && !whole {
            let text = format!("has {have} elements, at least {} are required", limit.to_json());
            return Err(self.stop(Code::Incomplete, Reason::Text(text.into()), NONE, &[e]));
        }
        Ok(Val::Bool(count.compare(limit).is_ge()))
    }

    /// `list.UniqueItems`.
    pub(super) fn unique_items(&mut self, list: NodeId, e: ExprId) -> Res<Val> {
        let mut scalars = FxHashSet::default();
        let mut others: Vec<NodeId> = Vec::new();
        let mut so_far = false;
        for item in self.elements(list) {
            self.finalize(item);
            let item = self.default_of(item);
            if let Base::Scalar(v) = &self.nodes[item].base {
                if !scalars.insert(scalar_key(v)) {
                    return Ok(Val::Bool(false));
                }
                continue;
            }
            for other in &others {
                match self.likeness(*other, item, 0) {
                    Likeness::Same => return Ok(Val::Bool(false)),
                    likeness => so_far |= likeness == Likeness::SoFar,
                }
            }
            others.push(item);
        }
        if so_far {
            let reason = Reason::Static("elements are equal so far");
            return Err(self.stop(Code::Incomplete, reason, NONE, &[e]));
        }
        Ok(Val::Bool(true))
    }

    fn elements(&self, list: NodeId) -> Vec<NodeId> {
        self.nodes[list].arcs.iter().copied().filter(|a| self.nodes[*a].label.as_index().is_some()).collect()
    }

    fn likeness(&mut self, a: NodeId, b: NodeId, depth: u32) -> Likeness {
        let (a, b) = (self.default_of(a), self.default_of(b));
        if depth > self.limits.depth {
            return Likeness::SoFar;
        }
        match (self.nodes[a].base.clone(), self.nodes[b].base.clone()) {
            (Base::Scalar(x), Base::Scalar(y)) => {
                if super::finalize::same_scalar(&x, &y) {
                    Likeness::Same
                } else {
                    Likeness::Different
                }
            }
            (Base::List, Base::List) => {
                let (xs, ys) = (self.elements(a), self.elements(b));
                if xs.len() != ys.len() {
                    return Likeness::Different;
                }
                let pairs: Vec<_> = xs.into_iter().zip(ys).collect();
                self.least(pairs, depth)
            }
            (Base::Struct, Base::Struct) => {
                let regular = |n: NodeId| {
                    let arcs = self.nodes[n].arcs.iter().copied();
                    arcs.filter(|f| self.nodes[*f].arc == ArcKind::Member && self.nodes[*f].label.is_regular())
                        .collect::<Vec<_>>()
                };
                let (xs, ys) = (regular(a), regular(b));
                let pairs: Vec<_> = xs
                    .iter()
                    .filter_map(|x| Some((*x, self.arc(b, self.nodes[*x].label).filter(|y| ys.contains(y))?)))
                    .collect();
                if xs.len() != ys.len() || pairs.len() != xs.len() {
                    return Likeness::Different;
                }
                let fields = self.least(pairs, depth);
                if self.can_grow(a) || self.can_grow(b) { fields.min(Likeness::SoFar) } else { fields }
            }
            (Base::Constraint | Base::None, Base::Constraint | Base::None) => {
                if self.identical(a, b, 100) {
                    Likeness::SoFar
                } else {
                    Likeness::Different
                }
            }
            (Base::Disjunction(_), Base::Disjunction(_)) if self.identical(a, b, 100) => Likeness::SoFar,
            _ => Likeness::Different,
        }
    }

    fn least(&mut self, pairs: Vec<(NodeId, NodeId)>, depth: u32) -> Likeness {
        let mut least = Likeness::Same;
        for (x, y) in pairs {
            least = least.min(self.likeness(x, y, depth + 1));
            if least == Likeness::Different {
                break;
            }
        }
        least
    }

    /// Whether a struct can get fields that nothing names.
    fn is_open(&self, n: NodeId) -> bool {
        let Some(s) = &self.nodes[n].scratch else { return !self.is_closed(n) };
        !s.patterns.is_empty() || (s.requires.is_empty() && !self.is_closed(n))
    }

    /// Whether a struct can get regular fields that it has not.
    fn can_grow(&mut self, n: NodeId) -> bool {
        if self.is_open(n) {
            return true;
        }
        self.make_optional(n);
        for arc in self.nodes[n].arcs.clone() {
            if self.nodes[arc].arc == ArcKind::Member || !self.nodes[arc].label.is_regular() {
                continue;
            }
            self.settle_outside(arc);
            if self.permanent(arc).is_none() {
                return true;
            }
        }
        false
    }
}

/// A text that equal scalars share and others do not.
fn scalar_key(v: &Val) -> String {
    match v {
        Val::Num(n) => format!("{}{}", if n.is_int() { 'i' } else { 'f' }, n.canonical().to_json()),
        Val::Str(s) => format!("s{s}"),
        Val::Bytes(b) => b.iter().fold(String::from("b"), |text, b| text + &format!("{b:02x}")),
        Val::Bool(b) => format!("t{b}"),
        _ => "n".to_owned(),
    }
}
