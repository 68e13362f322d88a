//! Data held to a schema without being evaluated.
//!
//! To say that a large document fits its schema takes no value for each part of it: the schema is taken apart once into
//! **forms**, and the document is walked beside them. A yes is sure: unified with the schema the document is what it was, or
//! got fields whose values the schema itself gives. Whatever is not plainly a yes is left to evaluation, which also says why.

use super::{Base, EnvId, Evaluator, NONE, NodeId, Val, flag};
use crate::data::{Data, DataValue, Fields, Labels};
use crate::ir::{ArcKind, Decl, Element, Expr, ExprId, SymKind, kind, nearest};
use crate::stack::down;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// An index of [`Forms`].
pub(crate) type FormId = u32;

/// What a schema says of a value.
#[derive(Debug)]
pub(crate) enum Form {
    /// Only evaluation can tell.
    Unknown,
    Any,
    Kinds(u16),
    Scalar(Val),
    /// A bound or a validator.
    Check(Val),
    All(Box<[FormId]>),
    /// Alternatives, and whether one of them, a literal, is the default.
    One(Box<[FormId]>, bool),
    Struct(StructForm),
    /// Elements, and what further ones are where there may be any.
    List(Box<[FormId]>, Option<FormId>),
}

/// What a struct literal says of a struct.
#[derive(Debug, Default)]
pub(crate) struct StructForm {
    fields: FxHashMap<SmolStr, (ArcKind, FormId)>,
    patterns: Vec<(Val, FormId)>,
    /// There are no other fields.
    closed: bool,
}

/// A schema taken apart.
#[derive(Debug, Default)]
pub(crate) struct Forms {
    all: Vec<Form>,
    /// Of nodes that are referred to, by whether the reference closes them.
    known: FxHashMap<(NodeId, bool), FormId>,
}

impl Forms {
    pub(crate) fn get(&self, id: FormId) -> &Form {
        self.all.get(id as usize).unwrap_or(&Form::Unknown)
    }

    fn add(&mut self, form: Form) -> FormId {
        self.all.push(form);
        (self.all.len() - 1) as FormId
    }
}

/// How data and a form go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Unified with the form the data stay what they are.
    Same,
    /// They get fields that the form gives values.
    Filled,
    /// They contradict each other.
    Not,
    Unknown,
}

impl Fit {
    /// Of a whole that has parts of these fits.
    pub(crate) fn and(self, other: Fit) -> Fit {
        match (self, other) {
            (Fit::Not, _) | (_, Fit::Not) => Fit::Not,
            (Fit::Unknown, _) | (_, Fit::Unknown) => Fit::Unknown,
            (Fit::Filled, _) | (_, Fit::Filled) => Fit::Filled,
            _ => Fit::Same,
        }
    }

    pub(crate) fn is_sure(self) -> bool {
        matches!(self, Fit::Same | Fit::Filled)
    }
}

/// The schema of a value that nothing is unified with yet.
impl Evaluator {
    /// The form of a node that is final.
    pub(crate) fn form_of(&mut self, forms: &mut Forms, n: NodeId, closed: bool) -> FormId {
        if let Some(known) = forms.known.get(&(n, closed)) {
            return *known;
        }
        // What names itself finds the place where its form will be.
        let id = forms.add(Form::Unknown);
        forms.known.insert((n, closed), id);
        let form = self.node_form(forms, n, closed);
        if let Some(place) = forms.all.get_mut(id as usize) {
            *place = form;
        }
        id
    }

    fn node_form(&mut self, forms: &mut Forms, n: NodeId, closed: bool) -> Form {
        let special = flag::CLOSE_ONCE | flag::CLOSE_ALL | flag::OPEN_PENDING | flag::ALTERNATIVE | flag::FROZEN;
        if self.settle(n).is_err() || self.has(n, special) || self.nodes[n].arc != ArcKind::Member {
            return Form::Unknown;
        }
        let node = &self.nodes[n];
        if node.fault.is_some()
            || node.child_fault.is_some()
            || node.taint != 0
            || matches!(node.base, Base::Unknown(_))
        {
            return Form::Unknown;
        }
        let conjs = node.conjs.clone();
        let parts: Vec<FormId> = conjs.iter().map(|c| self.form(forms, c.expr, c.env, closed)).collect();
        // A single part is looked through when data are held to it: it may not be known yet.
        Form::All(parts.into())
    }

