//! Text to syntax tree: cut, parse each piece with the grammar, build.

mod build;
mod cut;
mod explain;
mod fast;
mod limits;
mod literal;
mod version;

use crate::ast::{Comment, Expr, File};
use crate::span::SourceId;
use crate::{Diagnostic, Parsed, Source};
use build::Builder;
use cut::{Cut, Cutter, Piece, span_of};
use limits::MAX_PROBLEMS;
use pest::Parser as _;
use pest::error::Error;
use pest::iterators::Pairs;
use std::sync::Arc;

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "cue.pest"]
    pub(super) struct Grammar;
}
use grammar::{Grammar, Rule};

/// Parses a file. Pieces that are broken are reported and left out of the tree.
pub fn parse_file(source: &Arc<Source>, id: SourceId) -> Parsed<File> {
    parse_with(source, id, true)
}

/// Parses a file with the grammar alone. [`parse_file`] gives the same, faster; this is for the test that says so.
#[doc(hidden)]
pub fn parse_file_by_grammar(source: &Arc<Source>, id: SourceId) -> Parsed<File> {
    parse_with(source, id, false)
}

fn parse_with(source: &Arc<Source>, id: SourceId, short_way: bool) -> Parsed<File> {
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
    for Piece { start, end, nesting } in cut.pieces {
        if builder.problems.len() >= MAX_PROBLEMS {
            break;
        }
        let text = source.text.get(start..end).unwrap_or_default();
        let head = in_head && begins_head(text);
        if short_way
            && !head
            && let Some(decls) = fast::declarations(&mut builder, text, start)
        {
            in_head &= decls.is_empty();
            file.decls.extend(decls);
            continue;
        }
        let rule = if in_head { Rule::head } else { Rule::piece };
        match parse(rule, text, nesting) {
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
    let nesting = cut.pieces.iter().map(|p| p.nesting).max().unwrap_or(0);
    let (comments, own_line) = comments(source, id, &cut);
    let mut builder = Builder::new(source, id, &comments, &own_line);
    builder.experiments = version::Experiments::ALL;
    let tree = match parse(Rule::expression, &source.text, nesting) {
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

/// Whether a piece holds the package clause, an import or an attribute of the file.
fn begins_head(piece: &str) -> bool {
    let mut text = piece.trim_start();
    while text.starts_with("//") {
        text = text.split_once('\n').map_or("", |(_, rest)| rest.trim_start());
    }
    text.starts_with('@') || text.starts_with("package") || text.starts_with("import")
}

/// Runs the grammar. Its recursion follows the nesting, so deep pieces get a stack of their own: unoptimised, a level takes
/// about 6 KB.
fn parse(rule: Rule, text: &str, nesting: usize) -> Result<Pairs<'_, Rule>, Box<Error<Rule>>> {
    if nesting < 30 {
        return Grammar::parse(rule, text).map_err(Box::new);
    }
    stacker::grow(nesting * 32 * 1024, || Grammar::parse(rule, text).map_err(Box::new))
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
