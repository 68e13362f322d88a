//! Builds the syntax tree from the grammar's pairs.
//!
//! The grammar yields flat runs (see `cue.pest`); precedence, fields and aliases are told apart here. Every function
//! returns the height of what it built, so that no tree grows higher than its readers can recurse.

mod decl;
mod expr;
mod field;
pub(in crate::parser) mod operators;
pub(in crate::parser) mod text;

use super::Rule;
use super::cut::{label_of, span_of};
use super::limits::MAX_HEIGHT;
use super::version::Experiments;
use crate::ast::*;
use crate::span::{SourceId, Span};
use crate::{Diagnostic, Source};
use pest::iterators::{Pair, Pairs};
use std::iter::Peekable;
use std::sync::Arc;

type Stream<'i> = Peekable<Pairs<'i, Rule>>;
/// A node and its height.
pub(in crate::parser) type High<T> = (T, u32);

pub(crate) struct Builder<'a> {
    source: &'a Arc<Source>,
    pub(in crate::parser) id: SourceId,
    /// Where the piece at hand starts.
    base: usize,
    comments: &'a [Comment],
    own_line: &'a [bool],
    pub(crate) problems: Vec<Diagnostic>,
    pub(crate) experiments: Experiments,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(source: &'a Arc<Source>, id: SourceId, comments: &'a [Comment], own_line: &'a [bool]) -> Self {
        Builder { source, id, base: 0, comments, own_line, problems: Vec::new(), experiments: Experiments::NONE }
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        span_of(self.id, self.base + span.start(), self.base + span.end())
    }

    fn problem(&mut self, code: &'static str, message: impl Into<String>, at: Span, label: &str, help: Option<&str>) {
        let mut d = Diagnostic::error(code, message);
        d.labels.push(label_of(self.source, (at.start as usize, at.end as usize), label));
        d.help = help.map(str::to_owned);
        self.problems.push(d);
    }

    /// Whether a tree of this height may be built.
    pub(in crate::parser) fn fits(&mut self, height: u32, at: Span) -> bool {
        if height <= MAX_HEIGHT {
            return true;
        }
        // One report is enough: what is around it is too high as well.
        if !self.problems.iter().any(|d| d.code == "cue/nesting") {
            self.problem(
                "cue/nesting",
                format!("expression of more than {MAX_HEIGHT} levels"),
                at,
                "this is too deep",
                Some("give a part of it a name of its own, with `let` or a hidden field"),
            );
        }
        false
    }

    /// The declarations of one top-level piece.
    pub(crate) fn file_piece(&mut self, pairs: Pairs<'_, Rule>, base: usize, file: &mut File, in_head: &mut bool) {
        self.base = base;
        for pair in pairs.flat_map(Pair::into_inner) {
            match pair.as_rule() {
                Rule::EOI => {}
                Rule::package_clause => {
                    let span = self.span(&pair);
                    if file.package.is_some() || !file.imports.is_empty() || !file.decls.is_empty() {
                        self.problem(
                            "cue/syntax",
                            "a second package clause",
                            span,
                            "here",
                            Some("a file has one package clause, before its imports"),
                        );
                    }
                    file.package = pair.into_inner().next().map(|p| self.ident(&p));
                    if let Some(name) = &file.package
                        && (name.name.starts_with('#') || name.name.starts_with("_#"))
                    {
                        self.problem(
                            "cue/syntax",
                            format!("invalid package name `{}`", name.name),
                            span,
                            "a definition cannot name a package",
                            None,
                        );
                    }
                }
                Rule::import_decl => {
                    if !file.decls.is_empty() {
                        let span = self.span(&pair);
                        self.problem(
                            "cue/syntax",
                            "imports come before all other declarations",
                            span,
                            "move this up",
                            None,
                        );
                    }
                    for spec in pair.into_inner() {
                        let import = self.import(spec);
                        file.imports.extend(import);
                    }
                }
                Rule::attribute
                    if *in_head && file.package.is_none() && file.imports.is_empty() && file.decls.is_empty() =>
                {
                    let a = self.attribute(&pair);
                    if a.name == "experiment" {
                        self.experiment(&a);
                    }
                    file.attributes.push(a);
                }
                _ => {
                    *in_head = false;
                    if let Some((decl, _)) = self.decl(pair) {
                        file.decls.push(decl);
                    }
                }
            }
        }
    }

    fn experiment(&mut self, a: &Attribute) {
        for name in a.body.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            match Experiments::of(name) {
                Some(e) => self.experiments = self.experiments.with(e),
                None => {
                    let help = format!("known are {}", Experiments::KNOWN);
                    self.problem(
                        "cue/experiment",
                        format!("unknown experiment `{name}`"),
                        a.span,
                        "asked for here",
                        Some(&help),
                    );
                }
            }
        }
    }

    fn import(&mut self, pair: Pair<'_, Rule>) -> Option<Import> {
        let span = self.span(&pair);
        let mut name = None;
        let mut path = None;
        for p in pair.into_inner() {
            if p.as_rule() == Rule::name {
                name = Some(self.ident(&p));
            } else {
                path = Some(self.string(&p));
            }
        }
        if let Some(n) = &name {
            self.declared(n);
            if n.name.starts_with('#') || n.name.starts_with("_#") {
                self.problem(
                    "cue/syntax",
                    "a package cannot be imported as a definition",
                    n.span,
                    "this name begins with `#`",
                    None,
                );
            }
        }
        let lit = path?;
        let Text::String(path) = lit.value else {
            self.problem(
                "cue/syntax",
                "an import path is a string",
                lit.span,
                "this is a bytes literal",
                Some("use double quotes"),
            );
            return None;
        };
        let host = path.rsplit_once(':').map_or(path.as_str(), |(p, _)| p);
        let bad = |c: char| c.is_whitespace() || c.is_control() || "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{fffd}".contains(c);
        if host.is_empty() || host.chars().any(bad) {
            self.problem("cue/syntax", format!("invalid import path {path:?}"), lit.span, "here", None);
        }
        let doc = self.doc(span);
        Some(Import { name, path, span, doc })
    }

    /// The single expression of an `expression` entry.
    pub(crate) fn whole_expression(&mut self, pairs: Pairs<'_, Rule>) -> Option<Expr> {
        let mut st = pairs.into_iter().next()?.into_inner().peekable();
        Some(self.expr(&mut st)?.0)
    }

    // ---- small things

    fn ident(&mut self, pair: &Pair<'_, Rule>) -> Ident {
        Ident { name: self.name(pair).into(), span: self.span(pair) }
    }

    /// The text of a name. The grammar takes everything beyond ASCII as part of a name; here it must be a letter, or a
    /// decimal digit behind the first character.
    fn name<'i>(&mut self, pair: &Pair<'i, Rule>) -> &'i str {
        let text = pair.as_str();
        if text.is_ascii() {
            return text;
        }
        let bad = text.char_indices().find(|(i, c)| {
            !c.is_ascii() && !pest::unicode::LETTER(*c) && (*i == 0 || !pest::unicode::DECIMAL_NUMBER(*c))
        });
        if let Some((i, c)) = bad {
            let start = self.base + pair.as_span().start() + i;
            let at = span_of(self.id, start, start + c.len_utf8());
            self.problem("cue/syntax", format!("unexpected character `{c}`"), at, "CUE has no use for it here", None);
        }
        text
    }

    /// Names of two underscores are the language's own.
    pub(in crate::parser) fn declared(&mut self, name: &Ident) {
        if name.name.starts_with("__") {
            self.problem(
                "cue/syntax",
                format!("`{}`: names that begin with `__` are reserved", name.name),
                name.span,
                "here",
                Some("begin it with one underscore for a hidden name, or quote it for a plain field"),
            );
        }
    }

    fn attribute(&mut self, pair: &Pair<'_, Rule>) -> Attribute {
        attribute_of(pair.as_str(), self.span(pair))
    }
    /// The comment block that stands directly above a declaration.
    pub(in crate::parser) fn doc(&self, span: Span) -> Vec<Comment> {
        if self.comments.is_empty() {
            return Vec::new();
        }
        let mut at = span.start;
        let mut i = self.comments.partition_point(|c| c.span.end <= at);
        let mut doc = Vec::new();
        while let Some((c, true)) = i.checked_sub(1).and_then(|p| Some((self.comments.get(p)?, *self.own_line.get(p)?)))
        {
            let between = self.source.text.get(c.span.end as usize..at as usize).unwrap_or("x");
            if between.bytes().any(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
                || between.bytes().filter(|b| *b == b'\n').count() != 1
            {
                break;
            }
            doc.push(c.clone());
            at = c.span.start;
            i -= 1;
        }
        doc.reverse();
        doc
    }
}

/// An attribute from its whole text.
pub(in crate::parser) fn attribute_of(text: &str, span: Span) -> Attribute {
    let (name, rest) = text.split_once('(').unwrap_or((text, ""));
    let name = name.trim_start_matches('@').trim_end();
    Attribute { name: name.into(), body: rest.strip_suffix(')').unwrap_or(rest).into(), span }
}
