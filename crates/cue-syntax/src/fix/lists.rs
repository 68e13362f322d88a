//! `+` and `*` of lists.

use super::{Edit, text_of, visit};
use crate::ast::{BinaryOp, Decl, Element, Expr, File, Label};
use crate::{Diagnostic, Source, Sources};

/// The operator of an expression that adds or repeats a list, as far as it can be seen: one operand is a literal, or a call that
/// came of one.
fn outdated(e: &Expr, package: &str) -> Option<BinaryOp> {
    let Expr::Binary { op, left, right, .. } = e else { return None };
    let list = |e: &Expr| matches!(bare(e), Expr::List(_));
    let concat = |e: &Expr| concatenated(e, package).is_some();
    match op {
        BinaryOp::Add => {
            list(left) || list(right) || concat(left) || concat(right) || repeated(left) || repeated(right)
        }
        BinaryOp::Multiply => list(left) || list(right),
        _ => false,
    }
    .then_some(*op)
}

/// A product of a list that is still to be rewritten.
fn repeated(e: &Expr) -> bool {
    let Expr::Binary { op: BinaryOp::Multiply, left, right, .. } = bare(e) else { return false };
    matches!(bare(left), Expr::List(_)) || matches!(bare(right), Expr::List(_))
}

fn bare(e: &Expr) -> &Expr {
    match e {
        Expr::Paren(inner, _) => bare(inner),
        e => e,
    }
}

/// The elements of `list.Concat([…])`.
fn concatenated<'a>(e: &'a Expr, package: &str) -> Option<&'a [Element]> {
    let Expr::Call { function, arguments, .. } = e else { return None };
    let Expr::Selector { operand, label, .. } = &**function else { return None };
    match (&**operand, &**label, arguments.as_slice()) {
        (Expr::Ident(x), Label::Ident(name), [Expr::List(l)]) if x.name == package && name.name == "Concat" => {
            Some(&l.elements)
        }
        _ => None,
    }
}

/// The name that the package has in a file, and whether it is imported.
fn package(file: &File) -> (String, bool) {
    let import = file.imports.iter().find(|i| i.path == "list");
    let named = import.map(|i| i.name.as_ref().map_or("list", |n| n.name.as_str()).to_owned());
    let imported = named.is_some();
    let taken = file
        .decls
        .iter()
        .any(|d| matches!(d, Decl::Field(f) if matches!(&f.label, Label::Ident(x) if x.name == "list")));
    (named.unwrap_or_else(|| if taken { "lists" } else { "list" }.to_owned()), imported)
}

/// What is outdated, for the user.
pub(super) fn places(file: &File, sources: &Sources) -> Vec<Diagnostic> {
    let (package, _) = package(file);
    let mut out = Vec::new();
    visit(&file.decls, &mut |e| {
        if outdated(e, &package).is_some() {
            let text = "lists are added or repeated with operators";
            let d = Diagnostic::error("cue/fix", text).at(sources, e.span(), "");
            out.push(d.help("now list.Concat([a, b]) or list.Repeat(a, n)"));
        }
    });
    out
}

/// The innermost outdated expression, rewritten, and the import where it is missing.
pub(super) fn next(source: &Source, file: &File) -> Option<Vec<Edit>> {
    let (package, imported) = package(file);
    let mut found: Option<&Expr> = None;
    visit(&file.decls, &mut |e| {
        let inside = found.is_none_or(|f| f.span().start <= e.span().start && e.span().end <= f.span().end);
        if inside && outdated(e, &package).is_some() {
            found = Some(e);
        }
    });
    let e = found?;
    let Expr::Binary { left, right, .. } = e else { return None };
    let text = match outdated(e, &package)? {
        BinaryOp::Add => {
            let mut parts: Vec<&str> = Vec::new();
            for operand in [left, right] {
                match concatenated(operand, &package) {
                    Some(elements) => parts.extend(elements.iter().map(|x| match x {
                        Element::Value(e) => text_of(source, e.span()),
                        Element::Ellipsis(x) => text_of(source, x.span),
                        Element::Comprehension(c) => text_of(source, c.span),
                    })),
                    None => parts.push(text_of(source, bare(operand).span())),
                }
            }
            format!("{package}.Concat([{}])", parts.join(", "))
        }
        _ => {
            let (list, times) = if matches!(bare(left), Expr::List(_)) { (left, right) } else { (right, left) };
            format!("{package}.Repeat({}, {})", text_of(source, bare(list).span()), text_of(source, times.span()))
        }
    };
    let mut edits = vec![Edit::replace(e.span(), text)];
    if !imported {
        let path = if package == "list" { "\"list\"".to_owned() } else { format!("{package} \"list\"") };
        let at = match (file.imports.first(), &file.package) {
            (Some(import), _) => line_start(&source.text, import.span.start, "import"),
            (None, Some(name)) => line_end(&source.text, name.span.end),
            (None, None) => file.attributes.last().map_or(0, |a| line_end(&source.text, a.span.end)),
        };
        let text = match (file.imports.is_empty(), at) {
            (false, _) => format!("import {path}\n"),
            (true, 0) => format!("import {path}\n\n"),
            (true, _) => format!("\nimport {path}\n\n"),
        };
        edits.push(Edit::insert(at, text));
    }
    Some(edits)
}

/// The start of the line on which the keyword before a place stands.
fn line_start(text: &str, before: u32, word: &str) -> u32 {
    let head = text.get(..before as usize).unwrap_or_default();
    let word = head.rfind(word).unwrap_or(0);
    head.get(..word).and_then(|h| h.rfind('\n')).map_or(0, |i| i + 1) as u32
}

fn line_end(text: &str, after: u32) -> u32 {
    let tail = text.get(after as usize..).unwrap_or_default();
    after + tail.find('\n').map_or(tail.len(), |i| i + 1) as u32
}
