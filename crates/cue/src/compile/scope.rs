//! Scopes during compilation.

use super::{Compiler, FileNames, Import};
use crate::ir::{Expr, ExprId};
use cue_syntax::Span;
use cue_syntax::ast::{Decl, Expr as Ast, Ident, Label};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use smol_str::SmolStr;
use std::sync::Arc;

/// A name that stands for something other than a field.
#[derive(Debug, Clone)]
pub(crate) enum Alias {
    /// A static field of the same scope.
    Field(crate::ir::Sym),
    /// A dynamic field of the same scope.
    Dynamic(ExprId),
    /// The label of the scope.
    Label,
    /// The struct of the scope.
    Value,
    /// A variable of a `for` clause.
    Variable(u8),
    /// The text of a static label.
    Constant(ExprId),
}

/// The names that a scope binds as fields.
#[derive(Debug, Clone)]
pub(crate) enum Fields {
    /// Searched one by one.
    Few(SmallVec<[SmolStr; 6]>),
    Many(Arc<FxHashSet<SmolStr>>),
}

impl Default for Fields {
    fn default() -> Self {
        Fields::Few(SmallVec::new())
    }
}

impl Fields {
    fn of(decls: &[Decl]) -> Fields {
        const FEW: usize = 12;
        if decls.len() > FEW {
            let mut all = FxHashSet::default();
            declared(decls, |name| {
                all.insert(name.clone());
            });
            return Fields::Many(Arc::new(all));
        }
        let mut few = SmallVec::new();
        declared(decls, |name| few.push(name.clone()));
        Fields::Few(few)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        match self {
            Fields::Few(names) => names.iter().any(|n| n == name),
            Fields::Many(names) => names.contains(name),
        }
    }

    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = &SmolStr> + '_> {
        match self {
            Fields::Few(names) => Box::new(names.iter()),
            Fields::Many(names) => Box::new(names.iter()),
        }
    }
}

/// One level of names. `runtime` says whether the evaluator has a scope for it too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    pub(crate) fields: Fields,
    pub(crate) names: FileNames,
    pub(crate) aliases: FxHashMap<SmolStr, (Alias, Span)>,
    pub(crate) used: FxHashSet<SmolStr>,
    /// A let that is being compiled does not see itself.
    pub(crate) masked: Option<SmolStr>,
    pub(crate) runtime: bool,
    pub(crate) is_struct: bool,
}

impl Scope {
    pub(crate) fn package(fields: Fields, names: FileNames) -> Scope {
        Scope { fields, names, runtime: true, is_struct: true, ..Scope::default() }
    }
    pub(crate) fn structure(decls: &[Decl]) -> Scope {
        Scope { fields: Fields::of(decls), runtime: true, is_struct: true, ..Scope::default() }
    }
    /// A scope of a single name.
    pub(crate) fn single(name: &Ident, alias: Alias, runtime: bool) -> Scope {
        let mut aliases = FxHashMap::default();
        aliases.insert(name.name.clone(), (alias, name.span));
        Scope { aliases, runtime, ..Scope::default() }
    }
}

/// Identifiers that these declarations bind as fields.
pub(crate) fn declared<'d>(decls: &'d [Decl], mut each: impl FnMut(&'d SmolStr)) {
    for decl in decls {
        if let Decl::Field(field) = decl
            && let Label::Ident(name) = &field.label
        {
            each(&name.name);
        }
    }
}

pub(crate) fn decl_span(decl: &Decl) -> Span {
    match decl {
        Decl::Field(f) => f.span,
        Decl::Embedding(e) => e.span(),
        Decl::Let(l) => l.span,
        Decl::Ellipsis(e) => e.span,
        Decl::Comprehension(c) => c.span,
        Decl::Attribute(a) => a.span,
    }
}

impl Compiler<'_> {
    /// What a name means here; `None` after reporting that it means nothing.
    pub(crate) fn resolve(&mut self, name: &SmolStr, span: Span) -> Option<Expr> {
        let mut up: u16 = 0;
        let mut found = None;
        for scope in self.scopes.iter_mut().rev() {
            let masked = scope.masked.as_ref() == Some(name);
            if let Some((alias, _)) = scope.aliases.get(name) {
                scope.used.insert(name.clone());
                let alias = alias.clone();
                found = Some(match alias {
                    Alias::Field(label) => Expr::Field { up, label },
                    Alias::Dynamic(label) => Expr::DynamicField { up, label },
                    Alias::Label => Expr::ScopeLabel { up },
                    Alias::Value => Expr::ScopeValue { up },
                    Alias::Constant(id) => self.ir.exprs[id].clone(),
                    Alias::Variable(index) => Expr::Variable { up, index },
                });
                break;
            }
            if !masked && let Some(value) = scope.names.lets.get(name) {
                scope.used.insert(name.clone());
                for open in &self.open_lets {
                    self.let_uses.entry(*open).or_default().push((*value, span));
                }
                found = Some(Expr::Let { up, value: *value });
                break;
            }
            if scope.fields.contains(name) {
                let label = self.ir.symbols.ident(name, self.hidden);
                found = Some(Expr::Field { up, label });
                break;
            }
            if let Some(import) = scope.names.imports.get(name) {
                scope.used.insert(name.clone());
                found = match import {
                    Import::Package(id) => Some(Expr::Package(*id)),
                    Import::Builtin(_) => {
                        let text = format!("package {name} cannot be used as a value");
                        self.error("cue/package-value", text, span);
                        None
                    }
                };
                return found;
            }
            if scope.runtime {
                up += 1;
            }
        }
        if found.is_none() && name == "self" && self.features.alias_v2 {
            let mut up = 0;
            for scope in self.scopes.iter().rev() {
                if scope.is_struct {
                    return Some(Expr::ScopeValue { up });
                }
                if scope.runtime {
                    up += 1;
                }
            }
        }
        if found.is_none() && self.lenient && super::expr::predeclared(name).is_none() && up > 0 {
            let label = self.ir.symbols.ident(name, self.hidden);
            found = Some(Expr::Field { up: up - 1, label });
        }
        found
    }

    /// The builtin package that a name stands for, if that is what it stands for.
    pub(crate) fn builtin_package(&mut self, name: &SmolStr) -> Option<SmolStr> {
        for scope in self.scopes.iter_mut().rev() {
            if scope.aliases.contains_key(name) || scope.names.lets.contains_key(name) || scope.fields.contains(name) {
                return None;
            }
            if let Some(import) = scope.names.imports.get(name) {
                scope.used.insert(name.clone());
                return match import {
                    Import::Builtin(path) => Some(path.clone()),
                    Import::Package(_) => None,
                };
            }
        }
        if self.lenient { super::packages::well_known(name) } else { None }
    }

    /// Reports aliases of a finished scope that nothing used.
    pub(crate) fn check_unused(&mut self, scope: &Scope) {
        let mut unused: Vec<(SmolStr, Span)> = scope
            .aliases
            .iter()
            .filter(|(name, (alias, _))| {
                !scope.used.contains(*name) && !matches!(alias, Alias::Variable(_) | Alias::Label) && *name != "_"
            })
            .map(|(name, (_, span))| (name.clone(), *span))
            .collect();
        unused.sort_by_key(|(_, span)| *span);
        for (name, span) in unused {
            self.error("cue/unused-alias", format!("unreferenced alias or let clause {name}"), span);
        }
    }
}

/// `a` of `X=a`, when the expression is a value alias.
pub(crate) fn value_alias(expr: &Ast) -> Option<(&Ident, &Ast)> {
    match expr {
        Ast::Alias { name, value, .. } => Some((name, value)),
        _ => None,
    }
}
