//! Puts tokens and comments on lines: merges what the tree's shape asks for with the line breaks of the source.

use super::gap::Gap;
use super::layout::{Line, lay_out};
use crate::ast::Comment;
use crate::span::Span;

/// What stands before a token in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Before {
    /// Nothing: it touches the token before.
    Touching,
    /// Blanks.
    Blank,
    /// A new line.
    Line,
    /// An empty line.
    Section,
}

/// The last token, as far as the next one cares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Last {
    Start,
    Other,
    /// `}` or `]`.
    Close,
}

/// The text that a tree was read from. Synthesised trees have none.
#[derive(Clone, Copy)]
pub(crate) struct Original<'a> {
    pub(crate) text: &'a str,
    pub(crate) comments: &'a [Comment],
}

pub(crate) struct Printer<'a> {
    pub(crate) original: Option<Original<'a>>,
    next_comment: usize,
    lines: Vec<Line>,
    line: Line,
    pub(crate) pending: Gap,
    /// Per open `INDENT`: whether it took effect.
    marks: Vec<bool>,
    pub(crate) indent: usize,
    after_comment: bool,
    pub(crate) last: Last,
    /// A `{` stands on the current line.
    pub(crate) brace_on_line: bool,
    /// Inside of `\( … )` of a literal on one line: no new lines.
    pub(crate) flat: usize,
    /// The byte of the source that was announced last.
    placed: Option<u32>,
}

impl<'a> Original<'a> {
    /// The first comment at or behind a byte.
    pub(crate) fn comment_from(&self, offset: u32) -> Option<&'a Comment> {
        self.comments.get(self.comments.partition_point(|c| c.span.start < offset))
    }

    /// Whether a comment stands inside of a span.
    pub(crate) fn comment_in(&self, span: Span) -> bool {
        self.comment_from(span.start).is_some_and(|c| c.span.end <= span.end)
    }
}

impl<'a> Printer<'a> {
    pub(crate) fn new(original: Option<Original<'a>>) -> Self {
        Printer {
            original,
            next_comment: 0,
            lines: Vec::new(),
            line: Line::default(),
            pending: Gap::FIXED,
            marks: Vec::new(),
            indent: 0,
            after_comment: false,
            last: Last::Start,
            brace_on_line: false,
            flat: 0,
            placed: None,
        }
    }

    /// How many lines are finished.
    pub(crate) fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// Whether a comment that is still to be printed stands before a byte of the source.
    pub(crate) fn comment_follows(&self, offset: u32) -> bool {
        self.original.and_then(|o| o.comments.get(self.next_comment)).is_some_and(|c| c.span.start < offset)
    }

    /// A word that must not touch the token before it.
    pub(crate) fn apart(&mut self) {
        let touching = self.line.cells.last().is_some_and(|c| !c.is_empty() && !c.ends_with([' ', '\t']));
        if touching && !self.pending.has(Gap::ANY_LINE) {
            self.pending = self.pending.without(Gap::TIGHT) | Gap::BLANK;
        }
    }

    pub(crate) fn ask(&mut self, gap: Gap) {
        self.pending |= gap;
    }

    /// What stands before a byte of the source.
    pub(crate) fn before(&self, offset: u32) -> Option<Before> {
        let text = self.original?.text.get(..offset as usize)?;
        let mut lines = 0;
        let mut blank = false;
        for b in text.bytes().rev() {
            match b {
                b'\n' => lines += 1,
                b' ' | b'\t' | b'\r' => blank = true,
                _ => break,
            }
        }
        Some(match lines {
            0 if !blank => Before::Touching,
            0 => Before::Blank,
            1 => Before::Line,
            _ => Before::Section,
        })
    }

    /// Whether a token of the source starts a line; false for synthesised trees.
    pub(crate) fn starts_line(&self, offset: u32) -> bool {
        self.flat == 0 && self.before(offset) >= Some(Before::Line)
    }

    /// Prints the comments that stand before a byte of the source.
    pub(crate) fn comments_before(&mut self, offset: u32) {
        let Some(original) = self.original else { return };
        while let Some(c) = original.comments.get(self.next_comment) {
            if c.span.start >= offset {
                break;
            }
            self.next_comment += 1;
            let asked = self.pending.has(Gap::SECTION) && !self.pending.has(Gap::FIXED);
            let last_group = !asked || self.in_last_group(self.next_comment - 1, offset);
            self.comment_at(c, last_group);
        }
    }

    /// Whether no empty line stands between a comment and the token that follows all comments here.
    fn in_last_group(&self, first: usize, offset: u32) -> bool {
        let Some(original) = self.original else { return true };
        let mut end = None;
        for c in original.comments.iter().skip(first).take_while(|c| c.span.start < offset) {
            if end.is_some() && self.before(c.span.start) == Some(Before::Section) {
                return false;
            }
            end = Some(c.span.end);
        }
        self.before(offset) != Some(Before::Section)
    }

    /// Prints the comment that stands behind something on the same line, if there is one.
    pub(crate) fn trailing_comment(&mut self, end: u32) -> bool {
        let Some(original) = self.original else { return false };
        let Some(c) = original.comments.get(self.next_comment) else { return false };
        let between = original.text.get(end as usize..c.span.start as usize);
        if between.is_some_and(|t| t.bytes().all(|b| matches!(b, b' ' | b'\t' | b','))) {
            self.next_comment += 1;
            self.comment_at(c, true);
            return true;
        }
        false
    }

