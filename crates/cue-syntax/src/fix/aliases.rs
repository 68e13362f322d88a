//! `X=label`, `[X=pattern]` and `label: X={…}` as `aliasv2` writes them.

use super::{Edit, text_of, visit};
use crate::Source;
use crate::ast::{Decl, Expr, Field, File, Label};

pub(super) fn edits(source: &Source, file: &File) -> Vec<Edit> {
    let mut out = Vec::new();
    all(source, &file.decls, &mut out);
    visit(&file.decls, &mut |e| {
        if let Expr::Struct(s) = e {
            all(source, &s.decls, &mut out);
        }
    });
    out
}

fn all(source: &Source, decls: &[Decl], out: &mut Vec<Edit>) {
    for decl in decls {
        if let Decl::Field(f) = decl {
            field(source, f, out);
        }
    }
}

fn field(source: &Source, f: &Field, out: &mut Vec<Edit>) {
    let label = f.label.span();
    let mut postfix = None;
    if let Some(alias) = &f.alias {
        // From the name up to the label.
        out.push(Edit { start: alias.span.start, end: label.start, text: String::new() });
        postfix = Some(format!("~{}", alias.name));
    }
    if let Label::Pattern { alias: Some(alias), value, .. } = &f.label {
        out.push(Edit { start: alias.span.start, end: value.span().start, text: String::new() });
        let name = f.alias.as_ref().map_or("_", |a| a.name.as_str());
        postfix = Some(format!("~({},{name})", alias.name));
    }
    if let Some(text) = postfix {
        out.push(Edit::insert(label.end, text));
    }
    let Expr::Alias { name, value, .. } = &f.value else { return };
    match &**value {
        Expr::Struct(s) => {
            let rest = text_of(source, s.span).get(1..).unwrap_or_default();
            let end = if rest.trim_start_matches([' ', '\t']).starts_with('\n') { "" } else { ", " };
            let open = if end.is_empty() { "{\nlet " } else { "{let " };
            let end = if s.decls.is_empty() { "" } else { end };
            out.push(Edit {
                start: name.span.start,
                end: s.span.start + 1,
                text: format!("{open}{} = self{end}", name.name),
            });
        }
        other => {
            let span = other.span();
            out.push(Edit { start: name.span.start, end: span.start, text: format!("{{let {} = self, ", name.name) });
            out.push(Edit::insert(span.end, "}"));
        }
    }
}
