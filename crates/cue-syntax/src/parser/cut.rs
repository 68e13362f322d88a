//! Cuts a source at its top-level declarations, before the grammar sees it.
//!
//! The cutter knows strings, comments, attributes and brackets, and where a new line ends a declaration. It collects the
//! comments, reports what is wrong with brackets and unterminated literals (which would otherwise spoil the rest of the
//! file), bounds the nesting, and hands out pieces that are parsed one by one.

use super::limits::{MAX_NESTING, MAX_PROBLEMS};
use crate::span::{SourceId, Span};
use crate::{Diagnostic, Source};
use std::sync::Arc;

/// What the cutter found.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    /// The pieces that can be parsed.
    pub(crate) pieces: Vec<Piece>,
    /// All comments outside of strings, in order.
    pub(crate) comments: Vec<RawComment>,
    /// Problems that belong to no piece.
    pub(crate) problems: Vec<Diagnostic>,
}

/// A run of top-level declarations, mostly one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The most brackets that are open at once.
    pub(crate) nesting: usize,
}

/// A comment and whether anything stands before it on its line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawComment {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) own_line: bool,
}

/// What an open bracket is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Open {
    /// `(`, `[` or `{`.
    Bracket(u8),
    /// `\(` in a string that goes on after the `)`.
    Hole(Quote),
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Quote {
    mark: u8,
    triple: bool,
    hashes: usize,
    start: usize,
}

/// The kind of the last token, as far as it decides what a new line means.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Last {
    /// Nothing yet in this piece.
    None,
    /// A token after which a new line is a comma.
    End,
    /// `in`, `if`, `try`… where an operand may follow on the line.
    Word,
    /// An operator, `:`, `,` or an opening bracket.
    Open,
}

