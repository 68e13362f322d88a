//! Build attributes: `@if(expr)` and `@ignore()` before the package clause decide whether a file takes part.

use super::Problems;
use cue_syntax::ast::{BinaryOp, Expr, UnaryOp};
use cue_syntax::{Diagnostic, File, Source, SourceId, Sources};

/// Whether a file takes part under these tags (`-t prod` makes `prod` true).
pub(super) fn wanted(file: &File, tags: &[String], sources: &Sources, problems: &mut Problems) -> bool {
    file.attributes.iter().all(|a| match a.name.as_str() {
        "ignore" => false,
        "if" => {
            let source = Source::new("@if", a.body.as_str());
            let parsed = cue_syntax::parse_expr(&source, SourceId(0));
            let value = parsed.tree.as_ref().and_then(|e| truth(e, tags, 0));
            if value.is_none() {
                problems.push(
                    Diagnostic::error("cue/if", "not a condition of an `@if`")
                        .at(sources, a.span, "here")
                        .help("it is made of names, `&&`, `||`, `!` and parentheses"),
                );
            }
            value == Some(true)
        }
        _ => true,
    })
}

fn truth(e: &Expr, tags: &[String], depth: usize) -> Option<bool> {
    if depth > 100 {
        return None;
    }
    match e {
        Expr::Ident(i) => Some(tags.iter().any(|t| *t == i.name.as_str())),
        Expr::Paren(e, _) => truth(e, tags, depth + 1),
        Expr::Unary { op: UnaryOp::Not, operand, .. } => Some(!truth(operand, tags, depth + 1)?),
        Expr::Binary { op: BinaryOp::BoolAnd, left, right, .. } => {
            let (l, r) = (truth(left, tags, depth + 1)?, truth(right, tags, depth + 1)?);
            Some(l && r)
        }
        Expr::Binary { op: BinaryOp::BoolOr, left, right, .. } => {
            let (l, r) = (truth(left, tags, depth + 1)?, truth(right, tags, depth + 1)?);
            Some(l || r)
        }
        _ => None,
    }
}
