//! Rewriting text that is written for older versions of the language, or for a file without an experiment. The text is edited
//! where it is outdated and stays as it is everywhere else; names are not resolved.
//!
//! | what | becomes |
//! |---|---|
//! | `[1] + x`, `3 * [1]` | `list.Concat([[1], x])`, `list.Repeat([1], 3)`, with the import |
//! | `X=a: …`, `[X=string]: …`, `a: X={…}` (`aliasv2`) | `a~X: …`, `[string]~(X,_): …`, `a: {let X = self, …}` |
//! | `{#A, b: 1}` (`explicitopen`) | `__closeAll({#A..., b: 1})`; `__reclose` where no definition is embedded |
//! | `[\n 1,\n 2,\n]` (on demand) | the same without commas |

mod aliases;
mod commas;
mod lists;
mod names;
mod open;
mod simple;

use crate::ast::{Clause, Decl, Element, Expr, File, InterpolationPart, Label};
use crate::{Diagnostic, Source, Sources, Span, parse_file, with_stack};
use std::sync::Arc;

pub use names::ListNames;

/// What is mended beside old forms.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Experiments that the files move to: `aliasv2`, `explicitopen`.
    pub experiments: Vec<String>,
    /// Names that are only ever lists count as lists ([`ListNames`]), where a file stands alone.
    pub named_lists: bool,
    /// Commas at the ends of lines in lists go.
    pub remove_list_commas: bool,
}

/// The experiments that files can be moved to.
pub const EXPERIMENTS: [&str; 2] = ["explicitopen", "aliasv2"];

/// A text that was mended.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    /// The whole text.
    pub text: String,
    /// What was changed, at its place in the text before.
    pub changes: Vec<Diagnostic>,
}

/// More rounds than a file has outdated expressions inside each other.
const ROUNDS: usize = 400;

/// One replacement.
#[derive(Debug, Clone, PartialEq)]
struct Edit {
    start: u32,
    end: u32,
    text: String,
}

impl Edit {
    fn replace(span: Span, text: impl Into<String>) -> Edit {
        Edit { start: span.start, end: span.end, text: text.into() }
    }

    fn insert(at: u32, text: impl Into<String>) -> Edit {
        Edit { start: at, end: at, text: text.into() }
    }
}

/// Mends a file; `None` when nothing in it is outdated.
///
/// # Errors
/// The file cannot be parsed, before or (which would be a mistake of ours) after.
pub fn fix(source: &Arc<Source>, options: &Options) -> Result<Option<Fixed>, Vec<Diagnostic>> {
    let mut changes = Vec::new();
    let mut here = source.clone();
    let mut first = true;
    // From the inside out, one at a time: what is inside moves with what is around it.
    for _ in 0..ROUNDS {
        let (file, sources) = parsed(&here)?;
        if first {
            changes.extend(lists::places(&file, &sources, options.named_lists));
            first = false;
        }
        let Some(edits) = lists::next(&here, &file, options.named_lists) else { break };
        here = Source::new(source.name.clone(), applied(&here.text, edits));
    }
    for experiment in &options.experiments {
        let (file, sources) = parsed(&here)?;
        if file.attributes.iter().any(|a| a.name == "experiment" && a.body.split(',').any(|e| e.trim() == experiment)) {
            continue;
        }
        let edits = match experiment.as_str() {
            "aliasv2" => aliases::edits(&here, &file),
            "explicitopen" => open::edits(&here, &file),
            _ => Vec::new(),
        };
        if edits.is_empty() {
            continue;
        }
        let message = format!("the file moves to the experiment {experiment}");
        let span = Span { source: file.source, start: edits.first().map_or(0, |e| e.start), end: 0 };
        let span = Span { end: span.start, ..span };
        changes.push(Diagnostic::error("cue/fix", message).at(&sources, span, ""));
        let text = applied(&here.text, edits);
        here = Source::new(source.name.clone(), with_experiment(&text, experiment));
    }
    if options.remove_list_commas {
        let (file, _) = parsed(&here)?;
        let edits = commas::edits(&here, &file);
        here = Source::new(source.name.clone(), applied(&here.text, edits));
    }
    if here.text == source.text {
        return Ok(None);
    }
    parsed(&here)?;
    Ok(Some(Fixed { text: here.text.clone(), changes }))
}

/// A text with labels unquoted and structs of one field written in one line, where that means the same; not formatted.
///
/// # Errors
/// The file cannot be parsed.
pub fn simplified(source: &Arc<Source>) -> Result<String, Vec<Diagnostic>> {
    let (file, _) = parsed(source)?;
    Ok(applied(&source.text, simple::edits(source, &file)))
}