pub(crate) struct Cutter<'a> {
    source: &'a Arc<Source>,
    text: &'a [u8],
    at: usize,
    stack: Vec<(Open, usize)>,
    last: Last,
    /// Start of the piece at hand.
    start: usize,
    /// The piece began with `for`, `if` or `try` and its body has not been seen.
    clauses: bool,
    /// The piece is not to be parsed: its problem is reported already.
    broken: bool,
    /// The most brackets that were open at once in this piece.
    nesting: usize,
    /// Inside of an attribute's parentheses: how many brackets are open around it. Its comments are part of its text.
    attribute: Option<usize>,
    restarts: usize,
    out: Cut,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(source: &'a Arc<Source>) -> Self {
        Cutter {
            source,
            text: source.text.as_bytes(),
            at: 0,
            stack: Vec::new(),
            last: Last::None,
            start: 0,
            clauses: false,
            broken: false,
            nesting: 0,
            attribute: None,
            restarts: 0,
            out: Cut::default(),
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    fn problem(&mut self, code: &'static str, message: String, at: (usize, usize), label: &str, help: Option<&str>) {
        self.broken = true;
        if self.out.problems.len() >= MAX_PROBLEMS {
            return;
        }
        let mut d = Diagnostic::error(code, message);
        d.labels.push(label_of(self.source, at, label));
        d.help = help.map(str::to_owned);
        self.out.problems.push(d);
    }

    /// Walks the text.
    pub(crate) fn run(mut self) -> Cut {
        let mark = "\u{feff}".as_bytes();
        while self.text.get(self.at..).is_some_and(|t| t.starts_with(mark)) {
            self.at += 3;
            self.start = self.at;
        }
        if let Some(at) = self.text.iter().position(|b| *b == 0) {
            self.problem(
                "cue/syntax",
                "a NUL byte is not allowed in CUE".into(),
                (at, at + 1),
                "here",
                Some("is this a text file in UTF-8?"),
            );
            self.broken = false;
        }
        if let Some(p) = self.source.text.get(self.at..).and_then(|t| t.find('\u{feff}')) {
            let at = self.at + p;
            self.problem(
                "cue/syntax",
                "a byte order mark is only allowed at the start of a file".into(),
                (at, at + 3),
                "here",
                Some("delete this invisible character"),
            );
            self.broken = false;
        }
        loop {
            while self.at < self.text.len() {
                self.token();
            }
            if !self.unclosed() {
                break;
            }
        }
        self.end_piece(self.text.len());
        self.out
    }

    /// At the end of the text: reports a bracket that was never closed and goes on behind it, where possible.
    fn unclosed(&mut self) -> bool {
        let Some((open, start)) = self.stack.first().copied() else { return false };
        self.stack.clear();
        let (shown, closer) = match open {
            Open::Bracket(b) => (b as char, closer_of(b) as char),
            Open::Hole(_) => ('(', ')'),
        };
        self.problem(
            "cue/syntax",
            format!("`{shown}` is never closed"),
            (start, start + 1),
            &format!("expected a matching `{closer}` after this"),
            None,
        );
        // A line that begins like a field in the first column was most likely meant to stand at the top.
        self.restarts += 1;
        if self.restarts > 20 {
            return false;
        }
        let Some(next) = self.next_top_field(start) else { return false };
        self.out.comments.retain(|c| c.start < next);
        self.end_piece(next);
        self.at = next;
        true
    }

    fn next_top_field(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            at += self.text.get(at..)?.iter().position(|b| *b == b'\n')? + 1;
            let mut p = at;
            while is_word(self.byte(p)) || matches!(self.byte(p), b'#' | b'"' | b'-' | b'.') {
                p += 1;
            }
            if p > at && (self.byte(p) == b':' || (matches!(self.byte(p), b'?' | b'!') && self.byte(p + 1) == b':')) {
                return Some(at);
            }
        }
    }

    fn end_piece(&mut self, end: usize) {
        if self.last != Last::None && !self.broken && end > self.start {
            self.out.pieces.push(Piece { start: self.start, end, nesting: self.nesting });
        }
        self.start = end;
        self.last = Last::None;
        self.clauses = false;
        self.broken = false;
        self.nesting = 0;
        self.attribute = None;
    }

    fn token(&mut self) {
        let at = self.at;
        match self.byte(at) {
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\n' => self.newline(),
            b'/' if self.byte(at + 1) == b'/' => self.comment(),
            b'"' | b'\'' => self.quote(at, 0),
            b'#' => {
                let mut p = at;
                while self.byte(p) == b'#' {
                    p += 1;
                }
                if matches!(self.byte(p), b'"' | b'\'') {
                    self.quote(p, p - at);
                } else {
                    self.word();
                }
            }
            b'@' => {
                self.at += 1;
                while is_word(self.byte(self.at)) {
                    self.at += 1;
                }
                let mut p = self.at;
                while matches!(self.byte(p), b' ' | b'\t' | b'\r') {
                    p += 1;
                }
                if self.byte(p) == b'(' && self.attribute.is_none() {
                    self.attribute = Some(self.stack.len());
                }
                // Its brackets and strings are walked like all others; what follows a `)` may end a declaration.
                self.last = Last::End;
            }
            b @ (b'(' | b'[' | b'{') => {
                if self.stack.is_empty() && b == b'{' && matches!(self.last, Last::End | Last::None) {
                    self.clauses = false;
                }
                self.open(Open::Bracket(b), at);
                self.at += 1;
                self.last = Last::Open;
            }
            b @ (b')' | b']' | b'}') => {
                self.close(b);
                self.leave_attribute();
            }
            0 => {
                self.broken = true;
                self.at += 1;
            }
            b'?' => {
                self.at += 1;
                self.last = Last::End;
            }
            b'.' if self.byte(at + 1) == b'.' && self.byte(at + 2) == b'.' => {
                self.at += 3;
                self.last = Last::End;
            }
            b if is_word(b) || (b == b'.' && self.byte(at + 1).is_ascii_digit()) => self.word(),
            _ => {
                self.at += 1;
                self.last = Last::Open;
            }
        }
    }

    fn open(&mut self, bracket: Open, at: usize) {
        self.stack.push((bracket, at));
        self.nesting = self.nesting.max(self.stack.len());
        if self.stack.len() == MAX_NESTING + 1 {
            self.too_deep(at);
        }
    }

    fn too_deep(&mut self, at: usize) {
        self.problem(
            "cue/nesting",
            format!("nested more than {MAX_NESTING} levels deep"),
            (at, at + 1),
            "this is one level too many",
            Some("give an inner part a name of its own and refer to it"),
        );
    }

    fn word(&mut self) {
        let start = self.at;
        self.at += 1;
        let number = self.byte(start).is_ascii_digit() || self.byte(start) == b'.';
        while is_word(self.byte(self.at))
            || (self.byte(self.at) == b'#' && self.at == start + 1 && self.byte(start) == b'_')
            || (number && self.byte(self.at) == b'.' && self.byte(self.at + 1) != b'.')
        {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        if self.stack.is_empty() {
            if self.last == Last::None && matches!(word, b"for" | b"if" | b"try") && !self.is_name_here() {
                self.clauses = true;
                self.last = if word == b"try" { Last::End } else { Last::Word };
                return;
            }
            if self.clauses && matches!(word, b"in" | b"if" | b"for" | b"let") {
                self.last = Last::Word;
                return;
            }
        }
        self.last = Last::End;
    }

    /// After `for`, `if` or `try`: whether it is used as a name.
    fn is_name_here(&self) -> bool {
        let mut p = self.at;
        while matches!(self.byte(p), b' ' | b'\t' | b'\r') {
            p += 1;
        }
        match self.byte(p) {
            b':' | b'?' | b',' | b'\n' | 0 => true,
            b'=' => !matches!(self.byte(p + 1), b'=' | b'~'),
            b'!' => self.byte(p + 1) == b':',
            _ => false,
        }
    }

    fn newline(&mut self) {
        self.at += 1;
        if !self.stack.is_empty() || self.last != Last::End || self.clauses {
            return;
        }
        let mut p = self.at;
        while matches!(self.byte(p), b' ' | b'\t' | b'\r' | b'\n') {
            p += 1;
        }
        if !matches!(self.byte(p), b':' | b',') {
            self.end_piece(self.at);
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        self.at = rest.iter().position(|b| *b == b'\n').map_or(self.text.len(), |p| start + p);
        if self.attribute.is_some() {
            return;
        }
        let before = self.text.get(..start).unwrap_or_default();
        let own_line = before.iter().rev().take_while(|b| **b != b'\n').all(|b| matches!(b, b' ' | b'\t' | b'\r'));
        let end = if self.byte(self.at - 1) == b'\r' { self.at - 1 } else { self.at };
        self.out.comments.push(RawComment { start, end, own_line });
    }

    fn close(&mut self, b: u8) {
        let at = self.at;
        self.at += 1;
        self.last = Last::End;
        if let Some((Open::Hole(quote), _)) = self.stack.last().copied()
            && b == b')'
        {
            self.stack.pop();
            return self.string(quote, false);
        }
        match self.stack.last().copied() {
            Some((Open::Bracket(open), _)) if closer_of(open) == b => {
                self.stack.pop();
            }
            _ => {
                // Close as many as it takes, if there is one to match.
                let matching = self.stack.iter().rposition(|(open, _)| match open {
                    Open::Bracket(open) => closer_of(*open) == b,
                    Open::Hole(_) => false,
                });
                let Some((open, start)) = self.stack.last().copied() else {
                    let label = "nothing is open here that this could close";
                    self.problem("cue/syntax", format!("unexpected `{}`", b as char), (at, at + 1), label, None);
                    return;
                };
                let open = match open {
                    Open::Bracket(open) => open,
                    Open::Hole(_) => b'(',
                };
                self.problem(
                    "cue/syntax",
                    format!("`{}` is closed by `{}`", open as char, b as char),
                    (at, at + 1),
                    &format!("expected `{}` before this", closer_of(open) as char),
                    None,
                );
                let label = label_of(self.source, (start, start + 1), "opened here");
                if let Some(d) = self.out.problems.last_mut() {
                    d.labels.push(label);
                }
                let left = matching.unwrap_or(self.stack.len() - 1);
                self.stack.truncate(left);
            }
        }
    }

    fn leave_attribute(&mut self) {
        if self.attribute.is_some_and(|open| self.stack.len() <= open) {
            self.attribute = None;
        }
    }

    /// At the first quote of a literal.
    fn quote(&mut self, at: usize, hashes: usize) {
        let mark = self.byte(at);
        let start = at - hashes;
        let two = self.byte(at + 1) == mark && self.byte(at + 2) == mark;
        let closes = |p: usize| (0..hashes).all(|i| self.byte(p + i) == b'#');
        // `#"""#` is a single-line literal that holds one quote.
        let triple = two && !(hashes > 0 && closes(at + 3));
        self.at = at + if triple { 3 } else { 1 };
        if triple {
            let line = if self.byte(self.at) == b'\r' { self.at + 1 } else { self.at };
            if self.byte(line) != b'\n' {
                self.problem(
                    "cue/string",
                    "the text of a multiline literal starts on the line after the opening quotes".into(),
                    (at, at + 3),
                    "expected a new line after this",
                    None,
                );
            }
        }
        self.string(Quote { mark, triple, hashes, start }, true);
    }

    /// Inside a literal, up to its end or the next `\(`.
    fn string(&mut self, quote: Quote, mut line_start: bool) {
        // In multiline literals the closing quotes stand alone on their line.
        while self.at < self.text.len() {
            let b = self.byte(self.at);
            if b == b'\n' {
                if !quote.triple {
                    break;
                }
                line_start = true;
                self.at += 1;
                continue;
            }
            let hashes_at = |c: &Self, p: usize| (0..quote.hashes).all(|i| c.byte(p + i) == b'#');
            if b == quote.mark {
                if !quote.triple && hashes_at(self, self.at + 1) {
                    self.at += 1 + quote.hashes;
                    self.last = Last::End;
                    return;
                }
                let three = self.byte(self.at + 1) == b && self.byte(self.at + 2) == b;
                if quote.triple && line_start && three && hashes_at(self, self.at + 3) {
                    self.at += 3 + quote.hashes;
                    self.last = Last::End;
                    return;
                }
            }
            if b == b'\\' && hashes_at(self, self.at + 1) {
                let p = self.at + 1 + quote.hashes;
                if self.byte(p) == b'(' {
                    self.open(Open::Hole(quote), p);
                    self.at = p + 1;
                    self.last = Last::Open;
                    return;
                }
                self.at = if self.byte(p) == b'\n' { p } else { p + 1 };
                line_start = false;
                continue;
            }
            if !matches!(b, b' ' | b'\t' | b'\r') {
                line_start = false;
            }
            self.at += 1;
        }
        self.at = self.at.min(self.text.len());
        self.last = Last::End;
        let kind = if quote.mark == b'"' { "string" } else { "bytes literal" };
        let marks =
            (quote.mark as char).to_string().repeat(if quote.triple { 3 } else { 1 }) + &"#".repeat(quote.hashes);
        let first_line = self.text.get(quote.start..self.at).unwrap_or_default();
        let end = first_line.iter().position(|b| *b == b'\n').map_or(self.at, |p| quote.start + p);
        self.problem(
            "cue/string",
            format!("{kind} is not terminated"),
            (quote.start, end),
            &format!(
                "expected a closing `{marks}`{}",
                if quote.triple { " on a line of its own" } else { " on this line" }
            ),
            if quote.triple { None } else { Some("text of several lines goes between `\"\"\"` and `\"\"\"`") },
        );
    }
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80
}

fn closer_of(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

/// A label in one source.
pub(crate) fn label_of(source: &Arc<Source>, at: (usize, usize), text: &str) -> crate::Label {
    crate::Label { source: source.clone(), start: at.0 as u32, end: at.1 as u32, text: text.to_owned() }
}

/// A span in one source.
pub(crate) fn span_of(source: SourceId, start: usize, end: usize) -> Span {
    Span { source, start: start as u32, end: end as u32 }
}
