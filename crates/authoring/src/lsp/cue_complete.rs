//! Completion in a CUE file.

use super::cue_file::{PREDECLARED, chain, kind_of, members_here, short};
use super::scope::{Around, Binding, Scope, Site, import_name, label_text, resolve, touches, walk};
use super::target::{At, Member, View};
use super::{Completions, Item, ItemKind, fields, kubernetes};
use crate::explain::{context, parameters};
use cue_syntax::ast::{Clause, Constraint, Decl, Expr, Label, StructLit};
use cue_syntax::{Source, Sources};
use model::DefinitionKind;
use render::builtin::Added;
use std::sync::Arc;

/// The name that is put in at the cursor so that what was begun is whole.
const CURSOR: &str = "lateenCursor";

/// What stands before the cursor on its line.
struct Before<'t> {
    /// First byte of the name that was begun.
    start: usize,
    /// The line up to there.
    line: &'t str,
    /// What comes before the name, blanks left out; `\n` at the beginning of a line.
    last: char,
}

fn before(text: &str, offset: usize) -> Before<'_> {
    let head = text.get(..offset).unwrap_or_default();
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#');
    let start = head
        .rfind(|c| !word(c))
        .map_or(0, |p| p + head.get(p..).and_then(|r| r.chars().next()).map_or(1, char::len_utf8));
    let line_start = head.rfind('\n').map_or(0, |p| p + 1);
    let line = head.get(line_start..start).unwrap_or_default();
    let last = line.trim_end().chars().next_back().unwrap_or('\n');
    Before { start, line, last }
}

/// Quotes that are open at the end of a line's part.
fn in_quotes(line: &str) -> bool {
    let mut open = false;
    let mut escaped = false;
    for c in line.chars() {
        match c {
            '\\' if open => escaped = !escaped,
            '"' if !escaped => open = !open,
            '(' if escaped => {
                // An interpolation: what follows is an expression again.
                open = false;
                escaped = false;
            }
            _ => escaped = false,
        }
    }
    open
}

fn in_comment(line: &str) -> bool {
    line.match_indices("//").any(|(at, _)| !in_quotes(line.get(..at).unwrap_or_default()))
}

/// The text of a chain of selectors that ends in a dot before the cursor: `parameter.ports[0]`.
fn chain_before(line: &str) -> Option<&str> {
    let line = line.strip_suffix('.')?;
    let mut depth = 0u32;
    let mut start = line.len();
    for (at, c) in line.char_indices().rev() {
        match c {
            ']' => depth += 1,
            '[' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            c if c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '.') => {}
            _ => break,
        }
        start = at;
    }
    line.get(start..).filter(|c| !c.is_empty())
}

pub(super) fn complete(source: &Arc<Source>, offset: usize, packages: &Added) -> Completions {
    let text = source.text.as_str();
    let offset = (0..=offset.min(text.len())).rev().find(|o| text.is_char_boundary(*o)).unwrap_or(0);
    let before = before(text, offset);
    let mut out = Completions { items: Vec::new(), start: before.start, end: offset };
    if in_comment(before.line) {
        out.items = markers(before.line);
        return out;
    }
    let Some(view) = view_at(source, offset, &before, packages) else { return out };
    if in_quotes(before.line) {
        quoted(&view, text, offset, &before, packages, &mut out);
        return out;
    }
    let (around, in_text) = around(&view, offset);
    if in_text {
        return out;
    }
    let kind = kind_of(&view.main);
    out.items = if before.last == '.' {
        match chain_before(before.line.trim_end()) {
            Some(chain) => of_chain(&view, chain, &around, kind),
            None => Vec::new(),
        }
    } else if label_position(before.last, &around) {
        labels(&view, &around, offset, kind)
    } else {
        values(&view, &around, before.line, kind)
    };
    out
}

/// The file as it would be with what was begun made whole; where that is still broken, without the line.
fn view_at(source: &Arc<Source>, offset: usize, before: &Before<'_>, packages: &Added) -> Option<View> {
    let text = &source.text;
    let (head, tail) = (text.get(..offset)?, text.get(offset..)?);
    let line_start = before.start - before.line.len();
    let rest = tail.find('\n').map_or("", |n| tail.get(n..).unwrap_or_default());
    let candidates = [
        format!("{head}{CURSOR}{tail}"),
        format!("{head}{CURSOR}: _{tail}"),
        format!("{}{}{rest}", text.get(..line_start)?, " ".repeat(offset - line_start)),
    ];
    let sound = candidates.iter().find(|c| {
        let source = Source::new("cursor", c.as_str());
        let id = Sources::default().add(source.clone());
        cue_syntax::parse_file(&source, id).diagnostics.is_empty()
    });
    let text = sound.or(candidates.last())?;
    View::new(&Source::new(source.name.clone(), text.as_str()), packages)
}

