//! Fields that are declared several times as one, and operators between literals worked out.
//!
//! Only what stays the same is merged: struct literals that embed nothing, are not opened, and in which no name would come
//! to mean a field of the other one. All else is joined with `&`.

use super::names;
use crate::api::Limits;
use crate::export::{self, Options};
use crate::program::{Evaluation, compile};
use crate::world::Nothing;
use cue_syntax::ast::{BinaryOp, Constraint, Decl, Element, Expr, Field, Label, StructLit, Text, UnaryOp};
use cue_syntax::{print_expr, with_stack};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

/// Merges declarations that stand in one struct, and those further in.
pub(super) struct Merge {
    /// What literals are worked out in.
    empty: Option<Evaluation>,
    /// Names of the language that fields have here, too: they may mean those.
    hidden: FxHashSet<SmolStr>,
}

/// What makes two fields one.
type Key = (SmolStr, bool, Constraint);

impl Merge {
    /// For a file in which these names are declared somewhere.
    pub(super) fn new(declared: FxHashSet<SmolStr>) -> Merge {
        let program = compile(&Nothing, crate::Instance::default()).ok();
        Merge { empty: program.map(|p| p.evaluate(crate::Inputs::default(), &Limits::default())), hidden: declared }
    }

    pub(super) fn decls(&self, decls: Vec<Decl>) -> Vec<Decl> {
        let mut out: Vec<Decl> = Vec::with_capacity(decls.len());
        let mut known: FxHashMap<Key, usize> = FxHashMap::default();
        for decl in decls {
            let Decl::Field(field) = decl else {
                out.push(decl);
                continue;
            };
            let key = key(&field);
            let before = key.as_ref().and_then(|k| known.get(k)).and_then(|i| out.get_mut(*i));
            if let Some(Decl::Field(before)) = before {
                add(before, field);
                continue;
            }
            if let Some(key) = key {
                known.insert(key, out.len());
            }
            out.push(Decl::Field(field));
        }
        for decl in &mut out {
            with_stack(|| match decl {
                Decl::Field(f) => {
                    self.expr(&mut f.value);
                    in_one_line(f);
                }
                Decl::Embedding(e) => self.expr(e),
                Decl::Let(l) => self.expr(&mut l.value),
                Decl::Ellipsis(e) => e.value.iter_mut().for_each(|e| self.expr(e)),
                Decl::Comprehension(c) => self.structure(&mut c.body),
                Decl::Attribute(_) => {}
            });
        }
        out
    }

    fn structure(&self, s: &mut StructLit) {
        s.decls = self.decls(std::mem::take(&mut s.decls));
    }

