//! Commas at the ends of lines in lists, which newlines replace.

use super::{Edit, visit};
use crate::Source;
use crate::ast::{Element, Expr, File};

pub(super) fn edits(source: &Source, file: &File) -> Vec<Edit> {
    let mut out = Vec::new();
    visit(&file.decls, &mut |e| {
        let Expr::List(list) = e else { return };
        for element in &list.elements {
            let span = match element {
                Element::Value(e) => e.span(),
                Element::Ellipsis(e) => e.span,
                Element::Comprehension(c) => c.span,
            };
            let after = source.text.get(span.end as usize..list.span.end as usize).unwrap_or_default();
            let gap = after.len() - after.trim_start_matches([' ', '\t']).len();
            let Some(rest) = after.get(gap..).and_then(|r| r.strip_prefix(',')) else { continue };
            let line = rest.trim_start_matches([' ', '\t', '\r']);
            if line.starts_with('\n') || line.starts_with("//") {
                let at = span.end + gap as u32;
                out.push(Edit { start: at, end: at + 1, text: String::new() });
            }
        }
    });
    out
}
