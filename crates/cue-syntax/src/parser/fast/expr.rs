//! Expressions, names, numbers, structs and lists.

use super::{Fast, is_word};
use crate::ast::*;
use crate::parser::build::High;
use crate::parser::build::operators::{binary, unary};

impl Fast<'_, '_, '_> {
    pub(super) fn bind_ahead(&self) -> bool {
        self.byte() == b'=' && !matches!(self.byte_at(self.at + 1), b'=' | b'~')
    }

    pub(super) fn value(&mut self) -> Option<High<Expr>> {
        let left = self.expr()?;
        let end = self.at;
        self.s();
        if !self.bind_ahead() {
            self.at = end;
            return Some(left);
        }
        let bind = self.span_to(self.at, self.at + 1);
        self.at += 1;
        self.n();
        let right = self.expr()?;
        self.b.finish_alias(left.0, bind, right)
    }

    pub(super) fn expr(&mut self) -> Option<High<Expr>> {
        let first = self.unary()?;
        let Some((op, len)) = self.binop_ahead()? else { return Some(first) };
        let mut operands = vec![first];
        let mut ops = Vec::new();
        let mut next = Some((op, len));
        while let Some((op, len)) = next {
            self.s();
            ops.push((op, self.span_to(self.at, self.at + len)));
            self.at += len;
            self.n();
            operands.push(self.unary()?);
            next = self.binop_ahead()?;
        }
        self.b.climb(1, &mut operands.into_iter(), &mut ops.into_iter().peekable())
    }

    /// The binary operator that follows on this line; nothing is consumed.
    pub(super) fn binop_ahead(&self) -> Option<Option<(BinaryOp, usize)>> {
        let mut p = self.at;
        while matches!(self.byte_at(p), b' ' | b'\t' | b'\r') {
            p += 1;
        }
        let two = self.byte_at(p + 1);
        let len = match self.byte_at(p) {
            b'|' | b'&' if two == self.byte_at(p) => 2,
            b'|' | b'&' | b'+' | b'-' | b'*' => 1,
            b'=' | b'!' if matches!(two, b'=' | b'~') => 2,
            b'<' if two == b'-' => return None,
            b'<' | b'>' if two == b'=' => 2,
            b'<' | b'>' => 1,
            b'/' if two != b'/' => 1,
            _ => return Some(None),
        };
        Some(Some((binary(self.slice(p, p + len))?, len)))
    }

    pub(super) fn unary(&mut self) -> Option<High<Expr>> {
        // Every level of nesting passes here; the cutter bounds their number.
        crate::with_stack(|| self.unary_here())
    }

    pub(super) fn unary_here(&mut self) -> Option<High<Expr>> {
        let mut ops = Vec::new();
        loop {
            let two = self.byte_at(self.at + 1);
            let len = match self.byte() {
                b'<' if two == b'-' => return None,
                b'<' | b'>' | b'!' if two == b'=' => 2,
                b'!' | b'=' if two == b'~' => 2,
                b'=' if two == b'=' => 2,
                b'<' | b'>' | b'+' | b'-' | b'*' | b'!' => 1,
                _ => break,
            };
            ops.push((unary(self.slice(self.at, self.at + len))?, self.span_to(self.at, self.at + len)));
            self.at += len;
            self.n();
        }
        let (mut expr, mut height) = self.operand()?;
        loop {
            let end = self.at;
            self.s();
            match self.byte() {
                b'.' | b'[' | b'(' => (expr, height) = self.postfix(expr, height)?,
                b'?' => {
                    let mut p = self.at + 1;
                    while matches!(self.byte_at(p), b' ' | b'\t' | b'\r' | b'\n') {
                        p += 1;
                    }
                    if self.byte_at(p) != b':' {
                        return None;
                    }
                    self.at = end;
                    break;
                }
                _ => {
                    self.at = end;
                    break;
                }
            }
        }
        for (op, at) in ops.into_iter().rev() {
            height += 1;
            if !self.b.fits(height, at) {
                return None;
            }
            let span = at.to(expr.span());
            expr = Expr::Unary { op, operand: Box::new(expr), span };
        }
        Some((expr, height))
    }

    pub(super) fn postfix(&mut self, expr: Expr, height: u32) -> Option<High<Expr>> {
        let start = expr.span();
        let operand = Box::new(expr);
        let mut high = height;
        let open = self.byte();
        self.at += 1;
        let expr = match open {
            b'.' => {
                if self.byte() == b'.' {
                    return None;
                }
                self.n();
                let label = if self.byte() == b'"' {
                    let from = self.at;
                    let q = self.quoted()?;
                    if !q.holes.is_empty() || self.slice(from, from + 2) == "\"\"" {
                        return None;
                    }
                    Label::String(self.b.string_of(self.slice(from, self.at), self.span(from)))
                } else {
                    Label::Ident(self.ident()?)
                };
                let span = start.to(self.span(self.at));
                Expr::Selector { operand, label: Box::new(label), span }
            }
            b'[' => {
                self.n();
                let mut part = |f: &mut Self| {
                    let (e, h) = f.expr()?;
                    high = high.max(h);
                    Some(Box::new(e))
                };
                let low = if self.byte() == b':' { None } else { Some(part(self)?) };
                let end = self.at;
                self.w();
                if self.byte() == b':' {
                    self.at += 1;
                    self.n();
                    let top = if self.byte() == b']' { None } else { Some(part(self)?) };
                    self.s();
                    self.take(b']')?;
                    let span = start.to(self.span(self.at));
                    Expr::Slice { operand, low, high: top, span }
                } else {
                    self.at = end;
                    self.s();
                    if self.byte() != b']' {
                        self.sep()?;
                    }
                    self.take(b']')?;
                    let span = start.to(self.span(self.at));
                    Expr::Index { operand, index: low?, span }
                }
            }
            _ => {
                self.n();
                let mut arguments = Vec::new();
                while self.byte() != b')' {
                    let (e, h) = self.expr()?;
                    high = high.max(h);
                    arguments.push(e);
                    self.sep_or(b')')?;
                }
                self.at += 1;
                let span = start.to(self.span(self.at));
                Expr::Call { function: operand, arguments, span }
            }
        };
        let height = if open == b'.' { height } else { high };
        let at = expr.span();
        self.b.fits(height + 1, at).then_some((expr, height + 1))
    }

    pub(super) fn operand(&mut self) -> Option<High<Expr>> {
        let start = self.at;
        match self.byte() {
            b'"' | b'\'' => self.literal(),
            b'{' => {
                let (s, h) = self.struct_lit()?;
                Some((Expr::Struct(s), h))
            }
            b'[' => self.list_lit(),
            b'(' => {
                self.at += 1;
                self.n();
                let (e, h) = self.expr()?;
                self.s();
                self.take(b')')?;
                let span = self.span(start);
                self.b.fits(h + 1, span).then(|| (Expr::Paren(Box::new(e), span), h + 1))
            }
            b'0'..=b'9' => self.number(),
            b'_' if self.slice(start, start + 3) == "_|_" => {
                self.at += 3;
                Some((Expr::Bottom(self.span(start)), 1))
            }
            _ => {
                let ident = self.ident()?;
                Some((
                    match ident.name.as_str() {
                        "null" => Expr::Null(ident.span),
                        "true" => Expr::Bool(true, ident.span),
                        "false" => Expr::Bool(false, ident.span),
                        _ => Expr::Ident(ident),
                    },
                    1,
                ))
            }
        }
    }

    /// Decimal numbers of the plain forms.
    pub(super) fn number(&mut self) -> Option<High<Expr>> {
        let start = self.at;
        let digits = |f: &mut Self| {
            while f.byte().is_ascii_digit() {
                f.at += 1;
            }
        };
        digits(self);
        if self.byte() == b'.' && self.byte_at(self.at + 1).is_ascii_digit() {
            self.at += 1;
            digits(self);
        }
        if matches!(self.byte(), b'K' | b'M' | b'G' | b'T' | b'P') {
            self.at += 1;
            if self.byte() == b'i' {
                self.at += 1;
            }
        }
        if is_word(self.byte()) || self.byte() == b'.' {
            return None;
        }
        let span = self.span(start);
        Some((self.b.number(self.slice(start, self.at), span)?, 1))
    }

    /// A name of ASCII letters, as the rule `ident`.
    pub(super) fn ident(&mut self) -> Option<Ident> {
        let start = self.at;
        match self.byte() {
            b'a'..=b'z' | b'A'..=b'Z' | b'$' => {}
            b'_' => {
                if self.slice(start, start + 3) == "_|_" {
                    return None;
                }
                if self.byte_at(start + 1) == b'#' {
                    self.at += 1;
                }
            }
            b'#' => {
                if matches!(self.byte_at(start + 1), b'"' | b'\'' | b'#' | b'0'..=b'9') {
                    return None;
                }
            }
            _ => return None,
        }
        self.at += 1;
        while is_word(self.byte()) {
            if self.byte() >= 0x80 {
                return None;
            }
            self.at += 1;
        }
        Some(Ident { name: self.slice(start, self.at).into(), span: self.span(start) })
    }

    /// A name that is bound: no keyword.
    pub(super) fn name(&mut self) -> Option<Ident> {
        self.ident().filter(|i| {
            !matches!(
                i.name.as_str(),
                "for"
                    | "in"
                    | "if"
                    | "let"
                    | "try"
                    | "else"
                    | "fallback"
                    | "otherwise"
                    | "func"
                    | "true"
                    | "false"
                    | "null"
            )
        })
    }

    pub(super) fn struct_lit(&mut self) -> Option<High<StructLit>> {
        let start = self.at;
        self.take(b'{')?;
        self.n();
        // Most literals have few declarations, and a declaration is large: no room is kept for more.
        let mut decls = Vec::with_capacity(1);
        let mut height = 0;
        while self.byte() != b'}' {
            let (decl, h) = self.decl()?;
            height = height.max(h);
            decls.push(decl);
            self.sep_or(b'}')?;
        }
        self.at += 1;
        decls.shrink_to_fit();
        let span = self.span(start);
        self.b.fits(height + 1, span).then_some((StructLit { decls, braces: true, span }, height + 1))
    }

    pub(super) fn list_lit(&mut self) -> Option<High<Expr>> {
        let start = self.at;
        self.at += 1;
        self.n();
        let mut elements = Vec::new();
        let mut height = 0;
        while self.byte() != b']' {
            let (element, h) = match self.byte() {
                b'.' if self.slice(self.at, self.at + 3) == "..." => {
                    let from = self.at;
                    self.at += 3;
                    let end = self.at;
                    self.s();
                    let (value, h) = if matches!(self.byte(), b']' | b',' | b'\n' | b'/') {
                        self.at = end;
                        (None, 0)
                    } else {
                        let (e, h) = self.expr()?;
                        (Some(Box::new(e)), h)
                    };
                    let ellipsis = Ellipsis { value, span: self.span(from) };
                    self.sep_or(b']')?;
                    if self.byte() != b']' {
                        return None;
                    }
                    elements.push(Element::Ellipsis(ellipsis));
                    height = height.max(h + 1);
                    break;
                }
                b'f' | b'i' | b't' if matches!(self.keyword(), "for" | "if" | "try") => {
                    let (c, h) = self.comprehension()?;
                    (Element::Comprehension(Box::new(c)), h)
                }
                _ => {
                    let (e, h) = self.value()?;
                    (Element::Value(e), h)
                }
            };
            height = height.max(h);
            elements.push(element);
            self.sep_or(b']')?;
        }
        self.take(b']')?;
        let span = self.span(start);
        self.b.fits(height + 1, span).then_some((Expr::List(ListLit { elements, span }), height + 1))
    }
}
