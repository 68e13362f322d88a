//! Following a name to what it stands for: the fields behind an expression, across definitions, defaults, alternatives and
//! the packages that definitions import.

use super::scope::{Binding, Scope, Unit, label_text, resolve};
use cue_syntax::Source;
use cue_syntax::ast::{BinaryOp, Decl, Element, Expr, Field, Label, StructLit};
use render::builtin::Added;

/// How many steps are followed; more is a definition that refers to itself.
const STEPS: u32 = 48;

/// A file with the packages that it imports.
#[derive(Debug)]
pub(super) struct View {
    pub(super) main: Unit,
    packages: Vec<(String, Vec<Unit>)>,
}

/// An expression in its place.
#[derive(Debug, Clone)]
pub(super) struct At<'a> {
    pub(super) unit: &'a Unit,
    pub(super) scopes: Vec<Scope<'a>>,
    pub(super) expr: &'a Expr,
}

/// A field in its place.
#[derive(Debug, Clone)]
pub(super) struct Member<'a> {
    pub(super) unit: &'a Unit,
    pub(super) scopes: Vec<Scope<'a>>,
    pub(super) field: &'a Field,
}

impl<'a> Member<'a> {
    pub(super) fn name(&self) -> &'a str {
        label_text(&self.field.label).unwrap_or_default()
    }

    pub(super) fn value(&self) -> At<'a> {
        At { unit: self.unit, scopes: self.scopes.clone(), expr: &self.field.value }
    }
}

impl View {
    pub(super) fn new(source: &std::sync::Arc<Source>, added: &Added) -> Option<View> {
        let main = Unit::new(source)?;
        let mut packages = Vec::new();
        for import in &main.file.imports {
            let path = import.path.split(':').next().unwrap_or_default();
            let files = added.package(path).unwrap_or_default();
            let units = files.into_iter().filter_map(|(name, text)| Unit::new(&Source::new(name, text.to_string())));
            packages.push((path.to_owned(), units.collect()));
        }
        Some(View { main, packages })
    }

    /// The files of a package of Lateen, or of an added one.
    pub(super) fn package(&self, path: &str) -> &[Unit] {
        let path = path.split(':').next().unwrap_or_default();
        self.packages.iter().find(|(p, _)| p == path).map_or(&[], |(_, units)| units)
    }