    fn comment_at(&mut self, c: &Comment, last_group: bool) {
        let before = self.before(c.span.start).unwrap_or(Before::Line);
        let at_start = self.lines.is_empty() && self.line.cells.is_empty();
        if before >= Before::Line || at_start {
            let gap = match before {
                _ if at_start => Gap::NONE,
                Before::Section => Gap::SECTION,
                _ => Gap::LINE,
            };
            let mut asked = self.pending.without(Gap::BLANK | Gap::COLUMN | Gap::DECL_COMMA);
            // The empty line that is asked for stands above the doc comment, not above others before it.
            if !last_group && !asked.has(Gap::FIXED) {
                asked = asked.without(Gap::SECTION);
            }
            let asked = if at_start { asked.without(Gap::ANY_LINE) } else { asked };
            self.write_gap(asked | gap);
        } else {
            let mut asked = self.pending.without(Gap::ANY_LINE | Gap::DECL_COMMA | Gap::UNINDENT);
            if !asked.has(Gap::TIGHT) {
                asked |= Gap::COLUMN;
            }
            let unindent = self.pending.has(Gap::UNINDENT);
            self.write_gap(asked);
            if unindent {
                self.pending = Gap::UNINDENT;
                self.comment_text(c);
                self.pending |= Gap::UNINDENT;
                return;
            }
        }
        self.comment_text(c);
    }

    fn comment_text(&mut self, c: &Comment) {
        self.push("//");
        self.push(c.text.trim_end_matches('\r'));
        self.pending = Gap::LINE;
        self.after_comment = true;
    }

    /// A comment of a synthesised tree, on a line of its own.
    pub(crate) fn own_comment(&mut self, text: &str) {
        if !(self.lines.is_empty() && self.line.cells.is_empty()) {
            self.ask(Gap::LINE);
        }
        let pending = self.pending.without(Gap::BLANK | Gap::COLUMN | Gap::DECL_COMMA);
        self.write_gap(pending);
        self.push("//");
        self.push(text);
        self.pending = Gap::LINE | Gap::FIXED;
        self.after_comment = true;
    }

    /// Tells that the next token stands at this byte of the source: its comments are printed, its line break is kept.
    pub(crate) fn at(&mut self, offset: u32) {
        self.comments_before(offset);
        let Some(before) = self.before(offset) else { return };
        if self.placed.replace(offset) == Some(offset) && self.pending == Gap::NONE {
            return;
        }
        if self.pending.has(Gap::FIXED) {
            return;
        }
        let mut asked = self.pending;
        let before = if self.flat > 0 && before >= Before::Line { Before::Touching } else { before };
        match before {
            Before::Touching => asked = asked.without(Gap::ANY_LINE),
            Before::Blank => asked = asked.without(Gap::ANY_LINE) | Gap::BLANK,
            Before::Line => asked |= Gap::LINE,
            Before::Section => asked |= Gap::SECTION,
        }
        if self.after_comment {
            asked |= Gap::LINE;
        }
        self.write_gap(asked);
        self.pending = Gap::NONE;
    }

    /// Prints a token.
    pub(crate) fn text(&mut self, text: &str) {
        let mut pending = self.pending;
        if self.after_comment && !pending.has(Gap::ANY_LINE) && !self.line.cells.is_empty() {
            pending |= Gap::LINE;
        }
        self.write_gap(pending);
        self.pending = Gap::NONE;
        self.after_comment = false;
        self.last = Last::Other;
        self.push(text);
    }

    fn push(&mut self, text: &str) {
        if self.line.cells.is_empty() {
            self.line.cells.push(String::new());
            self.line.tabs = self.indent;
        }
        if let Some(cell) = self.line.cells.last_mut() {
            cell.push_str(text);
        }
    }

    fn write_gap(&mut self, gap: Gap) {
        if gap.has(Gap::COMMA) && (gap.has(Gap::ANY_LINE) || !gap.has(Gap::TRAILING)) {
            self.push(",");
        }
        if gap.has(Gap::INDENT) {
            self.marks.push(false);
        }
        if gap.has(Gap::UNINDENT) {
            self.unmark();
        }
        if gap.has(Gap::ANY_LINE) {
            if !gap.has(Gap::UNINDENT)
                && let Some(mark @ false) = self.marks.last_mut()
            {
                *mark = true;
                self.indent += 1;
            }
            self.end_line(gap.has(Gap::BREAK | Gap::SECTION));
            if gap.has(Gap::SECTION) {
                self.end_line(true);
            }
        } else if gap.has(Gap::DECL_COMMA) {
            self.push(", ");
        } else if gap.has(Gap::TIGHT) {
        } else if gap.has(Gap::COLUMN) {
            if self.line.cells.is_empty() {
                self.push("");
            }
            self.line.cells.push(String::new());
        } else if gap.has(Gap::BLANK) {
            self.push(" ");
        }
    }

    /// Ends the effect of the last `INDENT` at once.
    pub(crate) fn unmark(&mut self) {
        if self.marks.pop() == Some(true) {
            self.indent = self.indent.saturating_sub(1);
        }
    }

    fn end_line(&mut self, breaks: bool) {
        let mut line = std::mem::take(&mut self.line);
        line.breaks = breaks;
        if line.cells.is_empty() {
            line.tabs = 0;
        }
        self.lines.push(line);
        self.brace_on_line = false;
    }

    /// The whole text, ended by one new line.
    pub(crate) fn finish(mut self) -> String {
        self.comments_before(u32::MAX);
        if !self.line.cells.is_empty() {
            self.end_line(false);
        }
        while self.lines.last().is_some_and(|l| l.cells.is_empty()) {
            self.lines.pop();
        }
        lay_out(&self.lines)
    }
}
