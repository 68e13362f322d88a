//! Declarations but fields: clauses, comprehensions, `let`.

use super::{Builder, High};
use crate::ast::*;
use crate::parser::Rule;
use crate::parser::version::Experiments;
use crate::span::Span;
use pest::iterators::Pair;

impl Builder<'_> {
    pub(super) fn decl(&mut self, pair: Pair<'_, Rule>) -> Option<High<Decl>> {
        Some(match pair.as_rule() {
            Rule::field => return self.field(pair),
            Rule::attribute => (Decl::Attribute(self.attribute(&pair)), 1),
            Rule::ellipsis => (Decl::Ellipsis(Ellipsis { value: None, span: self.span(&pair) }), 1),
            Rule::let_clause => {
                let (clause, h) = self.let_clause(pair)?;
                (Decl::Let(clause), h)
            }
            Rule::comprehension => {
                let (c, h) = self.comprehension(pair)?;
                (Decl::Comprehension(c), h)
            }
            _ => return None,
        })
    }

    pub(super) fn let_clause(&mut self, pair: Pair<'_, Rule>) -> Option<High<LetClause>> {
        let span = self.span(&pair);
        let mut st = pair.into_inner().peekable();
        let name = self.ident(&st.next()?);
        self.declared(&name);
        st.next()?; // `=`
        let (value, h) = self.expr(&mut st)?;
        let doc = self.doc(span);
        Some((LetClause { name, value: Box::new(value), span, doc }, h + 1))
    }

    pub(super) fn comprehension(&mut self, pair: Pair<'_, Rule>) -> Option<High<Comprehension>> {
        let span = self.span(&pair);
        let mut clauses = Vec::new();
        let mut body = None;
        let mut fallback = None;
        let mut height = 0;
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::struct_lit => {
                    let (s, h) = self.struct_lit(p)?;
                    height = height.max(h);
                    body = Some(s);
                }
                Rule::fallback => {
                    let mut inner = p.into_inner();
                    let word = self.ident(&inner.next()?);
                    let (s, h) = self.struct_lit(inner.next()?)?;
                    height = height.max(h);
                    self.check_fallback(&clauses, &word);
                    fallback = Some((word, s));
                }
                _ => {
                    let (clause, h) = self.clause(p)?;
                    height = height.max(h);
                    clauses.push(clause);
                }
            }
        }
        self.finish_comprehension(clauses, body?, fallback, height, span)
    }

    /// From its parts, of which the highest has this height.
    pub(in crate::parser) fn finish_comprehension(
        &mut self,
        clauses: Vec<Clause>,
        body: StructLit,
        fallback: Option<(Ident, StructLit)>,
        height: u32,
        span: Span,
    ) -> Option<High<Comprehension>> {
        // A clause is inside of those before it.
        let height = height + clauses.len() as u32 + 1;
        if !self.fits(height, span) {
            return None;
        }
        let doc = self.doc(span);
        Some((Comprehension { clauses, body, fallback, span, doc }, height))
    }

    /// Reports syntax that the file has not asked for.
    pub(super) fn needs(&mut self, experiment: Experiments, what: &str, at: Span) {
        if self.experiments.has(experiment) {
            return;
        }
        let name = experiment.name();
        self.problem(
            "cue/experiment",
            format!("{what} needs `@experiment({name})`"),
            at,
            "here",
            Some(
                "put the attribute before the package clause; `lateen` follows CUE v0.17, where this is not stable yet",
            ),
        );
    }

    pub(super) fn check_fallback(&mut self, clauses: &[Clause], word: &Ident) {
        self.needs(Experiments::TRY, &format!("`{}`", word.name), word.span);
        let single = matches!(clauses, [Clause::If { .. } | Clause::Try { .. }]);
        if single && word.name != "else" {
            self.problem(
                "cue/syntax",
                format!("`{}` after a single `if` or `try`", word.name),
                word.span,
                "here",
                Some("write `else`"),
            );
        } else if !single && word.name == "else" {
            self.problem(
                "cue/syntax",
                "`else` after `for` or several clauses",
                word.span,
                "here",
                Some("write `otherwise`: its body is used when nothing was yielded"),
            );
        }
    }

    pub(super) fn clause(&mut self, pair: Pair<'_, Rule>) -> Option<High<Clause>> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        if rule == Rule::let_clause {
            let (clause, h) = self.let_clause(pair)?;
            return Some((Clause::Let(clause), h));
        }
        let mut st = pair.into_inner().peekable();
        match rule {
            Rule::for_clause => {
                let first = self.ident(&st.next()?);
                self.declared(&first);
                let (key, value) = match st.next_if(|p| p.as_rule() == Rule::name) {
                    Some(p) => {
                        let second = self.ident(&p);
                        self.declared(&second);
                        (Some(first), second)
                    }
                    None => (None, first),
                };
                st.next()?; // `in`
                let (source, h) = self.expr(&mut st)?;
                Some((Clause::For { key, value, source: Box::new(source), span }, h))
            }
            Rule::if_clause => {
                let (condition, h) = self.expr(&mut st)?;
                Some((Clause::If { condition: Box::new(condition), span }, h))
            }
            _ => {
                let Some(p) = st.next() else { return Some((Clause::Try { binding: None, span }, 1)) };
                let name = self.ident(&p);
                st.next()?; // `=`
                let (value, h) = self.expr(&mut st)?;
                Some((Clause::Try { binding: Some((name, Box::new(value))), span }, h))
            }
        }
    }
}