/// What the cursor is in; `true` when that is a text.
fn around(view: &View, offset: usize) -> (Around<'_>, bool) {
    let mut best = Around::default();
    let mut in_text = false;
    let mut width = u32::MAX;
    if view.main.template().is_none() {
        best.scopes.push(Scope::Decls(&view.main.file.decls));
    }
    walk(&view.main, &mut |site, around| match site {
        Site::Struct(s) if strictly(s, offset) && s.span.end - s.span.start <= width => {
            width = s.span.end - s.span.start;
            best = around.clone();
            best.scopes.push(Scope::Decls(&s.decls));
            best.structs.push(s);
        }
        Site::Text(span) => in_text |= (span.start as usize) < offset && offset < span.end as usize,
        _ => {}
    });
    (best, in_text)
}

fn strictly(s: &StructLit, offset: usize) -> bool {
    (s.span.start as usize) < offset && offset < s.span.end as usize || !s.braces && touches(s.span, offset)
}

fn label_position(last: char, around: &Around<'_>) -> bool {
    match last {
        '\n' | '{' => true,
        // `{a: 1, |` is a label, `[a, |` a value: a list has no struct of its own around the cursor on this line.
        ',' => around.structs.last().is_some_and(|s| s.braces),
        _ => false,
    }
}

fn item(label: &str, kind: ItemKind, detail: impl Into<String>, usage: impl Into<String>) -> Item {
    Item {
        label: label.to_owned(),
        kind,
        detail: detail.into(),
        usage: usage.into(),
        required: false,
        insert: label.to_owned(),
    }
}

fn push(items: &mut Vec<Item>, new: Item) {
    if !items.iter().any(|i| i.label == new.label) {
        items.push(new);
    }
}

/// Markers in comments.
fn markers(line: &str) -> Vec<Item> {
    let rows = [
        ("usage=", "What a parameter means, for `show`, hover and documentation"),
        ("short=", "One letter that the command line takes for it"),
        ("patchKey=", "The field by which elements of a list are matched"),
        ("patchStrategy=", "How a patch merges: retainKeys, replace, jsonPatch, jsonMergePatch, open"),
    ];
    if !line.trim_end().ends_with('+') {
        return Vec::new();
    }
    rows.iter().map(|(label, usage)| item(label, ItemKind::Value, "marker", *usage)).collect()
}

/// Inside a string that is open on this line: the path of an import, or one of a field's choices.
fn quoted(view: &View, text: &str, offset: usize, before: &Before<'_>, packages: &Added, out: &mut Completions) {
    let line_start = before.start - before.line.len();
    let quote = text.get(line_start..offset).and_then(|l| l.rfind('"')).map_or(before.start, |p| line_start + p + 1);
    out.start = quote;
    let head = text.get(..line_start).unwrap_or_default();
    let line = text.get(line_start..quote).unwrap_or_default().trim_start();
    let in_import = line.starts_with("import ")
        || head.rfind("import (").is_some_and(|p| !head.get(p..).unwrap_or_default().contains(')'));
    if in_import {
        for path in render::builtin::packages() {
            push(&mut out.items, item(path, ItemKind::Package, "package of Lateen", ""));
        }
        for path in packages.paths() {
            push(&mut out.items, item(path, ItemKind::Package, "added package", ""));
        }
        for path in cue::builtin::packages() {
            push(&mut out.items, item(path, ItemKind::Package, "package of CUE", ""));
        }
        return;
    }
    let label = line.trim_end_matches('"').trim_end().trim_end_matches(['|', '*', ' ']).trim_end_matches(':');
    let label = label.rsplit([' ', '\t', '{', ',']).next().unwrap_or_default().trim_matches('"');
    let (around, _) = around(view, line_start);
    for choice in choices(view, &around, label) {
        push(&mut out.items, item(&choice, ItemKind::Value, "value", ""));
    }
}

/// The values that a field may have: of a Kubernetes kind, or of the metadata.
fn choices(view: &View, around: &Around<'_>, label: &str) -> Vec<String> {
    let of_kind = kubernetes::inside(&view.main, around).map(|o| o.choices(label)).unwrap_or_default();
    if !of_kind.is_empty() {
        return of_kind.into_iter().map(str::to_owned).collect();
    }
    let in_metadata = around.fields.len() == 1 && around.structs.len() <= 1;
    if label == "type" && in_metadata {
        return DefinitionKind::ALL.into_iter().map(|k| k.word().to_owned()).collect();
    }
    Vec::new()
}