    /// The form of an expression whose names are those of a scope that is there.
    fn form(&mut self, forms: &mut Forms, e: ExprId, env: EnvId, closed: bool) -> FormId {
        self.spend(1);
        let form = match &self.ir.exprs[e] {
            Expr::Null | Expr::Bool(_) | Expr::Num(_) | Expr::Str(_) | Expr::Bytes(_) => {
                self.constant(e).map_or(Form::Unknown, Form::Scalar)
            }
            Expr::Top => Form::Any,
            Expr::Kind(k) => Form::Kinds(*k),
            Expr::And(parts) => {
                let parts = parts.clone();
                Form::All(parts.iter().map(|p| down(|| self.form(forms, *p, env, closed))).collect())
            }
            Expr::Disjunction(alternatives) => {
                let alternatives = alternatives.clone();
                let mut marked = alternatives.iter().filter(|a| a.1);
                let default = match (marked.next(), marked.next()) {
                    (Some((e, _)), None) => self.constant(*e).is_some(),
                    _ => false,
                };
                let of = alternatives.iter().map(|(a, _)| down(|| self.form(forms, *a, env, closed))).collect();
                Form::One(of, default)
            }
            Expr::Struct(id) => {
                let id = *id;
                self.struct_form(forms, id, env, closed)
            }
            Expr::List(id) => {
                let list = self.ir.lists[*id].clone();
                let mut elements = Vec::with_capacity(list.elements.len());
                for element in &list.elements {
                    match element {
                        Element::Value(e) => elements.push(down(|| self.form(forms, *e, env, closed))),
                        Element::Comprehension(_) => return forms.add(Form::Unknown),
                    }
                }
                let rest = list.rest.map(|rest| match rest {
                    Some(e) => down(|| self.form(forms, e, env, closed)),
                    None => forms.add(Form::Any),
                });
                Form::List(elements.into(), rest)
            }
            Expr::Field { .. } | Expr::Select(..) | Expr::Package(_) => {
                let closed = closed || self.is_checked(e);
                match self.eval(e, env) {
                    Ok(Val::Node(t)) => return down(|| self.form_of(forms, t, closed)),
                    Ok(v) => plain(v),
                    Err(_) => Form::Unknown,
                }
            }
            Expr::Bound(..) | Expr::Call(..) | Expr::Function(_) => match self.eval(e, env) {
                Ok(v) => plain(v),
                Err(_) => Form::Unknown,
            },
            _ => Form::Unknown,
        };
        forms.add(form)
    }

    fn struct_form(&mut self, forms: &mut Forms, id: u32, env: EnvId, closed: bool) -> Form {
        let lit = &self.ir.structs[id];
        if lit.embeds || lit.file {
            return Form::Unknown;
        }
        let mut form = StructForm { closed: closed && !lit.open, ..StructForm::default() };
        // Nothing that is looked at names a field of this literal: its scope is there for the count only.
        let inside = self.new_env(env, NONE);
        for i in 0.. {
            let Some(decl) = self.ir.structs[id].decls.get(i).cloned() else { break };
            match decl {
                Decl::Field { label, arc, value, .. } if label.kind() == SymKind::String && self.is_outside(value) => {
                    let name = self.ir.symbols.text(label).clone();
                    let of = down(|| self.form(forms, value, inside, closed));
                    match form.fields.get_mut(&name) {
                        Some(known) => {
                            let both = forms.add(Form::All([known.1, of].into()));
                            *known = (known.0.min(arc), both);
                        }
                        None => {
                            form.fields.insert(name, (arc, of));
                        }
                    }
                }
                Decl::Pattern { pattern, value, binds: false }
                    if self.is_outside(value) && self.is_outside(pattern) =>
                {
                    let of = down(|| self.form(forms, value, inside, closed));
                    match self.eval(pattern, inside) {
                        Ok(v @ (Val::Top | Val::Kind(_) | Val::Str(_) | Val::Bound(..))) => form.patterns.push((v, of)),
                        _ => return Form::Unknown,
                    }
                }
                Decl::Ellipsis => {}
                _ => return Form::Unknown,
            }
        }
        Form::Struct(form)
    }

