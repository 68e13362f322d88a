//! The short way from text to tree for ordinary declarations.
//!
//! The grammar (`cue.pest`) is the law; this reads the same language by hand, about ten times faster, and gives up on
//! whatever is rare or wrong: then the grammar parses the piece, and reports. It never reports itself. A test holds both
//! ways to the same tree on every file at hand and on generated ones.

use super::build::operators::{binary, unary};
use super::build::text::split_indent;
use super::build::{Builder, High, attribute_of};
use super::cut::span_of;
use super::literal::{Quoting, decode};
use crate::ast::*;
use crate::span::Span;

/// Reads the declarations of a piece, or nothing when the grammar has to.
pub(crate) fn declarations(builder: &mut Builder<'_>, text: &str, base: usize) -> Option<Vec<Decl>> {
    let problems = builder.problems.len();
    let mut fast = Fast { b: builder, text, at: 0, base };
    let decls = fast.whole();
    let clean = builder.problems.len() == problems;
    builder.problems.truncate(problems);
    decls.filter(|_| clean)
}

struct Fast<'b, 's, 't> {
    b: &'b mut Builder<'s>,
    text: &'t str,
    at: usize,
    base: usize,
}

impl<'t> Fast<'_, '_, 't> {
    fn byte(&self) -> u8 {
        self.byte_at(self.at)
    }