/// After a dot.
fn of_chain(view: &View, chain_text: &str, around: &Around<'_>, kind: Option<DefinitionKind>) -> Vec<Item> {
    let source = Source::new("chain", chain_text);
    let id = Sources::default().add(source.clone());
    let Some(expr) = cue_syntax::parse_expr(&source, id).tree else { return Vec::new() };
    let mut items = Vec::new();
    if let Some((root, names)) = chain(&expr) {
        match resolve(&view.main, &around.scopes, &root.name) {
            Some(Binding::Context) => return context_items(view, &names, kind),
            Some(Binding::Import(import)) if names.is_empty() => {
                for member in view.exports(&import.path) {
                    push(
                        &mut items,
                        item(
                            member.name(),
                            ItemKind::Function,
                            short(member.unit, &member.field.value),
                            parameters::usage(&member.field.doc),
                        ),
                    );
                }
                for name in cue::builtin::names(&import.path) {
                    push(&mut items, item(name, ItemKind::Function, format!("function of {}", import.path), ""));
                }
                return items;
            }
            _ => {}
        }
    }
    // The chain's own expression lives only here, so its members are taken over as items at once.
    let view_ref = view;
    let found = follow_text(view_ref, &expr, around);
    for member in found {
        push(&mut items, field_item(&member, false));
    }
    items
}

/// The members of what a chain leads to, step by step: names, then indices.
fn follow_text<'a>(view: &'a View, expr: &Expr, around: &Around<'a>) -> Vec<Member<'a>> {
    value_of(view, expr, around, 0).iter().flat_map(|at| view.members(at)).collect()
}

fn value_of<'a>(view: &'a View, expr: &Expr, around: &Around<'a>, depth: u32) -> Vec<At<'a>> {
    if depth > 64 {
        return Vec::new();
    }
    match expr {
        Expr::Ident(id) => {
            let at = |expr: &'a Expr, depth: usize| At {
                unit: &view.main,
                scopes: around.scopes.get(..depth).unwrap_or_default().to_vec(),
                expr,
            };
            match resolve(&view.main, &around.scopes, &id.name) {
                Some(Binding::Fields(found, depth)) => found.into_iter().map(|f| at(&f.value, depth)).collect(),
                Some(Binding::Let(l, depth)) => vec![at(&l.value, depth)],
                Some(Binding::Alias(_, value, depth)) => vec![at(value, depth)],
                Some(Binding::Variable(_, Some(source), depth)) => view.elements(&at(source, depth)),
                _ => Vec::new(),
            }
        }
        Expr::Selector { operand, label, .. } => {
            let Some(name) = label_text(label) else { return Vec::new() };
            if let Expr::Ident(id) = &**operand
                && let Some(Binding::Import(import)) = resolve(&view.main, &around.scopes, &id.name)
            {
                return view
                    .exports(&import.path)
                    .into_iter()
                    .filter(|m| m.name() == name)
                    .map(|m| m.value())
                    .collect();
            }
            let operands = value_of(view, operand, around, depth + 1);
            operands.iter().flat_map(|at| view.named(at, name)).map(|m| m.value()).collect()
        }
        Expr::Index { operand, .. } => {
            value_of(view, operand, around, depth + 1).iter().flat_map(|at| view.elements(at)).collect()
        }
        Expr::Paren(e, _) => value_of(view, e, around, depth + 1),
        _ => Vec::new(),
    }
}

fn context_items(view: &View, names: &[&str], kind: Option<DefinitionKind>) -> Vec<Item> {
    let base = names.join(".");
    let mut items = Vec::new();
    for field in context::fields(kind.unwrap_or(DefinitionKind::Component), false) {
        let below = if base.is_empty() {
            Some(field.name)
        } else {
            field.name.strip_prefix(&base).and_then(|r| r.strip_prefix('.'))
        };
        if let Some(name) = below.filter(|n| !n.contains('.')) {
            push(&mut items, item(name, ItemKind::Field, field.kind, field.usage));
        }
    }
    if let Some((&"output", rest)) = names.split_first()
        && let Some(inside) = kubernetes::workload(&view.main).and_then(|r| kubernetes::follow(&r, rest))
    {
        items.extend(inside.items().into_iter().map(|i| Item { insert: i.label.clone(), ..i }));
    }
    items
}

