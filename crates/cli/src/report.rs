//! Diagnostics as a person sees them: miette at the edge.
//!
//! Everything the command tells about a problem goes through [`print`], to standard error: with colours and box lines on a
//! terminal (unless `NO_COLOR` is set), plain text elsewhere. The text shows the source with every labelled place, the
//! property path, what to do, and the stable code.

use cue_syntax::{Diagnostic, Label, Severity, Source};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, SourceCode, SourceSpan, SpanContents};
use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::Arc;

/// How many problems `lateen cue` shows unless all are asked for.
const SHOWN: usize = 10;

/// Prints the first problems to standard error, for the commands that have `-E`.
pub(crate) fn print_first(diagnostics: &[Diagnostic]) {
    print_some(diagnostics, SHOWN);
}

/// Prints every problem: what is wrong is told at once.
pub(crate) fn print(diagnostics: &[Diagnostic]) {
    print_all(diagnostics);
}

/// Prints all problems (`-E`).
pub(crate) fn print_all(diagnostics: &[Diagnostic]) {
    print_some(diagnostics, usize::MAX);
}

fn print_some(diagnostics: &[Diagnostic], most: usize) {
    let stderr = std::io::stderr();
    let terminal = stderr.is_terminal();
    let coloured = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let mut out = String::new();
    for d in diagnostics.iter().take(most) {
        out.push_str(&render(d, coloured, width(terminal)));
    }
    if diagnostics.len() > most {
        out.push_str(&format!("… and {} more (-E shows all)\n", diagnostics.len() - most));
    }
    // A closed standard error leaves nobody to tell.
    let _ = stderr.lock().write_all(out.as_bytes());
}

/// How wide lines may be: as the terminal, and elsewhere as long as they are, so that what reads a log finds a path whole.
fn width(terminal: bool) -> Option<usize> {
    let columns = || std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    terminal.then(|| columns().unwrap_or(100).clamp(40, 160))
}

/// One problem as text, ended by an empty line; its lines broken at `width` columns, or not at all.
pub(crate) fn render(d: &Diagnostic, coloured: bool, width: Option<usize>) -> String {
    let theme = if coloured { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_context_lines(1);
    let handler = match width {
        Some(columns) => handler.with_width(columns),
        None => handler.with_wrap_lines(false),
    };
    let mut out = String::new();
    // Writing to a string cannot fail; should it, the plain message is still worth printing.
    if handler.render_report(&mut out, &Report::new(d)).is_err() {
        out = format!("{}\n", d.message);
    }
    out.push('\n');
    out
}

/// A place longer than this is shown by its first line: a whole struct with everything in it tells nobody more.
const LINES: usize = 4;

/// Where a label ends as it is shown.
fn shown_end(text: &str, start: usize, end: usize) -> usize {
    let part = text.get(start..end).unwrap_or_default();
    if part.lines().count() <= LINES {
        return end;
    }
    start + part.find('\n').unwrap_or(part.len())
}

/// A diagnostic in miette's terms. miette knows one source a report, so places in other sources are reports below it.
struct Report {
    message: String,
    code: &'static str,
    severity: Severity,
    help: Option<String>,
    source: Option<Text>,
    labels: Vec<Label>,
    related: Vec<Report>,
}

impl Report {
    fn new(d: &Diagnostic) -> Report {
        let message = match &d.path {
            Some(path) if !path.is_empty() => format!("{path}: {}", d.message),
            _ => d.message.clone(),
        };
        let main = d.labels.first().map(|l| l.source.clone());
        let mut related: Vec<Report> = Vec::new();
        let mut labels = Vec::new();
        for label in &d.labels {
            if main.as_ref().is_some_and(|m| same(m, &label.source)) {
                labels.push(label.clone());
                continue;
            }
            match related.iter_mut().find(|r| r.source.as_ref().is_some_and(|s| same(&s.0, &label.source))) {
                Some(r) => r.labels.push(label.clone()),
                None => related.push(Report {
                    message: "together with this".into(),
                    code: "",
                    severity: Severity::Advice,
                    help: None,
                    source: Some(Text(label.source.clone())),
                    labels: vec![label.clone()],
                    related: Vec::new(),
                }),
            }
        }
        related.extend(d.related.iter().map(Report::new));
        Report {
            message,
            code: d.code,
            severity: d.severity,
            help: d.help.clone(),
            source: main.map(Text),
            labels,
            related,
        }
    }
}

fn same(a: &Arc<Source>, b: &Arc<Source>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.code.is_empty()).then(|| Box::new(self.code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Advice => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let len = self.source.as_ref().map_or(0, |s| s.0.text.len());
        Some(Box::new(self.labels.iter().enumerate().map(move |(i, l)| {
            // A place at the very end is shown on the last character.
            let last = self.source.as_ref().and_then(|s| s.0.text.char_indices().next_back()).map_or(0, |(p, _)| p);
            let start = (l.start as usize).min(last);
            let end = (l.end as usize).clamp(start, len);
            let end = self.source.as_ref().map_or(end, |s| shown_end(&s.0.text, start, end));
            let text = (!l.text.is_empty()).then(|| l.text.clone());
            let span = (start, end - start);
            if i == 0 { LabeledSpan::new_primary_with_span(text, span) } else { LabeledSpan::new_with_span(text, span) }
        })))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|r| r as &dyn miette::Diagnostic)))
    }
}

/// A source with its name, shared and not copied.
struct Text(Arc<Source>);

impl SourceCode for Text {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.0.text.as_str().read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.0.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::render;
    use cue_syntax::{Diagnostic, Source, Sources, Span};

    #[test]
    fn a_conflict_between_two_files_shows_both() {
        let mut sources = Sources::default();
        let a = sources.add(Source::new("a.cue", "replicas: 3\n"));
        let b = sources.add(Source::new("b.cue", "x: 1\nreplicas: string\n"));
        let at = |source, start, end| Span { source, start, end };
        let d = Diagnostic::error("cue/conflict", "conflicting values 3 and string")
            .at(&sources, at(a, 10, 11), "an int")
            .at(&sources, at(b, 15, 21), "a type")
            .path("replicas")
            .help("remove one of them");
        insta::assert_snapshot!(render(&d, false, Some(80)));
    }

    #[test]
    fn a_long_struct_is_shown_by_its_first_line() {
        let mut sources = Sources::default();
        let a = sources.add(Source::new("a.cue", "x: {\n\ta: 1\n\tb: 2\n\tc: 3\n\td: 4\n}\n"));
        let d = Diagnostic::error("cue/conflict", "conflicting values").at(
            &sources,
            Span { source: a, start: 3, end: 32 },
            "here",
        );
        let text = render(&d, false, Some(80));
        assert!(text.contains("x: {") && text.contains("a: 1") && !text.contains("c: 3"), "{text}");
    }

    #[test]
    fn a_place_past_the_end_of_its_source_is_its_end() {
        let mut sources = Sources::default();
        let a = sources.add(Source::new("a.cue", "x: "));
        let d = Diagnostic::error("cue/syntax", "a value is missing").at(
            &sources,
            Span { source: a, start: 3, end: 9 },
            "here",
        );
        insta::assert_snapshot!(render(&d, false, Some(80)));
    }
}
