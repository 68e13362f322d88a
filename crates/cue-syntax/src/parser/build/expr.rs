//! Expressions: precedence, postfix operators, operands.

use super::operators::{binary, precedence, unary};
use super::{Builder, High, Stream};
use crate::ast::*;
use crate::parser::Rule;
use crate::parser::explain;
use crate::parser::limits::BALANCE_FROM;
use crate::parser::version::Experiments;
use crate::span::Span;
use pest::iterators::Pair;
use std::iter::Peekable;

impl Builder<'_> {
    /// An expression, or `X=` and one.
    pub(super) fn value(&mut self, st: &mut Stream<'_>) -> Option<High<Expr>> {
        let (left, h) = self.expr(st)?;
        let Some(bind) = st.next_if(|p| p.as_rule() == Rule::bind) else { return Some((left, h)) };
        let (value, h) = self.expr(st)?;
        let at = self.span(&bind);
        self.finish_alias(left, at, (value, h))
    }

    /// `left = value`.
    pub(in crate::parser) fn finish_alias(
        &mut self,
        left: Expr,
        at: Span,
        (value, h): High<Expr>,
    ) -> Option<High<Expr>> {
        match left {
            Expr::Ident(name) => {
                self.declared(&name);
                if self.experiments.has(Experiments::ALIAS_V2) && !self.experiments.all() {
                    self.problem(
                        "cue/syntax",
                        "an alias with `=` in a file with `@experiment(aliasv2)`",
                        at,
                        "here",
                        Some("write the alias behind the label: `label~X: value`"),
                    );
                }
                let span = name.span.to(value.span());
                Some((Expr::Alias { name, value: Box::new(value), span }, h + 1))
            }
            _ => {
                self.problem(
                    "cue/syntax",
                    "unexpected `=`",
                    at,
                    "only a name can stand before this",
                    Some("a field takes `:`; equality is `==`"),
                );
                None
            }
        }
    }

    /// A flat run of operands and operators, by precedence.
    pub(super) fn expr(&mut self, st: &mut Stream<'_>) -> Option<High<Expr>> {
        let first = self.unary(st)?;
        if !matches!(st.peek().map(Pair::as_rule), Some(Rule::binop)) {
            return Some(first);
        }
        let mut operands = vec![first];
        let mut ops = Vec::new();
        while let Some(p) = st.next_if(|p| p.as_rule() == Rule::binop) {
            ops.push((binary(p.as_str())?, self.span(&p)));
            operands.push(self.unary(st)?);
        }
        let mut operands = operands.into_iter();
        let mut ops = ops.into_iter().peekable();
        self.climb(1, &mut operands, &mut ops)
    }

    pub(in crate::parser) fn climb(
        &mut self,
        level: u8,
        operands: &mut std::vec::IntoIter<High<Expr>>,
        ops: &mut Peekable<std::vec::IntoIter<(BinaryOp, Span)>>,
    ) -> Option<High<Expr>> {
        if level > 7 {
            return operands.next();
        }
        let first = self.climb(level + 1, operands, ops)?;
        let mut rest = Vec::new();
        while let Some((op, span)) = ops.next_if(|(op, _)| precedence(*op) == level) {
            rest.push((op, span, self.climb(level + 1, operands, ops)?));
        }
        // A very long union or conjunction becomes a balanced tree: these operators are associative.
        if level <= 4 && rest.len() >= BALANCE_FROM {
            return self.balance(first, rest);
        }
        let mut left = first;
        for (op, op_span, right) in rest {
            left = self.join(left, op, op_span, right)?;
        }
        Some(left)
    }

    pub(super) fn balance(&mut self, first: High<Expr>, rest: Vec<(BinaryOp, Span, High<Expr>)>) -> Option<High<Expr>> {
        let mut level = vec![(None, first)];
        level.extend(rest.into_iter().map(|(op, span, e)| (Some((op, span)), e)));
        while level.len() > 1 {
            let mut next = Vec::with_capacity(level.len() / 2 + 1);
            let mut items = level.into_iter();
            while let Some((before, left)) = items.next() {
                match items.next() {
                    Some((Some((op, span)), right)) => next.push((before, self.join(left, op, span, right)?)),
                    _ => next.push((before, left)),
                }
            }
            level = next;
        }
        level.pop().map(|(_, e)| e)
    }

    pub(super) fn join(
        &mut self,
        (left, lh): High<Expr>,
        op: BinaryOp,
        op_span: Span,
        (right, rh): High<Expr>,
    ) -> Option<High<Expr>> {
        let span = left.span().to(right.span());
        let height = lh.max(rh) + 1;
        if !self.fits(height, op_span) {
            return None;
        }
        Some((Expr::Binary { op, op_span, left: Box::new(left), right: Box::new(right), span }, height))
    }

    pub(super) fn unary(&mut self, st: &mut Stream<'_>) -> Option<High<Expr>> {
        // Every level of nesting passes here; the cutter bounds their number.
        crate::with_stack(|| self.unary_here(st))
    }

    fn unary_here(&mut self, st: &mut Stream<'_>) -> Option<High<Expr>> {
        let mut ops = Vec::new();
        while let Some(p) = st.next_if(|p| p.as_rule() == Rule::unop) {
            ops.push((unary(p.as_str())?, self.span(&p)));
        }
        let (mut expr, mut height) = self.operand(st)?;
        while let Some(p) = st
            .next_if(|p| matches!(p.as_rule(), Rule::selector | Rule::index | Rule::call | Rule::open | Rule::optional))
        {
            (expr, height) = self.postfix(expr, height, p)?;
        }
        for (op, at) in ops.into_iter().rev() {
            height += 1;
            if !self.fits(height, at) {
                return None;
            }
            let span = at.to(expr.span());
            expr = Expr::Unary { op, operand: Box::new(expr), span };
        }
        Some((expr, height))
    }

    pub(super) fn postfix(&mut self, expr: Expr, height: u32, pair: Pair<'_, Rule>) -> Option<High<Expr>> {
        let end = self.span(&pair);
        let span = expr.span().to(end);
        let rule = pair.as_rule();
        let operand = Box::new(expr);
        let (expr, height) = match rule {
            Rule::selector => {
                let p = pair.into_inner().next()?;
                let label = if p.as_rule() == Rule::ident {
                    Label::Ident(self.ident(&p))
                } else {
                    Label::String(self.string(&p))
                };
                (Expr::Selector { operand, label: Box::new(label), span }, height)
            }
            Rule::index => {
                let mut st = pair.into_inner().peekable();
                let mut high = height;
                let mut part = |b: &mut Self, st: &mut Stream<'_>| match st.peek().map(Pair::as_rule) {
                    None | Some(Rule::colon) => Some(None),
                    _ => b.expr(st).map(|(e, h)| {
                        high = high.max(h);
                        Some(Box::new(e))
                    }),
                };
                let low = part(self, &mut st)?;
                if st.next().is_some() {
                    let top = part(self, &mut st)?;
                    (Expr::Slice { operand, low, high: top, span }, high)
                } else {
                    (Expr::Index { operand, index: low?, span }, high)
                }
            }
            Rule::call => {
                let mut st = pair.into_inner().peekable();
                let mut arguments = Vec::new();
                let mut high = height;
                while st.peek().is_some() {
                    let (e, h) = self.expr(&mut st)?;
                    high = high.max(h);
                    arguments.push(e);
                }
                (Expr::Call { function: operand, arguments, span }, high)
            }
            Rule::open => {
                self.needs(Experiments::EXPLICIT_OPEN, "`...` behind a value", end);
                (Expr::Open(operand, span), height)
            }
            _ => (Expr::Try(operand, span), height),
        };
        if !self.fits(height + 1, end) {
            return None;
        }
        Some((expr, height + 1))
    }

    fn operand(&mut self, st: &mut Stream<'_>) -> Option<High<Expr>> {
        let pair = st.next()?;
        let span = self.span(&pair);
        Some(match pair.as_rule() {
            Rule::ident => (
                match self.name(&pair) {
                    "null" => Expr::Null(span),
                    "true" => Expr::Bool(true, span),
                    "false" => Expr::Bool(false, span),
                    name => Expr::Ident(Ident { name: name.into(), span }),
                },
                1,
            ),
            Rule::number => (self.number(pair.as_str(), span)?, 1),
            Rule::string => (Expr::String(self.string(&pair)), 1),
            Rule::bottom => (Expr::Bottom(span), 1),
            Rule::interpolation => {
                let (x, h) = self.interpolation(pair)?;
                (Expr::Interpolation(x), h)
            }
            Rule::struct_lit => {
                let (s, h) = self.struct_lit(pair)?;
                (Expr::Struct(s), h)
            }
            Rule::list_lit => {
                let (l, h) = self.list_lit(pair)?;
                (Expr::List(l), h)
            }
            Rule::paren => {
                let mut inner = pair.into_inner().peekable();
                let (e, h) = self.expr(&mut inner)?;
                if !self.fits(h + 1, span) {
                    return None;
                }
                (Expr::Paren(Box::new(e), span), h + 1)
            }
            _ => return None,
        })
    }

    pub(in crate::parser) fn number(&mut self, text: &str, span: Span) -> Option<Expr> {
        let b = text.as_bytes();
        let zeros = matches!(b, [b'0', b'0'..=b'9' | b'_', ..]) && !b.iter().any(|b| matches!(b, b'.' | b'e' | b'E'));
        if zeros {
            let (message, help) = explain::leading_zeros(text);
            self.problem("cue/syntax", message, span, "here", Some(help));
            return None;
        }
        Some(Expr::Number(text.into(), span))
    }

    pub(super) fn struct_lit(&mut self, pair: Pair<'_, Rule>) -> Option<High<StructLit>> {
        let span = self.span(&pair);
        let mut decls = Vec::new();
        let mut height = 0;
        for p in pair.into_inner() {
            let (decl, h) = self.decl(p)?;
            height = height.max(h);
            decls.push(decl);
        }
        if !self.fits(height + 1, span) {
            return None;
        }
        Some((StructLit { decls, braces: true, span }, height + 1))
    }

    pub(super) fn list_lit(&mut self, pair: Pair<'_, Rule>) -> Option<High<ListLit>> {
        let span = self.span(&pair);
        let mut st = pair.into_inner().peekable();
        let mut elements = Vec::new();
        let mut height = 0;
        while let Some(p) = st.peek() {
            let (element, h) = match p.as_rule() {
                Rule::comprehension => {
                    let (c, h) = self.comprehension(st.next()?)?;
                    (Element::Comprehension(Box::new(c)), h)
                }
                Rule::list_ellipsis => {
                    let p = st.next()?;
                    let span = self.span(&p);
                    let mut inner = p.into_inner().peekable();
                    let mut h = 0;
                    let value = match inner.peek() {
                        Some(_) => {
                            let (e, eh) = self.expr(&mut inner)?;
                            h = eh;
                            Some(Box::new(e))
                        }
                        None => None,
                    };
                    (Element::Ellipsis(Ellipsis { value, span }), h + 1)
                }
                _ => {
                    let (e, h) = self.value(&mut st)?;
                    (Element::Value(e), h)
                }
            };
            height = height.max(h);
            elements.push(element);
        }
        if !self.fits(height + 1, span) {
            return None;
        }
        Some((ListLit { elements, span }, height + 1))
    }
}
