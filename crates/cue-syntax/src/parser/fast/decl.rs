//! Declarations, comprehensions, attributes.

use super::{Fast, is_word};
use crate::ast::*;
use crate::parser::build::{High, attribute_of};

impl<'t> Fast<'_, '_, 't> {
    pub(super) fn whole(&mut self) -> Option<Vec<Decl>> {
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

    pub(super) fn decl(&mut self) -> Option<High<Decl>> {
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
    pub(super) fn keyword(&self) -> &'t str {
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

    pub(super) fn let_clause(&mut self) -> Option<High<LetClause>> {
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

    pub(super) fn comprehension(&mut self) -> Option<High<Comprehension>> {
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

    pub(super) fn field(&mut self) -> Option<High<Decl>> {
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
    pub(super) fn label_end(&mut self) -> Option<Option<Constraint>> {
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

    pub(super) fn attribute(&mut self) -> Option<Attribute> {
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
}
