//! `+` and `*` of lists.

use super::{Edit, ListNames, text_of, visit};
use crate::ast::{BinaryOp, Decl, Element, Expr, File, Label};
use crate::{Diagnostic, Source, Sources};

/// What is known of a file: the name that the package has in it, whether it is imported, and which names are lists.
struct Known {
    package: String,
    imported: bool,
    names: ListNames,
}

impl Known {
    fn of(file: &File, named: bool) -> Known {
        let (package, imported) = package(file);
        let names = if named { ListNames::of(&file.decls) } else { ListNames::default() };
        Known { package, imported, names }
    }

    /// The operator of an expression that adds or repeats a list, as far as it can be seen: one operand is a list, or a call
    /// that gives one.
    fn outdated(&self, e: &Expr) -> Option<BinaryOp> {
        let Expr::Binary { op, left, right, .. } = e else { return None };
        let repeated = |e: &Expr| match bare(e) {
            Expr::Binary { op: BinaryOp::Multiply, left, right, .. } => self.list(left) || self.list(right),
            e => called(e, &self.package, "Repeat").is_some(),
        };
        let sum = |e: &Expr| called(e, &self.package, "Concat").is_some() || repeated(e);
        let is = match op {
            BinaryOp::Add => [left, right].into_iter().any(|e| self.list(e) || sum(e)),
            BinaryOp::Multiply => self.list(left) || self.list(right),
            _ => false,
        };
        is.then_some(*op)
    }

    fn list(&self, e: &Expr) -> bool {
        let e = bare(e);
        matches!(e, Expr::List(_)) || (!matches!(e, Expr::Binary { .. }) && self.names.is_list(e))
    }
}

fn bare(e: &Expr) -> &Expr {
    match e {
        Expr::Paren(inner, _) => bare(inner),
        e => e,
    }
}

/// The arguments of a call of the package.
fn called<'a>(e: &'a Expr, package: &str, function_name: &str) -> Option<&'a [Expr]> {
    let Expr::Call { function, arguments, .. } = e else { return None };
    let Expr::Selector { operand, label, .. } = &**function else { return None };
    match (&**operand, &**label) {
        (Expr::Ident(x), Label::Ident(name)) if x.name == package && name.name == function_name => Some(arguments),
        _ => None,
    }
}

/// The elements of `list.Concat([…])`.
fn concatenated<'a>(e: &'a Expr, package: &str) -> Option<&'a [Element]> {
    match called(e, package, "Concat")? {
        [Expr::List(l)] => Some(&l.elements),
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
pub(super) fn places(file: &File, sources: &Sources, named: bool) -> Vec<Diagnostic> {
    let known = Known::of(file, named);
    let mut out = Vec::new();
    visit(&file.decls, &mut |e| {
        if known.outdated(e).is_some() {
            let text = "lists are added or repeated with operators";
            let d = Diagnostic::error("cue/fix", text).at(sources, e.span(), "");
            out.push(d.help("now list.Concat([a, b]) or list.Repeat(a, n)"));
        }
    });
    out
}

/// The innermost outdated expression, rewritten, and the import where it is missing.
pub(super) fn next(source: &Source, file: &File, named: bool) -> Option<Vec<Edit>> {
    let known = Known::of(file, named);
    let package = known.package.as_str();
    let mut found: Option<&Expr> = None;
    visit(&file.decls, &mut |e| {
        let inside = found.is_none_or(|f| f.span().start <= e.span().start && e.span().end <= f.span().end);
        if inside && known.outdated(e).is_some() {
            found = Some(e);
        }
    });
    let e = found?;
    let Expr::Binary { left, right, .. } = e else { return None };
    let text = match known.outdated(e)? {
        BinaryOp::Add => {
            let mut parts: Vec<&str> = Vec::new();
            for operand in [left, right] {
                match concatenated(operand, package) {
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
            let (list, times) = if known.list(left) { (left, right) } else { (right, left) };
            format!("{package}.Repeat({}, {})", text_of(source, bare(list).span()), text_of(source, times.span()))
        }
    };
    let mut edits = vec![Edit::replace(e.span(), text)];
    if !known.imported {
        edits.push(import(source, file, package));
    }
    Some(edits)
}

/// The import, where a person would put it: in the group that is there, above the imports, below what stands at the top.
fn import(source: &Source, file: &File, package: &str) -> Edit {
    let path = if package == "list" { "\"list\"".to_owned() } else { format!("{package} \"list\"") };
    let text = source.text.as_str();
    if let Some(first) = file.imports.first() {
        let start = first.doc.first().map_or(first.span.start, |doc| doc.span.start.min(first.span.start));
        let line = text.get(..start as usize).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
        let before = text.get(line..start as usize).unwrap_or_default();
        return match before.trim() {
            // In a group: a line of its own with the same indentation.
            "" => Edit::insert(start, format!("{path}\n{before}")),
            _ => Edit::insert(line_start(text, first.span.start, "import"), format!("import {path}\n")),
        };
    }
    let at = match (&file.package, file.attributes.last()) {
        (Some(name), _) => line_end(text, name.span.end),
        (None, Some(attribute)) => line_end(text, attribute.span.end),
        (None, None) => return Edit::insert(head(text), format!("import {path}\n\n")),
    };
    Edit::insert(at, format!("\nimport {path}\n\n"))
}

/// The end of the comments at the top that belong to the file: those with an empty line below them.
fn head(text: &str) -> u32 {
    let mut end = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        match line.trim() {
            "" => end = at,
            comment if comment.starts_with("//") => {}
            _ => break,
        }
    }
    end as u32
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
