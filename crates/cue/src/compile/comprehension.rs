//! `for`, `if`, `let`, `try`.

use super::Compiler;
use super::scope::{Alias, Scope};
use crate::ir::{Clause, Comprehension, Expr};
use cue_syntax::ast;
use rustc_hash::FxHashMap;

impl Compiler<'_> {
    pub(crate) fn comprehension(&mut self, c: &ast::Comprehension) -> u32 {
        let depth = self.scopes.len();
        let mut clauses = Vec::with_capacity(c.clauses.len());
        let outer = self.tries;
        for (i, clause) in c.clauses.iter().enumerate() {
            match clause {
                ast::Clause::For { key, value, source, .. } => {
                    let source = self.expr(source);
                    let mut aliases = FxHashMap::default();
                    if let Some(key) = key {
                        aliases.insert(key.name.clone(), (Alias::Variable(0), key.span));
                    }
                    aliases.insert(value.name.clone(), (Alias::Variable(1), value.span));
                    aliases.remove("_");
                    self.scopes.push(Scope { aliases, runtime: true, ..Scope::default() });
                    clauses.push(Clause::For { source });
                }
                ast::Clause::If { condition, .. } => {
                    let condition = self.expr(condition);
                    clauses.push(Clause::If(condition));
                }
                ast::Clause::Let(clause) => {
                    let value = self.expr(&clause.value);
                    let mut scope = Scope::default();
                    scope.names.lets.insert(clause.name.name.clone(), value);
                    self.scopes.push(scope);
                    clauses.push(Clause::Let);
                }
                ast::Clause::Try { binding, span } => {
                    if !self.features.try_ {
                        let text = "try requires @experiment(try)";
                        self.error("cue/experiment", text, *span);
                    }
                    match binding {
                        Some((name, value)) => {
                            self.tries = true;
                            let value = self.expr(value);
                            self.tries = outer;
                            self.scopes.push(Scope::single(name, Alias::Variable(1), true));
                            clauses.push(Clause::Try(Some(value)));
                        }
                        None => {
                            if i + 1 < c.clauses.len() {
                                let text = "struct-form try clause must be the last clause in a comprehension";
                                self.error("cue/syntax", text, *span);
                            }
                            clauses.push(Clause::Try(None));
                        }
                    }
                }
            }
        }
        self.tries = matches!(clauses.last(), Some(Clause::Try(None))) || outer;
        let body = self.structure(&c.body);
        self.tries = outer;
        while self.scopes.len() > depth {
            self.scopes.pop();
        }
        let fallback = c.fallback.as_ref().map(|(_, body)| self.structure(body));
        let labels = match &self.ir.exprs[body] {
            Expr::Struct(s) => self.ir.structs[*s].labels.clone(),
            _ => None,
        };
        let labels = match (labels, fallback.map(|f| self.ir.exprs[f].clone())) {
            (labels, None) => labels,
            (Some(a), Some(Expr::Struct(s))) => {
                self.ir.structs[s].labels.as_ref().map(|b| a.iter().chain(b.iter()).copied().collect())
            }
            _ => None,
        };
        self.ir.comprehensions.push(Comprehension { clauses: clauses.into(), body, fallback, labels })
    }
}
