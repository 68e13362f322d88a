//! Where a piece of text stands: a source, and byte offsets in it.

use std::sync::Arc;

/// A source text with the name that diagnostics show for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// A path as the user wrote it, `-` for standard input, or a made-up name such as `builtin:webservice`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Wraps a text with its name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Source { name: name.into(), text: text.into() })
    }

    /// Line and column (both from 1, the column in characters) of a byte offset; an offset past the end is the end.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let end = (offset as usize).min(self.text.len());
        let before = self.text.as_bytes().get(..end).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |p| p + 1);
        let column = self.text.get(start..end).map_or(end - start, |s| s.chars().count()) + 1;
        (line, column)
    }
}

/// Which source of a [`Sources`] table a span points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A half-open range of bytes in one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The smallest span that covers both; both must be of one source.
    pub fn to(self, other: Span) -> Span {
        Span { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// The sources of one compilation, by id. It is a value that is passed along: there is no global table.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Arc<Source>>);

impl Sources {
    /// Adds a source and returns its id.
    pub fn add(&mut self, source: Arc<Source>) -> SourceId {
        self.0.push(source);
        SourceId((self.0.len() - 1) as u32)
    }

    /// How many bytes the sources have together.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|s| s.text.len() as u64).sum()
    }

    /// The source of an id of this table.
    pub fn get(&self, id: SourceId) -> Option<&Arc<Source>> {
        self.0.get(id.0 as usize)
    }
}
