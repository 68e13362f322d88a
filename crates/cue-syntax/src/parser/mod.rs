//! Text to syntax tree: cut, parse each piece with the grammar, build.

mod build;
mod cut;
mod explain;
mod limits;
mod literal;
mod version;

use crate::ast::{Comment, Expr, File};
use crate::span::SourceId;
use crate::{Diagnostic, Parsed, Source};
use build::Builder;
use cut::{Cut, Cutter, span_of};
use limits::MAX_PROBLEMS;
use pest::Parser as _;
use std::sync::Arc;

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "cue.pest"]
    pub(super) struct Grammar;
}
use grammar::{Grammar, Rule};

/// Parses a file. Pieces that are broken are reported and left out of the tree.
pub fn parse_file(source: &Arc<Source>, id: SourceId) -> Parsed<File> {
    let cut = Cutter::new(source).run();
    let (comments, own_line) = comments(source, id, &cut);
    let mut file = File {
        source: id,
        attributes: Vec::new(),
        package: None,
        imports: Vec::new(),
        decls: Vec::with_capacity(cut.pieces.len()),
        comments: Vec::new(),
    };
    let mut builder = Builder::new(source, id, &comments, &own_line);
    builder.problems = cut.problems;
    let mut in_head = true;
    for (start, end) in cut.pieces {
        if builder.problems.len() >= MAX_PROBLEMS {
            break;
        }
        let text = source.text.get(start..end).unwrap_or_default();
        let rule = if in_head { Rule::head } else { Rule::piece };
        match Grammar::parse(rule, text) {
            Ok(pairs) => builder.file_piece(pairs, start, &mut file, &mut in_head),
            Err(e) => builder.problems.push(explain::explain(source, start, text, &e)),
        }
    }
    let mut diagnostics = builder.problems;
    sort(&mut diagnostics);
    file.comments = comments;
    Parsed { tree: Some(file), diagnostics }
}

/// Parses one expression, as `-e` takes it.
pub fn parse_expr(source: &Arc<Source>, id: SourceId) -> Parsed<Expr> {
    let cut = Cutter::new(source).run();
    if !cut.problems.is_empty() {
        return Parsed { tree: None, diagnostics: cut.problems };
    }
    let (comments, own_line) = comments(source, id, &cut);
    let mut builder = Builder::new(source, id, &comments, &own_line);
    builder.experiments = version::Experiments::ALL;
    let tree = match Grammar::parse(Rule::expression, &source.text) {
        Ok(pairs) => builder.whole_expression(pairs),
        Err(e) => {
            builder.problems.push(explain::explain(source, 0, &source.text, &e));
            None
        }
    };
    let mut diagnostics = builder.problems;
    sort(&mut diagnostics);
    Parsed { tree, diagnostics }
}

fn comments(source: &Arc<Source>, id: SourceId, cut: &Cut) -> (Vec<Comment>, Vec<bool>) {
    cut.comments
        .iter()
        .map(|c| {
            let text = source.text.get(c.start + 2..c.end).unwrap_or_default().into();
            (Comment { span: span_of(id, c.start, c.end), text }, c.own_line)
        })
        .unzip()
}

fn sort(problems: &mut Vec<Diagnostic>) {
    problems.sort_by_key(|d| d.labels.first().map_or(0, |l| l.start));
    problems.truncate(MAX_PROBLEMS);
}