fn field_item(member: &Member<'_>, as_label: bool) -> Item {
    let name = member.name();
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#'));
    let written = if plain { name.to_owned() } else { format!("\"{name}\"") };
    Item {
        label: name.to_owned(),
        kind: ItemKind::Field,
        detail: short(member.unit, &member.field.value),
        usage: parameters::usage(&member.field.doc),
        required: member.field.constraint == Constraint::Required,
        insert: if as_label { format!("{written}: ") } else { written },
    }
}

/// Where a field begins.
fn labels(view: &View, around: &Around<'_>, offset: usize, kind: Option<DefinitionKind>) -> Vec<Item> {
    let mut items = Vec::new();
    let template = view.main.template();
    let in_template = template.is_some_and(|t| strictly(t, offset));
    if template.is_some() && !in_template {
        let path: Vec<&str> = around.fields.iter().skip(1).filter_map(|f| label_text(&f.label)).collect();
        return if around.fields.is_empty() { Vec::new() } else { fields::metadata(&path, kind) };
    }
    let own = around.structs.last();
    let is_own = |m: &Member<'_>| {
        own.is_some_and(|s| {
            std::ptr::eq(m.unit, &view.main)
                && s.decls.iter().any(|d| matches!(d, Decl::Field(f) if std::ptr::eq(f, m.field)))
        })
    };
    let there: Vec<&str> = own
        .into_iter()
        .flat_map(|s| &s.decls)
        .filter_map(|d| match d {
            Decl::Field(f) => label_text(&f.label),
            _ => None,
        })
        .collect();
    let absent = |label: &str| !there.contains(&label) && !label.contains(CURSOR);
    for member in members_here(view, around).iter().filter(|m| !is_own(m)) {
        let own_file = std::ptr::eq(member.unit, &view.main);
        if absent(member.name()) && (own_file || !member.name().starts_with('#')) {
            push(&mut items, field_item(member, true));
        }
    }
    if let Some(object) = kubernetes::inside(&view.main, around) {
        object.items().into_iter().filter(|i| absent(&i.label)).for_each(|i| push(&mut items, i));
    }
    if in_template && around.fields.is_empty() {
        fields::template(kind).into_iter().filter(|i| absent(&i.label)).for_each(|i| push(&mut items, i));
    }
    items
}

/// Where a value begins.
fn values(view: &View, around: &Around<'_>, line: &str, kind: Option<DefinitionKind>) -> Vec<Item> {
    let mut items = Vec::new();
    let label = line.trim_end().trim_end_matches(':').rsplit([' ', '\t', '{', ',']).next().unwrap_or_default();
    for choice in choices(view, around, label.trim_matches('"')) {
        let quoted = format!("\"{choice}\"");
        push(&mut items, item(&quoted, ItemKind::Value, "value", ""));
    }
    for scope in around.scopes.iter().rev() {
        match scope {
            Scope::Decls(decls) => decls.iter().for_each(|d| match d {
                Decl::Field(f) if matches!(f.label, Label::Ident(_)) => {
                    let name = label_text(&f.label).unwrap_or_default();
                    if !name.contains(CURSOR) {
                        push(
                            &mut items,
                            item(name, ItemKind::Variable, short(&view.main, &f.value), parameters::usage(&f.doc)),
                        );
                    }
                }
                Decl::Let(l) => {
                    push(&mut items, item(&l.name.name, ItemKind::Variable, short(&view.main, &l.value), ""))
                }
                _ => {}
            }),
            Scope::Clauses(clauses) => clauses.iter().for_each(|c| match c {
                Clause::For { key, value, .. } => {
                    key.iter()
                        .chain([value])
                        .for_each(|id| push(&mut items, item(&id.name, ItemKind::Variable, "of the `for`", "")));
                }
                Clause::Let(l) => {
                    push(&mut items, item(&l.name.name, ItemKind::Variable, short(&view.main, &l.value), ""))
                }
                _ => {}
            }),
            Scope::Field(f) => {
                if let Some(id) = super::scope::alias(f) {
                    push(&mut items, item(&id.name, ItemKind::Variable, "alias", ""));
                }
            }
        }
    }
    if kind.is_some() || view.main.template().is_some() {
        push(&mut items, item("context", ItemKind::Variable, "object", "What rendering tells a template"));
        push(&mut items, item("parameter", ItemKind::Variable, "object", "What the application gives"));
    }
    for import in &view.main.file.imports {
        push(&mut items, item(import_name(import), ItemKind::Package, import.path.as_str(), ""));
    }
    for (name, what) in PREDECLARED {
        push(&mut items, item(name, ItemKind::Value, *what, ""));
    }
    items
}
