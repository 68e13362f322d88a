//! Names of a syntax tree with their scopes: which are free in it, and giving them others.

use cue_syntax::ast::{Clause, Comprehension, Decl, Element, Expr, Field, Ident, Label, LetClause};
use cue_syntax::with_stack;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// What is done with names.
enum On<'f> {
    /// References that are not bound further in; of `x.y` the label is given, too.
    Free(&'f mut dyn FnMut(&mut Ident, Option<&Label>)),
    /// Every name, with whether it is a reference: else it is a label, a selector's, or binds something.
    Every(&'f mut dyn FnMut(&mut Ident, bool)),
}

/// Calls `f` for the references that are free in declarations, or bound by these themselves; of `x.y` with the label.
pub(super) fn free(decls: &mut [Decl], f: &mut dyn FnMut(&mut Ident, Option<&Label>)) {
    Walk { bound: Vec::new(), on: On::Free(f) }.decls(decls);
}

/// Calls `f` for every name, with whether it is a reference.
pub(super) fn every(decls: &mut [Decl], f: &mut dyn FnMut(&mut Ident, bool)) {
    Walk { bound: Vec::new(), on: On::Every(f) }.decls(decls);
}

/// The names that are free in a declaration, or bound by it.
pub(super) fn used(decl: &Decl) -> FxHashSet<SmolStr> {
    let mut out = FxHashSet::default();
    free(&mut [decl.clone()], &mut |name, _| {
        out.insert(name.name.clone());
    });
    out
}

/// The names that a declaration gives the struct that it stands in, each with whether it is a field.
pub(super) fn declared(decl: &Decl) -> Vec<(SmolStr, bool)> {
    let mut out = Vec::new();
    match decl {
        Decl::Field(f) => {
            if let Label::Ident(name) = &f.label {
                out.push((name.name.clone(), true));
            }
            out.extend(aliases(f).map(|name| (name.name.clone(), false)));
        }
        Decl::Let(l) => out.push((l.name.name.clone(), false)),
        _ => {}
    }
    out
}

fn aliases(f: &Field) -> impl Iterator<Item = &Ident> {
    let postfix = f.postfix_alias.iter().flat_map(|p| p.key.iter().chain([&p.value]));
    f.alias.iter().map(|a| &**a).chain(postfix)
}

struct Walk<'f> {
    bound: Vec<FxHashSet<SmolStr>>,
    on: On<'f>,
}

impl Walk<'_> {
    /// A name that is no reference.
    fn label(&mut self, name: &mut Ident) {
        if let On::Every(f) = &mut self.on {
            f(name, false);
        }
    }

    fn decls(&mut self, decls: &mut [Decl]) {
        for decl in decls {
            with_stack(|| match decl {
                Decl::Field(f) => self.field(f),
                Decl::Embedding(e) => self.expr(e),
                Decl::Let(l) => self.binding(l),
                Decl::Ellipsis(e) => e.value.iter_mut().for_each(|e| self.expr(e)),
                Decl::Comprehension(c) => self.comprehension(c),
                Decl::Attribute(_) => {}
            });
        }
    }

    fn binding(&mut self, l: &mut LetClause) {
        self.label(&mut l.name);
        self.expr(&mut l.value);
    }

    fn scope(&mut self, decls: &mut [Decl]) {
        self.bound.push(decls.iter().flat_map(declared).map(|d| d.0).collect());
        self.decls(decls);
        self.bound.pop();
    }

    fn field(&mut self, f: &mut Field) {
        let mut own: FxHashSet<SmolStr> = aliases(f).map(|a| a.name.clone()).collect();
        f.alias.iter_mut().for_each(|a| self.label(a));
        f.postfix_alias.iter_mut().flat_map(|p| p.key.iter_mut().chain([&mut p.value])).for_each(|a| self.label(a));
        match &mut f.label {
            Label::Ident(name) => self.label(name),
            Label::String(_) => {}
            Label::Interpolation(x) => crate::operands::parts(&mut x.parts, &mut |e| self.expr(e)),
            Label::Dynamic(e, _) => self.expr(e),
            Label::Pattern { alias, value, .. } => {
                self.expr(value);
                own.extend(alias.iter().map(|a| a.name.clone()));
                alias.iter_mut().for_each(|a| self.label(a));
            }
        }
        // An alias of a field with a name is known beside it, too: there the struct has bound it already.
        let named = matches!(f.label, Label::Ident(_) | Label::String(_));
        self.bound.push(if named { FxHashSet::default() } else { own });
        self.expr(&mut f.value);
        self.bound.pop();
    }

    fn comprehension(&mut self, c: &mut Comprehension) {
        let depth = self.bound.len();
        let one = |name: &Ident| FxHashSet::from_iter([name.name.clone()]);
        for clause in &mut c.clauses {
            match clause {
                Clause::For { key, value, source, .. } => {
                    self.expr(source);
                    key.iter_mut().chain([&mut *value]).for_each(|n| self.label(n));
                    self.bound.push(key.iter().chain([&*value]).map(|n| n.name.clone()).collect());
                }
                Clause::If { condition, .. } => self.expr(condition),
                Clause::Let(l) => {
                    self.binding(l);
                    self.bound.push(one(&l.name));
                }
                Clause::Try { binding: Some((name, value)), .. } => {
                    self.expr(value);
                    self.label(name);
                    self.bound.push(one(name));
                }
                Clause::Try { binding: None, .. } => {}
            }
        }
        self.scope(&mut c.body.decls);
        self.bound.truncate(depth);
        c.fallback.iter_mut().for_each(|(_, body)| self.scope(&mut body.decls));
    }

    fn name(&mut self, name: &mut Ident, selected: Option<&Label>) {
        match &mut self.on {
            On::Free(f) if !self.bound.iter().any(|names| names.contains(&name.name)) => f(name, selected),
            On::Free(_) => {}
            On::Every(f) => f(name, true),
        }
    }

    fn expr(&mut self, e: &mut Expr) {
        with_stack(|| match e {
            Expr::Ident(name) => self.name(name, None),
            Expr::Struct(s) => self.scope(&mut s.decls),
            Expr::List(l) => l.elements.iter_mut().for_each(|element| match element {
                Element::Value(e) => self.expr(e),
                Element::Comprehension(c) => self.comprehension(c),
                Element::Ellipsis(e) => e.value.iter_mut().for_each(|e| self.expr(e)),
            }),
            Expr::Alias { name, value, .. } => {
                self.label(name);
                self.bound.push(FxHashSet::from_iter([name.name.clone()]));
                self.expr(value);
                self.bound.pop();
            }
            Expr::Selector { operand, label, .. } => {
                match &mut **operand {
                    Expr::Ident(name) => self.name(name, Some(label)),
                    operand => self.expr(operand),
                }
                if let Label::Ident(name) = &mut **label {
                    self.label(name);
                }
            }
            e => crate::operands::of(e, &mut |e| self.expr(e)),
        });
    }
}
