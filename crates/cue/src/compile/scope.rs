//! Scopes during compilation.

use super::{Compiler, FileNames, Import};
use crate::ir::{Expr, ExprId};
use cue_syntax::Span;
use cue_syntax::ast::{Decl, Expr as Ast, Ident, Label};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

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

/// One level of names. `runtime` says whether the evaluator has a scope for it too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    pub(crate) fields: FxHashSet<SmolStr>,
    pub(crate) names: FileNames,
    pub(crate) aliases: FxHashMap<SmolStr, (Alias, Span)>,
    pub(crate) used: FxHashSet<SmolStr>,
    /// A let that is being compiled does not see itself.
    pub(crate) masked: Option<SmolStr>,
    pub(crate) runtime: bool,
    pub(crate) is_struct: bool,
}

impl Scope {
    pub(crate) fn package(fields: FxHashSet<SmolStr>, names: FileNames) -> Scope {
        Scope { fields, names, runtime: true, is_struct: true, ..Scope::default() }
    }
    pub(crate) fn structure() -> Scope {
        Scope { runtime: true, is_struct: true, ..Scope::default() }
    }
    /// A scope of a single name.
    pub(crate) fn single(name: &Ident, alias: Alias, runtime: bool) -> Scope {
        let mut aliases = FxHashMap::default();
        aliases.insert(name.name.clone(), (alias, name.span));
        Scope { aliases, runtime, ..Scope::default() }
    }
}

/// Identifiers that these declarations bind as fields.
pub(crate) fn declared(decls: &[Decl], into: &mut FxHashSet<SmolStr>) {
    for decl in decls {
        if let Decl::Field(field) = decl
            && let Label::Ident(name) = &field.label
        {
            into.insert(name.name.clone());
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
