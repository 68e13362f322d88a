//! Declarations and what stands between them.

use super::{decl_span, is_definition, nest_depth};
use crate::ast::*;
use crate::format::gap::Gap;
use crate::format::printer::Printer;

impl Printer<'_> {
    /// Declarations of a file or struct; `lines` says that each is meant to stand on a line of its own.
    pub(super) fn decls(&mut self, decls: &[Decl], lines: bool, end: u32) {
        let separator = if lines { Gap::LINE } else { Gap::BLANK };
        let break_ = if lines { Gap::BREAK } else { Gap::BLANK };
        let mut depth = 0;
        let mut previous: Option<&Decl> = None;
        for (i, decl) in decls.iter().enumerate() {
            if let Some(previous) = previous {
                self.ask(Gap::DECL_COMMA);
                let nested = nest_depth(decl);
                if lines && (depth == 0 || nested != depth) {
                    self.ask(break_);
                }
                let tail = i + 1 == decls.len() && self.comment_behind(decl_span(decl).end, end);
                if tail || self.has_doc(decl) {
                    match previous {
                        Decl::Field(f) => {
                            if is_definition(&f.label) {
                                self.ask(Gap::SECTION);
                            }
                        }
                        _ => self.ask(Gap::SECTION),
                    }
                }
            }
            self.decl(decl);
            self.trailing_comment(decl_span(decl).end);
            depth = nest_depth(decl);
            previous = Some(decl);
            if let Some(Decl::Field(next)) = decls.get(i + 1) {
                let breaks = match &next.value {
                    Expr::Struct(s) => s.braces || s.decls.len() != 1,
                    Expr::List(_) => true,
                    _ => false,
                };
                if breaks {
                    self.ask(break_);
                    continue;
                }
            }
            self.ask(separator);
        }
    }

    /// Whether comments follow the last declaration.
    pub(super) fn comment_behind(&self, from: u32, to: u32) -> bool {
        self.original.is_some_and(|o| {
            let i = o.comments.partition_point(|c| c.span.start < from);
            o.comments.get(i).is_some_and(|c| c.span.start < to)
        })
    }

    /// Whether a comment stands directly above.
    pub(super) fn has_doc(&self, decl: &Decl) -> bool {
        let end = decl_span(decl).end as usize;
        let behind = self.original.and_then(|o| o.text.get(end..)).unwrap_or_default();
        if behind.trim_start_matches([' ', '\t', ',']).starts_with("//") {
            return true;
        }
        match decl {
            Decl::Field(f) => !f.doc.is_empty(),
            Decl::Let(l) => !l.doc.is_empty(),
            Decl::Comprehension(c) => !c.doc.is_empty(),
            Decl::Embedding(_) | Decl::Ellipsis(_) | Decl::Attribute(_) => {
                let Some(original) = self.original else { return false };
                let Some(text) = original.text.get(..decl_span(decl).start as usize) else { return false };
                let text = text.trim_end_matches([' ', '\t']);
                let Some(text) = text.strip_suffix('\n') else { return false };
                text.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("//"))
            }
        }
    }

    pub(super) fn decl(&mut self, decl: &Decl) {
        let span = decl_span(decl);
        let own_line = self.original.is_none() || self.starts_line(span.start);
        match decl {
            Decl::Field(f) => self.field(f),
            Decl::Attribute(a) => self.attribute(a),
            Decl::Ellipsis(e) => self.ellipsis(e),
            Decl::Let(l) => {
                self.doc(&l.doc);
                if own_line {
                    self.ask(Gap::BREAK);
                }
                self.at_span(l.span);
                self.let_clause(l, false);
                self.ask(Gap::DECL_COMMA);
            }
            Decl::Embedding(e) => {
                if own_line {
                    self.ask(Gap::BREAK);
                }
                self.expr(e);
                self.ask(Gap::LINE);
            }
            Decl::Comprehension(c) => {
                self.doc(&c.doc);
                if own_line {
                    self.ask(Gap::BREAK);
                }
                self.comprehension(c);
            }
        }
    }

    pub(super) fn ellipsis(&mut self, e: &Ellipsis) {
        self.token(e.span, "...");
        if let Some(value) = &e.value
            && !matches!(&**value, Expr::Ident(i) if i.name == "_")
        {
            self.expr(value);
        }
    }

    pub(super) fn let_clause(&mut self, l: &LetClause, clause: bool) {
        self.token(l.span, "let");
        self.ask(Gap::BLANK | Gap::FIXED);
        if clause {
            self.ask(Gap::INDENT);
        }
        self.text(&l.name.name);
        self.ask(Gap::BLANK | Gap::FIXED);
        self.text("=");
        self.ask(Gap::BLANK);
        self.expr(&l.value);
        if clause {
            self.unmark();
        }
    }
}
