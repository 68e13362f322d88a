//! Walks a tree and tells the printer its tokens and the gaps between them.

mod container;
mod decl;
mod expr;
mod field;
mod file;
mod text;

use super::printer::Printer;
use crate::ast::*;
use crate::span::Span;

impl Printer<'_> {
    fn at_span(&mut self, span: Span) {
        if self.original.is_some() {
            self.at(span.start);
        }
    }

    /// A token that stands at the start of a span.
    fn token(&mut self, span: Span, text: &str) {
        self.at_span(span);
        self.text(text);
    }

    /// The source of a span, if there is one.
    fn source(&self, span: Span) -> Option<&str> {
        self.original?.text.get(span.start as usize..span.end as usize)
    }

    fn on_one_line(&self, span: Span) -> bool {
        self.source(span).is_some_and(|s| !s.contains('\n'))
    }

    fn doc(&mut self, doc: &[Comment]) {
        if self.original.is_none() {
            for c in doc {
                self.own_comment(&c.text);
            }
        }
    }
}

/// The inner field of `a: b: …`.
fn chained(f: &Field) -> Option<&Field> {
    match &f.value {
        Expr::Struct(s) if !s.braces => match s.decls.as_slice() {
            [Decl::Field(inner)] if inner.attributes.is_empty() && f.attributes.is_empty() && inner.doc.is_empty() => {
                Some(inner)
            }
            _ => None,
        },
        _ => None,
    }
}

/// How many labels stand in a row; 0 for what is no field, or ends in a struct of several fields.
fn nest_depth(decl: &Decl) -> usize {
    let Decl::Field(first) = decl else { return 0 };
    let mut f = first;
    let mut depth = 1;
    loop {
        match &f.value {
            Expr::Struct(s) => match s.decls.as_slice() {
                [Decl::Field(inner)] => {
                    depth += 1;
                    f = inner;
                }
                [_] => return depth,
                _ => return depth - 1,
            },
            _ => return depth,
        }
    }
}

fn is_definition(label: &Label) -> bool {
    matches!(label, Label::Ident(i) if i.name.starts_with('#') || i.name.starts_with("_#"))
}

fn decl_span(decl: &Decl) -> Span {
    match decl {
        Decl::Field(x) => x.span,
        Decl::Embedding(x) => x.span(),
        Decl::Let(x) => x.span,
        Decl::Ellipsis(x) => x.span,
        Decl::Comprehension(x) => x.span,
        Decl::Attribute(x) => x.span,
    }
}

fn element_span(e: &Element) -> Span {
    match e {
        Element::Value(x) => x.span(),
        Element::Comprehension(x) => x.span,
        Element::Ellipsis(x) => x.span,
    }
}

fn start_of(e: &Expr) -> u32 {
    e.span().start
}
