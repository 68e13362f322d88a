//! The one diagnostic type of the whole project.
//!
//! A diagnostic is for the person who can fix it: a stable code, one short message, labelled places, the path of the
//! property concerned, and what to do. It owns the sources that it points into, so it can outlive the compilation and
//! cross threads. Turning it into text for a terminal happens at the edge, with miette.

use crate::span::{Source, Sources, Span};
use std::sync::Arc;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Advice,
    /// Works, but will bite.
    Warning,
    /// Nothing was produced.
    Error,
}

/// A place in a source with a few words about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The text that it points into.
    pub source: Arc<Source>,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What stands here, for instance `conflicts with this value: 5`; may be empty.
    pub text: String,
}

/// A problem, with everything a person needs to mend it.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// Stable, lower case, with slashes: `cue/conflict`, `render/unknown-component-type`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence without a full stop, no position, both values where two conflict.
    pub message: String,
    /// The path of the property concerned, in the user's file where there is one: `spec.components[0].properties.image`.
    pub path: Option<String>,
    /// The name of that property is what is wrong, not its value: a misspelt field.
    pub about_name: bool,
    /// Most important first.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// Others that belong to it, for instance the arms of a disjunction that all failed.
    pub related: Vec<Diagnostic>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            path: None,
            about_name: false,
            labels: Vec::new(),
            help: None,
            related: Vec::new(),
        }
    }

    /// A warning without a place yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds a place; a span whose source is not in the table is left out.
    #[must_use]
    pub fn at(mut self, sources: &Sources, span: Span, text: impl Into<String>) -> Self {
        if let Some(source) = sources.get(span.source) {
            self.labels.push(Label { source: source.clone(), start: span.start, end: span.end, text: text.into() });
        }
        self
    }

    /// Sets the property path.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Says that the name of the property is what is wrong.
    #[must_use]
    pub fn about_name(mut self) -> Self {
        self.about_name = true;
        self
    }

    /// Sets what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
