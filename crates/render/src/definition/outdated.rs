//! Definitions written for older CUE: lists that are added with `+` and repeated with `*`, which today's CUE refuses, are
//! rewritten to `list.Concat` and `list.Repeat` before they are compiled, with a warning.

use cue_syntax::ast::{BinaryOp, Clause, Decl, Element, Expr, File, Ident, Import, InterpolationPart, Label, ListLit};
use cue_syntax::fix::ListNames;
use cue_syntax::{Diagnostic, Sources, Span};
use smol_str::SmolStr;

/// The local name under which the rewritten calls find the package.
const PACKAGE: &str = "list_of_older_files";
/// How deep a tree is walked; the parser bounds its height to less.
const DEPTH: u32 = 2_000;

/// Rewrites what is outdated.
pub(super) fn rewrite(file: &mut File, sources: &Sources) -> Vec<Diagnostic> {
    let mut walk = Walk { names: ListNames::of(&file.decls), spans: Vec::new() };
    for decl in &mut file.decls {
        walk.decl(decl, 0);
    }
    if let Some(first) = walk.spans.first() {
        let name = Some(Ident { name: SmolStr::new(PACKAGE), span: *first });
        file.imports.push(Import { name, path: SmolStr::new("list"), span: *first, doc: Vec::new() });
    }
    walk.spans
        .iter()
        .map(|span| {
            Diagnostic::warning("render/outdated-list-arithmetic", "lists are added and repeated with operators")
                .at(sources, *span, "older CUE")
                .help("write list.Concat([a, b]) or list.Repeat(a, n); it was read as that")
        })
        .collect()
}

struct Walk {
    names: ListNames,
    spans: Vec<Span>,
}

impl Walk {
    fn decl(&mut self, decl: &mut Decl, depth: u32) {
        if depth > DEPTH {
            return;
        }
        match decl {
            Decl::Field(field) => {
                if let Label::Dynamic(e, _) = &mut field.label {
                    self.expr(e, depth + 1);
                }
                self.expr(&mut field.value, depth + 1);
            }
            Decl::Embedding(e) => self.expr(e, depth + 1),
            Decl::Let(l) => self.expr(&mut l.value, depth + 1),
            Decl::Comprehension(c) => {
                c.clauses.iter_mut().for_each(|clause| self.clause(clause, depth + 1));
                c.body.decls.iter_mut().for_each(|d| self.decl(d, depth + 1));
            }
            Decl::Ellipsis(_) | Decl::Attribute(_) => {}
        }
    }

    fn clause(&mut self, clause: &mut Clause, depth: u32) {
        match clause {
            Clause::For { source, .. } => self.expr(source, depth),
            Clause::If { condition, .. } => self.expr(condition, depth),
            Clause::Let(l) => self.expr(&mut l.value, depth),
            Clause::Try { binding, .. } => {
                if let Some((_, e)) = binding {
                    self.expr(e, depth);
                }
            }
        }
    }

    fn expr(&mut self, expr: &mut Expr, depth: u32) {
        if depth > DEPTH {
            return;
        }
        let d = depth + 1;
        match expr {
            Expr::Struct(s) => s.decls.iter_mut().for_each(|decl| self.decl(decl, d)),
            Expr::List(list) => list.elements.iter_mut().for_each(|e| match e {
                Element::Value(e) => self.expr(e, d),
                Element::Comprehension(c) => {
                    c.clauses.iter_mut().for_each(|clause| self.clause(clause, d));
                    c.body.decls.iter_mut().for_each(|decl| self.decl(decl, d));
                }
                Element::Ellipsis(_) => {}
            }),
            Expr::Interpolation(i) => i.parts.iter_mut().for_each(|part| {
                if let InterpolationPart::Expr(e) = part {
                    self.expr(e, d);
                }
            }),
            Expr::Paren(e, _) | Expr::Open(e, _) | Expr::Try(e, _) => self.expr(e, d),
            Expr::Unary { operand, .. } | Expr::Selector { operand, .. } => self.expr(operand, d),
            Expr::Index { operand, index, .. } => {
                self.expr(operand, d);
                self.expr(index, d);
            }
            Expr::Slice { operand, low, high, .. } => {
                self.expr(operand, d);
                low.iter_mut().chain(high).for_each(|e| self.expr(e, d));
            }
            Expr::Call { function, arguments, .. } => {
                self.expr(function, d);
                arguments.iter_mut().for_each(|e| self.expr(e, d));
            }
            Expr::Alias { value, .. } => self.expr(value, d),
            Expr::Binary { .. } => self.binary(expr, d),
            Expr::Ident(_) | Expr::Bottom(_) | Expr::Null(_) | Expr::Bool(..) | Expr::Number(..) | Expr::String(_) => {}
        }
    }

    fn binary(&mut self, expr: &mut Expr, depth: u32) {
        let Expr::Binary { op, left, right, span, .. } = expr else { return };
        let (added, repeated) = (*op == BinaryOp::Add, *op == BinaryOp::Multiply);
        let lists = (self.names.is_list(left), self.names.is_list(right));
        self.expr(left, depth);
        self.expr(right, depth);
        let span = *span;
        let replaced = match lists {
            (true, _) | (_, true) if added => {
                let elements = [left, right].map(|e| Element::Value(take(e, span))).into();
                call("Concat", vec![Expr::List(ListLit { elements, span })], span)
            }
            (true, _) if repeated => call("Repeat", vec![take(left, span), take(right, span)], span),
            (_, true) if repeated => call("Repeat", vec![take(right, span), take(left, span)], span),
            _ => return,
        };
        self.spans.push(span);
        *expr = replaced;
    }
}

fn take(expr: &mut Box<Expr>, span: Span) -> Expr {
    std::mem::replace(expr, Expr::Null(span))
}

fn call(name: &str, arguments: Vec<Expr>, span: Span) -> Expr {
    let ident = |text: &str| Ident { name: SmolStr::new(text), span };
    let function = Expr::Selector {
        operand: Box::new(Expr::Ident(ident(PACKAGE))),
        label: Box::new(Label::Ident(ident(name))),
        span,
    };
    Expr::Call { function: Box::new(function), arguments, span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::{Source, parse_file};

    fn rewritten(text: &str) -> (Vec<String>, usize) {
        let source = Source::new("old.cue", text);
        let mut sources = Sources::default();
        let id = sources.add(source.clone());
        let mut file = parse_file(&source, id).tree.unwrap();
        let warnings = rewrite(&mut file, &sources);
        let calls = format!("{:?}", file.decls);
        let names = ["Concat", "Repeat"].iter().filter(|n| calls.contains(**n)).map(|n| (*n).to_owned()).collect();
        (names, warnings.len())
    }

    #[test]
    fn lists_that_are_added_or_repeated_are_rewritten_with_a_warning_each() {
        insta::assert_debug_snapshot!(
            [
                rewritten("a: [1] + [2]"),
                rewritten("a: [1]\nb: a + c"),
                rewritten("a: [1] + [2] + [3]"),
                rewritten("a: 3 * [1]"),
                rewritten("a: 1 + 2\nb: \"x\" + \"y\""),
            ],
            @r#"
        [
            (
                [
                    "Concat",
                ],
                1,
            ),
            (
                [
                    "Concat",
                ],
                1,
            ),
            (
                [
                    "Concat",
                ],
                2,
            ),
            (
                [
                    "Repeat",
                ],
                1,
            ),
            (
                [],
                0,
            ),
        ]
        "#
        );
    }
}
