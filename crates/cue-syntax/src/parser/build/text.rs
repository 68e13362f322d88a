//! Strings, bytes and interpolations.

use super::{Builder, High};
use crate::ast::*;
use crate::parser::Rule;
use crate::parser::cut::span_of;
use crate::parser::literal::{Fault, Quoting, decode};
use crate::span::Span;
use pest::iterators::Pair;

impl Builder<'_> {
    pub(in crate::parser) fn faults(&mut self, faults: Vec<Fault>) {
        for f in faults {
            let at = span_of(self.id, f.at.0, f.at.1);
            self.problem("cue/string", f.message, at, "here", f.help);
        }
    }

    pub(super) fn string(&mut self, pair: &Pair<'_, Rule>) -> StringLit {
        let span = self.span(pair);
        self.string_of(pair.as_str(), span)
    }

    /// A whole literal without interpolation.
    pub(in crate::parser) fn string_of(&mut self, text: &str, span: Span) -> StringLit {
        let (q, open) = Quoting::of(text);
        let inner = text.get(open..text.len().saturating_sub(q.close_len())).unwrap_or_default();
        let (inner, indent) = split_indent(inner, q);
        let mut faults = Vec::new();
        let value = decode(inner, span.start as usize + open, q, indent, true, true, &mut faults);
        self.faults(faults);
        StringLit { value, span, multiline: q.multiline, hashes: q.hashes.min(255) as u8 }
    }

    pub(super) fn interpolation(&mut self, pair: Pair<'_, Rule>) -> Option<High<Interpolation>> {
        let span = self.span(&pair);
        let text = pair.as_str();
        let (q, open) = Quoting::of(text);
        let whole = text.get(open..text.len().saturating_sub(q.close_len())).unwrap_or_default();
        let (_, indent) = split_indent(whole, q);
        let mut parts = Vec::new();
        let mut faults = Vec::new();
        let mut height = 0;
        let mut pieces = pair.into_inner().peekable();
        while let Some(p) = pieces.next() {
            let at = self.span(&p);
            match p.as_rule() {
                Rule::hole | Rule::raw_hole => {
                    let mut inner = p.into_inner().peekable();
                    let (e, h) = self.expr(&mut inner)?;
                    height = height.max(h);
                    parts.push(InterpolationPart::Expr(e));
                }
                _ => {
                    let first = parts.is_empty();
                    let last = pieces.peek().is_none();
                    let text = decode(p.as_str(), at.start as usize, q, indent, first, last, &mut faults);
                    parts.push(InterpolationPart::Text(text));
                }
            }
        }
        self.faults(faults);
        if !self.fits(height + 1, span) {
            return None;
        }
        let x = Interpolation { parts, bytes: q.bytes, multiline: q.multiline, hashes: q.hashes.min(255) as u8, span };
        Some((x, height + 1))
    }
}

/// Of a multiline literal: the text without its last new line, and the blanks before the closing quotes.
pub(in crate::parser) fn split_indent(inner: &str, q: Quoting) -> (&str, &str) {
    if !q.multiline {
        return (inner, "");
    }
    let (text, indent) = inner.rsplit_once('\n').unwrap_or((inner, ""));
    // The line of the closing quotes may hold carriage returns, which are dropped everywhere.
    let indent = indent.trim_start_matches('\r');
    (text.strip_suffix('\r').unwrap_or(text), indent)
}
