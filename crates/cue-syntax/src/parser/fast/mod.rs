//! The short way from text to tree for ordinary declarations.
//!
//! The grammar (`cue.pest`) is the law; this reads the same language by hand, about ten times faster, and gives up on
//! whatever is rare or wrong: then the grammar parses the piece, and reports. It never reports itself. A test holds both
//! ways to the same tree on every file at hand and on generated ones.

mod decl;
mod expr;
mod text;

use super::build::{Builder, High};
use super::cut::span_of;
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
}

/// A literal's interpolations: where each starts and ends, and its expression.
struct Quoted {
    holes: Vec<(usize, usize, High<Expr>)>,
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80
}