    /// Whether an expression in a struct literal names nothing of that literal.
    fn is_outside(&self, e: ExprId) -> bool {
        self.unit.reaches.get(e as usize).is_some_and(|r| nearest(*r).is_some())
    }

    /// How data fit a form.
    pub(crate) fn fit(&mut self, forms: &Forms, id: FormId, data: &Data, depth: u32) -> Fit {
        if data.labels != Labels::NONE || depth > self.limits.depth || !self.step(NONE) {
            return Fit::Unknown;
        }
        match forms.get(id) {
            Form::Unknown => Fit::Unknown,
            Form::Any => Fit::Same,
            Form::All(parts) => match &**parts {
                [one] => down(|| self.fit(forms, *one, data, depth + 1)),
                parts => {
                    let mut whole = Fit::Same;
                    for part in parts {
                        whole = whole.and(match down(|| self.fit(forms, *part, data, depth + 1)) {
                            // Another part may have more to say of the field.
                            Fit::Filled => Fit::Unknown,
                            fit => fit,
                        });
                        if whole == Fit::Not {
                            break;
                        }
                    }
                    whole
                }
            },
            Form::One(alternatives, _) => {
                let mut found = Fit::Not;
                for alternative in alternatives {
                    match (found, down(|| self.fit(forms, *alternative, data, depth + 1))) {
                        (_, Fit::Unknown) => return Fit::Unknown,
                        (_, Fit::Not) => {}
                        (Fit::Not, fit) => found = fit,
                        // Two alternatives of a struct may differ in what they allow.
                        (_, _) if matches!(data.value, DataValue::Struct(_) | DataValue::List(_)) => {
                            return Fit::Unknown;
                        }
                        (_, _) => {}
                    }
                }
                found
            }
            form => match &data.value {
                DataValue::Struct(fields) => self.fit_struct(forms, form, fields, depth),
                DataValue::List(items) => {
                    let mut whole = length_fits(form, items.len());
                    for (i, item) in items.iter().enumerate() {
                        if !whole.is_sure() {
                            break;
                        }
                        if let Some(of) = element_form(form, i) {
                            whole = whole.and(down(|| self.fit(forms, of, item, depth + 1)));
                        }
                    }
                    whole
                }
                DataValue::Null => self.fit_scalar(form, &Val::Null),
                DataValue::Bool(b) => self.fit_scalar(form, &Val::Bool(*b)),
                DataValue::Number(n) => self.fit_scalar(form, &Val::Num(n.clone())),
                DataValue::String(s) => self.fit_scalar(form, &Val::Str(s.clone())),
                DataValue::Bytes(b) => self.fit_scalar(form, &Val::Bytes(b.clone())),
                DataValue::Unknown(_) => Fit::Unknown,
            },
        }
    }

    fn fit_scalar(&mut self, form: &Form, v: &Val) -> Fit {
        let fits = match form {
            Form::Kinds(k) => k & v.kind() != 0,
            Form::Scalar(s) => super::finalize::same_scalar(s, v),
            Form::Check(c) if c.kind() & v.kind() == 0 => false,
            Form::Check(c) => match self.check(c, v) {
                Ok(fits) => fits,
                Err(_) => return Fit::Unknown,
            },
            Form::Struct(_) | Form::List(..) => false,
            _ => return Fit::Unknown,
        };
        if fits { Fit::Same } else { Fit::Not }
    }

