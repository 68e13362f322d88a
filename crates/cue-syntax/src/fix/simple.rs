//! Simpler text of the same meaning (`fmt -s`): labels without quotes where they need none, and `a: b: c` for a struct of one
//! field.

use super::{Edit, visit};
use crate::Source;
use crate::ast::{Decl, Expr, Field, File, Label, Text};
use rustc_hash::FxHashSet;

pub(super) fn edits(source: &Source, file: &File) -> Vec<Edit> {
    // A label without quotes is a name: it would catch references that mean something else.
    let mut used = FxHashSet::default();
    let mut fields: Vec<&Field> = Vec::new();
    fields.extend(file.decls.iter().filter_map(field_of));
    visit(&file.decls, &mut |e| match e {
        Expr::Ident(name) => drop(used.insert(name.name.clone())),
        Expr::Struct(s) => fields.extend(s.decls.iter().filter_map(field_of)),
        _ => {}
    });
    let mut out = Vec::new();
    for field in fields {
        if let Label::String(lit) = &field.label
            && let Text::String(text) = &lit.value
            && is_plain(text)
            && !used.contains(text.as_str())
        {
            out.push(Edit::replace(lit.span, text.as_str()));
        }
        let Expr::Struct(inner) = &field.value else { continue };
        let [Decl::Field(one)] = inner.decls.as_slice() else { continue };
        let (from, to) = (inner.span, one.span);
        let between = |a: u32, b: u32| source.text.get(a as usize..b as usize).unwrap_or("?");
        let blank = |text: &str| text.chars().all(|c| c.is_whitespace() || c == ',');
        if inner.braces
            && field.attributes.is_empty()
            && one.doc.is_empty()
            && blank(between(from.start + 1, to.start))
            && blank(between(to.end, from.end.saturating_sub(1)))
        {
            out.push(Edit { start: from.start, end: to.start, text: String::new() });
            out.push(Edit { start: to.end, end: from.end, text: String::new() });
        }
    }
    out
}

fn field_of(decl: &Decl) -> Option<&Field> {
    match decl {
        Decl::Field(field) => Some(field),
        _ => None,
    }
}

/// Whether a name stands for itself as a label: `_x` and `#x` mean something else.
fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '$')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
}