    /// The top-level declarations of a package.
    pub(super) fn exports(&self, path: &str) -> Vec<Member<'_>> {
        let mut out = Vec::new();
        for unit in self.package(path) {
            let scopes = vec![Scope::Decls(&unit.file.decls)];
            out.extend(unit.file.decls.iter().filter_map(|d| match d {
                Decl::Field(field) => Some(Member { unit, scopes: scopes.clone(), field }),
                _ => None,
            }));
        }
        out
    }

    /// The fields that a value has, as far as they are written.
    pub(super) fn members<'a>(&'a self, at: &At<'a>) -> Vec<Member<'a>> {
        let mut out = Vec::new();
        self.shapes(at, 0, &mut |view, shape, depth| {
            if let Expr::Struct(s) = shape.expr {
                view.of_struct(s, &shape, depth, &mut out);
            }
        });
        out
    }

    /// The fields of this name that a value has.
    pub(super) fn named<'a>(&'a self, at: &At<'a>, name: &str) -> Vec<Member<'a>> {
        self.members(at).into_iter().filter(|m| m.name() == name).collect()
    }

    /// What the elements of a list, or the entries of a map, are.
    pub(super) fn elements<'a>(&'a self, at: &At<'a>) -> Vec<At<'a>> {
        let mut out = Vec::new();
        self.shapes(at, 0, &mut |_, shape, _| match shape.expr {
            Expr::List(list) => {
                for element in &list.elements {
                    match element {
                        Element::Value(e) => out.push(At { expr: e, ..shape.clone() }),
                        Element::Ellipsis(e) => {
                            out.extend(e.value.as_deref().map(|e| At { expr: e, ..shape.clone() }));
                        }
                        Element::Comprehension(_) => {}
                    }
                }
            }
            Expr::Struct(s) => {
                let mut scopes = shape.scopes.clone();
                scopes.push(Scope::Decls(&s.decls));
                out.extend(s.decls.iter().filter_map(|d| match d {
                    Decl::Field(f) => Some(At { unit: shape.unit, scopes: scopes.clone(), expr: &f.value }),
                    _ => None,
                }));
            }
            _ => {}
        });
        out
    }

    fn of_struct<'a>(&'a self, s: &'a StructLit, shape: &At<'a>, depth: u32, out: &mut Vec<Member<'a>>) {
        let mut scopes = shape.scopes.clone();
        scopes.push(Scope::Decls(&s.decls));
        self.of_decls(&s.decls, shape.unit, &scopes, depth, out);
    }

    fn of_decls<'a>(
        &'a self,
        decls: &'a [Decl],
        unit: &'a Unit,
        scopes: &[Scope<'a>],
        depth: u32,
        out: &mut Vec<Member<'a>>,
    ) {
        if depth > STEPS {
            return;
        }
        for decl in decls {
            match decl {
                Decl::Field(field) if label_text(&field.label).is_some() => {
                    out.push(Member { unit, scopes: scopes.to_vec(), field });
                }
                Decl::Comprehension(c) => {
                    let mut inner = scopes.to_vec();
                    inner.push(Scope::Clauses(&c.clauses));
                    inner.push(Scope::Decls(&c.body.decls));
                    self.of_decls(&c.body.decls, unit, &inner, depth + 1, out);
                }
                Decl::Embedding(e) => {
                    let at = At { unit, scopes: scopes.to_vec(), expr: e };
                    self.shapes(&at, depth + 1, &mut |view, shape, depth| {
                        if let Expr::Struct(s) = shape.expr {
                            view.of_struct(s, &shape, depth, out);
                        }
                    });
                }
                _ => {}
            }
        }
    }

    /// Calls `f` with the structs, lists and scalars behind an expression: of `a & b` and `a | b` with those of both.
    pub(super) fn shapes<'a>(&'a self, at: &At<'a>, depth: u32, f: &mut dyn FnMut(&'a View, At<'a>, u32)) {
        if depth > STEPS {
            return;
        }
        let deeper = depth + 1;
        let with = |expr: &'a Expr| At { expr, ..at.clone() };
        match at.expr {
            Expr::Paren(e, _) | Expr::Open(e, _) | Expr::Alias { value: e, .. } => self.shapes(&with(e), deeper, f),
            Expr::Unary { operand, .. } => self.shapes(&with(operand), deeper, f),
            Expr::Binary { op: BinaryOp::And | BinaryOp::Or, left, right, .. } => {
                self.shapes(&with(left), deeper, f);
                self.shapes(&with(right), deeper, f);
            }
            Expr::Call { function, arguments, .. } if matches!(&**function, Expr::Ident(id) if id.name == "close") => {
                arguments.iter().for_each(|e| self.shapes(&with(e), deeper, f));
            }
            Expr::Ident(id) => {
                let Some(binding) = resolve(at.unit, &at.scopes, &id.name) else { return };
                self.behind(&binding, at, deeper, f);
            }
            Expr::Selector { operand, label, .. } => {
                let Some(name) = label_text(label) else { return };
                for member in self.select(&with(operand), name, deeper) {
                    self.shapes(&member.value(), deeper, f);
                }
            }
            Expr::Index { operand, index, .. } => {
                let operand = with(operand);
                if let Expr::String(_) = &**index {
                    let name = match &**index {
                        Expr::String(s) => Label::String(s.clone()),
                        _ => return,
                    };
                    let Some(name) = label_text(&name) else { return };
                    for member in self.select(&operand, name, deeper) {
                        self.shapes(&member.value(), deeper, f);
                    }
                    return;
                }
                for element in self.elements(&operand) {
                    self.shapes(&element, deeper, f);
                }
            }
            _ => f(self, at.clone(), depth),
        }
    }

    fn behind<'a>(&'a self, binding: &Binding<'a>, at: &At<'a>, depth: u32, f: &mut dyn FnMut(&'a View, At<'a>, u32)) {
        let within = |expr: &'a Expr, around: usize| At {
            unit: at.unit,
            scopes: at.scopes.get(..around).unwrap_or_default().to_vec(),
            expr,
        };
        match binding {
            Binding::Fields(fields, around) => {
                fields.iter().for_each(|field| self.shapes(&within(&field.value, *around), depth, f));
            }
            Binding::Let(l, around) => self.shapes(&within(&l.value, *around), depth, f),
            Binding::Alias(_, value, around) => self.shapes(&within(value, *around), depth, f),
            Binding::Variable(_, Some(source), around) => {
                for element in self.elements(&within(source, *around)) {
                    self.shapes(&element, depth, f);
                }
            }
            Binding::Variable(_, None, _) | Binding::Import(_) | Binding::Context => {}
        }
    }

    /// The fields of this name of an operand: of a value, or of a package.
    pub(super) fn select<'a>(&'a self, operand: &At<'a>, name: &str, depth: u32) -> Vec<Member<'a>> {
        if depth > STEPS {
            return Vec::new();
        }
        if let Expr::Ident(id) = operand.expr
            && let Some(Binding::Import(import)) = resolve(operand.unit, &operand.scopes, &id.name)
        {
            return self.exports(&import.path).into_iter().filter(|m| m.name() == name).collect();
        }
        let mut out = Vec::new();
        self.shapes(operand, depth, &mut |view, shape, depth| {
            if let Expr::Struct(s) = shape.expr {
                view.of_struct(s, &shape, depth, &mut out);
            }
        });
        out.retain(|m| m.name() == name);
        out
    }
}
