//! Struct literals and files: declarations sorted by kind, lets compiled once a scope.

use super::scope::{Alias, Scope, value_alias};
use super::{Compiler, Import};
use crate::ir::{ArcKind, Decl, Expr, ExprId, FieldMeta, OptionalField, StructLit, Sym};
use cue_syntax::ast::{self, Constraint, Label, Text};
use cue_syntax::{Diagnostic, Span};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use smol_str::SmolStr;
use std::borrow::Cow;

/// What the declarations of a struct literal have come to.
#[derive(Default)]
struct Made {
    out: Vec<Decl>,
    embeds: bool,
    open: bool,
    regular: bool,
}

impl Compiler<'_> {
    pub(crate) fn structure(&mut self, lit: &ast::StructLit) -> ExprId {
        let scope = Scope::structure(&lit.decls);
        self.struct_in(scope, Cow::Borrowed(&lit.decls), lit.span, false).0
    }

    /// Compiles declarations in a scope and returns the scope for what it learned. Of declarations that are given away
    /// each is freed when it is done.
    pub(crate) fn struct_in(
        &mut self,
        scope: Scope,
        decls: Cow<'_, [ast::Decl]>,
        span: Span,
        file: bool,
    ) -> (ExprId, Scope) {
        self.scopes.push(scope);
        let lets = self.declare(&decls);
        for (clause, id) in &lets {
            let outer = self.scopes.last_mut().and_then(|s| s.masked.replace(clause.name.name.clone()));
            self.open_lets.push(*id);
            let value = self.expr(&clause.value);
            self.open_lets.pop();
            if let Some(s) = self.scopes.last_mut() {
                s.masked = outer;
            }
            self.ir.exprs[*id] = self.ir.exprs[value].clone();
            self.ir.spans[*id] = self.ir.spans[value];
        }
        self.let_cycles(&lets);
        let lets: Vec<ast::Ident> = lets.into_iter().map(|(clause, _)| clause.name.clone()).collect();
        let mut made = Made { out: Vec::with_capacity(decls.len()), ..Made::default() };
        match decls {
            Cow::Borrowed(decls) => decls.iter().for_each(|d| self.declaration(d, &mut made)),
            Cow::Owned(decls) => decls.into_iter().for_each(|d| self.declaration(&d, &mut made)),
        }
        let Made { out, embeds, open, regular } = made;
        let mut lit = StructLit { file, embeds, open, ..StructLit::default() };
        lit.keeps_closed = self.features.explicit_open && !self.lenient;
        lit.is_struct = regular || !lit.embeds;
        lit.labels = self.labels_of(&out);
        (lit.optional, lit.repeats) = optional_fields(&out);
        lit.dynamic = out.iter().any(|d| matches!(d, Decl::Dynamic { .. }));
        lit.again = lit.dynamic || any_twice(&out);
        lit.decls = out.into();
        let scope = self.scopes.pop().unwrap_or_default();
        for name in lets {
            if !scope.used.contains(&name.name) {
                let text = format!("unreferenced alias or let clause {}", name.name);
                self.error("cue/unused-alias", text, name.span);
            }
        }
        self.check_unused(&scope);
        let id = self.ir.structs.push(lit);
        (self.ir.add(Expr::Struct(id), span), scope)
    }

    fn declaration(&mut self, decl: &ast::Decl, made: &mut Made) {
        match decl {
            ast::Decl::Field(field) => {
                let before = self.diagnostics.len();
                let compiled = self.field(field);
                if self.diagnostics.len() > before {
                    self.told_at(before, &field.label);
                }
                if let Some(decl) = compiled {
                    made.regular |= matches!(
                        &decl,
                        Decl::Field { label, arc: ArcKind::Member | ArcKind::Required, .. } if label.is_regular()
                    );
                    made.out.push(decl);
                }
            }
            ast::Decl::Embedding(e) => {
                made.embeds = true;
                let id = self.expr(e);
                made.out.push(Decl::Embedding(id));
            }
            ast::Decl::Comprehension(c) => {
                made.embeds = true;
                let id = self.comprehension(c);
                made.out.push(Decl::Comprehension(id));
            }
            ast::Decl::Ellipsis(e) => {
                if e.value.is_some() {
                    self.error("cue/syntax", "typed ellipsis in a struct is not supported", e.span);
                }
                made.open = true;
                made.out.push(Decl::Ellipsis);
            }
            ast::Decl::Let(_) | ast::Decl::Attribute(_) => {}
        }
    }

    /// Puts a field's name before the paths of what was found in its value.
    fn told_at(&mut self, before: usize, label: &Label) {
        let name = match label {
            Label::Ident(name) => name.name.to_string(),
            Label::String(lit) => match &lit.value {
                Text::String(text) => crate::eval::quoted(text),
                Text::Bytes(_) => return,
            },
            _ => return,
        };
        for d in self.diagnostics.iter_mut().skip(before).filter(|d| d.code == "cue/eval") {
            d.path = Some(match &d.path {
                Some(inner) => format!("{name}.{inner}"),
                None => name.clone(),
            });
        }
    }

    /// Reports a let that refers to itself by way of other lets; the first of them only.
    fn let_cycles(&mut self, lets: &[(&ast::LetClause, ExprId)]) {
        for (_, start) in lets {
            let mut todo: Vec<(ExprId, Option<Span>)> = vec![(*start, None)];
            let mut seen = FxHashSet::default();
            while let Some((at, first)) = todo.pop() {
                for (to, span) in self.let_uses.get(&at).into_iter().flatten() {
                    let first = first.unwrap_or(*span);
                    if to == start {
                        self.error("cue/cycle", "cyclic references in let clause or alias", first);
                        return;
                    }
                    if seen.insert(*to) {
                        todo.push((*to, Some(first)));
                    }
                }
            }
        }
        for (_, id) in lets {
            self.let_uses.remove(id);
        }
    }

    /// Enters lets and field aliases into the innermost scope.
    fn declare<'d>(&mut self, decls: &'d [ast::Decl]) -> Vec<(&'d ast::LetClause, ExprId)> {
        let mut lets = Vec::new();
        for decl in decls {
            match decl {
                ast::Decl::Let(clause) => {
                    let name = &clause.name;
                    if let ast::Expr::Ident(x) = &*clause.value
                        && x.name != name.name
                        && let Some(path) = self.builtin_package(&x.name)
                        && let Some(scope) = self.scopes.last_mut()
                    {
                        // Another name for a package.
                        scope.names.imports.insert(name.name.clone(), Import::Builtin(path));
                        continue;
                    }
                    let id = self.ir.add(Expr::Bottom, clause.span);
                    lets.push((clause, id));
                    let Some(scope) = self.scopes.last_mut() else { continue };
                    let clash = scope.fields.contains(&name.name) || scope.aliases.contains_key(&name.name);
                    let before = scope.names.lets.insert(name.name.clone(), id);
                    if clash || before.is_some() {
                        // Which of them is meant where is not known.
                        scope.used.insert(name.name.clone());
                    }
                    if clash {
                        self.clash(name);
                    } else if let Some(before) = before {
                        let first = self.ir.spans[before];
                        let d = Diagnostic::error("cue/redeclared", format!("cannot redeclare {}", name.name));
                        let d = d.at(&self.sources, name.span, "").at(&self.sources, first, "declared here first");
                        self.diagnostics.push(d);
                    }
                }
                ast::Decl::Field(field) => {
                    let postfix = field.postfix_alias.as_ref();
                    if let Some(key) = postfix.and_then(|p| p.key.as_ref())
                        && key.name != "_"
                        && let Some(label) = self.static_label(&field.label)
                    {
                        let text = self.ir.symbols.text(label).clone();
                        let id = self.ir.add(Expr::Str(text), key.span);
                        self.alias(key, Alias::Constant(id));
                    }
                    let postfix = postfix.map(|p| &p.value);
                    let Some(name) = field.alias.as_deref().or(postfix).filter(|n| n.name != "_") else { continue };
                    let alias = match &field.label {
                        Label::Pattern { .. } => continue,
                        Label::Ident(_) | Label::String(_) => match self.static_label(&field.label) {
                            Some(label) => Alias::Field(label),
                            None => continue,
                        },
                        // Compiled below, when everything of the scope is known.
                        Label::Interpolation(_) | Label::Dynamic(..) => {
                            Alias::Dynamic(self.ir.add(Expr::Bottom, field.label.span()))
                        }
                    };
                    self.alias(name, alias);
                }
                _ => {}
            }
        }
        lets
    }

    fn alias(&mut self, name: &ast::Ident, alias: Alias) {
        let Some(scope) = self.scopes.last_mut() else { return };
        if scope.fields.contains(&name.name) {
            self.clash(name);
        } else if scope.names.lets.contains_key(&name.name)
            || scope.aliases.insert(name.name.clone(), (alias, name.span)).is_some()
        {
            self.error("cue/redeclared", format!("cannot redeclare {}", name.name), name.span);
        }
    }

    fn clash(&mut self, name: &ast::Ident) {
        let text = format!("cannot have both alias and field with name \"{}\" in same scope", name.name);
        self.error("cue/redeclared", text, name.span);
    }

    /// The label of an identifier or a plain string.
    fn static_label(&mut self, label: &Label) -> Option<Sym> {
        match label {
            Label::Ident(name) => {
                if name.name.starts_with("__") {
                    let text = "identifiers starting with '__' are reserved";
                    self.error("cue/syntax", text, name.span);
                }
                Some(self.ir.symbols.ident(&name.name, self.hidden))
            }
            Label::String(lit) => match &lit.value {
                Text::String(text) => Some(self.ir.symbols.string(text)),
                Text::Bytes(_) => {
                    self.error("cue/syntax", "a bytes literal cannot be a label", lit.span);
                    None
                }
            },
            _ => None,
        }
    }

    fn field(&mut self, field: &ast::Field) -> Option<Decl> {
        let arc = match field.constraint {
            Constraint::Regular => ArcKind::Member,
            Constraint::Optional => ArcKind::Optional,
            Constraint::Required => ArcKind::Required,
        };
        if let Some(name) = &field.alias {
            self.names_something(name);
        }
        if let Some(name) = &field.alias
            && self.features.alias_v2
        {
            let text = "old-style alias no longer supported with @experiment(aliasv2); use ~ instead";
            self.error("cue/syntax", text, name.span);
        }
        let meta = self.meta(field);
        let key = field.postfix_alias.as_ref().and_then(|p| p.key.as_ref()).filter(|k| k.name != "_");
        match &field.label {
            Label::Ident(_) | Label::String(_) => {
                let label = self.static_label(&field.label)?;
                let value = self.value(&field.value);
                self.ir.declare(value, meta);
                Some(Decl::Field { label, arc, value, meta })
            }
            Label::Pattern { alias, value: pattern, .. } => {
                let pattern = self.expr(pattern);
                let value_name =
                    field.alias.as_deref().or(field.postfix_alias.as_ref().map(|p| &p.value)).filter(|n| n.name != "_");
                let label_name = alias.as_ref().or(key);
                if let Some(name) = label_name {
                    self.scopes.push(Scope::single(name, Alias::Label, true));
                }
                let value = match value_name {
                    Some(name) => self.aliased(name, &field.value),
                    None => self.value(&field.value),
                };
                if label_name.is_some()
                    && let Some(scope) = self.scopes.pop()
                {
                    self.check_unused(&scope);
                }
                Some(Decl::Pattern { pattern, value, binds: label_name.is_some() })
            }
            Label::Interpolation(_) | Label::Dynamic(..) => {
                let label = match &field.label {
                    Label::Interpolation(i) => self.interpolation(i),
                    Label::Dynamic(e, _) => self.expr(e),
                    _ => return None,
                };
                let postfix = field.postfix_alias.as_ref().map(|p| &p.value);
                if let Some(name) = field.alias.as_deref().or(postfix)
                    && let Some((Alias::Dynamic(id), _)) = self.scopes.last().and_then(|s| s.aliases.get(&name.name))
                {
                    let id = *id;
                    self.ir.exprs[id] = self.ir.exprs[label].clone();
                }
                if let Some(name) = key {
                    self.scopes.push(Scope::single(name, Alias::Label, true));
                }
                let value = self.value(&field.value);
                if key.is_some()
                    && let Some(scope) = self.scopes.pop()
                {
                    self.check_unused(&scope);
                }
                self.ir.declare(value, meta);
                if let Expr::Str(text) = self.ir.exprs[label].clone() {
                    let label = self.ir.symbols.string(&text);
                    if key.is_none() {
                        return Some(Decl::Field { label, arc, value, meta });
                    }
                }
                Some(Decl::Dynamic { label, arc, value, meta, binds: key.is_some() })
            }
        }
    }

    /// The value of a field, with or without a value alias.
    pub(crate) fn value(&mut self, value: &ast::Expr) -> ExprId {
        match value_alias(value) {
            Some((name, inner)) => {
                self.names_something(name);
                if self.features.alias_v2 {
                    let text = "old-style alias no longer supported with @experiment(aliasv2); use ~ instead";
                    self.error("cue/syntax", text, name.span);
                }
                self.aliased(name, inner)
            }
            None => self.expr(value),
        }
    }

    /// `_` is no name for an alias.
    fn names_something(&mut self, name: &ast::Ident) {
        if name.name == "_" {
            self.error("cue/syntax", "cannot use _ as alias or let clause", name.span);
        }
    }

    pub(crate) fn aliased(&mut self, name: &ast::Ident, value: &ast::Expr) -> ExprId {
        self.scopes.push(Scope::single(name, Alias::Value, true));
        let inner = self.value(value);
        if let Some(scope) = self.scopes.pop() {
            self.check_unused(&scope);
        }
        self.ir.add(Expr::Alias(inner), value.span())
    }

    fn meta(&mut self, field: &ast::Field) -> u32 {
        let doc: Vec<SmolStr> = field.doc.iter().map(|c| c.text.clone()).collect();
        let attributes = field.attributes.iter().map(|a| (a.name.clone(), a.body.clone())).collect();
        self.ir.metas.push(FieldMeta::written(field.label.span(), doc, attributes))
    }

    /// Labels that declarations can give, if they are all known.
    pub(crate) fn labels_of(&self, decls: &[Decl]) -> Option<Box<[Sym]>> {
        let mut labels = Vec::new();
        for decl in decls {
            match decl {
                Decl::Field { label, .. } => labels.push(*label),
                Decl::Comprehension(id) => labels.extend(self.ir.comprehensions[*id].labels.as_deref()?),
                Decl::Embedding(e) => match &self.ir.exprs[*e] {
                    Expr::Struct(s) => labels.extend(self.ir.structs[*s].labels.as_deref()?),
                    _ => return None,
                },
                Decl::Dynamic { .. } => return None,
                Decl::Pattern { .. } | Decl::Ellipsis => {}
            }
        }
        Some(labels.into())
    }
}

