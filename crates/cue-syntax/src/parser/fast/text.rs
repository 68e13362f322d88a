//! Strings, bytes, interpolations.

use super::{Fast, Quoted};
use crate::ast::*;
use crate::parser::build::High;
use crate::parser::build::text::split_indent;
use crate::parser::literal::{Quoting, decode};

impl Fast<'_, '_, '_> {
    pub(super) fn literal(&mut self) -> Option<High<Expr>> {
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
    pub(super) fn quoted(&mut self) -> Option<Quoted> {
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
