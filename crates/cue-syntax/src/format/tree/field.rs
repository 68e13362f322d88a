//! Fields, labels, clauses.

use super::chained;
use crate::ast::*;
use crate::format::gap::Gap;
use crate::format::literal::quote;
use crate::format::printer::Printer;
use crate::span::Span;

impl Printer<'_> {
    pub(super) fn field(&mut self, f: &Field) {
        self.doc(&f.doc);
        self.at_span(f.span);
        if let Some(alias) = &f.alias {
            self.text(&alias.name);
            self.ask(Gap::TIGHT | Gap::FIXED);
            self.text("=");
            self.ask(Gap::TIGHT | Gap::FIXED);
        }
        self.label(&f.label);
        if let Some(a) = &f.postfix_alias {
            self.ask(Gap::TIGHT | Gap::FIXED);
            self.text(&match &a.key {
                Some(key) => format!("~({},{})", key.name, a.value.name),
                None => format!("~({})", a.value.name),
            });
        }
        match f.constraint {
            Constraint::Regular => {}
            Constraint::Optional => self.text("?"),
            Constraint::Required => self.text("!"),
        }
        self.ask(Gap::TIGHT | Gap::FIXED);
        self.text(":");
        if let Some(inner) = chained(f) {
            if self.starts_line(inner.span.start) {
                self.ask(Gap::INDENT | Gap::BREAK);
                self.field(inner);
                self.unmark();
            } else {
                self.ask(Gap::BLANK | Gap::FIXED);
                self.field(inner);
            }
            return;
        }
        let tall = self.tall(&f.value);
        let gap = if tall || self.brace_on_line { Gap::BLANK } else { Gap::COLUMN };
        self.ask(gap);
        if matches!(f.value, Expr::List(_) | Expr::Struct(_)) {
            self.expr(&f.value);
        } else {
            self.ask(Gap::INDENT);
            self.expr(&f.value);
            self.unmark();
        }
        let mut gap = gap;
        for a in &f.attributes {
            self.ask(gap);
            self.attribute(a);
            gap = Gap::BLANK;
        }
        if tall {
            self.ask(Gap::BREAK);
        }
    }

    pub(super) fn label(&mut self, label: &Label) {
        match label {
            Label::Ident(i) => self.text(&i.name),
            Label::String(s) => {
                let text = match self.source(s.span) {
                    Some(text) if s.hashes == 0 && !s.multiline => text.to_owned(),
                    _ => quote(&s.value, false, 0),
                };
                self.text(&text);
            }
            Label::Interpolation(i) => self.interpolation(i, 1),
            Label::Dynamic(e, span) => {
                self.token(*span, "(");
                self.expr(e);
                self.close_at(*span);
                self.text(")");
            }
            Label::Pattern { alias, value, span } => {
                self.token(*span, "[");
                if let Some(alias) = alias {
                    self.bind(alias, value);
                }
                self.expr(value);
                self.close_at(*span);
                self.text("]");
            }
        }
    }

    /// Announces the bracket that follows an operand, perhaps after blanks.
    pub(super) fn open_at(&mut self, end: u32) {
        if let Some(original) = self.original {
            let rest = original.text.get(end as usize..).unwrap_or_default();
            let blanks = rest.bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
            self.at(end + blanks as u32);
        }
    }

    /// Announces the last byte of a span: its closing bracket.
    pub(super) fn close_at(&mut self, span: Span) {
        if self.original.is_some() && span.end > 0 {
            self.at(span.end - 1);
        }
    }

    pub(super) fn comprehension(&mut self, c: &Comprehension) {
        for (i, clause) in c.clauses.iter().enumerate() {
            if i > 0 {
                self.ask(Gap::BLANK);
            }
            self.clause(clause);
        }
        self.ask(Gap::BLANK | Gap::FIXED);
        self.struct_lit(&c.body);
        if let Some((word, body)) = &c.fallback {
            self.ask(Gap::BLANK | Gap::FIXED);
            // The older spelling is replaced.
            self.text(if word.name == "fallback" { "otherwise" } else { &word.name });
            self.ask(Gap::BLANK | Gap::FIXED);
            self.struct_lit(body);
        }
    }

    pub(super) fn clause(&mut self, clause: &Clause) {
        match clause {
            Clause::For { key, value, source, span } => {
                self.token(*span, "for");
                self.ask(Gap::BLANK | Gap::INDENT | Gap::FIXED);
                if let Some(key) = key {
                    self.text(&key.name);
                    self.text(",");
                    self.ask(Gap::BLANK | Gap::FIXED);
                }
                self.text(&value.name);
                self.ask(Gap::BLANK | Gap::FIXED);
                self.text("in");
                self.ask(Gap::BLANK);
                self.expr(source);
                self.unmark();
            }
            Clause::If { condition, span } => {
                self.token(*span, "if");
                self.ask(Gap::BLANK | Gap::INDENT);
                self.expr(condition);
                self.unmark();
            }
            Clause::Let(l) => self.let_clause(l, true),
            Clause::Try { binding, span } => {
                self.at_span(*span);
                self.apart();
                self.text("try");
                if let Some((name, value)) = binding {
                    self.ask(Gap::BLANK | Gap::FIXED | Gap::INDENT);
                    self.text(&name.name);
                    self.ask(Gap::BLANK | Gap::FIXED);
                    self.text("=");
                    self.ask(Gap::BLANK);
                    self.expr(value);
                    self.unmark();
                }
            }
        }
    }
}