/// The optional fields among declarations, by label, and whether one of them is declared otherwise, too.
fn optional_fields(decls: &[Decl]) -> (Box<[OptionalField]>, bool) {
    let mut out = Vec::new();
    let mut before = 0;
    for (i, decl) in decls.iter().enumerate() {
        match decl {
            Decl::Field { label, arc: ArcKind::Optional, .. } => {
                out.push(OptionalField { label: *label, decl: i as u32, before });
            }
            Decl::Field { .. } => before += 1,
            _ => {}
        }
    }
    out.sort_by_key(|f| f.label);
    let others = decls.iter().filter(|_| !out.is_empty()).filter_map(|d| match d {
        Decl::Field { label, arc: ArcKind::Member | ArcKind::Required, .. } => Some(*label),
        _ => None,
    });
    let repeats = others.into_iter().any(|l| out.binary_search_by_key(&l, |f| f.label).is_ok());
    (out.into(), repeats)
}

/// Whether a label is declared more than once.
fn any_twice(decls: &[Decl]) -> bool {
    let mut labels: SmallVec<[Sym; 16]> = SmallVec::with_capacity(decls.len());
    labels.extend(decls.iter().filter_map(|d| match d {
        Decl::Field { label, .. } => Some(*label),
        _ => None,
    }));
    labels.sort_unstable();
    labels.windows(2).any(|w| matches!(w, [a, b] if a == b))
}
