//! Strings, interpolations, and whether a value is tall.

use crate::ast::*;
use crate::format::gap::Gap;
use crate::format::literal::{quote, reindent};
use crate::format::printer::Printer;

impl Printer<'_> {
    pub(super) fn string(&mut self, s: &StringLit) {
        let text = match self.source(s.span) {
            Some(text) if self.indent < 6 => {
                let text = text.to_owned();
                self.at_span(s.span);
                let indent = self.indent_after();
                return self.text(&reindent(&text, indent));
            }
            Some(text) => text.to_owned(),
            None => quote(&s.value, s.multiline, self.indent_after()),
        };
        self.token(s.span, &text);
    }

    /// The indent of a multiline literal that starts here.
    pub(super) fn indent_after(&self) -> usize {
        self.indent + 1
    }

    pub(super) fn interpolation(&mut self, x: &Interpolation, depth: usize) {
        let Some(whole) = self.source(x.span).map(str::to_owned) else { return self.synthetic_interpolation(x, depth) };
        self.at_span(x.span);
        let base = x.span.start;
        let mut at = x.span.start;
        for part in &x.parts {
            let InterpolationPart::Expr(e) = part else { continue };
            let span = e.span();
            // The text up to the `(`, and the blanks around the expression left out.
            let text = whole.get((at - base) as usize..(span.start - base) as usize).unwrap_or_default();
            let open = text.rfind('(').map_or(text.len(), |p| p + 1);
            let leading = text.get(open..).unwrap_or_default().contains('\n');
            self.text(text.get(..open).unwrap_or_default());
            let rest = whole.get((span.end - base) as usize..).unwrap_or_default();
            let close = rest.find(')').unwrap_or(0);
            let trailing = rest.get(..close).unwrap_or_default().contains('\n');
            let broken = x.multiline && (leading || trailing);
            let flat = usize::from(!x.multiline);
            self.flat += flat;
            if broken && !leading {
                self.ask(Gap::LINE | Gap::FIXED);
            }
            self.expr_at(e, 0, depth + 1);
            at = span.end + close as u32;
            self.comments_before(at);
            if broken && !trailing {
                self.ask(Gap::LINE | Gap::FIXED);
            } else {
                self.at(at);
            }
            self.flat -= flat;
        }
        let tail = whole.get((at - base) as usize..).unwrap_or_default();
        self.text(tail);
    }

    pub(super) fn synthetic_interpolation(&mut self, x: &Interpolation, depth: usize) {
        let mark = if x.bytes { "'" } else { "\"" };
        self.text(mark);
        for part in &x.parts {
            self.ask(Gap::TIGHT | Gap::FIXED);
            match part {
                InterpolationPart::Text(t) => {
                    let quoted = quote(t, false, 0);
                    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned();
                    self.text(&inner);
                }
                InterpolationPart::Expr(e) => {
                    self.text("\\(");
                    self.ask(Gap::TIGHT | Gap::FIXED);
                    self.expr_at(e, 0, depth + 1);
                    self.ask(Gap::TIGHT | Gap::FIXED);
                    self.text(")");
                }
            }
        }
        self.ask(Gap::TIGHT | Gap::FIXED);
        self.text(mark);
    }

    /// Whether a value is likely to take several lines, so that it stands in no column.
    pub(super) fn tall(&self, e: &Expr) -> bool {
        match e {
            Expr::Struct(_) | Expr::List(_) => true,
            Expr::String(s) => s.multiline,
            Expr::Paren(x, _) | Expr::Open(x, _) | Expr::Try(x, _) => self.tall(x),
            Expr::Unary { operand, .. } => self.tall(operand),
            Expr::Binary { left, right, .. } => self.tall(left) || self.tall(right),
            Expr::Index { operand, .. } | Expr::Selector { operand, .. } => self.tall(operand),
            Expr::Call { arguments, .. } => arguments.iter().any(|a| self.tall(a)),
            _ => false,
        }
    }
}