fn parsed(source: &Arc<Source>) -> Result<(File, Sources), Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let id = sources.add(source.clone());
    let parsed = parse_file(source, id);
    match parsed.tree {
        Some(file) if parsed.diagnostics.iter().all(|d| d.severity != crate::Severity::Error) => Ok((file, sources)),
        _ => Err(parsed.diagnostics),
    }
}

/// The text with replacements that do not overlap; of two at one place, the first given stands first.
fn applied(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|e| (e.start, e.end));
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.start as usize, edit.end as usize);
        if start < at {
            continue;
        }
        out.push_str(text.get(at..start).unwrap_or_default());
        out.push_str(&edit.text);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// `@experiment(name)` at the top, below the comments there.
fn with_experiment(text: &str, name: &str) -> String {
    let mut at = 0;
    let mut rest = text;
    // A comment that stands apart belongs to the file, one directly above a declaration to that.
    while rest.starts_with("//") {
        let end = rest.find("\n\n").map(|i| i + 2);
        let block = end.and_then(|e| rest.get(..e)).filter(|b| b.lines().all(|l| l.is_empty() || l.starts_with("//")));
        let Some(block) = block else { break };
        at += block.len();
        rest = text.get(at..).unwrap_or_default();
    }
    let (head, tail) = text.split_at(at);
    format!("{head}@experiment({name})\n\n{tail}")
}

/// What stands at a place.
fn text_of(source: &Source, span: Span) -> &str {
    source.text.get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// Visits every expression of declarations, the outer ones first.
fn visit<'a>(decls: &'a [Decl], f: &mut dyn FnMut(&'a Expr)) {
    for decl in decls {
        with_stack(|| match decl {
            Decl::Field(field) => {
                match &field.label {
                    Label::Dynamic(e, _) | Label::Pattern { value: e, .. } => expr(e, f),
                    Label::Interpolation(x) => x.parts.iter().for_each(|p| part(p, f)),
                    Label::Ident(_) | Label::String(_) => {}
                }
                expr(&field.value, f);
            }
            Decl::Embedding(e) => expr(e, f),
            Decl::Let(l) => expr(&l.value, f),
            Decl::Ellipsis(e) => e.value.iter().for_each(|e| expr(e, f)),
            Decl::Comprehension(c) => comprehension(c, f),
            Decl::Attribute(_) => {}
        });
    }
}

fn part<'a>(part: &'a InterpolationPart, f: &mut dyn FnMut(&'a Expr)) {
    if let InterpolationPart::Expr(e) = part {
        expr(e, f);
    }
}

fn comprehension<'a>(c: &'a crate::ast::Comprehension, f: &mut dyn FnMut(&'a Expr)) {
    for clause in &c.clauses {
        match clause {
            Clause::For { source, .. } => expr(source, f),
            Clause::If { condition, .. } => expr(condition, f),
            Clause::Let(l) => expr(&l.value, f),
            Clause::Try { binding, .. } => binding.iter().for_each(|(_, e)| expr(e, f)),
        }
    }
    visit(&c.body.decls, f);
    c.fallback.iter().for_each(|(_, b)| visit(&b.decls, f));
}

fn expr<'a>(e: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(e);
    with_stack(|| match e {
        Expr::Interpolation(x) => x.parts.iter().for_each(|p| part(p, f)),
        Expr::Struct(s) => visit(&s.decls, f),
        Expr::List(l) => l.elements.iter().for_each(|element| match element {
            Element::Value(e) => expr(e, f),
            Element::Comprehension(c) => comprehension(c, f),
            Element::Ellipsis(e) => e.value.iter().for_each(|e| expr(e, f)),
        }),
        Expr::Paren(e, _) | Expr::Open(e, _) | Expr::Try(e, _) => expr(e, f),
        Expr::Alias { value, .. } => expr(value, f),
        Expr::Unary { operand, .. } | Expr::Selector { operand, .. } => expr(operand, f),
        Expr::Binary { left, right, .. } => {
            expr(left, f);
            expr(right, f);
        }
        Expr::Index { operand, index, .. } => {
            expr(operand, f);
            expr(index, f);
        }
        Expr::Slice { operand, low, high, .. } => {
            expr(operand, f);
            low.iter().chain(high).for_each(|e| expr(e, f));
        }
        Expr::Call { function, arguments, .. } => {
            expr(function, f);
            arguments.iter().for_each(|e| expr(e, f));
        }
        _ => {}
    });
}

#[cfg(test)]
mod tests;