    fn byte_at(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.byte() == byte).then(|| self.at += 1)
    }

    fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn span(&self, from: usize) -> Span {
        self.span_to(from, self.at)
    }

    fn span_to(&self, from: usize, to: usize) -> Span {
        span_of(self.b.id, self.base + from, self.base + to)
    }

    // ---- layout, as the rules of the same names

    fn s(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\r') {
            self.at += 1;
        }
    }

    fn comment(&mut self) -> bool {
        if self.byte() != b'/' || self.byte_at(self.at + 1) != b'/' {
            return false;
        }
        while self.at < self.text.len() && self.byte() != b'\n' {
            self.at += 1;
        }
        true
    }

    fn n(&mut self) {
        loop {
            match self.byte() {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'/' if self.comment() => {}
                _ => return,
            }
        }
    }

    fn w(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    fn sep(&mut self) -> Option<()> {
        self.s();
        match self.byte() {
            b',' => {
                self.at += 1;
                self.n();
                Some(())
            }
            b'\n' | b'/' => {
                if self.byte() == b'/' && !self.comment() {
                    return None;
                }
                self.n();
                if self.byte() == b',' {
                    self.at += 1;
                    self.n();
                }
                Some(())
            }
            _ => None,
        }
    }

    /// After an element: a separator, or the closing byte ahead.
    fn sep_or(&mut self, close: u8) -> Option<()> {
        self.s();
        if self.byte() == close { Some(()) } else { self.sep() }
    }

    // ---- declarations

    fn whole(&mut self) -> Option<Vec<Decl>> {
        let mut decls = Vec::with_capacity(1);
        self.n();
        while self.at < self.text.len() {
            decls.push(self.decl()?.0);
            self.s();
            if self.at < self.text.len() {
                self.sep()?;
            }
        }
        Some(decls)
    }

    fn decl(&mut self) -> Option<High<Decl>> {
        match self.byte() {
            b'@' => {
                let a = self.attribute()?;
                return Some((Decl::Attribute(a), 1));
            }
            b'.' if self.text.as_bytes().get(self.at..self.at + 3) == Some(b"...") => {
                self.at += 3;
                return Some((Decl::Ellipsis(Ellipsis { value: None, span: self.span(self.at - 3) }), 1));
            }
            b'l' | b'f' | b'i' | b't' => match self.keyword() {
                "let" => {
                    let (clause, h) = self.let_clause()?;
                    return Some((Decl::Let(clause), h));
                }
                "for" | "if" => {
                    let (c, h) = self.comprehension()?;
                    return Some((Decl::Comprehension(c), h));
                }
                "try" => return None,
                _ => {}
            },
            _ => {}
        }
        self.field()
    }

    /// `let`, `for`, `if` or `try` where it is not used as a name; nothing is consumed.
    fn keyword(&self) -> &'t str {
        let mut end = self.at;
        while is_word(self.byte_at(end)) {
            end += 1;
        }
        let word = self.slice(self.at, end);
        if !matches!(word, "let" | "for" | "if" | "try") {
            return "";
        }
        while matches!(self.byte_at(end), b' ' | b'\t' | b'\r') {
            end += 1;
        }
        match self.byte_at(end) {
            b':' => "",
            b'!' if word == "if" && is_word(self.byte_at(end + 1)) => word,
            // What it means here is left to the grammar.
            b'?' | b'!' | b'=' | b',' | b'\n' | b'.' | 0 => "try",
            _ => word,
        }
    }

    fn let_clause(&mut self) -> Option<High<LetClause>> {
        let start = self.at;
        self.at += 3;
        self.s();
        let name = self.name()?;
        self.b.declared(&name);
        self.s();
        if !self.bind_ahead() {
            return None;
        }
        self.at += 1;
        self.n();
        let (value, h) = self.expr()?;
        let span = self.span(start);
        let doc = self.b.doc(span);
        Some((LetClause { name, value: Box::new(value), span, doc }, h + 1))
    }

    fn comprehension(&mut self) -> Option<High<Comprehension>> {
        let start = self.at;
        let mut clauses = Vec::new();
        let mut height = 0;
        loop {
            let clause = self.at;
            let h = match self.keyword() {
                "if" => {
                    self.at += 2;
                    self.s();
                    let (condition, h) = self.expr()?;
                    clauses.push(Clause::If { condition: Box::new(condition), span: self.span(clause) });
                    h
                }
                "for" => {
                    self.at += 3;
                    self.s();
                    let first = self.name()?;
                    self.b.declared(&first);
                    self.w();
                    let (key, value) = if self.byte() == b',' {
                        self.at += 1;
                        self.n();
                        let second = self.name()?;
                        self.b.declared(&second);
                        (Some(first), second)
                    } else {
                        (None, first)
                    };
                    // A new line is no blank here.
                    if self.slice(self.at.saturating_sub(1), self.at) == "\n" {
                        return None;
                    }
                    self.s();
                    if self.slice(self.at, self.at + 2) != "in" || is_word(self.byte_at(self.at + 2)) {
                        return None;
                    }
                    self.at += 2;
                    self.s();
                    let (source, h) = self.expr()?;
                    clauses.push(Clause::For { key, value, source: Box::new(source), span: self.span(clause) });
                    h
                }
                "let" => {
                    let (l, h) = self.let_clause()?;
                    clauses.push(Clause::Let(l));
                    h
                }
                _ => return None,
            };
            height = height.max(h);
            self.n();
            if self.byte() == b',' {
                self.at += 1;
                self.n();
            }
            if self.byte() == b'{' {
                break;
            }
        }
        let (body, h) = self.struct_lit()?;
        let end = self.at;
        self.s();
        if matches!(self.byte(), b'e' | b'o' | b'f') {
            return None;
        }
        self.at = end;
        let span = self.span(start);
        self.b.finish_comprehension(clauses, body, None, height.max(h), span)
    }

    fn field(&mut self) -> Option<High<Decl>> {
        let start = self.at;
        let mut labels = Vec::new();
        let value = loop {
            let (value, h) = self.value()?;
            match self.label_end()? {
                None => break (value, h),
                Some(constraint) => {
                    if !self.b.fits(h, value.span()) {
                        return None;
                    }
                    labels.push((value, None, constraint));
                    self.n();
                }
            }
        };
        let mut attributes = Vec::new();
        if !labels.is_empty() {
            loop {
                let end = self.at;
                self.s();
                if self.byte() != b'@' {
                    self.at = end;
                    break;
                }
                attributes.push(self.attribute()?);
            }
        }
        let span = self.span(start);
        self.b.finish_field(labels, value, attributes, span)
    }

    /// The colon and what may stand before it; `Some(None)` when there is none.
    fn label_end(&mut self) -> Option<Option<Constraint>> {
        if self.byte() == b':' {
            self.at += 1;
            return Some(Some(Constraint::Regular));
        }
        let end = self.at;
        self.s();
        let constraint = match self.byte() {
            b'~' => return None,
            b'?' => Constraint::Optional,
            b'!' => Constraint::Required,
            _ => Constraint::Regular,
        };
        if constraint != Constraint::Regular {
            self.at += 1;
        }
        self.w();
        if self.byte() == b':' {
            self.at += 1;
            return Some(Some(constraint));
        }
        self.at = end;
        Some(None)
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let start = self.at;
        self.at += 1;
        let name = self.at;
        while is_word(self.byte()) {
            self.at += 1;
        }
        if self.at == name {
            return None;
        }
        self.s();
        self.take(b'(')?;
        let mut open = vec![b')'];
        while let Some(close) = open.last().copied() {
            match self.byte() {
                0 => return None,
                b'#' => return None,
                b'"' | b'\'' => {
                    let q = self.quoted()?;
                    if !q.holes.is_empty() {
                        return None;
                    }
                    continue;
                }
                b'/' if self.byte_at(self.at + 1) == b'/' => {
                    self.comment();
                    continue;
                }
                b'(' => open.push(b')'),
                b'[' => open.push(b']'),
                b'{' => open.push(b'}'),
                b @ (b')' | b']' | b'}') => {
                    if b != close {
                        return None;
                    }
                    open.pop();
                }
                _ => {}
            }
            self.at += 1;
        }
        Some(attribute_of(self.slice(start, self.at), self.span(start)))
    }

    // ---- expressions

    fn bind_ahead(&self) -> bool {
        self.byte() == b'=' && !matches!(self.byte_at(self.at + 1), b'=' | b'~')
    }

    fn value(&mut self) -> Option<High<Expr>> {
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

    fn expr(&mut self) -> Option<High<Expr>> {
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
    fn binop_ahead(&self) -> Option<Option<(BinaryOp, usize)>> {
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

    fn unary(&mut self) -> Option<High<Expr>> {
        // Every level of nesting passes here; the cutter bounds their number.
        crate::with_stack(|| self.unary_here())
    }

    fn unary_here(&mut self) -> Option<High<Expr>> {
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

    fn postfix(&mut self, expr: Expr, height: u32) -> Option<High<Expr>> {
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

    fn operand(&mut self) -> Option<High<Expr>> {
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
    fn number(&mut self) -> Option<High<Expr>> {
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
    fn ident(&mut self) -> Option<Ident> {
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
    fn name(&mut self) -> Option<Ident> {
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

    fn struct_lit(&mut self) -> Option<High<StructLit>> {
        let start = self.at;
        self.take(b'{')?;
        self.n();
        let mut decls = Vec::new();
        let mut height = 0;
        while self.byte() != b'}' {
            let (decl, h) = self.decl()?;
            height = height.max(h);
            decls.push(decl);
            self.sep_or(b'}')?;
        }
        self.at += 1;
        let span = self.span(start);
        self.b.fits(height + 1, span).then_some((StructLit { decls, braces: true, span }, height + 1))
    }

    fn list_lit(&mut self) -> Option<High<Expr>> {
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
                    (Element::Comprehension(c), h)
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

    // ---- strings

    fn literal(&mut self) -> Option<High<Expr>> {
        let start = self.at;
        let q = self.quoted()?;
        let span = self.span(start);
        if q.holes.is_empty() {
            return Some((Expr::String(self.b.string_of(self.slice(start, self.at), span)), 1));
        }
        let text = self.slice(start, self.at);
        let (quoting, open) = Quoting::of(text);
        let close = quoting.close_len();
        let whole = text.get(open..text.len().saturating_sub(close)).unwrap_or_default();
        let (_, indent) = split_indent(whole, quoting);
        // The last text ends before the new line of the closing quotes.
        let tail = if quoting.multiline { indent.len() + 1 } else { 0 };
        let mut parts = Vec::new();
        let mut faults = Vec::new();
        let mut from = start + open;
        let mut height = 0;
        for (at, end, (e, h)) in q.holes {
            let first = parts.is_empty();
            let piece = decode(self.slice(from, at), self.base + from, quoting, indent, first, false, &mut faults);
            parts.push(InterpolationPart::Text(piece));
            parts.push(InterpolationPart::Expr(e));
            height = height.max(h);
            from = end;
        }
        let end = self.at.checked_sub(close + tail)?;
        let piece = decode(self.slice(from, end), self.base + from, quoting, indent, false, true, &mut faults);
        parts.push(InterpolationPart::Text(piece));
        if !faults.is_empty() || !self.b.fits(height + 1, span) {
            return None;
        }
        let x = Interpolation { parts, bytes: quoting.bytes, multiline: quoting.multiline, hashes: 0, span };
        Some((Expr::Interpolation(x), height + 1))
    }

    /// Walks over a literal without `#` marks and reads its interpolations.
    fn quoted(&mut self) -> Option<Quoted> {
        let mark = self.byte();
        let triple = self.byte_at(self.at + 1) == mark && self.byte_at(self.at + 2) == mark;
        let mut holes = Vec::new();
        self.at += if triple { 3 } else { 1 };
        if triple && !matches!(self.byte(), b'\n') {
            return None;
        }
        loop {
            let b = self.byte();
            match b {
                b'\\' if self.byte_at(self.at + 1) == b'(' => {
                    let at = self.at;
                    self.at += 2;
                    self.n();
                    let e = self.expr()?;
                    self.n();
                    self.take(b')')?;
                    holes.push((at, self.at, e));
                }
                b'\\' => self.at += 2,
                b'\r' => return None,
                b'\n' if !triple => return None,
                b'\n' => {
                    let mut p = self.at + 1;
                    while matches!(self.byte_at(p), b' ' | b'\t') {
                        p += 1;
                    }
                    if (0..3).all(|i| self.byte_at(p + i) == mark) {
                        self.at = p + 3;
                        return Some(Quoted { holes });
                    }
                    self.at += 1;
                }
                _ if b == mark && !triple => {
                    self.at += 1;
                    return Some(Quoted { holes });
                }
                0 if self.at >= self.text.len() => return None,
                _ => self.at += 1,
            }
        }
    }
}

/// A literal's interpolations: where each starts and ends, and its expression.
struct Quoted {
    holes: Vec<(usize, usize, High<Expr>)>,
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80
}
