//! Expressions.

use super::start_of;
use crate::ast::*;
use crate::format::gap::Gap;
use crate::format::literal::number;
use crate::format::operators::{OPERAND, UNARY, binary_text, cutoff, precedence, unary_text};
use crate::format::printer::Printer;
use crate::span::Span;

impl Printer<'_> {
    pub(crate) fn expr(&mut self, e: &Expr) {
        self.expr_at(e, 0, 1);
    }

    pub(super) fn expr_at(&mut self, e: &Expr, level: u8, depth: usize) {
        crate::with_stack(|| self.expr_here(e, level, depth));
    }

    fn expr_here(&mut self, e: &Expr, level: u8, depth: usize) {
        match e {
            Expr::Ident(i) => self.token(i.span, &i.name),
            Expr::Bottom(span) => self.token(*span, "_|_"),
            Expr::Null(span) => self.token(*span, "null"),
            Expr::Bool(b, span) => self.token(*span, if *b { "true" } else { "false" }),
            Expr::Number(text, span) => self.token(*span, &number(text)),
            Expr::String(s) => self.string(s),
            Expr::Interpolation(i) => self.interpolation(i, depth),
            Expr::Struct(s) => self.struct_lit(s),
            Expr::List(l) => self.list_lit(l),
            Expr::Paren(inner, span) => {
                if matches!(**inner, Expr::Paren(..)) {
                    return self.expr_at(inner, 0, depth);
                }
                self.token(*span, "(");
                self.expr_at(inner, 0, depth.saturating_sub(1).max(1));
                self.close_at(*span);
                self.text(")");
            }
            Expr::Unary { op, operand, span } => {
                if level > UNARY {
                    return self.parenthesised(e, depth);
                }
                self.token(*span, unary_text(*op));
                self.ask(Gap::FIXED);
                self.expr_at(operand, UNARY, depth);
            }
            Expr::Binary { op, op_span, left, right, .. } => {
                if precedence(*op) < level {
                    return self.parenthesised(e, depth);
                }
                self.binary(*op, *op_span, left, right, depth);
            }
            Expr::Selector { operand, label, .. } => {
                self.selector(operand, label, depth);
            }
            Expr::Index { operand, index, span } => {
                self.expr_at(operand, OPERAND, 1);
                self.open_at(operand.span().end);
                self.text("[");
                self.expr_at(index, 0, depth + 1);
                self.close_at(*span);
                self.text("]");
            }
            Expr::Slice { operand, low, high, span } => {
                self.expr_at(operand, OPERAND, 1);
                self.open_at(operand.span().end);
                self.text("[");
                if let Some(low) = low {
                    self.expr_at(low, 0, depth + 1);
                }
                let binary = |e: &Option<Box<Expr>>| matches!(e.as_deref(), Some(Expr::Binary { .. }));
                let wide = depth <= 1 && low.is_some() && high.is_some() && (binary(low) || binary(high));
                if wide {
                    self.ask(Gap::BLANK);
                }
                self.text(":");
                if wide {
                    self.ask(Gap::BLANK);
                }
                if let Some(high) = high {
                    self.expr_at(high, 0, depth + 1);
                }
                self.close_at(*span);
                self.text("]");
            }
            Expr::Call { function, arguments, span } => self.call(function, arguments, *span, depth),
            Expr::Alias { name, value, .. } => {
                self.bind(name, value);
                self.expr(value);
            }
            Expr::Open(inner, _) => {
                self.expr_at(inner, OPERAND, depth);
                self.text("...");
            }
            Expr::Try(inner, _) => {
                self.expr_at(inner, OPERAND, depth);
                self.text("?");
            }
        }
    }

    /// `X=` before a value; blanks around the `=` stay.
    pub(super) fn bind(&mut self, name: &Ident, value: &Expr) {
        self.token(name.span, &name.name);
        let between = self.source(Span { start: name.span.end, end: start_of(value), ..name.span });
        match between.and_then(|t| t.find('=')) {
            Some(p) => self.at(name.span.end + p as u32),
            None => self.ask(Gap::TIGHT | Gap::FIXED),
        }
        self.text("=");
        // `==~` would be another operator.
        if self.original.is_none() && matches!(value, Expr::Unary { op: UnaryOp::Match | UnaryOp::Equal, .. }) {
            self.ask(Gap::BLANK);
        }
    }

    pub(super) fn parenthesised(&mut self, e: &Expr, depth: usize) {
        self.text("(");
        self.ask(Gap::FIXED);
        self.expr_at(e, 0, depth.saturating_sub(1).max(1));
        self.text(")");
    }

    pub(super) fn binary(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr, depth: usize) {
        let level = precedence(op);
        let spaced = level < cutoff(op, left, right, depth);
        self.binary_run(op, op_span, left, right, depth, spaced);
    }

    pub(super) fn binary_run(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &Expr,
        right: &Expr,
        depth: usize,
        spaced: bool,
    ) {
        let level = precedence(op);
        let same = |e: &Expr| matches!(e, Expr::Binary { op, .. } if precedence(*op) == level);
        self.expr_at(left, level, depth + usize::from(!same(left)));
        self.ask(Gap::FIXED);
        if spaced {
            self.ask(Gap::BLANK);
        }
        if self.original.is_some() {
            self.comments_before(op_span.start);
        }
        self.text(binary_text(op));
        if self.original.is_some() && self.starts_line(start_of(right)) {
            self.ask(Gap::BREAK);
        } else {
            self.ask(Gap::FIXED);
            if spaced {
                self.ask(Gap::BLANK);
            }
        }
        // The parser balances long runs of associative operators; they need no parentheses.
        let right_level = if level <= 4 && matches!(right, Expr::Binary { op: inner, .. } if *inner == op) {
            level
        } else {
            level + 1
        };
        self.expr_at(right, right_level, depth + 1);
    }

    /// Whether it goes over several lines.
    pub(super) fn selector(&mut self, operand: &Expr, label: &Label, depth: usize) -> bool {
        self.expr_at(operand, OPERAND, depth);
        self.text(".");
        let broken = self.starts_line(label.span().start);
        self.ask(if broken { Gap::INDENT | Gap::BREAK } else { Gap::TIGHT });
        self.at_span(label.span());
        self.label(label);
        if broken {
            self.ask(Gap::UNINDENT);
        }
        broken
    }

    pub(super) fn call(&mut self, function: &Expr, arguments: &[Expr], span: Span, depth: usize) {
        let depth = if arguments.len() > 1 { depth + 1 } else { depth };
        if let Expr::Selector { operand, label, .. } = function {
            self.selector(operand, label, depth);
        } else {
            self.expr_at(function, OPERAND, depth);
        }
        self.open_at(function.span().end);
        self.text("(");
        for a in arguments {
            self.expr_at(a, 0, depth);
            self.ask(Gap::COMMA | Gap::BLANK);
            self.trailing_comment(a.span().end);
        }
        if self.original.is_some() && span.end > 0 {
            self.comments_before(span.end - 1);
        }
        self.ask(Gap::TRAILING | Gap::TIGHT);
        self.close_at(span);
        self.text(")");
    }
}