    fn fit_struct(&mut self, forms: &Forms, form: &Form, fields: &Fields, depth: u32) -> Fit {
        let form = match form {
            Form::Struct(form) => form,
            Form::Kinds(k) => return if k & kind::STRUCT != 0 { Fit::Same } else { Fit::Not },
            Form::Scalar(_) | Form::List(..) => return Fit::Not,
            _ => return Fit::Unknown,
        };
        let mut whole = Fit::Same;
        for (name, data) in fields {
            match self.field_forms(form, name) {
                None => whole = whole.and(Fit::Unknown),
                Some((own, patterns)) => {
                    for of in own.into_iter().chain(patterns) {
                        whole = whole.and(down(|| self.fit(forms, of, data, depth + 1)));
                    }
                }
            }
            if whole == Fit::Not {
                return whole;
            }
        }
        whole.and(rest_fits(forms, form, |name| fields.contains_key(name)))
    }

    /// The forms of a field by its own name, and by patterns; `None` where it may not be there.
    pub(crate) fn field_forms(&mut self, form: &StructForm, name: &SmolStr) -> Option<(Option<FormId>, Vec<FormId>)> {
        let own = form.fields.get(name).map(|f| f.1);
        let mut patterns = Vec::new();
        for (pattern, of) in &form.patterns {
            let matches = match pattern {
                Val::Top => true,
                Val::Kind(k) => k & kind::STRING != 0,
                Val::Str(s) => s == name,
                bound => self.check(bound, &Val::Str(name.clone())).ok()?,
            };
            if matches {
                patterns.push(*of);
            }
        }
        if form.closed && own.is_none() && patterns.is_empty() { None } else { Some((own, patterns)) }
    }
}

/// What an expression that is no literal says when it is evaluated on its own.
fn plain(v: Val) -> Form {
    match v {
        Val::Top => Form::Any,
        Val::Kind(k) => Form::Kinds(k),
        Val::Bound(..) | Val::Validator(_) => Form::Check(v),
        v if v.is_scalar() => Form::Scalar(v),
        _ => Form::Unknown,
    }
}

/// What comes of the fields of a form that data do not have.
pub(crate) fn rest_fits(forms: &Forms, form: &StructForm, has: impl Fn(&str) -> bool) -> Fit {
    let mut whole = Fit::Same;
    for (name, (arc, of)) in &form.fields {
        if *arc != ArcKind::Optional && !has(name) {
            let given = *arc == ArcKind::Member && is_given(forms, *of, 50);
            whole = whole.and(if given { Fit::Filled } else { Fit::Unknown });
        }
    }
    whole
}

/// Whether a form is a value by itself.
fn is_given(forms: &Forms, id: FormId, depth: u32) -> bool {
    depth > 0
        && match forms.get(id) {
            Form::Scalar(_) | Form::One(_, true) => true,
            Form::All(parts) => matches!(&**parts, [one] if is_given(forms, *one, depth - 1)),
            Form::List(elements, _) => elements.iter().all(|e| is_given(forms, *e, depth - 1)),
            Form::Struct(form) => form.fields.values().all(|(arc, of)| match arc {
                ArcKind::Optional => true,
                ArcKind::Required => false,
                ArcKind::Member => is_given(forms, *of, depth - 1),
            }),
            _ => false,
        }
}

/// Whether a list of a length goes with a form.
pub(crate) fn length_fits(form: &Form, length: usize) -> Fit {
    match form {
        Form::List(elements, None) if elements.len() == length => Fit::Same,
        Form::List(_, None) => Fit::Not,
        Form::List(elements, Some(_)) if elements.len() <= length => Fit::Same,
        Form::Kinds(k) if k & kind::LIST != 0 => Fit::Same,
        Form::Kinds(_) | Form::Scalar(_) | Form::Struct(_) => Fit::Not,
        _ => Fit::Unknown,
    }
}

/// The form of an element.
pub(crate) fn element_form(form: &Form, i: usize) -> Option<FormId> {
    match form {
        Form::List(elements, rest) => elements.get(i).copied().or(*rest),
        _ => None,
    }
}