    fn expr(&self, e: &mut Expr) {
        if self.is_constant(e)
            && let Some(value) = self.worked_out(e)
        {
            *e = value;
            return;
        }
        with_stack(|| match e {
            Expr::Struct(s) => self.structure(s),
            Expr::List(l) => l.elements.iter_mut().for_each(|element| match element {
                Element::Value(e) => self.expr(e),
                Element::Comprehension(c) => self.structure(&mut c.body),
                Element::Ellipsis(e) => e.value.iter_mut().for_each(|e| self.expr(e)),
            }),
            Expr::Paren(e, _) => self.expr(e),
            Expr::Binary { op: BinaryOp::And | BinaryOp::Or, left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            Expr::Unary { op: UnaryOp::Default, operand, .. } => self.expr(operand),
            Expr::Alias { value, .. } => self.expr(value),
            Expr::Call { arguments, .. } => arguments.iter_mut().for_each(|e| self.expr(e)),
            _ => {}
        });
    }

    /// Whether an expression has operators, and literals and types as operands only.
    fn is_constant(&self, e: &Expr) -> bool {
        let operand = |e: &Expr| match e {
            Expr::Ident(name) => !self.hidden.contains(&name.name) && crate::compile::is_type(&name.name),
            Expr::Null(_) | Expr::Bool(..) | Expr::Number(..) | Expr::String(_) => true,
            e => self.is_constant(e),
        };
        match e {
            Expr::Paren(e, _) => self.is_constant(e),
            Expr::Unary { op, operand: of, .. } => *op != UnaryOp::Default && operand(of),
            Expr::Binary { op, left, right, .. } => *op != BinaryOp::Or && operand(left) && operand(right),
            _ => false,
        }
    }

    fn worked_out(&self, e: &Expr) -> Option<Expr> {
        let value = self.empty.as_ref()?.expression(e);
        if value.error().is_some() {
            return None;
        }
        Some(export::expression(value, &Options { schema: true, ..Options::EVAL }))
    }
}

/// Writes a struct of one field as `a: b: 1`; the reference leaves definitions and hidden fields as they are.
fn in_one_line(f: &mut Field) {
    let stays = matches!(&f.label, Label::Ident(name) if name.name.starts_with(['_', '#']));
    if let Expr::Struct(s) = &mut f.value
        && let [Decl::Field(inner)] = s.decls.as_slice()
        && !stays
        && f.attributes.is_empty()
        && inner.attributes.is_empty()
        && inner.doc.is_empty()
    {
        s.braces = false;
    }
}

fn key(f: &Field) -> Option<Key> {
    if f.alias.is_some() || f.postfix_alias.is_some() || matches!(f.value, Expr::Alias { .. }) {
        return None;
    }
    match &f.label {
        Label::Ident(name) => Some((name.name.clone(), name.name.starts_with(['_', '#']), f.constraint)),
        Label::String(s) => match &s.value {
            Text::String(text) => Some((text.clone(), false, f.constraint)),
            Text::Bytes(_) => None,
        },
        _ => None,
    }
}

/// Takes a later declaration of a field over into the first one.
fn add(first: &mut Field, later: Field) {
    first.doc.extend(later.doc.iter().cloned());
    for attribute in later.attributes.iter() {
        if !first.attributes.iter().any(|a| (&a.name, &a.body) == (&attribute.name, &attribute.body)) {
            first.attributes.push(attribute.clone());
        }
    }
    // A name binds, a string does not.
    if matches!(first.label, Label::String(_)) {
        first.label = later.label;
    }
    match (&mut first.value, later.value) {
        (Expr::Struct(a), Expr::Struct(b)) if one_scope(&a.decls, &b.decls) => {
            a.braces |= b.braces;
            a.decls.extend(b.decls);
        }
        (a, b) if print_expr(a, 0) == print_expr(&b, 0) => {}
        (a, b) => {
            let span = a.span();
            let left = Box::new(operand(std::mem::replace(a, Expr::Bottom(span))));
            *a = Expr::Binary { op: BinaryOp::And, op_span: span, left, right: Box::new(operand(b)), span };
        }
    }
}

/// An expression as an operand of `&`.
fn operand(e: Expr) -> Expr {
    match e {
        Expr::Binary { op: BinaryOp::And, .. } => e,
        Expr::Binary { span, .. } => Expr::Paren(Box::new(e), span),
        e => e,
    }
}

/// Whether two struct literals say the same when they are one.
fn one_scope(a: &[Decl], b: &[Decl]) -> bool {
    let plain = |d: &Decl| matches!(d, Decl::Field(_) | Decl::Let(_) | Decl::Attribute(_));
    if !a.iter().chain(b).all(plain) {
        return false;
    }
    let declared = |decls: &[Decl]| decls.iter().flat_map(names::declared).collect::<FxHashMap<SmolStr, bool>>();
    let (ours, theirs) = (declared(a), declared(b));
    let fields = ours.iter().all(|(name, is_field)| theirs.get(name).is_none_or(|other| *is_field && *other));
    // A name that one of them declares, and the other has from further out.
    let kept = |decls: &[Decl], own: &FxHashMap<SmolStr, bool>, other: &FxHashMap<SmolStr, bool>| {
        decls.iter().flat_map(names::used).all(|name| own.contains_key(&name) || !other.contains_key(&name))
    };
    fields && kept(a, &ours, &theirs) && kept(b, &theirs, &ours)
}
