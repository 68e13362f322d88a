//! Which lines of a definition the cases reached: what stands behind an `if` that never held, or a `for` that never had an
//! element, was not.

use super::run::Runner;
use cue_syntax::ast::{Clause, Comprehension, Decl, Element, Expr};
use cue_syntax::{Source, Span};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The coverage of one definition.
#[derive(Debug, Clone, PartialEq)]
pub struct FileCoverage {
    /// The definition's file.
    pub file: String,
    /// Lines of the template that say something.
    pub lines: usize,
    /// Those of them that were reached.
    pub reached: usize,
    /// Lines that were not reached.
    pub missed_lines: Vec<usize>,
    /// Guards that were never passed, in order.
    pub missed: Vec<Missed>,
}

/// A guard that was never passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// `if x != _|_` or `for x in y`.
    pub text: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl FileCoverage {
    /// Reached lines of a hundred.
    pub fn percent(&self) -> f64 {
        if self.lines == 0 { 100.0 } else { 100.0 * self.reached as f64 / self.lines as f64 }
    }
}

impl Runner {
    /// What the cases that were run have reached; `None` without coverage.
    pub fn coverage(&self) -> Option<FileCoverage> {
        let coverage = self.coverage.as_ref()?;
        let template = &self.loaded.template;
        let source = self.loaded.sources.get(template.source)?.clone();
        let mut look = Look {
            source: &source,
            has: &|span: Span| coverage.has(&source.name, span.start),
            missed: Vec::new(),
            dead: BTreeSet::new(),
            alive: BTreeSet::new(),
        };
        look.decls(&template.decls, 0);
        look.missed.sort_by_key(|m| (m.line, m.column));
        let Look { missed, dead, mut alive, .. } = look;
        alive.retain(|line| !dead.contains(line));
        let file = source.name.clone();
        Some(FileCoverage {
            file,
            lines: alive.len() + dead.len(),
            reached: alive.len(),
            missed_lines: dead.into_iter().collect(),
            missed,
        })
    }
}

struct Look<'a> {
    source: &'a Arc<Source>,
    has: &'a dyn Fn(Span) -> bool,
    missed: Vec<Missed>,
    dead: BTreeSet<usize>,
    alive: BTreeSet<usize>,
}

/// The parser bounds the height of a tree to less.
const DEPTH: u32 = 2_000;

impl Look<'_> {
    fn decls(&mut self, decls: &[Decl], depth: u32) {
        if depth > DEPTH {
            return;
        }
        for decl in decls {
            match decl {
                Decl::Field(field) => {
                    self.alive.insert(self.line(field.span.start));
                    self.expr(&field.value, depth + 1);
                }
                Decl::Embedding(e) => self.expr(e, depth + 1),
                Decl::Let(clause) => {
                    self.alive.insert(self.line(clause.span.start));
                    self.expr(&clause.value, depth + 1);
                }
                Decl::Comprehension(c) => self.comprehension(c, depth + 1),
                Decl::Ellipsis(_) | Decl::Attribute(_) => {}
            }
        }
    }

    fn expr(&mut self, expr: &Expr, depth: u32) {
        if depth > DEPTH {
            return;
        }
        match expr {
            Expr::Struct(s) => self.decls(&s.decls, depth + 1),
            Expr::List(list) => {
                for element in &list.elements {
                    match element {
                        Element::Value(e) => {
                            self.alive.insert(self.line(e.span().start));
                            self.expr(e, depth + 1);
                        }
                        Element::Comprehension(c) => self.comprehension(c, depth + 1),
                        Element::Ellipsis(_) => {}
                    }
                }
            }
            Expr::Paren(e, _) => self.expr(e, depth + 1),
            Expr::Unary { operand, .. } => self.expr(operand, depth + 1),
            Expr::Binary { left, right, .. } => {
                self.expr(left, depth + 1);
                self.expr(right, depth + 1);
            }
            Expr::Index { operand, .. } | Expr::Selector { operand, .. } => self.expr(operand, depth + 1),
            Expr::Call { arguments, .. } => arguments.iter().for_each(|a| self.expr(a, depth + 1)),
            _ => {}
        }
    }

    fn comprehension(&mut self, c: &Comprehension, depth: u32) {
        self.alive.insert(self.line(c.span.start));
        let never = c.clauses.iter().find_map(|clause| match clause {
            Clause::If { condition, .. } => (!(self.has)(condition.span())).then(|| ("if", condition.span())),
            Clause::For { source, .. } => (!(self.has)(source.span())).then(|| ("for", source.span())),
            _ => None,
        });
        match never {
            None => self.decls(&c.body.decls, depth + 1),
            Some((word, span)) => {
                let (line, column) = self.source.line_column(c.span.start);
                let head = self.source.text.get(c.span.start as usize..c.body.span.start as usize).unwrap_or_default();
                let text = head.split_whitespace().collect::<Vec<_>>().join(" ");
                let text = if text.is_empty() { format!("{word} {}", self.text(span)) } else { text };
                self.missed.push(Missed { text, line, column });
                self.bury(c.body.span);
            }
        }
        if let Some((_, body)) = &c.fallback {
            self.decls(&body.decls, depth + 1);
        }
    }

    /// The lines between the braces of a body that was never made, those that say something.
    fn bury(&mut self, body: Span) {
        let (first, last) = (self.line(body.start), self.line(body.end.saturating_sub(1)));
        for (i, text) in self.source.text.lines().enumerate().skip(first).take(last.saturating_sub(first + 1)) {
            let text = text.trim();
            if !text.is_empty() && !text.starts_with("//") && !matches!(text, "}" | "]" | "})" | "},") {
                self.dead.insert(i + 1);
            }
        }
    }

    fn line(&self, offset: u32) -> usize {
        self.source.line_column(offset).0
    }

    fn text(&self, span: Span) -> &str {
        self.source.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}
