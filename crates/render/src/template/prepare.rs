//! What is changed in a template before it is compiled: `context` and `parameter` are declared, `parameter` is closed, and
//! markers move to the fields that they mean.

use crate::definition::{label_text, visit};
use cue_syntax::ast::{Constraint, Decl, Element, Expr, Field, File, Ident, Label, Rare, StructLit};
use cue_syntax::{Span, span::SourceId};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// How deep a tree is walked; the parser bounds its height to less.
const DEPTH: u32 = 2_000;

/// Makes a template ready.
pub(super) fn prepare(file: &mut File, closed: bool) {
    push_markers_down(&mut file.decls);
    if closed {
        close_parameter(file);
    }
    declare(file);
}

/// Leaves only `parameter` and what it refers to: enough to check properties, without the packages that the rest imports.
pub(super) fn only_parameter(file: &mut File) {
    let names = |decl: &Decl| -> Vec<SmolStr> {
        match decl {
            Decl::Field(field) => label_text(&field.label).map(SmolStr::new).into_iter().collect(),
            Decl::Let(l) => vec![l.name.name.clone()],
            Decl::Comprehension(c) => {
                let inner = c.body.decls.iter().filter_map(|d| match d {
                    Decl::Field(field) => label_text(&field.label).map(SmolStr::new),
                    _ => None,
                });
                inner.collect()
            }
            _ => Vec::new(),
        }
    };
    let mut wanted: FxHashSet<SmolStr> = [SmolStr::new("parameter")].into_iter().collect();
    let mut kept = vec![false; file.decls.len()];
    loop {
        let before = wanted.len();
        for (decl, kept) in file.decls.iter().zip(&mut kept) {
            if *kept || !names(decl).iter().any(|n| wanted.contains(n)) {
                continue;
            }
            *kept = true;
            visit::decl(decl, &mut |expr| {
                if let Expr::Ident(id) = expr {
                    wanted.insert(id.name.clone());
                }
            });
        }
        if wanted.len() == before {
            break;
        }
    }
    let mut kept = kept.into_iter();
    file.decls.retain(|_| kept.next().unwrap_or(false));
    file.imports.retain(|import| {
        let path = import.path.split(':').next().unwrap_or_default();
        let name =
            import.name.as_ref().map_or_else(|| path.rsplit('/').next().unwrap_or_default(), |n| n.name.as_str());
        wanted.contains(name)
    });
}

/// `context: _` and `parameter: _`, where nothing declares them, so that references to them resolve.
pub(super) fn declare(file: &mut File) {
    for name in ["context", "parameter"] {
        if !file.decls.iter().any(|d| declares(d, name)) {
            file.decls.push(field(name, ident("_", nowhere(file.source)), nowhere(file.source)));
        }
    }
}

/// `parameter: {…}` becomes `#parameter: {…}, parameter: #parameter`: CUE closes definitions, at every level, and opens them
/// where `...` is written. A template that adds to `parameter` under a condition stays open.
fn close_parameter(file: &mut File) {
    let conditional = file.decls.iter().any(|d| match d {
        Decl::Comprehension(c) => c.body.decls.iter().any(|d| declares(d, "parameter")),
        _ => false,
    });
    let mut first = None;
    if conditional {
        return;
    }
    for decl in &mut file.decls {
        let Decl::Field(field) = decl else { continue };
        if !plain(field, "parameter") {
            continue;
        }
        let span = field.label.span();
        first.get_or_insert(span);
        field.label = Label::Ident(Ident { name: SmolStr::new("#parameter"), span });
    }
    if let Some(span) = first {
        file.decls.push(field("parameter", ident("#parameter", span), span));
    }
}

fn plain(field: &Field, name: &str) -> bool {
    label_text(&field.label) == Some(name) && field.constraint == Constraint::Regular
}

fn declares(decl: &Decl, name: &str) -> bool {
    matches!(decl, Decl::Field(field) if label_text(&field.label) == Some(name))
}

fn nowhere(source: SourceId) -> Span {
    Span { source, start: 0, end: 0 }
}

fn ident(name: &str, span: Span) -> Expr {
    Expr::Ident(Ident { name: SmolStr::new(name), span })
}

fn field(name: &str, value: Expr, span: Span) -> Decl {
    Decl::Field(Field {
        alias: None,
        label: Label::Ident(Ident { name: SmolStr::new(name), span }),
        postfix_alias: None,
        constraint: Constraint::Regular,
        value,
        attributes: Rare::default(),
        doc: Rare::default(),
        span,
    })
}

/// A marker above a chain `a: b: c` means `c`: it is moved there.
pub(crate) fn push_markers_down(decls: &mut [Decl]) {
    walk(decls, 0);
}

fn walk(decls: &mut [Decl], depth: u32) {
    if depth > DEPTH {
        return;
    }
    for decl in decls {
        match decl {
            Decl::Field(field) => {
                chain(field);
                inside(&mut field.value, depth + 1);
            }
            Decl::Comprehension(c) => walk(&mut c.body.decls, depth + 1),
            Decl::Embedding(e) => inside(e, depth + 1),
            _ => {}
        }
    }
}

fn inside(expr: &mut Expr, depth: u32) {
    match expr {
        Expr::Struct(s) => walk(&mut s.decls, depth),
        Expr::List(list) => {
            for element in &mut list.elements {
                match element {
                    Element::Value(e) => inside(e, depth),
                    Element::Comprehension(c) => walk(&mut c.body.decls, depth),
                    Element::Ellipsis(_) => {}
                }
            }
        }
        _ => {}
    }
}

fn chain(field: &mut Field) {
    // Those of a whole patch stay with it; above `patchOutputs` they mean the one object that is patched.
    let whole = |text: &str| text.contains("=jsonPatch") || text.contains("=jsonMergePatch");
    let outputs = label_text(&field.label) == Some("patchOutputs");
    let is_marker = |text: &str| text.trim().starts_with("+patch") && (outputs || !whole(text));
    if !field.doc.iter().any(|c| is_marker(&c.text)) {
        return;
    }
    let Expr::Struct(StructLit { decls, braces: false, .. }) = &mut field.value else { return };
    let [Decl::Field(inner)] = decls.as_mut_slice() else { return };
    let (mut moved, kept): (Vec<_>, Vec<_>) = field.doc.take().into_iter().partition(|c| is_marker(&c.text));
    field.doc = kept.into();
    moved.extend(inner.doc.take());
    inner.doc = moved.into();
    chain(inner);
}
