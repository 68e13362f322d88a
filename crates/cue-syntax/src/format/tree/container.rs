//! Struct and list literals.

use super::element_span;
use crate::ast::*;
use crate::format::gap::Gap;
use crate::format::printer::{Last, Printer};
use crate::span::Span;

impl Printer<'_> {
    pub(super) fn struct_lit(&mut self, s: &StructLit) {
        // A chain `a: b: 1 @x()` is written with braces, because the attribute is that of the inner field.
        if !s.braces {
            self.text("{");
            self.ask(Gap::TIGHT | Gap::INDENT | Gap::BREAK | Gap::LINE | Gap::FIXED);
            self.decls(&s.decls, true, s.span.end);
            self.ask(Gap::UNINDENT | Gap::LINE | Gap::FIXED);
            self.text("}");
            self.last = Last::Close;
            return;
        }
        let synthetic = self.original.is_none();
        let close = s.span.end.saturating_sub(1);
        let inner_comment = s.decls.is_empty() && self.original.is_some_and(|o| o.comment_in(s.span));
        let short = s.decls.len() <= 1 && self.on_one_line(s.span);
        self.token(s.span, "{");
        let line = self.line_count();
        self.brace_on_line = true;
        let mut gap = Gap::TIGHT | Gap::INDENT;
        if s.decls.is_empty() && !inner_comment {
            gap |= Gap::BLANK | Gap::FIXED;
        } else {
            gap |= if short { Gap::BLANK } else { Gap::BREAK };
            if synthetic {
                gap |= Gap::LINE | Gap::FIXED;
            }
        }
        self.ask(gap);
        self.decls(&s.decls, !short, close);
        if !synthetic {
            self.comments_before(close);
        }
        self.ask(Gap::UNINDENT | Gap::TIGHT);
        if self.line_count() != line {
            self.ask(Gap::LINE);
            if self.last != Last::Close {
                self.ask(Gap::FIXED);
                self.pending = self.pending.without(Gap::SECTION);
            }
        }
        if !synthetic {
            self.at(close);
        }
        self.text("}");
        self.last = Last::Close;
    }

    pub(super) fn list_lit(&mut self, l: &ListLit) {
        let close = l.span.end.saturating_sub(1);
        self.token(l.span, "[");
        self.ask(Gap::TIGHT | Gap::INDENT);
        if l.elements.is_empty() && !self.original.is_some_and(|o| o.comment_in(l.span)) {
            self.ask(Gap::BLANK | Gap::FIXED);
        }
        let bare = self.omits_commas(l);
        let mut commented = false;
        for (i, element) in l.elements.iter().enumerate() {
            if bare && i > 0 {
                self.ask(Gap::DECL_COMMA);
            }
            match element {
                Element::Value(e) => self.expr(e),
                Element::Comprehension(c) => self.comprehension(c),
                Element::Ellipsis(e) => self.ellipsis(e),
            }
            if !bare {
                self.ask(Gap::COMMA | Gap::BLANK);
            }
            commented = self.trailing_comment(element_span(element).end);
        }
        if self.original.is_some() {
            // What follows the comment of the last element is kept apart from it.
            if commented && self.comment_follows(close) {
                self.ask(Gap::SECTION);
            }
            self.comments_before(close);
        }
        self.ask(Gap::TRAILING | Gap::TIGHT | Gap::UNINDENT);
        if self.original.is_some() {
            self.at(close);
        }
        self.text("]");
        self.last = Last::Close;
    }

    /// Whether the source separates the elements by new lines alone (language v0.17), which is then kept.
    pub(super) fn omits_commas(&self, l: &ListLit) -> bool {
        let Some(original) = self.original else { return false };
        let comma_between = |from: u32, to: u32| {
            let mut at = from as usize;
            let to = to as usize;
            while at < to {
                if original.text.as_bytes().get(at) == Some(&b'/') {
                    at = original.comment_from(at as u32).map_or(to, |c| c.span.end as usize);
                    continue;
                }
                if original.text.as_bytes().get(at) == Some(&b',') {
                    return true;
                }
                at += 1;
            }
            false
        };
        let spans: Vec<Span> = l.elements.iter().map(element_span).collect();
        match spans.as_slice() {
            [] => false,
            [only] => !comma_between(only.end, l.span.end.saturating_sub(1)),
            many => many.windows(2).any(|w| matches!(w, [a, b] if !comma_between(a.end, b.start))),
        }
    }
}
